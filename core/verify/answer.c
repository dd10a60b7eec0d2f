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
    static const char *const texts[] = {RFT_REASON_LIST(REASON_TEXT)};
#undef REASON_TEXT
    return (unsigned)reason < RFT_REASON_COUNT ? texts[reason] : "unknown";
}

const char *rft_finish_text(enum rft_finish finish)
{
    static const char *const texts[] = {
        [RFT_FINISH_STOP] = "stop", [RFT_FINISH_LENGTH] = "length", [RFT_FINISH_NOT_FINITE] = "not_finite"};
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
        p = next != NULL ? next : end;
    }
    return p;
}

static struct rft_bytes span(const char *from, const char *to)
{
    return rft_bytes_trim((struct rft_bytes){from, (size_t)(to - from)});
}

/* The whole text as one number. */
static bool parse_number(struct rft_bytes text, struct rft_decimal *d)
{
    text = rft_bytes_trim(text);
    size_t n = text.len ? rft_decimal_match(text.data, text.data + text.len, d) : 0;
    return n > 0 && (n == text.len || (n + 1 == text.len && text.data[n] == '.'));
}

struct unit_word {
    char text[40];
    size_t n; /* 0: there is no more */
    bool is_whole;
};

/* The next word of a unit, "km/h" and "m^2" being one; white space, punctuation and marks are passed over. */
static struct unit_word next_unit_word(const char **p, const char *end)
{
    struct unit_word word = {.is_whole = true};
    for (; *p < end; (*p)++) {
        char c = **p;
        if (c == '\\')
            while (*p + 1 < end && rft_is_letter((*p)[1]))
                (*p)++;
        else if (rft_is_letter(c) || rft_is_digit(c) || c == '/' || c == '^' ||
                 ((unsigned char)c >= 0x80 && rft_space_match(*p, end) == 0)) {
            word.is_whole = word.is_whole && word.n < sizeof word.text;
            if (word.is_whole)
                word.text[word.n++] = c;
        } else if (word.n && c != '{' && c != '}') {
            break;
        }
        if ((unsigned char)c >= 0x80 && rft_space_match(*p, end) != 0) {
            *p += rft_space_match(*p, end) - 1;
            if (word.n) {
                ++*p;
                break;
            }
        }
    }
    return word;
}

/* The same but for capitals and for the plural; "Mg" is not "mg", and "ms" is not "m". */
static bool is_same_word(const struct unit_word *a, const struct unit_word *b)
{
    const struct unit_word *shorter = a->n < b->n ? a : b, *longer = a->n < b->n ? b : a;
    size_t n = shorter->n, n_more = longer->n - n;
    bool is_mega = n <= 3 && (a->text[0] == 'M') != (b->text[0] == 'M');
    bool is_prefix = !is_mega && strncasecmp(a->text, b->text, n) == 0;
    bool is_plural = n >= 2 && ((n_more == 1 && (longer->text[n] == 's' || longer->text[n] == 'S')) ||
                                (n_more == 2 && strncasecmp(longer->text + n, "es", 2) == 0));
    static const char *const foot[] = {"foot", "feet", NULL};
    bool is_foot = rft_word_is_among(foot, a->text, a->n) && rft_word_is_among(foot, b->text, b->n);
    return a->is_whole && b->is_whole && ((is_prefix && (n_more == 0 || is_plural)) || is_foot);
}

/* Whether two texts behind numbers may name one unit: word by word, or one of them names none. */
static bool is_same_unit(const struct rft_stated *a, const struct rft_stated *b)
{
    const char *p = a->unit.data, *p_end = p + a->unit.len, *q = b->unit.data, *q_end = q + b->unit.len;
    if (a->currency && b->currency && a->currency != b->currency)
        return false;
    struct unit_word left = next_unit_word(&p, p_end), right = next_unit_word(&q, q_end);
    if (!left.n || !right.n)
        return true;
    while (left.n && right.n) {
        if (!is_same_word(&left, &right))
            return false;
        left = next_unit_word(&p, p_end);
        right = next_unit_word(&q, q_end);
    }
    return !left.n && !right.n;
}

/* The numbers of an answer and a gold one as the options read them; false if one of them is none. *is_same_kind: they
 * are in the same unit, as far as the texts say. */
static bool read_pair(const struct rft_verify_options *options, struct rft_bytes answer, struct rft_bytes gold,
                      struct rft_decimal numbers[2], bool *is_same_kind)
{
    *is_same_kind = true;
    if (options->units == RFT_UNITS_STRICT)
        return parse_number(answer, &numbers[0]) && parse_number(gold, &numbers[1]);
    const struct rft_stated a = rft_number_stated(answer), g = rft_number_stated(gold);
    numbers[0] = a.value;
    numbers[1] = g.value;
    if (!a.is_number || !g.is_number || a.is_percent != g.is_percent)
        return false;
    *is_same_kind = is_same_unit(&a, &g);
    return true;
}

static struct rft_verdict judge_tag(const struct rft_verify_options *options, struct rft_bytes completion,
                                    struct rft_bytes gold)
{
    struct rft_verdict verdict = {.reason = RFT_REASON_NO_ANSWER};
    const char *end = completion.data + completion.len, *inside = NULL;
    for (const char *p = find(completion.data, end, "<"); p < end; p = find(p + 1, end, "<")) {
        if (begins_with(p, end, tag_open)) {
            inside = p + strlen(tag_open);
        } else if (inside != NULL && begins_with(p, end, tag_close)) {
            verdict.answer = span(inside, p);
            inside = NULL;
        }
    }
    if (verdict.answer.data == NULL)
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

static const char mark[] = RFT_GSM8K_MARK;

static const char *line_end(const char *p, const char *end)
{
    const char *newline = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
    return newline != NULL ? newline : end;
}

static bool has_digit(const char *p, const char *end)
{
    while (p < end && !rft_is_digit(*p))
        p++;
    return p < end;
}

static bool is_blank(const char *p, const char *end)
{
    return rft_skip_spaces(p, end) == end;
}

static bool has_letter(const char *p, const char *end)
{
    while (p < end && !rft_is_letter(*p) && (unsigned char)*p < 0x80)
        p++;
    return p < end;
}

/* The answer behind the last mark, which ends at p. A line without a digit is blank or a heading: the next one
 * counts. */
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
    stated = rft_number_stated((struct rft_bytes){p, (size_t)(last - p)});
    /* "#### Step 2: add" or "#### 2. Add", and the work below it; but not "#### The answer is 2" */
    const char *behind = stated.text.data + stated.text.len;
    bool is_ordinal = behind < last && (*behind == '.' || *behind == ')') && has_letter(behind, last);
    if (!is_heading && ((stated.has_words_before && !stated.says_answer) || is_ordinal) && !is_blank(last, end))
        stated.is_number = false;
    return stated;
}

static struct rft_verdict judge_gsm8k(const struct rft_verify_options *options, struct rft_bytes completion,
                                      struct rft_bytes gold)
{
    struct rft_verdict verdict = {.reason = RFT_REASON_NO_ANSWER};
    const char *end = completion.data + completion.len, *behind = NULL;
    for (const char *p = find(completion.data, end, mark); p < end; p = find(p + strlen(mark), end, mark))
        if (behind == NULL || !is_blank(p + strlen(mark), end)) /* "#### 18 ####" */
            behind = p + strlen(mark);
    if (behind == NULL && options->require_mark)
        return verdict;
    const struct rft_stated stated = behind != NULL ? stated_behind(behind, end) : rft_number_last(completion);
    struct rft_decimal gold_number;
    verdict.answer = stated.text;
    if (verdict.answer.data != NULL) {
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
    struct rft_verdict verdict = {.reason = RFT_REASON_NO_ANSWER};
    const char *end = completion.data + completion.len, *begin = find(completion.data, end, tag_open);
    if (begin == end)
        return verdict;
    begin += strlen(tag_open);
    const char *next = find(begin, end, tag_open), *close = find(begin, end, tag_close);
    verdict.answer = (struct rft_bytes){begin, (size_t)((next < close ? next : close) - begin)};
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

/* Takes off what was thought before the answer. False: the thought was not ended. */
static bool pass_thought(const struct rft_verify_options *options, struct rft_bytes *completion)
{
    const char *after = options->after, *opening = options->opening;
    const char *end = completion->data + completion->len, *behind = NULL;
    if (after == NULL || *after == '\0')
        return true;
    for (const char *p = find(completion->data, end, after); p < end; p = find(behind, end, after))
        behind = p + strlen(after);
    if (behind != NULL) {
        *completion = (struct rft_bytes){behind, (size_t)(end - behind)};
        return true;
    }
    return !options->is_after_needed &&
           (opening == NULL || *opening == '\0' || find(completion->data, end, opening) == end);
}

static struct rft_verdict judge(const struct rft_verify_options *options, struct rft_bytes completion,
                                struct rft_bytes gold)
{
    if (options->compat == RFT_COMPAT_HOMEWORK)
        return judge_homework(completion, gold);
    if (options->kind == RFT_VERIFY_GSM8K)
        return judge_gsm8k(options, completion, gold);
    return judge_tag(options, completion, gold);
}

struct rft_verdict rft_verify(const struct rft_verify_options *options, struct rft_bytes completion,
                              enum rft_finish finish, struct rft_bytes gold)
{
    struct rft_verdict verdict = {.reason = RFT_REASON_NO_ANSWER};
    if (completion.data == NULL)
        completion = rft_bytes_z("");
    bool is_ended = pass_thought(options, &completion);
    if (is_ended)
        verdict = judge(options, completion, gold);
    if (finish == RFT_FINISH_NOT_FINITE)
        verdict.reason = RFT_REASON_NOT_FINITE;
    else if (finish == RFT_FINISH_LENGTH && (!is_ended || !options->accept_cut_off))
        verdict.reason = RFT_REASON_CUT_OFF;
    return verdict;
}
