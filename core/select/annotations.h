/* SPDX-License-Identifier: MIT */
/* Calculations that a solution writes between << and >>, as GSM8K's do (Cobbe et al. 2021, arXiv 2110.14168), with
 * which rejection-sampling fine-tuning tells reasoning paths apart (Yuan et al. 2023, arXiv 2308.01825, section 3.3).
 */
#ifndef RFT_ANNOTATIONS_H
#define RFT_ANNOTATIONS_H

#include "str.h"

/* Appends those that hold, each with a line feed behind it, in their one form: "<<1,000 × .50 = 500>>" is
 * "1000*0.5=500".
 *
 * An annotation is << and >> with neither < nor > between them. It holds if it is two or more expressions with =
 * between them, of numbers, + - * / (also written × x ÷ and so on), signs and parentheses up to 32 deep, in IEEE
 * doubles from left to right, n% being n / 100; if no step divides by zero or overflows; and if every one differs from
 * the first by less than 1e-3. */
enum rft_status rft_annotations_put(struct rft_bytes text, struct rft_str *out);

#endif
