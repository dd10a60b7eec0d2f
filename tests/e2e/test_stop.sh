# SPDX-License-Identifier: MIT
# generate.stop_when_enough: rows are those without it, records are the same however the work was cut up, and what is not needed is
# not drawn; after kills at any moment (RFT_TEST_KILLS of them, 4 if not given), with a judge that answers later, and when the keys
# that decide what is needed change.
. "$(dirname "$0")/lib.sh"

# demo NAME [ARGUMENT...]: some of the demo; `run` before it runs the program in the place of the shell.
demo()
{
    demo_name=$1
    shift
    ${run:-} "$rftgen" -c "$source_dir/configs/demo.ini" --quiet --set output.path="$demo_name.json" \
        --set output.records="$demo_name.records" --set output.summary="$demo_name.summary" --set data.limit=12 "$@" \
        2>"$demo_name.log"
}
# number NAME FIELD: of a summary
number() { sed -n "s/^  \"$2\": \([0-9]*\),*$/\1/p" "$1.summary"; }
stop="--set generate.stop_when_enough"

# Tokens saved of the whole demo, in percent.
demo all --set data.limit=all || fail "the demo: exit code $?"
for how in "1 45" "5 25"; do
    set -- $how
    demo "saved$1" --set data.limit=all $stop=1 --set generate.chunk="$1" || fail "chunk $1: exit code $?"
    cmp "saved$1.json" all.json >&2 || fail "chunk $1: other rows"
    cmp "saved$1.records" saved1.records >&2 || fail "chunk $1: other records"
    n=$(number all run_tokens)
    saved=$((100 * (n - $(number "saved$1" run_tokens)) / n))
    [ $saved -ge "$2" ] || fail "chunk $1: $saved% of the tokens are saved"
    echo "chunk $1: $saved% of the tokens are saved"
done

# However it is cut up, and whatever is enough.
for enough in "1" "2 --set select.keep=2 --set select.distinct=paths --set select.equals=first --set data.limit=24"; do
    # shellcheck disable=SC2086
    set -- $enough
    n=$1
    shift
    demo whole "$@" || fail "$enough: exit code $?"
    demo first $stop="$n" --set generate.chunk=1 "$@" || fail "$enough: exit code $?"
    cmp first.json whole.json >&2 || fail "$enough: other rows"
    [ "$(n_lines '"reason": "not_drawn"' first.records)" -eq "$(number first samples_not_drawn)" ] || fail "$enough: the summary counts wrong"
    [ "$(number first samples)" -eq $(($(wc -l <first.records) - $(number first samples_not_drawn))) ] || fail "$enough: the samples' number"
    [ "$(number first samples_not_drawn)" -gt 3 ] || fail "$enough: too little is not drawn for a test"
    for how in "5 auto"; do
        # shellcheck disable=SC2086
        set -- $how $n ${enough#"$n"}
        chunk=$1
        in_flight=$2
        shift 3
        demo cut $stop="$n" --set generate.chunk="$chunk" --set generate.questions_in_flight="$in_flight" "$@" || fail "$how: exit code $?"
        same cut first "enough $enough, chunk and questions $how"
        rm -f cut.*
    done
    # judged again, the records are the same
    "$rftgen" verify -c "$source_dir/configs/demo.ini" --quiet --in first.records --set output.path=again.json \
        --set output.records=again.records --set output.summary= ${enough#"$n"} >/dev/null 2>again.log || fail "verify: exit code $?"
    same again first "judged again"
    grep 'that were not drawn' again.log >&2 && fail "$enough: judged again, samples are said to be missing"
    for other in select.keep=all select.order=shortest select.min_solve_rate=0.4 output.format=pairs select.keep=3 verify.rel_tol=0; do
        "$rftgen" verify -c "$source_dir/configs/demo.ini" --quiet --in first.records --set output.path=other.json \
            --set output.records= --set output.summary= ${enough#"$n"} --set $other >/dev/null 2>other.log || fail "verify: exit code $?"
        grep -q 'questions have samples that were not drawn' other.log || fail "$enough: judged with $other, that samples are missing is not said"
        rm -f other.*
    done
    rm -f again.* first.* whole.*
done

# Judged more strictly, what was solved is not any more: by so many samples as were drawn.
demo drawn $stop=1 || fail "the job itself"
"$rftgen" verify -c "$source_dir/configs/demo.ini" --quiet --in drawn.records --set verify.kind=regex --set verify.pattern=@@@ --set output.path=strict.json \
    --set output.records= --set output.summary= --set output.unsolved=strict.unsolved >/dev/null 2>strict.log || fail "verify: exit code $?"
sum=0
for n in $(sed 's/.*"samples": \([0-9]*\),.*/\1/' strict.unsolved); do sum=$((sum + n)); done
[ $sum -eq "$(number drawn samples)" ] || fail "unsolved questions: $sum samples"

# Every device: the bytes of one of them.
demo wanted $stop=1 || fail "the job itself"
demo whole || fail "the job itself"
list_devices bf16 >names
while read -r backend device; do
    demo device $stop=1 --set data.limit=1 --set device.backend="$backend" --set device.device="$device" || fail "$backend: exit code $?"
    head -n "$(wc -l <device.records)" wanted.records | cmp - device.records >&2 || fail "$backend device $device: other records"
    rm -f device.*
done <names

# Killed at any moment: so many lines of the journal, and some milliseconds.
kills=${RFT_TEST_KILLS:-4}
slow="--set generate.chunk=1 --set generate.questions_in_flight=1 --set device.threads=1"
n_kept() { if [ -e "$1.json.journal" ]; then wc -l <"$1.json.journal"; else echo 0; fi; }
few="$stop=2 --set select.keep=2 --set select.distinct=text --set select.equals=first"
demo few $few || fail "the job itself"
n_killed=0
for k in $(seq "$kills"); do
    run=exec demo killed $few $slow &
    pid=$!
    while [ "$(n_kept killed)" -lt $((k * 7919 % 60)) ] && kill -0 $pid 2>/dev/null; do :; done
    sleep "$(printf '0.%03d' $((k * 104729 % 10)))"
    kill -KILL $pid 2>/dev/null || true
    wait $pid 2>/dev/null || n_killed=$((n_killed + 1))
    [ -e killed.json ] && [ ! -e killed.json.journal ] || demo killed $few $slow || fail "after a kill: exit code $?"
    same killed few "kill $k"
    rm -f killed.*
done
[ $n_killed -gt $((kills / 2)) ] || fail "only $n_killed runs were killed"

# Interrupted, then with other keys: what is missing is drawn.
for keys in "" "$stop=2 --set select.keep=2" "$stop=1 --set verify.rel_tol=0.5"; do
    run=exec demo later $stop=1 $slow &
    pid=$!
    while [ "$(n_kept later)" -lt 9 ] && kill -0 $pid 2>/dev/null; do :; done
    kill -TERM $pid 2>/dev/null || true
    wait $pid && fail "a run was not interrupted"
    grep -q 'interrupted: [0-9]* of at most 120 samples are kept' later.log || fail "no word of what is kept"
    # shellcheck disable=SC2086
    demo later $keys || fail "going on with $keys: exit code $?"
    # shellcheck disable=SC2086
    demo afresh $keys || fail "$keys: exit code $?"
    same later afresh "going on with ${keys:-all samples}"
    rm -f later.* afresh.*
done

# A judge that answers when it likes.
if command -v python3 >/dev/null; then
    cp "$source_dir/tests/e2e/judge.py" judge.py
    judge="--set verify.kind=command --set verify.command=./judge.py --set data.limit=3"
    demo judged $judge || fail "a judge: exit code $?"
    for workers in 1 4; do
        demo judged$workers $judge $stop=1 --set generate.chunk=$workers --set verify.workers=$workers || fail "a judge and enough: exit code $?"
        cmp judged$workers.json judged.json >&2 || fail "a judge, $workers workers: other rows"
        cmp judged$workers.records judged1.records >&2 || fail "a judge, $workers workers: other records"
    done
    [ "$(number judged1 samples_not_drawn)" -gt 3 ] || fail "a judge: too little is not needed for a test"
fi

# Selections that later samples can change.
for keys in keep=all keep=2 order=shortest quota=difficulty min_solve_rate=0.1 max_solve_rate=0.5 "keep=1 --set select.distinct=text"; do
    # shellcheck disable=SC2086
    refuse 'generate.stop_when_enough = 1: select\.' -c "$tiny" --set output.path=out.json $stop=1 --set select.$keys
done
refuse 'generate.stop_when_enough = 1: output.format = pairs' -c "$tiny" --set output.path=out.json $stop=1 --set output.format=pairs
