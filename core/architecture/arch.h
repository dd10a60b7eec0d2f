/* SPDX-License-Identifier: MIT */
/* The architectures that are supported, a row each: what sets them apart, as data. A reader of either container finds
 * its row by name and fills in a description (model.h) from it and from the file; behind that, nobody asks for the
 * name. Sources: the configuration and modeling files of transformers 5 (github.com/huggingface/transformers) and, for
 * GGUF, llama.cpp's loader (github.com/ggml-org/llama.cpp). */
#ifndef RFT_ARCH_H
#define RFT_ARCH_H

#include "model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which layers have the window of config.json's sliding_window. */
enum rft_window_rule {
    RFT_WINDOW_NONE,    /* none: the key is not the class's */
    RFT_WINDOW_ALL,     /* all, unless it is null */
    RFT_WINDOW_TYPES,   /* those of layer_types; without them all but every window_pattern-th */
    RFT_WINDOW_SWITCHED /* the same, if use_sliding_window is true; without layer_types those from max_window_layers on,
                           or (SmolLM3) those without RoPE */
};

/* What scores are multiplied by. */
enum rft_scale_rule {
    RFT_SCALE_HEAD_DIM,  /* 1 / sqrt(head_dim) */
    RFT_SCALE_SCALAR,    /* 1 / sqrt(query_pre_attn_scalar) */
    RFT_SCALE_MULTIPLIER /* attention_multiplier */
};

/* What the class takes for keys that config.json leaves out. 0: required, or what the comment says. */
struct rft_arch_defaults {
    uint32_t vocab_size, dim, ffn_dim, n_layers, n_heads;
    uint32_t n_kv_heads; /* 0: n_heads */
    uint32_t head_dim;   /* 0: dim / n_heads */
    uint32_t n_positions;
    double norm_eps, rope_theta;
    double local_rope_theta; /* of layers with a window; 0: they are rotated as the others */
    bool tied;
    uint32_t window;         /* sliding_window; 0: null */
    uint32_t window_pattern; /* 0: all layers */
    double query_scalar;
    uint32_t original_positions; /* original_max_position_embeddings, which wins over one inside; 0: no such default */
    double score_cap, logit_cap;
};

struct rft_arch {
    const char *model_type;  /* config.json */
    const char *class_name;  /* config.json's architectures */
    const char *gguf;        /* general.architecture; NULL: the converter knows none */
    const char *if_typed;    /* model_type of the row that it is of if config.json has layer_types; NULL: its own */
    const char *if_windowed; /* model_type of the row that it is of if a GGUF file has a window; NULL: its own */
    uint32_t parts;          /* enum rft_part: always there */
    uint32_t bias_parts;     /* what attention_bias = true adds; 0: the class knows no such key */
    bool has_mlp_bias_key;
    bool has_gelu;       /* the default activation: GELU in the form with tanh, else SiLU */
    const char *act_key; /* the key that is asked for another one */
    bool has_gelu_alias; /* "gelu" means the form with tanh, too */
    enum rft_window_rule window_rule;
    enum rft_scale_rule scale_rule;
    bool has_scaled_embedding;   /* by sqrt(dim) */
    bool has_multipliers;        /* Granite's four */
    bool has_logit_caps;         /* final_logit_softcapping ... */
    bool has_score_caps;         /* ... and attn_logit_softcapping are applied */
    bool has_partial_rotary;     /* partial_rotary_factor is honoured */
    bool has_long_rope;          /* rope_type longrope is known ... */
    bool has_other_ropes;        /* ... and linear, dynamic, llama3 and yarn are */
    bool has_rope_per_type;      /* rope_parameters has an entry for each type of layer */
    bool has_old_layer_keys;     /* sliding_window_pattern and rope_local_base_freq are its keys */
    bool has_query_scale;        /* llama_4_scaling_beta */
    const char *default_rope;    /* rope_parameters where there are none, as JSON; NULL: the plain ones */
    bool has_unrotated_layers;   /* no_rope_layers, no_rope_layer_interval */
    bool has_window_in_gguf;     /* GGUF files have its window: converters drop others' */
    bool is_permuted_in_gguf;    /* rows of q and k, as llama.cpp's rotation of neighbours wants them */
    struct rft_arch_defaults of; /* config.json's */
};

extern const struct rft_arch rft_archs[];
extern const uint32_t rft_n_archs;

/* By model_type, by class name, by GGUF's name (the first of those that share it); NULL if there is none. n: bytes of
 * the name. */
const struct rft_arch *rft_arch_of_type(const char *name, size_t n);
const struct rft_arch *rft_arch_of_class(const char *name, size_t n);
const struct rft_arch *rft_arch_of_gguf(const char *name, size_t n);

/* "llama, mistral, ...": what an error says is supported. text: of the caller's. */
#define RFT_ARCH_LIST_BYTES 512
void rft_arch_list(bool gguf, char text[RFT_ARCH_LIST_BYTES]);

#endif
