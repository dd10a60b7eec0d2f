/* SPDX-License-Identifier: MIT */
/* Tables of answers and what their comparison must say. */
#ifndef RFT_FORMULA_PAIRS_H
#define RFT_FORMULA_PAIRS_H

#include <stddef.h>

/* What a pair must be; REJECTED: anything but the same. The first three are the verdicts of formula.h. */
enum expected { SAME, DIFFERENT, UNDECIDED, REJECTED };

struct pair {
    enum expected expected;
    const char *a, *b;
};

/* Both ways round; and each text is the same as itself. */
void rft_test_check_pairs(const struct pair *pairs, size_t n);
#define CHECK_PAIRS(pairs) rft_test_check_pairs(pairs, sizeof(pairs) / sizeof *(pairs))

#endif
