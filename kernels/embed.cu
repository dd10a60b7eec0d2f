/* SPDX-License-Identifier: MIT */
/* The embedding of each row's token, and its normed row. A thread block has a row. */
#include "integers.cuh"
#include "normed.cuh"

struct Embedding {
    const struct rft_args_embed &a;
    const uint32_t entry;

    RFT_FN_OF_OBJECT void four(uint32_t quad, float x[4]) const
    {
        if (a.format != RFT_FORMAT_BF16)
            four_integers(quad, x);
        else
            four_bf16(quad, x);
    }

  private:
    RFT_FN_OF_OBJECT void four_bf16(uint32_t quad, float x[4]) const
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
    /* The quad's row in its tile is one of four that are read together. */
    RFT_FN_OF_OBJECT void four_integers(uint32_t quad, float x[4]) const
    {
        const uint32_t block = quad / 16u, in_block = quad % 16u, row = entry % 4u;
        const Format f = format_of(a.format);
        const Quad *tile = tile_of(a.weight, a.format, a.dim, entry / RFT_TILE, entry % RFT_TILE / 4u);
        const Block weights = block_of(tile, a.format, f, block);
        const Eight eight = load_and_widen(weights, f.bits, in_block / 2u);
        const Scales s = load_scales(weights, f, in_block / 4u);
        uint32_t bytes = 0u;
        float scale = 0.0f, minimum = 0.0f;
        UNROLL
        for (uint32_t i = 0u; i < 4u; i++) {
            bytes = i == row ? eight.v[in_block % 2u][i] : bytes;
            scale = i == row ? s.scale[i] : scale;
            minimum = i == row ? s.minimum[i] : minimum;
        }
        UNROLL
        for (uint32_t i = 0u; i < 4u; i++) {
            const int32_t integer = (int32_t)(int8_t)(bytes >> (i * 8u) & 0xffu) - (int32_t)f.zero;
            float v = scale * (float)integer;
            if (f.has_minima)
                v = v + minimum;
            v = rft_flush(v);
            x[i] = v * RFT_FROM_BITS(a.scale_bits);
        }
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
