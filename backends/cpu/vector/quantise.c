/* SPDX-License-Identifier: MIT */
/* Activation rows quantised. */
#include "quantise.h"

#include "integer_dot.h"

#define PIECE_BLOCKS 64u   /* of a row: an item, so that one long row is work for several threads */
#define BLOCKS_AT_ONCE 16u /* whose factors are computed side by side */

/* The greatest magnitude of 32 elements. */
static float greatest_of(const uint16_t *elements)
{
    int16_t greatest = 0; /* signed, as SSE2 has no other maximum of 16 bits */
    for (uint32_t i = 0; i < RFT_QUANT_BLOCK; i++) {
        const int16_t magnitude = (int16_t)(elements[i] & 0x7fffu);
        greatest = magnitude > greatest ? magnitude : greatest;
    }
    return rft_low_bf16((uint32_t)greatest);
}

/* The sum of 16 bytes: of those moved to 0 to 255, in lanes of 16 bits. */
static int32_t sum_of(const int8_t *bytes)
{
    const uint64_t even = UINT64_C(0x00ff00ff00ff00ff);
    uint64_t sums = 0;
    for (uint32_t i = 0; i < 16; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, sizeof word);
        word ^= UINT64_C(0x8080808080808080);
        sums += (word & even) + (word >> 8 & even);
    }
    return (int32_t)(sums * UINT64_C(0x0001000100010001) >> 48) - 16 * 128;
}

/* rft_quantised of 16 elements. */
static void quantise_16(const uint16_t *elements, float factor, int8_t *bytes)
{
    cpu_i32 integers[16 / CPU_LANES];
    CPU_UNROLL
    for (uint32_t i = 0; i < 16 / CPU_LANES; i++) {
        const cpu_f32 scaled = widen_bf16(load_u16(elements + i * CPU_LANES)) * factor;
        integers[i] = (cpu_i32)(scaled + RFT_FROM_BITS(0x4b400000u)) - 0x4b400000;
    }
    store_bytes(bytes, integers);
}

/* A loop of known length would be unrolled instead of made vectors of. */
__attribute__((noinline)) static void list_factors(const float *restrict greatest, size_t n, float *restrict factors)
{
    for (size_t i = 0; i < n; i++)
        factors[i] = rft_quantised_factor(greatest[i]);
}

static void quantise_blocks(const uint16_t *elements, int8_t *bytes, struct rft_quantised_block *blocks, uint32_t n)
{
    float greatest[BLOCKS_AT_ONCE] = {0}, factors[BLOCKS_AT_ONCE];
    const uint32_t n_lanes = (n + CPU_LANES - 1) / CPU_LANES * CPU_LANES;
    for (uint32_t b = 0; b < n; b++)
        greatest[b] = greatest_of(elements + b * RFT_QUANT_BLOCK);
    list_factors(greatest, n_lanes, factors);
    for (uint32_t b = 0; b < n; b++, elements += RFT_QUANT_BLOCK, bytes += RFT_QUANT_BLOCK) {
        quantise_16(elements, factors[b], bytes);
        quantise_16(elements + 16, factors[b], bytes + 16);
        const int32_t sum0 = sum_of(bytes), sum1 = sum_of(bytes + 16);
        const float scale = rft_quantised_scale(greatest[b]), sum = (float)(sum0 + sum1);
        blocks[b] = (struct rft_quantised_block){RFT_BITS(scale), RFT_BITS(scale * sum), sum0, sum1};
    }
}

void CPU_NAME(cpu_quantise_blocks)(uint32_t *row, uint32_t quantised, uint32_t k, uint32_t first, uint32_t n)
{
    const uint16_t *elements = (const uint16_t *)row;
    int8_t *bytes = (int8_t *)(row + quantised);
    struct rft_quantised_block *blocks = (struct rft_quantised_block *)(void *)(row + quantised + RFT_PADDED(k) / 4);
    const uint32_t n_all = (k + RFT_QUANT_BLOCK - 1) / RFT_QUANT_BLOCK;
    const uint32_t end = n_all - first < n ? n_all : first + n;
    for (uint32_t b = first; b < end; b += BLOCKS_AT_ONCE)
        quantise_blocks(elements + b * RFT_QUANT_BLOCK, bytes + b * RFT_QUANT_BLOCK, blocks + b,
                        end - b < BLOCKS_AT_ONCE ? end - b : BLOCKS_AT_ONCE);
}

static uint32_t n_pieces_of(const struct rft_args_quantise *a)
{
    return (RFT_PADDED(a->k) / RFT_QUANT_BLOCK + PIECE_BLOCKS - 1) / PIECE_BLOCKS;
}

uint32_t CPU_NAME(cpu_quantise_items)(const void *args, uint32_t n_workers)
{
    const struct rft_args_quantise *a = args;
    (void)n_workers;
    return cpu_n_rows(a->batch) * n_pieces_of(a);
}

void CPU_NAME(cpu_quantise)(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_quantise *a = args;
    const uint32_t n_pieces = n_pieces_of(a);
    uint32_t *row = (uint32_t *)cpu_pointer(a->y) + (size_t)(item / n_pieces) * RFT_ROW_WORDS(a->k);
    (void)worker;
    CPU_NAME(cpu_quantise_blocks)
    (row, RFT_ROW_QUANTISED(a->k), a->k, item % n_pieces * PIECE_BLOCKS, PIECE_BLOCKS);
}
