/* SPDX-License-Identifier: MIT */
/* An option of a multiple choice question as AMC's answers put it: "\textbf{(C)}\ 12". */
#ifndef RFT_FORMULA_OPTION_H
#define RFT_FORMULA_OPTION_H

#include "str.h"

#include <stdbool.h>

struct rft_formula_option {
    char letter;            /* 'A' to 'J'; 0: there is none, and all of the text is the value */
    struct rft_bytes value; /* len 0: the letter alone */
};

struct rft_formula_option rft_formula_option(struct rft_bytes text);

/* Whether a value begins with words, not a formula. */
bool rft_formula_option_has_words(struct rft_bytes value);

#endif
