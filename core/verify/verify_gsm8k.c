/* SPDX-License-Identifier: MIT */
/* kind = gsm8k: what the line behind the last "####" states as one number (rft_number_stated); without "####", unless
 * require_mark, the last number of the text (rft_number_last). A line behind the mark without a digit is a heading: the
 * next line counts; one with words before its number and text below it is a heading, too, and no answer. Compared
 * exactly, digit by digit: 42 = 42.00 = 4.2e1, and no double is involved. What the options fractions and thousands let
 * in is read behind the mark alone. */
#include "kinds.h"
#include "number_read.h"
#include "number_words.h"
#include "scan.h"

#include <string.h>

static const char mark[] = RFT_GSM8K_MARK;

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
static void read_behind(const struct rft_verify_options *options, const char *p, const char *end,
                        struct rft_number *number)
{
    const char *last = rft_scan_line_end(p, end);
    bool is_heading = !has_digit(p, last);
    if (is_heading) {
        const char *next = last;
        while (next < end && is_blank(next, rft_scan_line_end(next + 1, end)))
            next = rft_scan_line_end(next + 1, end);
        if (next < end) {
            p = next;
            last = rft_scan_line_end(next + 1, end);
        }
    }
    rft_number_read(options, (struct rft_bytes){p, (size_t)(last - p)}, true, number);
    const struct rft_stated stated = number->stated;
    if (number->is_rewritten)
        number->stated.text = rft_scan_span(p, last);
    /* "#### Step 2: add" or "#### 2. Add", and the work below it; but not "#### The answer is 2" */
    const char *behind = number->stated.text.data + number->stated.text.len;
    bool is_ordinal = behind < last && (*behind == '.' || *behind == ')') && has_letter(behind, last);
    if (!is_heading && ((stated.has_words_before && !stated.says_answer) || is_ordinal) && !is_blank(last, end))
        number->is_number = false;
}

/* A percent sign or the word behind a number, marks and white space passed over. */
static bool is_percent_behind(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\\' || *p == '*' || *p == '$' || *p == '}'))
        p++;
    return rft_scan_begins(p, end, "%") || rft_scan_begins(p, end, "\xef\xbc\x85") ||
           rft_word_is_among(rft_percent_words, p, (size_t)(rft_word_end(p, end) - p));
}

/* Without a mark. Thousands parted by points cannot be told from decimals in a text. */
static void read_last(const struct rft_verify_options *options, struct rft_bytes text, struct rft_number *number)
{
    *number = (struct rft_number){.stated = rft_number_last(text)};
    const struct rft_bytes found = number->stated.text;
    number->is_number = number->stated.is_number;
    number->value = number->stated.value;
    if (found.data != NULL)
        rft_number_apply_percent(options, is_percent_behind(found.data + found.len, text.data + text.len), number);
}

static enum rft_status judge(const struct rft_verify_options *options, void *state, const struct rft_verify_case *c,
                             struct rft_bytes gold, struct rft_verdict *verdict)
{
    (void)state;
    const char *end = c->completion.data + c->completion.len, *behind = NULL;
    for (const char *p = rft_scan_find(c->completion.data, end, mark); p < end;
         p = rft_scan_find(p + strlen(mark), end, mark))
        if (behind == NULL || !is_blank(p + strlen(mark), end)) /* "#### 18 ####" */
            behind = p + strlen(mark);
    verdict->reason = RFT_REASON_NO_ANSWER;
    if (behind == NULL && (options->require_mark || options->thousands == RFT_THOUSANDS_POINT))
        return RFT_OK;
    struct rft_number number, gold_number;
    if (behind != NULL)
        read_behind(options, behind, end, &number);
    else
        read_last(options, c->completion, &number);
    verdict->answer = number.stated.text;
    if (verdict->answer.data != NULL) {
        rft_number_read(options, gold, false, &gold_number);
        bool valid = number.is_number && gold_number.is_number;
        verdict->reason = !valid                                    ? RFT_REASON_NOT_A_NUMBER
                          : rft_number_equal(&number, &gold_number) ? RFT_REASON_ACCEPTED
                                                                    : RFT_REASON_WRONG;
    }
    return RFT_OK;
}

static bool gold_is_valid(const struct rft_verify_options *options, struct rft_bytes gold)
{
    struct rft_number number;
    rft_number_read(options, gold, false, &number);
    return number.is_number && !number.value.more;
}

const struct rft_verifier rft_verify_gsm8k = {
    .name = "gsm8k",
    .gold = "a number",
    .gold_is_valid = gold_is_valid,
    .gold_hint = rft_number_gold_hint,
    .judge = judge,
};
