/* SPDX-License-Identifier: MIT */
#include "dtype.h"

#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "checkpoints are little-endian and are read in place: this host needs byte swaps here and in gguf.c"
#endif

static const struct {
    const char *name;
    uint32_t block_elements, block_bytes;
    struct rft_quant_type quant;
} dtypes[] = {
#define FLOAT(name, block, bytes) {#name, block, bytes, {0}},
#define QUANT(name, block, bytes, format) {#name, block, bytes, {format, rft_quant_unpack_##name}},
    RFT_FLOAT_LIST(FLOAT) RFT_QUANT_LIST(QUANT)
#undef FLOAT
#undef QUANT
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

const struct rft_quant_type *rft_dtype_quant(enum rft_dtype dtype)
{
    return dtypes[dtype].quant.unpack != NULL ? &dtypes[dtype].quant : NULL;
}

/* Exact for every input, infinities and NaN included. */
static inline float f16_to_f32(uint16_t half)
{
    const uint32_t special = (half & 0x8000u) << 16 | 0x7f800000u | (half & 0x7fffu) << 13;
    return (half & 0x7c00u) == 0x7c00u ? RFT_FROM_BITS(special) : rft_half(half);
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

static void from_quant(const struct rft_quant_type *type, const struct rft_quant_block *block, uint32_t n, float *dst)
{
    const uint32_t n_group = RFT_FORMAT_IS(type->format, RFT_FORMAT_HALVES) ? 16 : 32;
    const int32_t zero = (int32_t)RFT_FORMAT_ZERO(type->format);
    const float d = f16_to_f32(block->d), m = f16_to_f32(block->m);
    for (uint32_t g = 0; g < n / n_group; g++) {
        const int8_t *q = block->q + g * n_group;
        float *elements = dst + g * n_group;
        const float scale = d * (float)block->scale[g], minimum = m * (float)block->minimum[g];
        for (uint32_t i = 0; i < n_group; i++) {
            const float element = scale * (float)(q[i] - zero); /* a statement for each rounding */
            elements[i] = element + minimum;
        }
    }
}

void rft_dtype_to_f32(enum rft_dtype dtype, const uint8_t *src, uint64_t n_elements, float *dst)
{
    const struct rft_quant_type *type = rft_dtype_quant(dtype);
    struct rft_quant_block block = {0};
    switch (dtype) {
    case RFT_DTYPE_F32: memcpy(dst, src, (size_t)n_elements * sizeof *dst); return;
    case RFT_DTYPE_F16: from_f16(src, n_elements, dst); return;
    case RFT_DTYPE_BF16: from_bf16(src, n_elements, dst); return;
    default: break;
    }
    const uint32_t n_block = dtypes[dtype].block_elements;
    for (uint64_t i = 0; i < n_elements / n_block; i++) {
        type->unpack(src + i * dtypes[dtype].block_bytes, &block);
        from_quant(type, &block, n_block, dst + i * n_block);
    }
}
