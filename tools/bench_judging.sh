#!/bin/sh
# SPDX-License-Identifier: MIT
# How long judging takes: 100,000 completions, made of a file of labelled ones by repetition, and hostile ones.
#
#   tools/bench_judging.sh RFTGEN ROWS.jsonl KIND       ROWS hold {"question", "gold", "response"}
set -eu
[ $# -eq 3 ] || { sed -n '3,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
rftgen=$1
rows=$2
kind=$3
tmp=$(mktemp -d "${TMPDIR:-/tmp}/rftgen-judging.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
printf '[verify]\nkind = %s\n[data]\nid_field = id\n[output]\npath = /dev/null\n' "$kind" >"$tmp/job.ini"
python3 - "$rows" "$tmp" <<'EOF'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
with open(sys.argv[2] + "/many.jsonl", "w", encoding="utf-8") as file:
    for i in range(100000):
        row = rows[i % len(rows)]
        file.write(json.dumps({"id": str(i), "question": row["question"], "gold": row["gold"], "completion": row["response"]}) + "\n")
box = lambda text: "So the answer is \\boxed{" + text + "}."
hostile = {
    "10 MB of braces": "\\boxed" + "{" * 10_000_000,
    "10 MB of closed braces": box("{" * 5_000_000 + "}" * 5_000_000),
    "10 MB of parentheses": box("(" * 10_000_000),
    "100,000 fractions in one another": box("\\frac{1}{" * 100_000 + "2" + "}" * 100_000),
    "powers": box("9^9^9^9"),
    "powers in braces": box("9^{9^{9^{9}}}"),
    "a power of a sum": box("(x+1)^{1000000000}"),
    "a factorial": box("1000000!"),
    "an exponent": box("1e999999999"),
    "5 MB of digits": box("7" * 5_000_000),
    "100,000 elements": box("\\{" + ",".join(map(str, range(100_000))) + "\\}"),
    "100,000 boxes": "\\boxed{1}, " * 100_000,
    "1 MB of signs": box("-" * 1_000_000 + "1"),
    "1 MB of roots": box("\\sqrt" * 200_000 + "2"),
}
for i, (name, text) in enumerate(hostile.items()):
    with open(f"{sys.argv[2]}/hostile-{i:02}.jsonl", "w") as file:
        file.write(json.dumps({"id": name, "question": "?", "gold": "2", "completion": text}) + "\n")
EOF
# timed NAME FILE
timed()
{
    python3 - "$1" "$rftgen" verify -c "$tmp/job.ini" --quiet --in "$2" --set output.records="$tmp/records.jsonl" --force <<'EOF'
import os, resource, subprocess, sys, time
start = time.time()
done = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, text=True)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
verdict = [line.split()[1] for line in done.stdout.splitlines()[1:] if not line.startswith(("samples", "questions"))]
print(f"{sys.argv[1]:34} {time.time() - start:7.2f} s  {usage.ru_maxrss / 1024:7.0f} MiB  exit {done.returncode}  {' '.join(verdict)}")
EOF
}
timed "100,000 completions" "$tmp/many.jsonl"
for file in "$tmp"/hostile-*.jsonl; do
    name=$(head -c 200 "$file" | sed 's/{"id": "\([^"]*\)".*/\1/')
    timed "$name" "$file"
done
