/* SPDX-License-Identifier: MIT */
/* kind = exact: what the completion states as its answer, or all of it, and the gold answer are the same text. */
#include "compare.h"
#include "kinds.h"
#include "statement.h"

static struct rft_bytes answer_of(const struct rft_verify_options *options, struct rft_bytes text)
{
    if (options->extract == RFT_EXTRACT_TEXT)
        return rft_bytes_trim(text);
    const struct rft_statement s = rft_statement_find(text);
    return s.text.data == NULL || s.is_denied ? (struct rft_bytes){NULL, 0} : rft_statement_undress(s.text);
}

/* The period that ends a sentence is no part of what it states, unless the gold answer ends in one: "U.S.A." */
static bool is_equal(const struct rft_verify_options *options, struct rft_bytes text, struct rft_bytes answer,
                     struct rft_bytes gold)
{
    bool has_period = answer.data + answer.len < text.data + text.len && answer.data[answer.len] == '.';
    struct rft_bytes sentence = {answer.data, answer.len + 1}, bare = rft_bytes_trim(gold);
    bool is_abbreviation = answer.len != 0 && has_period && bare.len != 0 && bare.data[bare.len - 1] == '.';
    return rft_text_equal(options, answer, gold) || (is_abbreviation && rft_text_equal(options, sentence, gold));
}

static enum rft_status judge(const struct rft_verify_options *options, void *state, const struct rft_verify_case *c,
                             struct rft_bytes gold, struct rft_verdict *verdict)
{
    (void)state;
    verdict->reason = RFT_REASON_NO_ANSWER;
    verdict->answer = answer_of(options, c->completion);
    if (verdict->answer.data != NULL && gold.data != NULL)
        verdict->reason =
            is_equal(options, c->completion, verdict->answer, gold) ? RFT_REASON_ACCEPTED : RFT_REASON_WRONG;
    return RFT_OK;
}

const struct rft_verifier rft_verify_exact = {
    .name = "exact",
    .gold = "a text that is not empty",
    .judge = judge,
};
