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

# judge NAME IN [ARGUMENT...]: judges IN into NAME.json and NAME.records, the table into NAME.table. `run`: what
# stands before the program.
judge()
{
    judge_name=$1
    rows=$2
    shift 2
    ${run:-} "$rftgen" verify -c "$source_dir/configs/demo.ini" --in "$rows" --quiet --set output.summary= --set output.path="$judge_name.json" \
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
for format in jsonl messages prompt_completion alpaca pairs; do
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

# ---- every kind ----
# kind NAME ROW VERDICTS [ARGUMENT...]: one row that holds several completions; their verdicts' first letters, in order.
kind()
{
    kind_name=$1
    printf '%s\n' "$2" >kind.jsonl
    verdicts=$3
    shift 3
    judge kind kind.jsonl --force --set verify.kind="$kind_name" "$@" || fail "$kind_name: exit code $?"
    got=$(sed -n 's/.*"verdict": "\([rwu]\).*/\1/p' kind.records | tr -d '\n')
    [ "$got" = "$verdicts" ] || fail "$kind_name: $got, not $verdicts"
}
kind boxed '{"question": "q", "gold": "\\boxed{\\frac{1}{2}}", "completion": ["\\boxed{0.5}", "The answer is $\\dfrac12$.", "\\boxed{2}"]}' rrw
kind boxed '{"question": "q", "gold": "3", "completion": ["\\boxed{9^{9^{9^9}}}"]}' u
kind choice '{"question": "Which?", "gold": "B", "o": ["water", "air"], "completion": ["The answer is (B).", "\\boxed{air}", "The answer is (A)."]}' \
    rrw --set data.choices_field=o
kind exact '{"question": "q", "gold": ["Paris", "paris, France"], "completion": ["<answer>paris, France</answer>", "Answer: Paris", "Rome"]}' rrw
kind exact '{"question": "q", "gold": "Paris", "completion": ["<answer>PARIS</answer>"]}' r --set verify.case=ignore
kind regex '{"question": "q", "gold": "007", "completion": ["x=007; y=8", "x=7", "y"]}' rww --set 'verify.pattern=x=(\d+)'
kind regex '{"question": "q", "gold": "007", "completion": ["x=7"]}' r --set 'verify.pattern=x=(\d+)' --set verify.compare=number
kind json '{"question": "q", "gold": "4", "completion": ["{\"a\": {\"b\": [3, 4]}}", "{\"a\": {\"b\": [4]}}"]}' rw --set verify.field=a.b.1
kind answer_tag '{"question": "q", "gold": "1/2", "completion": ["<answer>0.5</answer>", "<answer>2/4</answer>", "<answer>1/3</answer>"]}' rrw \
    --set verify.fractions=yes
printf '%s\n' '{"problem": "p", "level": "Level 5", "solution": "\\boxed{3}", "completion": "\\boxed{3}"}' \
    '{"problem": "r", "level": "Level 1", "solution": "\\boxed{3}", "completion": "\\boxed{3}"}' >math.jsonl
judge math math.jsonl --set verify.kind=boxed --set data.question_field=problem --set data.answer_field=solution \
    --set 'data.filter=level=Level 5' || fail "a filter: exit code $?"
[ "$(n_lines . math.records)" -eq 1 ] || fail "a filter lets others through"

# ---- killed ----
# Whatever stands there when it is killed, the same command goes on.
judge whole wanted.records || fail "exit code $?"
for k in 1 2 3 4 5 6 7 8 9 10 11 12; do
    run=exec judge killed wanted.records &
    pid=$!
    sleep "$(awk -v seed=$k 'BEGIN { srand(seed); printf "%.4f", rand() * 0.03 }')"
    kill -KILL $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
    if [ ! -e killed.json ] || [ -e killed.json.rftgen-lock ]; then judge killed wanted.records || fail "killed: exit code $?"; fi
    same killed whole "killed at moment $k"
    rm -f killed.* .killed.*
done

# ---- what is wrong ----
refuse 'verify.pattern' verify -c "$tiny" --in own.jsonl --set output.path=out.json --set verify.kind=regex --set 'verify.pattern=('
refuse 'verify.pattern' -c "$tiny" --set output.path=out.json --set verify.kind=regex --set model.path=/nowhere
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
