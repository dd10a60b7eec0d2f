/* SPDX-License-Identifier: MIT */
#include "formula_eval.h"

#define POWER_MAX 1000000000L
#define BINOMIAL_MAX 1500
#define ODD_ROOT_MAX 9

static const struct rft_value unknown = {NULL, NULL};

static struct rft_value real(const struct rft_real *re)
{
    return (struct rft_value){re, NULL};
}

/* NULL parts are zeros of a known value: 0 + x = x. */
static const struct rft_real *add_parts(struct rft_reals *r, const struct rft_real *a, const struct rft_real *b,
                                        bool *is_known)
{
    if (a == NULL || b == NULL)
        return a != NULL ? a : b;
    const struct rft_real *sum = rft_real_add(r, a, b);
    *is_known = *is_known && sum != NULL;
    return sum;
}

static const struct rft_real *negate_part(struct rft_reals *r, const struct rft_real *a, bool *is_known)
{
    const struct rft_real *b = a != NULL ? rft_real_negate(r, a) : NULL;
    *is_known = *is_known && (a == NULL || b != NULL);
    return b;
}

static const struct rft_real *multiply_parts(struct rft_reals *r, const struct rft_real *a, const struct rft_real *b,
                                             bool *is_known)
{
    const struct rft_real *c = a != NULL && b != NULL ? rft_real_multiply(r, a, b) : NULL;
    *is_known = *is_known && (a == NULL || b == NULL || c != NULL);
    return c;
}

/* An imaginary part of exactly 0 is none. */
static struct rft_value made(struct rft_reals *r, const struct rft_real *re, const struct rft_real *im, bool is_known)
{
    if (!is_known)
        return unknown;
    if (im != NULL && rft_real_sign(im) == 0)
        im = NULL;
    return (struct rft_value){re != NULL ? re : rft_real_ratio(r, 0, 1), im};
}

static struct rft_value add(struct rft_reals *r, struct rft_value a, struct rft_value b)
{
    bool is_known = a.re != NULL && b.re != NULL;
    if (!is_known)
        return unknown;
    const struct rft_real *re = add_parts(r, a.re, b.re, &is_known);
    return made(r, re, add_parts(r, a.im, b.im, &is_known), is_known);
}

static struct rft_value negate(struct rft_reals *r, struct rft_value a)
{
    bool is_known = a.re != NULL;
    const struct rft_real *re = negate_part(r, a.re, &is_known);
    return made(r, re, negate_part(r, a.im, &is_known), is_known);
}

struct rft_value rft_value_subtract(struct rft_reals *r, struct rft_value a, struct rft_value b)
{
    return add(r, a, negate(r, b));
}

struct rft_value rft_value_multiply(struct rft_reals *r, struct rft_value a, struct rft_value b)
{
    bool is_known = a.re != NULL && b.re != NULL;
    if (!is_known)
        return unknown;
    const struct rft_real *rr = multiply_parts(r, a.re, b.re, &is_known),
                          *ii = multiply_parts(r, a.im, b.im, &is_known);
    const struct rft_real *ri = multiply_parts(r, a.re, b.im, &is_known),
                          *ir = multiply_parts(r, a.im, b.re, &is_known);
    const struct rft_real *re = add_parts(r, rr, negate_part(r, ii, &is_known), &is_known);
    return made(r, re, add_parts(r, ri, ir, &is_known), is_known);
}

static struct rft_value divide(struct rft_reals *r, struct rft_value a, struct rft_value b)
{
    if (a.re == NULL || b.re == NULL)
        return unknown;
    if (b.im == NULL) {
        const struct rft_real *im = a.im != NULL ? rft_real_divide(r, a.im, b.re) : NULL;
        const struct rft_real *re = rft_real_divide(r, a.re, b.re);
        return made(r, re, im, re != NULL && (a.im == NULL || im != NULL));
    }
    /* a conj(b) / |b|^2 */
    struct rft_value conjugate = {b.re, rft_real_negate(r, b.im)};
    const struct rft_real *norm = rft_real_add(r, rft_real_multiply(r, b.re, b.re), rft_real_multiply(r, b.im, b.im));
    if (conjugate.im == NULL || norm == NULL)
        return unknown;
    return divide(r, rft_value_multiply(r, a, conjugate), real(norm));
}

static struct rft_value power_of_long(struct rft_reals *r, struct rft_value a, long n)
{
    struct rft_value result = real(rft_real_ratio(r, 1, 1));
    if (n > POWER_MAX || n < -POWER_MAX || a.re == NULL)
        return unknown;
    if (n <= 0 && a.im == NULL && rft_real_sign(a.re) == 0)
        return unknown; /* 0^0 and 1/0 */
    for (unsigned long left = (unsigned long)(n < 0 ? -n : n); left != 0; left >>= 1) {
        if (left & 1)
            result = rft_value_multiply(r, result, a);
        if (left > 1)
            a = rft_value_multiply(r, a, a);
    }
    return n < 0 ? divide(r, real(rft_real_ratio(r, 1, 1)), result) : result;
}

/* e^(x + iy) */
static struct rft_value exponential(struct rft_reals *r, struct rft_value a)
{
    if (a.re == NULL)
        return unknown;
    struct rft_value size = real(rft_real_exp(r, a.re));
    if (a.im == NULL)
        return size;
    struct rft_value turn = {rft_real_cos(r, a.im), rft_real_sin(r, a.im)};
    if (turn.re == NULL || turn.im == NULL)
        return unknown;
    return rft_value_multiply(r, size, turn);
}

static struct rft_value square_root(struct rft_reals *r, struct rft_value a)
{
    if (a.re == NULL || a.im != NULL)
        return unknown;
    if (rft_real_sign(a.re) != -1)
        return real(rft_real_root(r, a.re, 2));
    const struct rft_real *im = rft_real_root(r, rft_real_negate(r, a.re), 2);
    return made(r, NULL, im, im != NULL);
}

/* The real root; of a negative number only an odd one. */
static struct rft_value root(struct rft_reals *r, struct rft_value a, struct rft_value index)
{
    long k;
    if (a.re == NULL || a.im != NULL || index.re == NULL || index.im != NULL || !rft_real_is_long(index.re, &k) ||
        k < 1)
        return unknown;
    if (k == 2)
        return square_root(r, a);
    if (rft_real_sign(a.re) == -1 && k % 2 == 1)
        return negate(r, real(rft_real_root(r, rft_real_negate(r, a.re), (unsigned long)k)));
    return real(rft_real_root(r, a.re, (unsigned long)k));
}

/* Whether x^exponent of a negative x is as people mean it: a square root, or the real one that is written "x^{1/3}". No
 * point has a denominator so small. */
static bool has_real_root(const struct rft_real *exponent)
{
    unsigned long k = mpz_get_ui(mpq_denref(exponent->q));
    return k == 2 || (k % 2 == 1 && k <= ODD_ROOT_MAX);
}

static struct rft_value power(struct rft_reals *r, struct rft_value a, struct rft_value b)
{
    long n;
    if (a.re == NULL || b.re == NULL)
        return unknown;
    if (b.im == NULL && rft_real_is_long(b.re, &n))
        return power_of_long(r, a, n);
    if (a.im != NULL)
        return unknown;
    if (b.im == NULL && b.re->is_exact && mpz_cmp_ui(mpq_denref(b.re->q), 1000) <= 0 &&
        mpz_fits_slong_p(mpq_numref(b.re->q)) && (rft_real_sign(a.re) == 1 || has_real_root(b.re))) {
        long k = (long)mpz_get_ui(mpq_denref(b.re->q));
        struct rft_value index = real(rft_real_ratio(r, k, 1));
        return power_of_long(r, root(r, a, index), mpz_get_si(mpq_numref(b.re->q)));
    }
    r->wants_whole = r->wants_whole || rft_real_sign(a.re) == -1;
    if (rft_real_sign(a.re) != 1)
        return unknown;
    return exponential(r, rft_value_multiply(r, b, real(rft_real_log(r, a.re))));
}

static const struct rft_real *inverse(struct rft_reals *r, const struct rft_real *a)
{
    return rft_real_divide(r, rft_real_ratio(r, 1, 1), a);
}

/* (e^x + sign e^-x) / 2 */
static const struct rft_real *hyperbolic(struct rft_reals *r, const struct rft_real *x, bool is_sine)
{
    const struct rft_real *up = rft_real_exp(r, x), *down = rft_real_exp(r, rft_real_negate(r, x));
    return rft_real_divide(r, is_sine ? rft_real_subtract(r, up, down) : rft_real_add(r, up, down),
                           rft_real_ratio(r, 2, 1));
}

static const struct rft_real *apply(struct rft_reals *r, enum rft_formula_func func, const struct rft_real *x)
{
    switch (func) {
    case RFT_FUNC_SIN: return rft_real_sin(r, x);
    case RFT_FUNC_COS: return rft_real_cos(r, x);
    case RFT_FUNC_TAN: return rft_real_divide(r, rft_real_sin(r, x), rft_real_cos(r, x));
    case RFT_FUNC_COT: return rft_real_divide(r, rft_real_cos(r, x), rft_real_sin(r, x));
    case RFT_FUNC_SEC: return inverse(r, rft_real_cos(r, x));
    case RFT_FUNC_CSC: return inverse(r, rft_real_sin(r, x));
    case RFT_FUNC_ASIN: return rft_real_asin(r, x);
    case RFT_FUNC_ACOS: return rft_real_acos(r, x);
    case RFT_FUNC_ATAN: return rft_real_atan(r, x);
    case RFT_FUNC_SINH: return hyperbolic(r, x, true);
    case RFT_FUNC_COSH: return hyperbolic(r, x, false);
    case RFT_FUNC_TANH: return rft_real_divide(r, hyperbolic(r, x, true), hyperbolic(r, x, false));
    case RFT_FUNC_LN: return rft_real_log(r, x);
    case RFT_FUNC_LOG: return rft_real_divide(r, rft_real_log(r, x), rft_real_log(r, rft_real_ratio(r, 10, 1)));
    case RFT_FUNC_EXP: return rft_real_exp(r, x);
    }
    return NULL;
}

static struct rft_value eval_function(const struct rft_formula_point *point, const struct rft_formula_node *node)
{
    struct rft_reals *r = point->reals;
    struct rft_formula_point inside = *point;
    inside.is_angle = true;
    struct rft_value x = rft_formula_eval(&inside, node->kids[0]);
    if (node->func == RFT_FUNC_EXP)
        return exponential(r, x);
    if (x.re == NULL || x.im != NULL)
        return unknown;
    if (node->n == 2) {
        struct rft_value base = rft_formula_eval(point, node->kids[1]);
        if (base.re == NULL || base.im != NULL)
            return unknown;
        return real(rft_real_divide(r, rft_real_log(r, x.re), rft_real_log(r, base.re)));
    }
    return real(apply(r, node->func, x.re));
}

/* n (n - 1) .. (n - k + 1) / k! */
static struct rft_value binomial(struct rft_reals *r, struct rft_value n, struct rft_value k)
{
    long count;
    if (n.re == NULL || k.re == NULL || n.im != NULL || k.im != NULL || !rft_real_is_long(k.re, &count) || count < 0 ||
        count > BINOMIAL_MAX) {
        r->wants_whole = r->wants_whole || (n.re != NULL && k.re != NULL);
        return unknown;
    }
    const struct rft_real *product = rft_real_ratio(r, 1, 1);
    for (long i = 0; i < count && product != NULL; i++) {
        product = rft_real_multiply(r, product, rft_real_subtract(r, n.re, rft_real_ratio(r, i, 1)));
        product = rft_real_divide(r, product, rft_real_ratio(r, i + 1, 1));
    }
    return real(product);
}

static struct rft_value absolute(struct rft_reals *r, struct rft_value a)
{
    if (a.re == NULL)
        return unknown;
    if (a.im == NULL) {
        int sign = rft_real_sign(a.re);
        return sign == 2 ? unknown : sign < 0 ? real(rft_real_negate(r, a.re)) : a;
    }
    return real(
        rft_real_root(r, rft_real_add(r, rft_real_multiply(r, a.re, a.re), rft_real_multiply(r, a.im, a.im)), 2));
}

static struct rft_value eval_binary(const struct rft_formula_point *point, const struct rft_formula_node *node)
{
    struct rft_reals *r = point->reals;
    struct rft_value a = rft_formula_eval(point, node->kids[0]);
    if (a.re == NULL)
        return unknown;
    struct rft_value b = rft_formula_eval(point, node->kids[1]);
    switch ((enum rft_formula_node_kind)node->kind) {
    case RFT_NODE_ADD: return add(r, a, b);
    case RFT_NODE_SUBTRACT: return rft_value_subtract(r, a, b);
    case RFT_NODE_PLUS_MINUS: return point->is_minus ? rft_value_subtract(r, a, b) : add(r, a, b);
    case RFT_NODE_MINUS_PLUS: return point->is_minus ? add(r, a, b) : rft_value_subtract(r, a, b);
    case RFT_NODE_MULTIPLY: return rft_value_multiply(r, a, b);
    case RFT_NODE_DIVIDE: return divide(r, a, b);
    case RFT_NODE_POWER: return power(r, a, b);
    case RFT_NODE_ROOT: return root(r, a, b);
    case RFT_NODE_BINOMIAL: return binomial(r, a, b);
    default: return unknown;
    }
}

static struct rft_value rounded(struct rft_reals *r, struct rft_value a, bool is_up)
{
    if (a.im != NULL || a.re == NULL)
        return unknown;
    const struct rft_real *x = is_up ? rft_real_negate(r, a.re) : a.re, *floor = rft_real_floor(r, x);
    return real(is_up && floor != NULL ? rft_real_negate(r, floor) : floor);
}

static struct rft_value degrees(const struct rft_formula_point *point, struct rft_value a)
{
    struct rft_reals *r = point->reals;
    if (!point->is_angle)
        return a;
    return rft_value_multiply(r, a, real(rft_real_divide(r, rft_real_pi(r), rft_real_ratio(r, 180, 1))));
}

struct rft_value rft_formula_eval(const struct rft_formula_point *point, const struct rft_formula_node *node)
{
    struct rft_reals *r = point->reals;
    switch ((enum rft_formula_node_kind)node->kind) {
    case RFT_NODE_NUMBER: return real(rft_real_decimal(r, node->text, node->repeated));
    case RFT_NODE_NAME: return real(point->names[node->symbol]);
    case RFT_NODE_PI: return real(rft_real_pi(r));
    case RFT_NODE_E: return real(rft_real_exp(r, rft_real_ratio(r, 1, 1)));
    case RFT_NODE_I: return (struct rft_value){rft_real_ratio(r, 0, 1), rft_real_ratio(r, 1, 1)};
    case RFT_NODE_NEGATE: return negate(r, rft_formula_eval(point, node->kids[0]));
    case RFT_NODE_DEGREES: return degrees(point, rft_formula_eval(point, node->kids[0]));
    case RFT_NODE_FUNC: return eval_function(point, node);
    case RFT_NODE_ABS: return absolute(r, rft_formula_eval(point, node->kids[0]));
    case RFT_NODE_FLOOR:
    case RFT_NODE_CEIL: return rounded(r, rft_formula_eval(point, node->kids[0]), node->kind == RFT_NODE_CEIL);
    case RFT_NODE_FACTORIAL: {
        struct rft_value a = rft_formula_eval(point, node->kids[0]);
        const struct rft_real *factorial = a.im == NULL ? rft_real_factorial(r, a.re) : NULL;
        r->wants_whole = r->wants_whole || (a.re != NULL && factorial == NULL);
        return real(factorial);
    }
    case RFT_NODE_ROOT:
        if (node->n == 1)
            return square_root(r, rft_formula_eval(point, node->kids[0]));
        return eval_binary(point, node);
    default: return node->n == 2 ? eval_binary(point, node) : unknown;
    }
}

int rft_value_compare(struct rft_reals *r, struct rft_value a, struct rft_value b)
{
    if (a.re == NULL || b.re == NULL)
        return 2;
    int re = rft_real_compare(r, a.re, b.re), im = 0;
    if (re == -1 || re == 1)
        return 1;
    if (a.im != NULL || b.im != NULL) {
        const struct rft_real *zero = rft_real_ratio(r, 0, 1);
        im = rft_real_compare(r, a.im != NULL ? a.im : zero, b.im != NULL ? b.im : zero);
    }
    if (im == -1 || im == 1)
        return 1;
    return re == 0 && im == 0 ? 0 : 2;
}
