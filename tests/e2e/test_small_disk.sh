# SPDX-License-Identifier: MIT
# Disks that fill up: one clear line, nothing under the final name, and the same command ends it once there is room.
. "$(dirname "$0")/lib.sh"

job wanted || fail "the job itself"

# mount_small DIRECTORY SIZE: a small file system of its own; unmounted at the end.
mounted=
trap 'for dir in $mounted; do umount "$tmp/$dir"; done; rm -rf "$tmp"' EXIT
mount_small()
{
    mkdir -p "$1"
    mount -t tmpfs -o size="$2" rftgen-test "$1" 2>/dev/null || { echo "skipped: mounting a tmpfs is not allowed here"; exit 77; }
    mounted="$mounted $1"
}

# The records' disk is full: the samples are kept, and the same command ends it with room.
mount_small records 8k
code=0
"$rftgen" -c "$tiny" --quiet --set output.path=full.json --set output.records=records/x 2>full.log || code=$?
failed_cleanly full "records on a full disk" $code
grep -q 'records/.x.*tmp: cannot write: No space left on device' full.log || fail "full records: the message does not say so"
grep -q 'all samples are kept in .*full.json.journal; the same command writes the outputs' full.log || fail "full records: no word of the journal"
[ "$(ls -A records)" = '' ] || fail "full records: $(ls -A records) was left"
mount -o remount,size=1m records
"$rftgen" -c "$tiny" --quiet --set output.path=full.json --set output.records=records/x 2>full.log || fail "full records, with room: exit code $?"
mv records/x full.records
same full wanted "full records, with room"
rm -f full.*

# The dataset's and the journal's disk is full.
mount_small small 12k
for fill in 1 2; do
    [ $fill -eq 1 ] || dd if=/dev/zero of=small/filler bs=4096 count=1 2>/dev/null
    code=0
    "$rftgen" -c "$tiny" --quiet --set output.path=small/x.json --set output.records=small/x.records 2>x.log || code=$?
    cp x.log small.log
    [ $code -ne 0 ] || fail "small file system, $fill: the job succeeded"
    [ "$(n_lines '^rftgen: error: small/.*No space left on device' x.log)" -eq 1 ] || fail "small file system, $fill: no clear line"
    [ ! -e small/x.json ] || fail "small file system, $fill: an output that is not complete"
    rm -f small/*
done
"$rftgen" -c "$tiny" --quiet --set output.path=small/x.json 2>x.log || fail "room again"
cmp small/x.json wanted.json >&2 || fail "room again: other bytes"
