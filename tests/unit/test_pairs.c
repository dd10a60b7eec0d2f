/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "pairs.h"

#include <stdio.h>
#include <string.h>

/* Samples in their order: a capital is a right text, a small letter a wrong one; the letter and its count are the text,
 * so that "AAA" is a right one of three bytes. */
static void add_all(struct rft_pairs *pairs, const char *samples)
{
    for (int pass = 0; pass < 2; pass++) {
        uint32_t index = 0;
        for (const char *at = samples; *at != '\0'; index++) {
            size_t n = strcspn(at, " ");
            const struct rft_pair_text text = rft_pair_text_of(index, (struct rft_bytes){at, n});
            bool is_right = at[0] >= 'A' && at[0] <= 'Z';
            if (is_right && pass == 0)
                assert_int_equal(rft_pairs_add_chosen(pairs, text), RFT_OK);
            else if (!is_right && pass == 1)
                assert_int_equal(rft_pairs_add_rejected(pairs, text), RFT_OK);
            at += n;
            at += *at == ' ';
        }
    }
}

static void test_choice(void **state)
{
    (void)state;
    static const struct {
        const char *samples;
        enum rft_pair_by by;
        uint32_t n_max;
        const char *pairs; /* "chosen-rejected" */
    } cases[] = {
        /* nothing to pair */
        {"", RFT_PAIR_FIRST, 1, ""},
        {"A BB", RFT_PAIR_FIRST, RFT_PAIRS_ALL, ""},
        {"a bb", RFT_PAIR_NEAREST, RFT_PAIRS_ALL, ""},
        /* one pair: the first of each, the nearest, the farthest; of two that are as far the first */
        {"bbb A b cc", RFT_PAIR_FIRST, 1, "1-0"},
        {"bbb AA b cc", RFT_PAIR_NEAREST, 1, "1-3"},
        {"bbb AA b c", RFT_PAIR_NEAREST, 1, "1-0"},
        {"b AA bbb c", RFT_PAIR_NEAREST, 1, "1-0"},
        {"bb AAA cccccc b", RFT_PAIR_FARTHEST, 1, "1-2"},
        {"bbbb AAA cc d", RFT_PAIR_FARTHEST, 1, "1-3"},
        {"bbbb AAA cc", RFT_PAIR_FARTHEST, 1, "1-0"},
        /* right ones take turns, and every text is used once before one is used twice */
        {"A BB c dd", RFT_PAIR_FIRST, 2, "0-2 1-3"},
        {"A BB c dd", RFT_PAIR_FIRST, 3, "0-2 1-3 0-3"},
        {"A BB c dd", RFT_PAIR_FIRST, RFT_PAIRS_ALL, "0-2 1-3 0-3 1-2"},
        {"A BB CCC d", RFT_PAIR_FIRST, RFT_PAIRS_ALL, "0-3 1-3 2-3"},
        {"A b cc ddd", RFT_PAIR_FIRST, 2, "0-1 0-2"},
        {"A b cc ddd", RFT_PAIR_FARTHEST, RFT_PAIRS_ALL, "0-3 0-2 0-1"},
        {"A BB c dd eee", RFT_PAIR_FIRST, RFT_PAIRS_ALL, "0-2 1-3 0-4 1-2 0-3 1-4"},
        {"A BB CCC d ee", RFT_PAIR_FIRST, RFT_PAIRS_ALL, "0-3 1-4 2-3 0-4 1-3 2-4"},
        /* the nearest to the first is not there for the second any more */
        {"AA BB c dd", RFT_PAIR_NEAREST, 2, "0-3 1-2"},
        {"AA BB c dd", RFT_PAIR_NEAREST, RFT_PAIRS_ALL, "0-3 1-2 0-2 1-3"},
        /* equal texts are one */
        {"A A c c dd", RFT_PAIR_FIRST, RFT_PAIRS_ALL, "0-2 0-4"},
        {"c A c A", RFT_PAIR_FIRST, RFT_PAIRS_ALL, "1-0"},
    };
    struct rft_pairs pairs = {0}; /* one for all: nothing of an earlier question stays */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_str text = {0};
        rft_pairs_clear(&pairs);
        add_all(&pairs, cases[i].samples);
        assert_int_equal(rft_pairs_make(&pairs, cases[i].by, cases[i].n_max), RFT_OK);
        assert_int_equal(rft_str_append_z(&text, ""), RFT_OK);
        for (size_t k = 0; k < pairs.n; k++)
            assert_int_equal(
                rft_str_printf(&text, "%s%u-%u", k != 0 ? " " : "", pairs.pairs[k].chosen, pairs.pairs[k].rejected),
                RFT_OK);
        if (strcmp(text.data, cases[i].pairs) != 0)
            fail_msg("case %zu, %s: %s and not %s", i, cases[i].samples, text.data, cases[i].pairs);
        rft_str_finish(&text);
    }
    rft_pairs_finish(&pairs);
}

/* A text that a judge called right once and wrong once stands on one side only. */
static void test_never_against_itself(void **state)
{
    (void)state;
    struct rft_pairs pairs = {0};
    const struct rft_bytes text = {"one", 3}, other = {"two", 3};
    assert_int_equal(rft_pairs_add_chosen(&pairs, rft_pair_text_of(0, text)), RFT_OK);
    assert_int_equal(rft_pairs_add_rejected(&pairs, rft_pair_text_of(1, text)), RFT_OK);
    assert_int_equal(rft_pairs_make(&pairs, RFT_PAIR_FIRST, RFT_PAIRS_ALL), RFT_OK);
    assert_int_equal(pairs.n, 0);
    assert_int_equal(rft_pairs_add_rejected(&pairs, rft_pair_text_of(2, other)), RFT_OK);
    assert_int_equal(rft_pairs_make(&pairs, RFT_PAIR_FIRST, RFT_PAIRS_ALL), RFT_OK);
    assert_int_equal(pairs.n, 1);
    assert_int_equal(pairs.pairs[0].rejected, 2);
    rft_pairs_finish(&pairs);
}

/* Many texts: no pair twice, uses differ by one at most as long as that is possible, and N pairs are the first N. */
static void test_many(void **state)
{
    (void)state;
    enum { N_CHOSEN = 7, N_REJECTED = 11 };
    struct rft_pairs all = {0}, some = {0};
    for (enum rft_pair_by by = RFT_PAIR_FIRST; by <= RFT_PAIR_FARTHEST; by++) {
        bool seen[N_CHOSEN + N_REJECTED][N_CHOSEN + N_REJECTED] = {{false}};
        rft_pairs_clear(&all);
        rft_pairs_clear(&some);
        for (uint32_t i = 0; i < N_CHOSEN + N_REJECTED; i++) {
            char text[64];
            int n = snprintf(text, sizeof text, "%u%.*s", i, (int)(i * 5 % 13), "xxxxxxxxxxxxx");
            const struct rft_pair_text t = rft_pair_text_of(i, (struct rft_bytes){text, (size_t)n});
            assert_int_equal(i < N_CHOSEN ? rft_pairs_add_chosen(&all, t) : rft_pairs_add_rejected(&all, t), RFT_OK);
            assert_int_equal(i < N_CHOSEN ? rft_pairs_add_chosen(&some, t) : rft_pairs_add_rejected(&some, t), RFT_OK);
        }
        assert_int_equal(rft_pairs_make(&all, by, RFT_PAIRS_ALL), RFT_OK);
        assert_int_equal(all.n, N_CHOSEN * N_REJECTED);
        for (size_t k = 0; k < all.n; k++) {
            assert_false(seen[all.pairs[k].chosen][all.pairs[k].rejected]);
            seen[all.pairs[k].chosen][all.pairs[k].rejected] = true;
            for (size_t before = 0; before < k && k < N_REJECTED; before++)
                assert_int_not_equal(all.pairs[before].rejected, all.pairs[k].rejected);
        }
        for (uint32_t n = 1; n <= all.n; n += 9) {
            assert_int_equal(rft_pairs_make(&some, by, n), RFT_OK);
            assert_int_equal(some.n, n);
            assert_memory_equal(some.pairs, all.pairs, n * sizeof *some.pairs);
        }
    }
    rft_pairs_finish(&all);
    rft_pairs_finish(&some);
}

static enum rft_status make_some(void *user)
{
    (void)user;
    struct rft_pairs pairs = {0};
    enum rft_status status = RFT_OK;
    for (uint32_t i = 0; i < 40 && status == RFT_OK; i++) {
        const struct rft_pair_text text = {.index = i, .n_bytes = i, .hash = i};
        status = i % 2 != 0 ? rft_pairs_add_chosen(&pairs, text) : rft_pairs_add_rejected(&pairs, text);
    }
    if (status == RFT_OK)
        status = rft_pairs_make(&pairs, RFT_PAIR_NEAREST, RFT_PAIRS_ALL);
    rft_pairs_finish(&pairs);
    return status;
}

static void test_alloc_faults(void **state)
{
    (void)state;
    assert_true(rft_test_alloc_faults(make_some, NULL) > 4);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_never_against_itself),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_alloc_faults),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
