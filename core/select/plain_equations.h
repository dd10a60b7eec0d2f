/* SPDX-License-Identifier: MIT */
/* The equations of a solution in plain text, Markdown or LaTeX. */
#ifndef RFT_PLAIN_EQUATIONS_H
#define RFT_PLAIN_EQUATIONS_H

#include "str.h"

/* Appends them, each with a line feed behind it, as numbers and operators alone: "So, 4 feet/second = 4 × 12
 * inches/second = 48 inches/second." is "4=4*12=48". Whether they hold is not asked: units are not known.
 *
 * The text is read as lexemes (equation_lexer.h) from left to right.
 * - Words, brackets, asides are passed over.
 * - An operator counts where a number stands before it on its side of the equation and nothing but brackets and asides
 *   between it and the next number. A minus right before a digit is the number's sign where no number stands before it
 *   on its side, or an operator does.
 * - A parenthesis right behind a digit, a % or a closing bracket is *, and "}{" is / (as in \frac{1}{2}).
 * - A number that follows a number on its side without an operator begins another equation, as does what follows END.
 * - Sides without a number are left out; what has fewer than two sides then is no equation. */
enum rft_status rft_plain_equations_put(struct rft_bytes text, struct rft_str *out);

#endif
