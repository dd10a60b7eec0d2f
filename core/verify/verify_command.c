/* SPDX-License-Identifier: MIT */
/* kind = command: a program of the user's decides (docs/judges.md). Here is found only what it is told as the answer:
 * the inside of the last <answer>...</answer> that is closed, if there is one. */
#include "kinds.h"
#include "scan.h"

static enum rft_status judge(const struct rft_verify_options *options, void *state, const struct rft_verify_case *c,
                             struct rft_bytes gold, struct rft_verdict *verdict)
{
    (void)options;
    (void)state;
    (void)gold;
    verdict->reason = RFT_REASON_UNDECIDED;
    verdict->answer = rft_scan_answer_tag(c->completion);
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
