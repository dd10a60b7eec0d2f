/* SPDX-License-Identifier: MIT */
/* The dot products of matmul and attention, which stand apart because they are compiled with contraction (dot.c). */
#ifndef RFT_CPU_DOT_H
#define RFT_CPU_DOT_H

#include "form.h"

#define CPU_TILES_AT_ONCE 4u /* at most */

/* totals[tile][column][16] = weight . column, for packed tiles of k elements, a multiple of 64, and 1 to CPU_COLUMNS
 * columns. There must be room for CPU_TILES_AT_ONCE - 1 tiles more; what is written there means nothing. */
void CPU_NAME(cpu_dot_tiles)(const uint32_t *weight, uint32_t k, uint32_t n_tiles, const uint16_t *const *columns,
                             uint32_t n_columns, cpu_f32 *totals);

/* Keys of one kv head that follow each other in pages: a prompt's, or a sample's own. Both sums below take them in
 * blocks of 64 from the first. */
struct cpu_keys {
    const uint32_t *table; /* page of keys [16 i, 16 i + 16) */
    const uint32_t *pages; /* of this kv head: K, then V */
    size_t page_words;     /* from a page to the next */
    uint32_t n;
};

/* scores[column][key] = q[column] . k[key]. scores_stride: from a column to the next. */
void CPU_NAME(cpu_dot_keys)(const struct cpu_keys *keys, const uint16_t *const *q, uint32_t n_columns,
                            uint32_t head_dim, float *scores, size_t scores_stride);

/* totals[column][i] += sums over blocks of keys of weights[column][key] v[key][i]. */
void CPU_NAME(cpu_dot_values)(const struct cpu_keys *keys, const float *weights, size_t weights_stride,
                              uint32_t n_columns, uint32_t head_dim, float *totals);

#endif
