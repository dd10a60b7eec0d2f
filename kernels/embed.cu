/* SPDX-License-Identifier: MIT */
/* The embedding of each row's token, and its normed row. A thread block has a row, a thread 16 neighbouring elements,
 * whose squares it adds. */
#include "common.cuh"

RFT_FN void embed_elements(const struct rft_args_embed &a, uint32_t row, uint32_t entry, uint32_t first)
{
    const uint32_t *weight = pointer<const uint32_t>(a.weight) +
                             (size_t)(entry / RFT_TILE) * (RFT_PADDED(a.dim) / 2u * RFT_TILE) + entry % RFT_TILE;
    const float *norm = pointer<const float>(a.norm);
    float *x = pointer<float>(a.x) + (size_t)row * a.dim;
    uint32_t *h = pointer<uint32_t>(a.h) + (size_t)row * RFT_H_WORDS(a.dim);
    float sum = 0.0f;
    for (uint32_t i = first; i < least(first + RFT_TILE, a.dim); i += 2u) {
        const uint32_t word = weight[i / 2u * RFT_TILE];
        const bool has_high = i + 1u < a.dim;
        float low = rft_low_bf16(word), high = 0.0f;
        x[i] = low;
        low = rft_flush(low);
        float square = low * low;
        sum = sum + square;
        low = low * norm[i];
        if (has_high) {
            high = rft_high_bf16(word);
            x[i + 1u] = high;
            high = rft_flush(high);
            square = high * high;
            sum = sum + square;
            high = high * norm[i + 1u];
        }
        h[i / 2u] = pair_or_mark(low, high, a.rows, row);
    }
    h[RFT_PADDED(a.dim) / 2u + first / RFT_TILE] = RFT_BITS(sum);
}

KERNEL(embed, embed, EMBED_THREADS, 8)
{
    const uint32_t row = block_x();
    (void)parameter;
    if (row >= n_rows_of(a.batch))
        return;
    const uint32_t entry = row_of(a.rows, row)->token - a.first;
    if (entry >= a.n)
        return;
    for (uint32_t first = thread_index() * RFT_TILE; first < a.dim; first += n_threads() * RFT_TILE)
        embed_elements(a, row, entry, first);
}
