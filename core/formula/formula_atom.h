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

/* The base behind a number, if there is one: "1011_2", "101_\text{two}". False: it cannot be read. */
bool rft_formula_base(struct rft_formula_parser *p, struct rft_formula_node *number);

/* Behind `above`: "\over" or "\choose" with what stands below it; `above` itself if they are not there. */
struct rft_formula_node *rft_formula_stacked(struct rft_formula_parser *p, struct rft_formula_node *above);

#endif
