/* SPDX-License-Identifier: MIT */
/* The tables of rotary position embeddings (Su et al. 2021), from the frequencies of a model's description. */
#ifndef RFT_ROPE_H
#define RFT_ROPE_H

#include "model.h"

/* Fills cos_sin [n_spans][n_positions][head_dim / 2][2] f32 (cos, then sin) for the layers of a set, n_spans being 2 if
 * the model has_long_rope, else 1; computed in double without libm, each rounded once. Pairs that are not rotated have
 * (1, 0). is_query: with the factor of the queries' position. For n_positions up to 2^20 the error before the last
 * rounding is below 2^-45 of 1 (docs/arithmetic.md). */
void rft_rope_table(const struct rft_model_config *config, enum rft_rope_set set, bool is_query, uint32_t n_positions,
                    float *cos_sin);

#endif
