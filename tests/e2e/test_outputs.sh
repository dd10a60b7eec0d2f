# SPDX-License-Identifier: MIT
# Nothing of the user's is lost to an output: what is there and is no file, two names of one file, temporary files, files that
# come into being while a run lasts.
. "$(dirname "$0")/lib.sh"

job wanted || fail "the job itself"

# run NAME ARGUMENT...: a job without records; its messages go to NAME.log.
run()
{
    run_name=$1
    shift
    "$rftgen" -c "$tiny" "$@" 2>"$run_name.log"
}

# refuse PATTERN ARGUMENT...: must fail at once with one line of error that matches, and change nothing below this directory.
state() { find . ! -type d ! -name '*.log' ! -name '*.state' -exec ls -ldi --time-style=full-iso {} + | sort; }
refuse()
{
    pattern=$1
    shift
    state >before.state
    code=0
    run refused --quiet "$@" || code=$?
    [ $code -ne 0 ] && [ $code -lt 128 ] || fail "$*: exit code $code"
    [ "$(n_lines '^rftgen: error: ' refused.log)" -eq 1 ] || fail "$*: not one line of error"
    grep -q "^rftgen: error: .*$pattern" refused.log || fail "$*: the line does not say $pattern"
    state >after.state
    cmp -s before.state after.state || {
        diff before.state after.state >&2
        fail "$*: something was changed"
    }
}

# A standard stream that is closed is not mistaken for the journal.
for closed in '<&-' '>&-' '2>&-' '<&- >&- 2>&-'; do
    sh -c "\"\$0\" -c \"\$1\" --set output.path=closed.json --set output.records=closed.records 2>closed.log $closed" "$rftgen" "$tiny" ||
        fail "$closed: exit code $?"
    same closed wanted "$closed"
    rm closed.*
done
code=0
"$rftgen" --help >&- 2>help.log || code=$?
[ $code -eq 6 ] || fail "help on a closed standard output: exit code $code"

# Only a regular file is ever replaced, whatever the flags.
mkdir dir
mkfifo pipe
: >target
for force in '' --force; do
    for key in path records unsolved summary card; do
        set -- $force --set output.path=x.json --set output.$key=
        refuse "output.$key = dir" $force --set output.path=x.json --set "output.$key=dir"
        refuse "output.$key = dir/" $force --set output.path=x.json --set "output.$key=dir/"
        refuse "output.$key = nowhere/x" $force --set output.path=x.json --set "output.$key=nowhere/x"
        refuse "output.$key = /dev/zero: is a device" $force --set output.path=x.json --set "output.$key=/dev/zero"
    done
    refuse 'output.summary = pipe: is a pipe' $force --set output.path=x.json --set output.summary=pipe
    refuse 'output.summary = /dev/stdout: is a pipe' $force --set output.path=x.json --set output.summary=/dev/stdout
    if mknod null c 1 3 2>/dev/null; then
        for key in path records unsolved summary card; do
            refuse "output.$key = null: is a device" $force --set output.path=x.json --set "output.$key=null"
        done
        rm null
    fi
done

# Two names of one file are one file.
cp "$source_dir/tests/e2e/tiny.ini" copy.ini
sed -i "s|= \.\./oracle|= $source_dir/tests/oracle|; s|= tiny_|= $source_dir/tests/e2e/tiny_|" copy.ini
questions=$(sed -n 's/^questions *= *//p' copy.ini)
cp "$questions" q.json 2>/dev/null || cp "$source_dir/tests/e2e/$questions" q.json
template=$(sed -n 's/^template *= *//p' copy.ini)
cp "$template" t.txt 2>/dev/null || cp "$source_dir/tests/e2e/$template" t.txt
cp -r "$source_dir/tests/oracle/data/tiny-tied-bf16" model
ln q.json hard.json
ln -s q.json soft.json
ln -s dir linked
tiny=copy.ini
: >there.json
ln there.json hardthere.json
in="--set data.questions=q.json --set prompt.template=t.txt --set model.path=model"
for force in '' --force; do
    for pair in 'x ./x' "x $tmp/x" 'dir/x linked/x' 'dir/../x x' 'there.json hardthere.json' 'soft.json q.json'; do
        set -- $pair
        refuse 'output.path and output.records name the same file\|data.questions' $force $in --set output.path="$1" --set output.records="$2"
        refuse 'name the same file' $force $in --set output.path="$1" --set output.summary="$2"
        refuse 'name the same file' $force $in --set output.path=y --set output.records="$1" --set output.summary="$2"
    done
    for name in q.json ./q.json hard.json soft.json dir/../q.json "$tmp/q.json"; do
        refuse 'and data.questions name the same file' $force $in --set output.path="$name"
        refuse 'and data.questions name the same file' $force $in --set output.path=y --set output.summary="$name"
    done
    refuse 'and prompt.template name the same file' $force $in --set output.path=./t.txt
    refuse 'output.records and the configuration name the same file' $force $in --set output.path=y --set output.records=./copy.ini
    for name in ./model/config.json model/new.json dir/../model/tokenizer.json; do
        refuse 'would be a file of the checkpoint' $force $in --set output.path="$name"
        refuse 'would be a file of the checkpoint' $force $in --set output.path=y --set output.records="$name"
    done
    ln -s "$tmp/dir/blob" model/extra.json
    : >dir/blob # as in a cache of checkpoints, whose files are links
    refuse 'would be a file of the checkpoint' $force $in --set output.path=dir/blob
    rm model/extra.json dir/blob
    for name in y.journal ./y.journal y.rftgen-lock dir/../y.rftgen-lock; do
        refuse 'the run itself makes' $force $in --set output.path=y --set output.records="$name"
    done
    refuse 'the run itself makes' $force $in --set output.path=y --set output.records=z --set output.summary=./z.rftgen-lock
    cp q.json y.journal
    refuse 'which the run itself makes' $force $in --set data.questions=y.journal --set output.path=y
    rm y.journal
done
state >before.state
"$rftgen" -c copy.ini $in --force --set output.path=messages 2>messages && fail "the file of the messages was taken for an output"
grep -q 'name the same file' messages || fail "the file of the messages: no word of it"
rm messages

# Files that have the names of temporary or lock files stay.
echo mine >tmp.json.tmp
ln -s there.json tmp.records.tmp
run tmp --quiet $in --set output.path=tmp.json --set output.records=tmp.records || fail "a file named .tmp: exit code $?"
[ "$(cat tmp.json.tmp)" = mine ] && [ -h tmp.records.tmp ] && [ ! -s there.json ] || fail "a file named .tmp was touched"
echo mine >tmp2.json.rftgen-lock
refuse 'tmp2.json.rftgen-lock: is no lock file of rftgen' $in --set output.path=tmp2.json --force
ln -sf there.json tmp2.json.rftgen-lock
refuse 'tmp2.json.rftgen-lock' $in --set output.path=tmp2.json --force
rm tmp*

# A link: the file it leads to is the output, and the link stays.
ln -s dir/link.json link.json
ln -s ../there.json dir/chain
ln -s dir/chain chain.json
run link --quiet $in --set output.path=link.json || fail "a dangling link: exit code $?"
[ -h link.json ] && [ ! -h dir/link.json ] || fail "a dangling link was replaced"
cmp dir/link.json wanted.json >&2 || fail "a dangling link: other bytes"
[ "$(ls dir)" = "$(printf 'chain\nlink.json')" ] || fail "a dangling link: something was left: $(ls dir)"
refuse 'link.json exists already' $in --set output.path=link.json
chmod 604 there.json
rm hardthere.json
run link --quiet $in --set output.path=chain.json --force || fail "a chain of links: exit code $?"
[ -h chain.json ] && [ -h dir/chain ] || fail "a chain of links was replaced"
cmp there.json wanted.json >&2 || fail "a chain of links: other bytes"
[ "$(stat -c %a there.json)" = 604 ] || fail "the modes of a replaced file did not stay"
ln -s loop loop
refuse 'output.path = loop: .*circle' $in --set output.path=loop --force

# Streams are written through.
run out --set output.path=/dev/stdout --set output.records=out.records $in >out.json || fail "/dev/stdout: exit code $?"
same out wanted "/dev/stdout"
grep -q 'output.path = /dev/stdout is written through.*cannot be resumed' out.log || fail "/dev/stdout: no word of it"
run out $in --set output.path=/dev/stdout 2>out.log | cmp - wanted.json >&2 || fail "/dev/stdout into a pipe: other bytes"
cat pipe >piped.records &
run piped $in --set output.path=piped.json --set output.records=pipe || fail "records into a pipe: exit code $?"
wait $!
same piped wanted "records into a pipe"
[ -p pipe ] || fail "the pipe is gone"
run null $in --set output.path=null.json --set output.records=/dev/null --set output.summary=/dev/null || fail "/dev/null: exit code $?"
[ -c /dev/null ] || fail "/dev/null is no device any more"
cmp null.json wanted.json >&2 || fail "/dev/null: other bytes"
run null $in --set output.path=/dev/null --set output.records=null.records || fail "a dataset on /dev/null: exit code $?"
[ -c /dev/null ] || fail "/dev/null is no device any more"
cmp null.records wanted.records >&2 || fail "a dataset on /dev/null: other bytes"
# A reader that goes away is an error; no reader at all is waited for, and a signal ends the wait.
true <pipe &
code=0
run epipe --quiet $in --set output.path=epipe.json --set output.records=pipe --set generate.samples=200 || code=$? # more than a pipe holds
wait $!
rm epipe.json.journal
[ $code -eq 6 ] && grep -q 'pipe: cannot write: Broken pipe' epipe.log || fail "a reader that went away: exit code $code"
"$rftgen" -c copy.ini $in --set output.path=pipe 2>waits.log &
pid=$!
until grep -q 'pipe: waiting for a reader' waits.log; do kill -0 $pid || fail "no reader: the run ended"; done
kill -TERM $pid
code=0
wait $pid || code=$?
[ $code -eq 130 ] || fail "no reader, then SIGTERM: exit code $code"

# What comes into being, or changes, while the run lasts is not replaced. The questions come from a pipe, so the run waits.
for force in '' --force; do
    for what in new changed; do
        rm -f race.*
        [ $what = new ] || echo old >race.json
        [ "$force$what" != changed ] || continue # refused at the beginning
        "$rftgen" -c copy.ini $in $force --set data.questions=pipe --set output.path=race.json 2>race.log &
        pid=$!
        until ls -l /proc/$pid/fd 2>/dev/null | grep -q ' [^ ]*/pipe$'; do kill -0 $pid || fail "a race: the run ended"; done
        echo mine >race.json
        cat q.json >pipe
        code=0
        wait $pid || code=$?
        [ $code -ne 0 ] || fail "$force $what: the run succeeded"
        [ "$(cat race.json)" = mine ] || fail "$force $what: the file was replaced"
        [ -e race.json.journal ] || fail "$force $what: the samples were not kept"
        run race --quiet $in --set output.path=race.json && fail "$force $what: replaced by the next run"
        [ "$(cat race.json)" = mine ] || fail "$force $what: the file was replaced by the next run"
        rm race.json
        run race --quiet $in --set output.path=race.json || fail "$force $what: then exit code $?"
        cmp race.json wanted.json >&2 || fail "$force $what: other bytes"
    done
done
