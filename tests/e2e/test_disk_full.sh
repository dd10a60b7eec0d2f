# SPDX-License-Identifier: MIT
# Disks that fill up: one clear line, nothing under the final name, and the same command ends it once there is room.
. "$(dirname "$0")/lib.sh"

job wanted || fail "the job itself"

# check NAME WHAT CODE: after a job that was to fail
check()
{
    [ "$3" -ne 0 ] || fail "$2: the job succeeded"
    [ "$3" -lt 128 ] || fail "$2: died of a signal ($3)"
    [ "$(n_lines '^rftgen: error: ' "$1.log")" -eq 1 ] || fail "$2: not one line of error"
    [ ! -e "$1.json" ] || fail "$2: an output that is not complete"
}

# /dev/full takes the place of each temporary file.
for suffix in json.tmp records.tmp; do
    ln -s /dev/full full.$suffix
    code=0
    job full || code=$?
    check full "full.$suffix on a full disk" $code
    grep -q "full.$suffix: cannot write: No space left on device" full.log || fail "full.$suffix: the message does not say so"
    [ -e full.json.journal ] || fail "full.$suffix: the samples were not kept"
    rm -f full.json.tmp full.records.tmp
    job full || fail "full.$suffix: the same command with room: exit code $?"
    same full wanted "full.$suffix"
    rm -f full.*
done

# Files may not grow beyond a limit, which the journal meets first. The messages go through a pipe, which has none.
for blocks in 0 1 2 3; do
    {
        (ulimit -f $blocks && exec "$rftgen" -c "$tiny" --quiet --set output.path=limited.json \
            --set output.records=limited.records) 2>&1 || echo "code $?"
    } | cat >limited.log
    check limited "files of at most $blocks blocks" "$(sed -n 's/^code //p' limited.log)"
    grep -q 'limited.*: cannot .*: File too large' limited.log || fail "$blocks blocks: the message does not say so"
    job limited || fail "$blocks blocks: the same command without the limit: exit code $?"
    same limited wanted "$blocks blocks"
    rm -f limited.*
done

# An output in a directory that is not there is refused before anything is generated.
code=0
"$rftgen" -c "$tiny" --quiet --set output.path=nowhere/x.json 2>nowhere.log || code=$?
check nowhere "an output in no directory" $code
grep -q 'nowhere/x.json' nowhere.log || fail "an output in no directory: the message does not name it"

# A small file system of its own, where that is allowed.
mkdir small
if mount -t tmpfs -o size=12k rftgen-test small 2>/dev/null; then
    trap 'umount "$tmp/small"; rm -rf "$tmp"' EXIT
    for fill in 1 2; do
        [ $fill -eq 1 ] || dd if=/dev/zero of=small/filler bs=4096 count=1 2>/dev/null
        code=0
        "$rftgen" -c "$tiny" --quiet --set output.path=small/x.json --set output.records=small/x.records 2>x.log || code=$?
        cp x.log small.log
        [ $code -ne 0 ] || fail "small file system, $fill: the job succeeded"
        [ "$(n_lines '^rftgen: error: small/x.*No space left on device' x.log)" -eq 1 ] || fail "small file system, $fill: no clear line"
        [ ! -e small/x.json ] || fail "small file system, $fill: an output that is not complete"
        rm -f small/*
    done
    "$rftgen" -c "$tiny" --quiet --set output.path=small/x.json 2>x.log || fail "room again"
    cmp small/x.json wanted.json >&2 || fail "room again: other bytes"
else
    echo "SKIPPED: a small file system (mounting a tmpfs is not allowed here)"
fi
