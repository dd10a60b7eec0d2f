/* SPDX-License-Identifier: MIT */
#include "number_text.h"

#include "number_words.h"

#include <string.h>

/* Whether a number may begin at p with its sign or point: "10-12" is 10 and 12, "so...5" is 5. */
static bool begins_apart(const char *text, const char *p)
{
    if (p == text || rft_is_digit(*p) || *p == '$')
        return true;
    char before = p[-1];
    return !rft_is_digit(before) && !rft_is_letter(before) && !(before && strchr(")]}%.", before));
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

/* Whether what stands right before p makes a number there a part of something: "3,50", "10^2", "\frac{3}{4}", "9 * 2".
 */
static bool is_tail(const char *text, const char *p, const char *end)
{
    static const char times[] = "\xc3\x97", divide[] = "\xc3\xb7", dot[] = "\xc2\xb7";
    const char *at = p;
    if (at == text)
        return false;
    if (at[-1] == '^' || (at[-1] == '{' && at - text >= 2 && (at[-2] == '^' || at[-2] == '}')))
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
    if (at > text && (strchr("*+/", at[-1]) != NULL ||
                      ((at[-1] == 'x' || at[-1] == 'X') && at < p && at - text >= 2 && at[-2] == ' '))) {
        char c = at[-1];
        while (at > text && at[-1] == c)
            at--;
    } else if (at - text >= 2 &&
               (memcmp(at - 2, times, 2) == 0 || memcmp(at - 2, divide, 2) == 0 || memcmp(at - 2, dot, 2) == 0)) {
        at -= 2;
    } else {
        return false;
    }
    while (at > text && at[-1] == ' ')
        at--;
    return at > text && (rft_is_digit(at[-1]) || at[-1] == ')');
}

/* Whether what stands right behind a number changes it: "10^2", "2 million", a small 2. */
static bool is_head(const char *p, const char *end)
{
    const char *word = p;
    int32_t c;
    if (p == end)
        return false;
    (void)rft_utf8_decode(p, end, &c);
    if (*p == '^' || ((unsigned char)*p >= 0x80 && rft_char_sort(c) == RFT_SORT_FORMULA))
        return true;
    if (*p == ' ')
        word++;
    const char *last = rft_word_end(word, end);
    return last > word && rft_word_is_among(rft_scale_words, word, (size_t)(last - word)) &&
           !(last - word == 1 && word > p);
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

struct rft_stated rft_number_last(struct rft_bytes text)
{
    struct rft_stated out = { 0 };
    const char *begin = text.data, *end = begin + text.len, *minus;
    for (const char *p = begin; p < end;) {
        struct rft_decimal value;
        bool is_fraction;
        size_t n = rft_number_match(begin, p, end, &value, &is_fraction);
        if (n != 0 && !is_in_word(begin, p))
            out = (struct rft_stated){ .is_number = !is_fraction, .value = value, .text = { p, n } };
        p += n != 0 ? n : 1;
    }
    if (out.text.data == NULL)
        return out;
    if (is_tail(begin, out.text.data, end) || is_head(out.text.data + out.text.len, end))
        out.is_number = false;
    minus = find_minus(begin, out.text.data);
    if (minus != NULL) {
        out.value.negative = !out.value.negative;
        out.text.len += (size_t)(out.text.data - minus);
        out.text.data = minus;
    }
    return out;
}
