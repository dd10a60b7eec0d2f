/* SPDX-License-Identifier: MIT */
/* kind = command: a program of the user's decides (docs/judges.md). Here is found only what it is told as the answer:
 * what the completion states (statement.h), if it does. */
#include "kinds.h"
#include "statement.h"

static enum rft_status judge(const struct rft_verify_options *options, void *state, const struct rft_verify_case *c,
                             struct rft_bytes gold, struct rft_verdict *verdict)
{
    (void)options;
    (void)state;
    (void)gold;
    verdict->reason = RFT_REASON_UNDECIDED;
    const struct rft_statement s = rft_statement_find(c->completion);
    if (!s.is_denied)
        verdict->answer = s.text.data != NULL ? rft_statement_undress(s.text) : s.text;
    verdict->must_ask = true;
    return RFT_OK;
}

static bool gold_is_valid(const struct rft_verify_options *options, struct rft_bytes gold)
{
    (void)options;
    (void)gold;
    return true;
}

const struct rft_verifier rft_verify_command = {
    .name = "command",
    .gold = "anything",
    .may_lack_gold = true,
    .is_asked = true,
    .gold_is_valid = gold_is_valid,
    .judge = judge,
};
