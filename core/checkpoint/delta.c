/* SPDX-License-Identifier: MIT */
#include "delta.h"

#include "alloc.h"
#include "arith.h"

#define COLUMNS 512u /* computed at a time: what they need stays in the first cache */
#define RANKS 4u     /* taken together, so that sums stay in registers */

static const uint8_t *element_at(const struct rft_factor *factor, uint64_t index)
{
    return factor->data + index * rft_dtype_block_bytes(factor->dtype);
}

/* Whether a can be multiplied where it lies. */
static bool is_ready(const struct rft_factor *a, uint64_t n)
{
    const float *values = (const float *)(const void *)a->data;
    uint32_t n_changed = 0;
    if (a->dtype != RFT_DTYPE_F32 || (uintptr_t)a->data % _Alignof(float) != 0)
        return false;
    for (uint64_t i = 0; i < n; i++)
        n_changed |= RFT_BITS(values[i]) ^ RFT_BITS(rft_flush(values[i]));
    return n_changed == 0;
}

/* Makes room for n values, and flushes those that `fill` leaves there. */
static bool expand(struct rft_delta *delta, uint64_t columns, void (*fill)(struct rft_delta *delta, uint64_t columns))
{
    uint64_t n = columns * delta->rank;
    delta->expanded = rft_alloc((size_t)n, sizeof *delta->expanded);
    if (delta->expanded == NULL)
        return false;
    fill(delta, columns);
    for (uint64_t i = 0; i < n; i++)
        delta->expanded[i] = rft_flush(delta->expanded[i]);
    return true;
}

static void fill_plain(struct rft_delta *delta, uint64_t columns)
{
    rft_dtype_to_f32(delta->a.dtype, delta->a.data, columns * delta->rank, delta->expanded);
}

static void fill_transposed(struct rft_delta *delta, uint64_t columns)
{
    for (uint64_t column = 0; column < columns; column++)
        for (uint32_t k = 0; k < delta->rank; k++)
            rft_dtype_to_f32(delta->a.dtype, element_at(&delta->a, column * delta->rank + k), 1,
                             &delta->expanded[k * columns + column]);
}

bool rft_delta_init(struct rft_delta *delta, struct rft_factor a, struct rft_factor b, uint64_t n_rows,
                    uint64_t columns, uint32_t rank, float scale)
{
    *delta = (struct rft_delta){.a = a,
                                .b = b,
                                .b_row_step = rank,
                                .b_rank_step = 1,
                                .n_rows = n_rows,
                                .rank = rank,
                                .scale = rft_flush(scale)};
    return is_ready(&a, columns * rank) || expand(delta, columns, fill_plain);
}

bool rft_delta_init_transposed(struct rft_delta *delta, struct rft_factor a, struct rft_factor b, uint64_t n_rows,
                               uint64_t columns, uint32_t rank, float scale)
{
    *delta = (struct rft_delta){.a = a,
                                .b = b,
                                .b_row_step = 1,
                                .b_rank_step = n_rows,
                                .n_rows = n_rows,
                                .rank = rank,
                                .scale = rft_flush(scale)};
    return expand(delta, columns, fill_transposed);
}

void rft_delta_finish(struct rft_delta *delta)
{
    rft_free(delta->expanded);
    *delta = (struct rft_delta){0};
}

uint64_t rft_delta_heap_bytes(const struct rft_delta *delta, uint64_t columns)
{
    return sizeof *delta + (delta->expanded != NULL ? columns * delta->rank * sizeof *delta->expanded : 0);
}

/* Rank k's row of A as it is multiplied. */
static const float *a_row(const struct rft_delta *delta, uint32_t k, uint64_t columns)
{
    const float *a = delta->expanded != NULL ? delta->expanded : (const float *)(const void *)delta->a.data;
    return a + k * columns;
}

static float b_value(const struct rft_delta *delta, uint64_t row, uint32_t k)
{
    float value;
    rft_dtype_to_f32(delta->b.dtype, element_at(&delta->b, row * delta->b_row_step + k * delta->b_rank_step), 1,
                     &value);
    return rft_flush(value);
}

static void add_one(const float *restrict a, float b, uint32_t n, float *restrict sums)
{
    for (uint32_t i = 0; i < n; i++) {
        float product = b * a[i];
        sums[i] = sums[i] + product;
    }
}

/* Four ranks, ascending: the statements of add_one, four times. */
static void add_four(const float *const a[RANKS], const float b[RANKS], uint32_t n, float *restrict sums)
{
    const float *restrict a0 = a[0], *restrict a1 = a[1], *restrict a2 = a[2], *restrict a3 = a[3];
    const float b0 = b[0], b1 = b[1], b2 = b[2], b3 = b[3];
    for (uint32_t i = 0; i < n; i++) {
        float product = b0 * a0[i];
        float sum = sums[i] + product;
        product = b1 * a1[i];
        sum = sum + product;
        product = b2 * a2[i];
        sum = sum + product;
        product = b3 * a3[i];
        sums[i] = sum + product;
    }
}

static void add_columns(const struct rft_delta *delta, uint64_t row, uint64_t columns, uint64_t column, uint32_t n,
                        float *restrict dst)
{
    float sums[COLUMNS] = {0}, b[RANKS];
    const float *a[RANKS];
    for (uint32_t k = 0; k < delta->rank; k += RANKS) {
        uint32_t n_ranks = delta->rank - k < RANKS ? delta->rank - k : RANKS;
        for (uint32_t i = 0; i < n_ranks; i++) {
            a[i] = a_row(delta, k + i, columns) + column;
            b[i] = b_value(delta, row, k + i);
        }
        if (n_ranks == RANKS)
            add_four(a, b, n, sums);
        else
            for (uint32_t i = 0; i < n_ranks; i++)
                add_one(a[i], b[i], n, sums);
    }
    for (uint32_t i = 0; i < n; i++) {
        float sum = rft_flush(sums[i]);
        float scaled = delta->scale * sum;
        dst[i] = dst[i] + scaled;
    }
}

void rft_delta_add(const struct rft_delta *delta, uint64_t row, uint64_t columns, float *dst)
{
    if (row < delta->row_0 || row - delta->row_0 >= delta->n_rows)
        return;
    for (uint64_t column = 0; column < columns; column += COLUMNS) {
        uint32_t n = (uint32_t)(columns - column < COLUMNS ? columns - column : COLUMNS);
        add_columns(delta, row - delta->row_0, columns, column, n, dst + column);
    }
}
