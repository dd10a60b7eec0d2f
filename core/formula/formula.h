/* SPDX-License-Identifier: MIT */
/* Answers of mathematics as people write them, in LaTeX or plain text: where a text states one, and whether two of them
 * are equal. Pure functions of bytes: no state is kept, and any number of threads may call them. docs/verification.md
 * has the rules in words. */
#ifndef RFT_FORMULA_H
#define RFT_FORMULA_H

#include "status.h"
#include "str.h"

#include <stdbool.h>

/* Longer answers are compared byte by byte only. */
#define RFT_FORMULA_BYTES_MAX 8192

enum rft_formula_source {
    RFT_FORMULA_NONE,
    RFT_FORMULA_BOXED,  /* \boxed or \fbox */
    RFT_FORMULA_STATED, /* behind "the final answer is", "Answer:" or "####" */
    RFT_FORMULA_LAST,   /* neither: the text ends with it, or is nothing else */
};

struct rft_formula_answer {
    enum rft_formula_source source;
    struct rft_bytes text; /* within the completion; data NULL: there is none */
};

/* Finds the final answer of a completion, in linear time and constant memory. A later statement counts more than an
 * earlier one, a box more than a statement before it. Boxes that only "and", "or" or commas part are one answer, which
 * is then the text from the first to the last with its commands. A box that is not closed is none. What stands behind a
 * next question's heading does not count; an answer that the words next to it take back is none. */
struct rft_formula_answer rft_formula_answer(struct rft_bytes completion);

/* The part of a gold answer or of a found answer that is compared: the inside of its box, what it states, or all of it.
 * A gold answer may be a whole solution. */
struct rft_bytes rft_formula_subject(struct rft_bytes text);

enum rft_formula_verdict { RFT_FORMULA_SAME, RFT_FORMULA_DIFFERENT, RFT_FORMULA_UNDECIDED };
const char *rft_formula_verdict_text(enum rft_formula_verdict verdict);

/* Compares the subjects of two texts. SAME: equal texts, or equal values: exact rationals, or intervals of 256 bits and
 * more; at several points where there are variables; or the same option of a multiple choice question. DIFFERENT: shown
 * to differ in value or form. UNDECIDED: what cannot be read or is too large to compute. Time and memory are bounded.
 * The verdict does not depend on the order of the two. Errors: RFT_ERR_HOST_MEMORY. */
enum rft_status rft_formula_compare(struct rft_bytes answer, struct rft_bytes gold, enum rft_formula_verdict *verdict);

/* Whether there is something to compare with. */
bool rft_formula_gold_is_valid(struct rft_bytes gold);

#endif
