/* SPDX-License-Identifier: MIT */
/* Upper, lower and title case as Python's str has them: by Unicode's full mappings, which may give several characters
 * for one (Unicode 15, 3.13 and SpecialCasing.txt, the mappings without a condition, and the final sigma). */
#ifndef RFT_JINJA_CASE_H
#define RFT_JINJA_CASE_H

#include "jinja_text.h"

enum rft_jinja_case { RFT_JINJA_LOWER, RFT_JINJA_UPPER, RFT_JINJA_TITLE };

/* Puts the characters of text[begin, end), a part of a whole text, which decides about final sigmas. */
enum rft_status rft_jinja_put_case(struct rft_jinja_run *run, struct rft_jinja_buffer *out, struct rft_jinja_text text,
                                   size_t begin, size_t end, enum rft_jinja_case wanted);

bool rft_jinja_is_upper(int32_t code_point);
bool rft_jinja_is_lower(int32_t code_point);
bool rft_jinja_is_cased(int32_t code_point);
/* str.isalpha, str.isdecimal, str.isnumeric (near enough: digits, numbers) of one character. */
bool rft_jinja_is_alpha(int32_t code_point);
bool rft_jinja_is_decimal(int32_t code_point);
bool rft_jinja_is_numeric(int32_t code_point);
/* Whether it may stand in a name: a letter, a mark, a digit, a connector. */
bool rft_jinja_is_word(int32_t code_point);
/* str.isprintable of one character. */
bool rft_jinja_is_printable(int32_t code_point);

#endif
