# SPDX-License-Identifier: MIT
# A run grows: more samples, more questions, another order. What was drawn is kept, from a journal or from a finished run's records,
# and the outputs are those of the whole run.
. "$(dirname "$0")/lib.sh"

# tokens NAME: drawn by the last run of this name.
tokens()
{
    sed -n 's/.*"run_tokens": \([0-9]*\).*/\1/p' "$1.summary"
}

demo=$source_dir/configs/demo.ini
# grow NAME ARGUMENT...: the demo's job, made small.
grow()
{
    grow_name=$1
    shift
    rm -f "$grow_name.summary"
    "$rftgen" -c "$demo" --quiet --set device.backend=cpu --set data.limit=20 --set generate.samples=4 \
        --set output.path="$grow_name.json" --set output.records="$grow_name.records" \
        --set output.summary="$grow_name.summary" "$@" 2>"$grow_name.log"
}
grow whole || fail "the whole run"
all=$(tokens whole)

# By a finished run's records: by samples, by questions, by both.
for less in generate.samples=2 data.limit=10 "generate.samples=2 --set data.limit=10"; do
    rm -f less.* more.*
    # shellcheck disable=SC2086
    grow less --set $less || fail "$less: exit code $?"
    grow more --set generate.extend=less.records || fail "$less: extending: exit code $?"
    same more whole "$less"
    [ $(($(tokens less) + $(tokens more))) -eq "$all" ] || fail "$less: $(tokens less) and $(tokens more) tokens are not $all"
done

# A file of records twice over, with questions that are not asked for, in another order, and with other gold answers between.
sed 's/"gold": "/&1/' less.records | cat - whole.records | sort -r >shuffled.records
rm -f more.*
grow more --set generate.extend=shuffled.records --set data.limit=15 || fail "shuffled records: exit code $?"
[ "$(tokens more)" -eq 0 ] || fail "shuffled records: something was drawn again"
head -n 60 whole.records | cmp - more.records >&2 || fail "shuffled records: other samples"

sed 's/"question": "/&x/; s/"id": "/&x/' less.records >others.records
rm -f more.*
grow more --set generate.extend=others.records --set data.limit=1 || fail "records of other questions: exit code $?"
grep -q 'others.records holds no sample of a question of this run' more.log || fail "that all is drawn is not said"

# What JSON cannot hold as it was is drawn again: the tiny model's texts are full of it.
job part --set generate.samples=2 || fail "part"
job both --set generate.extend=part.records || fail "both"
job wanted || fail "wanted"
grep -q 'ufffd' wanted.records || grep -q "$(printf '\357\277\275')" wanted.records || fail "no text holds U+FFFD"
same both wanted "texts that are no UTF-8"

# By the journal of a run that could not end: its disk was full.
rm -f cut.*
(ulimit -f 10; trap '' XFSZ; grow cut --set generate.samples=2 --set data.limit=12 --set generate.questions_in_flight=1) &&
    fail "the disk was not full"
[ -s cut.json.journal ] || fail "there is no journal"
awk 'NR > 1 && NR < 82 { sub(/,$/, ""); line[n++] = $0 } END { printf "["; for (i = n - 1; i >= 0; i--)
    printf "%s%s", line[i], i ? ",\n" : "]\n" }' "$source_dir/configs/demo/questions.json" >backwards.json
set -- --set data.questions=backwards.json --set data.limit=all --set generate.samples=3
grow back "$@" || fail "the questions backwards"
grow cut "$@" || fail "going on with more, backwards: exit code $?"
grep -q 'samples were drawn before' cut.log || [ "$(tokens cut)" -lt "$(tokens back)" ] || fail "nothing was kept"
same cut back "going on with more, backwards"

# A sweep: each sample is the one that a run with its seed and temperature alone has at this number.
grow sweep --set 'generate.seed=[1, 9]' --set 'generate.temperature=[0.7, 1.5, 0]' || fail "a sweep"
for pair in 0:1:0.7 1:9:1.5 2:1:0; do
    sample=${pair%%:*} rest=${pair#*:}
    rm -f one.*
    grow one --set generate.seed="${rest%:*}" --set generate.temperature="${rest#*:}" || fail "seed and temperature $rest"
    grep "\"sample\": $sample," sweep.records >sweep.lines
    grep "\"sample\": $sample," one.records | cmp - sweep.lines >&2 || fail "a sweep: sample $sample is another"
done

# An output that is there is refused before anything is taken over.
grow more --set generate.extend=whole.records && fail "an output was replaced"
grep -q 'more.json exists already' more.log || fail "an output that is there: the message does not say so"
[ ! -e more.json.journal ] || fail "a run that was refused left a journal"

# What shapes text is refused, by name; the journal stays.
refuse_extend()
{
    rm -f no.*
    grow no --set generate.extend=less.records --set "$2" && fail "$2: not refused"
    grep -q "error: generate.extend: less.records:[0-9]*: sample [0-9]*: .*$1" no.log || fail "$2: the message does not say '$1'"
    [ ! -e no.json ] || fail "$2: an output was written"
}
refuse_extend 'generate.seed was 1 and is 2' generate.seed=2
refuse_extend 'generate.temperature was 0.7 and is 0.8' generate.temperature=0.8
refuse_extend 'generate.seed was 1 and is 3' 'generate.seed=[1, 3]'
refuse_extend 'top_k=off .* and is .*top_k=5' generate.top_k=5
refuse_extend 'another prompt' prompt.bos=yes
refuse_extend 'another model' model.path="$source_dir/tests/oracle/data/tiny-tied-bf16"
refuse_extend 'log-probabilities' output.logprobs=sum
for kept in sum tokens; do
    rm -f few.* all.* more.*
    grow few --set output.logprobs=$kept --set generate.samples=2 --set data.limit=5 || fail "log-probabilities: few"
    grow all --set output.logprobs=$kept --set data.limit=5 || fail "log-probabilities: all"
    grow more --set output.logprobs=$kept --set data.limit=5 --set generate.extend=few.records || fail "log-probabilities: $kept"
    same more all "log-probabilities: $kept"
done
for records in '"finish": "[a-z]*"/"finish": null' '"tokens": [0-9]*/"tokens": null'; do
    sed "2s/$records/" less.records >lacks.records
    grow no --set generate.extend=lacks.records && fail "$records: not refused"
    grep -q 'lacks.records:2: sample 1: it does not say how it was drawn' no.log || fail "$records: the message does not say so"
done
grow no --set generate.extend=whole.json && fail "rows were taken for records"
grep -q 'it does not say how it was drawn' no.log || fail "rows: the message does not say why"
grow no --set generate.extend=less.records --set output.records=less.records --force && fail "its own records were taken"
grep -q 'name the same file' no.log || fail "its own records: the message does not say so"
exit 0
