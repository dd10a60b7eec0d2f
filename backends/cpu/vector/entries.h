/* SPDX-License-Identifier: MIT */
/* The vocabulary, a group of entries at a time: what the kernels that draw tokens have in common. */
#ifndef RFT_CPU_ENTRIES_H
#define RFT_CPU_ENTRIES_H

#include "form.h"

#define CPU_GROUP 256u /* vocabulary entries at a time */

/* 1 for the entries that the vocabulary has, from `first`; 0 past n. */
static inline void list_tokens(uint32_t *has_token, const uint32_t *mask, uint32_t first, uint32_t n)
{
    for (uint32_t word = 0; word < CPU_GROUP / 32; word++) {
        uint32_t bits = word * 32 < n ? mask[first / 32 + word] : 0;
        for (uint32_t i = 0; i < 32; i++)
            has_token[word * 32 + i] = bits >> i & 1u;
    }
    for (uint32_t i = n; i < CPU_GROUP; i++)
        has_token[i] = 0;
}

#endif
