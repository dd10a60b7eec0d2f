#!/bin/sh
# SPDX-License-Identifier: MIT
# No circles among the files of a folder: module A (A.c and A.h) uses B if one of its files includes B.h. Prints the modules of each
# folder that stand in a circle; exit code 1 if there is one.
#
#   tools/check_circles.sh [FOLDER]...      default: every room of the core, every backend
set -u
cd "$(dirname "$0")/.." || exit 1
[ $# -ne 0 ] || set -- core/* backends/*
found=0
for folder in "$@"; do
    [ -d "$folder" ] || continue
    # Edges within the folder; tsort names what stands in a circle.
    circle=$(for file in "$folder"/*.[ch]; do
        [ -e "$file" ] || continue
        module=$(basename "${file%.*}")
        sed -n 's/^#include "\([^"]*\)\.h"/\1/p' "$file" | while read -r other; do
            [ "$other" = "$module" ] || [ ! -e "$folder/$other.h" ] || echo "$module $other"
        done
    done | tsort 2>&1 >/dev/null | sed -n 's/^tsort: \([a-z_0-9]*\)$/\1/p' | sort -u | tr '\n' ' ')
    [ -z "$circle" ] || { echo "$folder: in a circle: $circle"; found=1; }
done
exit $found
