/* SPDX-License-Identifier: MIT */
#include "packed_row.h"

#include <string.h>

uint32_t rft_dtype_format(enum rft_dtype dtype)
{
#define VALUE(name, format) (format),
    static const uint32_t formats[] = {RFT_FORMAT_LIST(VALUE)};
#undef VALUE
    const struct rft_quant_type *type = rft_dtype_quant(dtype);
    for (size_t i = 0; type != NULL && i < sizeof formats / sizeof *formats; i++)
        if (formats[i] == type->format)
            return formats[i];
    return RFT_FORMAT_BF16;
}

/* Four neighbouring integers: bytes of a word. Hosts are little-endian (dtype.c). */
static inline uint32_t load_four(const int8_t *q)
{
    uint32_t word;
    memcpy(&word, q, sizeof word);
    return word;
}

/* The 32 integers of one half of a block of 64 columns. block: its first word of this row. */
static inline void put_integers(const int8_t *q, uint32_t bits, uint32_t half, uint32_t *block)
{
    if (bits == 8u) {
        for (uint32_t i = 0; i < 8; i++)
            block[(half * 8 + i) * RFT_TILE] = load_four(q + i * 4);
        return;
    }
    for (uint32_t i = 0; i < 4; i++) {
        const uint32_t low = load_four(q + i * 8) & 0x0f0f0f0fu, high = load_four(q + i * 8 + 4) & 0x0f0f0f0fu;
        block[(half * 4 + i) * RFT_TILE] = low | high << 4;
    }
    for (uint32_t i = 0; bits == 6u && i < 2; i++) {
        uint32_t word = 0;
        for (uint32_t four = 0; four < 4; four++)
            word |= (load_four(q + i * 16 + four * 4) >> 4 & 0x03030303u) << four * 2;
        block[(8 + half * 2 + i) * RFT_TILE] = word;
    }
}

/* An f16; +0 for -0. */
static inline uint32_t canonical_half(uint16_t half)
{
    return half == 0x8000u ? 0u : half;
}

static inline bool is_finite_half(uint16_t half)
{
    return (half & 0x7c00u) != 0x7c00u;
}

/* Scales of the 32 columns that are part `part` of a file's block. words: the first word of scales of this row. */
static inline void put_scales(const struct rft_quant_block *from, uint32_t format, uint32_t part, uint32_t half,
                              uint32_t *words)
{
    const uint32_t d = canonical_half(from->d), m = canonical_half(from->m);
    const int8_t *scale = from->scale;
    const uint8_t *minimum = from->minimum;
    switch (format & (RFT_FORMAT_SUPER | RFT_FORMAT_MINIMA | RFT_FORMAT_HALVES)) {
    case 0: words[0] |= d << half * 16; break;
    case RFT_FORMAT_MINIMA: words[half * RFT_TILE] = d | m << 16; break;
    case RFT_FORMAT_SUPER | RFT_FORMAT_MINIMA:
        words[0] |= ((uint8_t)scale[part] | (uint32_t)minimum[part] << 8) << half * 16;
        break;
    case RFT_FORMAT_SUPER | RFT_FORMAT_HALVES:
        words[0] |= ((uint8_t)scale[part * 2] | (uint32_t)(uint8_t)scale[part * 2 + 1] << 8) << half * 16;
        break;
    default:
        words[half * RFT_TILE] = (uint8_t)scale[part * 2] | (uint32_t)minimum[part * 2] << 8 |
                                 (uint32_t)(uint8_t)scale[part * 2 + 1] << 16 | (uint32_t)minimum[part * 2 + 1] << 24;
    }
}

/* n columns from column `first` on. column: the row's first word of the tile. */
static inline void put_block(const struct rft_quant_block *from, uint32_t format, uint32_t first, uint32_t n,
                             uint32_t *column)
{
    const uint32_t bits = RFT_FORMAT_BITS(format);
    if (RFT_FORMAT_IS(format, RFT_FORMAT_SUPER))
        column[RFT_FORMAT_SUPER_WORD(format, first / 64)] = canonical_half(from->d) | canonical_half(from->m) << 16;
    for (uint32_t part = 0; part < n / 32; part++) {
        const uint32_t at = first + part * 32, half = at / 32 % 2;
        uint32_t *block = column + RFT_FORMAT_BLOCK_WORD(format, at / 64);
        put_integers(from->q + part * 32, bits, half, block);
        put_scales(from, format, part, half, block + 2 * bits * RFT_TILE);
    }
}

bool rft_pack_row(enum rft_dtype dtype, const uint8_t *src, uint32_t k, uint32_t *tile, uint32_t row)
{
    const struct rft_quant_type *type = rft_dtype_quant(dtype);
    const uint32_t n = rft_dtype_block_elements(dtype), bytes = rft_dtype_block_bytes(dtype);
    struct rft_quant_block block = {0};
    bool is_finite = true;
    for (uint32_t first = 0; first < k; first += n, src += bytes) {
        type->unpack(src, &block);
        is_finite = is_finite && is_finite_half(block.d) && is_finite_half(block.m);
        put_block(&block, type->format, first, n, tile + row);
    }
    return is_finite;
}

/* The nearest f16 of a value that is not negative, of two the even one; infinite from 65,520 on, and for a NaN. */
static uint16_t to_half(float value)
{
    const float small = value + 0.5f; /* whose last place is 2^-24, as that of an f16 below 2^-14 */
    const uint32_t bits = RFT_BITS(value), normal = bits + 0xfffu + (bits >> 13 & 1u) - 0x38000000u;
    if (bits < 0x38800000u)
        return (uint16_t)(RFT_BITS(small) - 0x3f000000u);
    return bits < 0x47800000u ? (uint16_t)(normal >> 13) : 0x7c00u;
}

/* 32 values; false if no f16 is large enough for them. Those for which none is small enough become 0 and are counted.
 */
static bool quantise(const float *values, struct rft_quant_block *block, uint64_t *n_zeroed)
{
    int32_t greatest = 0; /* magnitudes order as their bits do */
    for (uint32_t i = 0; i < 32; i++) {
        const int32_t magnitude = (int32_t)(RFT_BITS(values[i]) & 0x7fffffffu);
        greatest = magnitude > greatest ? magnitude : greatest;
    }
    block->d = to_half(RFT_FROM_BITS((uint32_t)greatest) / 127.0f);
    for (uint32_t i = 0; i < 32 && block->d == 0 && greatest != 0; i++)
        *n_zeroed += values[i] != 0.0f;
    const float d = block->d == 0 ? 0x1p127f : rft_half(block->d); /* every integer is 0 then */
    for (uint32_t i = 0; i < 32; i++) {
        float y = values[i] / d;
        y = y < 127.0f ? y : 127.0f;
        y = y > -127.0f ? y : -127.0f;
        y = y + 0x1.8p23f; /* what lies behind the point is rounded away */
        block->q[i] = (int8_t)(uint8_t)(RFT_BITS(y) & 0xffu);
    }
    return is_finite_half(block->d);
}

bool rft_pack_row_f32(const float *values, uint32_t k, uint32_t *tile, uint32_t row, uint64_t *n_zeroed)
{
    struct rft_quant_block block = {0};
    float last[32] = {0};
    memcpy(last, values + k / 32 * 32, k % 32 * sizeof *values);
    for (uint32_t first = 0; first < k; first += 32) {
        if (!quantise(k - first < 32 ? last : values + first, &block, n_zeroed))
            return false;
        put_block(&block, RFT_FORMAT_Q8, first, 32, tile + row);
    }
    return true;
}
