/* SPDX-License-Identifier: MIT */
/* Finds the answer in a completion and compares it with the gold answer. Pure functions of text. */
#ifndef RFT_ANSWER_H
#define RFT_ANSWER_H

#include "status.h"
#include "str.h"

#include <stdbool.h>

enum rft_verify_kind { RFT_VERIFY_ANSWER_TAG, RFT_VERIFY_GSM8K };
enum rft_verify_compat { RFT_COMPAT_NONE, RFT_COMPAT_HOMEWORK };
enum rft_verify_units { RFT_UNITS_STRICT, RFT_UNITS_IGNORE };
/* gsm8k: what stands before an answer. */
#define RFT_GSM8K_MARK "####"

enum rft_finish { RFT_FINISH_STOP, RFT_FINISH_LENGTH, RFT_FINISH_NOT_FINITE };

struct rft_verify_options {
    enum rft_verify_kind kind;
    enum rft_verify_compat compat;
    double rel_tol;              /* answer_tag: |answer - gold| <= rel_tol |gold| */
    enum rft_verify_units units; /* answer_tag: what may stand around the number */
    bool require_mark;           /* gsm8k: no answer without "####" */
    bool accept_cut_off;         /* [verify] cut_off = accept: finish = length may be accepted */
    /* Only what stands behind the last `after` is judged; NULL or "" = everything. Where it does not stand, nothing is
     * judged if it is needed or `opening` (NULL or "" = nothing) stands there, else everything. */
    const char *after;
    const char *opening;
    bool is_after_needed;
};

/* Why a sample was accepted or not: the words of the records' "reason". */
#define RFT_REASON_LIST(X)                                                                                             \
    X(RFT_REASON_ACCEPTED, "accepted")                                                                                 \
    X(RFT_REASON_WRONG, "wrong")                                                                                       \
    X(RFT_REASON_NO_ANSWER, "no_answer")       /* no (closed) tag; gsm8k: no "####" and no number */                   \
    X(RFT_REASON_NOT_A_NUMBER, "not_a_number") /* an answer (an empty one too), but not a finite number */             \
    X(RFT_REASON_CUT_OFF, "cut_off")           /* finish = length and cut-offs are rejected */                         \
    X(RFT_REASON_NOT_FINITE, "not_finite")     /* the model's arithmetic overflowed */
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
 *
 * compat homework: parse_answer and is_answer_valid of the original job, bit by bit (see docs/verification.md): the
 * first "<answer>", up to the next "<answer>", "</answer>" or the end, as Python's float() reads it; accepted if
 * |round(a, 3) - round(g, 3)| < 0.05 |round(g, 3)|. rel_tol and kind are not used.
 *
 * answer_tag: the inside of the last <answer>...</answer> that is closed, white space trimmed, which is one decimal
 * number and nothing else: an optional sign (also U+2212) and "$" in either order, digits, commas if they stand between
 * all groups of three ("6,000" but not "60,00"), decimals, an exponent; a last point is passed over. Both numbers are
 * rounded to double once and |answer - gold| <= rel_tol |gold| is evaluated in double; a gold of 0 takes only 0. With
 * units = ignore it is what rft_number_stated reads ("420 minutes", "**12**", "x = 12"); a percent sign must then stand
 * in both or neither, and words behind both numbers must agree.
 *
 * gsm8k: what the line behind the last "####" states as one number (rft_number_stated); without "####", unless
 * require_mark, the last number of the text (rft_number_last). A line behind the mark without a digit is a heading: the
 * next line counts; one with words before its number and text below it is a heading, too, and no answer. Compared
 * exactly, digit by digit: 42 = 42.00 = 4.2e1, and no double is involved.
 *
 * A thought that was not ended (see rft_verify_options.after) has no answer; cut off, it is cut off whatever
 * accept_cut_off says.
 *
 * finish = not_finite is rejected whatever the text says, then a cut-off completion unless accept_cut_off; both with
 * their answer recorded. */
struct rft_verdict rft_verify(const struct rft_verify_options *options, struct rft_bytes completion,
                              enum rft_finish finish, struct rft_bytes gold);

/* Python 3's float(text), correctly rounded, including inf, nan, underscores and Unicode decimal digits and white
 * space; NaN when Python would raise ValueError. Decimal digits are those of Unicode 15, whatever the libraries'
 * version. */
double rft_python_float(struct rft_bytes text);

/* Python 3's round(x, 3) on the exact binary value. */
double rft_python_round3(double x);

#endif
