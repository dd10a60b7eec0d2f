#!/bin/sh
# SPDX-License-Identifier: MIT
# What many questions cost before the first token: makes a file of them, in each form that is read, lets a run begin, and
# interrupts it once a sample is in its journal (which is written once a second).
#
#   tools/bench_questions.sh RFTGEN CONFIG.ini [N]       N questions, 1000000 if it is left out
set -eu
[ $# -eq 2 ] || [ $# -eq 3 ] || { sed -n '3,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
rftgen=$1
config=$2
n=${3:-1000000}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/rftgen-questions.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
python3 - "$tmp" "$n" <<'EOF'
import gzip, json, random, shutil, sys
names = "Natalia Weng Betty Julie James Mark Albert Ken Alexis Tina Jasper Tobias Randy Mimi Carol".split()
things = "clips pencils pages letters apples marbles stickers books candles eggs tickets muffins shells".split()
places = "school,the market,her sister's house,the library,a farm near town,the fair,work".split(",")
parts = ["{name} took {a} {thing} to {place} and found {b} more on the way.",
         "In the next {c} weeks {name} gave away {b} {thing} every day, and bought {a} for ${c} each.",
         "Half of the {thing} that {name} brought from {place} were broken, so {b} of them were left there.",
         "{name}'s brother has {c} times as many {thing}, which he keeps in {b} boxes of {a}."]
asks = ["How many {thing} does {name} have now?", "How much did {name} pay in all?", "How many are left?"]
draw = random.Random(17)
with open(sys.argv[1] + "/array.json", "w") as array, open(sys.argv[1] + "/lines.jsonl", "w") as lines:
    for i in range(int(sys.argv[2])):
        text = " ".join(draw.sample(parts, draw.choice((1, 2, 2))) + [draw.choice(asks)]).format(
            name=draw.choice(names), thing=draw.choice(things), place=draw.choice(places),
            a=draw.randint(2, 999), b=draw.randint(2, 99), c=draw.randint(2, 30))
        gold = draw.randint(1, 9999)
        array.write(("[" if i == 0 else ",\n") + json.dumps([text, gold]))
        lines.write(json.dumps({"id": i, "question": text, "answer": f"So it is {gold} in all.\n#### {gold}"}) + "\n")
    array.write("]\n")
with open(sys.argv[1] + "/lines.jsonl", "rb") as lines, gzip.open(sys.argv[1] + "/lines.jsonl.gz", "wb", 1) as packed:
    shutil.copyfileobj(lines, packed)
EOF
# begin NAME SETTING...
begin()
{
    rm -f "$tmp"/out.json*
    python3 - "$tmp/out.json.journal" "$@" <<'EOF'
import os, signal, subprocess, sys, time
journal, name, command = sys.argv[1], sys.argv[2], sys.argv[3:]
start, header = time.time(), 0
run = subprocess.Popen(command, stderr=subprocess.DEVNULL)
while True:
    time.sleep(0.02)
    size = os.path.getsize(journal) if os.path.exists(journal) else 0
    header = header or size
    pid, status, usage = os.wait4(run.pid, os.WNOHANG)
    if pid != 0:
        sys.exit(f"{name}: the run ended before a sample was kept: status {status}")
    if size > header:
        break
seconds = time.time() - start
run.send_signal(signal.SIGINT)
_, _, usage = os.wait4(run.pid, 0)
print(f"{name:40} {seconds:6.1f} s to the first tokens, {usage.ru_utime + usage.ru_stime:6.1f} s of processor time, "
      f"{usage.ru_maxrss / 1024:6.0f} MiB at most")
EOF
}
# run NAME FILE SETTING...
run()
{
    name=$1 file=$2
    shift 2
    begin "$name" "$rftgen" -q -c "$config" --set data.questions="$tmp/$file" --set generate.chunk=1 \
        --set output.path="$tmp/out.json" --set output.records= --set output.summary= "$@"
}
run "array" array.json
run "lines" lines.jsonl --set data.answer_after='#### ' --set data.id_field=id
run "lines, gzip" lines.jsonl.gz --set data.answer_after='#### ' --set data.id_field=id
run "lines, gzip, data.limit = 1000" lines.jsonl.gz --set data.answer_after='#### ' --set data.limit=1000
