# SPDX-License-Identifier: MIT
"""Makes tests/oracle/data/gemma3.*: what transformers computes with Gemma 3 270M as its GGUF file holds it.

    python3 -m venv venv && venv/bin/pip install torch transformers sentencepiece numpy gguf
    venv/bin/python tests/oracle/make_gemma3.py $(tools/fetch_gemma3.sh)     (minutes; the output is committed)

The prompt is the first 560 tokens of gemma3.prompt.txt, more than the window of 512; members and logits are those of
make_smollm2.py, of 64 ids of the vocabulary. Matrices are rounded to bf16, and the file's norms have 1 added, which
transformers adds itself; the forward pass is float32.
"""

import hashlib
import pathlib
import sys

import gguf
import numpy as np
import torch
from transformers import AutoTokenizer, Gemma3ForCausalLM, Gemma3TextConfig

from make_fixtures import DATA, hf_name, margins, round_matrices, write_json

N_PROMPT, N_GREEDY, N_VOCAB_IDS = 560, 24, 64
BLOCK_TENSORS = {
    "attn_norm": "input_layernorm", "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm", "post_ffw_norm": "post_feedforward_layernorm",
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
    "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm", "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}


def read_config(reader):
    def of(key):
        return reader.fields["gemma3." + key].contents()

    n = of("block_count")
    return Gemma3TextConfig(
        vocab_size=len(reader.fields["tokenizer.ggml.tokens"].data), hidden_size=of("embedding_length"),
        intermediate_size=of("feed_forward_length"), num_hidden_layers=n, num_attention_heads=of("attention.head_count"),
        num_key_value_heads=of("attention.head_count_kv"), head_dim=of("attention.key_length"),
        max_position_embeddings=of("context_length"), sliding_window=of("attention.sliding_window"),
        rms_norm_eps=1e-6, query_pre_attn_scalar=256, hidden_activation="gelu_pytorch_tanh", tie_word_embeddings=True,
        layer_types=["full_attention" if i % 6 == 5 else "sliding_attention" for i in range(n)],
        rope_parameters={"sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
                         "full_attention": {"rope_type": "default", "rope_theta": of("rope.freq_base")}},
        attn_implementation="eager")


def read_weights(reader):
    weights = {}
    for t in reader.tensors:
        data = torch.from_numpy(gguf.quants.dequantize(t.data, t.tensor_type).astype(np.float32))
        weights[hf_name(t.name, BLOCK_TENSORS)] = data if data.ndim > 1 else data - 1
    return round_matrices(weights)


def main():
    path = pathlib.Path(sys.argv[1])
    reader = gguf.GGUFReader(path)
    config = read_config(reader)
    model = Gemma3ForCausalLM(config).float().eval()
    missing, unexpected = model.load_state_dict(read_weights(reader), strict=False)
    assert missing in ([], ["lm_head.weight"]) and not unexpected, (missing, unexpected)
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    ids = tokenizer((DATA / "gemma3.prompt.txt").read_text(encoding="utf-8")).input_ids[:N_PROMPT]
    assert ids[0] == 2 and len(ids) == N_PROMPT
    with torch.no_grad():
        whole = model.generate(torch.tensor([ids]), max_new_tokens=N_GREEDY, min_new_tokens=N_GREEDY, do_sample=False)
        logits = model(whole[:, :-1], use_cache=False).logits[0]
    argmax, margin = margins(logits)
    greedy = slice(N_PROMPT - 1, None)
    vocab_ids = np.sort(np.random.default_rng(1).choice(config.vocab_size, N_VOCAB_IDS, replace=False))
    write_json(DATA / "gemma3.json", {
        "gguf_sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "vocab_size": config.vocab_size,
        "prompt_ids": ids, "prompt_argmax": argmax[:N_PROMPT], "prompt_margins": margin[:N_PROMPT],
        "greedy_ids": argmax[greedy], "greedy_margins": margin[greedy],
        "greedy_text": tokenizer.decode(argmax[greedy]), "vocab_ids": vocab_ids.tolist()})
    logits[:N_PROMPT].numpy()[:, vocab_ids].astype("<f4").tofile(DATA / "gemma3.logits.bin")
    print(f"smallest greedy margins {sorted(margin[greedy])[:3]}; greedy text {tokenizer.decode(argmax[greedy])!r}")


if __name__ == "__main__":
    main()
