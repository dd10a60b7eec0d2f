/* SPDX-License-Identifier: MIT */
/* Question, gold and completion, split at the first two newlines: the rules of choices and texts end, stay inside the
 * completion, take one option for right at most, and agree with themselves when the gold is the answer. */
#include "alloc.h"
#include "fuzz.h"
#include "verify.h"

#include <string.h>

static struct rft_verdict judge(const struct rft_verify_options *options, struct rft_verify_case c,
                                struct rft_bytes gold)
{
    struct rft_verify *verify;
    struct rft_verdict v;
    struct rft_bytes completion = c.completion;
    c.golds = (struct rft_texts){&gold, 1};
    require(rft_verify_open(options, &verify) == RFT_OK);
    require(rft_verify_judge(verify, &c, &v) == RFT_OK);
    require(v.reason < RFT_REASON_COUNT);
    require(v.answer.data == NULL ||
            (v.answer.data >= completion.data && v.answer.data + v.answer.len <= completion.data + completion.len));
    require(v.answer.data != NULL || v.reason == RFT_REASON_NO_ANSWER || v.reason == RFT_REASON_TOO_COMPLEX);
    rft_verify_close(verify);
    return v;
}

/* An answer is right where it is the gold itself, but for what a JSON string's escapes stand for. */
static void judge_text(const struct rft_verify_options *options, const struct rft_verify_case *c, struct rft_bytes gold)
{
    struct rft_verdict v = judge(options, *c, gold);
    bool has_escape = v.answer.len != 0 && memchr(v.answer.data, '\\', v.answer.len) != NULL;
    bool is_json = options->kind == RFT_VERIFY_JSON;
    bool is_value = is_json && v.answer.len != 0 && (*v.answer.data == '{' || *v.answer.data == '[');
    if (v.reason == RFT_REASON_WRONG && !is_value && !(is_json && has_escape) && rft_gold_is_valid(options, v.answer))
        require(judge(options, *c, v.answer).reason == RFT_REASON_ACCEPTED);
}

static void judge_choice(const struct rft_verify_case *c, struct rft_bytes gold)
{
    static const struct rft_verify_options options = {.kind = RFT_VERIFY_CHOICE};
    int n_right = 0;
    for (char letter = 'A'; letter <= 'J'; letter++)
        n_right += judge(&options, *c, (struct rft_bytes){&letter, 1}).reason == RFT_REASON_ACCEPTED;
    require(n_right <= 1);
    judge(&options, *c, gold);
}

static struct rft_bytes take_line(struct rft_bytes *rest)
{
    const char *newline = rest->len != 0 ? memchr(rest->data, '\n', rest->len) : NULL;
    size_t n = newline != NULL ? (size_t)(newline - rest->data) : 0;
    struct rft_bytes line = {rest->data, n};
    n += newline != NULL;
    *rest = (struct rft_bytes){rest->data + n, rest->len - n};
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct rft_verify_options ways[] = {
        {.kind = RFT_VERIFY_EXACT},
        {.kind = RFT_VERIFY_EXACT, .extract = RFT_EXTRACT_TEXT, .keep_space = true},
        {.kind = RFT_VERIFY_EXACT, .ignore_case = true, .ignore_punctuation = true},
        {.kind = RFT_VERIFY_REGEX, .pattern = "= *(\\w+)|(?<=a)\\b"},
        {.kind = RFT_VERIFY_REGEX, .pattern = "(a|aa)*b?\\K", .group = "0", .first_match = true},
        {.kind = RFT_VERIFY_REGEX, .pattern = "(.*)", .compare = RFT_COMPARE_NUMBER, .fractions = true},
        {.kind = RFT_VERIFY_JSON, .field = "answer"},
        {.kind = RFT_VERIFY_JSON, .field = ""},
        {.kind = RFT_VERIFY_JSON, .field = "a.0", .compare = RFT_COMPARE_NUMBER},
    };
    static bool is_hooked;
    if (!is_hooked)
        rft_alloc_hook_json();
    is_hooked = true;
    struct rft_bytes rest = {(const char *)data, size};
    if (size == 0)
        return 0;
    struct rft_bytes question = take_line(&rest), gold = take_line(&rest);
    const struct rft_verify_case c = {.question = question, .completion = rest};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        judge_text(&ways[i], &c, gold);
    judge_choice(&c, gold);
    return 0;
}
