/* SPDX-License-Identifier: MIT */
/* What the rules about numbers share: a text that is one number, and the units behind two. */
#ifndef RFT_NUMBER_UNIT_H
#define RFT_NUMBER_UNIT_H

#include "decimal.h"
#include "number_text.h"

/* The whole text as one number and nothing else; white space around it and a last point are passed over. */
bool rft_number_parse(struct rft_bytes text, struct rft_decimal *d);
/* Whether two texts behind numbers may name one unit: word by word, or one of them names none. */
bool rft_number_is_same_unit(const struct rft_stated *a, const struct rft_stated *b);

#endif
