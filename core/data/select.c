/* SPDX-License-Identifier: MIT */
#include "select.h"

uint32_t rft_select(const bool *accepted, uint32_t n_samples, uint32_t keep, bool *kept)
{
    uint32_t n_kept = 0;
    for (uint32_t i = 0; i < n_samples; i++) {
        kept[i] = accepted[i] && n_kept < keep;
        n_kept += kept[i];
    }
    return n_kept;
}
