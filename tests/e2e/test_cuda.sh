# SPDX-License-Identifier: MIT
# The CUDA backend through the program, on a stub of its driver: $RFT_CUDA_STUB holds one, $RFT_CUDA_STUB_OLD an old one. The
# bytes of the cpu; and why there is no device, in one line, where there is none.
. "$(dirname "$0")/lib.sh"

[ -n "${RFT_CUDA_STUB:-}" ] || { echo "skipped: RFT_CUDA_STUB names no stub of libcuda"; exit 77; }

# on DIRECTORY COMMAND...: with the libcuda.so.1 of the directory.
on()
{
    on_dir=$1
    shift
    LD_LIBRARY_PATH="$on_dir:${LD_LIBRARY_PATH:-}" "$@"
}

demo()
{
    on "$RFT_CUDA_STUB" "$rftgen" -c "$source_dir/configs/demo.ini" --quiet --force --set data.limit="${RFT_DEMO_LIMIT:-1}" \
        --set select.keep=all --set output.path=demo.json --set output.records=demo.records --set output.summary= "$@" 2>demo.log
}

on "$RFT_CUDA_STUB" "$rftgen" devices >devices.log 2>&1 || fail "devices: exit code $?"
if grep -q 'lacks fma or avx2' devices.log; then
    echo "skipped: this processor does not run the stub's kernels"
    exit 77
fi
grep -q '^cuda: 1 device' devices.log || fail "the device is not listed"
grep -q '^  0  *rftgen host shim' devices.log || fail "the device is not listed by its name"
grep -q 'compute capability 9.0' devices.log || fail "its compute capability is not listed"
on "$RFT_CUDA_STUB" env CUDA_STUB_DEVICES=3 CUDA_STUB_NAME='Some GPU' "$rftgen" devices >devices.log 2>&1 || fail "devices: exit code $?"
grep -q '^cuda: 3 devices' devices.log || fail "three devices are not listed"
grep -q '^  2  *Some GPU' devices.log || fail "the third one's name is not listed"

on "$RFT_CUDA_STUB" "$rftgen" plan -c "$tiny" --set output.path=no.json --set device.backend=auto >plan.log 2>&1 || fail "plan: exit code $?"
grep -q '^device *cuda: rftgen host shim' plan.log || fail "auto does not take the CUDA device: $(cat plan.log)"

# The bytes of the cpu, whatever order the driver takes what has none.
demo --set device.backend=cpu || fail "cpu: exit code $?"
mv demo.json wanted.json
mv demo.records wanted.records
for run in "1 0" "auto 0" "auto 1" "auto 2"; do
    CUDA_STUB_ORDER=${run#* }
    export CUDA_STUB_ORDER
    demo --set device.backend=cuda --set generate.chunk="${run% *}" || fail "chunk and order $run: exit code $?"
    same demo wanted "chunk and order $run"
done
unset CUDA_STUB_ORDER
echo "the stub: same bytes"

# refused WORDS DIRECTORY [VARIABLE=VALUE...]: no device, for this reason; `auto` goes on to another one.
refused()
{
    words=$1
    dir=$2
    shift 2
    if on "$dir" env "$@" "$rftgen" -c "$tiny" --quiet --set output.path=no.json --set device.backend=cuda 2>no.log; then
        fail "$*: the job ran without a device"
    fi
    grep -v '^cuda_stub: ' no.log >lines.log || :
    [ "$(wc -l <lines.log)" -eq 1 ] || fail "$*: not one line: $(cat no.log)"
    grep -q "error: .*$words" lines.log || fail "$*: \"$words\" is not said: $(cat no.log)"
    [ ! -e no.json ] && [ ! -e no.json.journal ] || fail "$*: a refused run left files"
    on "$dir" env "$@" "$rftgen" devices >devices.log 2>&1 || fail "$*: devices: exit code $?"
    grep -q "$words" devices.log || fail "$*: \`devices\` does not say \"$words\": $(cat devices.log)"
    on "$dir" env "$@" "$rftgen" -c "$tiny" --quiet --force --set output.path=auto.json --set output.records=auto.records \
        --set device.backend=auto 2>auto.log || fail "$*: auto: exit code $?"
    same auto cpu "$*: auto"
    rm -f no.* auto.* lines.log devices.log
}

job cpu || fail "the job itself"
refused 'a driver for CUDA [0-9.]* (it is for 10\.2)' "$RFT_CUDA_STUB" CUDA_STUB_DRIVER_VERSION=10020
refused 'kernels for compute capability 5\.2' "$RFT_CUDA_STUB" CUDA_STUB_CAPABILITY=5.2
refused 'there is no NVIDIA GPU' "$RFT_CUDA_STUB" CUDA_STUB_DEVICES=0
refused 'too old: its library has no cuMemCreate' "$RFT_CUDA_STUB_OLD"
mkdir empty broken
echo 'not a library' >broken/libcuda.so.1
if [ "$(on "$tmp/empty" "$rftgen" devices | grep -c '^cuda: .*libcuda.so.1 was not found')" -eq 1 ]; then
    refused 'libcuda.so.1 was not found' "$tmp/empty"
    refused 'libcuda.so.1 was not found' "$tmp/broken"
else
    echo "not tried: a machine without libcuda.so.1, for this one has it"
fi
