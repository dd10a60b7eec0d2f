/* SPDX-License-Identifier: MIT */
/* What makes up the parts of a form: names, units, expressions, equations; and their comparison. */
#ifndef RFT_FORMULA_PART_H
#define RFT_FORMULA_PART_H

#include "formula_equal.h"

/* One comparison of forms. */
struct rft_formula_forms {
    struct rft_reals *reals;
    uint32_t n_symbols;
    bool is_strict; /* within a list of several: names must be the same */
};

/* Of a whole that has both parts. */
enum rft_formula_verdict rft_formula_both(enum rft_formula_verdict a, enum rft_formula_verdict b);

/* Trees of one shape and the same letters. */
bool rft_formula_trees_equal(const struct rft_formula_forms *f, const struct rft_formula_node *a,
                             const struct rft_formula_node *b);

/* Names of values. Letters of their own must be the same; "y" and "f(x)" are as good as one another, "f(2)" and "f(3)"
 * perhaps not. */
enum rft_formula_verdict rft_formula_compare_names(const struct rft_formula_forms *f, const struct rft_formula_node *a,
                                                   const struct rft_formula_node *b);

/* What stands behind values. It may be missing on one side, if it is known to change nothing. */
enum rft_formula_verdict rft_formula_compare_units(const struct rft_formula_node *a, const struct rft_formula_node *b);

/* Expressions, and equations: by their values, but for letters that may be no factors. */
enum rft_formula_verdict rft_formula_compare_terms(const struct rft_formula_forms *f, struct rft_formula_term a,
                                                   struct rft_formula_term b);
enum rft_formula_verdict rft_formula_compare_equations(const struct rft_formula_forms *f,
                                                       const struct rft_formula_term a[2],
                                                       const struct rft_formula_term b[2], bool is_ordered);

#endif
