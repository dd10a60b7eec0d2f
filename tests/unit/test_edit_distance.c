/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "edit_distance.h"

#include <string.h>

#define BYTES_MAX 300

/* By its definition: a row of the table after the other. */
static size_t plain_distance(struct rft_bytes a, struct rft_bytes b)
{
    size_t row[BYTES_MAX + 1];
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t best = diagonal + (a.data[i - 1] != b.data[j - 1]);
            diagonal = row[j];
            best = best < row[j] + 1 ? best : row[j] + 1;
            row[j] = best < row[j - 1] + 1 ? best : row[j - 1] + 1;
        }
    }
    return row[b.len];
}

static uint32_t random_state = 1;

static uint32_t next_random(uint32_t below)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 16) % below;
}

static void check_pair(struct rft_edit_text *edit, struct rft_bytes a, struct rft_bytes b)
{
    size_t expected = plain_distance(a, b);
    const size_t bounds[] = {SIZE_MAX, expected + 1, expected, expected / 2, 1, 0};
    assert_int_equal(rft_edit_text_set(edit, a), RFT_OK);
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        size_t wanted = expected < bounds[i] ? expected : bounds[i];
        if (rft_edit_text_distance(edit, b, bounds[i]) != wanted)
            fail_msg("lengths %zu and %zu, bound %zu", a.len, b.len, bounds[i]);
    }
}

/* Texts of few letters, and such that were made of one another. */
static void test_texts(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 2, 63, 64, 65, 127, 128, 129, 191, 192, 300};
    enum { N = sizeof lengths / sizeof *lengths };
    struct rft_edit_text edit = {0};
    char a[BYTES_MAX], b[BYTES_MAX];
    for (size_t i = 0; i < N * N * 4; i++) {
        size_t n_a = lengths[i % N], n_b = lengths[i / N % N];
        uint32_t letters = i / N / N == 0 ? 256 : (uint32_t)(i / N / N) + 1;
        for (size_t at = 0; at < n_a; at++)
            a[at] = (char)next_random(letters);
        for (size_t at = 0; at < n_b; at++)
            b[at] = at < n_a && next_random(4) != 0 ? a[at] : (char)next_random(letters);
        check_pair(&edit, (struct rft_bytes){a, n_a}, (struct rft_bytes){b, n_b});
    }
    rft_edit_text_finish(&edit);
}

static void test_words(void **state)
{
    (void)state;
    static const char long_word[] = "0123456789012345678901234567890123456789012345678901234567890123";
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"abc", "", 3},
        {"kitten", "sitting", 3},
        {"keep", "kep", 1},
        {"\xff", "\x7f", 1},
        {long_word, long_word, 0},
        {"", long_word, 64},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(rft_edit_distance(cases[i].a, cases[i].b), cases[i].distance);
    char longer[70] = "x";
    strcat(longer, long_word);
    assert_int_equal(rft_edit_distance(longer, long_word), 1);
    assert_int_equal(rft_edit_distance(long_word, longer), SIZE_MAX);
}

static enum rft_status set_two(void *user)
{
    struct rft_edit_text edit = {0};
    (void)user;
    enum rft_status status = rft_edit_text_set(&edit, rft_bytes_z("abc"));
    if (status == RFT_OK)
        status = rft_edit_text_set(&edit, (struct rft_bytes){(const char[BYTES_MAX]){0}, BYTES_MAX});
    rft_edit_text_finish(&edit);
    return status;
}

static void test_faults(void **state)
{
    (void)state;
    assert_true(rft_test_alloc_faults(set_two, NULL) > 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_faults),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
