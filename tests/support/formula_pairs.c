/* SPDX-License-Identifier: MIT */
#include "formula_pairs.h"

#include "formula.h"
#include "support.h"

static enum rft_formula_verdict compare(const char *a, const char *b)
{
    enum rft_formula_verdict verdict;
    assert_int_equal(rft_formula_compare(rft_bytes_z(a), rft_bytes_z(b), &verdict), RFT_OK);
    return verdict;
}

void rft_test_check_pairs(const struct pair *pairs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        enum rft_formula_verdict verdict = compare(pairs[i].a, pairs[i].b);
        bool holds =
            pairs[i].expected == REJECTED ? verdict != RFT_FORMULA_SAME : (int)verdict == (int)pairs[i].expected;
        if (!holds || compare(pairs[i].b, pairs[i].a) != verdict)
            fail_msg("\"%s\" and \"%s\": %s", pairs[i].a, pairs[i].b, rft_formula_verdict_text(verdict));
        assert_int_equal(compare(pairs[i].a, pairs[i].a), RFT_FORMULA_SAME);
    }
}
