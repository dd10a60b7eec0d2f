/* SPDX-License-Identifier: MIT */
/* The one matrix multiplication behind qkv, residual, gate_up, logits and draw: who takes which tiles, and the loop
 * over the rows of the batch. What an op does with finished dot products is its own (matmul.c, qkv.c, draw.c), and
 * compiled without contraction. */
#ifndef RFT_CPU_MATMUL_H
#define RFT_CPU_MATMUL_H

#include "dot.h"

#define CPU_ITEM_TILES 16u /* weight tiles of one item, at most */
#define CPU_ITEM_OUTPUTS (CPU_ITEM_TILES * RFT_TILE)

/* A packed matrix times the rows of a batch. */
struct cpu_matrix {
    const uint32_t *weight;
    uint32_t n; /* rows of the matrix: results per row of the batch */
    uint32_t k; /* padded */
    uint32_t format;
    uint32_t unit; /* tiles that an item's number is a multiple of: 2, or what makes whole blocks of outputs */
};

/* The rows: their elements and quantised parts. */
struct cpu_rows {
    const uint32_t *words;
    uint32_t n;
    uint32_t stride;    /* words of a row */
    uint32_t quantised; /* the word where its quantised part begins */
};

/* Finished dot products: outputs [first, first + n) of the rows [row_0, row_0 + n_rows) of the batch. */
struct cpu_totals {
    uint32_t first; /* a multiple of 16 */
    uint32_t n;
    uint32_t row_0;
    uint32_t n_rows;     /* at most CPU_COLUMNS_MAX */
    const float *values; /* [tile][row][16] */
};

typedef void (*cpu_finish)(const void *args, const struct cpu_totals *totals);

uint32_t CPU_NAME(cpu_multiply_items)(const struct cpu_matrix *matrix, uint32_t n_workers);
/* One item: `finish` gets all its totals, some rows at a time. */
void CPU_NAME(cpu_multiply)(const struct cpu_matrix *matrix, const struct cpu_rows *x, uint32_t item,
                            struct cpu_worker worker, cpu_finish finish, const void *args);

static inline struct cpu_rows cpu_normed_rows(uint64_t batch, uint64_t h, uint32_t dim)
{
    return (struct cpu_rows){cpu_pointer(h), cpu_n_rows(batch), RFT_H_WORDS(dim), RFT_H_QUANTISED(dim)};
}

/* Normed rows: what their factors are made of. */
struct cpu_norm {
    const uint32_t *h;
    uint32_t dim;
    uint32_t inverse_dim_bits;
    uint32_t eps_bits;
};

/* The factors of n rows, at most CPU_COLUMNS_MAX, from row_0. A row whose squares are bad is marked, or, if
 * only_running, left alone unless it is RUNNING. */
void CPU_NAME(cpu_norm_factors)(const struct cpu_norm *norm, struct rft_row *rows, uint32_t row_0, uint32_t n,
                                bool only_running, float *factors);

/* The row_0 + index'th row's totals, one tile behind the other: in a flat array compilers turn the loops over them into
 * vector code. */
static inline void list_totals(const struct cpu_totals *totals, uint32_t index, float outputs[CPU_ITEM_OUTPUTS])
{
    for (uint32_t at = 0; at < totals->n; at += RFT_TILE)
        memcpy(outputs + at, totals->values + (size_t)at * totals->n_rows + index * RFT_TILE,
               RFT_TILE * sizeof *outputs);
}

/* The same, each times the row's factor. */
static inline void list_scaled(const struct cpu_totals *totals, uint32_t index, float factor,
                               float outputs[CPU_ITEM_OUTPUTS])
{
    const uint32_t n = totals->n;
    list_totals(totals, index, outputs);
    for (uint32_t i = 0; i < n; i++)
        outputs[i] = rft_scaled_sum(outputs[i], factor);
}

/* Adds the bias, if there is one, to a row's totals. */
static inline void add_bias(float *outputs, uint64_t bias, const struct cpu_totals *totals)
{
    if (bias == 0)
        return;
    const float *of_totals = (const float *)cpu_pointer(bias) + totals->first;
    for (uint32_t i = 0; i < totals->n; i++)
        outputs[i] = outputs[i] + of_totals[i];
}

/* Takes paired rows a0 a1 b0 b1 a2 a3 b2 b3 ... apart: n / 2 each, n a multiple of 4. */
static inline void split_pairs(const float *restrict pairs, uint32_t n, float *restrict a, float *restrict b)
{
    for (size_t i = 0; i < n / 4; i++) {
        a[2 * i] = pairs[4 * i];
        a[2 * i + 1] = pairs[4 * i + 1];
        b[2 * i] = pairs[4 * i + 2];
        b[2 * i + 1] = pairs[4 * i + 3];
    }
}

#endif
