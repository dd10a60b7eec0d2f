#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares rftgen's verdicts with somebody else's.

    tools/compare_labels.py RFTGEN ROWS.jsonl KIND [--list FILE] [--set KEY=VALUE ...]

ROWS.jsonl holds {"question", "gold", "response", "correct"}: completions of a model with the publisher's verdict, or
{"gold", "pred", "expected"} as an array. They are judged by `rftgen verify` with verify.kind = KIND; printed are the share of equal
verdicts and both kinds of difference; --list writes every row that differs."""
import argparse
import json
import os
import subprocess
import tempfile


def read_rows(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    rows = json.loads(text) if text.lstrip().startswith("[") else [json.loads(line) for line in text.splitlines() if line]
    pick = lambda row, *names: next(row[name] for name in names if name in row)
    return [(row.get("question", "?"), row["gold"], pick(row, "response", "completion", "pred"),
             bool(pick(row, "correct", "expected"))) for row in rows]


def judge(rftgen, rows, kind, sets):
    """The records of the rows, in their order. A row whose gold answer cannot be compared has one that accepts nothing."""
    with tempfile.TemporaryDirectory() as folder:
        path = lambda name: os.path.join(folder, name)
        with open(path("rows.jsonl"), "w", encoding="utf-8") as file:
            for i, (question, gold, completion, _) in enumerate(rows):
                row = {"id": str(i), "question": question, "gold": gold, "completion": completion}
                file.write(json.dumps(row) + "\n")
        with open(path("job.ini"), "w", encoding="utf-8") as file:
            file.write(f"[verify]\nkind = {kind}\n[output]\npath = /dev/null\n[data]\nid_field = id\nbad_rows = skip\n")
        command = [rftgen, "verify", "-c", path("job.ini"), "--quiet", "--in", path("rows.jsonl"), "--set",
                   "output.records=" + path("records.jsonl")]
        for item in sets:
            command += ["--set", item]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with open(path("records.jsonl"), encoding="utf-8") as file:
            records = {record["id"]: record for record in map(json.loads, file)}
        return [records[str(i)] for i in range(len(rows))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rftgen")
    parser.add_argument("rows")
    parser.add_argument("kind")
    parser.add_argument("--list")
    parser.add_argument("--set", action="append", default=[], dest="sets")
    options = parser.parse_args()
    rows = read_rows(options.rows)
    records = judge(options.rftgen, rows, options.kind, options.sets)
    counts = {"accepted, and not by them": 0, "not accepted, and by them": 0}
    differing = []
    for (question, gold, completion, correct), record in zip(rows, records):
        if record["accepted"] == correct:
            continue
        what = "accepted, and not by them" if record["accepted"] else "not accepted, and by them"
        counts[what] += 1
        differing.append({"what": what, "reason": record["reason"], "gold": gold, "answer": record["answer"],
                          "question": question, "end": completion[-300:]})
    n = len(rows)
    undecided = sum(record["verdict"] == "undecided" for record in records)
    print(f"{os.path.basename(options.rows)}: {n - len(differing)} of {n} verdicts are equal "
          f"({100 * (n - len(differing)) / n:.2f}%); " + "; ".join(f"{v} {k}" for k, v in counts.items()) +
          f"; {undecided} undecided")
    if options.list:
        with open(options.list, "w", encoding="utf-8") as file:
            for row in differing:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
