# SPDX-License-Identifier: MIT
# rftgen verify: a run's records, judged again, give its records and rows byte for byte; another rule gives other verdicts without a
# token drawn; anybody's completions are judged; what is wrong is said in one line.
. "$(dirname "$0")/lib.sh"

# The bundled model: some of its answers are right.
demo()
{
    demo_name=$1
    shift
    "$rftgen" -c "$source_dir/configs/demo.ini" --quiet --set data.limit=6 --set generate.samples=4 --set device.backend=cpu \
        --set output.path="$demo_name.json" --set output.records="$demo_name.records" --set output.summary= "$@" 2>"$demo_name.log"
}

# judge NAME IN [ARGUMENT...]: judges IN into NAME.json and NAME.records, the table into NAME.table.
judge()
{
    judge_name=$1
    rows=$2
    shift 2
    "$rftgen" verify -c "$source_dir/configs/demo.ini" --in "$rows" --quiet --set output.summary= --set output.path="$judge_name.json" \
        --set output.records="$judge_name.records" "$@" >"$judge_name.table" 2>"$judge_name.log"
}

# ---- a run's own records ----
demo wanted --set select.keep=2 || fail "the run: exit code $?"
judge again wanted.records --set select.keep=2 || fail "its records: exit code $?"
same again wanted "records judged again"
[ ! -s again.log ] || fail "something was said"
n=$(n_lines '"accepted": true' wanted.records)
awk -v n="$n" '$1 == "right" && $2 == "accepted" && $3 == n { found = 1 } END { exit !found }' again.table ||
    { [ "$n" -eq 0 ] && ! grep -q ^right again.table; } || fail "the table does not count $n"
gzip -c wanted.records >wanted.gz
judge again wanted.gz --set select.keep=2 --force || fail "compressed records: exit code $?"
same again wanted "compressed records"
for format in jsonl messages prompt_completion; do
    demo rows --set select.keep=all --set output.format=$format || fail "$format: exit code $?"
    mv rows.records run.records
    mv rows.json run.json
    judge rows run.records --set select.keep=all --set output.format=$format || fail "$format: exit code $?"
    cmp rows.json run.json >&2 || fail "$format: rows differ"
    rm -f rows.* run.*
done

# ---- anybody's completions ----
cat >own.jsonl <<'EOF'
{"question": "6 x 7?", "gold": 42, "completion": "<answer>42</answer>"}
{"question": "6 x 7?", "gold": 42, "completion": "<answer>54</answer>"}
{"question": "1 + 1?", "gold": "2", "completion": "two"}
{"question": "6 x 7?", "gold": 42, "completion": "<think>no<answer>1</answer></think><answer>42</answer>"}
{"question": "6 x 7?", "gold": 42, "completion": "<answer>42</answer> and", "finish": "length"}
EOF
judge own own.jsonl --set select.keep=all || fail "rows of our own: exit code $?"
[ "$(n_lines '"accepted": true' own.records)" -eq 2 ] || fail "not two accepted"
[ "$(n_lines '"reason": "cut_off"' own.records)" -eq 1 ] || fail "a cut-off one counts"
[ "$(n_lines '"reason": "no_answer"' own.records)" -eq 1 ] || fail "no answer"
sed -n 4p own.records | grep -q '"question_index": [0-9]*, "sample": 3, ' || fail "the samples of one question are not together"
printf '[\n  ["6 x 7?", 42, "<answer>42</answer>"],\n  ["6 x 7?", 42, "<answer>30</answer>"]\n]\n' >rows.json
judge array rows.json || fail "an array: exit code $?"
[ "$(n_lines '"verdict": "right"' array.records)" -eq 1 ] || fail "an array"
printf '{"prompt": "6 x 7?", "target": "42", "out": "#### 42"}\n' >names.jsonl
judge names names.jsonl --set data.question_field=prompt --set data.answer_field=target --set data.completion_field=out \
    --set verify.kind=gsm8k || fail "fields by name: exit code $?"
[ "$(n_lines '"verdict": "right"' names.records)" -eq 1 ] || fail "fields by name"
"$rftgen" verify -c "$tiny" --in own.jsonl --quiet --set output.path=/dev/null --set output.records=/dev/stdout --set output.summary= \
    >piped.records 2>piped.log || fail "through a pipe: exit code $?"
cmp piped.records own.records >&2 || fail "records through stdout have something else among them"

# ---- what is wrong ----
refuse 'give the completions' verify -c "$tiny"
refuse 'another command' -c "$tiny" --in own.jsonl
refuse 'missing.jsonl' verify -c "$tiny" --in missing.jsonl --set output.path=out.json
refuse 'exists already' verify -c "$tiny" --in own.jsonl --set output.path=own.json
refuse 'data.completion_field' verify -c "$tiny" --in names.jsonl --set output.path=out.json --set data.question_field=prompt \
    --set data.answer_field=target
refuse 'which is read' verify -c "$tiny" --in own.jsonl --set output.path=own.jsonl --force
printf '{"question": "q", "gold": 1}\n' >bare.jsonl
refuse 'bare.jsonl:1' verify -c "$tiny" --in bare.jsonl --set output.path=out.json
echo "ok: $n refusals"
