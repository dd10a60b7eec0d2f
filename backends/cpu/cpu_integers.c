/* SPDX-License-Identifier: MIT */
/* The plain form of everything about integers: activation rows quantised, dot products of integers under scales,
 * elements of quantised matrices. With docs/arithmetic.md, this text is the contract, as cpu_kernels.c is. */
#include "cpu_plain.h"

/* A matrix row's scales for blocks of 64 columns, of 32 or of 16 each. */
struct scales {
    float scale, minimum;
};

/* Signed integer of element i (0 to 63) of a row in its block. */
static int32_t integer_of(const uint32_t *block, uint32_t format, uint32_t row, uint32_t i)
{
    if (RFT_FORMAT_BITS(format) == 8u)
        return (int8_t)(block[i / 4 * RFT_TILE + row] >> i % 4 * 8);
    uint32_t low = block[i / 8 * RFT_TILE + row] >> (i % 4 * 8 + i / 4 % 2 * 4) & 15u, high = 0;
    if (RFT_FORMAT_BITS(format) == 6u)
        high = block[(8 + i / 16) * RFT_TILE + row] >> (i % 4 * 8 + i / 4 % 4 * 2) & 3u;
    return (int32_t)(low | high << 4) - (int32_t)RFT_FORMAT_ZERO(format);
}

/* Scale and minimum of the block of columns that i (0 to 63) is of. super: the super-block's word of this row. */
static struct scales scales_of(const uint32_t *block, uint32_t format, uint32_t row, uint32_t super, uint32_t i)
{
    const uint32_t *words = block + 2 * RFT_FORMAT_BITS(format) * RFT_TILE + row;
    struct scales s = {0.0f, 0.0f};
    if (!RFT_FORMAT_IS(format, RFT_FORMAT_SUPER)) {
        const uint32_t half = i / 32;
        if (!RFT_FORMAT_IS(format, RFT_FORMAT_MINIMA))
            return (struct scales){rft_half(words[0] >> half * 16 & 0xffffu), 0.0f};
        return (struct scales){rft_half(words[half * RFT_TILE] & 0xffffu), rft_half(words[half * RFT_TILE] >> 16)};
    }
    const float scale = rft_half(super & 0xffffu), minimum = rft_half(super >> 16);
    if (!RFT_FORMAT_IS(format, RFT_FORMAT_MINIMA)) {
        s.scale = scale * (float)(int8_t)(words[0] >> i / 16 * 8);
        return s;
    }
    const uint32_t pair = RFT_FORMAT_IS(format, RFT_FORMAT_HALVES) ? words[i / 32 * RFT_TILE] >> i / 16 % 2 * 16
                                                                   : words[0] >> i / 32 * 16;
    s.scale = scale * (float)(pair & 0xffu);
    s.minimum = minimum * (float)(pair >> 8 & 0xffu);
    return s;
}

static uint32_t super_of(const uint32_t *tile, uint32_t format, uint32_t row, uint32_t block)
{
    return RFT_FORMAT_IS(format, RFT_FORMAT_SUPER) ? tile[RFT_FORMAT_SUPER_WORD(format, block) + row] : 0;
}

float cpu_dot_integers(const uint32_t *tile, uint32_t format, uint32_t row, const uint32_t *quantised, uint32_t k)
{
    const int8_t *q = (const int8_t *)quantised;
    const struct rft_quantised_block *x =
        (const struct rft_quantised_block *)(const void *)(quantised + RFT_PADDED(k) / 4);
    const uint32_t n = RFT_FORMAT_IS(format, RFT_FORMAT_HALVES) ? 16 : 32; /* columns under one scale */
    float total = 0.0f;
    for (uint32_t b = 0; b < RFT_PADDED(k) / RFT_DOT_BLOCK; b++) {
        const uint32_t *block = tile + RFT_FORMAT_BLOCK_WORD(format, b);
        float block_sum = 0.0f;
        for (uint32_t first = 0; first < RFT_DOT_BLOCK; first += n) {
            const struct scales s = scales_of(block, format, row, super_of(tile, format, row, b), first);
            const struct rft_quantised_block *at = &x[b * 2 + first / 32];
            int32_t sum = 0;
            for (uint32_t i = first; i < first + n; i++)
                sum += integer_of(block, format, row, i) * q[b * RFT_DOT_BLOCK + i];
            float part = rft_integer_part(sum, s.scale, RFT_FROM_BITS(at->scale_bits));
            if (RFT_FORMAT_IS(format, RFT_FORMAT_MINIMA)) {
                float scaled_sum = RFT_FROM_BITS(at->sum_bits);
                if (n == 16)
                    scaled_sum = RFT_FROM_BITS(at->scale_bits) * (float)(first / 16 % 2 == 0 ? at->sum0 : at->sum1);
                part = rft_integer_part_min(part, s.minimum, scaled_sum);
            }
            block_sum = block_sum + part;
        }
        total = total + block_sum;
    }
    return total;
}

float cpu_integer_element(const uint32_t *tile, uint32_t format, uint32_t row, uint32_t i)
{
    const uint32_t b = i / RFT_DOT_BLOCK, in_block = i % RFT_DOT_BLOCK;
    const uint32_t *block = tile + RFT_FORMAT_BLOCK_WORD(format, b);
    const struct scales s = scales_of(block, format, row, super_of(tile, format, row, b), in_block);
    float element = s.scale * (float)integer_of(block, format, row, in_block);
    if (RFT_FORMAT_IS(format, RFT_FORMAT_MINIMA))
        element = element + s.minimum;
    return element;
}

/* A block of 32 elements: bytes, and what they are under. */
static void quantise_block(const uint16_t *elements, int8_t *bytes, struct rft_quantised_block *block)
{
    uint32_t greatest = 0; /* magnitudes order as their bits do */
    int32_t sums[2] = {0, 0};
    for (uint32_t i = 0; i < RFT_QUANT_BLOCK; i++) {
        uint32_t magnitude = RFT_BITS(rft_low_bf16(elements[i])) & 0x7fffffffu;
        greatest = magnitude > greatest ? magnitude : greatest;
    }
    const float factor = rft_quantised_factor(RFT_FROM_BITS(greatest));
    for (uint32_t i = 0; i < RFT_QUANT_BLOCK; i++) {
        int32_t integer = rft_quantised(rft_low_bf16(elements[i]), factor);
        bytes[i] = (int8_t)integer;
        sums[i / 16] += integer;
    }
    const float scale = rft_quantised_scale(RFT_FROM_BITS(greatest));
    const float sum = (float)(sums[0] + sums[1]);
    *block = (struct rft_quantised_block){RFT_BITS(scale), RFT_BITS(scale * sum), sums[0], sums[1]};
}

void cpu_quantise_blocks(uint32_t *row, uint32_t quantised, uint32_t k, uint32_t first, uint32_t n)
{
    int8_t *bytes = (int8_t *)(row + quantised);
    struct rft_quantised_block *blocks = (struct rft_quantised_block *)(void *)(row + quantised + RFT_PADDED(k) / 4);
    for (uint32_t i = first; i < first + n && i * RFT_QUANT_BLOCK < k; i++)
        quantise_block((const uint16_t *)row + i * RFT_QUANT_BLOCK, bytes + i * RFT_QUANT_BLOCK, blocks + i);
}

uint32_t cpu_quantise_items(const void *args, uint32_t n_workers)
{
    (void)n_workers;
    return cpu_n_rows(((const struct rft_args_quantise *)args)->batch);
}

void cpu_quantise(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_quantise *a = args;
    uint32_t *row = (uint32_t *)cpu_pointer(a->y) + (size_t)item * RFT_ROW_WORDS(a->k);
    (void)worker;
    cpu_quantise_blocks(row, RFT_ROW_QUANTISED(a->k), a->k, 0, RFT_PADDED(a->k) / RFT_QUANT_BLOCK);
}
