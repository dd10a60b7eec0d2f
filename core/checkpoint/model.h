/* SPDX-License-Identifier: MIT */
/* Dimensions of a Llama-architecture model. */
#ifndef RFT_MODEL_H
#define RFT_MODEL_H

#include <stdbool.h>
#include <stdint.h>

/* Every field, with the type it has: the struct is made of this list, and so is the fingerprint of a run, which
 * therefore cannot miss one. FLAG is a bool. */
#define RFT_MODEL_FIELDS(U32, F32, F64, FLAG)                                                                          \
    U32(n_layers)                                                                                                      \
    U32(dim) /* hidden_size */                                                                                         \
    U32(n_heads)                                                                                                       \
    U32(n_kv_heads) /* divides n_heads */                                                                              \
    U32(head_dim)   /* even, at most 256 */                                                                            \
    U32(ffn_dim)    /* intermediate_size */                                                                            \
    U32(vocab_size)                                                                                                    \
    U32(n_positions) /* max_position_embeddings */                                                                     \
    F32(norm_eps)                                                                                                      \
    FLAG(tied) /* the head is the embedding */                                                                         \
    F64(rope_theta)                                                                                                    \
    FLAG(rope_llama3) /* the four below are rope_scaling of type "llama3" */                                           \
    F64(rope_factor)                                                                                                   \
    F64(rope_low_freq_factor)                                                                                          \
    F64(rope_high_freq_factor)                                                                                         \
    F64(rope_original_positions)

#define RFT_MODEL_U32(name) uint32_t name;
#define RFT_MODEL_F32(name) float name;
#define RFT_MODEL_F64(name) double name;
#define RFT_MODEL_FLAG(name) bool name;
struct rft_model_config {
    RFT_MODEL_FIELDS(RFT_MODEL_U32, RFT_MODEL_F32, RFT_MODEL_F64, RFT_MODEL_FLAG)
};
#undef RFT_MODEL_U32
#undef RFT_MODEL_F32
#undef RFT_MODEL_F64
#undef RFT_MODEL_FLAG

#endif
