#!/bin/sh
# SPDX-License-Identifier: MIT
# Attacks the promise that nothing of the user's is lost: random kills, failing system calls, changed input files. Each part ends
# after so many tries or seconds and prints what it counted; exit code 1 if anything failed.
#
#   tools/attack.sh RFTGEN [SANITIZED [SECONDS]]
#
# SANITIZED: a build with -DRFT_SANITIZE=address,undefined, for the changed files (RFTGEN if it is left out). SECONDS for each part,
# 900 if left out: 200 kills, some 700 failing calls and 14,000 changed files take less than that on 2 cores. Needs python3 and strace.
set -u
rftgen=${1:?a build of rftgen}
sanitized=${2:-$rftgen}
seconds=${3:-900}
here=$(dirname "$0")/attack
work=$(mktemp -d "${TMPDIR:-/tmp}/rftgen-attack.XXXXXX") || exit 1
export PYTHONDONTWRITEBYTECODE=1
failed=0
python3 "$here/kills.py" "$rftgen" "$work/kills" 200 "$seconds" || failed=1
python3 "$here/calls.py" "$rftgen" "$work/calls" "$seconds" || failed=1
python3 "$here/mutations.py" "$sanitized" "$work/mutations" 14000 "$seconds" || failed=1
if [ $failed -eq 0 ]; then rm -rf "$work"; else echo "what failed is kept in $work"; fi
exit $failed
