/* SPDX-License-Identifier: MIT */
/* A constant that the host computes (docs/arithmetic.md, "What the host computes"), without libm. */
#ifndef RFT_INVERSE_SQRT_H
#define RFT_INVERSE_SQRT_H

#include "arith.h"

#include <stdint.h>

/* 1 / sqrt(n), n > 0: Newton's steps in double bring rsqrt to its last bits. */
static inline double rft_inverse_sqrt(uint32_t n)
{
    double y = (double)rft_rsqrt((float)n);
    for (int step = 0; step < 4; step++)
        y = y * (1.5 - 0.5 * n * y * y);
    return y;
}

#endif
