# SPDX-License-Identifier: MIT
# kill -9 and Ctrl-C at any time; the same command goes on, with the same bytes at the end.
. "$(dirname "$0")/lib.sh"

# A job of a second or so, with many commits. $1: name
slow="--set data.limit=20 --set generate.chunk=1 --set generate.questions_in_flight=1 --set device.device=plain --set generate.samples=6"
long()
{
    long_name=$1
    shift
    job "$long_name" $slow "$@"
}
# Starts it and leaves its process in $pid: the shell's job would be a subshell.
start()
{
    "$rftgen" -c "$tiny" --quiet --set output.path="$1.json" --set output.records="$1.records" $slow 2>"$1.log" &
    pid=$!
}
n_kept() { if [ -e "$1.json.journal" ]; then wc -l <"$1.json.journal"; else echo 0; fi; }

long wanted || fail "the job itself"

# At 20 points: when the journal has grown to so many lines. Whoever is too late sees the end.
n_cut=0
for point in 0 1 2 3 5 8 12 16 20 25 30 36 42 50 58 66 74 82 90 98; do
    start killed
    while [ "$(n_kept killed)" -lt $point ] && kill -0 $pid 2>/dev/null; do :; done
    kill -9 $pid 2>/dev/null || true
    if ! wait $pid 2>/dev/null; then # else it had ended: the kill came too late
        [ -e killed.json ] || n_cut=$((n_cut + 1))
        long killed || fail "killed at $point lines, then exit code $?"
    fi
    same killed wanted "killed at $point lines"
    rm -f killed.*
done
[ $n_cut -ge 12 ] || fail "only $n_cut runs were cut"

# Again and again in one run.
kills=0
while [ $kills -lt 20 ] && [ ! -e again.json ]; do
    kept=$(n_kept again)
    start again
    while [ "$(n_kept again)" -le $((kept + 3)) ] && kill -0 $pid 2>/dev/null; do :; done
    kill -9 $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
    kills=$((kills + 1))
done
[ $kills -ge 8 ] || fail "the run ended after only $kills kills"
if [ ! -e again.json ]; then
    [ "$(n_kept again)" -gt 50 ] || fail "$kills kills kept only $(n_kept again) lines: what was done is lost"
    long again || fail "after $kills kills: exit code $?"
fi
same again wanted "after $kills kills"

# A chunk of any length: what has ended is committed while it lasts.
large() { job "$@" --set data.limit=1 --set generate.samples=3000 --set generate.chunk=3000; }
large wanted_large || fail "a large chunk itself"
"$rftgen" -c "$tiny" --quiet --set output.path=large.json --set output.records=large.records --set data.limit=1 \
    --set generate.samples=3000 --set generate.chunk=3000 --set device.device=plain 2>large.log &
pid=$!
while [ "$(n_kept large)" -le 2 ] && kill -0 $pid 2>/dev/null; do sleep 0.05; done # behind the header's two lines
kill -9 $pid 2>/dev/null || true
wait $pid && fail "a large chunk: nothing was committed before it ended"
kept=$(n_kept large)
[ "$kept" -gt 2 ] && [ "$kept" -lt 3002 ] || fail "a large chunk: $kept lines were kept"
large large || fail "after a kill in a large chunk: exit code $?"
same large wanted_large "killed in a large chunk"

# The disk is full while it lasts: the run ends and says once what is kept; with room again it goes on.
if (ulimit -f 60 && large full); then fail "a full disk was not noticed"; fi
[ "$(n_lines 'full.json.journal: cannot write' full.log)" -eq 1 ] || fail "a full disk is not told once"
n=$(sed -n 's/.*cannot write: .*; the \([0-9]*\) samples in it are kept.*/\1/p' full.log)
[ -z "$n" ] || [ "$(n_kept full)" -eq $((n + 2)) ] || fail "a full disk: $n samples are said to be kept, $(n_kept full) lines are"
[ -n "$n" ] || [ ! -e full.json.journal ] || fail "a full disk: a journal that nothing is said to be in"
large full || fail "a full disk, then exit code $?"
same full wanted_large "a full disk in a large chunk"

# Nothing could be written at all: no journal is left.
if (ulimit -f 1 && large none); then fail "a full disk was not noticed at the first write"; fi
grep -q 'none.json.journal: cannot write: .*; no sample is kept yet' none.log || fail "the first write: no word about what is kept"
[ ! -e none.json.journal ] || fail "the first write: an empty journal was left"

# The journal is taken away, or something else put in its place, while the run goes on: it ends well, and leaves that alone.
for put in "" precious; do
    start moved
    while [ "$(n_kept moved)" -lt 10 ]; do :; done
    rm moved.json.journal
    [ -z "$put" ] || echo $put >moved.json.journal
    wait $pid || fail "without its journal: exit code $?"
    grep -q 'moved.json.journal: was moved, removed or replaced' moved.log || fail "no word that the journal is gone"
    [ -z "$put" ] || [ "$(cat moved.json.journal)" = "$put" ] || fail "the file in the journal's place was changed"
    rm -f moved.json.journal
    same moved wanted "without its journal"
    rm -f moved.*
done

# Ctrl-C and SIGTERM end it cleanly and say how to go on.
for signal in INT TERM; do
    start stopped
    while [ "$(n_kept stopped)" -lt 30 ]; do :; done
    kill -$signal $pid
    code=0
    wait $pid || code=$?
    [ $code -eq 130 ] || fail "SIG$signal: exit code $code"
    grep -q 'interrupted: [0-9]* of 120 samples are kept in stopped.json.journal; the same command goes on from there' \
        stopped.log || fail "SIG$signal: no word about how to go on"
    [ ! -e stopped.json ] || fail "SIG$signal: an output that is not complete"
    # another seed would give other text: its run is refused, and the journal is not touched
    cp stopped.json.journal journal
    long stopped --set generate.seed=5 && fail "a journal of another seed was taken"
    grep -q 'stopped.json.journal: belongs to another run: generate.seed was 0 and is 5;' stopped.log ||
        fail "another seed: the message does not say so"
    cmp journal stopped.json.journal >&2 || fail "another seed: the journal was changed"
    # what does not change the text may change
    long stopped --set generate.chunk=4 --set generate.questions_in_flight=3 --set device.threads=2 \
        --set memory.budget=50% --set select.keep=all --set output.format=rft_json || fail "going on: exit code $?"
    cmp stopped.records wanted.records >&2 || fail "SIG$signal: the records differ"
    [ ! -e stopped.json.journal ] || fail "SIG$signal: the journal was left"
    rm -f stopped.*
done

# Two runs of one output: the second is refused while the first goes on.
start both
while [ "$(n_kept both)" -lt 10 ]; do :; done
cp both.log first.log
if "$rftgen" -c "$tiny" --quiet --set output.path=both.json --set data.limit=20 --set generate.samples=6 2>second.log; then
    fail "two runs at once"
fi
grep -q "output.path = both.json: another rftgen is writing it (process $pid " second.log ||
    fail "two runs at once: the message does not name the first"
if "$rftgen" -c "$tiny" --quiet --set output.path=other.json --set output.records=both.records 2>second.log; then
    fail "two runs at once with the same records"
fi
grep -q "output.records = both.records: another rftgen is writing it (process $pid " second.log ||
    fail "two runs with the same records: the message does not name the first"
[ ! -e other.json ] && [ ! -e other.json.journal ] || fail "two runs with the same records: the second left something"
wait $pid || fail "the first of two runs: exit code $?"
same both wanted "the first of two runs"

# An existing output is refused, and replaced with --force.
cp both.json before.json
long both && fail "an existing output was replaced"
grep -q 'both.json exists already; give --force' both.log || fail "no word about --force"
cmp both.json before.json >&2 || fail "a refused run changed the output"
long both --force --set generate.seed=9 || fail "--force: exit code $?"
cmp -s both.records wanted.records && fail "--force did not replace the records"

# Stopped after the output was put in place and before the journal was removed: the same command ends it.
mkdir gone
"$rftgen" -c "$tiny" --quiet --set output.path=last.json --set output.records=last.records --set data.limit=20 \
    --set generate.chunk=1 --set device.device=plain --set generate.samples=6 --set output.summary=gone/summary 2>last.log &
pid=$!
while [ "$(n_kept last)" -lt 10 ]; do :; done
rm -r gone
wait $pid && fail "a summary that cannot be written"
long nowhere --set output.summary=nowhere/summary && fail "a summary nowhere"
[ ! -e nowhere.json.journal ] || fail "a summary nowhere was found out only after samples were drawn"
[ -e last.json ] && [ -e last.json.journal ] || fail "the output or the journal of a run without summary is missing"
cp -p last.json kept.json
echo >>last.json
long last && fail "a dataset that was edited since was replaced"
grep -q 'last.json exists already' last.log || fail "an edited dataset: no word of it"
[ -e last.json.journal ] || fail "an edited dataset: the journal was lost"
mv kept.json last.json
cp last.json copy.json # the same bytes in another file: somebody's
mv copy.json last.json
long last && fail "somebody's dataset was replaced"
rm last.json
long last || fail "a run stopped before its last step: exit code $?"
same last wanted "a run stopped before its last step"
