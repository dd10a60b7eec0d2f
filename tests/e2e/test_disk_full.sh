# SPDX-License-Identifier: MIT
# Files that may not grow: one clear line, nothing under the final name, and the same command ends it without the limit.
. "$(dirname "$0")/lib.sh"

job wanted || fail "the job itself"

# Files may not grow beyond a limit, which the journal meets first. The messages go through a pipe, which has none.
for blocks in 0 1 2 3; do
    {
        (ulimit -f $blocks && exec "$rftgen" -c "$tiny" --quiet --set output.path=limited.json \
            --set output.records=limited.records) 2>&1 || echo "code $?"
    } | cat >limited.log
    failed_cleanly limited "files of at most $blocks blocks" "$(sed -n 's/^code //p' limited.log)"
    grep -q 'limited.*: cannot .*: File too large' limited.log || fail "$blocks blocks: the message does not say so"
    job limited || fail "$blocks blocks: the same command without the limit: exit code $?"
    same limited wanted "$blocks blocks"
    rm -f limited.*
done

# An output in a directory that is not there is refused before anything is generated.
code=0
"$rftgen" -c "$tiny" --quiet --set output.path=nowhere/x.json 2>nowhere.log || code=$?
failed_cleanly nowhere "an output in no directory" $code
grep -q 'nowhere/x.json' nowhere.log || fail "an output in no directory: the message does not name it"
