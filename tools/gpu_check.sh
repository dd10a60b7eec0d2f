#!/bin/sh
# SPDX-License-Identifier: MIT
# Checks rftgen on a machine with an NVIDIA GPU, in a folder that tools/gpu_folder.sh made, within a time. In this order: every
# kernel against the plain ones on CUDA and on Vulkan; the same bytes of the demo and of a random model of SmolLM2's shape on cpu,
# CUDA and Vulkan, also begun on one and finished on the other; rates against the memory's bandwidth; compute-sanitizer's memcheck,
# if that is in PATH. Each step says how it went as it ends, so that a check that is cut off has told what it could.
#
#   sh gpu_check.sh [SECONDS]      default 480. Exit code 0: nothing failed.
set -u
cd "$(dirname "$0")" || exit 1
folder=$PWD

# What a step of several commands does. Such a step is this script again, with --do, so that it can be timed out like others.

# job NAME BACKEND [ARGUMENT...]: the random model's samples.
job() {
    job_name=$1
    backend=$2
    shift 2
    ${job_exec:-} bin/rftgen -c configs/demo.ini --quiet --force --set model.path="$work/model" --set data.limit=40 --set select.keep=all \
        --set device.backend="$backend" --set output.path="$work/$job_name.json" --set output.records="$work/$job_name.records" \
        --set output.summary="$work/$job_name.summary" "$@"
}

same() {
    cmp "$work/$1.json" "$work/cpu.json" && cmp "$work/$1.records" "$work/cpu.records"
}

job_on() {
    job "$1" "$2" && same "$1"
}

# The samples of one device are gone on from by another.
change_devices() {
    (
        job_exec=exec
        job moved cuda --set generate.questions_in_flight=1 --set generate.chunk=3
    ) &
    pid=$!
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        sleep 0.5
        [ "$(wc -l 2>/dev/null <"$work/moved.json.journal" || echo 0)" -lt 20 ] || break
    done
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    job moved vulkan && same moved && grep -q '"samples_resumed": [1-9]' "$work/moved.summary"
}

rates() {
    bin/bench_decode what=stream,prefill,decode backend="$1" shape="$2" sequences=1,10,64,256 stream=2048 limit=60 temperature=0.7
}

if [ "${1:-}" = --do ]; then
    shift
    "$@"
    exit
fi

seconds=${1:-480}
case $seconds in '' | *[!0-9]*) sed -n '3,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac
begin=$(date +%s)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
LD_LIBRARY_PATH=$folder/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
XDG_CACHE_HOME=$work/cache
export work LD_LIBRARY_PATH XDG_CACHE_HOME
mkdir "$XDG_CACHE_HOME"
[ ! -d cache/rftgen ] || ln -s "$folder/cache/rftgen" "$XDG_CACHE_HOME/rftgen"
failed='' n_left=0

left() { echo $((seconds - $(date +%s) + begin)); }

# step LIMIT NAME COMMAND...: one line when it ends; its output is in $work/log. False if it did not pass.
step() {
    limit=$1
    name=$2
    shift 2
    [ "$(left)" -ge "$limit" ] || limit=$(left)
    if [ "$limit" -lt 5 ]; then
        printf 'left out  %-44s no time\n' "$name"
        n_left=$((n_left + 1))
        return 1
    fi
    start=$(date +%s)
    code=0
    timeout -k 5 "$limit" "$@" >"$work/log" 2>&1 || code=$?
    took=$(($(date +%s) - start))
    case $code in
        0) printf 'ok        %-44s %4d s\n' "$name" $took; return 0 ;;
        77) printf 'skipped   %-44s %s\n' "$name" "$(grep -i skipped "$work/log" | tail -n 1)"; return 1 ;;
        124 | 137) printf 'cut off   %-44s %4d s\n' "$name" $took; n_left=$((n_left + 1)); return 1 ;;
    esac
    printf 'FAILED    %-44s %4d s\n' "$name" $took
    tail -n 12 "$work/log" | sed 's/^/          /'
    failed="$failed; $name"
    return 1
}

nvidia-smi -L 2>/dev/null || echo "nvidia-smi is not there"
step 60 devices bin/rftgen devices
grep -E '^(cuda|vulkan):|self-test|^  0' "$work/log" | sed 's/^/          /'
if ! grep -q '^vulkan: [1-9]' "$work/log" && [ -e /usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json ]; then
    export VK_DRIVER_FILES=/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json
fi
for backend in cuda vulkan; do
    RFT_TEST_DEVICES=$backend:
    export RFT_TEST_DEVICES
    for test in kernels memory programs sampling ${backend}_variants; do
        step 60 "$backend: $test" "bin/conformance_$test"
    done
done
step 60 "cuda: kernels that the driver compiles" env RFT_TEST_DEVICES=cuda: CUDA_FORCE_PTX_JIT=1 bin/conformance_cuda_variants
unset RFT_TEST_DEVICES
step 90 "same bytes: the demo, every device and chunk" env RFT_DEMO_LIMIT=80 sh tests/e2e/test_devices.sh "$folder/bin/rftgen" "$folder"
if step 60 "a random model of SmolLM2-135M's shape" bin/make_checkpoint "$work/model" smollm2-135m &&
     step 120 "cpu: 40,000 tokens" sh gpu_check.sh --do job cpu cpu; then
    for backend in cuda vulkan; do
        step 60 "same bytes: $backend" sh gpu_check.sh --do job_on $backend $backend
    done
    step 60 "same bytes: begun on CUDA, killed, ended on Vulkan" sh gpu_check.sh --do change_devices
fi
if [ -d cache/rftgen ]; then
    for backend in cpu cuda vulkan; do
        step 120 "SmolLM2-135M-Instruct on $backend" bin/rftgen -c configs/smollm2.ini --quiet --force --set output.summary= \
            --set device.backend=$backend --set output.path="$work/s-$backend" --set output.records="$work/r-$backend" || continue
        [ "$backend" = cpu ] || [ ! -e "$work/r-cpu" ] ||
            step 10 "same bytes: SmolLM2-135M-Instruct on $backend" cmp "$work/r-cpu" "$work/r-$backend"
    done
fi
for shape in smollm2-360m qwen2.5-1.5b llama-3.1-8b; do
    for backend in cuda vulkan; do
        step 75 "rates: $shape on $backend" sh gpu_check.sh --do rates $backend $shape &&
            grep -E 'stream:|prefill of [0-9]* tokens|^ +(sequences +tok|[0-9]+ +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+)' "$work/log" |
            cut -c 1-100 | sed 's/^/        /'
    done
done
if command -v compute-sanitizer >/dev/null; then
    step 90 "compute-sanitizer memcheck" env RFT_TEST_DEVICES=cuda: compute-sanitizer --tool memcheck --error-exitcode 1 bin/conformance_kernels
else
    printf 'skipped   %-44s it is not in PATH\n' "compute-sanitizer memcheck"
fi
echo "$(($(date +%s) - begin)) s of $seconds; $n_left steps without a result${failed:+; FAILED$failed}"
[ -z "$failed" ]
