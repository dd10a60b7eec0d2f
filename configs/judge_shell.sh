#!/bin/sh
# SPDX-License-Identifier: MIT
# A judge for verify.command in shell, with jq: the completion's last line, without regard to the case of A to Z, blanks and a point at
# its end, must be gold, or one of a list of golds. A gold of several lines is never equal to one. A number is compared as it is written in
# the questions' file, so that 4.0 is not 4; in a list only whole numbers may stand beside texts, as jq writes others anew.
# A completion is only ever data here: nothing of it is run, or expanded.
set -u
command -v jq >/dev/null || { echo 'judge_shell.sh: jq is not there' >&2; exit 1; }

judge='
def words: split("\t") | map(split("\r")[] | split(" ")[] | select(. != "")); # regular expressions would be slow
def plain: ascii_downcase | rtrimstr("\n") | words | join(" ") | rtrimstr(".");
def text:
    if type == "string" then . elif type == "number" and . == floor and fabs < 9007199254740992 then tostring else null end;
def golds: .gold | if type == "number" then $number elif type == "array" then map(text)[] else text end;
[golds] as $golds
| ([$golds[] | values | plain | select(. != "")]) as $plain
| ((.completion | split("\n") | map(select(words != [])) | last | values | plain) // "") as $answer
| {id} + if any($golds[]; . == null) then {verdict: "undecided", reason: "gold is no text, number or list of these"}
         elif $plain == [] then {verdict: "undecided", reason: "there is no gold answer"}
         elif $answer == "" then {verdict: "wrong", reason: "nothing but blank lines"}
         else {verdict: any($plain[]; . == $answer), reason: null} end'

printf '{"ready": true}\n'
while IFS= read -r request; do
    # No text holds this, as a quotation mark in a text has a backslash.
    number=$(printf '%s\n' "$request" | sed -n 's/.*"gold": \([-+.0-9eE]*\), "completion": ".*/\1/p')
    printf '%s\n' "$request" | jq -c --arg number "$number" "$judge" || exit 1 # undecided is better than wrong
done
