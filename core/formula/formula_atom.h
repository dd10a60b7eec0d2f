/* SPDX-License-Identifier: MIT */
/* Names, brackets, matrices. All return NULL where none begins at p->t, and when memory is short. */
#ifndef RFT_FORMULA_ATOM_H
#define RFT_FORMULA_ATOM_H

#include "formula_parser.h"

/* A letter with its subscript and primes; e and i are what they are. */
struct rft_formula_node *rft_formula_name(struct rft_formula_parser *p);
/* The names behind \angle or below a bar, as a product. */
struct rft_formula_node *rft_formula_name_group(struct rft_formula_parser *p);
/* Groups, tuples, sets, and brackets around one thing. */
struct rft_formula_node *rft_formula_brackets(struct rft_formula_parser *p);
struct rft_formula_node *rft_formula_matrix(struct rft_formula_parser *p);

#endif
