# SPDX-License-Identifier: MIT
"""Checks rows and unsolved questions against a run's records, by plain implementations of what docs/files.md says.

    python3 check_formats.py KIND RECORDS FILE [BY N CUT_OFF]

KIND is jsonl, messages, prompt_completion, alpaca, pairs (with its three keys) or unsolved. The run keeps all accepted
samples and has a raw prompt, so that the user's turn is the question. Prints what differs; exit code 1."""
import json
import sys


def questions_of(records):
    """Lists of a question's samples, in order."""
    found = {}
    for record in records:
        if record["sample"] is not None:
            found.setdefault((record["id"], record["repeat"]), []).append(record)
    return found.values()


def user(sample):
    return {"role": "user", "content": sample["question"]}


def assistant(sample):
    return {"role": "assistant", "content": sample["completion"]}


ROWS = {
    "jsonl": lambda s: {**{k: s[k] for k in ("id", "repeat", "question", "gold", "sample", "completion", "prompt")}},
    "messages": lambda s: {"messages": [user(s), assistant(s)]},
    "prompt_completion": lambda s: {"prompt": [user(s)], "completion": [assistant(s)]},
    "alpaca": lambda s: {"instruction": s["question"], "input": "", "output": s["completion"]},
}


def distinct(samples, but=()):
    """The first of each text."""
    texts, kept = {s["completion"] for s in but}, []
    for s in samples:
        if s["completion"] not in texts:
            texts.add(s["completion"])
            kept.append(s)
    return kept


def n_bytes(sample):
    return len(sample["completion"].encode())


def pairs_of(samples, by, n_max, has_cut_off):
    """Right texts take turns; each is given, of the wrong texts that it has not had, one of those used least."""
    finishes = ("stop", "length") if has_cut_off else ("stop",)
    chosen = distinct(s for s in samples if s["accepted"])
    wrong = [s for s in samples if s["verdict"] == "wrong" and s["finish"] in finishes]
    rejected = distinct(wrong, chosen)
    uses, had, made = [0] * len(rejected), set(), []
    for turn in range(min(n_max, len(chosen) * len(rejected))):
        c = turn % len(chosen)

        def rank(r):
            distance = abs(n_bytes(rejected[r]) - n_bytes(chosen[c]))
            return uses[r], {"first": 0, "nearest": distance, "farthest": -distance}[by], r

        r = min((r for r in range(len(rejected)) if (c, r) not in had), key=rank)
        had.add((c, r))
        uses[r] += 1
        made.append({"prompt": [user(chosen[c])], "chosen": [assistant(chosen[c])],
                     "rejected": [assistant(rejected[r])]})
    return made


def unsolved_of(samples):
    answers = [s["answer"] for s in samples if s["answer"] is not None]
    most = max(answers, key=lambda a: (answers.count(a), -answers.index(a)), default=None)
    line = {k: samples[0][k] for k in ("id", "repeat", "question_index", "question", "gold")}
    return {**line, "samples": len(samples), "answer": most, "answer_count": answers.count(most)}


def main():
    kind, records, file = sys.argv[1:4]
    with open(records, encoding="utf-8", newline="\n") as lines:
        questions = list(questions_of([json.loads(line) for line in lines]))
    if kind == "pairs":
        by, n_max, has_cut_off = sys.argv[4], sys.argv[5], sys.argv[6] == "yes"
        n_max = 10**9 if n_max == "all" else int(n_max)
        wanted = [row for q in questions for row in pairs_of(q, by, n_max, has_cut_off)]
    elif kind == "unsolved":
        wanted = [unsolved_of(q) for q in questions if not any(s["accepted"] for s in q)]
    else:
        wanted = [ROWS[kind](s) for q in questions for s in q if s["accepted"]]
    with open(file, encoding="utf-8", newline="\n") as lines:
        found = [line.rstrip("\n") for line in lines]
    lines = [json.dumps(row, ensure_ascii=False) for row in wanted]
    for i, (a, b) in enumerate(zip(lines, found)):
        if a != b:
            sys.exit(f"{file}: line {i + 1}: {b}\nand not {a}")
    if len(lines) != len(found) or not lines:
        sys.exit(f"{file}: {len(found)} lines and not {len(lines)}, or none at all")
    print(f"{file}: {len(found)} lines")


main()
