/* SPDX-License-Identifier: MIT */
#include "packed_row.h"

#include <string.h>

uint32_t rft_dtype_format(enum rft_dtype dtype)
{
    switch (dtype) {
    case RFT_DTYPE_Q8_0: return RFT_FORMAT_Q8;
    case RFT_DTYPE_Q4_0: return RFT_FORMAT_Q4;
    case RFT_DTYPE_Q4_1: return RFT_FORMAT_Q4_MIN;
    default: return RFT_FORMAT_BF16;
    }
}

bool rft_pack_row(enum rft_dtype dtype, const uint8_t *src, uint32_t k, uint32_t *tile, uint32_t row)
{
    (void)dtype, (void)src, (void)k, (void)tile, (void)row;
    return false;
}

bool rft_pack_row_f32(const float *values, uint32_t k, uint32_t *tile, uint32_t row)
{
    (void)values, (void)k, (void)tile, (void)row;
    return false;
}
