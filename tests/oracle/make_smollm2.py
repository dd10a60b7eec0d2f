# SPDX-License-Identifier: MIT
"""Makes tests/oracle/data/smollm2.*: what transformers computes with SmolLM2-135M-Instruct as its GGUF file holds it.

    tools/fetch_smollm2.sh
    python3 -m venv venv && venv/bin/pip install torch transformers tokenizers safetensors numpy gguf
    venv/bin/python tests/oracle/make_smollm2.py FILE.gguf [--save-hf DIR]      (a minute; the output is committed)
    venv/bin/pip install peft
    venv/bin/python tests/oracle/make_smollm2.py FILE.gguf --adapter DIR        (smollm2-lora.* in the place of smollm2.*)

    smollm2.prompt.txt    the prompt, written by hand: the only input besides the model
    smollm2.json          gguf_sha256, vocab_size; prompt_ids, prompt_argmax, prompt_margins [n], greedy_ids [24],
                          greedy_margins [24] as in make_fixtures.py; greedy_text; vocab_ids [256]: the part of the
                          vocabulary, drawn at random, in
    smollm2.logits.bin    little-endian f32 [n][256], after each prompt position; and, over the whole vocabulary,
                          logits_sum [n] and logits_sum_squares [n]
The weights are dequantised in f32, the row order that llama.cpp gives to queries and keys is undone, and matrices are
rounded to bf16; the forward pass is float32. --save-hf writes that model as a bf16 checkpoint in Hugging Face layout.
--adapter: PEFT merges the adapter into the float32 weights, before they are rounded.
"""

import argparse
import hashlib
import pathlib

import gguf
import numpy as np
import torch
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM

from make_fixtures import DATA, hf_name, reference, round_matrices, write_json

N_GREEDY = 24
N_VOCAB_IDS = 256
CONTROL = 3  # token type

BLOCK_TENSORS = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
                 "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
                 "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}


def unpermute(matrix, n_heads):
    """llama.cpp pairs element i of a head with i + 1, transformers with i + head_dim / 2."""
    rows, columns = matrix.shape
    return matrix.reshape(n_heads, rows // n_heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def read_config(meta):
    return LlamaConfig(
        vocab_size=meta["llama.vocab_size"], hidden_size=meta["llama.embedding_length"],
        intermediate_size=meta["llama.feed_forward_length"], num_hidden_layers=meta["llama.block_count"],
        num_attention_heads=meta["llama.attention.head_count"],
        num_key_value_heads=meta["llama.attention.head_count_kv"],
        max_position_embeddings=meta["llama.context_length"],
        rms_norm_eps=float(f"{meta['llama.attention.layer_norm_rms_epsilon']:.6g}"),
        rope_parameters={"rope_type": "default", "rope_theta": meta["llama.rope.freq_base"]},
        tie_word_embeddings=True, bos_token_id=meta["tokenizer.ggml.bos_token_id"],
        eos_token_id=meta["tokenizer.ggml.eos_token_id"], dtype="bfloat16", attn_implementation="eager")


def read_weights(reader, config):
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    weights = {}
    for t in reader.tensors:
        data = gguf.quants.dequantize(t.data, t.tensor_type).astype(np.float32)
        n_heads = next((n for part, n in heads.items() if f".{part}." in t.name), None)
        data = np.ascontiguousarray(unpermute(data, n_heads) if n_heads else data)
        weights[hf_name(t.name, BLOCK_TENSORS)] = torch.from_numpy(data)
    return weights


def merge(model, adapter):
    """The weights of the model with the adapter merged, by PEFT."""
    from peft import PeftModel
    merged = PeftModel.from_pretrained(model, adapter).merge_and_unload().state_dict()
    return {name: tensor.detach().clone() for name, tensor in merged.items() if name != "lm_head.weight"}


def read_tokenizer(meta):
    """tokenizer.ggml.pre = smollm: single digits, then GPT-2's split."""
    assert meta["tokenizer.ggml.pre"] == "smollm" and not meta["tokenizer.ggml.add_bos_token"]
    tokens, types = meta["tokenizer.ggml.tokens"], meta["tokenizer.ggml.token_type"]
    merges = [tuple(merge.split(" ")) for merge in meta["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, special=True) for t, kind in zip(tokens, types) if kind == CONTROL])
    return tokenizer


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("gguf")
    parser.add_argument("--save-hf", type=pathlib.Path)
    parser.add_argument("--adapter", type=pathlib.Path)
    args = parser.parse_args()

    reader = gguf.GGUFReader(args.gguf)
    meta = {key: field.contents() for key, field in reader.fields.items()}
    config, tokenizer = read_config(meta), read_tokenizer(meta)
    model = LlamaForCausalLM(config).float().eval()
    name, weights = "smollm2", read_weights(reader, config)
    if args.adapter:
        name = "smollm2-lora"
        base = LlamaForCausalLM(config).float().eval()
        base.load_state_dict(weights, strict=False)
        weights = merge(base, args.adapter)
    missing, unexpected = model.load_state_dict(round_matrices(weights), strict=False)
    assert missing == ["lm_head.weight"] and not unexpected, (missing, unexpected)
    prompt = (DATA / "smollm2.prompt.txt").read_text(encoding="utf-8")
    logits, record = reference(model, tokenizer.encode(prompt).ids, N_GREEDY)
    vocab_ids = np.sort(np.random.default_rng(1).choice(config.vocab_size, N_VOCAB_IDS, replace=False))
    wide = logits.astype(np.float64)
    write_json(DATA / f"{name}.json", {
        "gguf_sha256": hashlib.sha256(pathlib.Path(args.gguf).read_bytes()).hexdigest(),
        "vocab_size": config.vocab_size, **record,
        "greedy_text": tokenizer.decode(record["greedy_ids"]), "vocab_ids": vocab_ids.tolist(),
        "logits_sum": np.round(wide.sum(1), 3).tolist(), "logits_sum_squares": np.round((wide**2).sum(1), 3).tolist()})
    logits[:, vocab_ids].astype("<f4").tofile(DATA / f"{name}.logits.bin")
    if args.save_hf:
        model.to(torch.bfloat16).save_pretrained(args.save_hf)
        transformers.PreTrainedTokenizerFast(
            tokenizer_object=tokenizer, bos_token="<|im_start|>", eos_token="<|im_end|>", pad_token="<|im_end|>",
            chat_template=meta["tokenizer.chat_template"]).save_pretrained(args.save_hf)
    print(f"{len(record['prompt_ids'])} prompt ids; smallest margins {sorted(record['prompt_margins'])[:5]}, greedy "
          f"{sorted(record['greedy_margins'])[:3]}; greedy text {tokenizer.decode(record['greedy_ids'])!r}")


if __name__ == "__main__":
    main()
