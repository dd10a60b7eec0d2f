/* SPDX-License-Identifier: MIT */
#include "verify.h"

#include "alloc.h"
#include "kinds.h"
#include "scan.h"

#include <string.h>

/* clang-format off */
const struct rft_verifier *const rft_verifiers[RFT_VERIFY_COUNT] = {
    [RFT_VERIFY_ANSWER_TAG] = &rft_verify_answer_tag,
    [RFT_VERIFY_GSM8K] = &rft_verify_gsm8k,
    [RFT_VERIFY_BOXED] = &rft_verify_boxed,
    [RFT_VERIFY_CHOICE] = &rft_verify_choice,
    [RFT_VERIFY_EXACT] = &rft_verify_exact,
    [RFT_VERIFY_REGEX] = &rft_verify_regex,
    [RFT_VERIFY_JSON] = &rft_verify_json,
    [RFT_VERIFY_COMMAND] = &rft_verify_command,
    [RFT_VERIFY_HOMEWORK] = &rft_verify_homework,
};
/* clang-format on */

struct rft_verify {
    struct rft_verify_options options;
    const struct rft_verifier *verifier;
    void *state; /* of the verifier */
};

const struct rft_verifier *rft_verifier_of(const struct rft_verify_options *options)
{
    return rft_verifiers[options->compat == RFT_COMPAT_HOMEWORK ? RFT_VERIFY_HOMEWORK : options->kind];
}

bool rft_gold_is_valid(const struct rft_verify_options *options, struct rft_bytes gold)
{
    const struct rft_verifier *verifier = rft_verifier_of(options);
    return verifier->gold_is_valid != NULL ? verifier->gold_is_valid(options, gold) : rft_bytes_trim(gold).len != 0;
}

const char *rft_gold_hint(const struct rft_verify_options *options, struct rft_bytes gold)
{
    const struct rft_verifier *verifier = rft_verifier_of(options);
    return gold.len == 0 || verifier->gold_hint == NULL ? "it is empty" : verifier->gold_hint(options, gold);
}

enum rft_status rft_verify_open(const struct rft_verify_options *options, struct rft_verify **out)
{
    *out = NULL;
    struct rft_verify *verify = rft_alloc(1, sizeof *verify);
    if (verify == NULL)
        return RFT_ERR_HOST_MEMORY;
    *verify = (struct rft_verify){.options = *options, .verifier = rft_verifier_of(options)};
    enum rft_status status =
        verify->verifier->open != NULL ? verify->verifier->open(&verify->options, &verify->state) : RFT_OK;
    if (status != RFT_OK) {
        rft_verify_close(verify);
        return status;
    }
    *out = verify;
    return RFT_OK;
}

void rft_verify_close(struct rft_verify *verify)
{
    if (verify == NULL)
        return;
    if (verify->state != NULL && verify->verifier->close != NULL)
        verify->verifier->close(verify->state);
    rft_free(verify);
}

/* Takes off what was thought before the answer. False: the thought was not ended. */
static bool pass_thought(const struct rft_verify_options *options, struct rft_bytes *completion)
{
    const char *after = options->after, *opening = options->opening;
    const char *end = completion->data + completion->len, *behind = NULL;
    if (after == NULL || *after == '\0')
        return true;
    for (const char *p = rft_scan_find(completion->data, end, after); p < end; p = rft_scan_find(behind, end, after))
        behind = p + strlen(after);
    if (behind != NULL)
        *completion = (struct rft_bytes){behind, (size_t)(end - behind)};
    else if (options->is_after_needed)
        return false;
    return opening == NULL || *opening == '\0' || rft_scan_find(completion->data, end, opening) == end;
}

/* By each gold answer in turn, until one makes it right. */
static enum rft_status judge(const struct rft_verify *verify, const struct rft_verify_case *c,
                             struct rft_verdict *verdict)
{
    const struct rft_verifier *verifier = verify->verifier;
    const struct rft_bytes none = {NULL, 0};
    size_t n = c->golds.n != 0 ? c->golds.n : 1;
    for (size_t i = 0; i < n; i++) {
        struct rft_verdict one = {.reason = RFT_REASON_NO_ANSWER};
        RFT_TRY(verifier->judge(&verify->options, verify->state, c, c->golds.n != 0 ? c->golds.items[i] : none, &one));
        enum rft_decision decision = rft_reason_decision(one.reason);
        if (i == 0 || decision == RFT_RIGHT || decision > rft_reason_decision(verdict->reason))
            *verdict = one;
        if (decision == RFT_RIGHT || one.must_ask)
            break;
    }
    return RFT_OK;
}

enum rft_status rft_verify_judge(struct rft_verify *verify, const struct rft_verify_case *c,
                                 struct rft_verdict *verdict)
{
    const struct rft_verify_options *options = &verify->options;
    struct rft_verify_case judged = *c;
    *verdict = (struct rft_verdict){.reason = RFT_REASON_NO_ANSWER};
    if (judged.completion.data == NULL)
        judged.completion = rft_bytes_z("");
    bool is_ended = pass_thought(options, &judged.completion);
    if (is_ended)
        RFT_TRY(judge(verify, &judged, verdict));
    bool is_cut = c->finish == RFT_FINISH_LENGTH && (!is_ended || !options->accept_cut_off);
    if (c->finish == RFT_FINISH_NOT_FINITE || is_cut) {
        verdict->reason = is_cut ? RFT_REASON_CUT_OFF : RFT_REASON_NOT_FINITE;
        verdict->must_ask = false;
    }
    if (!verdict->must_ask)
        verdict->score = rft_reason_decision(verdict->reason) == RFT_RIGHT;
    return RFT_OK;
}
