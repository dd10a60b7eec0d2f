#!/bin/sh
# SPDX-License-Identifier: MIT
# The long comparison of devices, which no test run has the time for: every device of every backend that VK_DRIVER_FILES (older
# loaders: VK_ICD_FILENAMES) and this machine offer gives the same bytes of
#   - the demo's dataset, all 80 questions, for chunks of 1, 5 and all samples
#   - 100,000 sampled tokens of three random models
#   - SmolLM2-135M-Instruct on 3 questions, 5 samples, if tools/fetch_smollm2.sh has fetched it; CHECK_QUESTIONS and CHECK_SAMPLES
#     say how many instead
# Needs a build with -DRFT_TESTS=ON. Takes from minutes to an hour, as software devices are slow.
#
#   tools/check_devices.sh BUILD_DIRECTORY
set -eu
build=$(cd "${1:?usage: tools/check_devices.sh BUILD_DIRECTORY}" && pwd)
cd "$(dirname "$0")/.."
model=${XDG_CACHE_HOME:-$HOME/.cache}/rftgen/SmolLM2-135M-Instruct.Q4_1.gguf
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log() { printf '%s  %s\n' "$(date +%H:%M:%S)" "$*"; }

"$build/rftgen" devices
log "demo, 80 questions, on every device"
RFT_DEMO_LIMIT=80 sh tests/e2e/test_devices.sh "$build/rftgen" "$PWD"
log "100,000 tokens of three random models, on every device"
RFT_TEST_TOKENS=100000 "$build/conformance_sampling"

if [ ! -e "$model" ]; then
    log "skipped: $model is not there (tools/fetch_smollm2.sh)"
    exit 0
fi
"$build/rftgen" devices | awk '/^[a-z]+: / { backend = $1; sub(":", "", backend) } /^  [0-9]/ && !/ missing: / { print backend, $1 }' >"$work/devices"
while read -r backend device; do
    log "SmolLM2-135M-Instruct on $backend device $device"
    "$build/rftgen" -c configs/smollm2.ini --quiet --force --set data.limit="${CHECK_QUESTIONS:-3}" \
        --set generate.samples="${CHECK_SAMPLES:-5}" --set device.backend="$backend" --set device.device="$device" \
        --set output.path="$work/rows" --set output.records="$work/records" --set output.summary=
    hash=$(cat "$work/rows" "$work/records" | sha256sum | cut -d ' ' -f 1)
    echo "$hash"
    [ "$hash" = "${wanted:=$hash}" ] || { echo "other bytes" >&2; exit 1; }
done <"$work/devices"
