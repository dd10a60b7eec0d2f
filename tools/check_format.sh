#!/bin/sh
# SPDX-License-Identifier: MIT
# C and CUDA stand as clang-format 14 (Debian 12: clang-format-14) writes them by .clang-format; another version writes some lines
# otherwise. Prints what differs; exit code 1 if anything does.
#
#   tools/check_format.sh [--fix]
set -u
cd "$(dirname "$0")/.." || exit 1
format=$(command -v clang-format-14) || {
    echo "clang-format-14 is not there (Debian 12: apt install clang-format-14)" >&2
    exit 1
}
files=$(find core backends kernels tests tools -name '*.[ch]' -o -name '*.cu' -o -name '*.cuh' -o -name '*.cpp')
# shellcheck disable=SC2086
if [ "${1:-}" = --fix ]; then "$format" -i $files; else "$format" --dry-run --Werror $files; fi
