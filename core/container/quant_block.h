/* SPDX-License-Identifier: MIT */
/* Blocks of the quantised formats of GGUF files (ggml's), taken apart: their integers, and the scales that these are
 * under. */
#ifndef RFT_QUANT_BLOCK_H
#define RFT_QUANT_BLOCK_H

#include "op_args.h"

#include <stdint.h>

#define RFT_QUANT_ELEMENTS_MAX 256

/* name, elements per block, bytes per block, and what is in it, said as a packed matrix says it (op_args.h): how many
 * bits hold an integer, which integer stands for zero, whether there are minima, whether the scales are integers that
 * an f16 multiplies (SUPER), whether each is of 16 elements (HALVES) or of 32. */
#define RFT_QUANT_LIST(X)                                                                                              \
    X(Q8_0, 32, 34, RFT_FORMAT(8u, 0u, 0u))                                                                            \
    X(Q4_0, 32, 18, RFT_FORMAT(4u, 8u, 0u))                                                                            \
    X(Q4_1, 32, 20, RFT_FORMAT(4u, 0u, RFT_FORMAT_MINIMA))                                                             \
    X(Q5_0, 32, 22, RFT_FORMAT(6u, 16u, 0u))                                                                           \
    X(Q5_1, 32, 24, RFT_FORMAT(6u, 0u, RFT_FORMAT_MINIMA))                                                             \
    X(Q2_K, 256, 84, RFT_FORMAT(4u, 0u, RFT_FORMAT_SUPER | RFT_FORMAT_MINIMA | RFT_FORMAT_HALVES))                     \
    X(Q3_K, 256, 110, RFT_FORMAT(4u, 4u, RFT_FORMAT_SUPER | RFT_FORMAT_HALVES))                                        \
    X(Q4_K, 256, 144, RFT_FORMAT(4u, 0u, RFT_FORMAT_SUPER | RFT_FORMAT_MINIMA))                                        \
    X(Q5_K, 256, 176, RFT_FORMAT(6u, 0u, RFT_FORMAT_SUPER | RFT_FORMAT_MINIMA))                                        \
    X(Q6_K, 256, 210, RFT_FORMAT(6u, 32u, RFT_FORMAT_SUPER | RFT_FORMAT_HALVES))                                       \
    X(IQ4_NL, 32, 18, RFT_FORMAT(8u, 0u, 0u))                                                                          \
    X(IQ4_XS, 256, 136, RFT_FORMAT(8u, 0u, RFT_FORMAT_SUPER | RFT_FORMAT_HALVES))

/* Element i is (q[i] - zero) (d scale[g]) + m minimum[g], g being the 32 or 16 elements that it is of. Without SUPER
 * scale[0] and minimum[0] are 1. */
#define RFT_QUANT_NO_MINIMUM 0x8000u /* m: -0, which changes no sum */
struct rft_quant_block {
    uint16_t d, m; /* f16 */
    int8_t q[RFT_QUANT_ELEMENTS_MAX];
    int8_t scale[RFT_QUANT_ELEMENTS_MAX / 16];
    uint8_t minimum[RFT_QUANT_ELEMENTS_MAX / 16];
};

/* Takes a block apart; src needs no alignment. */
#define RFT_QUANT_UNPACK(name, elements, bytes, format)                                                                \
    void rft_quant_unpack_##name(const uint8_t *src, struct rft_quant_block *block);
RFT_QUANT_LIST(RFT_QUANT_UNPACK)
#undef RFT_QUANT_UNPACK

#endif
