/* SPDX-License-Identifier: MIT */
/* Activation rows quantised: a thread block has a row, a thread a block of 32 elements at a time. */
#include "common.cuh"

RFT_FN uint32_t greater_magnitude(uint32_t most, uint32_t word)
{
    return greatest(most, greatest((word << 16) & 0x7fffffffu, word & 0x7fff0000u));
}

/* Four integers in the bytes of a word, from two words of bf16; their sum is added. */
RFT_FN uint32_t bytes_of(uint32_t low, uint32_t high, float factor, int32_t &sum)
{
    const int32_t i0 = rft_quantised(rft_low_bf16(low), factor), i1 = rft_quantised(rft_high_bf16(low), factor);
    const int32_t i2 = rft_quantised(rft_low_bf16(high), factor), i3 = rft_quantised(rft_high_bf16(high), factor);
    sum += i0 + i1 + i2 + i3;
    return ((uint32_t)i0 & 0xffu) | ((uint32_t)i1 & 0xffu) << 8 | ((uint32_t)i2 & 0xffu) << 16 | (uint32_t)i3 << 24;
}

KERNEL(quantise, quantise, QUANTISE_THREADS, 1)
{
    const uint32_t row = block_x();
    (void)parameter;
    if (row >= n_rows_of(a.batch))
        return;
    Quad *x = pointer<Quad>(a.x) + (size_t)row * (a.stride / 4u), *quantised = x + a.quantised / 4u;
    for (uint32_t block = thread_index(); block < RFT_PADDED(a.k) / RFT_QUANT_BLOCK; block += n_threads()) {
        Quad words[4];
        uint32_t most = 0u;
        int32_t sums[2] = {0, 0};
        UNROLL
        for (uint32_t i = 0u; i < 4u; i++) {
            words[i] = x[block * 4u + i];
            most = greater_magnitude(greater_magnitude(most, words[i].x), words[i].y);
            most = greater_magnitude(greater_magnitude(most, words[i].z), words[i].w);
        }
        const float factor = rft_quantised_factor(RFT_FROM_BITS(most)),
                    scale = rft_quantised_scale(RFT_FROM_BITS(most));
        UNROLL
        for (uint32_t i = 0u; i < 2u; i++) {
            const Quad a0 = words[2u * i], a1 = words[2u * i + 1u];
            quantised[block * 2u + i] =
                Quad{bytes_of(a0.x, a0.y, factor, sums[i]), bytes_of(a0.z, a0.w, factor, sums[i]),
                     bytes_of(a1.x, a1.y, factor, sums[i]), bytes_of(a1.z, a1.w, factor, sums[i])};
        }
        const float sum = (float)(sums[0] + sums[1]);
        const float scaled_sum = scale * sum;
        quantised[RFT_PADDED(a.k) / 16u + block] =
            Quad{RFT_BITS(scale), RFT_BITS(scaled_sum), (uint32_t)sums[0], (uint32_t)sums[1]};
    }
}
