/* SPDX-License-Identifier: MIT */
#include "dtype.h"

#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "checkpoints are little-endian and are read in place: this host needs byte swaps here and in gguf.c"
#endif

#define QUANT_BLOCK 32 /* elements that share a scale, in every quantised format */

static const struct {
    const char *name;
    uint32_t block_elements, block_bytes;
} dtypes[] = {
#define ROW(name, block, bytes) {#name, block, bytes},
    RFT_DTYPE_LIST(ROW)
#undef ROW
};

const char *rft_dtype_name(enum rft_dtype dtype)
{
    return dtypes[dtype].name;
}

uint32_t rft_dtype_block_elements(enum rft_dtype dtype)
{
    return dtypes[dtype].block_elements;
}

uint32_t rft_dtype_block_bytes(enum rft_dtype dtype)
{
    return dtypes[dtype].block_bytes;
}

/* Exact for every input; no subnormal f32 is ever formed, so that a host that flushes them changes nothing. */
static inline float f16_to_f32(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16, magnitude = (uint32_t)(half & 0x7fffu) << 13;
    uint32_t normal = magnitude + ((127u - 15u) << 23);
    uint32_t special = magnitude | 0x7f800000u;
    float subnormal = RFT_FROM_BITS(magnitude | (113u << 23)) - RFT_FROM_BITS(113u << 23);
    uint32_t bits = magnitude >= (31u << 23) ? special : magnitude < (1u << 23) ? RFT_BITS(subnormal) : normal;
    return RFT_FROM_BITS(sign | bits);
}

static float load_f16(const uint8_t *src)
{
    uint16_t half;
    memcpy(&half, src, sizeof half);
    return f16_to_f32(half);
}

static void from_f16(const uint8_t *src, uint64_t n, float *dst)
{
    for (uint64_t i = 0; i < n; i++) {
        uint16_t half;
        memcpy(&half, src + 2 * i, sizeof half);
        dst[i] = f16_to_f32(half);
    }
}

static void from_bf16(const uint8_t *src, uint64_t n, float *dst)
{
    for (uint64_t i = 0; i < n; i++) {
        uint16_t bits;
        memcpy(&bits, src + 2 * i, sizeof bits);
        dst[i] = rft_bf16_to_f32(bits);
    }
}

static void from_q8_0(const uint8_t *block, float *dst)
{
    float scale = load_f16(block);
    for (int i = 0; i < QUANT_BLOCK; i++)
        dst[i] = scale * (float)(int8_t)block[2 + i];
}

/* The low nibbles of the 16 bytes are the first half of the block, the high ones the second. */
static void from_q4_0(const uint8_t *block, float *dst)
{
    float scale = load_f16(block);
    for (int i = 0; i < QUANT_BLOCK / 2; i++) {
        dst[i] = scale * (float)((block[2 + i] & 15) - 8);
        dst[i + QUANT_BLOCK / 2] = scale * (float)((block[2 + i] >> 4) - 8);
    }
}

static void from_q4_1(const uint8_t *block, float *dst)
{
    float scale = load_f16(block), minimum = load_f16(block + 2);
    for (int i = 0; i < QUANT_BLOCK / 2; i++) {
        float low = scale * (float)(block[4 + i] & 15); /* a statement for each rounding */
        float high = scale * (float)(block[4 + i] >> 4);
        dst[i] = low + minimum;
        dst[i + QUANT_BLOCK / 2] = high + minimum;
    }
}

void rft_dtype_to_f32(enum rft_dtype dtype, const uint8_t *src, uint64_t n_elements, float *dst)
{
    void (*from_block)(const uint8_t *, float *) = NULL;
    switch (dtype) {
    case RFT_DTYPE_F32: memcpy(dst, src, (size_t)n_elements * sizeof *dst); break;
    case RFT_DTYPE_F16: from_f16(src, n_elements, dst); break;
    case RFT_DTYPE_BF16: from_bf16(src, n_elements, dst); break;
    case RFT_DTYPE_Q8_0: from_block = from_q8_0; break;
    case RFT_DTYPE_Q4_0: from_block = from_q4_0; break;
    case RFT_DTYPE_Q4_1: from_block = from_q4_1; break;
    case RFT_DTYPE_COUNT: break;
    }
    for (uint64_t i = 0; from_block != NULL && i < n_elements / QUANT_BLOCK; i++)
        from_block(src + i * dtypes[dtype].block_bytes, dst + i * QUANT_BLOCK);
}
