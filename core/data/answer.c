/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include "decimal.h"
#include "number_text.h"
#include "number_words.h"

#include <math.h>
#include <string.h>
#include <strings.h>

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

/* A word's letters without the plural's s. */
static struct rft_bytes singular(struct rft_bytes word)
{
    if (word.len > 1 && (word.data[word.len - 1] == 's' || word.data[word.len - 1] == 'S'))
        word.len--;
    return word;
}

/* The numbers of an answer and a gold one as the options read them; false if one of them is none. *is_same_kind: they are
 * in the same unit, as far as the texts say. */
static bool read_pair(const struct rft_verify_options *options, struct rft_bytes answer, struct rft_bytes gold,
                      struct rft_decimal numbers[2], bool *is_same_kind)
{
    *is_same_kind = true;
    if (options->units == RFT_UNITS_STRICT)
        return parse_number(answer, &numbers[0]) && parse_number(gold, &numbers[1]);
    const struct rft_stated a = rft_number_stated(answer), g = rft_number_stated(gold);
    const struct rft_bytes units[] = { singular(a.unit), singular(g.unit) };
    numbers[0] = a.value;
    numbers[1] = g.value;
    if (units[0].len && units[1].len)
        *is_same_kind = units[0].len == units[1].len && strncasecmp(units[0].data, units[1].data, units[0].len) == 0;
    return a.is_number && g.is_number && a.is_percent == g.is_percent;
}

static struct rft_verdict judge_tag(const struct rft_verify_options *options, struct rft_bytes completion,
                                    struct rft_bytes gold)
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
    struct rft_decimal numbers[2];
    bool is_same_kind;
    verdict.reason = RFT_REASON_NOT_A_NUMBER;
    if (!read_pair(options, verdict.answer, gold, numbers, &is_same_kind))
        return verdict;
    double a = rft_decimal_double(&numbers[0]), g = rft_decimal_double(&numbers[1]);
    if (isfinite(a) && isfinite(g))
        verdict.reason =
            is_same_kind && fabs(a - g) <= options->rel_tol * fabs(g) ? RFT_REASON_ACCEPTED : RFT_REASON_WRONG;
    return verdict;
}

static const char mark[] = "####";

static const char *line_end(const char *p, const char *end)
{
    const char *newline = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
    return newline ? newline : end;
}

static bool has_digit(const char *p, const char *end)
{
    while (p < end && !(*p >= '0' && *p <= '9'))
        p++;
    return p < end;
}

static bool is_blank(const char *p, const char *end)
{
    for (size_t n; (n = rft_space_match(p, end)) != 0;)
        p += n;
    return p == end;
}

/* The answer behind the last mark, which ends at p. A line without a digit is blank or a heading: the next one counts. */
static struct rft_stated stated_behind(const char *p, const char *end)
{
    const char *last = line_end(p, end);
    bool is_heading = !has_digit(p, last);
    struct rft_stated stated;
    if (is_heading) {
        const char *next = last;
        while (next < end && is_blank(next, line_end(next + 1, end)))
            next = line_end(next + 1, end);
        if (next < end) {
            p = next;
            last = line_end(next + 1, end);
        }
    }
    stated = rft_number_stated((struct rft_bytes){ p, (size_t)(last - p) });
    /* "#### Step 2: add", and the work below it */
    if (!is_heading && stated.has_words_before && !is_blank(last, end))
        stated.is_number = false;
    return stated;
}

static struct rft_verdict judge_gsm8k(const struct rft_verify_options *options, struct rft_bytes completion,
                                      struct rft_bytes gold)
{
    struct rft_verdict verdict = { .reason = RFT_REASON_NO_ANSWER };
    const char *end = completion.data + completion.len, *behind = NULL;
    for (const char *p = find(completion.data, end, mark); p < end; p = find(p + strlen(mark), end, mark))
        if (!behind || !is_blank(p + strlen(mark), end)) /* "#### 18 ####" */
            behind = p + strlen(mark);
    if (!behind && options->require_mark)
        return verdict;
    const struct rft_stated stated = behind ? stated_behind(behind, end) : rft_number_last(completion);
    struct rft_decimal gold_number;
    verdict.answer = stated.text;
    if (verdict.answer.data) {
        bool valid = stated.is_number && parse_number(gold, &gold_number);
        verdict.reason = !valid                                           ? RFT_REASON_NOT_A_NUMBER
                         : rft_decimal_equal(&stated.value, &gold_number) ? RFT_REASON_ACCEPTED
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
    if (options->kind == RFT_VERIFY_ANSWER_TAG && options->units == RFT_UNITS_IGNORE) {
        const struct rft_stated stated = rft_number_stated(gold);
        return stated.is_number && isfinite(rft_decimal_double(&stated.value));
    }
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
        verdict = judge_gsm8k(options, completion, gold);
    else
        verdict = judge_tag(options, completion, gold);
    if (finish == RFT_FINISH_NOT_FINITE)
        verdict.reason = RFT_REASON_NOT_FINITE;
    else if (finish == RFT_FINISH_LENGTH && !options->accept_cut_off)
        verdict.reason = RFT_REASON_CUT_OFF;
    return verdict;
}
