# SPDX-License-Identifier: MIT
# verify.kind = command: whatever the judge does, every sample has a verdict, the run ends, no process is left, and the bytes are
# the same with one worker and with eight, in batches, and after kills at any moment (RFT_TEST_KILLS of them, 8 if not given).
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { echo "skipped: python3 is not there"; exit 77; }
cp "$source_dir/tests/e2e/judge.py" judge.py

# judged NAME MODE [ARGUMENT...]: the job of tiny.ini, judged by a command that misbehaves like this. `run` before it runs the program
# in the place of the shell.
judged()
{
    judged_name=$1
    mode=$2
    shift 2
    ${run:-} "$rftgen" -c "$tiny" --quiet --set output.path="$judged_name.json" --set output.records="$judged_name.records" \
        --set verify.kind=command --set verify.command=./judge.py --set "verify.arguments=[\"$mode\", \"$tmp\"]" \
        --set verify.time_limit=20 --set verify.cut_off=accept --set select.keep=all --set generate.max_new_tokens=12 \
        --set data.limit=3 --set generate.samples=4 "$@" 2>"$judged_name.log"
}

# none_left WHAT: no process of a judge is there.
none_left()
{
    for file in /proc/[0-9]*/cmdline; do
        ! tr '\0' ' ' 2>/dev/null <"$file" | grep -q "judge[.]py [a-z_]* $tmp" || fail "$1: left is $file"
    done
}

judged wanted plain --set verify.workers=1 || fail "one worker: exit code $?"
[ "$(n_lines '"verdict": "right"' wanted.records)" -gt 2 ] && [ "$(n_lines '"verdict": "wrong"' wanted.records)" -gt 2 ] ||
    fail "too few of both verdicts for a test"
[ "$(n_lines '"verdict": "undecided"' wanted.records)" -eq 0 ] || fail "undecided without a reason"
grep -q '"detail": "hash [0-9]*", "score": 0\.' wanted.records || fail "no reason and score of the judge's"
[ ! -e wanted.json.verdicts ] || fail "the verdicts' journal is left"
for how in "plain 8 1" "order 8 4" "order 1 4" "twice 1 1" "third 8 2"; do
    # shellcheck disable=SC2086
    set -- $how
    judged same "$1" --set verify.workers="$2" --set verify.batch="$3" || fail "$how: exit code $?"
    same same wanted "$how"
    none_left "$how"
    rm -f same.*
done

# Judges that fail on some samples: undecided, and only those; the same ones whatever the workers.
for mode in crash grandchild hang close; do
    limit=20
    [ $mode != hang ] || limit=4
    for workers in 1 8; do
        judged $mode$workers $mode --set verify.workers=$workers --set verify.batch=2 --set verify.time_limit=$limit ||
            fail "$mode: exit code $?"
        none_left $mode
    done
    same ${mode}1 ${mode}8 "$mode, 1 and 8 workers"
    [ "$(n_lines '"verdict": "undecided"' ${mode}1.records)" -ge 1 ] || fail "$mode: nothing is undecided"
    # What is decided is decided as before: the lines of both files differ in undecided ones alone.
    diff wanted.records ${mode}1.records | sed -n 's/^> //p' | grep -v '"verdict": "undecided"' && fail "$mode: another verdict"
    ! grep '"verdict": "undecided"' ${mode}1.records | grep -q '"accepted": true' || fail "$mode: undecided and accepted"
    rm -f ${mode}[18].*
done

# A resume asks nothing again: the samples are there, and so are the verdicts.
kills=${RFT_TEST_KILLS:-8}
n_killed=0
for k in $(seq "$kills"); do
    for attempt in 1 2 3 4 5 6; do
        run=exec judged killed plain --set verify.workers=2 &
        pid=$!
        ms=$((15 + (k * 37 + attempt * 61 - 98) % 120)) # the first one surely before the run has ended
        sleep "$(printf '0.%03d' $ms)"
        kill -KILL $pid 2>/dev/null || true
        code=0
        wait $pid 2>/dev/null || code=$?
        [ $code -ne 137 ] || n_killed=$((n_killed + 1))
        [ $code -eq 137 ] || break
        { [ -e killed.json ] && [ ! -e killed.json.journal ]; } && break # it was done when it was killed
    done
    [ -e killed.json ] && [ ! -e killed.json.journal ] || judged killed plain || fail "after kills: exit code $?"
    same killed wanted "kill $k"
    rm -f killed.*
done
sleep 0.3
none_left "after kills"
[ $n_killed -gt 0 ] || fail "no run was killed: no test"

# Completions judged again by a command, and what is wrong.
cp wanted.records rows.jsonl
"$rftgen" verify -c "$tiny" --quiet --in rows.jsonl --set verify.kind=command --set verify.command=./judge.py \
    --set verify.cut_off=accept --set output.path=again.json --set output.records=again.records --set select.keep=all \
    >again.table 2>again.log || fail "verify: exit code $?"
same again wanted "records judged again"
refuse 'needs verify.command' -c "$tiny" --set verify.kind=command --set output.path=out.json
refuse 'missing.py' -c "$tiny" --set verify.kind=command --set verify.command=./missing.py --set output.path=out.json
echo 'not executable' >plain.txt
refuse 'plain.txt' -c "$tiny" --set verify.kind=command --set verify.command=./plain.txt --set output.path=out.json
echo "ok: $n_killed kills, $n refusals"
