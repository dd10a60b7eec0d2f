/* SPDX-License-Identifier: MIT */
#include "compare.h"

#include "formula.h"
#include "kinds.h"
#include "number_read.h"
#include "number_words.h"

#include <string.h>
#include <utf8proc.h>

/* ---- texts ---- */

#define FOLDED_MAX 4        /* code points that one becomes */
#define ILL_FORMED 0x200000 /* and the byte: beyond Unicode */

/* The code points of a text as they are compared, one after another. */
struct reader {
    const struct rft_verify_options *options;
    const char *p, *end;
    utf8proc_int32_t folded[FOLDED_MAX];
    int n, at;
};

static struct reader reader_of(const struct rft_verify_options *options, struct rft_bytes text)
{
    return (struct reader){.options = options, .p = text.data, .end = text.data + text.len};
}

/* The next one; -1 at the end. */
static int32_t next(struct reader *r)
{
    if (r->at < r->n)
        return r->folded[r->at++];
    if (r->p >= r->end)
        return -1;
    size_t n_space = r->options->keep_space ? 0 : rft_space_match(r->p, r->end);
    if (n_space != 0) {
        r->p = rft_skip_spaces(r->p, r->end);
        return ' ';
    }
    int32_t c;
    size_t n = rft_utf8_decode(r->p, r->end, &c);
    if (c < 0)
        return ILL_FORMED + (unsigned char)*r->p++;
    r->p += n;
    if (!r->options->ignore_case)
        return c;
    int boundary = 0;
    utf8proc_ssize_t n_folded = utf8proc_decompose_char(c, r->folded, FOLDED_MAX, UTF8PROC_CASEFOLD, &boundary);
    if (n_folded < 1 || n_folded > FOLDED_MAX)
        return c;
    r->n = (int)n_folded;
    r->at = 1;
    return r->folded[0];
}

/* Quotation marks; with is_end also what ends a sentence, of ASCII and of full width. */
static bool is_punctuation(int32_t c, bool is_end)
{
    static const int32_t quotes[] = {'"', '\'', '`', 0xab, 0xbb, 0x2018, 0x2019, 0x201a, 0x201c, 0x201d, 0x201e};
    static const int32_t ends[] = {'.',    ',',    ';',    ':',    '!',    '?',   0x3002,
                                   0x3001, 0xff0c, 0xff1b, 0xff1a, 0xff01, 0xff1f};
    for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++)
        if (c == quotes[i])
            return true;
    for (size_t i = 0; is_end && i < sizeof ends / sizeof *ends; i++)
        if (c == ends[i])
            return true;
    return false;
}

/* Without white space at both ends, nor punctuation; in one pass. */
static struct rft_bytes trim(struct rft_bytes text, bool ignore_punctuation)
{
    const char *end = text.data + text.len, *begin = NULL, *last = text.data;
    for (const char *p = text.data; p < end;) {
        int32_t c;
        size_t n = rft_utf8_decode(p, end, &c);
        bool is_space = rft_space_match(p, end) != 0;
        if (begin == NULL && !is_space && !(ignore_punctuation && is_punctuation(c, false)))
            begin = p;
        p += n;
        if (begin != NULL && !is_space && !(ignore_punctuation && is_punctuation(c, true)))
            last = p;
    }
    if (begin == NULL || last <= begin) /* nothing but punctuation is what it is */
        return ignore_punctuation ? trim(text, false) : (struct rft_bytes){end, 0};
    return (struct rft_bytes){begin, (size_t)(last - begin)};
}

bool rft_text_equal(const struct rft_verify_options *options, struct rft_bytes a, struct rft_bytes b)
{
    struct reader left, right;
    struct rft_bytes x = rft_bytes_trim(a), y = rft_bytes_trim(b);
    if (!options->keep_space || options->ignore_punctuation) {
        x = trim(x, options->ignore_punctuation);
        y = trim(y, options->ignore_punctuation);
    }
    left = reader_of(options, x);
    right = reader_of(options, y);
    for (;;) {
        int32_t c = next(&left);
        if (c != next(&right))
            return false;
        if (c < 0)
            return true;
    }
}

/* ---- by `compare` ---- */

enum rft_status rft_compare_formulas(struct rft_bytes answer, struct rft_bytes gold, enum rft_reason *reason)
{
    static const enum rft_reason reasons[] = {[RFT_FORMULA_SAME] = RFT_REASON_ACCEPTED,
                                              [RFT_FORMULA_DIFFERENT] = RFT_REASON_WRONG,
                                              [RFT_FORMULA_UNDECIDED] = RFT_REASON_TOO_COMPLEX};
    enum rft_formula_verdict compared;
    RFT_TRY(rft_formula_compare(answer, gold, &compared));
    *reason = reasons[compared];
    return RFT_OK;
}

static enum rft_reason compare_numbers(const struct rft_verify_options *options, struct rft_bytes answer,
                                       struct rft_bytes gold)
{
    struct rft_number a, g;
    rft_number_read(options, answer, true, &a);
    rft_number_read(options, gold, false, &g);
    return !a.is_number || !g.is_number ? RFT_REASON_NOT_A_NUMBER
           : rft_number_equal(&a, &g)   ? RFT_REASON_ACCEPTED
                                        : RFT_REASON_WRONG;
}

enum rft_status rft_compare(const struct rft_verify_options *options, struct rft_bytes answer, struct rft_bytes gold,
                            enum rft_reason *reason)
{
    if (options->compare == RFT_COMPARE_FORMULA)
        return rft_compare_formulas(answer, gold, reason);
    if (options->compare == RFT_COMPARE_TEXT)
        *reason = rft_text_equal(options, answer, gold) ? RFT_REASON_ACCEPTED : RFT_REASON_WRONG;
    else
        *reason = compare_numbers(options, answer, gold);
    return RFT_OK;
}

bool rft_compare_gold_is_valid(const struct rft_verify_options *options, struct rft_bytes gold)
{
    struct rft_number g;
    if (options->compare == RFT_COMPARE_TEXT)
        return rft_bytes_trim(gold).len != 0;
    if (options->compare == RFT_COMPARE_FORMULA)
        return rft_formula_gold_is_valid(gold);
    rft_number_read(options, gold, false, &g);
    return g.is_number && !g.value.more;
}

const char *rft_compare_gold_hint(const struct rft_verify_options *options, struct rft_bytes gold)
{
    if (rft_bytes_trim(gold).len == 0)
        return "it is empty";
    return options->compare != RFT_COMPARE_NUMBER ? "any text is compared" : rft_number_gold_hint(options, gold);
}
