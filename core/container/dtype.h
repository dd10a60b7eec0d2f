/* SPDX-License-Identifier: MIT */
/* Number formats of weights, and the one rounding to bf16 (docs/arithmetic.md, "Types"). */
#ifndef RFT_DTYPE_H
#define RFT_DTYPE_H

#include "arith.h"

#include <stdint.h>

/* name, elements per block, bytes per block */
#define RFT_DTYPE_LIST(X)                                                                                              \
    X(F32, 1, 4)                                                                                                       \
    X(F16, 1, 2)                                                                                                       \
    X(BF16, 1, 2)                                                                                                      \
    X(Q8_0, 32, 34)                                                                                                    \
    X(Q4_0, 32, 18)                                                                                                    \
    X(Q4_1, 32, 20)
#define RFT_DTYPE_ENUM(name, block, bytes) RFT_DTYPE_##name,
enum rft_dtype { RFT_DTYPE_LIST(RFT_DTYPE_ENUM) RFT_DTYPE_COUNT };
#undef RFT_DTYPE_ENUM

const char *rft_dtype_name(enum rft_dtype dtype);
uint32_t rft_dtype_block_elements(enum rft_dtype dtype);
uint32_t rft_dtype_block_bytes(enum rft_dtype dtype);

/* n_elements (a multiple of the block) of `src` as f32, exactly. src needs no alignment. Quantised formats: ggml's
 * block layouts, value = scale * q (+ minimum), computed in f32 as one multiply and one add, each rounded. */
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
