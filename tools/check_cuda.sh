#!/bin/sh
# SPDX-License-Identifier: MIT
# Everything about the CUDA backend that needs an NVIDIA GPU, in one go:
#   - every kernel on every case, as machine code and as PTX that the driver compiles; memory, programs, sampling
#   - the same bytes as every other device here (tools/check_devices.sh), SmolLM2-135M-Instruct on 80 questions if it was fetched
#   - compute-sanitizer's four tools on the conformance run (of the CUDA Toolkit, or PyPI's nvidia-cuda-sanitizer-api), if in PATH
#   - rates, bandwidth and memory of three model shapes, beside transformers if that is installed (tests/bench/bench_gpu.py)
# Needs a build with -DRFT_TESTS=ON. Exit code 0 only if nothing differs and the tools are silent.
#
#   tools/check_cuda.sh BUILD_DIRECTORY [conformance] [bytes] [sanitizer] [rates]       default: all four
set -u
build=$(cd "${1:?usage: tools/check_cuda.sh BUILD_DIRECTORY [conformance] [bytes] [sanitizer] [rates]}" && pwd) || exit 1
cd "$(dirname "$0")/.." || exit 1
shift
parts=${*:-conformance bytes sanitizer rates}
failed=''

# run NAME COMMAND...: says how it ended, and shows the end of what it printed if it failed.
run() {
    name=$1
    shift
    start=$(date +%s)
    if output=$("$@" 2>&1); then
        printf 'ok      %-28s %4d s\n' "$name" $(($(date +%s) - start))
    else
        printf 'FAILED  %-28s %4d s\n%s\n' "$name" $(($(date +%s) - start)) "$(printf '%s\n' "$output" | tail -n 40)"
        failed="$failed $name"
    fi
}

conformance() {
    for test in kernels memory programs sampling cuda_variants; do
        run "$test" env RFT_TEST_DEVICES=cuda: "$build/conformance_$test"
    done
    run "kernels from PTX" env RFT_TEST_DEVICES=cuda: CUDA_FORCE_PTX_JIT=1 "$build/conformance_cuda_variants"
}

sanitizer() {
    if ! command -v compute-sanitizer >/dev/null; then
        echo "skipped: compute-sanitizer is not in PATH"
        return
    fi
    for tool in memcheck racecheck initcheck synccheck; do
        run "compute-sanitizer $tool" env RFT_TEST_DEVICES=cuda: \
            compute-sanitizer --tool "$tool" --error-exitcode 1 "$build/conformance_kernels"
    done
}

"$build/rftgen" devices
for part in $parts; do
    case $part in
        conformance) conformance ;;
        bytes) run "same bytes" env CHECK_QUESTIONS=80 CHECK_SAMPLES=10 tools/check_devices.sh "$build" ;;
        sanitizer) sanitizer ;;
        rates) tests/bench/bench_gpu.py "$build" || failed="$failed rates" ;;
        *) echo "what is $part?"; exit 2 ;;
    esac
done
[ -z "$failed" ] || printf 'failed:%s\n' "$failed"
[ -z "$failed" ]
