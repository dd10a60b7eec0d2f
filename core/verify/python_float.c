/* SPDX-License-Identifier: MIT */
/* Python 3's float() and round(x, 3), as documented in its language and library reference. */
#include "python_float.h"
#include "decimal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The zeros of Unicode 15's decimal digits beyond ASCII; the other nine of each set follow it. A table of the program's
 * own, so that no library's version of Unicode can change a verdict. */
static const uint32_t digit_zeros[] = {
    0x00660, 0x006f0, 0x007c0, 0x00966, 0x009e6, 0x00a66, 0x00ae6, 0x00b66, 0x00be6, 0x00c66, 0x00ce6, 0x00d66,
    0x00de6, 0x00e50, 0x00ed0, 0x00f20, 0x01040, 0x01090, 0x017e0, 0x01810, 0x01946, 0x019d0, 0x01a80, 0x01a90,
    0x01b50, 0x01bb0, 0x01c40, 0x01c50, 0x0a620, 0x0a8d0, 0x0a900, 0x0a9d0, 0x0a9f0, 0x0aa50, 0x0abf0, 0x0ff10,
    0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730,
    0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x11f50, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2,
    0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e950, 0x1fbf0,
};

static bool is_wide_space(uint32_t c)
{
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
           c == 0x202f || c == 0x205f || c == 0x3000;
}

/* The text as float() sees it, one ASCII character at a time: digits and white space of every script become ASCII. */
struct reader {
    const char *at;
    const char *end;
};

/* What stands at the reader, 0 at the end, '?' for what can be in no number; *next is the reader behind it. */
static char peek(struct reader r, struct reader *next)
{
    int32_t code_point;
    *next = r;
    if (r.at == r.end)
        return 0;
    next->at += rft_utf8_decode(r.at, r.end, &code_point);
    if (code_point <= 0)
        return '?';
    if (code_point < 0x80)
        return (char)code_point;
    uint32_t c = (uint32_t)code_point;
    if (is_wide_space(c))
        return ' ';
    for (size_t i = 0; i < sizeof digit_zeros / sizeof *digit_zeros; i++)
        if (c >= digit_zeros[i] && c < digit_zeros[i] + 10)
            return (char)('0' + (c - digit_zeros[i]));
    return '?';
}

static bool take(struct reader *r, const char *set)
{
    struct reader next;
    char c = peek(*r, &next);
    if (!c || strchr(set, c) == NULL)
        return false;
    *r = next;
    return true;
}

static void skip_space(struct reader *r)
{
    while (take(r, " \t\n\v\f\r"))
        ;
}

/* A word in any case. */
static bool take_word(struct reader *r, const char *lower, const char *upper)
{
    struct reader at = *r;
    for (size_t i = 0; lower[i]; i++)
        if (!take(&at, (char[]){lower[i], upper[i], 0}))
            return false;
    *r = at;
    return true;
}

/* Digits with single underscores between them; how many. An underscore elsewhere is left for the caller to stumble
 * on. */
static size_t take_digits(struct reader *r, struct rft_decimal *d, bool after_point)
{
    size_t n = 0;
    struct reader at = *r, next;
    for (;;) {
        char c = peek(at, &next);
        if (c == '_' && n) {
            at = next;
            c = peek(at, &next);
        }
        if (c < '0' || c > '9')
            return n;
        rft_decimal_push(d, c, after_point);
        n++;
        *r = at = next;
    }
}

static bool take_exponent(struct reader *r, struct rft_decimal *d)
{
    struct rft_decimal exponent = {0};
    if (!take(r, "eE"))
        return true;
    bool negative = take(r, "-");
    if (!negative)
        take(r, "+");
    if (!take_digits(r, &exponent, false))
        return false;
    int64_t value = rft_decimal_exponent(exponent.digits, exponent.n_digits);
    rft_decimal_scale(d, negative ? -value : value);
    return true;
}

/* The unsigned number at the reader, NaN if there is none. */
static double take_number(struct reader *r)
{
    struct rft_decimal d = {0};
    if (take_word(r, "infinity", "INFINITY") || take_word(r, "inf", "INF"))
        return INFINITY;
    size_t n_digits = take_digits(r, &d, false);
    if (take(r, "."))
        n_digits += take_digits(r, &d, true);
    rft_decimal_trim(&d);
    return n_digits && take_exponent(r, &d) ? rft_decimal_double(&d) : NAN;
}

double rft_python_float(struct rft_bytes text)
{
    if (!text.len)
        return NAN;
    struct reader r = {text.data, text.data + text.len};
    skip_space(&r);
    bool negative = take(&r, "-");
    if (!negative)
        take(&r, "+");
    double x = take_number(&r);
    skip_space(&r);
    if (r.at != r.end)
        return NAN;
    return negative ? -x : x;
}

double rft_python_round3(double x)
{
    /* printf writes the exact binary value correctly rounded, ties to even, as round() does. Its point is the locale's,
     * so the digits are taken around it. */
    char text[340];
    if (!isfinite(x))
        return x;
    int n = snprintf(text, sizeof text, "%.3f", fabs(x));
    struct rft_decimal d = {.negative = signbit(x) != 0};
    for (int i = 0; i < n; i++)
        if (text[i] >= '0' && text[i] <= '9')
            rft_decimal_push(&d, text[i], i >= n - 3);
    rft_decimal_trim(&d);
    return rft_decimal_double(&d);
}
