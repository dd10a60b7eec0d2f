/* SPDX-License-Identifier: MIT */
/* The table of rotary position embeddings (Su et al. 2021), scaled as Llama 3 does where the model asks for it:
 * by the numbers of its configuration, or by the factors that a GGUF file has made of them. */
#ifndef RFT_ROPE_H
#define RFT_ROPE_H

#include "model.h"

/* Fills cos_sin [n_positions][head_dim / 2][2] f32 (cos, then sin), computed in double without libm, each rounded
 * once. factors [head_dim / 2], each at least 1, divide the frequencies; NULL for none. For n_positions up to 2^20 the
 * error before the last rounding is below 2^-45 (docs/arithmetic.md). */
void rft_rope_table(const struct rft_model_config *config, const float *factors, uint32_t n_positions, float *cos_sin);

#endif
