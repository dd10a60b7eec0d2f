/* SPDX-License-Identifier: MIT */
/* Whether expressions have the same value, at every point that is tried. */
#ifndef RFT_FORMULA_EQUAL_H
#define RFT_FORMULA_EQUAL_H

#include "formula.h"
#include "formula_eval.h"
#include "formula_parser.h"

/* An expression, and which way its \pm goes. */
struct rft_formula_term {
    const struct rft_formula_node *node;
    bool is_minus;
};

enum rft_formula_verdict rft_formula_equal(struct rft_reals *reals, uint32_t n_symbols, struct rft_formula_term a,
                                           struct rft_formula_term b);

/* Whether a[0] - a[1] is a constant, not 0, times b[0] - b[1]: then the equations a[0] = a[1] and b[0] = b[1] are the
 * same. With `is_ordered` the constant must be positive: then a[0] < a[1] and b[0] < b[1] are. */
enum rft_formula_verdict rft_formula_proportional(struct rft_reals *reals, uint32_t n_symbols,
                                                  const struct rft_formula_term a[2],
                                                  const struct rft_formula_term b[2], bool is_ordered);

#endif
