/* SPDX-License-Identifier: MIT */
/* Entries of the vocabulary, as the plain kernels that draw tokens see them. */
#ifndef RFT_CPU_VOCABULARY_H
#define RFT_CPU_VOCABULARY_H

#include "cpu.h"
#include "philox.h"

static inline bool has_token(const uint32_t *mask, uint32_t id)
{
    return (mask[id / 32] >> (id % 32) & 1u) != 0;
}

/* The random word of vocabulary entry id, for the token that the row is about to draw. */
static inline uint32_t random_word(const struct rft_row *row, uint32_t id)
{
    struct rft_philox r =
        rft_philox4x32(row->sample_index, row->n_new, id / 4, RFT_PHILOX_DOMAIN_SAMPLE, row->key0, row->key1);
    return id % 4 == 0 ? r.x0 : id % 4 == 1 ? r.x1 : id % 4 == 2 ? r.x2 : r.x3;
}

#endif
