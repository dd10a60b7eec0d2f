/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include "decimal.h"

#include <math.h>
#include <string.h>

static const char tag_open[] = "<answer>", tag_close[] = "</answer>";

const char *rft_reason_text(enum rft_reason reason)
{
#define REASON_TEXT(name, text) [name] = text,
    static const char *const texts[] = { RFT_REASON_LIST(REASON_TEXT) };
#undef REASON_TEXT
    return (unsigned)reason < RFT_REASON_COUNT ? texts[reason] : "unknown";
}

const char *rft_finish_text(enum rft_finish finish)
{
    static const char *const texts[] = {
        [RFT_FINISH_STOP] = "stop", [RFT_FINISH_LENGTH] = "length", [RFT_FINISH_NOT_FINITE] = "not_finite"
    };
    return (unsigned)finish < sizeof texts / sizeof *texts ? texts[finish] : "unknown";
}

static bool begins_with(const char *p, const char *end, const char *z)
{
    size_t n = strlen(z);
    return (size_t)(end - p) >= n && memcmp(p, z, n) == 0;
}

/* First place of z at or behind p; end if there is none. */
static const char *find(const char *p, const char *end, const char *z)
{
    while (p < end && !begins_with(p, end, z)) {
        const char *next = memchr(p + 1, z[0], (size_t)(end - p - 1));
        p = next ? next : end;
    }
    return p;
}

static struct rft_bytes span(const char *from, const char *to)
{
    return rft_bytes_trim((struct rft_bytes){ from, (size_t)(to - from) });
}

/* The whole text as one number. */
static bool parse_number(struct rft_bytes text, struct rft_decimal *d)
{
    text = rft_bytes_trim(text);
    size_t n = text.len ? rft_decimal_match(text.data, text.data + text.len, d) : 0;
    return n > 0 && (n == text.len || (n + 1 == text.len && text.data[n] == '.'));
}

static struct rft_verdict judge_tag(double rel_tol, struct rft_bytes completion, struct rft_bytes gold)
{
    struct rft_verdict verdict = { .reason = RFT_REASON_NO_ANSWER };
    const char *end = completion.data + completion.len, *inside = NULL;
    for (const char *p = find(completion.data, end, "<"); p < end; p = find(p + 1, end, "<")) {
        if (begins_with(p, end, tag_open)) {
            inside = p + strlen(tag_open);
        } else if (inside && begins_with(p, end, tag_close)) {
            verdict.answer = span(inside, p);
            inside = NULL;
        }
    }
    if (!verdict.answer.data)
        return verdict;
    struct rft_decimal answer_number, gold_number;
    verdict.reason = RFT_REASON_NOT_A_NUMBER;
    if (!parse_number(verdict.answer, &answer_number) || !parse_number(gold, &gold_number))
        return verdict;
    double a = rft_decimal_double(&answer_number), g = rft_decimal_double(&gold_number);
    if (isfinite(a) && isfinite(g))
        verdict.reason = fabs(a - g) <= rel_tol * fabs(g) ? RFT_REASON_ACCEPTED : RFT_REASON_WRONG;
    return verdict;
}

/* Whether a number may begin at p with its sign or point: "10-12" is 10 and 12, "so...5" is 5. */
static bool begins_apart(const char *text, const char *p)
{
    if (p == text || (*p >= '0' && *p <= '9') || *p == '$')
        return true;
    char before = p[-1];
    bool word =
        (before >= '0' && before <= '9') || (before >= 'a' && before <= 'z') || (before >= 'A' && before <= 'Z');
    return !word && !(before && strchr(")]}%.", before));
}

/* One number, or a fraction ("1/2") as a whole, from p on; its length, 0 if none begins at p. */
static size_t match_term(const char *text, const char *p, const char *end, struct rft_decimal *d, bool *fraction)
{
    struct rft_decimal divisor;
    size_t n = begins_apart(text, p) ? rft_decimal_match(p, end, d) : 0;
    *fraction = false;
    while (n && end - p > (ptrdiff_t)n + 1 && p[n] == '/' && p[n + 1] >= '0' && p[n + 1] <= '9') {
        n += 1 + rft_decimal_match(p + n + 1, end, &divisor);
        *fraction = true;
    }
    return n;
}

static struct rft_verdict judge_gsm8k(struct rft_bytes completion, struct rft_bytes gold)
{
    struct rft_verdict verdict = { .reason = RFT_REASON_NO_ANSWER };
    const char *end = completion.data + completion.len, *begin = completion.data;
    bool marked = false, fraction = false, is_fraction = false;
    for (const char *p = find(begin, end, "####"); p < end; p = find(p + 4, end, "####")) {
        begin = p + 4;
        marked = true;
    }
    struct rft_decimal candidate, answer = { 0 }, gold_number;
    for (const char *p = begin; p < end;) {
        size_t n = match_term(begin, p, end, &candidate, &is_fraction);
        if (n) {
            verdict.answer = (struct rft_bytes){ p, n };
            answer = candidate;
            fraction = is_fraction;
            if (marked)
                break;
        }
        p += n ? n : 1;
    }
    if (marked && !verdict.answer.data) {
        verdict.answer = span(begin, end);
        fraction = true;
    }
    if (verdict.answer.data) {
        bool valid = !fraction && parse_number(gold, &gold_number);
        verdict.reason = !valid                                     ? RFT_REASON_NOT_A_NUMBER
                         : rft_decimal_equal(&answer, &gold_number) ? RFT_REASON_ACCEPTED
                                                                    : RFT_REASON_WRONG;
    }
    return verdict;
}

/* The original job's parse_answer and is_answer_valid. */
static struct rft_verdict judge_homework(struct rft_bytes completion, struct rft_bytes gold)
{
    struct rft_verdict verdict = { .reason = RFT_REASON_NO_ANSWER };
    const char *end = completion.data + completion.len, *begin = find(completion.data, end, tag_open);
    if (begin == end)
        return verdict;
    begin += strlen(tag_open);
    const char *next = find(begin, end, tag_open), *close = find(begin, end, tag_close);
    verdict.answer = (struct rft_bytes){ begin, (size_t)((next < close ? next : close) - begin) };
    double a = rft_python_round3(rft_python_float(verdict.answer));
    double g = rft_python_round3(rft_python_float(gold));
    if (!isfinite(a))
        verdict.reason = RFT_REASON_NOT_A_NUMBER;
    else
        verdict.reason = fabs(a - g) < 0.05 * fabs(g) ? RFT_REASON_ACCEPTED : RFT_REASON_WRONG;
    return verdict;
}

bool rft_gold_is_valid(const struct rft_verify_options *options, struct rft_bytes gold)
{
    struct rft_decimal d;
    if (options->compat == RFT_COMPAT_HOMEWORK)
        return isfinite(rft_python_float(gold));
    return parse_number(gold, &d) && (options->kind == RFT_VERIFY_GSM8K ? !d.more : isfinite(rft_decimal_double(&d)));
}

struct rft_verdict rft_verify(const struct rft_verify_options *options, struct rft_bytes completion,
                              enum rft_finish finish, struct rft_bytes gold)
{
    struct rft_verdict verdict;
    if (!completion.data)
        completion = rft_bytes_z("");
    if (options->compat == RFT_COMPAT_HOMEWORK)
        verdict = judge_homework(completion, gold);
    else if (options->kind == RFT_VERIFY_GSM8K)
        verdict = judge_gsm8k(completion, gold);
    else
        verdict = judge_tag(options->rel_tol, completion, gold);
    if (finish == RFT_FINISH_NOT_FINITE)
        verdict.reason = RFT_REASON_NOT_FINITE;
    else if (finish == RFT_FINISH_LENGTH && !options->accept_cut_off)
        verdict.reason = RFT_REASON_CUT_OFF;
    return verdict;
}
