/* SPDX-License-Identifier: MIT */
#include "kernel_case_values.h"

#include "arith.h"

float rft_case_value(const struct rft_build *b, enum rft_values values)
{
    uint32_t r = rft_call_random(b->image);
    uint32_t sign = (r >> 31) << 31;
    if (values == RFT_VALUES_TIES)
        return (float)(r >> 8 & 7u) - 3.0f;
    if (values == RFT_VALUES_WIDE && r % 16 == 0)
        return RFT_FROM_BITS(sign);
    if (values == RFT_VALUES_WIDE)
        return RFT_FROM_BITS(sign | (72u + r / 16 % 110u) << 23 |
                             (rft_call_random(b->image) & 0x7fffffu)); /* 2^-55 to 2^54 */
    if (values == RFT_VALUES_LOGITS)
        return (float)(r >> 8 & 0xffffu) * (80.0f / 65536.0f) - 40.0f;
    if (values == RFT_VALUES_ZERO)
        return 0.0f;
    if (values == RFT_VALUES_TINY)
        return RFT_FROM_BITS(sign | (99u + r / 16 % 5u) << 23 |
                             (rft_call_random(b->image) & 0x7fffffu)); /* 2^-28 to 2^-23 */
    return RFT_FROM_BITS(sign | (124u + r / 16 % 5u) << 23 | (rft_call_random(b->image) & 0x7fffffu));
}
