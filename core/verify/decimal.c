/* SPDX-License-Identifier: MIT */
#include "decimal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Beyond this every double is 0 or infinite, and sums of two such numbers still fit. */
#define EXPONENT_MAX (INT64_C(1) << 60)

void rft_decimal_push(struct rft_decimal *d, char digit, bool after_point)
{
    bool leading_zero = digit == '0' && d->n_digits == 0;
    if (after_point ? leading_zero : !leading_zero)
        d->exponent += after_point ? -1 : 1;
    if (leading_zero)
        return;
    if (d->n_digits < RFT_DECIMAL_DIGITS_MAX)
        d->digits[d->n_digits++] = digit;
    else if (digit != '0')
        d->more = true;
}

void rft_decimal_trim(struct rft_decimal *d)
{
    while (d->n_digits && !d->more && d->digits[d->n_digits - 1] == '0')
        d->n_digits--;
    if (d->n_digits == 0)
        d->exponent = 0;
}

void rft_decimal_scale(struct rft_decimal *d, int64_t power_of_ten)
{
    if (d->n_digits)
        d->exponent += power_of_ten;
}

int64_t rft_decimal_exponent(const char *digits, size_t n)
{
    int64_t value = 0;
    for (size_t i = 0; i < n; i++)
        if (value < EXPONENT_MAX / 16)
            value = value * 10 + (digits[i] - '0');
    return value;
}

bool rft_decimal_equal(const struct rft_decimal *a, const struct rft_decimal *b)
{
    if (a->n_digits != b->n_digits || a->exponent != b->exponent || a->more || b->more)
        return false;
    return a->n_digits == 0 || (a->negative == b->negative && memcmp(a->digits, b->digits, a->n_digits) == 0);
}

struct rft_decimal rft_decimal_product(const struct rft_decimal *a, const struct rft_decimal *b)
{
    uint32_t sums[2 * RFT_DECIMAL_DIGITS_MAX] = {0};
    size_t n = (size_t)a->n_digits + b->n_digits;
    struct rft_decimal d = {.negative = a->negative != b->negative, .more = a->more || b->more};
    for (size_t i = a->n_digits; i-- > 0;) {
        uint32_t carry = 0;
        for (size_t j = b->n_digits; j-- > 0; carry /= 10) {
            carry += sums[i + j + 1] + (uint32_t)(a->digits[i] - '0') * (uint32_t)(b->digits[j] - '0');
            sums[i + j + 1] = carry % 10;
        }
        sums[i] += carry;
    }
    for (size_t i = 0; i < n; i++)
        rft_decimal_push(&d, (char)('0' + sums[i]), false);
    rft_decimal_trim(&d);
    rft_decimal_scale(&d, a->exponent + b->exponent - (int64_t)n);
    return d;
}

double rft_decimal_double(const struct rft_decimal *d)
{
    char text[RFT_DECIMAL_DIGITS_MAX + 16];
    double magnitude = 0;
    if (d->n_digits && d->exponent > 400) {
        magnitude = INFINITY;
    } else if (d->n_digits && d->exponent > -400) {
        /* One more digit stands for all that were left out: it only has to keep the number off a midpoint. */
        snprintf(text, sizeof text, "0.%.*s%se%d", (int)d->n_digits, d->digits, d->more ? "1" : "", (int)d->exponent);
        if (!rft_parse_double(text, &magnitude))
            magnitude = INFINITY;
    }
    return d->negative ? -magnitude : magnitude;
}

static bool is_digit(const char *p, const char *end)
{
    return p < end && *p >= '0' && *p <= '9';
}

static const char *skip_digits(const char *p, const char *end)
{
    while (is_digit(p, end))
        p++;
    return p;
}

/* "-", "+" or the minus of typography, and "$", each at most once. */
static const char *match_sign(const char *p, const char *end, bool *negative)
{
    static const char minus[] = "\xe2\x88\x92";
    bool sign = false, dollar = false;
    *negative = false;
    for (;;) {
        if (!dollar && p < end && *p == '$') {
            dollar = true;
            p++;
        } else if (!sign && p < end && (*p == '-' || *p == '+')) {
            sign = true;
            *negative = *p++ == '-';
        } else if (!sign && end - p >= 3 && memcmp(p, minus, 3) == 0) {
            sign = *negative = true;
            p += 3;
        } else {
            return p;
        }
    }
}

/* End of the digits before the point. "1,234,567" is one number; in "1,2,3" and "1234,567" the comma ends it. */
static const char *match_whole(const char *p, const char *end)
{
    const char *at = skip_digits(p, end);
    if (at == p || at - p > 3)
        return at;
    while (at < end && *at == ',' && skip_digits(at + 1, end) - at == 4)
        at += 4;
    return at;
}

static const char *match_exponent(const char *p, const char *end, int64_t *exponent)
{
    const char *at = p;
    *exponent = 0;
    if (at == end || (*at != 'e' && *at != 'E'))
        return p;
    at++;
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    const char *last = skip_digits(at, end);
    if (last == at)
        return p;
    *exponent = rft_decimal_exponent(at, (size_t)(last - at));
    if (negative)
        *exponent = -*exponent;
    return last;
}

size_t rft_decimal_match(const char *p, const char *end, struct rft_decimal *d)
{
    bool negative;
    int64_t exponent;
    const char *whole = match_sign(p, end, &negative);
    const char *point = match_whole(whole, end), *last = point;
    if (point < end && *point == '.' && is_digit(point + 1, end))
        last = skip_digits(point + 1, end);
    if (last == whole)
        return 0;
    *d = (struct rft_decimal){.negative = negative};
    for (const char *c = whole; c < last; c++)
        if (is_digit(c, end))
            rft_decimal_push(d, *c, c > point);
    last = match_exponent(last, end, &exponent);
    rft_decimal_trim(d);
    rft_decimal_scale(d, exponent);
    return (size_t)(last - p);
}
