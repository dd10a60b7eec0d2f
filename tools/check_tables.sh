#!/bin/sh
# SPDX-License-Identifier: MIT
# Loads what rftgen writes with datasets and pandas, in a virtual environment of its own: every format but rft_json is a table, each
# line a row with the same columns, each column of one type. Needs python3-venv, the network for PyPI, and some minutes.
#
#   tools/check_tables.sh RFTGEN
set -eu
rftgen=$(realpath "${1:?a build of rftgen}")
source_dir=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/rftgen-tables.XXXXXX")
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install datasets pandas
cd "$work"
export HF_HOME="$work/hf" HF_HUB_OFFLINE=1 HF_DATASETS_DISABLE_PROGRESS_BARS=1

cat >questions.jsonl <<'END'
["How many minutes are there in 7 hours?", 420]
["What is 5 years in months?", "60"]
{"question": "no gold answer"}
["Wie viele Stunden sind 2 Tage? \u0000 \ud83d\ude00 \u2028", 48.0]
["How many minutes are there in 7 hours?", 123456789012345678901234567890]
END
make() # NAME ARGUMENT...
{
    name=$1
    shift
    "$rftgen" -c "$source_dir/configs/demo.ini" --quiet --set device.backend=cpu --set output.format=jsonl --set output.path="$name.jsonl" \
        --set output.records="$name.records.jsonl" --set output.unsolved="$name.unsolved.jsonl" --set output.summary="$name.json" \
        --set select.keep=all "$@"
}
make demo
make odd --set data.questions=questions.jsonl --set data.bad_rows=skip --set generate.seed=9223372036854775807
make nothing --set data.limit=2 --set generate.max_new_tokens=1
make one --set data.limit=1 --set generate.samples=1 --set generate.temperature=0
make messages --set output.format=messages
make split --set output.format=prompt_completion --set output.records=
make alpaca --set output.format=alpaca --set output.records=
make pairs --set output.format=pairs --set output.pairs=all --set output.records=
venv/bin/python - <<'END'
import json
import os
import pandas
from datasets import load_dataset

failed = loaded = 0
for name in ("demo", "odd", "nothing", "one", "messages", "split", "alpaca", "pairs"):
    for file in (f"{name}.jsonl", f"{name}.records.jsonl", f"{name}.unsolved.jsonl"):
        if not os.path.exists(file):
            continue
        lines = [json.loads(line) for line in open(file)]
        if not lines:
            print(f"{file}: empty, as nothing was accepted; there is no table to load")
            continue
        loaded += 1
        frame = pandas.read_json(file, lines=True, dtype=False)
        table = load_dataset("json", data_files=file, split="train")
        good = len(frame) == len(table) == len(lines) and list(frame.columns) == table.column_names == list(lines[0])
        good = good and all(table[i] == lines[i] for i in range(len(lines)))
        failed += not good
        print(f"{file}: {len(table)} rows, {'as written' if good else 'DIFFERENT'}: {table.features}")
print(f"tables: {loaded - failed} passed, {failed} failed")
raise SystemExit(failed)
END
