/* SPDX-License-Identifier: MIT */
/* Looking through text byte by byte: fixed texts, words, lines. None of it depends on the locale. */
#ifndef RFT_SCAN_H
#define RFT_SCAN_H

#include "ascii.h"
#include "str.h"

#include <stdbool.h>

bool rft_scan_begins(const char *p, const char *end, const char *z);
/* The same in capitals or not; z has none. */
bool rft_scan_begins_lower(const char *p, const char *end, const char *z);
/* First place of z, which is not empty, at or behind p; end if there is none. */
const char *rft_scan_find(const char *p, const char *end, const char *z);
const char *rft_scan_line_end(const char *p, const char *end); /* where the line at p ends */
/* What stands between, without ASCII white space at both ends. */
struct rft_bytes rft_scan_span(const char *from, const char *to);
/* Whether a word of n bytes is in the list, which NULL ends, in capitals or not. */
bool rft_word_is_among(const char *const *words, const char *p, size_t n);

#endif
