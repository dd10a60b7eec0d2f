#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Selection of rows, written plainly from docs/selection.md, to be compared with rftgen's.

  select_reference.py make [SEED]                 prints rows of made-up questions and completions
  select_reference.py compare RFTGEN CONFIG ROWS  lets `rftgen verify` select from ROWS (a run's records, or completions) under many
                                                  settings, and compares; further arguments are rftgen's own (--set KEY=VALUE)
"""
import ast
import itertools
import json
import math
import os
import random
import re
import subprocess
import sys
import tempfile

DEFAULTS = {"keep": "first", "distinct": "no", "equals": "farthest", "order": "sample", "quota": "uniform", "min_solve_rate": "0",
            "max_solve_rate": "1", "dedupe": "off"}
DEPTH_MAX = 32
DISTANCE_BYTES = 4096

# ---- what makes completions equal ----

NUMBER = re.compile(r"(?:[0-9]{1,3}(?![0-9])(?:,[0-9]{3}(?![0-9]))+|[0-9]+)(?:\.[0-9]+)?|(?<![0-9])\.[0-9]+")
TOKEN = re.compile(r"""
    (?P<number>%s)(?P<percent>\\?%%)?
  | (?P<times>[xX](?![A-Za-z0-9_]|(?:\^|\*\*)\{?-?[0-9]))
  | (?P<word>[A-Za-z][A-Za-z0-9_]*(?:(?:\^|\*\*)\{?-?[0-9]+)?)
  | \\(?P<command>[A-Za-z]+)
  | (?P<newline>\\\\)
  | (?P<aside>\\[,;:!]?|[ \t$&_`"'\[\]%%\u00a0\u2009\u202f])
  | (?P<operator>[-+*/^\u00b7\u00d7\u00f7\u2013\u2044\u2212\u2215\u2217\u2219\u22c5])
  | (?P<bracket>[(){}])
  | (?P<equals>[=\u2248])
  | (?P<foreign>[^\x00-\x7f])
  | (?P<end>[\x00-\x7f])
""" % NUMBER.pattern, re.VERBOSE)
OPERATORS = dict(zip("\u00b7\u00d7\u2217\u2219\u22c5\u00f7\u2044\u2215\u2013\u2212", "*****///--"))
COMMANDS = {"times": "*", "cdot": "*", "ast": "*", "div": "/"}


def tokens(text):
    """(kind, value, position) of each token; an operator's value is one of + - * / ^, a number's its one form."""
    for match in TOKEN.finditer(text):
        kind, value = match.lastgroup, match.group(match.lastgroup)
        if match.group("number"):
            kind, value = "number", one_form(match.group("number")) + ("%" if match.group("percent") else "")
        elif kind == "times":
            kind, value = "operator", "*"
        elif kind == "operator":
            value = OPERATORS.get(value, value)
        elif kind == "command":
            kind, value = ("operator", COMMANDS[value]) if value in COMMANDS else ("equals" if value == "approx" else "aside", value)
        elif kind == "newline":
            kind = "end"
        elif kind == "foreign":
            kind = "word"
        yield kind, value, match.start(), match.end()


def one_form(number):
    whole, _, fraction = number.replace(",", "").partition(".")
    fraction = fraction.rstrip("0")
    return (whole.lstrip("0") or "0") + ("." + fraction if fraction else "")


def evaluate(node):
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.UnaryOp):
        return -evaluate(node.operand) if isinstance(node.op, ast.USub) else evaluate(node.operand)
    left, right = evaluate(node.left), evaluate(node.right)
    if isinstance(node.op, ast.Add):
        value = left + right
    elif isinstance(node.op, ast.Sub):
        value = left - right
    elif isinstance(node.op, ast.Mult):
        value = left * right
    else:
        value = left / right
    if not math.isfinite(value):
        raise ValueError(value)
    return value


def annotation(inside):
    """Its one form, or None if it does not hold."""
    found = [(kind, "=" if kind == "equals" else value) for kind, value, _, _ in tokens(inside) if kind != "aside"]
    allowed = {"number": None, "equals": None, "operator": "+-*/", "bracket": "()"}
    if any(kind not in allowed or value not in (allowed[kind] or value) for kind, value in found):
        return None
    depths = itertools.accumulate((value == "(") - (value == ")") for _, value in found)
    if max(depths, default=0) > DEPTH_MAX:
        return None
    python = " ".join(python_number(value) if kind == "number" else value for kind, value in found)
    try:
        values = [evaluate(ast.parse(side.strip(), mode="eval").body) for side in python.split("=")]
    except (SyntaxError, ValueError, ZeroDivisionError, AttributeError):
        return None
    if len(values) < 2 or not all(abs(values[0] - x) < 1e-3 for x in values[1:]):
        return None
    return "".join(value for _, value in found)


def python_number(value):
    return repr(float(value[:-1]) / 100 if value.endswith("%") else float(value))


def plain_equations(text):
    found, pending, negative, fresh = [], "", False, True  # fresh: no number on this side yet
    for kind, value, start, end in tokens(text):
        before = text[start - 1:start]
        if kind == "bracket" and value == "{" and before == "}":
            pending = "/"
        elif kind == "bracket" and value == "(" and re.fullmatch(r"[0-9%)}]", before):
            pending = "*"
        elif kind == "operator" and value == "-" and NUMBER.match(text, end) and (fresh or pending):
            negative = True
        elif kind == "operator":
            pending = value
        elif kind == "word":
            pending = ""
        elif kind == "number":
            if not fresh and not pending:
                found.append("\n")
                fresh = True
            found.append(("" if fresh else pending) + ("-" if negative else "") + value)
            pending, negative, fresh = "", False, False
        elif kind in ("equals", "end"):
            found.append("=" if kind == "equals" else "\n")
            pending, negative, fresh = "", False, True
    chains = [[side for side in chain.split("=") if side] for chain in "".join(found).split("\n")]
    return ["=".join(chain) for chain in chains if len(chain) > 1]


def normal_form(text):
    return re.sub(r"[ \t-\r]+", " ", text).strip(" ")


def path(text):
    held = [form for form in map(annotation, re.findall(r"<<([^<>]*)>>", text)) if form is not None]
    return held or plain_equations(text) or normal_form(text)


# ---- selection ----

def distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            diagonal, row[j] = row[j], min(diagonal + (x != y), row[j] + 1, row[j - 1] + 1)
    return row[-1]


def choose(samples, o, memory):
    """Of one question's records those that are taken, in the order of their places."""
    n_right, n_wrong = (sum(s["verdict"] == v for s in samples) for v in ("right", "wrong"))
    if n_right == 0 or not float(o["min_solve_rate"]) <= n_right / (n_right + n_wrong) <= float(o["max_solve_rate"]):
        return []
    right = [(place, s["completion"]) for place, s in enumerate(samples) if s["verdict"] == "right"]
    sign = {"sample": 0, "shortest": 1, "longest": -1}[o["order"]]
    right.sort(key=lambda r: (sign * len(r[1].encode()), r[0]))
    groups = {}
    for r in right:
        key = {"no": r[0], "text": normal_form(r[1]), "paths": str(path(r[1])) if o["distinct"] == "paths" else ""}[o["distinct"]]
        groups.setdefault(key, []).append(r)
    cap = {"first": 1, "all": len(right)}.get(o["keep"]) or int(o["keep"])
    if o["quota"] == "difficulty":
        cap = max(1, -(-cap * n_wrong // (n_right + n_wrong)))
    taken = []
    for group in list(groups.values())[:cap]:
        best = group[0]
        if taken and len(group) > 1 and o["equals"] == "farthest":
            best = max(group, key=lambda r: min(known_distance(r[1], t[1], memory) for t in taken))  # of equal ones the first
        taken.append(best)
    return sorted(taken)


def known_distance(a, b, memory):
    a, b = a.encode()[:DISTANCE_BYTES], b.encode()[:DISTANCE_BYTES]
    if (a, b) not in memory:
        memory[a, b] = memory[b, a] = distance(a, b)
    return memory[a, b]


def select(records, options, memory):
    """(id, repeat, sample) of each row, of a list of records."""
    o = dict(DEFAULTS, **options)
    rows, seen = [], set()
    for _, samples in itertools.groupby(records, lambda r: r["question_index"]):
        samples = list(samples)
        for place, completion in choose(samples, o, memory):
            question = samples[place]["question"] if o["dedupe"] == "rows" else ""
            row = (normal_form(question), normal_form(completion))
            if o["dedupe"] == "off" or row not in seen:
                rows.append(tuple(samples[place][key] for key in ("id", "repeat", "sample")))
            seen.add(row)
    return rows


# ---- comparing ----

def settings():
    """Each value of each key with the others' defaults, and what they do together."""
    values = {"keep": ["first", "2", "4", "all"], "distinct": ["no", "text", "paths"], "equals": ["farthest", "first"],
              "order": ["sample", "shortest", "longest"], "quota": ["uniform", "difficulty"], "dedupe": ["off", "rows", "completions"]}
    for chosen in itertools.product(values["keep"], values["distinct"], values["equals"], values["order"]):
        if chosen[1] != "no" or chosen[2] == "farthest":
            yield dict(zip(("keep", "distinct", "equals", "order"), chosen))
    for distinct, dedupe in itertools.product(values["distinct"], values["dedupe"]):
        yield {"keep": "3", "distinct": distinct, "dedupe": dedupe, "quota": "difficulty"}
        yield {"keep": "all", "distinct": distinct, "dedupe": dedupe, "min_solve_rate": "0.25", "max_solve_rate": "0.75"}


def compare(rftgen, config, source, arguments):
    n_settings = n_rows = 0
    memory, records = {}, None
    with tempfile.TemporaryDirectory() as folder:
        records_path = os.path.join(folder, "records")
        for options in settings():
            outputs = {"path": "/dev/stdout", "format": "jsonl", "summary": "", "records": records_path if records is None else ""}
            command = [rftgen, "verify", "-c", config, "--in", source, "--quiet"] + arguments
            for key, value in [("output." + k, v) for k, v in outputs.items()] + [("select." + k, v) for k, v in options.items()]:
                command += ["--set", f"{key}={value}"]
            lines = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode().split("\n")[:-1]
            rows = [tuple(json.loads(line)[key] for key in ("id", "repeat", "sample")) for line in lines]
            if records is None:
                with open(records_path, encoding="utf-8") as lines:
                    records = [r for r in map(json.loads, lines) if r["verdict"] is not None]
            expected = select(records, options, memory)
            if rows != expected:
                different = next((pair for pair in itertools.zip_longest(rows, expected) if pair[0] != pair[1]), None)
                sys.exit(f"{options}: {len(rows)} rows, not {len(expected)}; the first that differ: {different}")
            n_settings += 1
            n_rows += len(rows)
    print(f"{n_settings} settings, {len(records)} samples, {n_rows} rows: the same")


def make(seed):
    """Questions whose completions say the same in several ways, some of them wrong."""
    rng = random.Random(seed)
    pieces = ["<<%d+%d=%d>>", "%d + %d = %d", "%d.0 × %d ≈ %d, ", "so %d apples and %d = %d.\n", "<<%d/%d=%d>>", "\\frac{%d}{%d} = %d",
              "(%d)(%d) = %d ", "1,%03d - -%d = %d ", "%d%% of %d = %d\\%% ", "x = %d x^2 – %d = %d\n", "**%d * %d = %d** ", "caf\u00e9 ",
              "We think. ", "  \n", "\u00a0", "<<(%d-%d)*1=%d>> "]
    for number in range(30):
        question = f"What is {number % 25}?"
        for _ in range(rng.randrange(1, 13)):
            text = ""
            for piece in rng.choices(pieces[:rng.choice([2, 6, len(pieces)])], k=rng.randrange(4)):
                a, b = rng.randrange(1, 4), rng.randrange(1, 3)
                text += piece % (a, b, rng.choice([a + b, a])) if "%d" in piece else piece
            answer = number if rng.random() < rng.choice([0.2, 1]) else "x"
            print(json.dumps({"question": question, "gold": number % 25, "completion": f"{text}<answer>{answer}</answer>"}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        make(sys.argv[2] if len(sys.argv) > 2 else "1")
    elif sys.argv[1:2] == ["compare"] and len(sys.argv) > 4:
        compare(sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:])
    else:
        sys.exit(__doc__)
