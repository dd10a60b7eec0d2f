/* SPDX-License-Identifier: MIT */
/* One number under the options fractions, percent and thousands, exact: a decimal over another. */
#ifndef RFT_NUMBER_READ_H
#define RFT_NUMBER_READ_H

#include "number_text.h"
#include "verifier.h"

#define RFT_NUMBER_TEXT_MAX 256 /* bytes of a text in which the options are heeded */

struct rft_number {
    bool is_number;
    bool has_divisor;
    struct rft_decimal value, divisor; /* divisor: only if has_divisor, and then above zero */
    /* Of a dressed one: what else the text says. Where the options changed how it is read, its views are into `text`,
     * so that this struct stays where it is. */
    struct rft_stated stated;
    char text[RFT_NUMBER_TEXT_MAX];
    bool is_rewritten;
};

/* Reads a text of one line: a dressed one as rft_number_stated does, else as rft_number_parse. */
void rft_number_read(const struct rft_verify_options *options, struct rft_bytes text, bool is_dressed,
                     struct rft_number *number);
/* 50% becomes 0.5 if the options say so. */
void rft_number_apply_percent(const struct rft_verify_options *options, bool is_percent, struct rft_number *number);

bool rft_number_equal(const struct rft_number *a, const struct rft_number *b); /* exactly, by cross-multiplication */
double rft_number_double(const struct rft_number *number);

#endif
