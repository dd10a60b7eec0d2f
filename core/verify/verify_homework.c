/* SPDX-License-Identifier: MIT */
/* compat = homework: parse_answer and is_answer_valid of the original job, bit by bit (docs/verification.md): the first
 * "<answer>", up to the next "<answer>", "</answer>" or the end, as Python's float() reads it; accepted if
 * |round(a, 3) - round(g, 3)| < 0.05 |round(g, 3)|. rel_tol and kind are not used. */
#include "answer_tag.h"
#include "kinds.h"
#include "python_float.h"
#include "scan.h"

#include <math.h>
#include <string.h>

static enum rft_status judge(const struct rft_verify_options *options, void *state, const struct rft_verify_case *c,
                             struct rft_bytes gold, struct rft_verdict *verdict)
{
    (void)options;
    (void)state;
    const char *end = c->completion.data + c->completion.len;
    const char *begin = rft_scan_find(c->completion.data, end, RFT_TAG_OPEN);
    verdict->reason = RFT_REASON_NO_ANSWER;
    if (begin == end)
        return RFT_OK;
    begin += strlen(RFT_TAG_OPEN);
    const char *next = rft_scan_find(begin, end, RFT_TAG_OPEN), *close = rft_scan_find(begin, end, RFT_TAG_CLOSE);
    verdict->answer = (struct rft_bytes){begin, (size_t)((next < close ? next : close) - begin)};
    double a = rft_python_round3(rft_python_float(verdict->answer));
    double g = rft_python_round3(rft_python_float(gold));
    if (!isfinite(a))
        verdict->reason = RFT_REASON_NOT_A_NUMBER;
    else
        verdict->reason = fabs(a - g) < 0.05 * fabs(g) ? RFT_REASON_ACCEPTED : RFT_REASON_WRONG;
    return RFT_OK;
}

static bool gold_is_valid(const struct rft_verify_options *options, struct rft_bytes gold)
{
    (void)options;
    return isfinite(rft_python_float(gold));
}

const struct rft_verifier rft_verify_homework = {
    .name = "homework",
    .gold = "a number",
    .gold_is_valid = gold_is_valid,
    .gold_hint = rft_number_gold_hint,
    .judge = judge,
};
