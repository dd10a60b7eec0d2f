/* SPDX-License-Identifier: MIT */
/* Amounts as a person reads them, the same everywhere: progress, plan, devices, summary. */
#ifndef RFT_UNITS_H
#define RFT_UNITS_H

#include <stdint.h>

/* By value, so that a call can stand among printf's arguments: rft_size_text(n).text. */
struct rft_units_text {
    char text[24];
};

/* "0.5 KiB", "37.0 MiB", "23.9 GiB". From 1 MiB to 1 GiB always MiB, beyond always GiB. */
struct rft_units_text rft_size_text(uint64_t bytes);

/* "0:01:39"; rounded to seconds. Negative or beyond a century: "-:--:--", not known. */
struct rft_units_text rft_time_text(double seconds);

#endif
