/* SPDX-License-Identifier: MIT */
/* \boxed{} in a text. */
#ifndef RFT_FORMULA_BOX_H
#define RFT_FORMULA_BOX_H

#include "str.h"

#include <stdbool.h>

/* What the last box holds that is closed and in no other box; of several that only separators part, the text from the
 * first to the last, with their commands. *whole, unless `whole` is NULL: with the commands in any case. data NULL:
 * there is none. */
struct rft_bytes rft_formula_box(struct rft_bytes text, struct rft_bytes *whole);

/* Whether the text ends within a box. */
bool rft_formula_box_is_open(struct rft_bytes text);

#endif
