/* SPDX-License-Identifier: MIT */
/* Philox4x32-10, the counter-based generator of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
 * One text for C, GLSL and CUDA. */
#ifndef RFT_PHILOX_H
#define RFT_PHILOX_H

#include "lang.h"

/* Domains keep uses of the generator apart: the fourth counter word. */
#define RFT_PHILOX_DOMAIN_SAMPLE 0u

struct rft_philox {
    RFT_U32 x0, x1, x2, x3;
};

/* The four output words of counter (c0, c1, c2, c3) under the key (k0, k1). */
RFT_FN RFT_STRUCT(rft_philox) rft_philox4x32(RFT_U32 c0, RFT_U32 c1, RFT_U32 c2, RFT_U32 c3, RFT_U32 k0, RFT_U32 k1)
{
    RFT_STRUCT(rft_philox) r;
    for (RFT_U32 round = 0u; round < 10u; round++) {
        RFT_U32 high0 = rft_mul_high(0xD2511F53u, c0), low0 = 0xD2511F53u * c0;
        RFT_U32 high1 = rft_mul_high(0xCD9E8D57u, c2), low1 = 0xCD9E8D57u * c2;
        c0 = high1 ^ c1 ^ k0;
        c1 = low1;
        c2 = high0 ^ c3 ^ k1;
        c3 = low0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    r.x0 = c0;
    r.x1 = c1;
    r.x2 = c2;
    r.x3 = c3;
    return r;
}

#endif
