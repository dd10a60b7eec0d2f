/* SPDX-License-Identifier: MIT */
/* Versions of the Unicode tables that tokenization depends on. Static text. */
#ifndef RFT_UNICODE_H
#define RFT_UNICODE_H

const char *rft_unicode_pcre2(void); /* "" if unknown */
const char *rft_unicode_utf8proc(void);

#endif
