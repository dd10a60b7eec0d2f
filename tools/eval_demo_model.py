#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sample the bundled model with transformers and count what an answer check accepts.

Prints the questions with at least one accepted sample, the share of samples rejected and why.  A sample is accepted if
it ended by itself and the number in its last closed <answer></answer> is within 5% of the gold number.
Needs torch and transformers, nothing of rftgen: it is the independent measurement of the model.
"""
import argparse
import collections
import json
import pathlib
import re

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

TAG = re.compile(r"<answer>((?:(?!<answer>).)*?)</answer>", re.DOTALL)
REASONS = ("accepted", "wrong answer", "no answer", "cut off")


def verdict(text, gold, ended):
    if not ended:
        return "cut off"
    tags = TAG.findall(text)
    try:
        answer = float(tags[-1])
    except (IndexError, ValueError):
        return "no answer"
    return "accepted" if abs(answer - gold) <= 0.05 * abs(gold) else "wrong answer"


def rows_of_like_length(rows, tokenizer, template, most):
    """Yield (prompt length, rows), so that a batch needs no padding."""
    groups = collections.defaultdict(list)
    for number, (question, gold) in enumerate(rows):
        ids = tokenizer(template.replace("{question}", question), add_special_tokens=False).input_ids
        groups[len(ids)].append((number, ids, gold))
    for length, group in sorted(groups.items()):
        for start in range(0, len(group), most):
            yield length, group[start:start + most]


def sample(model, tokenizer, template, rows, args):
    """Return, per question, its list of (verdict, text)."""
    results = [[] for _ in rows]
    end = model.generation_config.eos_token_id
    for length, group in rows_of_like_length(rows, tokenizer, template, max(1, args.batch // args.samples)):
        with torch.inference_mode():
            made = model.generate(
                torch.tensor([ids for _, ids, _ in group]), do_sample=True, temperature=args.temperature, top_k=0,
                top_p=1.0, max_new_tokens=args.max_new_tokens, num_return_sequences=args.samples)
        for row, tokens in enumerate(made[:, length:].tolist()):
            number, _, gold = group[row // args.samples]
            ended = end in tokens
            text = tokenizer.decode(tokens[:tokens.index(end)] if ended else tokens)
            results[number].append((verdict(text, gold, ended), text))
    return results


def report(rows, results, show):
    counts = collections.Counter(kind for result in results for kind, _ in result)
    solved = sum(any(kind == "accepted" for kind, _ in result) for result in results)
    total = sum(counts.values())
    for (question, gold), result in list(zip(rows, results))[:show]:
        print(f"\n{question}  ({gold:.6g})")
        for kind, text in result[:3]:
            print(f"  {kind}: {text!r}")
    print(f"questions with an accepted sample: {solved} of {len(rows)} ({100 * solved / len(rows):.1f}%)")
    print(f"samples rejected: {total - counts['accepted']} of {total} ({100 - 100 * counts['accepted'] / total:.1f}%)")
    print(", ".join(f"{reason}: {counts[reason]}" for reason in REASONS))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    demo = pathlib.Path("configs/demo")
    parser.add_argument("questions", nargs="?", type=pathlib.Path, default=demo / "questions.json",
                        help="a JSON array of [question, number]")
    parser.add_argument("--model", type=pathlib.Path, default=demo / "model")
    parser.add_argument("--prompt", type=pathlib.Path, default=demo / "prompt.txt")
    parser.add_argument("--limit", type=int, default=None, help="only so many questions, from the first")
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--temperature", type=float, default=0.7)
    parser.add_argument("--max-new-tokens", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=250, help="samples at a time")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print samples of the first N questions")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    rows = json.loads(args.questions.read_text())[:args.limit]
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    model = AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.float32).eval()
    report(rows, sample(model, tokenizer, args.prompt.read_text(), rows, args), args.show)


if __name__ == "__main__":
    main()
