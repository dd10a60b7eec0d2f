/* SPDX-License-Identifier: MIT */
/* kind = boxed: the final answer of a mathematical text, in \boxed{} or stated in words, compared as mathematics
 * (formula.h; docs/verification.md has the rules in words). */
#include "formula.h"
#include "kinds.h"

static enum rft_status judge(const struct rft_verify_options *options, void *state, const struct rft_verify_case *c,
                             struct rft_bytes gold, struct rft_verdict *verdict)
{
    static const enum rft_reason reasons[] = {[RFT_FORMULA_SAME] = RFT_REASON_ACCEPTED,
                                              [RFT_FORMULA_DIFFERENT] = RFT_REASON_WRONG,
                                              [RFT_FORMULA_UNDECIDED] = RFT_REASON_TOO_COMPLEX};
    enum rft_formula_verdict compared;
    (void)options;
    (void)state;
    verdict->reason = RFT_REASON_NO_ANSWER;
    verdict->answer = rft_formula_answer(c->completion).text;
    if (verdict->answer.data == NULL)
        return RFT_OK;
    RFT_TRY(rft_formula_compare(verdict->answer, gold, &compared));
    verdict->reason = reasons[compared];
    return RFT_OK;
}

static bool gold_is_valid(const struct rft_verify_options *options, struct rft_bytes gold)
{
    (void)options;
    return rft_formula_gold_is_valid(gold);
}

const struct rft_verifier rft_verify_boxed = {
    .name = "boxed",
    .gold = "a formula or a text",
    .gold_is_valid = gold_is_valid,
    .judge = judge,
};
