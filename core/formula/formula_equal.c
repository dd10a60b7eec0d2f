/* SPDX-License-Identifier: MIT */
#include "formula_equal.h"

#define POINTS_TRIED 16
#define POINTS_NEEDED 3 /* with a value on both sides */
#define POINTS_ENOUGH 8

static uint32_t mix(uint32_t x)
{
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    return x ^ x >> 16;
}

/* Fractions that nobody has in mind: between 0 and 1, beyond 1, negative ones; whole numbers at the end, for what has a
 * value nowhere else. */
static struct rft_real *coordinate(struct rft_reals *reals, uint32_t symbol, uint32_t k)
{
    uint32_t h = mix(symbol * 97 + k * 8191 + 12345);
    unsigned long denominator = 1009 + (h & 1023);
    long small = 1 + (long)((h >> 10) % 1000), large = 1 + (long)((h >> 10) % 40000);
    if (k >= POINTS_TRIED - 4)
        return rft_real_ratio(reals, 2 + (long)((h >> 8) % 19), 1);
    switch (k % 3) {
    case 0: return rft_real_ratio(reals, small, denominator);
    case 1: return rft_real_ratio(reals, (long)denominator + large, denominator);
    default: return rft_real_ratio(reals, -large, denominator);
    }
}

static bool place(struct rft_reals *reals, uint32_t n_symbols, uint32_t k, struct rft_real **names)
{
    for (uint32_t i = 0; i < n_symbols; i++)
        if ((names[i] = coordinate(reals, i, k)) == NULL)
            return false;
    return true;
}

static struct rft_value value_of(struct rft_reals *reals, struct rft_real *const *names, struct rft_formula_term term)
{
    struct rft_formula_point point = {.reals = reals, .names = names, .is_minus = term.is_minus};
    return rft_formula_eval(&point, term.node);
}

enum rft_formula_verdict rft_formula_equal(struct rft_reals *reals, uint32_t n_symbols, struct rft_formula_term a,
                                           struct rft_formula_term b)
{
    struct rft_real *names[RFT_FORMULA_SYMBOLS_MAX];
    bool is_constant = !a.node->has_letter && !b.node->has_letter;
    uint32_t n_needed = is_constant ? 1 : POINTS_NEEDED, n_enough = is_constant ? 1 : POINTS_ENOUGH, n_equal = 0;
    int order = 0;
    for (uint32_t k = 0; order != 1 && n_equal < n_enough && k < (is_constant ? 1 : POINTS_TRIED); k++) {
        order = 2;
        if (place(reals, n_symbols, k, names))
            order = rft_value_compare(reals, value_of(reals, names, a), value_of(reals, names, b));
        n_equal += order == 0;
        rft_reals_release(reals, NULL);
    }
    if (order == 1)
        return RFT_FORMULA_DIFFERENT;
    return n_equal >= n_needed ? RFT_FORMULA_SAME : RFT_FORMULA_UNDECIDED;
}

static struct rft_value difference(struct rft_reals *reals, struct rft_real *const *names,
                                   const struct rft_formula_term sides[2])
{
    return rft_value_subtract(reals, value_of(reals, names, sides[0]), value_of(reals, names, sides[1]));
}

static bool is_not_zero(struct rft_reals *reals, struct rft_value a)
{
    return rft_value_compare(reals, a, (struct rft_value){rft_real_ratio(reals, 0, 1), NULL}) == 1;
}

/* The first point where both differences are known and not 0; its number, or POINTS_TRIED. */
static uint32_t find_start(struct rft_reals *reals, uint32_t n_symbols, const struct rft_formula_term a[2],
                           const struct rft_formula_term b[2], struct rft_value start[2])
{
    struct rft_real *names[RFT_FORMULA_SYMBOLS_MAX];
    for (uint32_t k = 0; k < POINTS_TRIED; k++) {
        if (place(reals, n_symbols, k, names)) {
            start[0] = difference(reals, names, a);
            start[1] = difference(reals, names, b);
            if (is_not_zero(reals, start[0]) && is_not_zero(reals, start[1]))
                return k;
        }
        rft_reals_release(reals, NULL);
    }
    return POINTS_TRIED;
}

enum rft_formula_verdict rft_formula_proportional(struct rft_reals *reals, uint32_t n_symbols,
                                                  const struct rft_formula_term a[2],
                                                  const struct rft_formula_term b[2], bool is_ordered)
{
    struct rft_real *names[RFT_FORMULA_SYMBOLS_MAX];
    struct rft_value start[2];
    uint32_t k = find_start(reals, n_symbols, a, b, start), n_equal = 0;
    const struct rft_real *kept = reals->used;
    int order = 0;
    bool is_reversed =
        k < POINTS_TRIED && is_ordered &&
        (start[0].im != NULL || start[1].im != NULL || rft_real_sign(start[0].re) != rft_real_sign(start[1].re));
    while (order != 1 && !is_reversed && n_equal < POINTS_ENOUGH && ++k < POINTS_TRIED) {
        order = 2;
        if (place(reals, n_symbols, k, names)) {
            struct rft_value at = rft_value_multiply(reals, difference(reals, names, a), start[1]);
            order = rft_value_compare(reals, at, rft_value_multiply(reals, difference(reals, names, b), start[0]));
        }
        n_equal += order == 0;
        rft_reals_release(reals, kept);
    }
    rft_reals_release(reals, NULL);
    if (order == 1 || is_reversed)
        return RFT_FORMULA_DIFFERENT;
    return n_equal >= POINTS_NEEDED ? RFT_FORMULA_SAME : RFT_FORMULA_UNDECIDED;
}
