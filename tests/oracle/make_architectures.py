# SPDX-License-Identifier: MIT
"""Makes tests/oracle/data/architectures: what transformers computes with toys of many architectures.

    python3 -m venv venv && venv/bin/pip install torch transformers==5.24 safetensors numpy gguf
    venv/bin/python tests/oracle/make_architectures.py [--llama.cpp DIR] [--breaks] [NAME...]
                                                               (seconds a model; the output is committed)

A fixture, data/architectures/<name>.json, has no weights in it: architecture_weights.py computes them, and so does
tests/support/checkpoint/architecture.c. Its keys:
    n_layers, seed, kinds      for the weights; kinds: {kind: [base, scale]}
    config, config_old         config.json as transformers 5 writes it, and as it lies on people's disks
    tensors                    [name, shape, kind]; # stands for the numbers of all layers
    prompt, ids, margins       ids: the greedy continuation (an end-of-sequence id does not end it); margins: how far the
                               logit of each is above the second
    positions, logits          base64 of little-endian f16 [positions][vocabulary], after these positions of prompt + ids
    long                       (if true) long factors of RoPE from the first token on
    gguf                       null, or what llama.cpp's converter makes of it: metadata [key, type, value] and tensors
                               [name, tensor, transform...], made by --llama.cpp (architecture_gguf.py); kept without it
Reference arithmetic: float32, eager attention. Both spellings of the configuration are loaded and must give the same.

--breaks reads every model wrongly, one property at a time, and prints how far the logits are off then: the test
allows 1e-4, and each must be above BREAK_MIN.
"""

import argparse
import base64
import json
import pathlib
import re
import tempfile

import numpy as np
import torch
import transformers

import architecture_models as models
from architectures import VARIANTS
from architecture_weights import kind_of, make_kinds, uniform

DATA = pathlib.Path(__file__).parent / "data" / "architectures"
N_SEEDS = 400
MARGIN_MIN = 0.1  # that bf16 activations do not turn decisions
N_DIFFERENT_MIN = 8
ROUNDING_MAX = 3.5e-5  # error of the logits from bf16 activations; the test allows 1e-4
BREAK_MIN = 1.5e-3  # error of the logits from any wrong reading


def write_json(path, record):
    """One key a line: diffs stay readable, lists do not take a line a number."""
    lines = (f"{json.dumps(k)}: {json.dumps(v)}" for k, v in record.items())
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def make_prompt(name, seed, n, vocab):
    return [int((u + 1) / 2 * vocab) for u in uniform(f"prompt of {name}", seed, n)]


def stored_positions(n_prompt, n_all):
    """Some of the prompt's, and all that decide a token."""
    return [0, 1, 5, 11, 17] + list(range(n_prompt - 1, n_all))


def check_cached(model, prompt, ids):
    """Decoding with transformers' cache gives the same tokens as computing every step anew."""
    model.generation_config.eos_token_id = None
    tokens = torch.tensor([prompt])
    found = model.generate(tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=len(ids), do_sample=False)
    assert found[0, len(prompt):].tolist() == ids


def new_config(model, directory):
    """config.json as transformers 5 writes it."""
    model.config.dtype = torch.bfloat16
    model.config.save_pretrained(directory)
    return json.loads((pathlib.Path(directory) / "config.json").read_text())


def break_errors(spec, weights, logits, all_ids, directory):
    """{what: how far off the stored logits are} of each wrong reading."""
    errors, positions = {}, stored_positions(spec["n_prompt"], len(all_ids))
    for what, change in spec["breaks"].items():
        model = models.misread(spec["config"], weights, change, directory)
        if spec.get("long"):
            models.force_long(model)
        errors[what] = models.error_of(models.logits_of(model, all_ids)[positions], logits[positions])
    return errors


def clearness(spec, weights, model, prompt, ids, margins, directory):
    """1 if the fixture is as good as asked for; the costly questions come last."""
    clear = min(min(margins) / MARGIN_MIN, 1.0) * min(len(set(ids)) / N_DIFFERENT_MIN, 1.0)
    if clear < 1.0:
        return clear / 2
    all_ids = prompt + ids[:-1]
    logits = models.logits_of(model, all_ids)
    positions = stored_positions(len(prompt), len(all_ids))
    cost = models.error_of(models.rounded_logits(model, all_ids)[0][positions], logits[positions])
    if cost > ROUNDING_MAX:
        return 0.5 + 0.25 * ROUNDING_MAX / cost
    seen = min(break_errors(spec, weights, logits, all_ids, directory).values(), default=1.0)
    return min(0.75 + 0.25 * seen / BREAK_MIN, 1.0)


def find_seed(name, spec, directory):
    """The first seed whose continuation is decided clearly and does not just repeat itself, which rounding does not move
    and every wrong reading does; else the best of all."""
    config = spec["config"]
    vocab = config.get("text_config", config)["vocab_size"]
    shapes = models.shapes_of(config, directory, spec.get("rename"), spec.get("has_head"))
    kinds = make_kinds(shapes, spec["kinds"])
    found = None
    for seed in range(N_SEEDS):
        weights = models.make_weights(shapes, kinds, kind_of, seed)
        model = models.load(config, weights, directory)
        if spec.get("long"):
            models.force_long(model)
        prompt = make_prompt(name, seed, spec["n_prompt"], vocab)
        ids, margins = models.greedy(model, prompt, spec["n_new"])
        clear = clearness(spec, weights, model, prompt, ids, margins, directory)
        if found is None or clear > found[0]:
            found = clear, seed, weights, model, prompt, ids, margins
        if clear == 1.0:
            break
    return shapes, kinds, *found[1:]


def fold_layers(rows, n_layers):
    """Rows that are the same for every layer but for its number become one, with # for the number."""
    folded = []
    for row in rows:
        text = json.dumps(row)
        general = json.loads(re.sub(r"\b(layers|blk)\.\d+\.", r"\1.#.", text))
        is_layer = "vision" not in text and general != row
        assert not is_layer or sum(json.loads(json.dumps(general).replace("#", str(i))) in rows
                                   for i in range(n_layers)) == n_layers
        if not is_layer:
            folded.append(row)
        elif general not in folded:
            folded.append(general)
    return folded


def kept_gguf(path):
    return json.loads(path.read_text())["gguf"] if path.exists() else None


def make(name, spec, llama_cpp, directory):
    shapes, kinds, seed, weights, model, prompt, ids, margins = find_seed(name, spec, directory)
    n_layers = model.config.get_text_config().num_hidden_layers
    all_ids = prompt + ids[:-1]
    logits = models.logits_of(model, all_ids)
    config = new_config(model, directory)
    if not spec.get("long"):
        check_cached(model, prompt, ids)
    again = models.load(config, weights, directory)
    if spec.get("long"):
        models.force_long(again)
    assert torch.equal(models.logits_of(again, all_ids), logits), "the spellings differ"
    positions = stored_positions(len(prompt), len(all_ids))
    stored = logits[positions].numpy().astype("<f2")
    rounded, peaked = models.rounded_logits(model, all_ids)
    gguf = kept_gguf(DATA / f"{name}.json") if spec["gguf"] is True else None
    if llama_cpp and spec["gguf"] is True:
        import architecture_gguf
        metadata, tensors = architecture_gguf.convert(llama_cpp, spec["config"], weights, directory)
        gguf = {"metadata": metadata, "tensors": fold_layers(tensors, n_layers)}
    record = {"name": name, "n_layers": n_layers, "seed": seed, "kinds": kinds, "config": config,
              "config_old": spec["config"],
              "tensors": fold_layers([[k, v, kind_of(k)] for k, v in shapes.items()], n_layers),
              "prompt": prompt, "ids": ids, "margins": margins, "positions": positions,
              "logits": base64.b64encode(stored.tobytes()).decode()}
    record |= {"long": True} if spec.get("long") else {}
    write_json(DATA / f"{name}.json", record | {"gguf": gguf})
    storage = models.error_of(torch.from_numpy(stored.astype(np.float32)), logits[positions])
    cost = models.error_of(rounded[positions], logits[positions])
    print(f"{name}: seed {seed}, logits' deviation {logits.std():.1f}, {peaked:.0%} peaked rows, smallest margin "
          f"{min(margins):.3f}, {len(set(ids))} different ids, bf16 costs {cost:.1e}, "
          f"stored to {storage:.0e}, {(DATA / f'{name}.json').stat().st_size / 1024:.0f} KiB", flush=True)
    return weights, logits, all_ids


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--llama.cpp", dest="llama_cpp", help="a source tree, for the GGUF files")
    parser.add_argument("--breaks", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    torch.set_num_threads(1)  # one order of sums
    transformers.logging.set_verbosity_error()
    DATA.mkdir(exist_ok=True)
    for name, spec in VARIANTS.items():
        if options.names and name not in options.names:
            continue
        with tempfile.TemporaryDirectory() as directory:
            made = make(name, spec, options.llama_cpp, directory)
            if options.breaks:
                for what, error in break_errors(spec, *made, directory).items():
                    print(f"    {what}: {error:.1e}{'' if error > BREAK_MIN else '  <-- NOT SEEN'}", flush=True)


if __name__ == "__main__":
    main()
