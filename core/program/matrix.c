/* SPDX-License-Identifier: MIT */
#include "matrix.h"

uint64_t rft_packed_bytes(uint64_t n, uint64_t k, uint32_t format)
{
    return (n + RFT_TILE - 1) / RFT_TILE * RFT_FORMAT_TILE_WORDS(format, k) * 4;
}
