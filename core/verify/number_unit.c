/* SPDX-License-Identifier: MIT */
#include "number_unit.h"

#include "number_words.h"

#include <string.h>
#include <strings.h>

bool rft_number_parse(struct rft_bytes text, struct rft_decimal *d)
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

/* Whether a sign of currency and a word that names money speak of the same: "$12" and "12 dollars", not "12 cents". */
static bool is_same_money(int32_t sign, const struct unit_word *word)
{
    static const char *const money[] = {"cent",   "cents",   "penny",  "pennies", "pence",  "dime",  "dimes",
                                        "nickel", "nickels", "dollar", "dollars", "buck",   "bucks", "usd",
                                        "euro",   "euros",   "eur",    "pound",   "pounds", "gbp",   "yen",
                                        "jpy",    "yuan",    "rupee",  "rupees",  "inr",    "rs",    NULL};
    static const struct {
        int32_t sign;
        const char *const names[8];
    } signs[] = {{'$', {"dollar", "dollars", "buck", "bucks", "usd"}},
                 {0x20ac, {"euro", "euros", "eur"}},
                 {0xa3, {"pound", "pounds", "gbp"}},
                 {0xa5, {"yen", "jpy", "yuan"}},
                 {0x20b9, {"rupee", "rupees", "inr", "rs"}},
                 {0xa2, {"cent", "cents"}}};
    bool is_money = rft_word_is_among(money, word->text, word->n);
    for (size_t i = 0; is_money && i < sizeof signs / sizeof *signs; i++)
        if (signs[i].sign == sign)
            return rft_word_is_among(signs[i].names, word->text, word->n);
    return !is_money;
}

bool rft_number_is_same_unit(const struct rft_stated *a, const struct rft_stated *b)
{
    static const char *const hours[] = {"am", "pm", "a", "p", "o", "oclock", NULL}; /* "a.m.": another thing than 12 */
    const char *p = a->unit.data, *p_end = p + a->unit.len, *q = b->unit.data, *q_end = q + b->unit.len;
    if (a->currency && b->currency && a->currency != b->currency)
        return false;
    if (rft_bytes_equal(a->unit, b->unit)) /* however long its words are */
        return true;
    struct unit_word left = next_unit_word(&p, p_end), right = next_unit_word(&q, q_end);
    if ((a->currency && !b->currency && !is_same_money(a->currency, &right)) ||
        (b->currency && !a->currency && !is_same_money(b->currency, &left)))
        return false;
    const struct unit_word *only = left.n ? &left : &right;
    if (!left.n || !right.n)
        return !rft_word_is_among(hours, only->text, only->n);
    while (left.n && right.n) {
        if (!is_same_word(&left, &right))
            return false;
        left = next_unit_word(&p, p_end);
        right = next_unit_word(&q, q_end);
    }
    return !left.n && !right.n;
}
