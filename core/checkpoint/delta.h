/* SPDX-License-Identifier: MIT */
/* What a low-rank adapter adds to a matrix: scale * B A (Hu et al., LoRA, 2021), row by row and always with the same
 * bits (docs/arithmetic.md, "Adapters"). */
#ifndef RFT_DELTA_H
#define RFT_DELTA_H

#include "dtype.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One of the two factors, where it lies in a file. */
struct rft_factor {
    enum rft_dtype dtype; /* F32, F16 or BF16 */
    const uint8_t *data;
    uint64_t bytes;
};

struct rft_delta {
    struct rft_factor a, b; /* as they are in the file: hashed */
    float *expanded;        /* [rank][columns] a as f32, flushed; NULL: a itself is that. Owned */
    uint64_t b_row_step;    /* b's element of row r and rank k is r * b_row_step + k * b_rank_step */
    uint64_t b_rank_step;
    uint64_t row_0, n_rows; /* the rows of the matrix that B's rows are added to */
    uint32_t rank;
    float scale; /* below 2^60 in magnitude */
};

/* B A on rows [0, n_rows): b [n_rows][rank], a [rank][columns]. Makes `expanded` where a is not f32 or holds values
 * below 2^-50: it is read for every row. false when memory is short. */
bool rft_delta_init(struct rft_delta *delta, struct rft_factor a, struct rft_factor b, uint64_t n_rows,
                    uint64_t columns, uint32_t rank, float scale);
/* The same for the transposed product, as an embedding's factors are kept: b [rank][n_rows], a [columns][rank]. */
bool rft_delta_init_transposed(struct rft_delta *delta, struct rft_factor a, struct rft_factor b, uint64_t n_rows,
                               uint64_t columns, uint32_t rank, float scale);
void rft_delta_finish(struct rft_delta *delta);

/* Bytes of the heap that it holds. */
uint64_t rft_delta_heap_bytes(const struct rft_delta *delta, uint64_t columns);

/* Adds the delta's part to one row of the matrix. */
void rft_delta_add(const struct rft_delta *delta, uint64_t row, uint64_t columns, float *dst);

#endif
