/* SPDX-License-Identifier: MIT */
/* Which accepted samples of a question become rows of the dataset. Selection never changes what is generated. */
#ifndef RFT_SELECT_H
#define RFT_SELECT_H

#include <stdbool.h>
#include <stdint.h>

#define RFT_KEEP_ALL UINT32_MAX

/* accepted: [n_samples], in sample order. Sets kept[i] for the first `keep` accepted ones; returns how many. */
uint32_t rft_select(const bool *accepted, uint32_t n_samples, uint32_t keep, bool *kept);

#endif
