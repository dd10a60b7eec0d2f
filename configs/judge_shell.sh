#!/bin/sh
# SPDX-License-Identifier: MIT
# A judge for verify.command in shell, with jq: the completion's last line, without regard to case, blanks and a point at its end,
# must be gold, or one of a list of golds. A completion is only ever data here: nothing of it is run, or expanded.
set -u
command -v jq >/dev/null || { echo 'judge_shell.sh: jq is not there' >&2; exit 1; }

# What two lines must have in common.
plain()
{
    tr '[:upper:]' '[:lower:]' | sed 's/[[:space:]]\{1,\}/ /g; s/^ //; s/ $//; s/\.$//'
}

printf '{"ready": true}\n'
while IFS= read -r request; do
    id=$(printf '%s\n' "$request" | jq -r '.id') || exit 1 # undecided is better than wrong for want of memory
    golds=$(printf '%s\n' "$request" | jq -r '.gold | if type == "array" then .[] else values end | tostring') || exit 1
    completion=$(printf '%s\n' "$request" | jq -r '.completion') || exit 1
    golds=$(printf '%s\n' "$golds" | plain)
    answer=$(printf '%s\n' "$completion" | sed '/^[[:space:]]*$/d' | tail -n 1 | plain)
    verdict=wrong reason=
    if [ -z "$golds" ]; then
        verdict=undecided reason='there is no gold answer'
    elif [ -z "$answer" ]; then
        reason='nothing but blank lines'
    elif printf '%s\n' "$golds" | grep -Fqx -e "$answer"; then
        verdict=right
    fi
    printf '{"id": "%s", "verdict": "%s", "reason": "%s"}\n' "$id" "$verdict" "$reason"
done
