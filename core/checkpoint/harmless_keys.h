/* SPDX-License-Identifier: MIT */
/* Keys of config.json that change nothing of what is computed, with the reason. */
#ifndef RFT_HARMLESS_KEYS_H
#define RFT_HARMLESS_KEYS_H

#include <stdbool.h>

bool rft_is_harmless_key(const char *key);

#endif
