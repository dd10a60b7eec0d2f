/* SPDX-License-Identifier: MIT */
/* Real numbers: exact rationals (GMP) as long as they are short, else intervals whose bounds are rounded outwards
 * (MPFR). Both are correctly rounded, so results are the same on every machine. Functions return NULL where a result is
 * not known: outside a domain, too large, memory short, budget spent; and where an argument is NULL. */
#ifndef RFT_FORMULA_REAL_H
#define RFT_FORMULA_REAL_H

#include "formula_memory.h"
#include "str.h"

#include <gmp.h>
#include <mpfr.h>
#include <stdbool.h>
#include <stdint.h>

#define RFT_REAL_BITS 256        /* of an interval's bounds */
#define RFT_REAL_EXACT_BITS 8192 /* a longer rational becomes an interval */

struct rft_real {
    bool is_exact;
    mpq_t q;       /* exact */
    mpfr_t lo, hi; /* else */
    struct rft_real *next;
};

struct rft_reals {
    struct rft_formula_memory *memory;
    mpfr_prec_t bits;       /* of an interval's bounds: RFT_REAL_BITS, or more */
    uint32_t budget;        /* operations left */
    bool wants_whole;       /* set where a value is missing only because a number is not whole */
    struct rft_real *used;  /* newest first */
    struct rft_real *spare; /* cleared */
};

/* Gives back all numbers but `kept` and older ones; NULL gives back all. */
void rft_reals_release(struct rft_reals *reals, const struct rft_real *kept);

/* Takes n operations off the budget: what something costs beyond its result. False: it is spent. */
bool rft_reals_spend(struct rft_reals *reals, size_t n);

struct rft_real *rft_real_ratio(struct rft_reals *reals, long numerator, unsigned long denominator);
/* "12.5", "1e-3"; `repeated`: digits that repeat for ever behind the last. */
struct rft_real *rft_real_decimal(struct rft_reals *reals, struct rft_bytes text, struct rft_bytes repeated);
struct rft_real *rft_real_pi(struct rft_reals *reals);

struct rft_real *rft_real_add(struct rft_reals *reals, const struct rft_real *a, const struct rft_real *b);
struct rft_real *rft_real_subtract(struct rft_reals *reals, const struct rft_real *a, const struct rft_real *b);
struct rft_real *rft_real_multiply(struct rft_reals *reals, const struct rft_real *a, const struct rft_real *b);
struct rft_real *rft_real_divide(struct rft_reals *reals, const struct rft_real *a, const struct rft_real *b);
struct rft_real *rft_real_negate(struct rft_reals *reals, const struct rft_real *a);
struct rft_real *rft_real_root(struct rft_reals *reals, const struct rft_real *a, unsigned long k); /* of a >= 0 */
struct rft_real *rft_real_exp(struct rft_reals *reals, const struct rft_real *a);
struct rft_real *rft_real_log(struct rft_reals *reals, const struct rft_real *a);
struct rft_real *rft_real_sin(struct rft_reals *reals, const struct rft_real *a);
struct rft_real *rft_real_cos(struct rft_reals *reals, const struct rft_real *a);
struct rft_real *rft_real_asin(struct rft_reals *reals, const struct rft_real *a);
struct rft_real *rft_real_acos(struct rft_reals *reals, const struct rft_real *a);
struct rft_real *rft_real_atan(struct rft_reals *reals, const struct rft_real *a);
struct rft_real *rft_real_floor(struct rft_reals *reals, const struct rft_real *a);
struct rft_real *rft_real_factorial(struct rft_reals *reals, const struct rft_real *a);

/* -1, 0 or 1; 2 if an interval does not say. */
int rft_real_sign(const struct rft_real *a);
/* Whether it is exact and an integer of type long. */
bool rft_real_is_long(const struct rft_real *a, long *value);
/* 0: both are exact and equal, or narrow intervals that overlap. -1 or 1: which is less for sure. 2: unknown. */
int rft_real_compare(struct rft_reals *reals, const struct rft_real *a, const struct rft_real *b);

#endif
