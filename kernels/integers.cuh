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

/* A block of a tile, as a quad of its rows sees it. */
struct Block {
    const Quad *integers, *scales, *super; /* the first words */
};

RFT_FN Block block_of(const Quad *tile, uint32_t format, const Format &f, uint32_t block)
{
    const Quad *words = tile + RFT_FORMAT_BLOCK_WORD(format, block) / 4u;
    return Block{words, words + 2u * f.bits * TILE_QUADS, tile + RFT_FORMAT_SUPER_WORD(format, block) / 4u};
}

/* What is loaded for elements 8 j to 8 j + 7 of four rows of a block. */
struct Packed {
    Quad low, high;
};

template <uint32_t BITS> RFT_FN Packed load_eight(const Block &block, uint32_t j)
{
    Packed packed = {load_weight(block.integers + (BITS == 8u ? 2u * j : j) * TILE_QUADS), Quad{0u, 0u, 0u, 0u}};
    if (BITS != 4u)
        packed.high = load_weight(block.integers + (BITS == 8u ? 2u * j + 1u : 8u + j / 2u) * TILE_QUADS);
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

RFT_FN Eight load_and_widen(const Block &block, uint32_t bits, uint32_t j)
{
    if (bits == 4u)
        return widen<4u>(load_eight<4u>(block, j), j);
    if (bits == 6u)
        return widen<6u>(load_eight<6u>(block, j), j);
    return widen<8u>(load_eight<8u>(block, j), j);
}

/* A byte as a float, exactly, without a conversion: for those GPUs have few units. */
RFT_FN float unsigned_value(uint32_t word)
{
    return RFT_FROM_BITS((word & 0xffu) | 0x4b000000u) - RFT_FROM_BITS(0x4b000000u); /* 2^23 */
}
RFT_FN float signed_value(uint32_t word)
{
    return RFT_FROM_BITS((word & 0xffu) ^ 0x4b000080u) - RFT_FROM_BITS(0x4b000080u); /* 2^23 + 128 */
}

/* Of sixteen columns and four rows. */
struct Scales {
    float scale[4], minimum[4];
};

/* part: which sixteen columns of the block. What is read here is read again for other parts. */
RFT_FN Scales load_scales(const Block &block, const Format &f, uint32_t part)
{
    const Quad quad = block.scales[f.n_scale_words == 2u ? part / 2u * TILE_QUADS : 0u];
    const Quad super_quad = f.is_super ? *block.super : Quad{0u, 0u, 0u, 0u};
    const uint32_t shift = f.has_halves            ? (f.has_minima ? part % 2u * 16u : part * 8u)
                           : f.n_scale_words == 1u ? part / 2u * 16u
                                                   : 0u;
    const uint32_t word[4] = {quad.x >> shift, quad.y >> shift, quad.z >> shift, quad.w >> shift};
    const uint32_t super[4] = {super_quad.x, super_quad.y, super_quad.z, super_quad.w};
    Scales s;
    UNROLL
    for (uint32_t i = 0u; i < 4u; i++)
        s.minimum[i] = 0.0f;
    if (!f.is_super) {
        UNROLL
        for (uint32_t i = 0u; i < 4u; i++) {
            s.scale[i] = half_value(word[i]);
            s.minimum[i] = half_value(word[i] >> 16); /* if it has minima */
        }
    } else if (f.has_minima) {
        UNROLL
        for (uint32_t i = 0u; i < 4u; i++) {
            s.scale[i] = half_value(super[i]) * unsigned_value(word[i]);
            s.minimum[i] = half_value(super[i] >> 16) * unsigned_value(word[i] >> 8);
        }
    } else {
        UNROLL
        for (uint32_t i = 0u; i < 4u; i++)
            s.scale[i] = half_value(super[i]) * signed_value(word[i]);
    }
    return s;
}

/* Sums of integers are far below 2^22. They begin at these bits, of 1.5 2^23: read as a float that is what the exact
 * sum has been added to, which a subtraction takes off again, with the zero point's share: exact, and no conversion. */
#define SUM_BITS 0x4b400000u

/* Activations that a block of a matrix is multiplied with: 64 bytes, and behind them what belongs to each sixteen: */
#define INTEGER_QUADS 6u
struct alignas(8) Activation {
    uint32_t scale_bits;
    uint32_t rest; /* f32: what minima are multiplied with; without minima what is taken off sums. No format
                      has minima and a zero point. */
};

/* Both halves of 32 columns, from their struct rft_quantised_block. */
RFT_FN Quad prepare(const Format &f, const Quad &block)
{
    const int32_t sum0 = (int32_t)block.z, sum1 = (int32_t)block.w;
    const int32_t sums[2] = {f.has_halves ? sum0 : sum0 + sum1, f.has_halves ? sum1 : sum0 + sum1};
    uint32_t rest[2];
    UNROLL
    for (uint32_t i = 0u; i < 2u; i++) {
        const float scaled = RFT_FROM_BITS(block.x) * (float)sums[i];
        rest[i] = f.has_halves ? RFT_BITS(scaled) : block.y;
        rest[i] = f.has_minima ? rest[i] : SUM_BITS + f.zero * (uint32_t)sums[i];
    }
    return Quad{block.x, rest[0], block.x, rest[1]};
}

/* An output's part of the columns that are under one scale. */
template <bool HAS_MINIMA> RFT_FN float part_of(uint32_t sum, float scale, float minimum, const Activation &x)
{
    const float both = scale * RFT_FROM_BITS(x.scale_bits);
    float part = RFT_FROM_BITS(sum) - RFT_FROM_BITS(HAS_MINIMA ? SUM_BITS : x.rest);
    part = part * both;
    return HAS_MINIMA ? rft_integer_part_min(part, minimum, RFT_FROM_BITS(x.rest)) : part;
}

#endif
