/* SPDX-License-Identifier: MIT */
/* The residual stream takes the norm of what a matrix product left by itself, and its normed row is prepared for what
 * comes next. A thread block has a row. */
#include "normed.cuh"

/* Sums of 16 squares that lie behind a normed row's elements. */
struct StoredSquares {
    const float *squares;

    RFT_FN_OF_OBJECT float sum(uint32_t i) const
    {
        return squares[i];
    }
};

struct PostNorm {
    const struct rft_args_post_norm &a;
    const uint32_t row;
    const float factor;

    RFT_FN_OF_OBJECT void four(uint32_t quad, float x[4]) const
    {
        float y[4], weight[4];
        load_four(pointer<const float>(a.y) + (size_t)row * a.dim, quad, a.dim, y);
        load_four(pointer<const float>(a.weight), quad, a.dim, weight);
        load_four(pointer<const float>(a.x) + (size_t)row * a.dim, quad, a.dim, x);
        UNROLL
        for (uint32_t i = 0u; i < 4u; i++) {
            float v = rft_normed(y[i], factor, weight[i]);
            if (rft_is_bad(v) != 0u) {
                mark_bad(a.rows, row);
                v = 0.0f;
            }
            v = x[i] + v;
            x[i] = rft_canonical(v);
        }
    }
};

KERNEL(post_norm, post_norm, NORMED_THREADS, 1)
{
    const uint32_t row = block_x();
    (void)parameter;
    if (row >= n_rows_of(a.batch))
        return;
    const StoredSquares squares = {pointer<const float>(a.h) + (size_t)row * RFT_H_WORDS(a.dim) +
                                   RFT_PADDED(a.dim) / 2u};
    const float total = total_of_block(squares, (a.dim + RFT_TILE - 1u) / RFT_TILE);
    const PostNorm elements = {a, row, factor_of(total, a.rows, row, a.inverse_dim_bits, a.eps_bits)};
    store_normed_row(a, row, elements);
}
