/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "enough.h"
#include "selector.h"

#include <string.h>

/* What may be asked of a question that is drawn no further than it must be. */
static void test_can_stop(void **state)
{
    (void)state;
    static const struct {
        struct rft_select_options options;
        uint32_t n_enough;
        const char *key; /* that stands in the way */
    } cases[] = {
        {{.keep = 1, .max_solve_rate = 1}, 1, NULL},
        {{.keep = 1, .max_solve_rate = 1}, 3, NULL},
        {{.keep = 4, .max_solve_rate = 1}, 3, "select.keep is more"},
        {{.keep = RFT_KEEP_ALL, .max_solve_rate = 1}, 3, "select.keep = all"},
        {{.keep = 1, .distinct = RFT_DISTINCT_TEXT, .max_solve_rate = 1}, 3, "select.equals"},
        {{.keep = 1, .distinct = RFT_DISTINCT_PATHS, .equals = RFT_EQUALS_FIRST, .max_solve_rate = 1}, 3, NULL},
        {{.keep = 1, .order = RFT_ORDER_SHORTEST, .max_solve_rate = 1}, 3, "select.order"},
        {{.keep = 1, .order = RFT_ORDER_LONGEST, .max_solve_rate = 1}, 3, "select.order"},
        {{.keep = 1, .quota = RFT_QUOTA_DIFFICULTY, .max_solve_rate = 1}, 3, "select.quota"},
        {{.keep = 1, .min_solve_rate = 0.1, .max_solve_rate = 1}, 3, "select.min_solve_rate"},
        {{.keep = 1, .max_solve_rate = 0.9}, 3, "select.max_solve_rate"},
        {{.keep = 1, .dedupe = RFT_DEDUPE_ROWS, .max_solve_rate = 1}, 3, NULL},
        {{.keep = 1, .dedupe = RFT_DEDUPE_COMPLETIONS, .max_solve_rate = 1}, 3, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *why = "";
        bool can = rft_select_can_stop(&cases[i].options, cases[i].n_enough, &why);
        if (can != (cases[i].key == NULL) || (can ? why != NULL : strstr(why, cases[i].key) != why))
            fail_msg("case %zu: %d, %s", i, can, why != NULL ? why : "no reason");
    }
}

/* The bound by its definition, of samples of which some are known: a letter is an accepted text, '.' is not accepted.
 */
static uint32_t bound_of(const char *samples, uint32_t known, enum rft_distinct distinct, uint32_t n_enough)
{
    bool seen[256] = {false};
    uint32_t n = 0;
    for (uint32_t i = 0; samples[i] != '\0'; i++) {
        unsigned char c = (unsigned char)samples[i];
        if (!(known >> i & 1) || c == '.' || (distinct != RFT_DISTINCT_NO && seen[c]))
            continue;
        seen[c] = true;
        if (++n == n_enough)
            return i;
    }
    return UINT32_MAX;
}

/* In whatever order samples are known, the bound is what its definition says, and only falls. */
static void check_bounds(const char *samples, enum rft_distinct distinct, uint32_t n_enough)
{
    uint32_t n = (uint32_t)strlen(samples), random = 1;
    struct rft_enough enough;
    for (uint32_t round = 0; round < 200; round++) {
        uint32_t known = 0, before = UINT32_MAX;
        assert_int_equal(rft_enough_init(&enough, distinct, n_enough), RFT_OK);
        while (known != (1u << n) - 1) {
            random = random * 1664525 + 1013904223;
            uint32_t i = (random >> 16) % n;
            if (known >> i & 1)
                continue;
            known |= 1u << i;
            if (samples[i] != '.')
                assert_int_equal(rft_enough_add(&enough, i, (struct rft_bytes){samples + i, 1}), RFT_OK);
            uint32_t bound = rft_enough_bound(&enough);
            assert_int_equal(bound, bound_of(samples, known, distinct, n_enough));
            assert_true(bound <= before);
            before = bound;
        }
        rft_enough_finish(&enough);
    }
}

static void test_bounds(void **state)
{
    (void)state;
    static const char *const all[] = {"a",        ".",          "aaaa",   "abab",    ".a.b.c",
                                      "aabbccdd", "a..bab.cba", "......", "dcbaabcd"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (uint32_t n_enough = 1; n_enough <= 4; n_enough++)
            for (int distinct = RFT_DISTINCT_NO; distinct <= RFT_DISTINCT_PATHS; distinct++)
                check_bounds(all[i], (enum rft_distinct)distinct, n_enough);
}

/* The rows of a question's first n samples: a bit for each. */
static uint32_t rows_of(const struct rft_select_options *options, const char *samples, uint32_t n)
{
    uint64_t n_left_out[RFT_LEFT_OUT_COUNT] = {0};
    struct rft_selector *selector;
    const uint32_t *kept;
    uint32_t n_kept, rows = 0;
    assert_int_equal(rft_selector_create(options, n_left_out, &selector), RFT_OK);
    for (uint32_t i = 0; i < n; i++) {
        const struct rft_judged_text judged = {
            .text = {samples + i, 1}, .is_right = samples[i] != '.', .is_wrong = samples[i] == '.'};
        assert_int_equal(rft_selector_add(selector, &judged), RFT_OK);
    }
    assert_int_equal(rft_selector_choose(selector, rft_bytes_z("q"), &kept, &n_kept), RFT_OK);
    for (uint32_t i = 0; i < n_kept; i++)
        rows |= 1u << kept[i];
    rft_selector_destroy(selector);
    return rows;
}

/* Where a question may be stopped, what stands behind the bound changes no row; where it may not, it can. */
static void check_stop(const struct rft_select_options *options, uint32_t n_enough, bool *has_changed)
{
    const char *why;
    uint32_t random = 1;
    bool can_stop = rft_select_can_stop(options, n_enough, &why);
    for (int round = 0; round < 100; round++) {
        char samples[13] = "";
        struct rft_enough enough;
        assert_int_equal(rft_enough_init(&enough, options->distinct, n_enough), RFT_OK);
        for (uint32_t i = 0; i < 12; i++) {
            random = random * 1664525 + 1013904223;
            samples[i] = ".abcd."[(random >> 16) % 6];
            if (samples[i] != '.')
                assert_int_equal(rft_enough_add(&enough, i, (struct rft_bytes){samples + i, 1}), RFT_OK);
        }
        uint32_t bound = rft_enough_bound(&enough), n = bound < 12 ? bound + 1 : 12;
        bool is_same = rows_of(options, samples, n) == rows_of(options, samples, 12);
        if (can_stop && !is_same)
            fail_msg("%s: rows change behind %u", samples, bound);
        *has_changed = *has_changed || !is_same;
        rft_enough_finish(&enough);
    }
}

static void test_rows_stay(void **state)
{
    (void)state;
    static const uint32_t keeps[] = {1, 2, 3, RFT_KEEP_ALL};
    bool has_changed = false;
    for (unsigned i = 0; i < 4 * 3 * 2 * 2 * 3; i++) {
        const struct rft_select_options options = {.keep = keeps[i % 4],
                                                   .distinct = (enum rft_distinct)(i / 4 % 3),
                                                   .equals = (enum rft_equals)(i / 12 % 2),
                                                   .quota = (enum rft_quota)(i / 24 % 2),
                                                   .max_solve_rate = 1,
                                                   .dedupe = (enum rft_dedupe)(i / 48)};
        if (options.keep != RFT_KEEP_ALL || options.quota == RFT_QUOTA_UNIFORM)
            check_stop(&options, 2, &has_changed);
    }
    assert_true(has_changed); /* the test can fail */
}

static enum rft_status add_two(void *user)
{
    struct rft_enough enough;
    (void)user;
    enum rft_status status = rft_enough_init(&enough, RFT_DISTINCT_PATHS, 2);
    if (status == RFT_OK)
        status = rft_enough_add(&enough, 3, rft_bytes_z("1 + 1 = 2"));
    if (status == RFT_OK)
        status = rft_enough_add(&enough, 1, rft_bytes_z("two"));
    rft_enough_finish(&enough);
    return status;
}

static void test_faults(void **state)
{
    (void)state;
    assert_true(rft_test_alloc_faults(add_two, NULL) > 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_can_stop),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_rows_stay),
        cmocka_unit_test(test_faults),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
