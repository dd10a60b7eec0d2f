/* SPDX-License-Identifier: MIT */
/* kind = boxed: the final answer of a mathematical text, in \boxed{} or stated in words, compared as mathematics
 * (formula.h; docs/verification.md has the rules in words). */
#include "compare.h"
#include "formula.h"
#include "kinds.h"

static enum rft_status judge(const struct rft_verify_options *options, void *state, const struct rft_verify_case *c,
                             struct rft_bytes gold, struct rft_verdict *verdict)
{
    (void)options;
    (void)state;
    verdict->reason = RFT_REASON_NO_ANSWER;
    verdict->answer = rft_formula_answer(c->completion).text;
    if (verdict->answer.data == NULL)
        return RFT_OK;
    return rft_compare_formulas(verdict->answer, gold, &verdict->reason);
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
