/* SPDX-License-Identifier: MIT */
/* What the options let in is rewritten as what the reader of numbers knows: thousands lose their marks, and a fraction
 * becomes "1", whose place tells whether it is the one number of the text, and its sign. */
#include "number_read.h"

#include "number_unit.h"
#include "number_words.h"
#include "scan.h"

#include <stdio.h>
#include <string.h>

/* A text that is rewritten in place; it only becomes shorter. */
struct text {
    char *data;
    size_t n;
};

static size_t count_digits(const struct text *t, size_t at)
{
    size_t n = 0;
    while (at + n < t->n && rft_is_digit(t->data[at + n]))
        n++;
    return n;
}

static char char_at(const struct text *t, size_t at)
{
    return at < t->n ? t->data[at] : '\0';
}

static void cut(struct text *t, size_t at, size_t n)
{
    memmove(t->data + at, t->data + at + n, t->n - at - n);
    t->n -= n;
}

/* Takes the marks out of groups of three behind the digits at `at`; `space`: any white space, else the point. Returns
 * the number of digits, 0 if the first is a zero that groups follow: "0.123" is no 123. */
static size_t join_groups(struct text *t, size_t at, bool space)
{
    size_t n = count_digits(t, at), n_first = n;
    for (;;) {
        size_t n_mark = char_at(t, at + n) == '.' && !space;
        if (space && at + n < t->n)
            n_mark = rft_gap_match(t->data + at + n, t->data + t->n);
        if (n_first > 3 || n_mark == 0 || count_digits(t, at + n + n_mark) != 3)
            return n;
        if (t->data[at] == '0')
            return 0;
        cut(t, at + n, n_mark);
        n += 3;
    }
}

/* False: a number does not stand as the option says. */
static bool rewrite_thousands(struct text *t, bool space)
{
    for (size_t i = 0; i < t->n; i++) {
        char c = t->data[i];
        if (!space && (c == '.' || c == ',') && rft_is_digit(char_at(t, i + 1)))
            return false;
        if (!rft_is_digit(c))
            continue;
        size_t n = join_groups(t, i, space);
        if (n == 0)
            return false;
        i += n - 1;
        if (space || char_at(t, i + 1) != ',' || !rft_is_digit(char_at(t, i + 2)))
            continue;
        t->data[i + 1] = '.';
        i += 1 + count_digits(t, i + 2);
    }
    return true;
}

/* ---- fractions ---- */

struct fraction {
    struct rft_decimal numerator, divisor;
    size_t len; /* of its text; 0: there is none */
};

/* The number that is all of n bytes at p. */
static bool read_all(const char *p, size_t n, struct rft_decimal *d)
{
    return n != 0 && rft_decimal_match(p, p + n, d) == n;
}

static size_t plain_len(const char *p, const char *end)
{
    const char *begin = p;
    while (p < end && (rft_is_digit(*p) || (*p == '.' && p > begin && end - p > 1 && rft_is_digit(p[1]))))
        p++;
    return (size_t)(p - begin);
}

/* An argument of \frac: "{12}" or one digit. Returns its length with braces. */
static size_t argument(const char *p, const char *end, struct rft_decimal *d)
{
    if (p < end && rft_is_digit(*p))
        return read_all(p, 1, d) ? 1 : 0;
    const char *close = p < end && *p == '{' ? memchr(p, '}', (size_t)(end - p)) : NULL;
    return close != NULL && read_all(p + 1, (size_t)(close - p - 1), d) ? (size_t)(close - p) + 1 : 0;
}

/* U+00BC to U+00BE, U+2150 to U+215E. */
static bool vulgar(int32_t c, int *numerator, int *divisor)
{
    static const char parts[][2] = {{1, 7}, {1, 9}, {1, 10}, {1, 3}, {2, 3}, {1, 5}, {2, 5}, {3, 5},
                                    {4, 5}, {1, 6}, {5, 6},  {1, 8}, {3, 8}, {5, 8}, {7, 8}};
    if (c >= 0xbc && c <= 0xbe) {
        *numerator = c == 0xbe ? 3 : 1;
        *divisor = c == 0xbd ? 2 : 4;
        return true;
    }
    if (c < 0x2150 || c > 0x215e)
        return false;
    *numerator = parts[c - 0x2150][0];
    *divisor = parts[c - 0x2150][1];
    return true;
}

static void from_int(uint64_t value, struct rft_decimal *d)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    *d = (struct rft_decimal){0};
    for (int i = 0; i < n; i++)
        rft_decimal_push(d, digits[i], false);
    rft_decimal_trim(d);
}

/* "1/2", "\frac{1}{2}" or a character that is one. */
static struct fraction fraction_at(const char *p, const char *end)
{
    static const char *const commands[] = {"\\frac", "\\dfrac", "\\tfrac"};
    struct fraction f = {0};
    int32_t c;
    int numerator, divisor;
    size_t n = plain_len(p, end);
    if (n != 0 && p + n < end && p[n] == '/') {
        size_t m = plain_len(p + n + 1, end);
        if (read_all(p, n, &f.numerator) && read_all(p + n + 1, m, &f.divisor))
            f.len = n + 1 + m;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands && f.len == 0; i++) {
        size_t n_name = strlen(commands[i]), first, second;
        if (!rft_scan_begins(p, end, commands[i]) || (first = argument(p + n_name, end, &f.numerator)) == 0 ||
            (second = argument(p + n_name + first, end, &f.divisor)) == 0)
            continue;
        f.len = n_name + first + second;
    }
    if (f.len == 0 && (unsigned char)*p >= 0x80) {
        n = rft_utf8_decode(p, end, &c);
        if (vulgar(c, &numerator, &divisor)) {
            from_int((uint64_t)numerator, &f.numerator);
            from_int((uint64_t)divisor, &f.divisor);
            f.len = n;
        }
    }
    if (f.divisor.n_digits == 0 || f.divisor.negative)
        f.len = 0;
    return f;
}

#define MIXED_DIGITS 9 /* of each part of a mixed number */

/* A whole number below 10^9 without zeros before it; 0 if it is none. */
static uint64_t small_whole(const struct rft_decimal *d)
{
    double value = rft_decimal_double(d);
    bool is_whole = !d->negative && d->exponent >= d->n_digits && d->exponent <= MIXED_DIGITS;
    return is_whole && value > 0 ? (uint64_t)value : 0;
}

/* "3 1/2", "3\frac{1}{2}": a whole number before a fraction below 1. */
static struct fraction mixed_at(const char *p, const char *end)
{
    struct fraction none = {0}, f;
    struct rft_decimal whole;
    const char *at = p;
    while (at < end && rft_is_digit(*at))
        at++;
    size_t n = (size_t)(at - p), n_space = 0;
    if (n == 0 || n > MIXED_DIGITS || !read_all(p, n, &whole))
        return none;
    if (at < end)
        n_space = rft_space_match(at, end);
    at += n_space;
    if (at == end || (n_space == 0 && rft_is_digit(*at)) || *at == '0')
        return none;
    f = fraction_at(at, end);
    uint64_t a = small_whole(&whole), b = small_whole(&f.numerator), c = small_whole(&f.divisor);
    if (f.len == 0 || a == 0 || b == 0 || b >= c)
        return none;
    from_int(a * c + b, &f.numerator);
    f.len += n + n_space;
    return f;
}

/* Puts "1" in the place of the first fraction. */
static struct fraction take_fraction(struct text *t)
{
    const char *end = t->data + t->n;
    struct fraction f = {0};
    for (char *p = t->data; p < end && f.len == 0;) {
        f = mixed_at(p, end);
        if (f.len == 0)
            f = fraction_at(p, end);
        if (f.len == 0) {
            size_t n = plain_len(p, end);
            p += n != 0 ? n : 1;
            continue;
        }
        *p = '1';
        cut(t, (size_t)(p - t->data) + 1, f.len - 1);
    }
    return f;
}

/* ---- numbers ---- */

static bool take_percent(struct rft_bytes *text)
{
    static const char *const signs[] = {"\\%", "%", "\xef\xbc\x85"};
    *text = rft_bytes_trim(*text);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t n = strlen(signs[i]);
        if (text->len <= n || memcmp(text->data + text->len - n, signs[i], n) != 0)
            continue;
        text->len -= n;
        return true;
    }
    return false;
}

void rft_number_apply_percent(const struct rft_verify_options *options, bool is_percent, struct rft_number *number)
{
    if (is_percent && options->percent == RFT_PERCENT_VALUE)
        rft_decimal_scale(&number->value, -2);
}

static void read_text(const struct rft_verify_options *options, struct rft_bytes text, bool is_dressed,
                      struct rft_number *out)
{
    bool is_percent = false;
    if (is_dressed) {
        out->stated = rft_number_stated(text);
        out->is_number = out->stated.is_number;
        out->value = out->stated.value;
        is_percent = out->stated.is_percent;
    } else {
        if (options->percent != RFT_PERCENT_STRICT)
            is_percent = take_percent(&text);
        out->is_number = rft_number_parse(text, &out->value);
    }
    rft_number_apply_percent(options, is_percent, out);
}

void rft_number_read(const struct rft_verify_options *options, struct rft_bytes text, bool is_dressed,
                     struct rft_number *out)
{
    *out = (struct rft_number){0};
    out->stated.text = rft_bytes_trim(text);
    bool is_point = options->thousands == RFT_THOUSANDS_POINT;
    bool is_plain = !options->fractions && options->thousands == RFT_THOUSANDS_COMMA;
    text = is_plain ? text : rft_bytes_trim(text);
    if (is_plain || text.len > RFT_NUMBER_TEXT_MAX) {
        if (!is_point)
            read_text(options, text, is_dressed, out);
        return;
    }
    memcpy(out->text, text.data, text.len);
    struct text t = {out->text, text.len};
    struct fraction f = {0};
    if (options->thousands != RFT_THOUSANDS_COMMA && !rewrite_thousands(&t, !is_point))
        return;
    if (options->fractions)
        f = take_fraction(&t);
    read_text(options, (struct rft_bytes){t.data, t.n}, is_dressed, out);
    out->is_rewritten = true;
    if (f.len == 0 || !out->is_number)
        return;
    const struct rft_decimal *one = &out->value; /* not "1,000" out of "1/2,000" */
    bool is_hundredth = one->exponent == -1 && options->percent == RFT_PERCENT_VALUE;
    out->is_number = one->n_digits == 1 && one->digits[0] == '1' && (one->exponent == 1 || is_hundredth);
    out->value = rft_decimal_product(&out->value, &f.numerator); /* of the "1" that stands for it: sign and percent */
    out->divisor = f.divisor;
    out->has_divisor = true;
}

bool rft_number_equal(const struct rft_number *a, const struct rft_number *b)
{
    if (!a->has_divisor && !b->has_divisor)
        return rft_decimal_equal(&a->value, &b->value);
    struct rft_decimal left = b->has_divisor ? rft_decimal_product(&a->value, &b->divisor) : a->value;
    struct rft_decimal right = a->has_divisor ? rft_decimal_product(&b->value, &a->divisor) : b->value;
    return rft_decimal_equal(&left, &right);
}

double rft_number_double(const struct rft_number *number)
{
    double value = rft_decimal_double(&number->value);
    return number->has_divisor ? value / rft_decimal_double(&number->divisor) : value;
}
