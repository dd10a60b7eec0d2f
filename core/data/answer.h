/* SPDX-License-Identifier: MIT */
/* Finds the answer in a completion and compares it with the gold answer. Pure functions of text. */
#ifndef RFT_ANSWER_H
#define RFT_ANSWER_H

#include "status.h"
#include "str.h"

#include <stdbool.h>

enum rft_verify_kind { RFT_VERIFY_ANSWER_TAG, RFT_VERIFY_GSM8K };
enum rft_verify_compat { RFT_COMPAT_NONE, RFT_COMPAT_HOMEWORK };
enum rft_finish { RFT_FINISH_STOP, RFT_FINISH_LENGTH, RFT_FINISH_NOT_FINITE };

struct rft_verify_options {
    enum rft_verify_kind kind;
    enum rft_verify_compat compat;
    double rel_tol;       /* answer_tag: |answer - gold| <= rel_tol |gold| */
    bool accept_cut_off;  /* [verify] cut_off = accept: finish = length may be accepted */
};

/* Why a sample was accepted or not: the words of the records' "reason". */
#define RFT_REASON_LIST(X)                                                                                             \
    X(RFT_REASON_ACCEPTED, "accepted")                                                                                 \
    X(RFT_REASON_WRONG, "wrong")                                                                                       \
    X(RFT_REASON_NO_ANSWER, "no_answer")     /* no (closed) tag, or no number at all */                                \
    X(RFT_REASON_NOT_A_NUMBER, "not_a_number") /* an answer, but not a finite number */                                \
    X(RFT_REASON_CUT_OFF, "cut_off")         /* finish = length and cut-offs are rejected */                           \
    X(RFT_REASON_NOT_FINITE, "not_finite")   /* the model's arithmetic overflowed */
#define RFT_REASON_ENUM(name, text) name,
enum rft_reason { RFT_REASON_LIST(RFT_REASON_ENUM) RFT_REASON_COUNT };
#undef RFT_REASON_ENUM
const char *rft_reason_text(enum rft_reason reason);
const char *rft_finish_text(enum rft_finish finish);

struct rft_verdict {
    enum rft_reason reason;
    struct rft_bytes answer; /* the answer's text inside the completion; data NULL if none was found */
};

/* Checks that a gold answer can be compared at all under these options (a finite number; for GSM8K a decimal number);
 * false otherwise. The caller names the question. */
bool rft_gold_is_valid(const struct rft_verify_options *options, struct rft_bytes gold);

/* Judges one completion.
 *  - compat homework: parse_answer and is_answer_valid of the original job, bit by bit (see docs/verification.md): first
 *    "<answer>", up to the next "<answer>", "</answer>" or the end, as Python's float() reads it; accepted if
 *    |round(a, 3) - round(g, 3)| < 0.05 |round(g, 3)|. rel_tol and kind are not used.
 *  - answer_tag: the last closed <answer>...</answer>, white space trimmed, one decimal number (sign, digits, point,
 *    exponent; commas between groups of three digits and a leading $ are allowed); compared in double.
 *  - gsm8k: the last number of the text ("#### 42" first if there is one): commas, sign, decimals, $, trailing period;
 *    compared exactly as rationals (no double involved).
 * A cut-off completion is rejected first, with its answer recorded, unless accept_cut_off. */
struct rft_verdict rft_verify(const struct rft_verify_options *options, struct rft_bytes completion, enum rft_finish finish,
                              struct rft_bytes gold);

/* Python 3's float(text), correctly rounded, including inf, nan, underscores and Unicode decimal digits and white space;
 * NaN when Python would raise ValueError. */
double rft_python_float(struct rft_bytes text);

/* Python 3's round(x, 3) on the exact binary value. */
double rft_python_round3(double x);

#endif
