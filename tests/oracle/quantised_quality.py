#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How far a quantised model's logits are from those of its dequantised weights in float32, by model.compute.

    quantised_quality.py LOGITS_OF TEXTS MODEL.gguf ...

LOGITS_OF: the program tests/oracle/logits_of.c of a build with tests. TEXTS: JSON lines with a field "completion" (records of a run) and
"question"; or random, for models of random weights. Models of the architecture llama. A line for each file and arithmetic: normalised mean square error of the logits (each
position's mean taken out), share of positions whose greatest logit is the same, mean divergence of the distributions in nats. Needs
gguf, numpy, torch, transformers.
"""
import json
import struct
import subprocess
import sys

import gguf
import numpy as np
import torch
from gguf.quants import dequantize
from transformers import AutoTokenizer

COMPUTES = {"auto": 0, "bf16": 1}
N_TEXTS = 12


class Model:
    """Llama in float32, as plain as can be."""

    def __init__(self, path):
        reader = gguf.GGUFReader(path)
        fields = {name: field.contents() for name, field in reader.fields.items() if name.startswith("llama.")}
        self.weights = {t.name: torch.from_numpy(np.array(dequantize(t.data, t.tensor_type), dtype=np.float32))
                        for t in reader.tensors}
        self.types = sorted({t.tensor_type.name for t in reader.tensors if len(t.shape) == 2})
        self.n_layers = fields["llama.block_count"]
        self.n_heads = fields["llama.attention.head_count"]
        self.n_kv_heads = fields["llama.attention.head_count_kv"]
        self.eps = fields["llama.attention.layer_norm_rms_epsilon"]
        self.theta = fields.get("llama.rope.freq_base", 10000.0)

    def norm(self, x, name):
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + self.eps) * self.weights[name]

    def rotate(self, x):
        """Neighbours, as llama.cpp's files have them."""
        n, _, d = x.shape
        angles = torch.outer(torch.arange(n, dtype=torch.float64),
                             self.theta ** (-torch.arange(0, d, 2, dtype=torch.float64) / d))
        cos, sin = angles.cos().float()[:, None], angles.sin().float()[:, None]
        a, b = x[..., 0::2], x[..., 1::2]
        return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2)

    def logits(self, ids):
        w = self.weights
        x = w["token_embd.weight"][ids]
        n = len(ids)
        mask = torch.full((n, n), float("-inf")).triu(1)
        for i in range(self.n_layers):
            h = self.norm(x, f"blk.{i}.attn_norm.weight")
            q = self.rotate((h @ w[f"blk.{i}.attn_q.weight"].T).view(n, self.n_heads, -1))
            k = self.rotate((h @ w[f"blk.{i}.attn_k.weight"].T).view(n, self.n_kv_heads, -1))
            v = (h @ w[f"blk.{i}.attn_v.weight"].T).view(n, self.n_kv_heads, -1)
            group = self.n_heads // self.n_kv_heads
            k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
            scores = torch.einsum("ihd,jhd->hij", q, k) / q.shape[-1] ** 0.5 + mask
            x = x + torch.einsum("hij,jhd->ihd", scores.softmax(-1), v).flatten(1) @ w[f"blk.{i}.attn_output.weight"].T
            h = self.norm(x, f"blk.{i}.ffn_norm.weight")
            act = torch.nn.functional.silu(h @ w[f"blk.{i}.ffn_gate.weight"].T) * (h @ w[f"blk.{i}.ffn_up.weight"].T)
            x = x + act @ w[f"blk.{i}.ffn_down.weight"].T
        return self.norm(x, "output_norm.weight") @ w.get("output.weight", w["token_embd.weight"]).T


def read_texts(path, model_path):
    texts = []
    if path == "random":
        return np.random.default_rng(1).integers(0, 500, (N_TEXTS, 100)).tolist()
    folder, _, name = model_path.rpartition("/")
    tokenizer = AutoTokenizer.from_pretrained(folder or ".", gguf_file=name)
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row.get("completion"):
                texts.append(tokenizer(row["question"] + "\n" + row["completion"])["input_ids"][:400])
    return texts[:: max(1, len(texts) // N_TEXTS)][:N_TEXTS]


def rftgen_logits(program, path, compute, texts, vocab):
    ids = b"".join(struct.pack(f"<I{len(t)}I", len(t), *t) for t in texts)
    data = subprocess.run([program, path, str(COMPUTES[compute]), ""], input=ids, stdout=subprocess.PIPE, check=True,
                          stderr=subprocess.DEVNULL).stdout
    return torch.from_numpy(np.frombuffer(data, dtype=np.float32).reshape(-1, vocab).copy())


def compare(got, wanted):
    a, b = got - got.mean(-1, keepdim=True), wanted - wanted.mean(-1, keepdim=True)
    nmse = float(((a - b) ** 2).mean() / (b ** 2).mean())
    agree = float((got.argmax(-1) == wanted.argmax(-1)).float().mean())
    p = wanted.log_softmax(-1)
    return nmse, agree, float((p.exp() * (p - got.log_softmax(-1))).sum(-1).mean())


def main():
    program, texts_path, paths = sys.argv[1], sys.argv[2], sys.argv[3:]
    torch.set_grad_enabled(False)
    print("| file's types | positions | compute | NMSE | greedy agrees | divergence, nats |\n|---|---|---|---|---|---|")
    for path in paths:
        model = Model(path)
        texts = read_texts(texts_path, path)
        wanted = torch.cat([model.logits(torch.tensor(t)) for t in texts])
        for compute in COMPUTES:
            nmse, agree, divergence = compare(rftgen_logits(program, path, compute, texts, wanted.shape[-1]), wanted)
            print(f"| {', '.join(model.types)} | {len(wanted)} | {compute} | {nmse:.1e} | {agree:.2%} | {divergence:.1e} |", flush=True)


if __name__ == "__main__":
    main()
