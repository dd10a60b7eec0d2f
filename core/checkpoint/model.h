/* SPDX-License-Identifier: MIT */
/* Dimensions of a Llama-architecture model. */
#ifndef RFT_MODEL_H
#define RFT_MODEL_H

#include <stdbool.h>
#include <stdint.h>

struct rft_model_config {
    uint32_t n_layers;
    uint32_t dim;           /* hidden_size */
    uint32_t n_heads;
    uint32_t n_kv_heads;    /* divides n_heads */
    uint32_t head_dim;      /* even, at most 256 */
    uint32_t ffn_dim;       /* intermediate_size */
    uint32_t vocab_size;
    uint32_t n_positions;   /* max_position_embeddings */
    float norm_eps;
    bool tied;              /* the head is the embedding */
    double rope_theta;
    bool rope_llama3;       /* the four below are rope_scaling of type "llama3" */
    double rope_factor;
    double rope_low_freq_factor;
    double rope_high_freq_factor;
    double rope_original_positions;
};

/* Fills cos_sin [n_positions][head_dim / 2][2] f32 (cos, then sin), computed in double without libm, each rounded once. */
void rft_rope_table(const struct rft_model_config *config, uint32_t n_positions, float *cos_sin);

#endif
