# SPDX-License-Identifier: MIT
"""Weights that are computed, not stored: from a tensor's name and an element's index, the same in numpy and in C
(tests/support/checkpoint/architecture.c). All arithmetic is on unsigned 64-bit integers, modulo 2^64:

    h = FNV-1a of the name's bytes:     h = 0xcbf29ce484222325; for each byte: h = (h ^ byte) * 0x100000001b3
    z = h + (seed + 1) * 0xd1b54a32d192ed03 + (index + 1) * 0x9e3779b97f4a7c15
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;  z = (z ^ z >> 27) * 0x94d049bb133111eb;  z = z ^ z >> 31
    u = (z >> 40) / 2^23 - 1            in [-1, 1), exact
    weight = bf16(f32(base + scale * u)), each operation in f64, each conversion to nearest, ties to even

index counts in row-major order. base and scale belong to the tensor's kind. A bf16 number is exact in bf16 and f32
containers, so all of them hold the same model.
"""

import re

import numpy as np
import torch

MASK = (1 << 64) - 1

# Parameters by the end of their name. Where nothing says otherwise a kind's scale is gain * sqrt(3 / columns): rows of
# standard deviation gain against an input of 1.
KINDS = [
    (r"vision_tower\.|multi_modal_projector\.", "other"),
    (r"embed_tokens\.weight$", "embedding"),
    (r"lm_head\.weight$", "head"),
    (r"\b[qk]_proj\.weight$", "qk"),
    (r"\bv_proj\.weight$", "v"),
    (r"\bqkv_proj\.weight$", "qkv"),
    (r"\bo_proj\.weight$", "o"),
    (r"\b(gate_proj|gate_up_proj)\.weight$", "gate"),
    (r"\bup_proj\.weight$", "up"),
    (r"\bdown_proj\.weight$", "down"),
    (r"self_attn\.\w+\.bias$", "attention_bias"),
    (r"\bgate_proj\.bias$", "gate_bias"),
    (r"mlp\.\w+\.bias$", "mlp_bias"),
    (r"\b[qk]_norm\.weight$", "qk_norm"),
    (r"post_feedforward_layernorm\.weight$", "post_norm"),
    (r"layernorm\.weight$", "norm"),
    (r"\bnorm\.weight$", "final_norm"),
]
GAINS = {"qk": 1.1, "v": 1.0, "qkv": 1.1, "o": 0.6, "gate": 1.0, "up": 1.0, "down": 0.6, "head": 2.0}
# [base, scale] of the rest. Biases are of the size of what they are added to; norms differ from each other and from 1.
RANGES = {"embedding": [0, 1.3], "attention_bias": [0, 0.6], "gate_bias": [0, 0.6], "mlp_bias": [0, 0.6],
          "norm": [1, 0.5], "qk_norm": [1.1, 0.4], "post_norm": [0.7, 0.4], "final_norm": [1.2, 0.6], "other": [0, 0.5]}


def kind_of(name):
    return next(kind for pattern, kind in KINDS if re.search(pattern, name))


def make_kinds(shapes, changes):
    """{kind: [base, scale]} of a model with these shapes; `changes` has a gain, or a base and a scale, for a kind."""
    kinds = {}
    for name, shape in shapes.items():
        kind = kind_of(name)
        value = changes.get(kind, GAINS.get(kind, RANGES.get(kind)))
        kinds[kind] = value if isinstance(value, list) else [0, round(value * (3 / shape[-1]) ** 0.5, 4)]
    return kinds


def uniform(name, seed, n):
    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = (h ^ byte) * 0x100000001B3 & MASK
    first = h + (seed + 1) * 0xD1B54A32D192ED03 & MASK
    z = np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(first)
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    z = z ^ z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) / 2.0**23 - 1.0


def make_tensor(name, seed, shape, kind):
    """A bf16 tensor; kind is [base, scale]."""
    values = kind[0] + kind[1] * uniform(name, seed, int(np.prod(shape)))
    return torch.from_numpy(values.astype(np.float32)).reshape(shape).to(torch.bfloat16)
