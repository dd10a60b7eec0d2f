/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "alloc.h"
#include "selector.h"

#include <stdio.h>
#include <string.h>

#define N_MAX 12

/* Samples of one question: '+' before a right one, '-' a wrong one, '?' an undecided one. */
struct question {
    const char *text;
    const char *samples[N_MAX + 1]; /* ends with NULL */
};

/* Adds the question's samples, and prints those that become rows: "0 2 5". */
static enum rft_status select_one(struct rft_selector *selector, const struct question *question, char *kept_text,
                                  size_t size)
{
    const uint32_t *kept;
    uint32_t n_kept;
    for (size_t i = 0; question->samples[i] != NULL; i++) {
        const char *sample = question->samples[i];
        char copy[64]; /* goes after the call */
        snprintf(copy, sizeof copy, "%s", sample + 1);
        RFT_TRY(rft_selector_add(selector, &(struct rft_judged_text){.text = rft_bytes_z(copy),
                                                                     .is_right = *sample == '+',
                                                                     .is_wrong = *sample == '-'}));
    }
    RFT_TRY(rft_selector_choose(selector, rft_bytes_z(question->text), &kept, &n_kept));
    *kept_text = '\0';
    for (uint32_t i = 0; i < n_kept; i++)
        snprintf(kept_text + strlen(kept_text), size - strlen(kept_text), "%s%u", i != 0 ? " " : "", kept[i]);
    return RFT_OK;
}

struct selection {
    const char *what;
    struct rft_select_options options;
    struct question questions[3];
    const char *kept[3];
    uint64_t n_left_out[RFT_LEFT_OUT_COUNT]; /* solve_rate, equal, keep, duplicate */
};

#define KEEP(n) .keep = (n), .max_solve_rate = 1
#define TEXT .distinct = RFT_DISTINCT_TEXT
#define PATHS .distinct = RFT_DISTINCT_PATHS
#define FIRST .equals = RFT_EQUALS_FIRST
#define DIFFICULTY .quota = RFT_QUOTA_DIFFICULTY

static const struct selection selections[] = {
    {"first", {KEEP(1)}, {{"q", {"-a", "+b", "+c"}}, {"q", {"-a"}}, {"q", {NULL}}}, {"1", "", ""}, {0, 0, 1, 0}},
    {"N", {KEEP(2)}, {{"q", {"+a", "?b", "+a", "+a"}}, {"q", {"+a"}}}, {"0 2", "0"}, {0, 0, 1, 0}},
    {"all", {KEEP(RFT_KEEP_ALL)}, {{"q", {"+a", "-b", "+a", "+a"}}}, {"0 2 3"}, {0}},

    {"distinct texts", {KEEP(2), TEXT, FIRST}, {{"q", {"+a b", "+ a  b", "-c", "+c", "+d"}}}, {"0 3"}, {0, 1, 1, 0}},
    {"distinct paths",
     {KEEP(RFT_KEEP_ALL), PATHS, FIRST},
     {{"q", {"+1 + 1 = 2", "+So 1+1=2", "+1+1=2, 2+2=4", "+two", "+ two", "+Two"}}, {"q", {"+So 1+1=2", "+1 + 1 = 2"}}},
     {"0 2 3 5", "0"},
     {0, 3, 0, 0}},
    /* of the first group the first; of the others whoever is far from all that were taken */
    {"farthest of two",
     {KEEP(2), PATHS},
     {{"q", {"+1+1=2", "+And 1+1=2", "+2+2=4", "+And so 2+2=4", "+no 2+2=4"}}},
     {"0 3"},
     {0, 3, 0, 0}},
    {"farthest from the nearest",
     {KEEP(3), PATHS},
     {{"q", {"+aaaaaa 1=1", "+bbbbbb 2=2", "+bbbbbb 3=3", "+abcabc 3=3", "+aaaaaa 3=3"}}},
     {"0 1 3"},
     {0, 2, 0, 0}},
    {"equally far", {KEEP(2), PATHS}, {{"q", {"+1=1", "+b 2=2", "+c 2=2", "+d 2=2"}}}, {"0 1"}, {0, 2, 0, 0}},

    {"shortest",
     {KEEP(2), .order = RFT_ORDER_SHORTEST},
     {{"q", {"+aaa", "+bb", "-c", "+dd", "+eeee"}}, {"q", {"+aa", "+bb", "+c"}}},
     {"1 3", "0 2"},
     {0, 0, 3, 0}},
    {"longest",
     {KEEP(2), .order = RFT_ORDER_LONGEST},
     {{"q", {"+aaa", "+bb", "-c", "+dddd", "+eee"}}, {"q", {"+aa", "+bb", "+c"}}},
     {"0 3", "0 1"},
     {0, 0, 3, 0}},
    {"bytes as they are written", /* U+FFFD has three */
     {KEEP(1), .order = RFT_ORDER_SHORTEST},
     {{"q", {"+\xff\xff", "+abcde"}}},
     {"1"},
     {0, 0, 1, 0}},
    {"shortest of equals",
     {KEEP(1), PATHS, FIRST, .order = RFT_ORDER_SHORTEST},
     {{"q", {"+So 1+1=2", "+1+1=2", "+long 2+2=4"}}},
     {"1"},
     {0, 1, 1, 0}},
    {"farthest, longest first",
     {KEEP(RFT_KEEP_ALL), PATHS, .order = RFT_ORDER_LONGEST},
     {{"q", {"+1=1", "+b 1=1", "+aaa 2=2", "+aaaa 2=2", "+a 3=3"}}},
     {"0 3 4"},
     {0, 2, 0, 0}},

    {"difficulty, 1 of 4 wrong", {KEEP(4), DIFFICULTY}, {{"q", {"+a", "+b", "+c", "-d"}}}, {"0"}, {0, 0, 2, 0}},
    {"difficulty, 3 of 5 wrong, rounded up",
     {KEEP(2), DIFFICULTY},
     {{"q", {"+a", "-b", "-c", "-d", "+e"}}},
     {"0 4"},
     {0}},
    {"difficulty, never wrong", {KEEP(9), DIFFICULTY}, {{"q", {"+a", "+b"}}}, {"0"}, {0, 0, 1, 0}},
    {"difficulty, undecided ones do not count",
     {KEEP(2), DIFFICULTY},
     {{"q", {"+a", "+b", "?c", "?d", "?e"}}},
     {"0"},
     {0, 0, 1, 0}},
    {"difficulty of the samples, not of the paths",
     {KEEP(4), PATHS, FIRST, DIFFICULTY},
     {{"q", {"+a", "+a", "+b", "-d"}}},
     {"0"},
     {0, 1, 1, 0}},

    {"not solved often enough",
     {.keep = 1, .min_solve_rate = 0.3, .max_solve_rate = 1},
     {{"q", {"+a", "-b", "-c", "-d"}},
      {"q", {"+a", "+b", "+c", "-d", "-e", "-f", "-g", "-h", "-i", "-j"}}, /* 0.3 itself */
      {"q", {"+a", "-b", "?c", "?d"}}},
     {"", "0", "0"},
     {1, 0, 2, 0}},
    {"always solved",
     {.keep = RFT_KEEP_ALL, .max_solve_rate = 0.99},
     {{"q", {"+a", "+b", "?c"}}, {"q", {"+a", "+b", "-c"}}},
     {"", "0 1"},
     {2, 0, 0, 0}},

    {"rows once",
     {KEEP(2), .dedupe = RFT_DEDUPE_ROWS},
     {{"q", {"+a", "+ a", "+b"}}, {"r", {"+a"}}, {" q", {"+b", "+a"}}},
     {"0", "0", "0"},
     {0, 0, 1, 2}}, /* nothing is taken in the place of sample 1 */
    {"completions once",
     {KEEP(RFT_KEEP_ALL), .dedupe = RFT_DEDUPE_COMPLETIONS},
     {{"q", {"+a", "+b c"}}, {"r", {"+c", "+a"}}, {"s", {"+b  c", "-c", "+c", "+d"}}},
     {"0 1", "0", "3"},
     {0, 0, 0, 3}},
    {"once, the lowest sample first",
     {KEEP(RFT_KEEP_ALL), .order = RFT_ORDER_SHORTEST, .dedupe = RFT_DEDUPE_COMPLETIONS},
     {{"q", {"+a  b", "+a b"}}},
     {"0"},
     {0, 0, 0, 1}},
    {"what was left out is no row",
     {KEEP(1), .dedupe = RFT_DEDUPE_COMPLETIONS},
     {{"q", {"+a", "+b"}}, {"r", {"+b"}}},
     {"0", "0"},
     {0, 0, 1, 0}},
};

static void test_selections(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof selections / sizeof *selections; i++) {
        const struct selection *c = &selections[i];
        struct rft_selector *selector;
        uint64_t n_left_out[RFT_LEFT_OUT_COUNT] = {0};
        char kept[100];
        assert_int_equal(rft_selector_create(&c->options, n_left_out, &selector), RFT_OK);
        for (size_t q = 0; q < 3 && c->questions[q].text != NULL; q++) {
            assert_int_equal(select_one(selector, &c->questions[q], kept, sizeof kept), RFT_OK);
            if (strcmp(kept, c->kept[q]) != 0)
                fail_msg("%s, question %zu: kept %s, not %s", c->what, q, kept, c->kept[q]);
        }
        rft_selector_destroy(selector);
        for (int reason = 0; reason < RFT_LEFT_OUT_COUNT; reason++)
            if (n_left_out[reason] != c->n_left_out[reason])
                fail_msg("%s: %s counted %d times", c->what, rft_left_out_text((enum rft_left_out)reason),
                         (int)n_left_out[reason]);
    }
}

/* A set that grows has every row in it. */
static void test_many_rows(void **state)
{
    (void)state;
    const struct rft_select_options options = {KEEP(1), .dedupe = RFT_DEDUPE_COMPLETIONS};
    uint64_t n_left_out[RFT_LEFT_OUT_COUNT] = {0};
    struct rft_selector *selector;
    assert_int_equal(rft_selector_create(&options, n_left_out, &selector), RFT_OK);
    for (int i = 0; i < 20000; i++) {
        char sample[16], kept[16];
        struct question question = {"q", {sample}};
        snprintf(sample, sizeof sample, "+%d", i % 10000);
        assert_int_equal(select_one(selector, &question, kept, sizeof kept), RFT_OK);
        assert_string_equal(kept, i < 10000 ? "0" : "");
    }
    rft_selector_destroy(selector);
    assert_int_equal(n_left_out[RFT_LEFT_OUT_DUPLICATE], 10000);
}

/* The distance is one of the texts' beginnings. */
static void test_long_texts(void **state)
{
    (void)state;
    const struct rft_select_options options = {KEEP(2), PATHS};
    uint64_t n_left_out[RFT_LEFT_OUT_COUNT] = {0};
    struct rft_selector *selector;
    static const char *const texts[] = {"1=1", "2=2", "2=2", "2=2"};
    const size_t lengths[] = {10, RFT_DISTANCE_BYTES - 1, RFT_DISTANCE_BYTES, RFT_DISTANCE_BYTES + 1};
    const uint32_t *kept;
    uint32_t n_kept;
    assert_int_equal(rft_selector_create(&options, n_left_out, &selector), RFT_OK);
    for (size_t i = 0; i < 4; i++) {
        char *text = rft_alloc(1, lengths[i]);
        assert_non_null(text);
        memset(text, 'a', lengths[i]);
        memcpy(text, texts[i], 3);
        text[3] = ' ';
        const struct rft_judged_text judged = {.text = {text, lengths[i]}, .is_right = true};
        assert_int_equal(rft_selector_add(selector, &judged), RFT_OK);
        rft_free(text);
    }
    assert_int_equal(rft_selector_choose(selector, rft_bytes_z("q"), &kept, &n_kept), RFT_OK);
    assert_int_equal(n_kept, 2);
    assert_int_equal(kept[1], 2); /* and not the longest */
    rft_selector_destroy(selector);
}

static enum rft_status select_with_all(void *user)
{
    static const struct rft_select_options options = {KEEP(3), PATHS, .order = RFT_ORDER_SHORTEST,
                                                      .dedupe = RFT_DEDUPE_ROWS};
    static const struct question question = {"q", {"+1=1", "+a 2=2", "+b 2=2", "-c", "+<<1+1=2>>", "+d"}};
    struct rft_selector *selector;
    uint64_t n_left_out[RFT_LEFT_OUT_COUNT] = {0};
    char kept[100];
    (void)user;
    enum rft_status status = rft_selector_create(&options, n_left_out, &selector);
    for (int i = 0; i < 2 && status == RFT_OK; i++)
        status = select_one(selector, &question, kept, sizeof kept);
    rft_selector_destroy(selector);
    return status;
}

static void test_faults(void **state)
{
    (void)state;
    assert_true(rft_test_alloc_faults(select_with_all, NULL) > 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_selections),
        cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_long_texts),
        cmocka_unit_test(test_faults),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
