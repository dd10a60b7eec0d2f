/* SPDX-License-Identifier: MIT */
/* Completion and gold, split at the first newline: every way of judging ends, stays inside the text, and agrees with
 * itself when the gold is the answer. */
#include "judge.h"
#include "python_float.h"
#include "fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void judge(const struct rft_verify_options *options, struct rft_bytes completion, struct rft_bytes gold)
{
    struct rft_verdict v = rft_test_verify(options, completion, RFT_FINISH_STOP, gold);
    require(v.reason < RFT_REASON_COUNT);
    require(v.answer.data == NULL ||
            (v.answer.data >= completion.data && v.answer.data + v.answer.len <= completion.data + completion.len));
    require(v.answer.data != NULL || v.reason == RFT_REASON_NO_ANSWER);
    if (v.reason == RFT_REASON_ACCEPTED)
        require(rft_gold_is_valid(options, gold));
    /* What an answer says is what it is compared as; a part of something larger is compared with nothing. */
    if (options->compat == RFT_COMPAT_NONE && (v.reason == RFT_REASON_ACCEPTED || v.reason == RFT_REASON_WRONG) &&
        rft_gold_is_valid(options, v.answer))
        require(rft_test_verify(options, completion, RFT_FINISH_STOP, v.answer).reason == RFT_REASON_ACCEPTED);
}

/* An accepted answer says the same where it stands alone behind the mark: nothing around it was needed to read it. */
static void judge_alone(struct rft_bytes completion, struct rft_bytes gold)
{
    static const struct rft_verify_options options = {.kind = RFT_VERIFY_GSM8K};
    struct rft_verdict v = rft_test_verify(&options, completion, RFT_FINISH_STOP, gold);
    if (v.reason != RFT_REASON_ACCEPTED)
        return;
    char *line = malloc(4 + v.answer.len);
    require(line);
    memcpy(line, "####", 4);
    memcpy(line + 4, v.answer.data, v.answer.len);
    struct rft_bytes alone = {line, 4 + v.answer.len};
    require(rft_test_verify(&options, alone, RFT_FINISH_STOP, gold).reason == RFT_REASON_ACCEPTED);
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct rft_verify_options ways[] = {
        {.kind = RFT_VERIFY_ANSWER_TAG, .rel_tol = 0.05},
        {.kind = RFT_VERIFY_GSM8K},
        {.kind = RFT_VERIFY_GSM8K, .require_mark = true},
        {.kind = RFT_VERIFY_ANSWER_TAG, .rel_tol = 0.05, .units = RFT_UNITS_IGNORE},
        {.kind = RFT_VERIFY_ANSWER_TAG, .fractions = true, .percent = RFT_PERCENT_VALUE},
        {.kind = RFT_VERIFY_GSM8K, .fractions = true, .percent = RFT_PERCENT_IGNORE},
        {.kind = RFT_VERIFY_GSM8K, .fractions = true, .thousands = RFT_THOUSANDS_POINT},
        {.kind = RFT_VERIFY_ANSWER_TAG, .units = RFT_UNITS_IGNORE, .thousands = RFT_THOUSANDS_SPACE},
        {.compat = RFT_COMPAT_HOMEWORK},
    };
    const char *text = (const char *)data;
    const char *newline = size ? memchr(text, '\n', size) : NULL;
    size_t n = newline != NULL ? (size_t)(newline - text) : 0;
    struct rft_bytes gold = {text, n}, completion = {text + n, size - n};
    if (!size)
        return 0;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        judge(&ways[i], completion, gold);
    judge_alone(completion, gold);
    double x = rft_python_float(completion), rounded = rft_python_round3(x);
    require(!isfinite(x) || fabs(rounded - x) <= 0.0005 * (1 + 1e-9) + 1e-15 * fabs(x));
    return 0;
}
