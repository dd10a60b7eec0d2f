# SPDX-License-Identifier: MIT
# Questions and templates as people have them: one odd row, other shapes, other bytes. What cannot be taken is said in one line
# that helps; what may be left out is left out on demand, and told.
. "$(dirname "$0")/lib.sh"

# refuse PATTERN ARGUMENT...
refuse()
{
    pattern=$1
    shift
    code=0
    job refused "$@" || code=$?
    [ $code -ne 0 ] && [ $code -lt 128 ] || fail "$*: exit code $code"
    [ "$(n_lines '^rftgen: error: ' refused.log)" -eq 1 ] || fail "$*: not one line of error"
    grep -q "^rftgen: error: .*$pattern" refused.log || fail "$*: the line does not say $pattern"
    [ ! -e refused.json ] && [ ! -e refused.json.journal ] || fail "$*: something was left"
}

cat >odd.jsonl <<'END'
["How many are 1 and 1?", 2]
["How many are 2 and 2?", "four"]
{"question": "How many are 3 and 3?"}
["How many are 4 and 4?", 8]
["How many are 5 and 5?", NaN]
END
refuse 'odd.jsonl:2: row 2: .*only numbers are compared; row 3 (line 3): .*answer_field; row 5 (line 5): .*NaN.*3 of 5 rows are bad.*data.bad_rows = skip' \
    --set data.limit=all --set data.questions=odd.jsonl
printf '["How many are 1 and 1?", 2]\n["How many are 4 and 4?", 8]\n' >good.jsonl
job good --set data.questions=good.jsonl || fail "JSON lines of arrays: exit code $?"
job odd --set data.limit=all --set data.questions=odd.jsonl --set data.bad_rows=skip --set output.summary=odd.summary || fail "bad_rows = skip: exit code $?"
grep -q '3 of 5 rows are left out' odd.log || fail "bad_rows = skip: no word of it"
cmp odd.json good.json >&2 || fail "bad_rows = skip: the other rows' samples differ"

awk 'BEGIN { printf "[[\"How many are 1 and 1?\", 2], [\""
    for (i = 0; i < 400; i++) printf "word "
    print "\", 3], [\"How many are 4 and 4?\", 8]]" }' >long.json
refuse '1 of 3 questions are too long: row 2 (line 1): a prompt of [0-9]* tokens.*data.too_long = skip' --set data.questions=long.json
job two --set data.questions=long.json --set data.too_long=skip || fail "too_long = skip: exit code $?"
cmp two.json good.json >&2 || fail "too_long = skip: the other rows' samples differ"

printf '\357\273\277' >bom.jsonl
cat good.jsonl >>bom.jsonl
job bom --set data.questions=bom.jsonl || fail "a byte order mark: exit code $?"
cmp bom.json good.json >&2 || fail "a byte order mark changed something"
template=$source_dir/tests/e2e/tiny_prompt.txt
{ printf '\357\273\277'; cat "$template"; } >bom.txt
"$rftgen" -c "$tiny" --set data.questions=good.jsonl --set prompt.template=bom.txt --set output.path=tbom.json --set output.records=tbom.records \
    2>tbom.log || fail "a template with a byte order mark: exit code $?"
grep -q 'bom.txt: a byte order mark' tbom.log || fail "a template with a byte order mark: no word of it"
cmp tbom.records good.records >&2 || fail "a template's byte order mark changed something"
printf 'caf\351 {question}' >latin1.txt
refuse 'latin1.txt:1: byte 0xe9 is no UTF-8' --set prompt.template=latin1.txt
mkdir model
cp "$source_dir"/tests/oracle/data/tiny-tied-bf16/* model/
for file in config.json tokenizer.json; do
    { printf '\357\273\277'; cat "$source_dir/tests/oracle/data/tiny-tied-bf16/$file"; } >model/$file
done
job mbom --set data.questions=good.jsonl --set model.path=model || fail "a model's files with byte order marks: exit code $?"
same_samples mbom.records good.records "a model's byte order marks"

printf '{"question": "How many are 1 and 1?", "answer": "1 + 1 = 2\\n#### 2"}\n' >gsm.jsonl
refuse 'data.answer_after = ####, or verify.kind = gsm8k' --set data.questions=gsm.jsonl
job gsm --set data.questions=gsm.jsonl --set verify.kind=gsm8k || fail "gsm8k finds its gold: exit code $?"
grep -q '"gold": "2"' gsm.records || fail "gsm8k: the gold answer is not 2"
