/* SPDX-License-Identifier: MIT */
/* Matrices of integers under scales (op_args.h, "How a matrix is packed"), as kernels read them: four rows (a quad) at
 * a time, eight columns or the scales of sixteen. */
#ifndef RFT_INTEGERS_CUH
#define RFT_INTEGERS_CUH

#include "common.cuh"

struct Format {
    uint32_t bits, zero, block_words, n_scale_words;
    bool has_minima, is_super, has_halves;
};

RFT_FN Format format_of(uint32_t format)
{
    return Format{RFT_FORMAT_BITS(format),
                  RFT_FORMAT_ZERO(format),
                  RFT_FORMAT_BLOCK_WORDS(format),
                  RFT_FORMAT_SCALE_WORDS(format),
                  RFT_FORMAT_IS(format, RFT_FORMAT_MINIMA),
                  RFT_FORMAT_IS(format, RFT_FORMAT_SUPER),
                  RFT_FORMAT_IS(format, RFT_FORMAT_HALVES)};
}

/* A quad's first word of a tile. */
RFT_FN const Quad *tile_of(uint64_t weight, uint32_t format, uint32_t k, uint32_t tile, uint32_t quad)
{
    return pointer<const Quad>(weight) + (size_t)tile * (RFT_FORMAT_TILE_WORDS(format, k) / 4u) + quad;
}

/* What is loaded for elements 8 j to 8 j + 7 of four rows of a block. */
struct Packed {
    Quad low, high;
};

/* block: the quad's first word of the block. */
template <uint32_t BITS> RFT_FN Packed load_eight(const Quad *block, uint32_t j)
{
    Packed packed = {load_weight(block + (BITS == 8u ? 2u * j : j) * TILE_QUADS), Quad{0u, 0u, 0u, 0u}};
    if (BITS != 4u)
        packed.high = load_weight(block + (BITS == 8u ? 2u * j + 1u : 8u + j / 2u) * TILE_QUADS);
    return packed;
}

/* The same as signed bytes, with the zero point still in them: [elements 8 j to 8 j + 3, the others][row]. */
struct Eight {
    uint32_t v[2][4];
};

template <uint32_t BITS> RFT_FN Eight widen(const Packed &packed, uint32_t j)
{
    const uint32_t low[4] = {packed.low.x, packed.low.y, packed.low.z, packed.low.w};
    const uint32_t high[4] = {packed.high.x, packed.high.y, packed.high.z, packed.high.w};
    Eight eight;
    UNROLL
    for (uint32_t i = 0u; i < 4u; i++) {
        const uint32_t upper = high[i] >> (j % 2u * 4u);
        eight.v[0][i] = BITS == 8u ? low[i] : low[i] & 0x0f0f0f0fu;
        eight.v[1][i] = BITS == 8u ? high[i] : low[i] >> 4 & 0x0f0f0f0fu;
        if (BITS == 6u) {
            eight.v[0][i] |= upper << 4 & 0x30303030u;
            eight.v[1][i] |= upper << 2 & 0x30303030u;
        }
    }
    return eight;
}

RFT_FN Eight load_and_widen(const Quad *block, uint32_t bits, uint32_t j)
{
    if (bits == 4u)
        return widen<4u>(load_eight<4u>(block, j), j);
    if (bits == 6u)
        return widen<6u>(load_eight<6u>(block, j), j);
    return widen<8u>(load_eight<8u>(block, j), j);
}

/* The words of scales of a block and four rows, and their super-block's. */
struct ScaleWords {
    Quad first, second, super;
};

RFT_FN ScaleWords load_scales(const Quad *tile, uint32_t format, const Format &f, uint32_t block)
{
    const Quad *words = tile + RFT_FORMAT_BLOCK_WORD(format, block) / 4u + 2u * f.bits * TILE_QUADS;
    ScaleWords w = {load_weight(words), Quad{0u, 0u, 0u, 0u}, Quad{0u, 0u, 0u, 0u}};
    if (f.n_scale_words == 2u)
        w.second = load_weight(words + TILE_QUADS);
    if (f.is_super)
        w.super = load_weight(tile + RFT_FORMAT_SUPER_WORD(format, block) / 4u);
    return w;
}

/* Of sixteen columns and four rows. */
struct Scales {
    float scale[4], minimum[4];
};

/* part: which sixteen columns of the block. */
RFT_FN Scales scales_of(const ScaleWords &words, const Format &f, uint32_t part)
{
    const bool is_second = f.n_scale_words == 2u && part >= 2u;
    const uint32_t shift = f.has_halves            ? (f.has_minima ? part % 2u * 16u : part * 8u)
                           : f.n_scale_words == 1u ? part / 2u * 16u
                                                   : 0u;
    const Quad &quad = is_second ? words.second : words.first;
    const uint32_t word[4] = {quad.x >> shift, quad.y >> shift, quad.z >> shift, quad.w >> shift};
    const uint32_t super[4] = {words.super.x, words.super.y, words.super.z, words.super.w};
    Scales s;
    UNROLL
    for (uint32_t i = 0u; i < 4u; i++) {
        if (!f.is_super) {
            s.scale[i] = half_value(word[i]);
            s.minimum[i] = f.has_minima ? half_value(word[i] >> 16) : 0.0f;
        } else if (f.has_minima) {
            s.scale[i] = half_value(super[i]) * (float)(word[i] & 0xffu);
            s.minimum[i] = half_value(super[i] >> 16) * (float)(word[i] >> 8 & 0xffu);
        } else {
            s.scale[i] = half_value(super[i]) * (float)(int8_t)(word[i] & 0xffu);
            s.minimum[i] = 0.0f;
        }
    }
    return s;
}

/* An exact sum of integers is added up on top of these bits of 1.5 2^23, and is a float without a conversion. */
#define SUM_BITS 0x4b400000u
RFT_FN float sum_value(uint32_t bits)
{
    return RFT_FROM_BITS(bits) - RFT_FROM_BITS(SUM_BITS);
}

/* Activations that a block of a matrix is multiplied with: 64 bytes, and behind them what belongs to each sixteen: */
#define INTEGER_QUADS 6u
struct alignas(8) Activation {
    uint32_t scale_bits;
    uint32_t rest; /* f32, what minima are multiplied with; without minima where sums begin: the zero point's share is
                      taken off there. No format has both. */
};

RFT_FN uint32_t rest_of(const Format &f, uint32_t scale_bits, uint32_t sum)
{
    if (!f.has_minima)
        return SUM_BITS - f.zero * sum;
    const float value = (float)(int32_t)sum, scaled = RFT_FROM_BITS(scale_bits) * value;
    return RFT_BITS(scaled);
}

/* Both halves of 32 columns, from their struct rft_quantised_block. */
RFT_FN Quad prepare(const Format &f, const Quad &block)
{
    if (f.has_halves)
        return Quad{block.x, rest_of(f, block.x, block.z), block.x, rest_of(f, block.x, block.w)};
    const uint32_t rest = f.has_minima ? block.y : rest_of(f, block.x, block.z + block.w);
    return Quad{block.x, rest, block.x, rest};
}

/* An output's part of the columns that are under one scale. */
template <bool HAS_MINIMA> RFT_FN float part_of(uint32_t sum, float scale, float minimum, const Activation &x)
{
    const float both = scale * RFT_FROM_BITS(x.scale_bits);
    float part = sum_value(sum);
    part = part * both;
    return HAS_MINIMA ? rft_integer_part_min(part, minimum, RFT_FROM_BITS(x.rest)) : part;
}

#endif
