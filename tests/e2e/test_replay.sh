# SPDX-License-Identifier: MIT
# rftgen replay: somebody's records are drawn again on every device here and are the same; whatever was changed is named.
. "$(dirname "$0")/lib.sh"
data=$source_dir/tests/oracle/data

# replay CODE PATTERN [ARGUMENT...]: what it prints must match, and the exit code be this.
replay()
{
    wanted=$1
    pattern=$2
    shift 2
    code=0
    "$rftgen" replay -c "$ini" --quiet "$@" >printed 2>replay.log || code=$?
    [ $code -eq "$wanted" ] || fail "$*: exit code $code"
    grep -aq -- "$pattern" printed || { cat printed >&2; fail "$*: is not said: $pattern"; }
}

job made --set generate.samples=7 --set generate.temperature='[0.5, 1, 1.5]' --set generate.seed='[3, 77]' ||
    fail "the job itself"
cp made.records records
sed "s|^path = \.\./|path = $source_dir/tests/|; s|^questions = \.\./|questions = $source_dir/tests/|; s|^template = |template = $source_dir/tests/e2e/|
    s|^samples = .*|samples = 7|; s|^temperature = .*|temperature = [0.5, 1, 1.5]\nseed = [3, 77]|" "$tiny" >"$tmp/tiny.ini"
ini=$tmp/tiny.ini

# All, some lines, a share; in chunks or not; on every device.
replay 0 '^28 of 28 samples are the same$' --in records
replay 0 '^28 of 28 ' --in records --set generate.chunk=1 --set generate.questions_in_flight=1 --set device.device=plain
replay 0 '^6 of 6 ' --in records --rows 28,3-7
replay 0 '^1 of 1 ' --in records --rows 28,30
grep -q 'line 30 is asked for, and the last one of records is 28' replay.log || fail "a line that is not there is not named"
replay 0 '^1 of 1 ' --in records --fraction 0.001
replay 0 '^1[0-9] of 1[0-9] ' --in records --fraction=0.5
list_devices bf16 >names
while read -r backend device; do
    replay 0 '^28 of 28 ' --in records --set device.backend="$backend" --set device.device="$device"
    echo "$backend device $device: the same"
done <names
gzip -c records >records.gz
replay 0 '^28 of 28 ' --in records.gz
cat records records >twice
replay 0 '^56 of 56 ' --in twice
sort -r records >turned
replay 0 '^28 of 28 ' --in turned
[ ! -e tiny.json ] && [ ! -e tiny.json.journal ] && [ ! -e tiny.json.lock ] || fail "a replay wrote something"

# One changed character: its line, token and byte; the others are the same.
"$rftgen" -c "$source_dir/configs/demo.ini" --quiet --set data.limit=2 --set output.path=demo.json --set output.records=demo.records \
    --set output.summary= 2>demo.log || fail "the demo"
sed '9s/"completion": "\(..\)./"completion": "\1~/' demo.records >changed
cmp -s demo.records changed && fail "nothing was changed"
ini=$source_dir/configs/demo.ini
replay 1 '^line 9: sample 8: another text from token [0-9]* (byte 3) on: the record goes on "~' --in changed
grep -q '^19 of 20 samples are the same$' printed || fail "a changed character changes more"
replay 0 '^19 of 19 ' --in changed --rows 1-8,10-100
sed '9s/"question": "How/"question": "Now/' demo.records >changed
cmp -s demo.records changed && fail "no question was changed"
replay 1 '^line 9: sample 8: another question' --in changed
grep -q '^19 of 20 samples are the same$' printed || fail "a changed question changes more"
sed '9s/"question": "How many/"question": "1 2 3/' demo.records >changed
replay 1 '^line 9: sample 8: another text from token ' --in changed --set data.id_field=id
sed '9s/"gold": "/&1/' demo.records >changed
replay 0 '^20 of 20 ' --in changed
sed '9s/"question": "How/"question": null, "x": "/' demo.records >changed
refuse 'the only bad row of 20: mend it, or take it out of the file' replay -c "$ini" --in changed
ini=$tmp/tiny.ini
for field in tokens finish key; do
    sed "4s/\"$field\": \(\"[a-z0-9_]*\"\|[0-9]*\)/\"$field\": null/" records >changed
    cmp -s records changed && fail "$field: nothing was changed"
    replay 0 '^28 of 28 ' --in changed
    grep -q '1 of 28 records do not say all of' replay.log || fail "$field: that it is not said is not said"
done
sed '4s/"tokens": [0-9]*/"tokens": null/; 4s/"finish": "[a-z]*"/"finish": "not_finite"/' records >changed
replay 1 '^line 4: sample 3: the same text, but its finish was not_finite and is ' --in changed
sed '4s/"finish": "[a-z]*"/"finish": "not_finite"/' records >changed
replay 1 '^line 4: sample 3: the same text, but its finish was not_finite and is ' --in changed
sed '4s/"tokens": [0-9]*/"tokens": 77/' records >changed
replay 1 '^line 4: sample 3: the same text, but of 77 tokens where it is of ' --in changed
sed '4s/"completion": "/&~/' records >changed
replay 1 '^line 4: sample 3: another text from token 1 (byte 1) on' --in changed
sed '1,7s/"repeat": 0/"repeat": 1/' records >changed
replay 1 '^lines 1 to 7: 7 samples: another key' --in changed

# What it was drawn with.
replay 1 ': generate.seed was 77 and is 3$' --in records --set generate.seed=3
grep -q '^14 of 28\|^16 of 28' printed || fail "half of the seeds are the same: $(cat printed)"
replay 1 ': generate.temperature was 0.5 and is 1.0$' --in records --set generate.temperature=1
replay 1 '^lines 1 to 28: 28 samples: what \[generate\] says was ".*top_k=off.*" and is ".*top_k=3' --in records --set generate.top_k=3
replay 1 '^lines 1 to 28: 28 samples: another model' --in records --set model.adapter="$data/adapters/tiny"
replay 1 '^lines 1 to 28: 28 samples: another model' --in records --set model.path="$data/tiny-llama3-rope-f32"
grep -q '^0 of 28 samples are the same$' printed || fail "another model, and the same samples"
echo 'Q: {question}' >template
replay 1 '^lines 1 to 28: 28 samples: another prompt' --in records --set prompt.template="$tmp/template"
sed 's/"arithmetic": 1,/"arithmetic": 1000,/' records >changed
replay 1 '28 samples: the version of the arithmetic (1: model.compute = bf16) was 1000 and is ' --in changed
sed 's/"arithmetic": [0-9]*,/"arithmetic": "unchecked",/' records >changed
replay 0 '^28 of 28 ' --in changed
grep -q 'do not say all of what they were drawn with' replay.log || fail "unchecked arithmetic is not said"

# Older records do not say it: texts alone tell.
sed 's/"prompt_hash": "[^"]*", //; s/"model": "[^"]*", //; s/"settings": "\([^"\\]\|\\.\)*", //; s/"temperature": [0-9.]*, //' records >old
grep -q '"model"\|"settings"' old && fail "this is no old record"
replay 0 '^28 of 28 ' --in old
replay 1 'another text from token' --in old --set model.adapter="$data/adapters/tiny"

# Log-probabilities are looked at where there are any.
for kept in sum tokens; do
    "$rftgen" -c "$ini" --quiet --set output.path=scored.json --set output.records=scored.records --set output.logprobs=$kept --force 2>scored.log ||
        fail "scores: exit code $?"
    replay 0 '^28 of 28 ' --in scored.records --set output.logprobs=$kept
    sed '2s/\("logprob": -[0-9]*\)\.[0-9]/\1.x/; 2s/\.x/.0123/' scored.records >changed
    replay 1 '^line 2: sample 1: the same text, another log-probability$' --in changed --set output.logprobs=$kept
    replay 0 '^28 of 28 ' --in changed --set output.logprobs=none
done
sed '2s/"logprobs": \[-[0-9]*/&9/' scored.records >changed
replay 1 '^line 2: sample 1: the same text, another log-probability of a token$' --in changed --set output.logprobs=tokens

# What is not there.
refuse 'none of these lines holds a sample' replay -c "$ini" --in records --rows 29
for list in '' , 1, a 0 3-2 1-2-3 99999999999999999999999; do
    refuse 'give lines of the file and ranges' replay -c "$ini" --in records --rows "$list"
done
for share in 0 -1 1.01 x nan; do
    refuse 'give a number above 0' replay -c "$ini" --in records --fraction $share
done
refuse 'give one of them' replay -c "$ini" --in records --fraction 0.5 --rows 1
refuse 'give the records' replay -c "$ini"
refuse 'is an option of another command' verify -c "$ini" --in records --rows 1
echo '[["a question", 1, "a completion"]]' >rows.json
refuse 'rows.json:1: does not say which sample' replay -c "$ini" --in rows.json
