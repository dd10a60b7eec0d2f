# SPDX-License-Identifier: MIT
# LoRA adapters in a whole job: other bytes than without, the same ones however the work is cut up, a run of its own.
. "$(dirname "$0")/lib.sh"
adapter=$source_dir/tests/oracle/data/adapters/tiny

job base || fail "the job without an adapter"
job wanted --set model.adapter="$adapter" || fail "the job with an adapter"
if cmp -s base.records wanted.records; then fail "the adapter changes nothing"; fi
expect threads-1 --set model.adapter="$adapter" --set device.threads=1
expect threads-2 --set model.adapter="$adapter" --set device.threads=2 --set generate.questions_in_flight=3
expect plain --set model.adapter="$adapter" --set device.device=plain --set generate.chunk=auto
expect budget --set model.adapter="$adapter" --set memory.budget=4MiB
expect array --set "model.adapter=[\"$adapter\"]" --set 'model.adapter_scale=[1.0]'
list_devices bf16 >names
while read -r backend device; do
    expect device --set model.adapter="$adapter" --set device.backend="$backend" --set device.device="$device"
done <names

# Its scale, a second one, and nothing at all.
for keys in "adapter=$adapter adapter_scale=0.5" "adapter=$adapter adapter_scale=-1" "adapter=[\"$adapter\",\"$adapter\"]"; do
    set --
    for key in $keys; do
        set -- "$@" --set "model.$key"
    done
    job other "$@" || fail "$keys"
    if cmp -s other.records wanted.records || cmp -s other.records base.records; then fail "$keys: changes nothing"; fi
    rm -f other.*
done
job none --set model.adapter="$adapter" --set model.adapter_scale=0 || fail "a scale of 0"
same_samples none.records base.records "a scale of 0"

# Twice the same with half the scale is not the same arithmetic, but two runs of it are.
set -- --set "model.adapter=[\"$adapter\", \"$adapter\"]" --set 'model.adapter_scale=[0.25, 0.75]'
job a "$@" || fail "two adapters"
job b "$@" --set device.threads=2 --set generate.chunk=1 || fail "two adapters, two threads"
same a b "two adapters"

job second "$@" --set 'model.adapter_scale=[0, 1]' || fail "the second alone"
same_samples second.records wanted.records "a scale for each"

# What its factors take of the heap is in the plan.
for keys in adapter= "adapter=$adapter"; do
    job heap --set "model.$keys" --set output.summary=summary || fail "the summary of $keys"
    sed -n 's/.*"heap_bytes": \([0-9]*\).*/\1/p' summary >>heap
    rm -f heap.* summary
done
[ "$(head -n 1 heap)" -lt "$(tail -n 1 heap)" ] || fail "an adapter takes no heap"

# What the log says, and that the base's name is another one.
"$rftgen" plan -c "$tiny" --set model.adapter="$adapter" >plan 2>plan.log || fail "plan: exit code $?"
grep -q "adapter $adapter: 6 modules, rank 4, scale 1" plan.log || fail "the adapter is not in the log"
grep -q 'only you know' plan.log && fail "a warning, though the base's name is right"
cp -r "$adapter" copy && chmod -R u+w copy
sed 's/"tiny-tied-bf16"/"Org\/Another"/' "$adapter/adapter_config.json" >copy/adapter_config.json
"$rftgen" plan -c "$tiny" --set model.adapter=copy >plan 2>plan.log || fail "plan of another base: exit code $?"
grep -q 'copy: is for the model Org/Another (base_model_name_or_path), and model.path is' plan.log || fail "another base: not said"

# A journal belongs to its adapter and its scale.
slow="--set data.limit=20 --set generate.samples=8 --set generate.chunk=1 --set generate.questions_in_flight=1 --set device.device=plain"
start()
{
    "$rftgen" -c "$tiny" --quiet --set output.path=cut.json --set output.records=cut.records $slow --set model.adapter="$adapter" 2>cut.log &
    pid=$!
}
# shellcheck disable=SC2086
job whole $slow --set model.adapter="$adapter" || fail "the long job"
cp -r "$adapter" changed && chmod -R u+w changed
size=$(wc -c <changed/adapter_model.safetensors)
printf '\001' | dd of=changed/adapter_model.safetensors bs=1 seek=$((size - 2)) conv=notrunc 2>/dev/null
start
while [ ! -e cut.json.journal ] || [ "$(wc -l <cut.json.journal)" -lt 5 ]; do kill -0 $pid 2>/dev/null || fail "the run was too fast to be cut"; done
kill -9 $pid
wait $pid 2>/dev/null || true
cp cut.json.journal journal
for other in "adapter=" "adapter=$adapter adapter_scale=0.5" "adapter=changed" "adapter=[\"$adapter\",\"$adapter\"]"; do
    set --
    for key in $other; do
        set -- "$@" --set "model.$key"
    done
    # shellcheck disable=SC2086
    if job cut $slow "$@"; then fail "the journal was taken with $other"; fi
    grep -q 'belongs to another run: another model.path' cut.log || fail "$other: the message does not say so"
    cmp journal cut.json.journal >&2 || fail "$other: the journal was changed"
done
# shellcheck disable=SC2086
job cut $slow --set model.adapter="$adapter" || fail "the run does not go on"
same cut whole "after kill -9"

# Its own tokenizer and chat template count.
mkdir own && cp "$adapter"/* own/ && chmod -R u+w own
cp "$source_dir/tests/oracle/data/tiny-tied-bf16/tokenizer.json" own/
printf 'Q: {{ messages[0].content }} A:' >own/chat_template.jinja
prompt() { "$rftgen" prompt -c "$tiny" --set prompt.template= --set prompt.format=chat "$@" 2>prompt.log; }
if prompt --raw --set model.adapter="$adapter" >raw; then fail "a model without a template has one"; fi
prompt --raw --set model.adapter=own >raw || fail "the adapter's template: exit code $?"
grep -q '^Q: .* A:$' raw || fail "the adapter's template is not used"
grep -q 'adapter own: its chat template is used' prompt.log || fail "the choice of the template is not said"
grep -q 'adapter own: its tokenizer is used' prompt.log || fail "the choice of the tokenizer is not said"
mkdir last && cp own/* last/ && printf 'L: {{ messages[0].content }}' >last/chat_template.jinja
echo >>last/tokenizer.json
prompt --raw --set 'model.adapter=["own", "last"]' >raw || fail "two templates: exit code $?"
grep -q '^L: ' raw || fail "of two templates the last one is not used"
grep -q 'adapters own and last have two tokenizers; the one of last is used' prompt.log || fail "two tokenizers: not said"
grep -q 'adapter last: its tokenizer is used' prompt.log || fail "of two tokenizers the last one is not used"
prompt --raw --set 'model.adapter=["last", "own"]' >raw && grep -q '^Q: ' raw || fail "of two templates the last one is not used"

# No output in the place of an adapter's files; what is refused is one line.
set -- -c "$tiny" --set output.path=out.json
refuse 'set model.adapter to it, and model.path to the model' "$@" --set model.path=copy
refuse 'nowhere: cannot open' "$@" --set model.adapter=nowhere
refuse 'model.adapter_scale has 2 numbers, model.adapter 1 adapters' "$@" --set model.adapter=copy --set 'model.adapter_scale=[1, 2]'
refuse 'model.adapter_scale = 1e9: not allowed; give a number' "$@" --set model.adapter_scale=1e9
refuse 'model.adapter_scale = \[\]: not allowed' "$@" --set 'model.adapter_scale=[]'
refuse 'model.adapter_scale = x: not allowed' "$@" --set model.adapter_scale=x
refuse 'model.adapter_scale = +1: not allowed' "$@" --set model.adapter_scale=+1
refuse 'model.adapter = \["copy", ""\]: not allowed; give a path' "$@" --set 'model.adapter=["copy", ""]'
refuse 'output.path' "$@" --set model.adapter=copy --set output.path=copy/adapter_model.safetensors --force
[ "$(wc -c <copy/adapter_model.safetensors)" -eq "$size" ] || fail "an adapter was replaced"
truncate -s 3000 copy/adapter_model.safetensors
refuse 'copy/adapter_model.safetensors: tensor .* its bytes lie beyond' "$@" --set model.adapter=copy
rm copy/adapter_model.safetensors && echo PK >copy/adapter_model.bin
refuse 'copy: holds adapter_model.bin, a PyTorch file' "$@" --set model.adapter=copy
echo "$n refusals"
