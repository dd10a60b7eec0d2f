/* SPDX-License-Identifier: MIT */
/* A decimal number out of text, exact: digits and a power of ten. */
#ifndef RFT_DECIMAL_H
#define RFT_DECIMAL_H

#include "str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No double needs more than 767 significant digits to be told from its neighbours' midpoints. */
#define RFT_DECIMAL_DIGITS_MAX 800

/* (-1)^negative * 0.d1 d2 .. dn * 10^exponent with d1 and dn not 0; n = 0 is zero. `more`: further digits that are not
 * all zero were left out, so the number equals none that has them all. Zero-initialise before the first digit. */
struct rft_decimal {
    int64_t exponent;
    uint32_t n_digits;
    bool negative;
    bool more;
    char digits[RFT_DECIMAL_DIGITS_MAX];
};

/* The next digit, '0'..'9'; behind the point once after_point was given. Call trim after the last. */
void rft_decimal_push(struct rft_decimal *d, char digit, bool after_point);
void rft_decimal_trim(struct rft_decimal *d);

/* Moves the point; far beyond the range of double the exponent saturates, whose sign is all that matters there. */
void rft_decimal_scale(struct rft_decimal *d, int64_t power_of_ten);

/* Reads the digits of an exponent, saturating. */
int64_t rft_decimal_exponent(const char *digits, size_t n);

/* Exactly the same number. Zeros of both signs are the same. */
bool rft_decimal_equal(const struct rft_decimal *a, const struct rft_decimal *b);

/* a * b, exact while it has no more than RFT_DECIMAL_DIGITS_MAX digits, else with `more`. */
struct rft_decimal rft_decimal_product(const struct rft_decimal *a, const struct rft_decimal *b);

/* The nearest double, ties to even; infinity beyond the largest, signed zero below the smallest. */
double rft_decimal_double(const struct rft_decimal *d);

/* The number as people write it that begins at p: an optional sign (also U+2212) and "$" in either order, digits with
 * commas between all groups of three or with none, decimals, an exponent ("6e3"). Returns its length, 0 if none begins
 * there; a point that no digit follows is left out ("42." is "42"). */
size_t rft_decimal_match(const char *p, const char *end, struct rft_decimal *d);

#endif
