/* SPDX-License-Identifier: MIT */
/* The vocabulary, a group of entries at a time: what the kernels that draw tokens have in common. Loops over arrays
 * that compilers turn into vector code; the scalar functions are those of every form. A group begins at a multiple
 * of 16. */
#ifndef RFT_CPU_ENTRIES_H
#define RFT_CPU_ENTRIES_H

#include "form.h"
#include "philox.h"

#define CPU_GROUP 256u /* vocabulary entries at a time, at most */
/* What loops take for n entries: so many that none ends in scalar code. What is past n has no token. */
#define CPU_ENTRIES(n) (((n) + 63u) / 64u * 64u)

/* 1 for the entries that the vocabulary has, from `first`; 0 past n. */
static inline void list_tokens(uint32_t has_token[CPU_GROUP], const uint32_t *mask, uint32_t first, uint32_t n)
{
    const uint32_t shift = first % 32;
    for (uint32_t at = 0; at < CPU_GROUP; at += 32) {
        const uint32_t *words = mask + (first + at) / 32;
        uint32_t bits = at < n ? words[0] >> shift : 0;
        if (shift != 0 && at + 32 - shift < n)
            bits |= words[1] << (32 - shift);
        for (uint32_t i = 0; i < 32; i++)
            has_token[at + i] = bits >> i & 1u;
    }
    for (uint32_t i = n; i < CPU_GROUP; i++)
        has_token[i] = 0;
}

/* Scaled logits. Entries with a bad one are dropped, in is_left, and mark the row if the vocabulary has them. */
static inline void list_scores(float *scores, uint32_t *is_left, const float *logits, const uint32_t *has_token,
                               uint32_t n, struct rft_row *row)
{
    const float inverse_temperature = RFT_FROM_BITS(row->inverse_temperature_bits);
    uint32_t bad = 0;
    for (uint32_t i = 0; i < CPU_ENTRIES(n); i++) {
        uint32_t is_bad = rft_is_bad(logits[i]);
        bad |= is_bad & has_token[i];
        is_left[i] = has_token[i] & (is_bad ^ 1u);
        scores[i] = rft_scaled_logit(is_bad != 0 ? 0.0f : logits[i], inverse_temperature);
    }
    if (bad != 0)
        cpu_mark_bad(row);
}

/* Adds each entry's noise to its score. Two loops, as one's chain of operations is longer than what processors look
 * ahead. */
static inline void add_noise(float *scores, const struct rft_row *row, uint32_t first, uint32_t n)
{
    uint32_t words[CPU_GROUP];
    float exponentials[CPU_GROUP];
    for (uint32_t i = 0; i < CPU_ENTRIES(n) / 4; i++) {
        struct rft_philox r = rft_philox4x32(row->sample_index, row->n_new, first / 4 + i, RFT_PHILOX_DOMAIN_SAMPLE,
                                             row->key0, row->key1);
        words[4 * i] = r.x0;
        words[4 * i + 1] = r.x1;
        words[4 * i + 2] = r.x2;
        words[4 * i + 3] = r.x3;
    }
    for (uint32_t i = 0; i < CPU_ENTRIES(n); i++)
        exponentials[i] = rft_exponential(words[i]);
    for (uint32_t i = 0; i < CPU_ENTRIES(n); i++)
        scores[i] = scores[i] + rft_gumbel_of(exponentials[i]);
}

/* The scores' keys; 0 for entries that are not left. */
static inline void list_keys(uint32_t *keys, const float *scores, const uint32_t *is_left, uint32_t n)
{
    for (uint32_t i = 0; i < CPU_ENTRIES(n); i++)
        keys[i] = rft_sort_key(scores[i]) & (0u - is_left[i]);
}

#endif
