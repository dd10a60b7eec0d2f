/* SPDX-License-Identifier: MIT */
#include "kernel_case_integers.h"

#include "arith.h"

#include <string.h>

/* An f16 that is finite: plain ones are around 2^-4, wide ones anything, subnormal and zero among them. */
static uint32_t half_value(const struct rft_build *b)
{
    const uint32_t r = rft_call_random(b->image);
    if (b->c->values == RFT_VALUES_TIES)
        return 0x3000u + (r >> 8 & 1u) * 0x400u; /* 2^-3, 2^-2 */
    if (b->c->values == RFT_VALUES_WIDE)
        return r % 16 == 0 ? 0 : (r >> 8 & 0x83ffu) | (r >> 3) % 31 << 10;
    return (r >> 8 & 0x83ffu) | (8u + r % 5) << 10;
}

/* A word of scales. */
static uint32_t scale_word(const struct rft_build *b)
{
    if (RFT_FORMAT_IS(b->c->format, RFT_FORMAT_SUPER))
        return b->c->values == RFT_VALUES_TIES ? 0x01020102u : rft_call_random(b->image);
    const uint32_t low = half_value(b), high = half_value(b);
    return low | high << 16;
}

/* A word of integers: in some rows all are the least or the greatest. */
static uint32_t integer_word(const struct rft_build *b, uint32_t row)
{
    const uint32_t r = rft_call_random(b->image);
    if (b->c->values == RFT_VALUES_WIDE && row % 8 == 5)
        return RFT_FORMAT_BITS(b->c->format) == 8 ? 0x80808080u : 0;
    if (b->c->values == RFT_VALUES_WIDE && row % 8 == 2)
        return RFT_FORMAT_BITS(b->c->format) == 8 ? 0x7f7f7f7fu : 0xffffffffu;
    return r;
}

/* Of the two halves of a block of 64 columns: words of integers that are the second one's. */
static bool is_of_second_half(uint32_t bits, uint32_t word)
{
    if (bits == 8)
        return word >= 8;
    return word < 8 ? word >= 4 : word >= 10;
}

static void fill_block(const struct rft_build *b, uint32_t *block, uint32_t n_rows, bool is_half)
{
    const uint32_t bits = RFT_FORMAT_BITS(b->c->format), n_scales = RFT_FORMAT_SCALE_WORDS(b->c->format);
    for (uint32_t word = 0; word < 2 * bits; word++)
        for (uint32_t row = 0; row < n_rows; row++) {
            const uint32_t value = integer_word(b, row);
            block[word * RFT_TILE + row] = is_half && is_of_second_half(bits, word) ? 0 : value;
        }
    for (uint32_t word = 2 * bits; word < 2 * bits + n_scales; word++)
        for (uint32_t row = 0; row < n_rows; row++)
            block[word * RFT_TILE + row] = scale_word(b);
}

uint64_t rft_case_integers(const struct rft_build *b, uint32_t n, uint32_t k)
{
    uint32_t *p;
    const uint32_t format = b->c->format, n_tiles = (n + RFT_TILE - 1) / RFT_TILE;
    const size_t tile_words = RFT_FORMAT_TILE_WORDS(format, k);
    uint64_t address = rft_call_buffer(b->image, "weight", RFT_CALL_IN, n_tiles * tile_words * 4, &p);
    for (uint32_t t = 0; p != NULL && t < n_tiles; t++) {
        uint32_t *tile = p + t * tile_words;
        const uint32_t n_rows = n - t * RFT_TILE < RFT_TILE ? n - t * RFT_TILE : RFT_TILE;
        for (uint32_t i = 0; i < RFT_PADDED(k) / RFT_DOT_BLOCK; i++) {
            fill_block(b, tile + RFT_FORMAT_BLOCK_WORD(format, i), n_rows, k - i * RFT_DOT_BLOCK < RFT_DOT_BLOCK);
            for (uint32_t row = 0; RFT_FORMAT_IS(format, RFT_FORMAT_SUPER) && i % 4 == 0 && row < n_rows; row++)
                tile[RFT_FORMAT_SUPER_WORD(format, i) + row] = half_value(b) | half_value(b) << 16;
        }
    }
    return address;
}

void rft_case_quantised(const struct rft_build *b, uint32_t *quantised, uint32_t k)
{
    int8_t *bytes = (int8_t *)quantised;
    struct rft_quantised_block *blocks = (struct rft_quantised_block *)(void *)(quantised + RFT_PADDED(k) / 4);
    for (uint32_t i = 0; i < RFT_PADDED(k) / RFT_QUANT_BLOCK; i++) {
        const uint32_t kind = rft_call_random(b->image);
        int32_t sums[2] = {0, 0};
        for (uint32_t j = 0; j < RFT_QUANT_BLOCK && i * RFT_QUANT_BLOCK + j < k; j++) {
            const int32_t any = (int32_t)(rft_call_random(b->image) >> 8) % 255 - 127;
            const int32_t integer = kind % 7 == 0 ? 127 : kind % 7 == 1 ? -127 : any;
            bytes[i * RFT_QUANT_BLOCK + j] = (int8_t)integer;
            sums[j / 16] += integer;
        }
        const uint32_t magnitude = RFT_BITS(rft_case_value(b, b->c->values)) & 0x7fffffffu;
        const float scale = b->c->values == RFT_VALUES_TIES ? 0.5f : rft_flush(RFT_FROM_BITS(magnitude)) * 0x1p-7f;
        const float sum = (float)(sums[0] + sums[1]);
        blocks[i] =
            (struct rft_quantised_block){RFT_BITS(scale), RFT_BITS(rft_canonical(scale * sum)), sums[0], sums[1]};
    }
}
