/* SPDX-License-Identifier: MIT */
#include "formula_equal.h"

#define POINTS_MIXED 12   /* fractions, each way of the letters' signs among them */
#define POINTS_BETWEEN 16 /* and then positive ones, for what has a value there alone */
#define POINTS_TRIED 24   /* and then whole numbers, for what has a value nowhere else */
#define POINTS_NEEDED 3   /* with a value on both sides */
#define POINTS_ENOUGH 8
#define BITS_AGAIN 1024 /* constants that are equal to RFT_REAL_BITS are looked at again */

static uint32_t mix(uint32_t x)
{
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    return x ^ x >> 16;
}

/* Bit by bit of k another half of the letters is negative, so that any two of them have each pair of signs. */
static bool is_negative(uint32_t symbol, uint32_t k)
{
    uint32_t bits = (symbol < 7 ? symbol + 1 : mix(symbol)) & k;
    bits ^= bits >> 2;
    return k < POINTS_MIXED && ((bits ^ bits >> 1) & 1) != 0;
}

/* Fractions that nobody has in mind: within 1 and beyond it, of both signs; whole numbers at the end. */
static struct rft_real *coordinate(struct rft_reals *reals, uint32_t symbol, uint32_t k)
{
    uint32_t h = mix(symbol * 97 + k * 8191 + 12345);
    unsigned long denominator = 1009 + (h & 1023);
    long small = 1 + (long)((h >> 10) % 1000), large = (long)denominator + 1 + (long)((h >> 10) % 40000);
    if (k >= POINTS_BETWEEN)
        return rft_real_ratio(reals, 2 + (long)(((h >> 8) + k) % 19), 1);
    bool is_small = ((k >> 1 ^ (symbol != 0 ? h >> 31 : 0)) & 1) == 0;
    long numerator = is_small ? small : large;
    return rft_real_ratio(reals, is_negative(symbol, k) ? -numerator : numerator, denominator);
}

static bool place(struct rft_reals *reals, uint32_t n_symbols, uint32_t k, struct rft_real **names)
{
    reals->wants_whole = false;
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

/* What all points say together. */
struct tally {
    bool is_real; /* letters stand for real numbers, and i is not about: other values are none */
    bool has_rounding;
    uint32_t n_equal;
    bool is_different;
    bool differs_between; /* whole numbers, where something is rounded: letters may stand for whole numbers alone */
    bool is_partial;      /* one side has a value where the other has none */
};

static void look_at(struct tally *tally, const struct rft_formula_node *node)
{
    tally->is_real = tally->is_real && !node->has_imaginary;
    tally->has_rounding = tally->has_rounding || node->has_rounding;
}

static bool is_known(const struct tally *tally, struct rft_value a)
{
    return a.re != NULL && (a.im == NULL || !tally->is_real);
}

static void count(struct tally *tally, struct rft_reals *reals, uint32_t k, struct rft_value a, struct rft_value b)
{
    bool is_known_a = is_known(tally, a), is_known_b = is_known(tally, b);
    if (reals->budget == 0 || (!is_known_a && !is_known_b))
        return;
    if (is_known_a != is_known_b) {
        tally->is_partial = tally->is_partial || (k < POINTS_BETWEEN && !reals->wants_whole);
        return;
    }
    int order = rft_value_compare(reals, a, b);
    bool is_between = tally->has_rounding && k < POINTS_BETWEEN;
    tally->n_equal += order == 0;
    tally->differs_between = tally->differs_between || (order == 1 && is_between);
    tally->is_different = tally->is_different || (order == 1 && !is_between);
}

static bool is_settled(const struct tally *tally)
{
    return tally->is_different || (tally->n_equal >= POINTS_ENOUGH && !tally->has_rounding);
}

static enum rft_formula_verdict verdict_of(const struct tally *tally, uint32_t n_needed)
{
    if (tally->is_different)
        return RFT_FORMULA_DIFFERENT;
    bool is_sure = tally->n_equal >= n_needed && !tally->differs_between && !tally->is_partial;
    return is_sure ? RFT_FORMULA_SAME : RFT_FORMULA_UNDECIDED;
}

static enum rft_formula_verdict compare_constants(struct rft_reals *reals, struct rft_formula_term a,
                                                  struct rft_formula_term b)
{
    struct tally tally = {0};
    struct rft_value x = value_of(reals, NULL, a), y = value_of(reals, NULL, b);
    bool is_exact = x.re != NULL && y.re != NULL && x.re->is_exact && y.re->is_exact;
    count(&tally, reals, POINTS_BETWEEN, x, y);
    rft_reals_release(reals, NULL);
    if (tally.n_equal != 0 && !is_exact) {
        reals->bits = BITS_AGAIN;
        tally.n_equal = 0;
        count(&tally, reals, POINTS_BETWEEN, value_of(reals, NULL, a), value_of(reals, NULL, b));
        rft_reals_release(reals, NULL);
        reals->bits = RFT_REAL_BITS;
    }
    return verdict_of(&tally, 1);
}

enum rft_formula_verdict rft_formula_equal(struct rft_reals *reals, uint32_t n_symbols, struct rft_formula_term a,
                                           struct rft_formula_term b)
{
    struct rft_real *names[RFT_FORMULA_SYMBOLS_MAX];
    struct tally tally = {.is_real = true};
    if (!a.node->has_letter && !b.node->has_letter)
        return compare_constants(reals, a, b);
    look_at(&tally, a.node);
    look_at(&tally, b.node);
    for (uint32_t k = 0; k < POINTS_TRIED && !is_settled(&tally); k++) {
        if (place(reals, n_symbols, k, names))
            count(&tally, reals, k, value_of(reals, names, a), value_of(reals, names, b));
        rft_reals_release(reals, NULL);
    }
    return verdict_of(&tally, POINTS_NEEDED);
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
                           const struct rft_formula_term b[2], struct tally *tally, struct rft_value start[2])
{
    struct rft_real *names[RFT_FORMULA_SYMBOLS_MAX];
    for (uint32_t k = 0; k < POINTS_TRIED; k++) {
        if (place(reals, n_symbols, k, names)) {
            start[0] = difference(reals, names, a);
            start[1] = difference(reals, names, b);
            bool are_known = is_known(tally, start[0]) && is_known(tally, start[1]);
            if (are_known && is_not_zero(reals, start[0]) && is_not_zero(reals, start[1]))
                return k;
            if (!are_known) /* never the same, perhaps known on one side alone */
                count(tally, reals, k, start[0], start[1]);
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
    struct tally tally = {.is_real = true};
    for (int i = 0; i < 2; i++) {
        look_at(&tally, a[i].node);
        look_at(&tally, b[i].node);
    }
    uint32_t k = find_start(reals, n_symbols, a, b, &tally, start);
    const struct rft_real *kept = reals->used;
    tally.is_different =
        k < POINTS_TRIED && is_ordered &&
        (start[0].im != NULL || start[1].im != NULL || rft_real_sign(start[0].re) != rft_real_sign(start[1].re));
    while (++k < POINTS_TRIED && !is_settled(&tally)) {
        if (place(reals, n_symbols, k, names)) {
            struct rft_value x = difference(reals, names, a), y = difference(reals, names, b);
            bool are_known = is_known(&tally, x) && is_known(&tally, y);
            count(&tally, reals, k, are_known ? rft_value_multiply(reals, x, start[1]) : x,
                  are_known ? rft_value_multiply(reals, y, start[0]) : y);
        }
        rft_reals_release(reals, kept);
    }
    rft_reals_release(reals, NULL);
    return verdict_of(&tally, POINTS_NEEDED);
}
