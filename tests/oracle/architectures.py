# SPDX-License-Identifier: MIT
"""The models of make_architectures.py: what each architecture has that others have not, at the size of a toy.

A variant is
    config      config.json as it lies on people's disks, without what the class fills in
    kinds       weights that differ from architecture_weights.py's: {kind: gain or [base, scale]}
    breaks      {what: a wrong reading of the model}; each must be seen in the logits. Keys of a wrong reading:
                  set    changes of the configuration, {"rope_scaling.factor": 1.0}; None removes a key
                  zero   a pattern of parameters that are taken for 0
                  scale  [pattern, factor]
    gguf        whether llama.cpp's file says all of it; otherwise why not
    n_prompt, n_new, and rarely: rename ("old" or "new" names of a nested model), long (long factors from the start)
"""

COMMON = dict(vocab_size=101, hidden_size=64, intermediate_size=120, num_hidden_layers=4, num_attention_heads=4,
              num_key_value_heads=2, max_position_embeddings=64, rms_norm_eps=1e-5, rope_theta=10000.0,
              tie_word_embeddings=False, bos_token_id=1, eos_token_id=2, pad_token_id=0, torch_dtype="bfloat16")
TIED_NORM = {"final_norm": [1.2, 0.6], "embedding": [0, 0.5]}
GEMMA = {"norm": [0, 0.5], "post_norm": [-0.2, 0.4], "qk_norm": [0.5, 0.5], "final_norm": [3.0, 1.5],
         "embedding": [0, 0.13]}
NO_ROPE = {"set": {"rope_theta": 1e30}}
NO_BIAS = {"zero": r"\.bias$"}
NO_WINDOW = {"set": {"sliding_window": None}}
NO_SCALING = {"set": {"rope_scaling": None}}

VARIANTS = {}


def add(name, architecture, model_type, config, kinds=None, breaks=None, gguf=True, n_prompt=28, n_new=20, **more):
    full = {"architectures": [architecture], "model_type": model_type, **COMMON, **config}
    VARIANTS[name] = dict(config={k: v for k, v in full.items() if v is not ...}, kinds=kinds or {},
                          breaks=breaks or {}, gguf=gguf, n_prompt=n_prompt, n_new=n_new, **more)


def llama(name, config, **more):
    plain = dict(hidden_act="silu", attention_bias=False, mlp_bias=False, rope_scaling=None)
    add(name, "LlamaForCausalLM", "llama", plain | config, **more)


def qwen(name, version, config, **more):
    plain = dict(hidden_act="silu", use_sliding_window=False, sliding_window=9, max_window_layers=2, rms_norm_eps=1e-6)
    plain |= dict(attention_bias=False, head_dim=24) if version == 3 else {}
    add(name, f"Qwen{version}ForCausalLM", f"qwen{version}", plain | config, **more)


llama("llama-mha-tied", dict(num_key_value_heads=4, tie_word_embeddings=True), kinds=TIED_NORM,
      breaks={"no rope": NO_ROPE, "norms are 1": {"set": {}, "ones": "norm"}})
llama("llama-gqa-untied", dict(hidden_size=96, num_attention_heads=6, num_key_value_heads=2),
      breaks={"tied": {"set": {"tie_word_embeddings": True}}})
llama("llama-head-dim", dict(hidden_size=72, num_attention_heads=3, num_key_value_heads=1, head_dim=32),
      breaks={"no rope": NO_ROPE})
llama("llama-biases", dict(attention_bias=True, mlp_bias=True),
      breaks={f"no {p} bias": {"zero": rf"{p}_proj\.bias"} for p in ("q", "k", "v", "o", "gate", "up", "down")})
llama("llama-gelu", dict(hidden_act="gelu"), gguf="the file does not say which activation",
      breaks={"silu": {"set": {"hidden_act": "silu"}}, "tanh": {"set": {"hidden_act": "gelu_pytorch_tanh"}}})
llama("llama-gelu-tanh", dict(hidden_act="gelu_pytorch_tanh"), gguf="the file does not say which activation",
      breaks={"silu": {"set": {"hidden_act": "silu"}}, "erf": {"set": {"hidden_act": "gelu"}}})

qwen("qwen2", 2, dict(hidden_size=72, num_attention_heads=3, num_key_value_heads=1),
     breaks={f"no {p} bias": {"zero": rf"{p}_proj\.bias"} for p in "qkv"})
qwen("qwen2-window", 2, dict(use_sliding_window=True, sliding_window=7, num_hidden_layers=5, max_window_layers=2),
     gguf="the file does not say that there are windows",
     breaks={"no window": {"set": {"use_sliding_window": False}}, "window everywhere": {"set": {"max_window_layers": 0}},
             "window + 1": {"set": {"sliding_window": 8}}})
qwen("qwen3", 3, dict(tie_word_embeddings=True), kinds=TIED_NORM, breaks={"qk norms are 1": {"ones": "[qk]_norm"}})
qwen("qwen3-biases", 3, dict(attention_bias=True), gguf="llama.cpp has no bias of o there",
     breaks={f"no {p} bias": {"zero": rf"{p}_proj\.bias"} for p in "qkvo"})
qwen("qwen3-window", 3, dict(use_sliding_window=True, sliding_window=9, num_hidden_layers=5, max_window_layers=3),
     gguf="the file does not say that there are windows",
     breaks={"no window": {"set": {"use_sliding_window": False}}, "window everywhere": {"set": {"max_window_layers": 0}},
             "window - 1": {"set": {"sliding_window": 8}}})


def gemma2(name, config, **more):
    plain = dict(hidden_act="gelu_pytorch_tanh", hidden_activation="gelu_pytorch_tanh", attention_bias=False,
                 tie_word_embeddings=..., head_dim=24, query_pre_attn_scalar=24, sliding_window=8, num_hidden_layers=5,
                 attn_logit_softcapping=4.0, final_logit_softcapping=9.0, rms_norm_eps=1e-6)
    add(name, "Gemma2ForCausalLM", "gemma2", plain | config, **more)


GEMMA2_BREAKS = {
    "no scores' cap": {"set": {"attn_logit_softcapping": None}},
    "no logits' cap": {"set": {"final_logit_softcapping": None}},
    "no window": {"set": {"layer_types": ["full_attention"] * 5}},
    "window + 1": {"set": {"sliding_window": 9}},
    "window on the other layers": {"set": {"layer_types": ["full_attention", "sliding_attention"] * 2 +
                                           ["full_attention"]}},
    "erf": {"set": {"hidden_activation": "gelu"}},
    "silu": {"set": {"hidden_activation": "silu"}},
    "embedding not scaled": {"embed_scale": 1.0},
    "norm is w, not 1 + w": {"add": [r"norm\.weight", -1.0]},
}
gemma2("gemma2", {}, kinds=GEMMA, breaks=GEMMA2_BREAKS)
gemma2("gemma2-scalar", dict(query_pre_attn_scalar=10, hidden_size=80), kinds=GEMMA,
       gguf="llama.cpp takes head_dim in all but the 27B model",
       breaks={"scaled by head_dim": {"set": {"query_pre_attn_scalar": 24}}})
