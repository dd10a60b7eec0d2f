# SPDX-License-Identifier: MIT
# Signals that come before anything is drawn work at once, what must be read as a file is read with a bound or refused, and a
# checkpoint that changes while it is used is a message.
. "$(dirname "$0")/lib.sh"

mkfifo pipe
cp "$source_dir/tests/oracle/data/bigram/questions.json" q.json
cp -r "$source_dir/tests/oracle/data/tiny-tied-bf16" model
job wanted || fail "the job itself"

# Nobody writes into the pipe: the program waits, and each signal ends it at once.
for key in data.questions prompt.template; do
    for signal in TERM INT HUP; do
        # A shell's background job ignores SIGINT: python3 or env may set it back, where they can.
        [ $signal != INT ] || env --default-signal=INT true 2>/dev/null || continue
        start=$([ $signal = INT ] && echo "env --default-signal=INT" || true)
        $start "$rftgen" -c "$tiny" --quiet --set $key=pipe --set output.path=stopped.json 2>stopped.log &
        pid=$!
        sleep 0.3
        kill -$signal $pid
        code=0
        wait $pid || code=$?
        [ $code -eq 130 ] || fail "$key, SIG$signal: exit code $code"
        [ ! -e stopped.json ] && [ ! -e stopped.json.journal ] && [ ! -e stopped.json.rftgen-lock ] || fail "$key, SIG$signal: something was left"
    done
done
"$rftgen" -c pipe 2>stopped.log &
pid=$!
sleep 0.3
kill -TERM $pid
code=0
wait $pid || code=$?
[ $code -eq 130 ] || fail "a configuration, SIGTERM: exit code $code"
grep -q 'interrupted before the run began' stopped.log || fail "a configuration, SIGTERM: $(cat stopped.log)"

# Pipes are read; devices are not.
cat q.json >pipe &
job piped --set data.questions=pipe || fail "questions from a pipe: exit code $?"
same piped wanted "questions from a pipe"
job stdin --set data.questions=/dev/stdin <q.json || fail "questions from a redirected file: exit code $?"
same stdin wanted "questions from a redirected file"
cat q.json | job stdin --set data.questions=/dev/stdin --force || fail "questions from the standard input: exit code $?"
same stdin wanted "questions from the standard input"
for key in data.questions prompt.template; do
    for device in /dev/zero /dev/null; do
        code=0
        job device --set $key=$device || code=$?
        [ $code -eq 4 ] && grep -q "$device: is a device; give a file" device.log || fail "$key = $device: exit code $code"
    done
done
for file in config.json tokenizer.json model.safetensors; do
    rm model/$file
    mkfifo model/$file
    "$rftgen" -c "$tiny" --quiet --set model.path=model --set output.path=stopped.json 2>stopped.log &
    pid=$!
    sleep 0.3
    kill -TERM $pid 2>/dev/null || true
    code=0
    wait $pid || code=$?
    [ $code -eq 130 ] || [ $code -eq 4 ] || [ $code -eq 6 ] || fail "$file is a pipe: exit code $code"
    rm model/$file
    cp "$source_dir/tests/oracle/data/tiny-tied-bf16/$file" model/
done

# The checkpoint is mapped, then many prompts are tokenized, then it is read whole. In between it is cut short, or changed.
awk 'BEGIN { for (i = 0; i < 60000; i++) printf "[\"How many are %d and %d apples and pears together?\", 1]\n", i, i + 1 }' >many.jsonl
for what in short changed; do
    rm -rf model
    cp -r "$source_dir/tests/oracle/data/tiny-tied-bf16" model
    "$rftgen" -c "$tiny" --quiet --set data.limit=all --set data.questions=many.jsonl --set model.path=model --set output.path=cut.json 2>cut.log &
    pid=$!
    until ls -l /proc/$pid/fd 2>/dev/null | grep -q 'model.safetensors'; do kill -0 $pid 2>/dev/null || break; done
    sleep 0.1 # what is open is mapped and its header read, which a cut in between would end otherwise; the prompts take longer
    if [ $what = short ]; then : >model/model.safetensors; else printf x >>model/model.safetensors; fi
    code=0
    wait $pid || code=$?
    [ $code -eq 6 ] || fail "a checkpoint that is $what: exit code $code"
    grep -q 'model.safetensors: was .* while rftgen used it' cut.log || fail "a checkpoint that is $what: no word of it"
    [ ! -e cut.json ] && [ ! -e cut.json.rftgen-lock ] || fail "a checkpoint that is $what: something was left"
done
