/* SPDX-License-Identifier: MIT */
/* How far a text is the answer to its question, and what takes an answer back. */
#ifndef RFT_FORMULA_EXTENT_H
#define RFT_FORMULA_EXTENT_H

#include "str.h"

#include <stdbool.h>

/* The text before the first of a chat format's marks ("<|im_end|>"), and before a next question: a line that begins
 * with "Problem:", "Question:", "Q:" or "### Instruction" behind a box or a statement. Few-shot models write both. */
struct rft_bytes rft_formula_own_part(struct rft_bytes text);

/* Whether the words right before or behind a part of a text take it back: "not 5", "5 is wrong", "5? No". */
bool rft_formula_is_denied(struct rft_bytes text, struct rft_bytes part);

#endif
