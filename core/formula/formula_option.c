/* SPDX-License-Identifier: MIT */
#include "formula_option.h"

#include "scan.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const char *const faces[] = {"\\textbf{", "\\text{", "\\textrm{", "\\mathrm{", "\\mathbf{",
                                    "\\mbox{",   "\\bf{",   "\\rm{",     "\\bf ",     "\\rm "};
static const char *const spaces[] = {"\\ ", "\\quad", "\\qquad", "\\,", "\\;", "\\:", "~", " ", "\t", "\n", "$", ":"};

/* Passes over any of the texts, as often as they stand there; returns how many. */
static size_t skip(const char **p, const char *end, const char *const *texts, size_t n_texts)
{
    size_t n = 0;
    for (size_t i = 0; i < n_texts;) {
        size_t len = strlen(texts[i]);
        bool is_there = (size_t)(end - *p) >= len && memcmp(*p, texts[i], len) == 0;
        *p += is_there ? len : 0;
        n += is_there;
        i = is_there ? 0 : i + 1;
    }
    return n;
}
#define SKIP(p, end, texts) skip(p, end, texts, sizeof(texts) / sizeof *(texts))

/* Without braces at the end that close what began before. */
static struct rft_bytes balanced(struct rft_bytes b)
{
    int64_t depth = 0;
    for (size_t i = 0; i < b.len; i += b.data[i] == '\\' ? 2 : 1)
        depth += (b.data[i] == '{') - (b.data[i] == '}');
    for (; depth < 0 && b.len != 0 && b.data[b.len - 1] == '}'; depth++)
        b = rft_bytes_trim((struct rft_bytes){b.data, b.len - 1});
    return b;
}

/* Where no face marks the label, "(C) x" may be a product: what may follow one. */
static bool begins_value(const char *p, const char *end)
{
    static const char *const commands[] = {"\\frac", "\\dfrac", "\\tfrac", "\\sqrt", "\\text"};
    const char *q = p;
    return (p < end && *p >= '0' && *p <= '9') || SKIP(&q, end, commands) != 0;
}

/* "(D)", "D." */
static bool has_label(struct rft_bytes b)
{
    for (size_t i = 0; i + 2 < b.len; i++)
        if (!rft_is_letter(b.data[i]) && b.data[i + 1] >= 'A' && b.data[i + 1] <= 'J' &&
            strchr(")}.", b.data[i + 2]) != NULL && b.data[i + 2] != '\0')
            return true;
    return false;
}

struct rft_formula_option rft_formula_option(struct rft_bytes text)
{
    const char *p = text.data, *end = text.data + text.len;
    const struct rft_formula_option none = {0, text};
    SKIP(&p, end, spaces);
    bool is_faced = SKIP(&p, end, faces) != 0;
    bool is_bracketed = p < end && *p == '(';
    p += is_bracketed;
    is_faced = SKIP(&p, end, faces) != 0 || is_faced;
    if (p == end || *p < 'A' || *p > 'J')
        return none;
    struct rft_formula_option option = {*p++, {NULL, 0}};
    while (p < end && *p == '}')
        p++;
    bool is_ended = p < end && (*p == ')' || (*p == '.' && !is_bracketed));
    if (!is_ended && (is_bracketed || p < end))
        return none; /* no label, but a letter of a formula or a word */
    p += is_ended;
    bool is_spaced = false;
    for (size_t n = 1; n != 0;) {
        n = SKIP(&p, end, spaces);
        is_spaced = is_spaced || n != 0;
        for (; p < end && *p == '}'; p++)
            n++;
    }
    option.value = balanced(rft_bytes_trim((struct rft_bytes){p, (size_t)(end - p)}));
    if (option.value.len == 0)
        return option;
    char first = option.value.data[0];
    bool is_formula = first == '\0' || strchr("=^_,+*/<>)(", first) != NULL || has_label(option.value);
    return is_formula || (!is_faced && !(is_spaced && begins_value(p, end))) ? none : option;
}

bool rft_formula_option_has_words(struct rft_bytes value)
{
    const char *p = value.data, *end = value.data + value.len;
    bool is_faced = SKIP(&p, end, faces) != 0;
    size_t n = 0;
    while (p + n < end && rft_is_letter(p[n]))
        n++;
    return is_faced || n >= 2 || (p < end && (*p == '&' || *p == ';'));
}
