/* SPDX-License-Identifier: MIT */
/* Code points in UTF-8. */
#ifndef RFT_UTF8_H
#define RFT_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define RFT_UTF8_MARK "\xef\xbb\xbf"        /* the byte order mark */
#define RFT_UTF8_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD, for what is ill-formed */
/* How texts in UTF-16 begin, in either order. */
#define RFT_UTF16_MARK_LE "\xff\xfe"
#define RFT_UTF16_MARK_BE "\xfe\xff"

/* Decodes one code point at p (p < end). Returns the bytes it takes and the code point; an ill-formed sequence returns
 * the length of its maximal subpart (at least 1) and *code_point = -1. */
size_t rft_utf8_decode(const char *p, const char *end, int32_t *code_point);

/* Writes code_point (0..0x10FFFF) as 1 to 4 bytes; returns how many. */
size_t rft_utf8_encode(uint32_t code_point, char out[4]);

/* So many bytes of a text as fit into `max` without tearing a character. */
size_t rft_utf8_cut(const char *text, size_t len, size_t max);

#endif
