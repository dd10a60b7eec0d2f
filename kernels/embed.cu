/* SPDX-License-Identifier: MIT */
/* The embedding of each row's token, and its normed row. A thread block has a row. */
#include "normed.cuh"

struct Embedding {
    const struct rft_args_embed &a;
    const uint32_t entry;

    RFT_FN_OF_OBJECT void four(uint32_t quad, float x[4]) const
    {
        const uint32_t *words = pointer<const uint32_t>(a.weight) +
                                (size_t)(entry / RFT_TILE) * (RFT_PADDED(a.dim) / 2u * RFT_TILE) + entry % RFT_TILE +
                                quad * (2u * RFT_TILE);
        const uint32_t low = words[0], high = words[RFT_TILE];
        const float scale = RFT_FROM_BITS(a.scale_bits);
        x[0] = rft_low_bf16(low) * scale;
        x[1] = rft_high_bf16(low) * scale;
        x[2] = rft_low_bf16(high) * scale;
        x[3] = rft_high_bf16(high) * scale;
    }
};

KERNEL(embed, embed, NORMED_THREADS, 1)
{
    const uint32_t row = block_x();
    (void)parameter;
    if (row >= n_rows_of(a.batch))
        return;
    const uint32_t entry = row_of(a.rows, row)->token - a.first;
    if (entry >= a.n)
        return;
    const Embedding elements = {a, entry};
    store_normed_row(a, row, elements);
}
