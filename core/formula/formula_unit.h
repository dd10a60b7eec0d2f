/* SPDX-License-Identifier: MIT */
/* What stands behind a value: units and other words. */
#ifndef RFT_FORMULA_UNIT_H
#define RFT_FORMULA_UNIT_H

#include "formula_lex.h"

#include <stdbool.h>

#define RFT_UNIT_BYTES_MAX 64

struct rft_formula_unit {
    size_t len;
    bool matters;    /* a word in it changes what the value says */
    bool is_unclear; /* a word in it may */
    char text[RFT_UNIT_BYTES_MAX];
};

/* Reads the unit that begins at t and ends before RFT_TOKEN_END at the latest, and adds it to what *unit has already;
 * returns the token behind it. NULL: too long. "square feet", "sq ft" and "ft^2" are the same; "units" is none. */
struct rft_formula_token *rft_formula_unit_read(struct rft_formula_token *t, struct rft_formula_unit *unit);

/* Adds a spelling; false if it is too long. */
bool rft_formula_unit_add(struct rft_formula_unit *unit, const char *text, size_t n);

#endif
