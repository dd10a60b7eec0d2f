# SPDX-License-Identifier: MIT
# Matrices of integers: other texts than in bf16, the same ones however and wherever they are computed, and never mixed with those.
. "$(dirname "$0")/lib.sh"

job bf16 || fail "the job in bf16"
job wanted --set model.compute=int8 || fail "the job in integers"
[ "$(n_lines '"arithmetic": 1' bf16.records)" -eq "$(wc -l <bf16.records)" ] || fail "bf16: records that do not say arithmetic 1"
[ "$(n_lines '"arithmetic": 2' wanted.records)" -eq "$(wc -l <wanted.records)" ] || fail "int8: records that do not say arithmetic 2"
if cmp -s bf16.records wanted.records; then
    fail "integers change nothing"
fi
expect chunk-1 --set model.compute=int8 --set generate.chunk=1 --set generate.questions_in_flight=1 --set device.threads=1
expect chunk-auto --set model.compute=int8 --set generate.chunk=auto --set generate.questions_in_flight=auto --set device.threads=3
job same --set model.compute=bf16 || fail "model.compute = bf16"
same same bf16 "model.compute = bf16 of a model in bf16"

list_devices >names
while read -r backend device; do
    expect device --set model.compute=int8 --set device.backend="$backend" --set device.device="$device"
    echo "$backend device $device: same bytes"
done <names

# Samples in bf16 are not mixed with others: not by a journal (here of a run whose disk was full) ...
for compute in bf16 int8; do
    other=$(echo bf16int8 | sed "s/$compute//")
    (ulimit -f 10; trap '' XFSZ; job cut --set generate.samples=40 --set generate.questions_in_flight=1 \
        --set generate.chunk=1 --set model.compute=$compute) && fail "$compute: the disk was not full"
    if job cut --set generate.samples=40 --set model.compute="$other"; then
        fail "$other: goes on with what was drawn in $compute"
    fi
    grep -q 'cut.json.journal: belongs to another run: arithmetic was .*; another model.compute (.*); give' cut.log ||
        fail "$other: does not say that model.compute is another"
    rm cut.*
done

# ... nor by records.
job one --set generate.samples=1 || fail "one sample"
if job more --set model.compute=int8 --set generate.extend="$tmp/one.records"; then
    fail "extends what was drawn in bf16"
fi
grep -q 'the version of the arithmetic (1: model.compute = bf16) was 1 and is 2' more.log || fail "extend: does not say what is another"

# A replay follows the arithmetic that the records name; asked for the other, it says what differs.
replay()
{
    wanted_code=$1
    shift
    code=0
    "$rftgen" replay -c "$tiny" --quiet "$@" >replay.out 2>replay.log || code=$?
    [ "$code" -eq "$wanted_code" ] || fail "replay $*: exit code $code"
}
replay 0 --in wanted.records --set model.compute=int8
replay 0 --in bf16.records
replay 1 --in wanted.records
replay 1 --in bf16.records --set model.compute=int8
