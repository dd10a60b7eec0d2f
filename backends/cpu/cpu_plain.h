/* SPDX-License-Identifier: MIT */
/* What the plain kernels are made of: dot products of bf16 (of integers: cpu_integers.c), rounding, normed rows,
 * biases. */
#ifndef RFT_CPU_PLAIN_H
#define RFT_CPU_PLAIN_H

#include "arith.h"
#include "cpu.h"

/* Sum of two bf16 vectors' products in blocks of 64: a block starts at +0 and takes its elements in ascending order,
 * the total starts at +0 and takes the blocks in ascending order. a_stride: words between neighbours of a; b is
 * contiguous. A word holds elements 2i and 2i + 1. Products of two bf16 are exact in f32, so fused or not gives the
 * same bits. */
static inline float dot_bf16(const uint32_t *a, uint32_t a_stride, const uint32_t *b, uint32_t n_words)
{
    float total = 0.0f;
    for (uint32_t block = 0; block < n_words; block += RFT_DOT_BLOCK / 2) {
        uint32_t end = block + RFT_DOT_BLOCK / 2 < n_words ? block + RFT_DOT_BLOCK / 2 : n_words;
        float sum = 0.0f;
        for (uint32_t i = block; i < end; i++) {
            uint32_t word = a[(size_t)i * a_stride];
            sum += rft_low_bf16(word) * rft_low_bf16(b[i]);
            sum += rft_high_bf16(word) * rft_high_bf16(b[i]);
        }
        total += sum;
    }
    return total;
}

/* Rounds to bf16; a bad value is stored as +0 and marks the row. */
static inline uint16_t round_or_mark(float v, struct rft_row *row)
{
    if (rft_is_bad(v)) {
        cpu_mark_bad(row);
        return 0;
    }
    return (uint16_t)rft_to_bf16(v);
}

struct plain_matrix {
    uint64_t weight;
    uint32_t k;
    uint32_t format;
};

static inline const uint32_t *tile_of(const struct plain_matrix *matrix, uint32_t tile)
{
    return (const uint32_t *)cpu_pointer(matrix->weight) +
           (size_t)tile * RFT_FORMAT_TILE_WORDS(matrix->format, matrix->k);
}

/* Row `row` of a tile whose format is integers, times a quantised activation row. */
float cpu_dot_integers(const uint32_t *tile, uint32_t format, uint32_t row, const uint32_t *quantised, uint32_t k);
/* Element i of it. */
float cpu_integer_element(const uint32_t *tile, uint32_t format, uint32_t row, uint32_t i);

/* Quantises blocks [first, first + n) of 32 elements of a row of k, as far as there are such; `quantised` is the word
 * where the row's quantised part begins. */
void cpu_quantise_blocks(uint32_t *row, uint32_t quantised, uint32_t k, uint32_t first, uint32_t n);

/* One tile of 16 matrix rows times an activation row, whose quantised part begins at that word. */
static inline void tile_dots(const struct plain_matrix *matrix, uint32_t index, const uint32_t *x, uint32_t quantised,
                             float sums[RFT_TILE])
{
    const uint32_t *tile = tile_of(matrix, index);
    for (uint32_t j = 0; j < RFT_TILE; j++)
        sums[j] = matrix->format == RFT_FORMAT_BF16
                      ? dot_bf16(tile + j, RFT_TILE, x, RFT_PADDED(matrix->k) / 2)
                      : cpu_dot_integers(tile, matrix->format, j, x + quantised, matrix->k);
}

static inline uint32_t *h_row(uint64_t h, uint32_t row, uint32_t dim)
{
    return (uint32_t *)cpu_pointer(h) + (size_t)row * RFT_H_WORDS(dim);
}

static inline uint32_t n_tiles(uint32_t n)
{
    return (n + RFT_TILE - 1) / RFT_TILE;
}

/* Blocks of 32 outputs: an item of what writes them quantised. */
static inline uint32_t n_blocks(uint32_t n)
{
    return (n + RFT_QUANT_BLOCK - 1) / RFT_QUANT_BLOCK;
}

/* Elements [first, first + n), at most 16, of a normed row: x times the weight, and the sum of the squares of x. */
static inline void norm_elements(const float *x, const float *weight, uint32_t first, uint32_t n, uint32_t dim,
                                 uint32_t *h, struct rft_row *row)
{
    uint16_t *elements = (uint16_t *)h + first;
    float sum = 0.0f;
    for (uint32_t i = 0; i < n; i++) {
        float v = rft_flush(x[first + i]);
        float square = v * v;
        sum = sum + square;
        v = v * weight[first + i];
        elements[i] = round_or_mark(v, row);
    }
    h[RFT_PADDED(dim) / 2 + first / RFT_TILE] = RFT_BITS(sum);
}

/* The factor of values that are normed together, from the sum of their squares: 1 / sqrt(mean of squares + eps). */
static inline float factor_of(float total, uint32_t inverse_dim_bits, uint32_t eps_bits, struct rft_row *row)
{
    if (RFT_BITS(total) >= RFT_BITS_SQUARES_BAD) { /* the row ends here; what follows must only be finite */
        cpu_mark_bad(row);
        total = 0.0f;
    }
    return rft_norm_scale(total, RFT_FROM_BITS(inverse_dim_bits), RFT_FROM_BITS(eps_bits));
}

/* The factor of a normed row. */
static inline float norm_scale(const uint32_t *h, uint32_t dim, uint32_t inverse_dim_bits, uint32_t eps_bits,
                               struct rft_row *row)
{
    const uint32_t *sums = h + RFT_PADDED(dim) / 2;
    float total = 0.0f;
    for (uint32_t block = 0; block < n_tiles(dim); block += RFT_DOT_BLOCK) {
        uint32_t end = block + RFT_DOT_BLOCK < n_tiles(dim) ? block + RFT_DOT_BLOCK : n_tiles(dim);
        float sum = 0.0f;
        for (uint32_t i = block; i < end; i++)
            sum = sum + RFT_FROM_BITS(sums[i]);
        total = total + sum;
    }
    return factor_of(total, inverse_dim_bits, eps_bits, row);
}

/* Element i of a bias, or +0 where there is none: adding it changes nothing, since results are never -0. */
static inline float bias_at(uint64_t bias, uint32_t i)
{
    return bias != 0 ? ((const float *)cpu_pointer(bias))[i] : 0.0f;
}

#endif
