#!/bin/sh
# SPDX-License-Identifier: MIT
# The same job in several builds, on every form of the cpu backend: all datasets and records must be the same bytes. (Other
# backends' kernels are not the C compiler's work; the tests compare them.)
#
#   tools/compare_builds.sh BUILD_DIRECTORY...
set -eu
config=$(cd "$(dirname "$0")/.." && pwd)/configs/demo.ini
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

for build in "$@"; do
    for device in $("$build/rftgen" devices | awk '/^[a-z]+: / { is_cpu = $1 == "cpu:" } is_cpu && /^  [0-9]/ { print $2 }'); do
        "$build/rftgen" -c "$config" --quiet --force --set data.limit=12 --set generate.samples=4 --set device.backend=cpu --set device.device="$device" \
            --set output.path="$work/rows" --set output.records="$work/records" --set output.summary=
        "$build/rftgen" -c "$config" --quiet --force --set data.limit=6 --set generate.samples=3 --set device.backend=cpu --set device.device="$device" \
            --set generate.top_k=40 --set generate.top_p=0.9 --set generate.min_p=0.02 --set generate.temperature=1.3 \
            --set output.path="$work/filtered" --set output.records="$work/filtered.records" --set output.summary=
        hash=$(cat "$work/rows" "$work/records" "$work/filtered" "$work/filtered.records" | sha256sum | cut -d ' ' -f 1)
        printf '%s  %s, %s\n' "$hash" "$build" "$device"
        [ "$hash" = "${wanted:=$hash}" ] || { echo "other bytes" >&2; exit 1; }
        n=$((n + 1))
    done
done
[ $n -gt 1 ] || { echo "nothing to compare" >&2; exit 1; }
