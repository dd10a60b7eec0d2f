/* SPDX-License-Identifier: MIT */
/* The quantised parts of rows (op_args.h), made by those who wrote the rows. */
#ifndef RFT_QUANTISED_CUH
#define RFT_QUANTISED_CUH

#include "common.cuh"

/* Rows of k elements: address, words of each, and the word where its quantised part begins. */
struct QuantisedRows {
    uint64_t address;
    uint32_t words, quantised, k;
};

RFT_FN QuantisedRows activation_rows(uint64_t y, uint32_t k)
{
    return QuantisedRows{y, RFT_ROW_WORDS(k), RFT_ROW_QUANTISED(k), k};
}

RFT_FN QuantisedRows normed_rows(uint64_t h, uint32_t dim)
{
    return QuantisedRows{h, RFT_H_WORDS(dim), RFT_H_QUANTISED(dim), dim};
}

RFT_FN uint32_t n_quant_blocks(uint32_t k)
{
    return (k + RFT_QUANT_BLOCK - 1u) / RFT_QUANT_BLOCK;
}

RFT_FN uint32_t greater_magnitude(uint32_t most, uint32_t word)
{
    return greatest(most, greatest((word << 16) & 0x7fffffffu, word & 0x7fff0000u));
}

/* Four integers in the bytes of a word, from two words of bf16, and their sum. */
RFT_FN uint32_t bytes_of(const Words<2> &four, float factor, uint32_t &sum)
{
    const int32_t i0 = rft_quantised(rft_low_bf16(four.v[0]), factor),
                  i1 = rft_quantised(rft_high_bf16(four.v[0]), factor),
                  i2 = rft_quantised(rft_low_bf16(four.v[1]), factor),
                  i3 = rft_quantised(rft_high_bf16(four.v[1]), factor);
    sum = (uint32_t)(i0 + i1 + i2 + i3);
    return ((uint32_t)i0 & 0xffu) | ((uint32_t)i1 & 0xffu) << 8 | ((uint32_t)i2 & 0xffu) << 16 | (uint32_t)i3 << 24;
}

#define QUANT_THREADS (RFT_QUANT_BLOCK / 4u) /* that share a block, so that nobody waits long for it */

/* Quantises n blocks of 32 elements, from the block `first` on, of n_rows rows: rows list[0], list[1] ..., or, where
 * there is no list, from first_row on. Blocks that hold no element are left out. By all threads of the thread block,
 * behind a barrier if they wrote the elements. */
RFT_FN void quantise_blocks(const QuantisedRows &rows, uint32_t first, uint32_t n, const uint32_t *list,
                            uint32_t first_row, uint32_t n_rows)
{
    NO_UNROLL /* all threads go round equally often, since whole warps shuffle */
    for (uint32_t begin = 0u; begin < n * n_rows * QUANT_THREADS; begin += n_threads()) {
        const uint32_t i = (begin + thread_index()) / QUANT_THREADS, part = thread_index() % QUANT_THREADS;
        const uint32_t block = first + i % n, of_rows = i / n;
        const bool is_used = of_rows < n_rows && block * RFT_QUANT_BLOCK < rows.k;
        uint32_t *row = pointer<uint32_t>(rows.address);
        Words<2> four = {{0u, 0u}};
        if (is_used) {
            row += (size_t)(list != nullptr ? list[of_rows] : first_row + of_rows) * rows.words;
            four = reinterpret_cast<const Words<2> *>(row)[block * QUANT_THREADS + part];
        }
        uint32_t most = greater_magnitude(greater_magnitude(0u, four.v[0]), four.v[1]), sum;
        UNROLL
        for (uint32_t mask = QUANT_THREADS / 2u; mask != 0u; mask = mask / 2u)
            most = greatest(most, shuffle_xor(most, mask));
        const uint32_t bytes = bytes_of(four, rft_quantised_factor(RFT_FROM_BITS(most)), sum);
        sum += shuffle_xor(sum, 1u);
        sum += shuffle_xor(sum, 2u);
        const uint32_t other_sum = shuffle_xor(sum, 4u); /* of the other sixteen */
        const float scale = rft_quantised_scale(RFT_FROM_BITS(most)),
                    scaled_sum = scale * (float)(int32_t)(sum + other_sum);
        if (!is_used)
            continue;
        row += rows.quantised;
        row[block * QUANT_THREADS + part] = bytes;
        if (part == 0u)
            reinterpret_cast<Quad *>(row + RFT_PADDED(rows.k) / 4u)[block] =
                Quad{RFT_BITS(scale), RFT_BITS(scaled_sum), sum, other_sum};
    }
}

/* All blocks of a row. */
RFT_FN void quantise_row(const QuantisedRows &rows, uint32_t row)
{
    quantise_blocks(rows, 0u, n_quant_blocks(rows.k), nullptr, row, 1u);
}

#endif
