/* SPDX-License-Identifier: MIT */
/* Sums, products, powers, functions. What people write in two meanings (1/2x, \sin x/2, \sqrt12) is read in none. */
#ifndef RFT_FORMULA_EXPRESSION_H
#define RFT_FORMULA_EXPRESSION_H

#include "formula_parser.h"

/* A sum, or several with \cup between them. NULL: none begins at p->t, or memory is short. */
struct rft_formula_node *rft_formula_union(struct rft_formula_parser *p);

#endif
