/* SPDX-License-Identifier: MIT */
/* Answers that are said in words, or that a text ends with. */
#ifndef RFT_FORMULA_STATEMENT_H
#define RFT_FORMULA_STATEMENT_H

#include "str.h"

/* What stands behind the last "final answer is", "answer is", "answer:" or "####", up to the end of its sentence.
 * data NULL: there is none. */
struct rft_bytes rft_formula_statement(struct rft_bytes text);

/* Where nothing says which is the answer: the text itself, if it is a short line without a sentence; the formula or
 * number that its last sentence ends with, or its only formula. data NULL: there is none. */
struct rft_bytes rft_formula_conclusion(struct rft_bytes text);

#endif
