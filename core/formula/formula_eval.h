/* SPDX-License-Identifier: MIT */
/* The value of an expression at a point. */
#ifndef RFT_FORMULA_EVAL_H
#define RFT_FORMULA_EVAL_H

#include "formula_node.h"
#include "formula_real.h"

/* A complex number; re NULL: not known, im NULL: zero. */
struct rft_value {
    const struct rft_real *re, *im;
};

struct rft_formula_point {
    struct rft_reals *reals;
    struct rft_real *const *names; /* a value for each symbol */
    bool is_minus;                 /* which way \pm goes */
    bool is_angle;                 /* within a function, where degrees are an angle; elsewhere they are a unit */
};

struct rft_value rft_formula_eval(const struct rft_formula_point *point, const struct rft_formula_node *node);

struct rft_value rft_value_subtract(struct rft_reals *reals, struct rft_value a, struct rft_value b);
struct rft_value rft_value_multiply(struct rft_reals *reals, struct rft_value a, struct rft_value b);

/* 0: equal; 1: not equal for sure; 2: unknown. */
int rft_value_compare(struct rft_reals *reals, struct rft_value a, struct rft_value b);

#endif
