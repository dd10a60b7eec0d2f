# SPDX-License-Identifier: MIT
"""Input files with a few bytes, or a few JSON values, changed: the program must take them or say in one line why not.

python3 tools/attack/mutations.py RFTGEN DIRECTORY [N [SECONDS [SEED]]]

RFTGEN is best a build with -DRFT_SANITIZE=address,undefined. Every file that is read takes its turn: weights in both containers,
tokenizer and configuration of the model, questions, template, INI file, journal, lock. What fails is kept in DIRECTORY/kept.
"""
import copy
import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import tiny_gguf
from common import SOURCE, Report, fresh, run, sha256

DATA = SOURCE / "tests" / "oracle" / "data"
CODES = set(range(12))
SECONDS_MAX = 30
INTEGERS = [0, 1, 2, 7, 8, 31, 127, 128, 255, 256, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff, 1 << 32, 1 << 40,
            (1 << 62), (1 << 63) - 1, 1 << 63, (1 << 64) - 1]
ODD = [None, True, 0, -1, 1, 2, 1e308, 1e-320, 0.5, 2 ** 31, 2 ** 32, 2 ** 53 + 1, 2 ** 63, 2 ** 64, 10 ** 400, "", "x", "\0", "a\0b",
       "\U0001f600", "\u0085\u202e", "{question}", "<|im_end|>", "../../etc/passwd", "A" * 5000, [], {}, [[]], [1], {"a": 1},
       "BF16", "F64", [0], [-1], [2 ** 63, 2], ["MistralForCausalLM"], "llama3", "#### 1/2", "NaN", "1e5", "(?i:", "(a*)*b", "\\K"]
WORDS = ["", "0", "-1", "1e3", "nan", "auto", "all", "18446744073709551616", "101%", "-5%", "9999999TB", '"x"', '"\\u0000"', '["a","b"]',
         '["",""]', '"unclosed', "../x", "/", "/dev/zero", "/dev/full", "/dev/null", "model", ".", "x" * 180, "\xe9", "cpu", "skip", "raw",
         "gsm8k", "jsonl", "q.json", "t.ini", "out.json.journal", "~/x", "1 ;c", "{question}", "%s%n", "+1", "1e-7", "0,7", "yes"]


def mutate_bytes(rnd, data, hot=None):
    data = bytearray(data)
    for _ in range(rnd.choice([1, 1, 1, 2, 3, 6])):
        data = data or bytearray(b"x")
        limit = len(data) if hot is None or rnd.random() < 0.15 else min(hot, len(data))
        at, kind = rnd.randrange(limit), rnd.randrange(8)
        if kind == 0:
            data[at] ^= 1 << rnd.randrange(8)
        elif kind == 1:
            data[at] = rnd.randrange(256)
        elif kind == 2:
            data[at:at + 8] = struct.pack("<Q", rnd.choice(INTEGERS))
        elif kind == 3:
            data[at:at + 4] = struct.pack("<I", rnd.choice(INTEGERS) & 0xffffffff)
        elif kind == 4:
            del data[at:at + rnd.choice([1, 2, 4, 8, 100])]
        elif kind == 5:
            data[at:at] = bytes(rnd.randrange(256) for _ in range(rnd.choice([1, 2, 4, 8, 64])))
        elif kind == 6:
            del data[at:]
        else:
            start = rnd.randrange(limit)
            data[at:at] = data[start:start + rnd.choice([1, 8, 32, 200])]
    return bytes(data)


def places(value, path=()):
    """Paths to every value inside a JSON value."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value[:40]) if isinstance(value, list) else ()
    for key, item in list(items):
        yield from places(item, path + (key,))


def mutate_json(rnd, data):
    if rnd.random() < 0.25:
        return mutate_bytes(rnd, data)
    tree = json.loads(data)
    for _ in range(rnd.choice([1, 1, 2, 3])):
        paths = list(places(tree))
        shallow = [path for path in paths if len(path) <= 3]
        if not paths:
            break
        path = rnd.choice(paths if rnd.random() < 0.4 else shallow)
        holder = tree
        for key in path[:-1]:
            holder = holder[key]
        kind = rnd.randrange(4)
        if kind == 0:
            del holder[path[-1]]
        elif kind == 1 and isinstance(holder, dict):
            holder[rnd.choice(["", "x", "__metadata__", str(path[-1]) + " ", "type"])] = holder[path[-1]]
        elif kind == 2:
            for _ in range(rnd.choice([1, 10, 400])):
                holder[path[-1]] = [holder[path[-1]]]
        else:
            holder[path[-1]] = copy.deepcopy(rnd.choice(ODD))
    return json.dumps(tree, ensure_ascii=rnd.random() < 0.5).encode("utf-8", "surrogatepass")


def mutate_safetensors(rnd, data):
    n = struct.unpack("<Q", data[:8])[0]
    if rnd.random() < 0.5:
        return mutate_bytes(rnd, data, 8 + n)
    header = mutate_json(rnd, data[8:8 + n])
    return struct.pack("<Q", len(header) if rnd.random() < 0.9 else rnd.choice(INTEGERS)) + header + data[8 + n:]


def mutate_ini(rnd, data):
    if rnd.random() < 0.4:
        return mutate_bytes(rnd, data)
    keys = re.findall(r"^\| `([a-z_.]+)`", (SOURCE / "docs" / "configuration.md").read_text(), re.M)
    text = data.decode("utf-8")
    for _ in range(rnd.choice([1, 1, 2, 3])):
        section, name = rnd.choice(keys).split(".")
        text = re.sub(rf"(?m)^{name} = .*\n", "", text)
        line = f"{name} = {rnd.choice(WORDS)}\n"
        text = text.replace(f"[{section}]\n", f"[{section}]\n{line}") if f"[{section}]" in text else text + f"[{section}]\n{line}"
    return text.encode("latin-1", "replace")


def prepare(template):
    """A directory with every input of a small run."""
    fresh(template)
    shutil.copytree(DATA / "tiny-tied-bf16", template / "model")
    questions = [["How many is 1 and 2?", 3], ["How many is 3 and 4?", 7]]
    (template / "q.json").write_text(json.dumps(questions))
    (template / "prompt.txt").write_text("Q: {question}\nA:")
    (template / "t.ini").write_text(
        "[model]\npath = model\n[data]\nquestions = q.json\n[prompt]\ntemplate = prompt.txt\n[generate]\nsamples = 2\n"
        "max_new_tokens = 8\n[device]\nbackend = cpu\nthreads = 1\n[memory]\nreserve = 0%\n"
        "[output]\npath = out.json\nrecords = rec.jsonl\nsummary = sum.json\n")


def targets(rftgen, template):
    """[(file, mutation)]: what is changed, and how. The journal is one that a run left which could not write its outputs."""
    found = [("model/model.safetensors", mutate_safetensors), ("q.json", mutate_json), ("prompt.txt", mutate_bytes),
             ("t.ini", mutate_ini)]
    found += [(f"model/{path.name}", mutate_json) for path in (template / "model").glob("*.json")] * 2
    tiny_gguf.write(template / "model", template / "tiny.gguf")
    found += [("tiny.gguf", lambda rnd, data: mutate_bytes(rnd, data, 8000))] * 3
    subprocess.run(["strace", "-qq", "-f", "-o", "/dev/null", "-e", "inject=unlink:signal=KILL:when=1", str(rftgen), "-c", "t.ini",
                    "--quiet"], cwd=template, check=False)
    for name in ("out.json.journal", "out.json.rftgen-lock"):
        if (template / name).exists():
            found += [(name, mutate_bytes)] * 2
    return found


def main(rftgen, directory, n=1000, seconds=600, seed=1):
    rnd = random.Random(int(seed))
    report = Report("mutations", float(seconds))
    work = fresh(directory)
    template, case = work / "template", work / "case"
    prepare(template)
    code, text = run([str(rftgen), "-c", "t.ini", "--quiet"], template)
    wanted = [sha256(template / name) for name in ("out.json", "rec.jsonl")]
    if code != 0:
        report.fail("the run itself", text)
        return report.finish()
    for name in ("out.json", "rec.jsonl", "sum.json"):
        (template / name).unlink()
    files = targets(rftgen, template)
    os.environ.setdefault("ASAN_OPTIONS", "max_allocation_size_mb=2048")
    for i in range(int(n)):
        if not report.has_time():
            break
        shutil.rmtree(case, ignore_errors=True)
        shutil.copytree(template, case)
        name, mutation = rnd.choice(files)
        is_left = name.startswith("out.json")
        for left in ("out.json", "rec.jsonl", "sum.json", "out.json.journal", "out.json.rftgen-lock", "rec.jsonl.rftgen-lock"):
            if not is_left and (case / left).exists():
                (case / left).unlink()
        (case / name).write_bytes(mutation(rnd, (case / name).read_bytes()))
        extra = ["--set", "model.path=tiny.gguf"] if name == "tiny.gguf" else []
        try:
            code, text = run([str(rftgen), "-c", "t.ini", "--quiet", *extra], case, SECONDS_MAX)
        except subprocess.TimeoutExpired:
            code, text = None, f"still running after {SECONDS_MAX} s"
        report.count(name.split("/")[-1])
        wrong = None
        if code not in CODES or "Sanitizer" in text or "runtime error" in text:
            wrong = f"exit code {code}"
        elif code != 0 and text.count("rftgen: error: ") != 1:
            wrong = "not one line of error"
        elif code != 0 and not is_left and (case / "out.json").exists():
            wrong = "an output though it failed"
        elif any(0x7f <= ord(c) <= 0x9f or c in "\ufffd\u202e" for c in text):
            wrong = "a message that cannot be printed"
        elif name == "out.json.journal" and code == 0 and [sha256(case / f) for f in ("out.json", "rec.jsonl")] != wanted:
            wrong = "other bytes from a damaged journal"
        if wrong is not None:
            kept = work / "kept" / str(i)
            shutil.copytree(case, kept)
            (kept / "MESSAGES").write_text(text)
            report.fail(f"{i}, {name}: {wrong}", text)
    return report.finish()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]).resolve(), *sys.argv[2:]))
