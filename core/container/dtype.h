/* SPDX-License-Identifier: MIT */
/* Number formats of weights, and the one rounding to bf16 (docs/arithmetic.md, "Types"). */
#ifndef RFT_DTYPE_H
#define RFT_DTYPE_H

#include "arith.h"
#include "quant_block.h"

#include <stddef.h>
#include <stdint.h>

/* name, elements per block, bytes per block; behind these the quantised formats */
#define RFT_FLOAT_LIST(X)                                                                                              \
    X(F32, 1, 4)                                                                                                       \
    X(F16, 1, 2)                                                                                                       \
    X(BF16, 1, 2)
#define RFT_DTYPE_ENUM(name, ...) RFT_DTYPE_##name,
enum rft_dtype { RFT_FLOAT_LIST(RFT_DTYPE_ENUM) RFT_QUANT_LIST(RFT_DTYPE_ENUM) RFT_DTYPE_COUNT };
#undef RFT_DTYPE_ENUM

const char *rft_dtype_name(enum rft_dtype dtype);
uint32_t rft_dtype_block_elements(enum rft_dtype dtype);
uint32_t rft_dtype_block_bytes(enum rft_dtype dtype);

/* What a quantised format's blocks are, and how they are taken apart. */
struct rft_quant_type {
    uint32_t format; /* as in RFT_QUANT_LIST */
    void (*unpack)(const uint8_t *src, struct rft_quant_block *block);
};

/* NULL if the format is not a quantised one. */
const struct rft_quant_type *rft_dtype_quant(enum rft_dtype dtype);

/* n_elements (a multiple of the block) of `src` as f32, exactly. src needs no alignment. Quantised formats: scale times
 * integer, rounded, then plus the minimum if there is one, rounded. Exact are a scale and a minimum that are products
 * of an f16 and an integer, and, in formats with minima, scale times integer. */
void rft_dtype_to_f32(enum rft_dtype dtype, const uint8_t *src, uint64_t n_elements, float *dst);

/* Counts of what the rounding met, for the log and for refusal. */
struct rft_round_counts {
    uint64_t n_bad;    /* NaN, infinite or >= 2^60 in magnitude */
    uint64_t n_zeroed; /* non-zero, but below 2^-50 in magnitude: became +0 */
};

/* Rounds to bf16 (nearest, ties to even) by integer code; -0 and |v| < 2^-50 become +0. Bad values are stored as +0 and
 * counted. Here, and without branches, so that loops over weights vectorise. */
static inline uint16_t rft_bf16_round(float value, struct rft_round_counts *counts)
{
    uint32_t is_bad = rft_is_bad(value), bits = rft_to_bf16(value);
    counts->n_bad += is_bad;
    counts->n_zeroed += (uint32_t)(!is_bad && bits == 0 && value != 0.0f);
    return (uint16_t)(is_bad ? 0 : bits);
}

static inline float rft_bf16_to_f32(uint16_t bits)
{
    return rft_low_bf16(bits);
}

#endif
