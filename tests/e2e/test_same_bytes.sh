# SPDX-License-Identifier: MIT
# Nothing but the text's own keys may change a byte: threads, devices, chunks, budgets.
. "$(dirname "$0")/lib.sh"

job wanted || fail "the job itself"
[ "$(n_lines '"finish": "stop"' wanted.records)" -ge 3 ] || fail "too few samples end by themselves for this to be a test"
[ "$(n_lines '"finish": "length"' wanted.records)" -ge 3 ] || fail "too few samples are cut off for this to be a test"
expect again
expect threads-1 --set device.threads=1
expect threads-2 --set device.threads=2 --set generate.questions_in_flight=3
expect threads-3 --set device.threads=3 --set generate.chunk=auto

# Ten samples, so that chunks of 5, 10 and auto are three different jobs.
job ten --set generate.samples=10 || fail "the job of ten samples"
for chunk in 1 2 5 10 auto; do
    for in_flight in 1 3 auto; do
        job chunk --set generate.samples=10 --set generate.chunk=$chunk --set generate.questions_in_flight=$in_flight ||
            fail "chunk $chunk, $in_flight in flight"
        same chunk ten "chunk $chunk, $in_flight in flight"
        rm -f chunk.*
    done
done

# Log-probabilities of a sweep, however the work is cut up and, below, on every device. They change no text.
scored="--set output.logprobs=tokens --set generate.temperature=[1,0,1.6] --set generate.seed=[0,7]"
# shellcheck disable=SC2086
job scored $scored || fail "log-probabilities"
job sweep --set 'generate.temperature=[1,0,1.6]' --set 'generate.seed=[0,7]' || fail "a sweep"
sed 's/, "logprob": .*, "format"/, "format"/' scored.records | cmp - sweep.records >&2 || fail "log-probabilities change a text"
for cut in 'chunk=1 --set generate.questions_in_flight=1' 'chunk=auto --set generate.questions_in_flight=auto'; do
    # shellcheck disable=SC2086
    job cut $scored --set generate.$cut --set device.threads=2 || fail "log-probabilities, $cut"
    same cut scored "log-probabilities, $cut"
    rm -f cut.*
done

# Every device that this machine has.
list_devices bf16 >names
[ -s names ] || fail "rftgen devices lists no device"
while read -r backend device; do
    expect device --set device.backend="$backend" --set device.device="$device" --set generate.questions_in_flight=auto
    # shellcheck disable=SC2086
    job cut $scored --set device.backend="$backend" --set device.device="$device" --set generate.questions_in_flight=auto ||
        fail "log-probabilities, $backend device $device"
    same cut scored "log-probabilities, $backend device $device"
    rm -f cut.*
    echo "$backend device $device: same bytes"
done <names

# Every key that changes what is drawn, with two ways to cut the work up.
for keys in temperature=0 top_k=3 top_p=0.6 min_p=0.1 'top_k=40 top_p=0.9' 'temperature=1.7 min_p=0.02 top_k=100 top_p=0.8' \
    temperature=[0.4,0,1.6] 'temperature=[0,1] top_k=20' \
    stop= 'stop=["l"]' max_new_tokens=1 max_new_tokens=17 samples=1 seed=18446744073709551615; do
    set --
    for key in $keys; do
        set -- "$@" --set "generate.$key"
    done
    job a "$@" --set generate.chunk=1 || fail "$keys"
    job b "$@" --set generate.chunk=auto --set generate.questions_in_flight=auto --set device.device=plain || fail "$keys"
    same a b "$keys"
    if cmp -s a.records wanted.records; then
        fail "$keys: changes nothing"
    fi
    rm -f a.* b.*
done

# Chosen samples may differ, drawn ones may not.
for keys in select.keep=all select.keep=2 output.format=jsonl verify.cut_off=accept verify.rel_tol=1; do
    job kept --set $keys || fail "$keys"
    sed 's/"accepted": .*, "finish"/"finish"/' wanted.records >drawn-wanted
    sed 's/"accepted": .*, "finish"/"finish"/' kept.records >drawn-kept
    cmp drawn-wanted drawn-kept >&2 || fail "$keys changes what is drawn"
    rm -f kept.*
done
