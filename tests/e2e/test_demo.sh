# SPDX-License-Identifier: MIT
# The bundled model: the bytes of its dataset and records are those of demo.sha256, on every machine, compiler and device.
# They change only with the arithmetic version, the model or the questions. To write them anew:
#   sh tests/e2e/test_demo.sh RFTGEN SOURCE_DIR --write
. "$(dirname "$0")/lib.sh"

demo()
{
    "$rftgen" -c "$source_dir/configs/demo.ini" --quiet --set data.limit=20 --set generate.samples=10 \
        --set generate.temperature=0.7 --set generate.seed=0 --set select.keep=all --set output.format=rft_json \
        --set output.path=demo.json --set output.records=demo.records --set output.summary= --set device.backend=cpu "$@"
}

demo || fail "exit code $?"
if [ "${3:-}" = --write ]; then
    sha256sum demo.json demo.records >"$source_dir/tests/e2e/demo.sha256"
    exit
fi
sha256sum -c "$source_dir/tests/e2e/demo.sha256" || fail "other bytes than committed"
[ "$(n_lines '"accepted": true' demo.records)" -ge 20 ] || fail "hardly anything is accepted: no test"
mv demo.json wanted.json
mv demo.records wanted.records
demo --set generate.chunk=1 --set generate.questions_in_flight=auto --set device.device=vector || fail "vector: exit code $?"
same demo wanted "other schedule, other device"
