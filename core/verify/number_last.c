/* SPDX-License-Identifier: MIT */
#include "number_text.h"

#include "number_words.h"

#include <string.h>
#include <strings.h>

/* Whether a number may begin at p with its sign or point: "10-12" is 10 and 12, "so...5" is 5. */
static bool begins_apart(const char *text, const char *p)
{
    if (p == text || rft_is_digit(*p) || *p == '$')
        return true;
    char before = p[-1];
    return !rft_is_digit(before) && !rft_is_letter(before) && !(before && strchr(")]}%.", before) != NULL);
}

size_t rft_number_match(const char *text, const char *p, const char *end, struct rft_decimal *d, bool *is_fraction)
{
    struct rft_decimal divisor;
    size_t n = begins_apart(text, p) ? rft_decimal_match(p, end, d) : 0;
    *is_fraction = false;
    while (n && end - p > (ptrdiff_t)n + 1 && p[n] == '/' && rft_is_digit(p[n + 1])) {
        n += 1 + rft_decimal_match(p + n + 1, end, &divisor);
        *is_fraction = true;
    }
    return n;
}

/* Whether what ends before `at`, white space passed over, may be the left side of an operator: a number, a bracket, or
 * a word with takes_words. */
static bool is_operand(const char *text, const char *at, bool takes_words)
{
    const char *p = at;
    while (p > text && p[-1] == ' ')
        p--;
    return p > text && (rft_is_digit(p[-1]) || p[-1] == ')' || p[-1] == '%' || p[-1] == '}' ||
                        (rft_is_letter(p[-1]) && takes_words));
}

/* The character that ends before p, beyond ASCII: its code point, 0 if it is of ASCII or there is none. */
static int32_t wide_before(const char *text, const char *p, size_t *n)
{
    int32_t c = 0;
    *n = 1;
    while (*n < 4 && (size_t)(p - text) > *n && ((unsigned char)p[-(ptrdiff_t)*n] & 0xc0) == 0x80)
        ++*n;
    if (p == text || (unsigned char)p[-1] < 0x80)
        return 0;
    return rft_utf8_decode(p - *n, p, &c) == *n ? c : -1;
}

/* Thousands and ranges that ASCII does not write: "12{,}000", "12\,000", a no-break space or a dash between digits. */
static bool is_joined(const char *text, const char *p)
{
    static const char *const joints[] = {"{,}", "\\,", ",\\!", "~"};
    size_t n;
    for (size_t i = 0; i < sizeof joints / sizeof *joints; i++) {
        n = strlen(joints[i]);
        if ((size_t)(p - text) > n && memcmp(p - n, joints[i], n) == 0 && rft_is_digit(p[-(ptrdiff_t)n - 1]))
            return true;
    }
    int32_t c = wide_before(text, p, &n);
    if (c == 0 || (size_t)(p - text) <= n || !rft_is_digit(p[-(ptrdiff_t)n - 1]))
        return false;
    enum rft_char_sort sort = rft_char_sort(c);
    return (sort != RFT_SORT_LETTER && sort != RFT_SORT_OTHER) || c == 0x2019;
}

/* Marks that dress a number and open right before it: "**", "$", "\boxed{", "(". */
static const char *skip_dress_back(const char *text, const char *p)
{
    for (;;) {
        const char *name = p;
        if (p > text && strchr("*_`$({ ", p[-1]) != NULL && p[-1] != 0) {
            p--;
            continue;
        }
        while (name > text && rft_is_letter(name[-1]))
            name--;
        if (name == p || name == text || name[-1] != '\\' ||
            !rft_word_is_among(rft_dress_commands, name, (size_t)(p - name)))
            return p;
        p = name - 1;
    }
}

/* Whether a comparison, an operator of LaTeX or Unicode, or a minus that is not the number's own sign stands before it:
 * "x > 5", "3 \times 5", "is - 5", "-\boxed{5}". A dash at the beginning of a line or between words is none. */
static bool is_bound_or_minus(const char *text, const char *p)
{
    const char *at = p, *dressed = skip_dress_back(text, p), *name;
    size_t n;
    while (at > text && at[-1] == ' ')
        at--;
    for (name = at; name > text && rft_is_letter(name[-1]);)
        name--;
    if (name < at && name > text && name[-1] == '\\')
        return !rft_word_is_among(rft_dress_commands, name, (size_t)(at - name));
    if (at > text &&
        (at[-1] == '<' || (at[-1] == '>' && at - text >= 2 && at[-2] == ' ' && is_operand(text, at - 1, true))))
        return true;
    for (name = dressed; name > text && rft_is_letter(name[-1]);)
        name--;
    if (dressed < at && rft_word_is_among(rft_negative_words, name, (size_t)(dressed - name)))
        return true; /* "minus **5**" */
    int32_t c = wide_before(text, dressed, &n);
    const char *sign = dressed;
    bool is_sign = dressed > text && dressed[-1] == '-' && dressed < p;
    if (is_sign) {
        sign = dressed - 1;
    } else if (c == 0x2212 || (c >= 0x2010 && c <= 0x2013)) {
        is_sign = true;
        sign = dressed - n;
    } else {
        return c != 0 && c != 0x2248 && c != 0x2234 && rft_char_sort(c) == RFT_SORT_FORMULA;
    }
    bool is_apart = dressed < p && *dressed == ' ';
    bool is_dash = is_apart && sign > text && sign[-1] == ' ' && c != 0 && c != 0x2212;
    return is_sign && (!is_apart || is_operand(text, sign, !is_dash));
}

/* Whether what stands right before p makes a number there a part of something: "3,50", "10^2", "\frac{3}{4}", "9 *
 * 2". */
static bool is_tail(const char *text, const char *p, const char *end)
{
    static const char times[] = "\xc3\x97", divide[] = "\xc3\xb7", dot[] = "\xc2\xb7";
    const char *at = p;
    if (at == text)
        return false;
    if (at[-1] == '^' || (at - text >= 2 && at[-1] == '{' && strchr("^}_", at[-2]) != NULL))
        return true;
    if (at - text >= 2 && strchr("(_'", at[-1]) != NULL &&
        (rft_is_digit(at[-2]) || (at[-1] != '\'' && rft_is_letter(at[-2])) || (at[-1] == '(' && at[-2] == ')')))
        return true; /* "f(5)", "3(5)", "x_5", "1'005" */
    if (is_joined(text, p) || is_bound_or_minus(text, p))
        return true;
    if (at[-1] == '{') { /* the argument of a command that does more than dress it */
        const char *name = at - 1;
        while (name > text && rft_is_letter(name[-1]))
            name--;
        return name > text && name[-1] == '\\' && !rft_word_is_among(rft_dress_commands, name, (size_t)(at - 1 - name));
    }
    if (at - text >= 2 && strchr(",.:-", at[-1]) != NULL && rft_is_digit(at[-2]))
        return true;
    if (at - text >= 2 && at[-1] == ' ' && rft_is_digit(at[-2]) && *p == '0' && end - p >= 2 && rft_is_digit(p[1]))
        return true; /* "1 000" */
    while (at > text && at[-1] == ' ')
        at--;
    if (at < p && at - text >= 2 && strchr(":-", at[-1]) != NULL && at[-2] == ' ')
        return is_operand(text, at - 1, at[-1] == '-'); /* "3 : 5", "3 - 5" */
    if (at > text && (strchr("*+/", at[-1]) != NULL ||
                      ((at[-1] == 'x' || at[-1] == 'X') && at < p && at - text >= 2 && at[-2] == ' '))) {
        char c = at[-1];
        bool is_apart = at < p && at - text >= 2 && at[-2] == ' ';
        while (at > text && at[-1] == c)
            at--;
        return is_operand(text, at, c != 'x' && c != 'X' && (is_apart || c != '*'));
    } else if (at - text >= 2 &&
               (memcmp(at - 2, times, 2) == 0 || memcmp(at - 2, divide, 2) == 0 || memcmp(at - 2, dot, 2) == 0)) {
        at -= 2;
    } else {
        return false;
    }
    return is_operand(text, at, true);
}

/* "2 and a half": what stands behind the "and". */
static bool is_half_behind(const char *p, const char *end)
{
    static const char *const article[] = {"a", "one", NULL};
    p = rft_skip_spaces(p, end);
    const char *last = rft_word_end(p, end);
    if (!rft_word_is_among(article, p, (size_t)(last - p)))
        return false;
    p = rft_skip_spaces(last, end);
    last = rft_word_end(p, end);
    return rft_word_is_among(rft_scale_words, p, (size_t)(last - p)) ||
           rft_word_is_among(rft_fraction_words, p, (size_t)(last - p));
}

/* Whether what stands right behind a number changes it: "10^2", "2 million", a small 2. */
static bool is_head(const char *p, const char *end)
{
    const char *word = p;
    int32_t c;
    if (p == end)
        return false;
    (void)rft_utf8_decode(p, end, &c);
    if ((*p == '^' && !(end - p > 1 && (p[1] == '\\' || p[1] == '{') &&
                        memchr(p, 'c', (size_t)(end - p < 8 ? end - p : 8)) != NULL)) ||
        (end - p >= 2 && ((*p == '!' && strchr("$\\}", p[1]) != NULL) || memcmp(p, "..", 2) == 0)) ||
        ((unsigned char)*p >= 0x80 && rft_char_sort(c) == RFT_SORT_FORMULA) || rft_letter_is_factor(p, end))
        return true;
    while (word < end && *word != '\n' && (rft_space_match(word, end) || strchr("*_`$}-", *word) != NULL))
        word += rft_space_match(word, end) ? rft_space_match(word, end) : 1;
    if (end - word >= 3 && memcmp(word, "\\pi", 3) == 0)
        return true;
    const char *last = rft_word_end(word, end);
    size_t n = (size_t)(last - word);
    if (n == 3 && strncasecmp(word, "and", 3) == 0)
        return is_half_behind(last, end);
    return n > 0 && word < end &&
           ((n == 1 && strchr("xyz", *word) != NULL) || (n > 1 && rft_word_is_among(rft_scale_words, word, n)) ||
            rft_word_is_among(rft_fraction_words, word, n));
}

/* Where a minus that stands apart begins ("= - 5"), or the word; NULL if there is none. */
static const char *find_minus(const char *text, const char *p)
{
    const char *at = p, *word;
    while (at > text && at[-1] == ' ')
        at--;
    if (at > text && at < p && at[-1] == '-') {
        const char *minus = at - 1;
        for (at--; at > text && at[-1] == ' ';)
            at--;
        return at > text && (at[-1] == '=' || at[-1] == ':') ? minus : NULL;
    }
    word = at;
    while (word > text && rft_is_letter(word[-1]))
        word--;
    return rft_word_is_among(rft_negative_words, word, (size_t)(at - word)) ? word : NULL;
}

/* Digits right behind a letter belong to a word, "CO2", unless that is a currency. */
static bool is_in_word(const char *text, const char *p)
{
    const char *word = p;
    while (word > text && rft_is_letter(word[-1]))
        word--;
    return word < p && rft_is_digit(*p) && !rft_word_is_among(rft_currency_words, word, (size_t)(p - word));
}

/* Whether a number in digits of another script follows, which is then the last one. */
static bool has_other_digits(const char *p, const char *end)
{
    int32_t c;
    for (; p < end; p += rft_utf8_decode(p, end, &c))
        if ((unsigned char)*p >= 0x80 && rft_utf8_decode(p, end, &c) && rft_char_is_digit(c))
            return true;
    return false;
}

struct rft_stated rft_number_last(struct rft_bytes text)
{
    struct rft_stated out = {0};
    const char *begin = text.data, *end = begin + text.len, *minus;
    for (const char *p = begin; p < end;) {
        struct rft_decimal value;
        bool is_fraction;
        size_t n = rft_number_match(begin, p, end, &value, &is_fraction);
        if (n != 0 && !is_in_word(begin, p))
            out = (struct rft_stated){.is_number = !is_fraction, .value = value, .text = {p, n}};
        p += n != 0 ? n : 1;
    }
    if (out.text.data == NULL)
        return out;
    const char *behind = out.text.data + out.text.len;
    if (is_tail(begin, out.text.data, end) || is_head(behind, end) || has_other_digits(behind, end))
        out.is_number = false;
    minus = find_minus(begin, out.text.data);
    if (minus != NULL) {
        if (out.value.negative || *out.text.data == '+')
            out.is_number = false; /* "minus -5" */
        out.value.negative = !out.value.negative;
        out.text.len += (size_t)(out.text.data - minus);
        out.text.data = minus;
    }
    return out;
}
