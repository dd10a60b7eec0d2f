/* SPDX-License-Identifier: MIT */
/* The one number that a short text states: what may stand around it, and what makes it another number or none. Pure
 * functions of text, in one pass. docs/verification.md has the rules in words. */
#ifndef RFT_NUMBER_TEXT_H
#define RFT_NUMBER_TEXT_H

#include "decimal.h"
#include "str.h"

#include <stdbool.h>

struct rft_stated {
    bool is_number; /* the text states one number, and this is it; else only `text` counts */
    struct rft_decimal value;
    struct rft_bytes text; /* the number's characters; if there is none, all of the text */
    struct rft_bytes unit; /* what stands behind it */
    int32_t currency;      /* the last sign of one, 0 if there is none */
    bool is_percent;       /* "50%" */
    bool has_words_before; /* "The answer is 18" */
    bool says_answer;      /* the last of them are "answer" or "answer is" */
};

/* Reads a text of one line as one answer: the single number in it, with words, units, currency and the marks of
 * Markdown and LaTeX around it passed over; of an equation its right side. A sign may stand apart ("- 5", "minus 5"),
 * spaces may part thousands ("12 000"). No number: two numbers, fractions, mixed numbers, powers, products, ranges,
 * dates, scale words ("2 million"), digits of other scripts. */
struct rft_stated rft_number_stated(struct rft_bytes line);

/* Finds the last number of a text, and whether it is one by itself: not if it is a part of something larger, such as a
 * fraction, a power or a date. text.data NULL: there is none. Spaces part numbers here. */
struct rft_stated rft_number_last(struct rft_bytes text);

/* The number as decimal.h reads it, or a fraction ("1/2") as a whole, from p on; its length, 0 if none begins at p of
 * `text`. A sign behind a letter, a digit or a bracket is none. */
size_t rft_number_match(const char *text, const char *p, const char *end, struct rft_decimal *d, bool *is_fraction);

#endif
