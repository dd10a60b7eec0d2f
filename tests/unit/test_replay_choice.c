/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "replay_choice.h"

#include <stdio.h>
#include <string.h>

static void test_lines(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *has; /* lines 1 to 9 that are in it; NULL: refused */
    } cases[] = {
        {"1", "1"},
        {"9", "9"},
        {"2-4", "234"},
        {"1,3,5-7", "13567"},
        {"5-5", "5"},
        {"8-100,1-2", "1289"},
        {"3-5,4", "345"},
        {"18446744073709551615", ""},
        {"", NULL},
        {",", NULL},
        {"1,", NULL},
        {",1", NULL},
        {"0", NULL},
        {"0-3", NULL},
        {"3-2", NULL},
        {"1-2-3", NULL},
        {"-3", NULL},
        {"3-", NULL},
        {"a", NULL},
        {"1 ,2", NULL},
        {"+1", NULL},
        {"1.0", NULL},
        {"18446744073709551616", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_replay_choice choice;
        char has[16] = "";
        enum rft_status status = rft_replay_choice_read(cases[i].text, NULL, &choice);
        if (status != (cases[i].has != NULL ? RFT_OK : RFT_ERR_USAGE))
            fail_msg("\"%s\": %s", cases[i].text, rft_status_text(status));
        if (status != RFT_OK)
            continue;
        for (uint64_t line = 1; line <= 9; line++)
            if (rft_replay_has_line(&choice, line))
                snprintf(has + strlen(has), sizeof has - strlen(has), "%d", (int)line);
        assert_string_equal(has, cases[i].has);
        rft_replay_choice_finish(&choice);
    }
}

static void test_fraction(void **state)
{
    (void)state;
    static const char *const wrong[] = {"0", "-0.1", "1.001", "", "x", "nan", "inf", "0,5", "0.5 "};
    struct rft_replay_choice choice;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(rft_replay_choice_read(NULL, wrong[i], &choice), RFT_ERR_USAGE);
    assert_int_equal(rft_replay_choice_read("1", "0.5", &choice), RFT_ERR_USAGE);
    assert_int_equal(rft_replay_choice_read(NULL, "0.25", &choice), RFT_OK);
    assert_true(choice.fraction == 0.25 && rft_replay_has_line(&choice, 7));
    rft_replay_choice_finish(&choice);
    assert_int_equal(rft_replay_choice_read(NULL, NULL, &choice), RFT_OK);
    assert_true(choice.fraction == 0 && rft_replay_has_line(&choice, UINT64_MAX));
}

/* A share is as large as it says, and other samples of a question are others. The first places are written down: they
 * are a promise. */
static void test_places(void **state)
{
    (void)state;
    static const double wanted[] = {0.089985726302924451, 0.39516689724894472};
    const struct rft_question question = {.id = {"How many cm are in 3 m?", 23}};
    uint32_t n = 0;
    for (uint32_t sample = 0; sample < 10000; sample++) {
        const double place = rft_replay_place(&question, sample);
        assert_true(place >= 0 && place < 1);
        if (sample < 2 && place != wanted[sample])
            fail_msg("sample %u: %.17g", sample, place);
        n += place < 0.01;
    }
    assert_true(n > 60 && n < 140);
}

static enum rft_status read_once(void *user)
{
    struct rft_replay_choice choice;
    (void)user;
    RFT_TRY(rft_replay_choice_read("1,2,3-4,5,6,7,8,9,10,11,12-13,14,15,16,17", NULL, &choice));
    rft_replay_choice_finish(&choice);
    return RFT_OK;
}

static void test_alloc_faults(void **state)
{
    (void)state;
    assert_true(rft_test_alloc_faults(read_once, NULL) > 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_fraction),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_alloc_faults),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
