/* SPDX-License-Identifier: MIT */
/* kind = answer_tag: the inside of the last <answer>...</answer> that is closed, white space trimmed, which is one
 * decimal number and nothing else: an optional sign (also U+2212) and "$" in either order, digits, commas if they stand
 * between all groups of three ("6,000" but not "60,00"), decimals, an exponent; a last point is passed over. Both
 * numbers are rounded to double once and |answer - gold| <= rel_tol |gold| is evaluated in double; a gold of 0 takes
 * only 0. With units = ignore it is what rft_number_stated reads ("420 minutes", "**12**", "x = 12"); a percent sign
 * must then stand in both or neither, and words behind both numbers must agree. */
#include "answer_tag.h"
#include "kinds.h"
#include "number_read.h"
#include "number_unit.h"
#include "scan.h"

#include <math.h>

/* The numbers of an answer and a gold one as the options read them; false if one of them is none. *is_same_kind: they
 * are in the same unit, as far as the texts say. */
static bool read_pair(const struct rft_verify_options *options, struct rft_bytes answer, struct rft_bytes gold,
                      struct rft_number numbers[2], bool *is_same_kind)
{
    bool is_dressed = options->units == RFT_UNITS_IGNORE;
    struct rft_number *a = &numbers[0], *g = &numbers[1];
    rft_number_read(options, answer, is_dressed, a);
    rft_number_read(options, gold, is_dressed, g);
    *is_same_kind = true;
    if (!a->is_number || !g->is_number)
        return false;
    if (!is_dressed)
        return true;
    *is_same_kind = rft_number_is_same_unit(&a->stated, &g->stated);
    return options->percent != RFT_PERCENT_STRICT || a->stated.is_percent == g->stated.is_percent;
}

static enum rft_status judge(const struct rft_verify_options *options, void *state, const struct rft_verify_case *c,
                             struct rft_bytes gold, struct rft_verdict *verdict)
{
    (void)state;
    struct rft_number numbers[2];
    bool is_same_kind;
    verdict->reason = RFT_REASON_NO_ANSWER;
    verdict->answer = rft_answer_tag(c->completion);
    if (verdict->answer.data == NULL)
        return RFT_OK;
    verdict->reason = RFT_REASON_NOT_A_NUMBER;
    if (!read_pair(options, verdict->answer, gold, numbers, &is_same_kind))
        return RFT_OK;
    double a = rft_number_double(&numbers[0]), g = rft_number_double(&numbers[1]);
    if (isfinite(a) && isfinite(g))
        verdict->reason =
            is_same_kind && fabs(a - g) <= options->rel_tol * fabs(g) ? RFT_REASON_ACCEPTED : RFT_REASON_WRONG;
    return RFT_OK;
}

static bool gold_is_valid(const struct rft_verify_options *options, struct rft_bytes gold)
{
    struct rft_number number;
    rft_number_read(options, gold, options->units == RFT_UNITS_IGNORE, &number);
    return number.is_number && isfinite(rft_number_double(&number));
}

const struct rft_verifier rft_verify_answer_tag = {
    .name = "answer_tag",
    .gold = "a number",
    .gold_is_valid = gold_is_valid,
    .gold_hint = rft_number_gold_hint,
    .judge = judge,
};
