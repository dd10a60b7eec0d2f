/* SPDX-License-Identifier: MIT */
#include "formula_real.h"

#include <string.h>

#define EXPONENT_MAX (1 << 20) /* of a bound */
#define ANGLE_BITS_MAX 64      /* sine of more would take as much more precision */
#define DECIMAL_DIGITS_MAX 2000
/* Intervals that are as narrow as this, relative to 1 or more and as they are, are values. The second bound keeps
 * 3^10000 and 3^10000 + 1 apart, which are too long to be exact. */
#define NARROW_BITS 120
#define NARROW_BITS_ABSOLUTE 40
#define FACTORIAL_MAX 700
#define COST_BITS 128 /* of rationals, that cost as much as one operation */
#define COST_FUNCTION 10

static void clear(struct rft_real *a)
{
    if (a->is_exact)
        mpq_clear(a->q);
    else {
        mpfr_clear(a->lo);
        mpfr_clear(a->hi);
    }
}

void rft_reals_release(struct rft_reals *reals, const struct rft_real *kept)
{
    while (reals->used != NULL && reals->used != kept) {
        struct rft_real *a = reals->used;
        reals->used = a->next;
        clear(a);
        a->next = reals->spare;
        reals->spare = a;
    }
}

static struct rft_real *take(struct rft_reals *reals, bool is_exact)
{
    if (reals->budget == 0)
        return NULL;
    reals->budget--;
    struct rft_real *a = reals->spare;
    if (a != NULL)
        reals->spare = a->next;
    else if ((a = rft_formula_alloc(reals->memory, 1, sizeof *a)) == NULL)
        return NULL;
    a->is_exact = is_exact;
    if (is_exact)
        mpq_init(a->q);
    else {
        mpfr_init2(a->lo, reals->bits);
        mpfr_init2(a->hi, reals->bits);
    }
    a->next = reals->used;
    reals->used = a;
    return a;
}

bool rft_reals_spend(struct rft_reals *reals, size_t n)
{
    reals->budget -= (uint32_t)(n < reals->budget ? n : reals->budget);
    return reals->budget != 0;
}

static size_t bits(const struct rft_real *a)
{
    return mpz_sizeinbase(mpq_numref(a->q), 2) + mpz_sizeinbase(mpq_denref(a->q), 2);
}

static bool is_sane(const mpfr_t x)
{
    return mpfr_number_p(x) && (mpfr_zero_p(x) || (mpfr_get_exp(x) < EXPONENT_MAX && mpfr_get_exp(x) > -EXPONENT_MAX));
}

static struct rft_real *checked(struct rft_real *a)
{
    return is_sane(a->lo) && is_sane(a->hi) ? a : NULL;
}

/* The same number as an interval. */
static const struct rft_real *interval(struct rft_reals *reals, const struct rft_real *a)
{
    if (a == NULL || !a->is_exact)
        return a;
    struct rft_real *b = take(reals, false);
    if (b == NULL)
        return NULL;
    mpfr_set_q(b->lo, a->q, MPFR_RNDD);
    mpfr_set_q(b->hi, a->q, MPFR_RNDU);
    return checked(b);
}

struct rft_real *rft_real_ratio(struct rft_reals *reals, long numerator, unsigned long denominator)
{
    struct rft_real *a = take(reals, true);
    if (a == NULL)
        return NULL;
    mpq_set_si(a->q, numerator, denominator);
    mpq_canonicalize(a->q);
    return a;
}

/* 10^n as a rational in place; |n| is bounded by the callers. */
static void set_power_of_ten(mpq_t q, long n)
{
    mpz_ui_pow_ui(n >= 0 ? mpq_numref(q) : mpq_denref(q), 10, (unsigned long)(n >= 0 ? n : -n));
    mpz_set_ui(n >= 0 ? mpq_denref(q) : mpq_numref(q), 1);
}

/* Digits as an integer; 0 for none. */
static bool set_digits(mpz_t z, const char *digits, size_t n)
{
    char text[DECIMAL_DIGITS_MAX + 1];
    if (n == 0) {
        mpz_set_ui(z, 0);
        return true;
    }
    memcpy(text, digits, n);
    text[n] = '\0';
    return mpz_set_str(z, text, 10) == 0;
}

static bool read_exponent(const char *p, const char *end, long *exponent)
{
    bool is_negative = p < end && *p == '-';
    long value = 0;
    p += p < end && (*p == '-' || *p == '+');
    for (; p < end; p++) {
        value = value * 10 + (*p - '0');
        if (value > DECIMAL_DIGITS_MAX)
            return false;
    }
    *exponent = is_negative ? -value : value;
    return true;
}

struct rft_real *rft_real_decimal(struct rft_reals *reals, struct rft_bytes text, struct rft_bytes repeated)
{
    char digits[DECIMAL_DIGITS_MAX];
    size_t n = 0;
    long n_behind = 0, exponent = 0;
    bool is_behind = false;
    if (text.len + repeated.len > DECIMAL_DIGITS_MAX)
        return NULL;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == 'e' || c == 'E') {
            if (!read_exponent(text.data + i + 1, text.data + text.len, &exponent))
                return NULL;
            break;
        }
        is_behind = is_behind || c == '.';
        if (c != '.') {
            digits[n++] = c;
            n_behind += is_behind;
        }
    }
    struct rft_real *a = take(reals, true), *part = take(reals, true), *scale = take(reals, true);
    if (a == NULL || part == NULL || scale == NULL || !set_digits(mpq_numref(a->q), digits, n) ||
        !set_digits(mpq_numref(part->q), repeated.data, repeated.len))
        return NULL;
    if (repeated.len != 0) { /* r / (10^k - 1) more in the last place */
        mpz_ui_pow_ui(mpq_denref(part->q), 10, repeated.len);
        mpz_sub_ui(mpq_denref(part->q), mpq_denref(part->q), 1);
        mpq_canonicalize(part->q);
        mpq_add(a->q, a->q, part->q);
    }
    set_power_of_ten(scale->q, exponent - n_behind);
    mpq_mul(a->q, a->q, scale->q);
    return bits(a) <= RFT_REAL_EXACT_BITS ? a : NULL;
}

struct rft_real *rft_real_pi(struct rft_reals *reals)
{
    struct rft_real *a = take(reals, false);
    if (a != NULL) {
        mpfr_const_pi(a->lo, MPFR_RNDD);
        mpfr_const_pi(a->hi, MPFR_RNDU);
    }
    return a;
}

static bool are_short(struct rft_reals *reals, const struct rft_real *a, const struct rft_real *b)
{
    if (!a->is_exact || !b->is_exact || bits(a) + bits(b) > RFT_REAL_EXACT_BITS)
        return false;
    rft_reals_spend(reals, (bits(a) + bits(b)) / COST_BITS);
    return true;
}

struct rft_real *rft_real_add(struct rft_reals *reals, const struct rft_real *a, const struct rft_real *b)
{
    if (a == NULL || b == NULL)
        return NULL;
    bool is_exact = are_short(reals, a, b);
    if (!is_exact && ((a = interval(reals, a)) == NULL || (b = interval(reals, b)) == NULL))
        return NULL;
    struct rft_real *c = take(reals, is_exact);
    if (c == NULL)
        return NULL;
    if (is_exact) {
        mpq_add(c->q, a->q, b->q);
        return c;
    }
    mpfr_add(c->lo, a->lo, b->lo, MPFR_RNDD);
    mpfr_add(c->hi, a->hi, b->hi, MPFR_RNDU);
    return checked(c);
}

struct rft_real *rft_real_negate(struct rft_reals *reals, const struct rft_real *a)
{
    struct rft_real *b = a != NULL ? take(reals, a->is_exact) : NULL;
    if (b == NULL)
        return NULL;
    if (a->is_exact)
        mpq_neg(b->q, a->q);
    else {
        mpfr_neg(b->lo, a->hi, MPFR_RNDD);
        mpfr_neg(b->hi, a->lo, MPFR_RNDU);
    }
    return b;
}

struct rft_real *rft_real_subtract(struct rft_reals *reals, const struct rft_real *a, const struct rft_real *b)
{
    return rft_real_add(reals, a, rft_real_negate(reals, b));
}

typedef int operation(mpfr_t result, const mpfr_t a, const mpfr_t b, mpfr_rnd_t rounding);

/* The hull of an operation's results at the four corners. */
static struct rft_real *corners(struct rft_reals *reals, operation *f, const struct rft_real *a,
                                const struct rft_real *b)
{
    struct rft_real *c = take(reals, false), *t = take(reals, false);
    if (c == NULL || t == NULL)
        return NULL;
    for (int i = 0; i < 4; i++) {
        f(t->lo, i & 1 ? a->hi : a->lo, i & 2 ? b->hi : b->lo, MPFR_RNDD);
        f(t->hi, i & 1 ? a->hi : a->lo, i & 2 ? b->hi : b->lo, MPFR_RNDU);
        if (!is_sane(t->lo) || !is_sane(t->hi))
            return NULL;
        if (i == 0 || mpfr_cmp(t->lo, c->lo) < 0)
            mpfr_set(c->lo, t->lo, MPFR_RNDD);
        if (i == 0 || mpfr_cmp(t->hi, c->hi) > 0)
            mpfr_set(c->hi, t->hi, MPFR_RNDU);
    }
    return c;
}

struct rft_real *rft_real_multiply(struct rft_reals *reals, const struct rft_real *a, const struct rft_real *b)
{
    if (a == NULL || b == NULL)
        return NULL;
    if (are_short(reals, a, b)) {
        struct rft_real *c = take(reals, true);
        if (c != NULL)
            mpq_mul(c->q, a->q, b->q);
        return c;
    }
    a = interval(reals, a);
    b = interval(reals, b);
    return a != NULL && b != NULL ? corners(reals, mpfr_mul, a, b) : NULL;
}

struct rft_real *rft_real_divide(struct rft_reals *reals, const struct rft_real *a, const struct rft_real *b)
{
    if (a == NULL || b == NULL || rft_real_sign(b) == 0 || rft_real_sign(b) == 2)
        return NULL;
    if (are_short(reals, a, b)) {
        struct rft_real *c = take(reals, true);
        if (c != NULL)
            mpq_div(c->q, a->q, b->q);
        return c;
    }
    a = interval(reals, a);
    b = interval(reals, b);
    return a != NULL && b != NULL ? corners(reals, mpfr_div, a, b) : NULL;
}

/* The exact root, where there is one. */
static struct rft_real *exact_root(struct rft_reals *reals, const struct rft_real *a, unsigned long k)
{
    struct rft_real *b = take(reals, true);
    if (b == NULL || mpz_root(mpq_numref(b->q), mpq_numref(a->q), k) == 0 ||
        mpz_root(mpq_denref(b->q), mpq_denref(a->q), k) == 0)
        return NULL;
    return b;
}

struct rft_real *rft_real_root(struct rft_reals *reals, const struct rft_real *a, unsigned long k)
{
    if (a == NULL || k == 0 || k > 1000 || (rft_real_sign(a) != 1 && rft_real_sign(a) != 0))
        return NULL;
    struct rft_real *b = a->is_exact ? exact_root(reals, a, k) : NULL;
    if (b != NULL)
        return b;
    a = interval(reals, a);
    b = a != NULL ? take(reals, false) : NULL;
    if (b == NULL)
        return NULL;
    mpfr_rootn_ui(b->lo, a->lo, k, MPFR_RNDD);
    mpfr_rootn_ui(b->hi, a->hi, k, MPFR_RNDU);
    return checked(b);
}

typedef int function(mpfr_t result, const mpfr_t a, mpfr_rnd_t rounding);

/* A function that grows (or falls) throughout. */
static struct rft_real *monotone(struct rft_reals *reals, function *f, const struct rft_real *a, bool is_falling)
{
    a = interval(reals, a);
    struct rft_real *b = a != NULL ? take(reals, false) : NULL;
    rft_reals_spend(reals, COST_FUNCTION);
    if (b == NULL)
        return NULL;
    f(b->lo, is_falling ? a->hi : a->lo, MPFR_RNDD);
    f(b->hi, is_falling ? a->lo : a->hi, MPFR_RNDU);
    return checked(b);
}

struct rft_real *rft_real_exp(struct rft_reals *reals, const struct rft_real *a)
{
    if (a != NULL && rft_real_sign(a) == 0)
        return rft_real_ratio(reals, 1, 1);
    a = interval(reals, a);
    if (a == NULL || (!mpfr_zero_p(a->lo) && mpfr_get_exp(a->lo) > 20) ||
        (!mpfr_zero_p(a->hi) && mpfr_get_exp(a->hi) > 20))
        return NULL;
    return monotone(reals, mpfr_exp, a, false);
}

struct rft_real *rft_real_log(struct rft_reals *reals, const struct rft_real *a)
{
    return a != NULL && rft_real_sign(a) == 1 ? monotone(reals, mpfr_log, a, false) : NULL;
}

/* A function whose slope is 1 at most: its value at one end, and the width on both sides. */
static struct rft_real *wave(struct rft_reals *reals, function *f, const struct rft_real *a)
{
    a = interval(reals, a);
    struct rft_real *b = a != NULL ? take(reals, false) : NULL, *width = take(reals, false);
    if (b == NULL || width == NULL || (!mpfr_zero_p(a->lo) && mpfr_get_exp(a->lo) > ANGLE_BITS_MAX))
        return NULL;
    rft_reals_spend(reals, COST_FUNCTION);
    mpfr_sub(width->hi, a->hi, a->lo, MPFR_RNDU);
    f(b->lo, a->lo, MPFR_RNDD);
    f(b->hi, a->lo, MPFR_RNDU);
    mpfr_sub(b->lo, b->lo, width->hi, MPFR_RNDD);
    mpfr_add(b->hi, b->hi, width->hi, MPFR_RNDU);
    mpfr_set_zero(width->lo, 1);
    return checked(b);
}

struct rft_real *rft_real_sin(struct rft_reals *reals, const struct rft_real *a)
{
    return wave(reals, mpfr_sin, a);
}

struct rft_real *rft_real_cos(struct rft_reals *reals, const struct rft_real *a)
{
    return wave(reals, mpfr_cos, a);
}

struct rft_real *rft_real_asin(struct rft_reals *reals, const struct rft_real *a)
{
    return monotone(reals, mpfr_asin, a, false);
}

struct rft_real *rft_real_acos(struct rft_reals *reals, const struct rft_real *a)
{
    return monotone(reals, mpfr_acos, a, true);
}

struct rft_real *rft_real_atan(struct rft_reals *reals, const struct rft_real *a)
{
    return monotone(reals, mpfr_atan, a, false);
}

struct rft_real *rft_real_floor(struct rft_reals *reals, const struct rft_real *a)
{
    if (a == NULL || !a->is_exact)
        return NULL;
    struct rft_real *b = take(reals, true);
    if (b != NULL)
        mpz_fdiv_q(mpq_numref(b->q), mpq_numref(a->q), mpq_denref(a->q));
    return b;
}

struct rft_real *rft_real_factorial(struct rft_reals *reals, const struct rft_real *a)
{
    long n;
    if (a == NULL || !rft_real_is_long(a, &n) || n < 0 || n > FACTORIAL_MAX)
        return NULL;
    struct rft_real *b = take(reals, true);
    if (b != NULL)
        mpz_fac_ui(mpq_numref(b->q), (unsigned long)n);
    return b;
}

int rft_real_sign(const struct rft_real *a)
{
    if (a->is_exact)
        return mpq_sgn(a->q);
    return mpfr_sgn(a->lo) > 0 ? 1 : mpfr_sgn(a->hi) < 0 ? -1 : 2;
}

bool rft_real_is_long(const struct rft_real *a, long *value)
{
    if (!a->is_exact || mpz_cmp_ui(mpq_denref(a->q), 1) != 0 || !mpz_fits_slong_p(mpq_numref(a->q)))
        return false;
    *value = mpz_get_si(mpq_numref(a->q));
    return true;
}

static bool is_narrow(const struct rft_real *a, mpfr_t scratch)
{
    mpfr_sub(scratch, a->hi, a->lo, MPFR_RNDU);
    if (mpfr_zero_p(scratch))
        return true;
    mpfr_exp_t size = mpfr_zero_p(a->hi) || mpfr_get_exp(a->hi) < 0 ? 0 : mpfr_get_exp(a->hi);
    return mpfr_get_exp(scratch) < size - NARROW_BITS && mpfr_get_exp(scratch) < -NARROW_BITS_ABSOLUTE;
}

int rft_real_compare(struct rft_reals *reals, const struct rft_real *a, const struct rft_real *b)
{
    if (a == NULL || b == NULL)
        return 2;
    if (a->is_exact && b->is_exact) {
        int order = mpq_cmp(a->q, b->q);
        return order < 0 ? -1 : order > 0;
    }
    struct rft_real *scratch = take(reals, false);
    a = interval(reals, a);
    b = interval(reals, b);
    if (scratch == NULL || a == NULL || b == NULL)
        return 2;
    if (mpfr_cmp(a->hi, b->lo) < 0)
        return -1;
    if (mpfr_cmp(b->hi, a->lo) < 0)
        return 1;
    return is_narrow(a, scratch->hi) && is_narrow(b, scratch->hi) ? 0 : 2;
}
