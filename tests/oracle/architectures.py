# SPDX-License-Identifier: MIT
"""The models of make_architectures.py: what each architecture has that others have not, at the size of a toy.

A variant is
    config      config.json as it lies on people's disks, without what the class fills in
    kinds       weights that differ from architecture_weights.py's: {kind: gain or [base, scale]}
    breaks      {what: a wrong reading of the model}; each must be seen in the logits. Keys of a wrong reading:
                  set    changes of the configuration, {"rope_scaling.factor": 1.0}; None removes a key
                  zero   a pattern of parameters that are taken for 0
                  ones   the same, for 1; drop: they are not there
                  add    [pattern, summand]
                  embed_scale, long
    gguf        whether llama.cpp's file says all of it; otherwise why not
    n_prompt, n_new, and rarely: rename ("old" or "new" names of a nested model), has_head (a head of its own although the
    configuration says that it is tied), long (long factors from the start)
"""

COMMON = dict(vocab_size=101, hidden_size=64, intermediate_size=120, num_hidden_layers=4, num_attention_heads=4,
              num_key_value_heads=2, max_position_embeddings=64, rms_norm_eps=1e-5, rope_theta=10000.0,
              tie_word_embeddings=False, bos_token_id=1, eos_token_id=2, pad_token_id=0, torch_dtype="bfloat16")
# A tied head likes the token that was just read; a final norm of both signs forgets it.
TIED = {"final_norm": [0.2, 1.2], "embedding": [0, 1.0]}
GEMMA = {"norm": [0, 0.5], "post_norm": [-0.2, 0.4], "qk_norm": [0.2, 0.4], "final_norm": [-0.6, 4.0],
         "embedding": [0, 0.25]}
# The two forms of GELU differ where little is left of either, so these gates stay near -3.
GELU_TAIL = {"gate": 0.35, "gate_bias": [-3, 0.3], "down": 120.0}
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


llama("llama-mha-tied", dict(num_key_value_heads=4, tie_word_embeddings=True), kinds=TIED,
      breaks={"no rope": NO_ROPE, "norms are 1": {"ones": "norm"}})
llama("llama-gqa-untied", dict(hidden_size=96, num_attention_heads=6, num_key_value_heads=2),
      breaks={"tied": {"drop": "lm_head", "set": {"tie_word_embeddings": True}}})
llama("llama-head-dim", dict(hidden_size=72, num_attention_heads=3, num_key_value_heads=1, head_dim=32),
      breaks={"no rope": NO_ROPE})
llama("llama-biases", dict(attention_bias=True, mlp_bias=True),
      breaks={f"no {p} bias": {"zero": rf"{p}_proj\.bias"} for p in ("q", "k", "v", "o", "gate", "up", "down")})
NO_ACTIVATION_KEY = "the file does not say which activation"
llama("llama-gelu", dict(hidden_act="gelu", mlp_bias=True), kinds=GELU_TAIL, gguf=NO_ACTIVATION_KEY,
      breaks={"silu": {"set": {"hidden_act": "silu"}}, "tanh": {"set": {"hidden_act": "gelu_pytorch_tanh"}}})
llama("llama-gelu-tanh", dict(hidden_act="gelu_pytorch_tanh", mlp_bias=True), kinds=GELU_TAIL, gguf=NO_ACTIVATION_KEY,
      breaks={"silu": {"set": {"hidden_act": "silu"}}, "erf": {"set": {"hidden_act": "gelu"}}})

qwen("qwen2", 2, dict(hidden_size=72, num_attention_heads=3, num_key_value_heads=1),
     breaks={f"no {p} bias": {"zero": rf"{p}_proj\.bias"} for p in "qkv"})
qwen("qwen2-window", 2, dict(use_sliding_window=True, sliding_window=7, num_hidden_layers=5, max_window_layers=2),
     gguf="the file does not say that there are windows",
     breaks={"no window": {"set": {"use_sliding_window": False}}, "window everywhere": {"set": {"max_window_layers": 0}},
             "window + 1": {"set": {"sliding_window": 8}}})
qwen("qwen3", 3, dict(tie_word_embeddings=True), kinds=TIED, breaks={"qk norms are 1": {"ones": "[qk]_norm"}})
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
    "silu": {"set": {"hidden_activation": "silu"}},
    "embedding not scaled": {"embed_scale": 1.0},
    "norm is w, not 1 + w": {"add": [r"norm\.weight", -1.0]},
}
gemma2("gemma2", {}, kinds=GEMMA, breaks=GEMMA2_BREAKS)
gemma2("gemma2-scalar", dict(query_pre_attn_scalar=10, hidden_size=80), kinds=GEMMA | {"qk": 0.9},
       gguf="llama.cpp takes head_dim in all but the 27B model",
       breaks={"scaled by head_dim": {"set": {"query_pre_attn_scalar": 24}}})


def scaled_llama(name, scaling, breaks, gguf=True, **config):
    llama(name, dict(rope_scaling=scaling, **config), breaks=breaks, gguf=gguf)


YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 16}
NO_YARN_KEY = "llama.cpp knows no such key"
scaled_llama("llama-linear", {"type": "linear", "factor": 4.0}, {"not scaled": NO_SCALING})
scaled_llama("llama-dynamic", {"type": "dynamic", "factor": 4.0},
             {"linear": {"set": {"rope_scaling.type": "linear"}},
              "scaled from the start": {"set": {"max_position_embeddings": 16}}})
scaled_llama("llama-llama3", LLAMA3, {
    "not scaled": NO_SCALING, "linear": {"set": {"rope_scaling": {"rope_type": "linear", "factor": 8.0}}},
    "high_freq_factor 2": {"set": {"rope_scaling.high_freq_factor": 2.0}},
    "low_freq_factor 2": {"set": {"rope_scaling.low_freq_factor": 2.0}}}, hidden_size=72, num_attention_heads=3,
    num_key_value_heads=3, rope_theta=500.0)
scaled_llama("llama-yarn", YARN, {
    "not scaled": NO_SCALING, "linear": {"set": {"rope_scaling": {"rope_type": "linear", "factor": 4.0}}},
    "attention not scaled": {"set": {"rope_scaling.attention_factor": 1.0}},
    "beta_slow 0.1": {"set": {"rope_scaling.beta_slow": 0.1}},
    "original context 64": {"set": {"rope_scaling.original_max_position_embeddings": 64}}}, rope_theta=100.0,
    head_dim=24)
scaled_llama("llama-yarn-mscale", YARN | {"mscale": 3.0, "mscale_all_dim": 1.0, "beta_fast": 1.0, "beta_slow": 0.1}, {
    "mscale ignored": {"set": {"rope_scaling.mscale": None}},
    "mscale_all_dim 3": {"set": {"rope_scaling.mscale_all_dim": 3.0}},
    "beta_fast 32": {"set": {"rope_scaling.beta_fast": None}},
    "beta_slow 1": {"set": {"rope_scaling.beta_slow": None}}}, NO_YARN_KEY, rope_theta=100.0, head_dim=32)
UNTRUNCATED = {"attention_factor": 0.9, "truncate": False, "beta_fast": 1.5, "beta_slow": 0.3}
scaled_llama("llama-yarn-factor", YARN | UNTRUNCATED, {
    "attention factor from factor": {"set": {"rope_scaling.attention_factor": None}},
    "truncated": {"set": {"rope_scaling.truncate": True}}}, NO_YARN_KEY, rope_theta=30.0, head_dim=24)
# As DeepSeek-R1-Distill-Llama and -Qwen are on disk.
llama("llama-distill", dict(rope_scaling=LLAMA3, rope_theta=500000.0, num_attention_heads=4, eos_token_id=[2, 7],
                            hidden_size=96, pretraining_tp=1, attention_dropout=0.0, use_cache=True,
                            initializer_range=0.02, transformers_version="4.43.0.dev0"),
      breaks={"not scaled": NO_SCALING})
qwen("qwen2-distill", 2, dict(sliding_window=8, max_window_layers=1, use_mrope=False, attention_dropout=0.0,
                              use_cache=True, initializer_range=0.02, transformers_version="4.44.0"),
     breaks={"window": {"set": {"use_sliding_window": True}}, "no bias": NO_BIAS})


def mistral(name, window, **more):
    add(name, "MistralForCausalLM", "mistral",
        dict(hidden_act="silu", sliding_window=window, head_dim=24, hidden_size=80, vocab_size=104), **more)


mistral("mistral", None, breaks={"window": {"set": {"sliding_window": 8}}})
mistral("mistral-window", 8, gguf="the file does not say that there are windows",
        breaks={"no window": NO_WINDOW, "window + 1": {"set": {"sliding_window": 9}},
                "window - 1": {"set": {"sliding_window": 7}}})
add("ministral", "MinistralForCausalLM", "ministral",
    dict(hidden_act="silu", sliding_window=10, head_dim=32, num_attention_heads=3, num_key_value_heads=1,
         hidden_size=72, num_hidden_layers=5,
         layer_types=["full_attention", "sliding_attention"] * 2 + ["sliding_attention"]),
    gguf="llama.cpp does not convert it",
    breaks={"no window": {"set": {"layer_types": ["full_attention"] * 5}},
            "window everywhere": {"set": {"layer_types": None}}})

MINISTRAL3_ROPE = {"beta_fast": 1.0, "beta_slow": 0.1, "factor": 4.0, "llama_4_scaling_beta": 0.5, "mscale": 1.0,
                   "mscale_all_dim": 1.0, "original_max_position_embeddings": 16, "rope_theta": 200.0,
                   "rope_type": "yarn", "type": "yarn"}
MINISTRAL3 = dict(hidden_act="silu", sliding_window=None, head_dim=24, rope_theta=..., rope_parameters=MINISTRAL3_ROPE)


def ministral3_breaks(at=""):
    return {"no attention temperature": {"set": {f"{at}rope_parameters.llama_4_scaling_beta": 0.0}},
            "attention scaled by YaRN": {"set": {f"{at}rope_parameters.mscale": None}},
            "beta_fast 32": {"set": {f"{at}rope_parameters.beta_fast": 32.0}},
            "beta_slow 1": {"set": {f"{at}rope_parameters.beta_slow": 1.0}},
            "not scaled": {"set": {f"{at}rope_parameters.rope_type": "default"}}}


add("ministral3", "Ministral3ForCausalLM", "ministral3", MINISTRAL3, breaks=ministral3_breaks())


def add_nested(name, architecture, model_type, text, top, **more):
    """A model that sees, too; its text part in text_config, other tensors beside it."""
    inner = {k: v for k, v in (COMMON | text).items() if v is not ...}
    keys = {key: ... for key in COMMON if key != "torch_dtype"}
    add(name, architecture, model_type, keys | top | {"text_config": inner},
        gguf="the same as that of the text part alone", **more)


PIXTRAL = {"model_type": "pixtral", "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1, "head_dim": 8,
           "num_attention_heads": 2, "patch_size": 4, "image_size": 16, "hidden_act": "silu", "rope_theta": 10000.0}
MISTRAL3 = dict(image_token_index=10, projector_hidden_act="gelu", multimodal_projector_bias=False,
                spatial_merge_size=2, vision_feature_layer=-1, vision_config=PIXTRAL)
for naming in ("old", "new"):
    add_nested(f"mistral3-{naming}-names", "Mistral3ForConditionalGeneration", "mistral3",
               MINISTRAL3 | {"model_type": "ministral3"}, MISTRAL3 | {"tie_word_embeddings": False}, rename=naming,
               breaks=ministral3_breaks("text_config."))
add_nested("mistral3-mistral", "Mistral3ForConditionalGeneration", "mistral3",
           dict(model_type="mistral", head_dim=24, hidden_act="silu", sliding_window=None, rope_theta=1000000.0),
           MISTRAL3, rename="old", has_head=True,
           breaks={"tied": {"drop": "lm_head"}, "theta 10000": {"set": {"text_config.rope_theta": 10000.0}}})


def smollm3(name, config, **more):
    plain = dict(hidden_act="silu", tie_word_embeddings=True, num_hidden_layers=5, attention_bias=False,
                 mlp_bias=False, use_sliding_window=False, sliding_window=None, rope_theta=5000.0)
    add(name, "SmolLM3ForCausalLM", "smollm3", plain | config, kinds=TIED, **more)


EVERYWHERE = {"set": {"no_rope_layers": [1] * 5}}
smollm3("smollm3", dict(no_rope_layers=[1, 1, 1, 0, 1], no_rope_layer_interval=4, layer_types=["full_attention"] * 5),
        breaks={"rope everywhere": EVERYWHERE, "rope nowhere": {"set": {"no_rope_layers": [0] * 5}}})
smollm3("smollm3-list", dict(no_rope_layers=[0, 1, 1, 0, 0], no_rope_layer_interval=4),
        gguf="llama.cpp takes every fourth layer",
        breaks={"interval": {"set": {"no_rope_layers": None}}, "inverted": {"set": {"no_rope_layers": [1, 0, 0, 1, 1]}}})
smollm3("smollm3-interval", dict(no_rope_layer_interval=2, use_sliding_window=True, sliding_window=8),
        gguf="llama.cpp takes every fourth layer",
        breaks={"interval 4": {"set": {"no_rope_layer_interval": 4}}, "no window": {"set": {"use_sliding_window": False}},
                "window in layers with rope": {"set": {"layer_types": ["sliding_attention", "full_attention"] * 2 +
                                                       ["sliding_attention"]}}})


def phi3(name, config, **more):
    plain = dict(hidden_act="silu", attention_bias=False, attention_dropout=0.0, embd_pdrop=0.0, resid_pdrop=0.0,
                 rope_scaling=None, sliding_window=None, original_max_position_embeddings=64)
    add(name, "Phi3ForCausalLM", "phi3", plain | config, **more)


def factors(first, last, n=12):
    return [round(first + (last - first) * (i / (n - 1)) ** 2, 3) for i in range(n)]


def longrope(original, **config):
    scaling = {"long_factor": factors(1.1, 6.0), "short_factor": factors(1.0, 1.8), "type": "longrope"}
    return dict(partial_rotary_factor=0.75, rope_scaling=scaling, original_max_position_embeddings=original,
                hidden_size=96, num_attention_heads=3, num_key_value_heads=1, tie_word_embeddings=True, **config)


PHI3_BREAKS = {"all dimensions rotated": {"set": {"partial_rotary_factor": 1.0, "rope_scaling.long_factor":
                                                  factors(1.1, 6.0, 16), "rope_scaling.short_factor":
                                                  factors(1.0, 1.8, 16)}},
               "not scaled": NO_SCALING,
               "attention not scaled": {"set": {"rope_scaling.attention_factor": 1.0}}}
phi3("phi3", dict(num_key_value_heads=4), breaks={"half rotated": {"set": {"partial_rotary_factor": 0.5}}})
phi3("phi3-window", dict(sliding_window=9, hidden_size=72, num_attention_heads=3, num_key_value_heads=3),
     breaks={"no window": NO_WINDOW, "window + 1": {"set": {"sliding_window": 10}}})
phi3("phi3-longrope-short", longrope(48, max_position_embeddings=128), kinds=TIED,
     breaks=PHI3_BREAKS | {"long factors": {"long": True}})
phi3("phi3-longrope-long", longrope(24, max_position_embeddings=64), kinds=TIED, n_prompt=20, n_new=24, long=True,
     breaks=PHI3_BREAKS | {"short factors": {"set": {"rope_scaling.long_factor": factors(1.0, 1.8)}}})


def gemma(name, config, **more):
    plain = dict(hidden_act="gelu", hidden_activation=None, attention_bias=False, tie_word_embeddings=..., head_dim=24,
                 num_key_value_heads=1, rms_norm_eps=1e-6, max_position_embeddings=64)
    add(name, "GemmaForCausalLM", "gemma", plain | config, **more)


# Gates near -3 (see GELU_TAIL) without a bias: from a mean that all embeddings share.
GEMMA_TAIL = GEMMA | {"embedding": [0.22, 0.24], "gate": [-0.08, 0.02], "down": 220.0, "qk": 1.3, "o": 0.8,
                      "final_norm": [-1, 3.5]}
gemma("gemma", {}, kinds=GEMMA_TAIL, breaks={
    "gelu is erf here, too": {"set": {"hidden_act": "gelu_python"}}, "silu": {"set": {"hidden_act": "silu"}},
    "embedding not scaled": {"embed_scale": 1.0}, "norm is w, not 1 + w": {"add": [r"norm\.weight", -1.0]}})
gemma("gemma-tanh", dict(hidden_act="gelu_pytorch_tanh", hidden_activation="gelu_pytorch_tanh", num_key_value_heads=4,
                         head_dim=16, hidden_size=80), kinds=GEMMA,
      breaks={"silu": {"set": {"hidden_act": "silu"}}, "embedding not scaled": {"embed_scale": 1.0}})


def gemma3(name, config, **more):
    plain = dict(hidden_activation="gelu_pytorch_tanh", attention_bias=False, attn_logit_softcapping=None,
                 final_logit_softcapping=None, cache_implementation="hybrid", head_dim=24, query_pre_attn_scalar=24,
                 num_hidden_layers=6, rope_theta=1000000.0, rope_local_base_freq=10000.0, rope_scaling=None,
                 sliding_window=8, sliding_window_pattern=6, tie_word_embeddings=..., rms_norm_eps=1e-6)
    add(name, "Gemma3ForCausalLM", "gemma3_text", plain | config, **more)


def gemma3_breaks(n_layers, window, at=""):
    kinds = {kind: [f"{kind}_attention"] * n_layers for kind in ("full", "sliding")}
    return {"no window": {"set": {f"{at}layer_types": kinds["full"]}},
            "window everywhere": {"set": {f"{at}layer_types": kinds["sliding"]}},
            "window + 1": {"set": {f"{at}sliding_window": window + 1}},
            "qk norms are 1": {"zero": r"[qk]_norm"}, "embedding not scaled": {"embed_scale": 1.0},
            "norm is w, not 1 + w": {"add": [r"norm\.weight", -1.0]}}


# A small base, so that it differs from the other one at these lengths.
BASES = {"theta 10000 in full layers": {"set": {"rope_theta": 10000.0}},
         "theta of full layers everywhere": {"set": {"rope_local_base_freq": 5.0}}}
GEMMA3 = GEMMA | {"embedding": [0, 0.35], "qk_norm": [0.05, 0.4]}
gemma3("gemma3", dict(rope_theta=5.0), kinds=GEMMA3, breaks=gemma3_breaks(6, 8) | BASES)
LINEAR_8 = {"factor": 8.0, "rope_type": "linear"}
gemma3("gemma3-linear", dict(rope_theta=50.0, rope_local_base_freq=10.0, rope_scaling=LINEAR_8, sliding_window=9,
                             hidden_size=72, num_attention_heads=3, num_key_value_heads=1), kinds=GEMMA3,
       breaks={"not scaled": NO_SCALING, "scaled everywhere": {"set": {"rope_parameters": {
           "full_attention": LINEAR_8 | {"rope_theta": 50.0},
           "sliding_attention": LINEAR_8 | {"rope_theta": 10.0}}, "rope_scaling": None}}})
gemma3("gemma3-pattern", dict(query_pre_attn_scalar=8, sliding_window_pattern=2, num_hidden_layers=5,
                              final_logit_softcapping=8.0, rope_theta=20.0), kinds=GEMMA3 | {"qk_norm": [-0.3, 0.4]},
       gguf="llama.cpp takes every sixth layer, and head_dim in all but the 27B model",
       breaks=gemma3_breaks(5, 8) | {"scaled by head_dim": {"set": {"query_pre_attn_scalar": 24}},
                                     "no logits' cap": {"set": {"final_logit_softcapping": None}},
                                     "pattern 6": {"set": {"sliding_window_pattern": 6}}})
SIGLIP = {"model_type": "siglip_vision_model", "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1,
          "num_attention_heads": 2, "image_size": 16, "patch_size": 4, "vision_use_head": False}
# The text part of Gemma 3's own files names only what the class would not fill in.
SPARSE = {key: ... for key in ("num_attention_heads", "num_key_value_heads", "rms_norm_eps", "rope_theta",
                               "tie_word_embeddings", "max_position_embeddings", "bos_token_id", "torch_dtype")}
for naming in ("old", "new"):
    add_nested(f"gemma3-{naming}-names", "Gemma3ForConditionalGeneration", "gemma3",
               SPARSE | dict(model_type="gemma3_text", head_dim=16, sliding_window=8, num_hidden_layers=6),
               dict(boi_token_index=95, eoi_token_index=96, image_token_index=97, mm_tokens_per_image=4,
                    eos_token_id=[1, 99], vision_config=SIGLIP), rename=naming,
               kinds=GEMMA3 | {"qk_norm": [1.4, 0.4]},
               breaks=gemma3_breaks(6, 8, "text_config.") | {
                   "scaled by head_dim": {"set": {"text_config.query_pre_attn_scalar": 16}},
                   "theta 10000 in full layers": {"set": {"text_config.rope_theta": 10000.0}}})


def olmo(name, version, config, **more):
    plain = dict(hidden_act="silu", attention_bias=False, attention_dropout=0.0, rope_scaling=None,
                 rope_theta=500000.0, rms_norm_eps=1e-6)
    add(name, f"Olmo{version}ForCausalLM", f"olmo{version}", plain | config, **more)


OLMO_BREAKS = {"qk norms are 1": {"ones": "[qk]_norm"}, "attention's norm is 1": {"ones": "post_attention_layernorm"},
               "feed-forward's norm is 1": {"ones": "post_feedforward_layernorm"}}
OLMO = {"norm": [0.7, 0.4]}
olmo("olmo2", 2, dict(hidden_size=96, num_attention_heads=6, num_key_value_heads=2), kinds=OLMO, breaks=OLMO_BREAKS)
olmo("olmo2-biases", 2, dict(attention_bias=True, tie_word_embeddings=True), kinds=OLMO | TIED | {"embedding": [0, 0.8]},
     gguf="llama.cpp has no biases there",
     breaks={f"no {p} bias": {"zero": rf"{p}_proj\.bias"} for p in "qkvo"})
OLMO3_YARN = {"attention_factor": 1.2079441541679836, "beta_fast": 32, "beta_slow": 1, "factor": 8.0,
              "original_max_position_embeddings": 16, "rope_type": "yarn"}
olmo("olmo3", 3, dict(rope_scaling=OLMO3_YARN, sliding_window=8, num_key_value_heads=4), kinds=OLMO, breaks={
    "no window": {"set": {"layer_types": ["full_attention"] * 4}},
    "window everywhere": {"set": {"layer_types": ["sliding_attention"] * 4}},
    "window + 1": {"set": {"sliding_window": 9}}, "not scaled": NO_SCALING,
    "scaled everywhere": {"set": {"rope_scaling": None, "rope_parameters": {
        kind: OLMO3_YARN | {"rope_theta": 500000.0} for kind in ("full_attention", "sliding_attention")}}}})
olmo("olmo3-types", 3, dict(sliding_window=11, num_hidden_layers=5, head_dim=24, layer_types=[
    "full_attention", "sliding_attention", "sliding_attention", "full_attention", "sliding_attention"]), kinds=OLMO,
    gguf="llama.cpp derives head_dim",
    breaks={"every fourth": {"set": {"layer_types": None}}})


def granite(name, config, **more):
    plain = dict(hidden_act="silu", attention_bias=False, mlp_bias=False, rope_scaling=None, attention_dropout=0.0,
                 attention_multiplier=0.35, embedding_multiplier=6.0, residual_multiplier=0.4, logits_scaling=4.0)
    add(name, "GraniteForCausalLM", "granite", plain | config, **more)


GRANITE = {"embedding": [0, 0.1], "o": 1.5, "down": 1.5, "qk": 0.9, "head": 8.0}
GRANITE_BREAKS = {"attention by head_dim": {"set": {"attention_multiplier": 0.25}}, **{
    f"no {key}": {"set": {key: 1.0}} for key in ("embedding_multiplier", "residual_multiplier", "logits_scaling")}}
granite("granite", {}, kinds=GRANITE, breaks=GRANITE_BREAKS)
granite("granite-tied", dict(tie_word_embeddings=True, hidden_size=80, num_attention_heads=5, num_key_value_heads=1,
                             logits_scaling=0.5), kinds=GRANITE | {"final_norm": [0.8, 4.0]}, breaks=GRANITE_BREAKS)
granite("granite-biases", dict(attention_bias=True, mlp_bias=True), kinds=GRANITE,
        breaks={f"no {p} bias": {"zero": rf"{p}_proj\.bias"} for p in ("q", "k", "v", "o", "gate", "up", "down")})
