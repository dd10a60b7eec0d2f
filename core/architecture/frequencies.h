/* SPDX-License-Identifier: MIT */
/* How RoPE is stretched beyond the context that a model was trained with: from the numbers of a configuration to the
 * frequencies of its description. */
#ifndef RFT_FREQUENCIES_H
#define RFT_FREQUENCIES_H

#include <stdbool.h>
#include <stdint.h>

enum rft_rope_kind {
    RFT_ROPE_PLAIN,
    RFT_ROPE_LINEAR, /* Chen et al. 2023: positions divided by the factor */
    RFT_ROPE_LLAMA3, /* long waves slowed by the factor, short ones not, those between blended */
    RFT_ROPE_YARN    /* Peng et al. 2023: the same by dimension, and scores sharpened */
};

struct rft_rope_scaling {
    enum rft_rope_kind kind;
    double theta; /* base, at least 1 */
    double factor;
    double original_positions; /* the context that the model was trained with: Llama 3, YaRN */
    double low_freq_factor, high_freq_factor; /* Llama 3: turns within that context below and above which ... */
    double beta_fast, beta_slow;              /* YaRN: turns, above and below which ... */
    bool is_untruncated;                      /* YaRN: the borders stay between whole dimensions */
};

/* frequencies[i], i < n_rotated / 2: radians a position, from theta^(-2 i / n_rotated). */
void rft_rope_frequencies(const struct rft_rope_scaling *scaling, uint32_t n_rotated, double *frequencies);

/* YaRN's factor of cos and sin for a stretching by `factor`: 0.1 m ln(factor) + 1 above 1. */
double rft_yarn_scale(double factor, double m);

#endif
