/* SPDX-License-Identifier: MIT */
/* The description of a model, in full: what decode.c makes a program of. Whatever sets one architecture apart from
 * another is a value here; nothing behind this header knows an architecture's name. */
#ifndef RFT_MODEL_H
#define RFT_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define RFT_LAYERS_MAX 1024u
#define RFT_PAIRS_MAX 128u /* of a head: half of RFT_HEAD_DIM_MAX (op_args.h) */

/* Parts that a layer has beside, or instead of, Llama's. */
enum rft_part {
    RFT_PART_QKV_BIAS = 1 << 0,
    RFT_PART_O_BIAS = 1 << 1,
    RFT_PART_MLP_BIAS = 1 << 2,      /* gate, up, down */
    RFT_PART_QK_NORM = 1 << 3,       /* RMSNorm of each head of q and k, before they are rotated ... */
    RFT_PART_QK_NORM_WIDE = 1 << 4,  /* ... or of all heads of q, and of all of k, together */
    RFT_PART_POST_NORMS = 1 << 5,    /* norms behind the attention and behind the MLP */
    RFT_PART_NO_PRE_NORMS = 1 << 6,  /* none in front of them */
    RFT_PART_NORM_PLUS_ONE = 1 << 7, /* norms multiply by 1 + what the file holds */
    RFT_PART_FUSED_QKV = 1 << 8,     /* q, k and v are the rows of one tensor ... */
    RFT_PART_FUSED_GATE_UP = 1 << 9, /* ... and so are gate and up */
};

/* By what a layer's queries and keys are rotated. */
enum rft_rope_set { RFT_ROPE_MAIN, RFT_ROPE_LOCAL, RFT_ROPE_NONE, RFT_ROPE_SETS };
/* LongRoPE has two sets of factors, one for samples that stay within the original context and one for longer ones. */
enum rft_rope_span { RFT_ROPE_SHORT, RFT_ROPE_LONG, RFT_ROPE_SPANS };
#define RFT_ROPE_TABLES (RFT_ROPE_SETS * RFT_ROPE_SPANS)

/* Every field, with the type it has: the struct is made of this list, and so is the fingerprint of a run, which
 * therefore cannot miss one. FLAG is a bool; U8S and F64S are arrays. Scales of 0 are those of a plain model. */
#define RFT_MODEL_FIELDS(U32, F32, F64, FLAG, U8S, F64S)                                                               \
    U32(n_layers)                                                                                                      \
    U32(dim) /* hidden_size */                                                                                         \
    U32(n_heads)                                                                                                       \
    U32(n_kv_heads) /* divides n_heads */                                                                              \
    U32(head_dim)   /* a multiple of 8, at most 256 */                                                                 \
    U32(ffn_dim)    /* intermediate_size */                                                                            \
    U32(vocab_size)                                                                                                    \
    U32(n_positions) /* max_position_embeddings */                                                                     \
    U32(parts)       /* enum rft_part */                                                                               \
    U32(act)         /* RFT_ACT_* (op_args.h) */                                                                       \
    U32(window)      /* keys that a query of a layer with a window sees, itself among them */                          \
    F32(norm_eps)                                                                                                      \
    FLAG(tied)           /* the head is the embedding */                                                               \
    F64(embedding_scale) /* embeddings are multiplied by it; 0: 1 */                                                   \
    F64(residual_scale)  /* what a layer adds to the stream is multiplied by it; 0: 1 */                               \
    F64(logit_scale)     /* logits are multiplied by it; 0: 1 */                                                       \
    F64(attention_scale) /* scores are multiplied by it; 0: 1 / sqrt(head_dim) */                                      \
    F64(score_cap)       /* scores become cap tanh(score / cap); 0: they stay */                                       \
    F64(logit_cap)       /* the same of logits */                                                                      \
    U32(n_rotated)       /* dimensions of a head that are rotated, from the first; even */                             \
    FLAG(has_long_rope)  /* RFT_ROPE_LONG is used ... */                                                               \
    U32(rope_original)   /* ... by samples that may become longer than this */                                         \
    F64(query_beta)   /* queries are multiplied by 1 + beta ln(1 + floor(position / period)); 0: they stay */          \
    F64(query_period)                                                                                                  \
    U8S(is_windowed, RFT_LAYERS_MAX) /* by layer: 1 or 0 */                                                            \
    U8S(rope_set, RFT_LAYERS_MAX)    /* by layer: enum rft_rope_set */                                                 \
    F64S(rope_scale, RFT_ROPE_TABLES) /* of cos and sin; 0: 1 */                                                       \
    F64S(frequencies, RFT_ROPE_TABLES *RFT_PAIRS_MAX) /* [set][span][pair] radians a position */

#define RFT_MODEL_U32(name) uint32_t name;
#define RFT_MODEL_F32(name) float name;
#define RFT_MODEL_F64(name) double name;
#define RFT_MODEL_FLAG(name) bool name;
#define RFT_MODEL_U8S(name, n) uint8_t name[n];
#define RFT_MODEL_F64S(name, n) double name[n];
struct rft_model_config {
    RFT_MODEL_FIELDS(RFT_MODEL_U32, RFT_MODEL_F32, RFT_MODEL_F64, RFT_MODEL_FLAG, RFT_MODEL_U8S, RFT_MODEL_F64S)
};
#undef RFT_MODEL_U32
#undef RFT_MODEL_F32
#undef RFT_MODEL_F64
#undef RFT_MODEL_FLAG
#undef RFT_MODEL_U8S
#undef RFT_MODEL_F64S

static inline bool rft_model_has(const struct rft_model_config *config, enum rft_part part)
{
    return (config->parts & (uint32_t)part) != 0;
}

/* The frequencies of a set and span: [RFT_PAIRS_MAX], n_rotated / 2 of which count. */
static inline double *rft_model_frequencies(struct rft_model_config *config, enum rft_rope_set set,
                                            enum rft_rope_span span)
{
    return config->frequencies + ((uint32_t)set * RFT_ROPE_SPANS + (uint32_t)span) * RFT_PAIRS_MAX;
}

#endif
