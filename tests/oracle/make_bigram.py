# SPDX-License-Identifier: MIT
"""Makes tests/oracle/data/bigram/: a Llama checkpoint whose next-token probabilities are known exactly.

    python3 -m venv venv && venv/bin/pip install torch safetensors numpy      (transformers too, for make_fixtures.py)
    venv/bin/python tests/oracle/make_bigram.py                               (seconds; the output is committed)

o_proj and down_proj are zero, so attention and FFN run and add nothing. A token's embedding is 64 in the element of its
class, of 64 elements: RMSNorm makes that 8 exactly in bf16, and the logit of v after a token of class c is exactly
8 head[v][c]. So p(v | token) = softmax(class_logits[class] / T), whatever came before.

The text of a sample, after a prompt that ends in a newline: dots, <answer>, one digit, </answer>, and then the end or
more dots and another answer. A prompt that ends in ~ gives bytes at random, mostly ill-formed UTF-8. Id 259 has no
token in the tokenizer and the highest logit everywhere: it must never be chosen; the probabilities are without it.

data/bigram.json: class_of_token [260]; class_logits [classes][260] in the order of classes (names, for people); holes:
ids without a token; expected: for each temperature and max_new_tokens, computed in float64 from the logits and summed
over every path: p_accept_by_gold [10] (a sample that ended itself and whose last closed answer is that digit), p_accept
(mean over the questions), p_accept_cut_off (the same if samples that were cut off count too), p_length, mean_tokens.
"""

import json

import numpy as np
import torch
from safetensors.torch import save_file

from make_fixtures import DATA, byte_tokenizer, write_json

VOCAB, DIM, N_HEADS, N_KV_HEADS, FFN = 260, 64, 4, 2, 96
END, OPEN, CLOSE, HOLE = 256, 257, 258, 259
DIGITS = [ord("0") + d for d in range(10)]
NEVER = -128.0  # e^-128: less than anything a float64 sum of probabilities can show
DIGIT_P = [0.02, 0.05, 0.08, 0.10, 0.12, 0.15, 0.18, 0.12, 0.10, 0.08]

# class -> (its tokens, {next token: probability, before the logits are rounded to bf16})
CLASSES = {
    "newline": ([ord("\n")], {ord("."): 0.3, OPEN: 0.7}),
    "dot": ([ord(".")], {ord("."): 0.45, OPEN: 0.5, END: 0.05}),
    "open": ([OPEN], dict(zip(DIGITS, DIGIT_P))),
    "digit": (DIGITS, {CLOSE: 1.0}),
    "close": ([CLOSE], {END: 0.85, ord("."): 0.15}),
    "noise": ([ord("~")], {v: 0.98 ** v for v in range(256)}),
    "other": (None, {ord("~"): 0.9, END: 0.1}),  # every token that no other class names
}


def byte_level_tokenizer():
    tokenizer = byte_tokenizer()
    added = tokenizer["added_tokens"]
    for token, content, special in zip(added, ["<|end|>", "<answer>", "</answer>"], [True, False, False]):
        tokenizer["model"]["vocab"].pop(token["content"])
        token |= {"content": content, "special": special}
    return tokenizer


def tables():
    class_of_token = np.full(VOCAB, list(CLASSES).index("other"))
    head = np.full((len(CLASSES), VOCAB), NEVER / 8, dtype=np.float32)
    for c, (tokens, successors) in enumerate(CLASSES.values()):
        class_of_token[tokens or []] = c
        p = np.array(list(successors.values()))
        head[c, list(successors)] = np.log(p / p.max()) / 8
        head[c, HOLE] = 1.0
    head = torch.from_numpy(head).to(torch.bfloat16)
    return class_of_token, head, 8 * head.double().numpy()


def probabilities(class_logits, temperature):
    z = class_logits / temperature
    z[:, HOLE] = -np.inf
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def expectation(p, class_of_token, temperature, max_new_tokens, golds):
    """Sums over all paths. A state: (current token, digit of the last closed answer or None, digit being answered)."""
    states, accepted, accepted_cut, n_tokens = {(ord("\n"), None, None): 1.0}, np.zeros(10), np.zeros(10), 0.0
    ended = 0.0
    for step in range(1, max_new_tokens + 1):
        following = {}
        for (token, closed, digit), weight in states.items():
            for v in np.nonzero(p[class_of_token[token]] > 1e-40)[0].tolist():
                w = weight * p[class_of_token[token], v]
                if v == END:
                    n_tokens += w * step
                    ended += w
                    if closed is not None:
                        accepted[closed] += w
                    continue
                answered = digit if v == CLOSE else closed
                key = (v, answered, v - DIGITS[0] if v in DIGITS else None)
                following[key] = following.get(key, 0.0) + w
        states = following
    for (_, closed, _), weight in states.items():
        n_tokens += weight * max_new_tokens
        if closed is not None:
            accepted_cut[closed] += weight
    assert abs(ended + sum(states.values()) - 1) < 1e-12
    return {"temperature": temperature, "max_new_tokens": max_new_tokens, "p_accept_by_gold": accepted.tolist(),
            "p_accept": float(accepted[golds].mean()),
            "p_accept_cut_off": float((accepted + accepted_cut)[golds].mean()),
            "p_length": float(sum(states.values())), "mean_tokens": float(n_tokens)}


def weights(class_of_token, head):
    generator = torch.Generator().manual_seed(1)
    shapes = {"self_attn.q_proj": (DIM, DIM), "self_attn.k_proj": (DIM // N_HEADS * N_KV_HEADS, DIM),
              "self_attn.v_proj": (DIM // N_HEADS * N_KV_HEADS, DIM), "self_attn.o_proj": (DIM, DIM),
              "mlp.gate_proj": (FFN, DIM), "mlp.up_proj": (FFN, DIM), "mlp.down_proj": (DIM, FFN)}
    tensors = {}
    for name, shape in shapes.items():
        random = 0.1 * torch.randn(shape, generator=generator)
        silent = name.endswith(("o_proj", "down_proj"))
        tensors[f"model.layers.0.{name}.weight"] = torch.zeros(shape) if silent else random
    for norm in ("model.layers.0.input_layernorm", "model.layers.0.post_attention_layernorm", "model.norm"):
        tensors[f"{norm}.weight"] = torch.ones(DIM)
    embedding, output = torch.zeros(VOCAB, DIM), torch.zeros(VOCAB, DIM)
    embedding[torch.arange(VOCAB), torch.from_numpy(class_of_token)] = 64.0
    output[:, : len(CLASSES)] = head.T.float()
    tensors |= {"model.embed_tokens.weight": embedding, "lm_head.weight": output}
    return {name: t.to(torch.bfloat16) for name, t in tensors.items()}


def main():
    directory = DATA / "bigram"
    directory.mkdir(parents=True, exist_ok=True)
    class_of_token, head, class_logits = tables()
    save_file(weights(class_of_token, head), directory / "model.safetensors", metadata={"format": "pt"})
    write_json(directory / "config.json", {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "attention_bias": False,
        "mlp_bias": False, "eos_token_id": END, "max_position_embeddings": 512, "vocab_size": VOCAB, "hidden_size": DIM,
        "intermediate_size": FFN, "num_hidden_layers": 1, "num_attention_heads": N_HEADS,
        "num_key_value_heads": N_KV_HEADS, "tie_word_embeddings": False, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
        "rope_scaling": None, "torch_dtype": "bfloat16"})
    write_json(directory / "generation_config.json", {"eos_token_id": END})
    tokenizer = json.dumps(byte_level_tokenizer(), ensure_ascii=False)
    (directory / "tokenizer.json").write_text(tokenizer + "\n", encoding="utf-8")
    write_json(directory / "tokenizer_config.json", {"add_bos_token": False, "eos_token": "<|end|>"})
    (directory / "prompt.txt").write_text("{question}\n", encoding="utf-8")
    (directory / "noise.txt").write_text("{question}~", encoding="utf-8")

    sums = [(a, b) for a in range(10) for b in range(10) if 1 <= a + b <= 9][:40]
    questions = [[f"What is {a} + {b}?", a + b] for a, b in sums]
    lines = ",\n".join(json.dumps(q) for q in questions)
    (directory / "questions.json").write_text(f"[{lines}]\n", encoding="utf-8")
    golds = [gold for _, gold in questions]

    expected = [expectation(probabilities(class_logits, t), class_of_token, t, n, golds)
                for t in (1.0, 0.7) for n in (100, 8)]
    write_json(DATA / "bigram.json", {
        "vocab_size": VOCAB, "classes": list(CLASSES), "class_of_token": class_of_token.tolist(),
        "class_logits": class_logits.tolist(), "holes": [HOLE], "eos_ids": [END], "expected": expected})
    for record in expected:
        print({k: v for k, v in record.items() if k != "p_accept_by_gold"})


if __name__ == "__main__":
    main()
