#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares rftgen's prompts with transformers' apply_chat_template, and prints a table.

    python3 compare_chat.py RFTGEN PATH...

RFTGEN is the program. A PATH is a template (NAME.jinja), a tokenizer_config.json with a template, or a directory that
holds one and, if ids are to be compared, a tokenizer.json (or tokenizer.json.xz). Every template meets every
conversation below, three times: as it is, with enable_thinking false, and true. Text must be equal, byte for byte, or
both must refuse; where a tokenizer is at hand, ids, too, but for conversations whose data holds special tokens' text,
where rftgen's must hold none of them. Needs transformers."""
import concurrent.futures
import datetime
import json
import lzma
import os
import subprocess
import sys
import tempfile

import transformers.utils.chat_template_utils as utils

LAST = "How many minutes are there in 7 hours?"
CONVERSATIONS = {
    "question": [{"role": "user", "content": LAST}],
    "system": [{"role": "system", "content": "You are terse."}, {"role": "user", "content": "Hi"}],
    "few-shot": [{"role": "system", "content": "Answer in tags."}, {"role": "user", "content": "2+2?"},
                 {"role": "assistant", "content": "<answer>4</answer>"}, {"role": "user", "content": "3+3?"}],
    "turns": [{"role": r, "content": c} for r, c in
              zip(["user", "assistant"] * 3, ["a b", "c", "d", "e\nf", "g"])],
    "unicode": [{"role": "user", "content": "Grüße 你好 🙂 \u200bzero\u00a0nbsp ﬁ e\u0301 مرحبا"}],
    "braces": [{"role": "user", "content": "{{ x }} {% if %} \"q\" 'r' \\n \\ {question} & <b>"}],
    "empty": [{"role": "system", "content": ""}, {"role": "user", "content": " "}],
    "special": [{"role": "user", "content": "<|im_start|>system\n</s><|eot_id|><end_of_turn>[INST]<|end|><｜User｜>"}],
    "white space": [{"role": "system", "content": "  pad  \n"}, {"role": "user", "content": "\n\n lead, trail \t\n"}],
    "thought": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "<think>\nhm\n</think>\n\nfine"},
                {"role": "user", "content": "r"}],
    "reasoning": [{"role": "user", "content": "q"},
                  {"role": "assistant", "content": "ok", "reasoning_content": "because"},
                  {"role": "user", "content": "r"}],
    "long": [{"role": "user", "content": "word \u00e9 12345\n" * 7000 + "end"}],
    "two users": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}],
}
VARIABLES = ["", '{"enable_thinking": false}', '{"enable_thinking": true}']
DATE = "2026-01-01"


class FixedDate(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2026, 1, 1)


def open_sources(paths, root):
    """Directories, one for each path."""
    for path in paths:
        name = os.path.splitext(os.path.basename(path.rstrip("/")))[0]
        while os.path.exists(os.path.join(root, name)):
            name += "+"
        here = os.path.join(root, name)
        if os.path.isdir(path):
            os.makedirs(here)
            for file in os.listdir(path):
                source = os.path.join(path, file)
                if file.endswith(".xz"):
                    with lzma.open(source) as f, open(os.path.join(here, file[:-3]), "wb") as g:
                        g.write(f.read())
                elif os.path.isfile(source):
                    os.symlink(os.path.abspath(source), os.path.join(here, file))
        else:
            os.makedirs(here)
            as_name = "chat_template.jinja" if path.endswith(".jinja") else "tokenizer_config.json"
            os.symlink(os.path.abspath(path), os.path.join(here, as_name))
        yield name, here


def read_json(path):
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def template_of(here):
    """As transformers chooses: text, and the special tokens by name."""
    config = read_json(os.path.join(here, "tokenizer_config.json"))
    tokens = {}
    for source in (config, read_json(os.path.join(here, "special_tokens_map.json"))):
        for key, value in source.items():
            value = value.get("content") if isinstance(value, dict) else value
            if key.endswith("_token") and isinstance(value, str):
                tokens.setdefault(key, value)
    template = config.get("chat_template")
    if os.path.exists(os.path.join(here, "chat_template.jinja")):
        with open(os.path.join(here, "chat_template.jinja"), encoding="utf-8", newline="") as f:
            template = f.read()
    if isinstance(template, list):
        template = {t["name"]: t["template"] for t in template}
        template = template.get("default", next(iter(template.values())))
    return template, tokens


def reference(template, tokens, messages, variables):
    try:
        chat = [{k: v for k, v in m.items() if v is not None} for m in messages]
        return utils.render_jinja_template(conversations=[chat], chat_template=template, add_generation_prompt=True,
                                           **{**tokens, **(json.loads(variables) if variables else {})})[0][0]
    except Exception:  # what the reference raises is of many kinds
        return None


def run(program, here, scratch, messages, variables, *options):
    """Standard output, None if rftgen refuses."""
    os.makedirs(scratch, exist_ok=True)
    with open(os.path.join(scratch, "q.json"), "w", encoding="utf-8") as f:
        json.dump([[messages[-1]["content"], 1]], f)
    sets = ["model.path=" + here, "data.questions=" + os.path.join(scratch, "q.json"), "output.path=x",
            "prompt.format=chat", "prompt.date=" + DATE]
    if len(messages) > 1:
        with open(os.path.join(scratch, "e.json"), "w", encoding="utf-8") as f:
            json.dump(messages[:-1], f)
        sets.append("prompt.examples=" + os.path.join(scratch, "e.json"))
    if variables:
        sets.append("prompt.variables=" + variables)
    with open(os.path.join(scratch, "c.ini"), "w", encoding="utf-8"):
        pass
    done = subprocess.run([program, "prompt", "-c", os.path.join(scratch, "c.ini"), "-q", *options] +
                          [a for s in sets for a in ("--set", s)], capture_output=True, check=False)
    if done.returncode < 0:
        raise RuntimeError("%s: signal %d" % (here, -done.returncode))
    return done.stdout if done.returncode == 0 else None


def compare(program, name, here):
    template, tokens = template_of(here)
    n = {"texts": 0, "refused": 0, "other texts": 0, "ids": 0, "other ids": 0}
    differing = []
    if template is None:
        return name, n, [("no template",)]
    tokenizer_path = os.path.join(here, "tokenizer.json")
    tokenizer, special = None, set()
    if os.path.exists(tokenizer_path):
        import tokenizers
        tokenizer = tokenizers.Tokenizer.from_file(tokenizer_path)
        special = {i for i, t in tokenizer.get_added_tokens_decoder().items() if t.special}
    for title, messages in CONVERSATIONS.items():
        for variables in VARIABLES:
            expected = reference(template, tokens, messages, variables)
            got = run(program, here, here + ".scratch", messages, variables, "--raw")
            n["texts"] += 1
            n["refused"] += expected is None and got is None
            if (expected.encode() if expected is not None else None) != got:
                n["other texts"] += 1
                differing.append((title, variables))
            if tokenizer is None or expected is None or got is None:
                continue
            out = run(program, here, here + ".scratch", messages, variables, "--tokens")
            ids = [int(line.split()[0]) for line in out.decode().split("\n")[:-3]]
            n["ids"] += 1
            if title == "special":  # as many special tokens as with a question that names none
                plain = reference(template, tokens, CONVERSATIONS["question"], variables)
                wanted = sum(i in special for i in tokenizer.encode(plain, add_special_tokens=False).ids)
                ok = sum(i in special for i in ids) == wanted
            else:
                ok = ids == tokenizer.encode(expected, add_special_tokens=False).ids
            if not ok:
                n["other ids"] += 1
                differing.append((title, variables, "ids"))
    return name, n, differing


def main():
    program, paths = os.path.abspath(sys.argv[1]), sys.argv[2:]
    utils.datetime = FixedDate
    totals = {}
    print("| template | texts | of them refused by both | other texts | ids | other ids |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as root:
        sources = list(open_sources(paths, root))
        with concurrent.futures.ProcessPoolExecutor() as pool:
            for name, n, differing in pool.map(compare, [program] * len(sources), *zip(*sources)):
                print("| %s | %d | %d | %d | %d | %d |" % (name, *n.values()), flush=True)
                for d in differing[:3]:
                    print("    differs:", *d)
                for key, value in n.items():
                    totals[key] = totals.get(key, 0) + value
    print("| %d templates | %d | %d | %d | %d | %d |" % (len(sources), *totals.values()))
    return totals["other texts"] + totals["other ids"] != 0


if __name__ == "__main__":
    sys.exit(main())
