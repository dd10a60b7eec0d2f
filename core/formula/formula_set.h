/* SPDX-License-Identifier: MIT */
/* Inequalities as the intervals that they describe. */
#ifndef RFT_FORMULA_SET_H
#define RFT_FORMULA_SET_H

#include "formula_node.h"

/* "x > 3" as (3, infinity), "x != 3" as a union, alternatives of such as a union; *name is what it is about. The node
 * itself where it is none of these, NULL when memory is short. */
struct rft_formula_node *rft_formula_interval(struct rft_formula_memory *memory, struct rft_formula_node *node,
                                              const struct rft_formula_node **name);

#endif
