/* SPDX-License-Identifier: MIT */
#include "matrix.h"

uint64_t rft_packed_bytes(uint64_t n, uint64_t k)
{
    return (n + RFT_TILE - 1) / RFT_TILE * RFT_TILE * RFT_PADDED(k) * 2;
}
