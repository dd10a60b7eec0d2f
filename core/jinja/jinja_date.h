/* SPDX-License-Identifier: MIT */
/* The day that a template is told is today. */
#ifndef RFT_JINJA_DATE_H
#define RFT_JINJA_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The day that strftime_now tells, at midnight. */
struct rft_jinja_date {
    int32_t year, month, day; /* month and day counted from 1 */
};
/* "2026-01-31"; false if it is no day of the years 1900 to 9999. */
bool rft_jinja_date_read(const char *text, struct rft_jinja_date *date);

/* A directive of strftime: its letter, is_short: without leading zeros ("%-d"). Writes what it stands for on that day
 * at midnight, in the C locale; how many bytes, 0 if it is not known. */
size_t rft_jinja_date_format(const struct rft_jinja_date *date, char letter, bool is_short, char *out, size_t size);

#endif
