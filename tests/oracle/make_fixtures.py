# SPDX-License-Identifier: MIT
"""Makes tests/oracle/data/tiny-*: random Llama checkpoints and what transformers computes with them.

    python3 -m venv venv && venv/bin/pip install torch transformers safetensors numpy
    venv/bin/python tests/oracle/make_fixtures.py        (seconds; the output is committed)

For each model, data/<name>/ is a checkpoint in Hugging Face layout and beside it lie
    <name>.json         prompt_ids [n]; prompt_argmax [n] and prompt_margins [n]: the likeliest next token after each
                        prompt position and how far its logit is above the second; greedy_ids [32], greedy_margins [32]:
                        the greedy continuation (end-of-sequence ids are not obeyed); vocab_size
    <name>.logits.bin   little-endian f32 [n][vocab_size], after each prompt position
Reference arithmetic: float32 throughout, matrices rounded to bf16 first (as rftgen loads them), norm weights as stored.
"""

import json
import pathlib

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

DATA = pathlib.Path(__file__).parent / "data"
N_GREEDY = 32
LLAMA3_ROPE = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
               "original_max_position_embeddings": 32}

# Seeds: of the first 60, the one whose greedy continuation has the clearest decisions and does not just repeat itself.
# Every model covers what the others do not: container, dtype, head shapes, sizes that are no multiple of a block of 64
# or of 16 lanes, both spellings of the RoPE keys in config.json, each place that end-of-sequence ids may come from.
MODELS = {
    "tiny-tied-bf16": dict(
        seed=23, dtype=torch.bfloat16, shards=1, n_prompt=72, spelling=4, theta=10000.0, scaling=None, eos=257,
        generation={"bos_token_id": 256, "eos_token_id": [257, 258]},
        shape=dict(vocab_size=304, hidden_size=64, intermediate_size=160, num_hidden_layers=3, num_attention_heads=4,
                   num_key_value_heads=2, head_dim=16, tie_word_embeddings=True, rms_norm_eps=1e-5)),
    "tiny-untied-f16-sharded": dict(
        seed=24, dtype=torch.float16, shards=2, n_prompt=90, spelling=5, theta=500000.0, scaling=None, eos=257,
        generation={"bos_token_id": 256},
        shape=dict(vocab_size=288, hidden_size=64, intermediate_size=192, num_hidden_layers=2, num_attention_heads=4,
                   num_key_value_heads=1, head_dim=32, tie_word_embeddings=False, rms_norm_eps=1e-6)),
    "tiny-llama3-rope-f32": dict(
        seed=59, dtype=torch.float32, shards=1, n_prompt=100, spelling=4, theta=10000.0, scaling=LLAMA3_ROPE, eos=256,
        generation={"bos_token_id": 256, "eos_token_id": 258},
        shape=dict(vocab_size=259, hidden_size=96, intermediate_size=136, num_hidden_layers=2, num_attention_heads=6,
                   num_key_value_heads=3, head_dim=16, tie_word_embeddings=True, rms_norm_eps=1e-5)),
}


def write_json(path, record):
    """One key a line: diffs stay readable, lists do not take a line a number."""
    lines = (f"{json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in record.items())
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def config_json(spec, spelling):
    """config.json as transformers 4 or 5 spells it; 5 has rope_parameters, and dtype for torch_dtype."""
    dtype = str(spec["dtype"]).removeprefix("torch.")
    record = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
              "attention_bias": False, "mlp_bias": False, "bos_token_id": 256, "eos_token_id": spec["eos"],
              "max_position_embeddings": 256, **spec["shape"]}
    if spelling == 4:
        return record | {"torch_dtype": dtype, "rope_theta": spec["theta"], "rope_scaling": spec["scaling"]}
    rope = spec["scaling"] or {"rope_type": "default"}
    return record | {"dtype": dtype, "rope_parameters": {"rope_theta": spec["theta"], **rope}}


def byte_tokenizer():
    """256 bytes in GPT-2's alphabet and three special tokens: enough to run a tiny model on text."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [b for b in range(256) if b not in printable]
    char = {b: chr(b) for b in printable} | {b: chr(0x100 + i) for i, b in enumerate(others)}
    added = [{"id": 256 + i, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
              "normalized": False, "special": True} for i, content in enumerate(["<s>", "</s>", "<|end|>"])]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
            "pre_tokenizer": byte_level, "post_processor": None, "decoder": byte_level,
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                      "vocab": {char[b]: b for b in range(256)} | {t["content"]: t["id"] for t in added}, "merges": []}}


GAINS = {"q_proj": 0.8, "k_proj": 0.8, "lm_head": 2.0}


def random_weights(model, generator):
    """Layers outweigh the embedding, attention is not uniform, logits are far from flat; and not so large that rounding
    activations to bf16 is amplified beyond what a trained model shows."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.dim() == 1:
                p.copy_(0.5 + torch.rand(p.shape, generator=generator))
            else:
                gain = GAINS.get(name.split(".")[-2], 1.3)
                std = 0.3 if "embed_tokens" in name else gain / p.shape[1] ** 0.5
                p.copy_(std * torch.randn(p.shape, generator=generator))


def save_checkpoint(directory, model, spec):
    directory.mkdir(parents=True, exist_ok=True)
    tensors = {k: v.detach().to(spec["dtype"]).contiguous().clone() for k, v in model.named_parameters()}
    names, n = list(tensors), spec["shards"]
    if n == 1:
        save_file(tensors, directory / "model.safetensors", metadata={"format": "pt"})
    else:
        weight_map = {}
        for i in range(n):
            part, shard = names[i::n], f"model-{i + 1:05}-of-{n:05}.safetensors"  # layers cut across shards on purpose
            save_file({k: tensors[k] for k in part}, directory / shard, metadata={"format": "pt"})
            weight_map |= dict.fromkeys(part, shard)
        total = sum(t.numel() * t.element_size() for t in tensors.values())
        index = {"metadata": {"total_size": total}, "weight_map": weight_map}
        (directory / "model.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n")
    write_json(directory / "config.json", config_json(spec, spec["spelling"]))
    write_json(directory / "generation_config.json", spec["generation"])
    tokenizer = json.dumps(byte_tokenizer(), ensure_ascii=False)
    (directory / "tokenizer.json").write_text(tokenizer + "\n", encoding="utf-8")
    return tensors


def hf_name(name, block_tensors):
    """The name that transformers has for a tensor of a GGUF file; block_tensors: those of a layer, without numbers."""
    stem = name.removesuffix(".weight")
    if stem.startswith("blk."):
        _, layer, part = stem.split(".")
        return f"model.layers.{layer}.{block_tensors[part]}.weight"
    return {"token_embd": "model.embed_tokens.weight", "output_norm": "model.norm.weight"}[stem]


def round_matrices(tensors):
    """What rftgen computes with: matrices through bf16, the rest untouched; all as f32."""
    return {k: (v.to(torch.bfloat16) if v.dim() > 1 else v).float() for k, v in tensors.items()}


def margins(logits):
    top = torch.topk(logits, 2, dim=-1)
    gaps = (top.values[..., 0] - top.values[..., 1]).flatten()
    return top.indices[..., 0].tolist(), [round(float(gap), 6) for gap in gaps]


def reference(model, prompt_ids, n_greedy):
    """Logits after every prompt position [n][vocab], and the record of ids and margins."""
    with torch.no_grad():
        prompt_logits = model(torch.tensor([prompt_ids]), use_cache=False).logits[0]
        argmax, prompt_margins = margins(prompt_logits)
        greedy_ids, greedy_margins = argmax[-1:], prompt_margins[-1:]
        while len(greedy_ids) < n_greedy:
            ids, margin = margins(model(torch.tensor([prompt_ids + greedy_ids]), use_cache=False).logits[0, -1:])
            greedy_ids += ids
            greedy_margins += margin
    record = {"prompt_ids": prompt_ids, "prompt_argmax": argmax, "prompt_margins": prompt_margins,
              "greedy_ids": greedy_ids, "greedy_margins": greedy_margins}
    return prompt_logits.numpy(), record


def make(name, spec):
    generator = torch.Generator().manual_seed(spec["seed"])
    config = LlamaConfig(**config_json(spec, 5), attn_implementation="eager")
    model = LlamaForCausalLM(config).float().eval()
    random_weights(model, generator)
    tensors = save_checkpoint(DATA / name, model, spec)
    if spec["scaling"]:
        write_json(DATA / name / "config.v5.json", config_json(spec, 5))
    missing, unexpected = model.load_state_dict(round_matrices(tensors), strict=False)
    assert not unexpected and missing in ([], ["lm_head.weight"]), (missing, unexpected)
    n_text = min(spec["shape"]["vocab_size"], 256)
    prompt_ids = torch.randint(0, n_text, (spec["n_prompt"],), generator=generator).tolist()
    logits, record = reference(model, prompt_ids, N_GREEDY)
    write_json(DATA / f"{name}.json", {"vocab_size": spec["shape"]["vocab_size"], **record})
    logits.astype("<f4").tofile(DATA / f"{name}.logits.bin")
    ids = record["greedy_ids"]
    print(f"{name}: logits std {logits.std():.2f}, {len(set(ids))} different ids in {len(ids)} greedy ones, "
          f"smallest margin {min(record['prompt_margins'] + record['greedy_margins']):.4f}")


if __name__ == "__main__":
    torch.set_num_threads(1)  # one order of sums
    for model_name, model_spec in MODELS.items():
        make(model_name, model_spec)
