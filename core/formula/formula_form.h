/* SPDX-License-Identifier: MIT */
/* Whether two parsed answers say the same: part by part, down to expressions. */
#ifndef RFT_FORMULA_FORM_H
#define RFT_FORMULA_FORM_H

#include "formula_equal.h"

enum rft_formula_verdict rft_formula_form_equal(struct rft_reals *reals, uint32_t n_symbols, struct rft_formula_node *a,
                                                struct rft_formula_node *b);

#endif
