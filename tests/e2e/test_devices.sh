# SPDX-License-Identifier: MIT
# The bundled model on every device of every backend but the cpu's own forms, for chunks of 1, 5 and all samples: the bytes of the
# cpu's dataset. RFT_DEMO_LIMIT (2) questions; tools/check_devices.sh runs all 80.
. "$(dirname "$0")/lib.sh"

demo()
{
    "$rftgen" -c "$source_dir/configs/demo.ini" --quiet --force --set data.limit="${RFT_DEMO_LIMIT:-2}" --set select.keep=all \
        --set output.path=demo.json --set output.records=demo.records --set output.summary= "$@" 2>demo.log
}

list_devices | grep -v '^cpu ' >names || :
if [ ! -s names ]; then
    echo "skipped: no device but the cpu's: $("$rftgen" devices | grep -v '^cpu' | head -n 3 | tr '\n' ' ')"
    exit 77
fi
demo --set device.backend=cpu || fail "cpu: exit code $?"
mv demo.json wanted.json
mv demo.records wanted.records
while read -r backend device; do
    for chunk in 1 5 auto; do
        demo --set device.backend="$backend" --set device.device="$device" --set generate.chunk=$chunk ||
            fail "$backend device $device, chunk $chunk: exit code $?"
        same demo wanted "$backend device $device, chunk $chunk"
    done
    echo "$backend device $device: same bytes"
done <names
