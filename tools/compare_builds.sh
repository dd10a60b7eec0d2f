#!/bin/sh
# SPDX-License-Identifier: MIT
# The same job in several builds, on every device of each: all datasets and records must be the same bytes.
#
#   tools/compare_builds.sh BUILD_DIRECTORY...
set -eu
config=$(cd "$(dirname "$0")/.." && pwd)/configs/demo.ini
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

for build in "$@"; do
    for device in $("$build/rftgen" devices | sed -n 's/^  [0-9]*  \([^ ]*\) .*/\1/p'); do
        "$build/rftgen" -c "$config" --quiet --force --set data.limit=12 --set generate.samples=4 --set device.device="$device" \
            --set output.path="$work/rows" --set output.records="$work/records" --set output.summary=
        hash=$(cat "$work/rows" "$work/records" | sha256sum | cut -d ' ' -f 1)
        printf '%s  %s, %s\n' "$hash" "$build" "$device"
        [ "$hash" = "${wanted:=$hash}" ] || { echo "other bytes" >&2; exit 1; }
        n=$((n + 1))
    done
done
[ $n -gt 1 ] || { echo "nothing to compare" >&2; exit 1; }
