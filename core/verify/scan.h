/* SPDX-License-Identifier: MIT */
/* Finding fixed texts in others. */
#ifndef RFT_SCAN_H
#define RFT_SCAN_H

#include "str.h"

#include <stdbool.h>

bool rft_scan_begins(const char *p, const char *end, const char *z);
/* First place of z, which is not empty, at or behind p; end if there is none. */
const char *rft_scan_find(const char *p, const char *end, const char *z);
const char *rft_scan_line_end(const char *p, const char *end); /* where the line at p ends */
/* What stands between, without ASCII white space at both ends. */
struct rft_bytes rft_scan_span(const char *from, const char *to);
/* The inside of the last <answer>...</answer> that is closed; data NULL if there is none. */
struct rft_bytes rft_scan_answer_tag(struct rft_bytes text);

#define RFT_TAG_OPEN "<answer>"
#define RFT_TAG_CLOSE "</answer>"

#endif
