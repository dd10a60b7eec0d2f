/* SPDX-License-Identifier: MIT */
#include "quant_block.h"

#include <string.h>

#define N_PLAIN 32  /* elements of a block with one scale ... */
#define N_SUPER 256 /* ... and with a scale for each 32 or 16 */

static uint16_t load_u16(const uint8_t *src)
{
    uint16_t value;
    memcpy(&value, src, sizeof value);
    return value;
}

/* K-quants have the minimum to be taken away. */
static uint16_t load_negated(const uint8_t *src)
{
    return load_u16(src) ^ 0x8000u;
}

static void set_plain(struct rft_quant_block *block, uint16_t d, uint16_t m)
{
    block->d = d;
    block->m = m;
    block->scale[0] = 1;
    block->minimum[0] = 1;
}

/* The low halves of n bytes, then the high ones. */
static inline void unpack_nibbles(const uint8_t *src, uint32_t n, int8_t *q)
{
    for (uint32_t i = 0; i < n; i++) {
        q[i] = (int8_t)(src[i] & 15u);
        q[n + i] = (int8_t)(src[i] >> 4);
    }
}

/* The lowest two bits of 32 bytes, then the next two, and so on; added to q, shifted. */
static inline void add_pairs(const uint8_t *src, uint32_t shift, int8_t *q)
{
    for (uint32_t pair = 0; pair < 4; pair++)
        for (uint32_t i = 0; i < 32; i++)
            q[pair * 32 + i] = (int8_t)((uint8_t)q[pair * 32 + i] | (src[i] >> pair * 2 & 3u) << shift);
}

/* The lowest bits of 32 bytes, then the next ones, and so on. */
static inline void add_planes(const uint8_t *src, uint32_t shift, int8_t *q)
{
    for (uint32_t plane = 0; plane < 8; plane++)
        for (uint32_t i = 0; i < 32; i++)
            q[plane * 32 + i] = (int8_t)((uint8_t)q[plane * 32 + i] | (src[i] >> plane & 1u) << shift);
}

/* The fifth bits of 32 elements, those of eight in a byte: spread over as many bytes by one multiplication, each of
 * which keeps its own bit, which is then moved to its place. */
static inline void add_fifth_bits(const uint8_t *src, int8_t *q)
{
    for (uint32_t i = 0; i < 4; i++) {
        uint64_t eight, bits = src[i] * UINT64_C(0x0101010101010101) & UINT64_C(0x8040201008040201);
        bits = (bits + UINT64_C(0x7f7f7f7f7f7f7f7f)) >> 3 & UINT64_C(0x1010101010101010);
        memcpy(&eight, q + i * 8, sizeof eight);
        eight |= bits;
        memcpy(q + i * 8, &eight, sizeof eight);
    }
}

void rft_quant_unpack_Q8_0(const uint8_t *src, struct rft_quant_block *block)
{
    set_plain(block, load_u16(src), RFT_QUANT_NO_MINIMUM);
    memcpy(block->q, src + 2, N_PLAIN);
}

void rft_quant_unpack_Q4_0(const uint8_t *src, struct rft_quant_block *block)
{
    set_plain(block, load_u16(src), RFT_QUANT_NO_MINIMUM);
    unpack_nibbles(src + 2, N_PLAIN / 2, block->q);
}

void rft_quant_unpack_Q4_1(const uint8_t *src, struct rft_quant_block *block)
{
    set_plain(block, load_u16(src), load_u16(src + 2));
    unpack_nibbles(src + 4, N_PLAIN / 2, block->q);
}

void rft_quant_unpack_Q5_0(const uint8_t *src, struct rft_quant_block *block)
{
    set_plain(block, load_u16(src), RFT_QUANT_NO_MINIMUM);
    unpack_nibbles(src + 6, N_PLAIN / 2, block->q);
    add_fifth_bits(src + 2, block->q);
}

void rft_quant_unpack_Q5_1(const uint8_t *src, struct rft_quant_block *block)
{
    set_plain(block, load_u16(src), load_u16(src + 2));
    unpack_nibbles(src + 8, N_PLAIN / 2, block->q);
    add_fifth_bits(src + 4, block->q);
}

/* 16 bytes of a scale and a minimum of 4 bits, 64 of integers, d, dmin. */
void rft_quant_unpack_Q2_K(const uint8_t *src, struct rft_quant_block *block)
{
    for (uint32_t i = 0; i < N_SUPER / 16; i++) {
        block->scale[i] = (int8_t)(src[i] & 15u);
        block->minimum[i] = src[i] >> 4;
    }
    memset(block->q, 0, sizeof block->q);
    add_pairs(src + 16, 0, block->q);
    add_pairs(src + 48, 0, block->q + 128);
    block->d = load_u16(src + 80);
    block->m = load_negated(src + 82);
}

/* 32 bytes of the integers' third bits, 64 of the others, 16 scales of 6 bits, d. Of the scales eight bytes have the
 * low four bits, first those of 0 to 7, then of 8 to 15; four bytes have the high two, of each fourth scale. */
void rft_quant_unpack_Q3_K(const uint8_t *src, struct rft_quant_block *block)
{
    const uint8_t *scales = src + 96;
    for (uint32_t i = 0; i < N_SUPER / 16; i++) {
        const uint32_t low = (uint32_t)scales[i % 8] >> i / 8 * 4 & 15u;
        const uint32_t high = (uint32_t)scales[8 + i % 4] >> i / 4 * 2 & 3u;
        block->scale[i] = (int8_t)((int32_t)(low | high << 4) - 32);
    }
    memset(block->q, 0, sizeof block->q);
    add_pairs(src + 32, 0, block->q);
    add_pairs(src + 64, 0, block->q + 128);
    add_planes(src, 2, block->q);
    block->d = load_u16(src + 108);
    block->m = RFT_QUANT_NO_MINIMUM;
}

/* d, dmin, eight scales and minima of 6 bits in 12 bytes: the first four of each have a byte's low six; of the others
 * the low four are in the last four bytes, the high two above the first four's. */
static void unpack_k_scales(const uint8_t *src, struct rft_quant_block *block)
{
    const uint8_t *scales = src + 4, *minima = src + 8, *rest = src + 12;
    block->d = load_u16(src);
    block->m = load_negated(src + 2);
    for (uint32_t i = 0; i < 4; i++) {
        block->scale[i] = (int8_t)(scales[i] & 63u);
        block->minimum[i] = minima[i] & 63u;
        block->scale[4 + i] = (int8_t)((rest[i] & 15u) | (uint32_t)(scales[i] >> 6) << 4);
        block->minimum[4 + i] = (uint8_t)(rest[i] >> 4 | (uint32_t)(minima[i] >> 6) << 4);
    }
}

void rft_quant_unpack_Q4_K(const uint8_t *src, struct rft_quant_block *block)
{
    unpack_k_scales(src, block);
    for (uint32_t i = 0; i < N_SUPER; i += 64)
        unpack_nibbles(src + 16 + i / 2, 32, block->q + i);
}

void rft_quant_unpack_Q5_K(const uint8_t *src, struct rft_quant_block *block)
{
    unpack_k_scales(src, block);
    for (uint32_t i = 0; i < N_SUPER; i += 64)
        unpack_nibbles(src + 48 + i / 2, 32, block->q + i);
    add_planes(src + 16, 4, block->q);
}

/* 128 bytes of the integers' low four bits, 64 of the high two, 16 scales of 8 bits, d. */
void rft_quant_unpack_Q6_K(const uint8_t *src, struct rft_quant_block *block)
{
    for (uint32_t half = 0; half < 2; half++) {
        unpack_nibbles(src + half * 64, 64, block->q + half * 128);
        add_pairs(src + 128 + half * 32, 4, block->q + half * 128);
    }
    memcpy(block->scale, src + 192, sizeof block->scale);
    block->d = load_u16(src + 208);
    block->m = RFT_QUANT_NO_MINIMUM;
}

/* The integers that the four bits of IQ4_NL and IQ4_XS stand for. */
static void look_up(uint32_t n, int8_t *q)
{
    static const int8_t values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
    for (uint32_t i = 0; i < n; i++)
        q[i] = values[q[i]];
}

void rft_quant_unpack_IQ4_NL(const uint8_t *src, struct rft_quant_block *block)
{
    set_plain(block, load_u16(src), RFT_QUANT_NO_MINIMUM);
    unpack_nibbles(src + 2, N_PLAIN / 2, block->q);
    look_up(N_PLAIN, block->q);
}

/* d, the high two bits of eight scales of 6 bits, their low four, integers of 32 elements in 16 bytes. Each
 * scale is said of both halves of its 32 elements, as no packed format has one of 32 alone. */
void rft_quant_unpack_IQ4_XS(const uint8_t *src, struct rft_quant_block *block)
{
    for (uint32_t i = 0; i < N_SUPER / 32; i++) {
        const uint32_t low = (uint32_t)src[4 + i / 2] >> i % 2 * 4 & 15u;
        const uint32_t high = (uint32_t)load_u16(src + 2) >> i * 2 & 3u;
        block->scale[2 * i] = block->scale[2 * i + 1] = (int8_t)((int32_t)(low | high << 4) - 32);
        unpack_nibbles(src + 8 + i * 16, 16, block->q + i * 32);
    }
    look_up(N_SUPER, block->q);
    block->d = load_u16(src);
    block->m = RFT_QUANT_NO_MINIMUM;
}
