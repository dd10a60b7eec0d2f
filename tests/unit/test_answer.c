/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "judge.h"
#include "python_float.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES(literal)                                                                                                 \
    {                                                                                                                  \
        literal, sizeof(literal) - 1                                                                                   \
    }

static const struct rft_verify_options tag_options = {.kind = RFT_VERIFY_ANSWER_TAG, .rel_tol = 0.05};
static const struct rft_verify_options gsm8k_options = {.kind = RFT_VERIFY_GSM8K};
static const struct rft_verify_options homework_options = {.compat = RFT_COMPAT_HOMEWORK};

struct verdict_case {
    struct rft_bytes completion;
    const char *gold;
    enum rft_reason reason;
    const char *answer; /* NULL: none */
};

static void check_verdicts(const struct rft_verify_options *options, const struct verdict_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct verdict_case *c = &cases[i];
        struct rft_verdict v = rft_test_verify(options, c->completion, RFT_FINISH_STOP, rft_bytes_z(c->gold));
        bool same_answer = (c->answer == NULL) == (v.answer.data == NULL) &&
                           (c->answer == NULL || rft_bytes_equal(v.answer, rft_bytes_z(c->answer)));
        if (v.reason != c->reason || !same_answer)
            fail_msg("\"%s\" (gold %s): %s, answer \"%.*s\"; expected %s, \"%s\"", c->completion.data, c->gold,
                     rft_reason_text(v.reason), (int)v.answer.len, v.answer.data ? v.answer.data : "",
                     rft_reason_text(c->reason), c->answer ? c->answer : "(none)");
    }
}
#define CHECK_VERDICTS(options, cases) check_verdicts(options, cases, sizeof(cases) / sizeof *(cases))

#define OK_ RFT_REASON_ACCEPTED
#define WRONG RFT_REASON_WRONG
#define NONE RFT_REASON_NO_ANSWER
#define NAN_ RFT_REASON_NOT_A_NUMBER

static void test_answer_tag(void **state)
{
    (void)state;
    static const struct verdict_case cases[] = {
        {BYTES("6 x 1000 = 6000 <answer>6000</answer>"), "6000.0", OK_, "6000"},
        {BYTES("<answer> 6000 \n</answer> tail"), "6000.0", OK_, "6000"},
        {BYTES("<answer>7</answer> no: <answer>6000</answer>"), "6000", OK_, "6000"},
        {BYTES("<answer>6000</answer> then <answer>7"), "6000", OK_, "6000"},
        {BYTES("<answer><answer>6000</answer></answer>"), "6000", OK_, "6000"},
        {BYTES("<answer>6000</answer> stray </answer>"), "6000", OK_, "6000"},
        {BYTES("</answer><answer>6000"), "6000", NONE, NULL},
        {BYTES("<answer>6000"), "6000", NONE, NULL},
        {BYTES("<answer>6000</answer"), "6000", NONE, NULL},
        {BYTES("<Answer>6000</answer>"), "6000", NONE, NULL},
        {BYTES("6000"), "6000", NONE, NULL},
        {BYTES(""), "6000", NONE, NULL},
        {BYTES("<answer></answer>"), "6000", NAN_, ""},
        {BYTES("<answer>6,000</answer>"), "6000", OK_, "6,000"},
        {BYTES("<answer>$6,000.00</answer>"), "6000", OK_, "$6,000.00"},
        {BYTES("<answer>6000.</answer>"), "6000", OK_, "6000."},
        {BYTES("<answer>6e3</answer>"), "6000", OK_, "6e3"},
        {BYTES("<answer>.6E+4</answer>"), "6000", OK_, ".6E+4"},
        {BYTES("<answer>+6000</answer>"), "6000", OK_, "+6000"},
        {BYTES("<answer>-$4</answer>"), "-4", OK_, "-$4"},
        {BYTES("<answer>$-4</answer>"), "-4", OK_, "$-4"},
        {BYTES("<answer>\xe2\x88\x92"
               "4</answer>"),
         "-4", OK_,
         "\xe2\x88\x92"
         "4"},
        {BYTES("<answer>-6000</answer>"), "6000", WRONG, "-6000"},
        {BYTES("<answer>6000 grams</answer>"), "6000", NAN_, "6000 grams"},
        {BYTES("<answer>6000%</answer>"), "6000", NAN_, "6000%"},
        {BYTES("<answer>3000*2</answer>"), "6000", NAN_, "3000*2"},
        {BYTES("<answer>12000/2</answer>"), "6000", NAN_, "12000/2"},
        {BYTES("<answer>60,00</answer>"), "6000", NAN_, "60,00"},
        {BYTES("<answer>6000,000</answer>"), "6000000", NAN_, "6000,000"},
        {BYTES("<answer>6_000</answer>"), "6000", NAN_, "6_000"},
        {BYTES("<answer>6000\0</answer>"), "6000", NAN_, NULL},
        {BYTES("<answer>--6</answer>"), "6", NAN_, "--6"},
        {BYTES("<answer>.</answer>"), "6", NAN_, "."},
        {BYTES("<answer>1e999</answer>"), "6", NAN_, "1e999"},
        {BYTES("<answer>1e99999999999999999999</answer>"), "6", NAN_, "1e99999999999999999999"},
        {BYTES("<answer>nan</answer>"), "6", NAN_, "nan"},
        {BYTES("<answer>inf</answer>"), "6", NAN_, "inf"},
        {BYTES("<answer>0x10</answer>"), "16", NAN_, "0x10"},
        /* the bound itself is inside */
        {BYTES("<answer>105</answer>"), "100", OK_, "105"},
        {BYTES("<answer>105.0000001</answer>"), "100", WRONG, "105.0000001"},
        {BYTES("<answer>95</answer>"), "100", OK_, "95"},
        {BYTES("<answer>94.9999999</answer>"), "100", WRONG, "94.9999999"},
        {BYTES("<answer>0</answer>"), "0", OK_, "0"},
        {BYTES("<answer>-0.000</answer>"), "0", OK_, "-0.000"},
        {BYTES("<answer>1e-300</answer>"), "0", WRONG, "1e-300"},
        {BYTES("<answer>1e-999</answer>"), "0", OK_, "1e-999"},
        {BYTES("<answer>6000</answer>"), "6,000", OK_, "6000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct verdict_case c = cases[i];
        if (memchr(c.completion.data, 0, c.completion.len) != NULL) { /* its answer is no C string */
            assert_int_equal(rft_test_verify(&tag_options, c.completion, RFT_FINISH_STOP, rft_bytes_z(c.gold)).reason,
                             c.reason);
            continue;
        }
        check_verdicts(&tag_options, &c, 1);
    }
}

static void test_gsm8k(void **state)
{
    (void)state;
    static const struct verdict_case cases[] = {
        {BYTES("She has 3 left.\n#### 42"), "42", OK_, "42"},
        {BYTES("#### 42 apples in 3 boxes"), "42", NAN_, "42 apples in 3 boxes"},
        {BYTES("#### 41\n#### 42"), "42", OK_, "42"},
        {BYTES("#### 1,234,567"), "1234567", OK_, "1,234,567"},
        {BYTES("#### 12,3456"), "12", NAN_, "12,3456"},
        {BYTES("##### 42"), "42", OK_, "42"},
        {BYTES("####"), "42", NAN_, ""},
        {BYTES("4 + 5 #### none"), "9", NAN_, "none"},
        {BYTES("It costs $1,234.50."), "1234.5", OK_, "$1,234.50"},
        {BYTES("1 2 and then 42."), "42", OK_, "42"},
        {BYTES("so the answer is 42"), "42.000", OK_, "42"},
        {BYTES("0042.0"), "42", OK_, "0042.0"},
        {BYTES("42.0000000000000000000000001"), "42", WRONG, "42.0000000000000000000000001"},
        {BYTES("9007199254740993"), "9007199254740992", WRONG, "9007199254740993"},
        {BYTES("4.2e1"), "42", OK_, "4.2e1"},
        {BYTES("loses -5"), "-5", OK_, "-5"},
        {BYTES("-$5"), "-5", OK_, "-$5"},
        {BYTES("loses \xe2\x88\x92"
               "5"),
         "-5", OK_,
         "\xe2\x88\x92"
         "5"},
        {BYTES("16-3=13"), "13", OK_, "13"},
        {BYTES("from 10-12"), "12", NAN_, "12"},
        {BYTES("so...5"), "5", OK_, "5"},
        {BYTES("$.50"), "0.5", OK_, "$.50"},
        {BYTES("1,2,3"), "3", NAN_, "3"},
        {BYTES("1,234,56"), "56", NAN_, "56"},
        {BYTES("$18$"), "18", OK_, "$18"},
        {BYTES("**18**"), "18", OK_, "18"},
        {BYTES("-0"), "0", OK_, "-0"},
        {BYTES("the answer is 1/2"), "2", NAN_, "1/2"},
        {BYTES("on 3/4/2020"), "2020", NAN_, "3/4/2020"},
        {BYTES("30 miles/hour"), "30", OK_, "30"},
        {BYTES("no digits at all"), "42", NONE, NULL},
        {BYTES(""), "42", NONE, NULL},
        {BYTES("41"), "42", WRONG, "41"},
        {BYTES("42"), "$42", OK_, "42"},
        {BYTES("1000"), "1,000", OK_, "1000"},
    };
    CHECK_VERDICTS(&gsm8k_options, cases);
}

/* Digits beyond what is kept decide too. */
static void test_long_numbers(void **state)
{
    (void)state;
    enum { N = 2000 };
    char text[N + 2];
    memset(text, '0', N);
    text[0] = '7';
    text[1] = '.';
    struct rft_bytes completion = {text, N};
    assert_int_equal(rft_test_verify(&gsm8k_options, completion, RFT_FINISH_STOP, rft_bytes_z("7")).reason, OK_);
    text[N - 1] = '1';
    assert_int_equal(rft_test_verify(&gsm8k_options, completion, RFT_FINISH_STOP, rft_bytes_z("7")).reason, WRONG);
    assert_false(rft_gold_is_valid(&gsm8k_options, completion));
    struct rft_bytes kept = {text, 801}; /* 800 digits: as many as are compared */
    text[800] = '3';
    assert_true(rft_gold_is_valid(&gsm8k_options, kept));
    assert_int_equal(rft_test_verify(&gsm8k_options, kept, RFT_FINISH_STOP, kept).reason, OK_);
    assert_int_equal(rft_test_verify(&gsm8k_options, completion, RFT_FINISH_STOP, kept).reason, WRONG);
    assert_true(rft_gold_is_valid(&tag_options, completion));
}

/* Verdicts of the original parser and check. */
static void test_homework(void **state)
{
    (void)state;
    static const struct verdict_case cases[] = {
        {BYTES("<answer>6000</answer>"), "6000.0", OK_, "6000"},
        {BYTES("x <answer> 6000 \n</answer> tail"), "6000.0", OK_, " 6000 \n"},
        {BYTES("<answer>6000"), "6000.0", OK_, "6000"},
        {BYTES("<answer>6000</answer> then <answer>7</answer>"), "6000.0", OK_, "6000"},
        {BYTES("</answer><answer>6000"), "6000.0", OK_, "6000"},
        {BYTES("<answer><answer>6000</answer></answer>"), "6000.0", NAN_, ""},
        {BYTES("<answer>6000</answer"), "6000.0", NAN_, "6000</answer"},
        {BYTES("no tag"), "6000.0", NONE, NULL},
        {BYTES("<Answer>6000</answer>"), "6000.0", NONE, NULL},
        {BYTES("<answer>6,000</answer>"), "6000.0", NAN_, "6,000"},
        {BYTES("<answer>6_000</answer>"), "6000.0", OK_, "6_000"},
        {BYTES("<answer>inf</answer>"), "6000.0", NAN_, "inf"},
        {BYTES("<answer>5700</answer>"), "6000.0", WRONG, "5700"}, /* the bound itself is outside */
        {BYTES("<answer>5700.0004</answer>"), "6000.0", WRONG, "5700.0004"},
        {BYTES("<answer>5700.0006</answer>"), "6000.0", OK_, "5700.0006"},
        {BYTES("<answer>6299.9996</answer>"), "6000.0", WRONG, "6299.9996"},
        {BYTES("<answer>0</answer>"), "0.0", WRONG, "0"},
        {BYTES("<answer>0.0004</answer>"), "0.0004", WRONG, "0.0004"},
        {BYTES("<answer>0.0014</answer>"), "0.0005", OK_, "0.0014"},
        {BYTES("<answer>0.0015</answer>"), "0.0005", WRONG, "0.0015"},
        {BYTES("<answer>2.541</answer>"), "2.6745", WRONG, "2.541"},
        {BYTES("<answer>-3.801</answer>"), "-4.0", OK_, "-3.801"},
        {BYTES("<answer>3</answer>"), "3.048", OK_, "3"},
    };
    CHECK_VERDICTS(&homework_options, cases);
}

static void test_finish(void **state)
{
    (void)state;
    static const struct {
        enum rft_finish finish;
        bool accept_cut_off;
        enum rft_reason reason;
    } cases[] = {
        {RFT_FINISH_STOP, false, RFT_REASON_ACCEPTED},        {RFT_FINISH_LENGTH, false, RFT_REASON_CUT_OFF},
        {RFT_FINISH_LENGTH, true, RFT_REASON_ACCEPTED},       {RFT_FINISH_NOT_FINITE, false, RFT_REASON_NOT_FINITE},
        {RFT_FINISH_NOT_FINITE, true, RFT_REASON_NOT_FINITE},
    };
    const struct rft_verify_options *kinds[] = {&tag_options, &gsm8k_options, &homework_options};
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            struct rft_verify_options options = *kinds[k];
            options.accept_cut_off = cases[i].accept_cut_off;
            struct rft_verdict v =
                rft_test_verify(&options, rft_bytes_z("<answer>3</answer>"), cases[i].finish, rft_bytes_z("3"));
            assert_int_equal(v.reason, cases[i].reason);
            assert_true(rft_bytes_equal(v.answer, rft_bytes_z("3")));
        }
    assert_string_equal(rft_reason_text(RFT_REASON_CUT_OFF), "cut_off");
    assert_string_equal(rft_reason_text(RFT_REASON_COUNT), "unknown");
    assert_string_equal(rft_finish_text(RFT_FINISH_NOT_FINITE), "not_finite");
    struct rft_verdict v = rft_test_verify(&tag_options, (struct rft_bytes){0}, RFT_FINISH_STOP, rft_bytes_z("3"));
    assert_int_equal(v.reason, RFT_REASON_NO_ANSWER);
}

/* What was thought is not judged; a thought that was not ended has no answer. */
static void test_after(void **state)
{
    (void)state;
    static const struct verdict_case ended[] = {
        {BYTES("<think><answer>1</answer></think><answer>6</answer>"), "6", RFT_REASON_ACCEPTED, "6"},
        {BYTES("<answer>6</answer></think>"), "6", RFT_REASON_NO_ANSWER, NULL},
        {BYTES("a</think><answer>1</answer></think><answer>6</answer>"), "6", RFT_REASON_ACCEPTED, "6"},
        {BYTES("</think>"), "6", RFT_REASON_NO_ANSWER, NULL},
        {BYTES("</think><answer>6</answer></think>"), "6", RFT_REASON_NO_ANSWER, NULL},
        {BYTES("<think>a</think><answer>5</answer><think>no, <answer>6</answer>"), "6", RFT_REASON_NO_ANSWER, NULL},
    };
    static const struct verdict_case open[] = {
        {BYTES("<think><answer>6</answer>"), "6", RFT_REASON_NO_ANSWER, NULL},
    };
    static const struct verdict_case none[] = {
        {BYTES("<answer>6</answer>"), "6", RFT_REASON_ACCEPTED, "6"},
    };
    static const struct verdict_case none_but_needed[] = {
        {BYTES("<answer>6</answer>"), "6", RFT_REASON_NO_ANSWER, NULL},
        {BYTES(""), "6", RFT_REASON_NO_ANSWER, NULL},
    };
    struct rft_verify_options options = tag_options;
    options.after = "</think>";
    options.opening = "<think>";
    check_verdicts(&options, ended, sizeof ended / sizeof *ended);
    check_verdicts(&options, open, 1);
    check_verdicts(&options, none, 1);
    options.is_after_needed = true;
    check_verdicts(&options, ended, sizeof ended / sizeof *ended);
    check_verdicts(&options, none_but_needed, 2);
    options.accept_cut_off = true;
    const struct rft_bytes thought = rft_bytes_z("<think><answer>6</answer>"), gold = rft_bytes_z("6");
    assert_int_equal(rft_test_verify(&options, thought, RFT_FINISH_LENGTH, gold).reason, RFT_REASON_CUT_OFF);
    const struct rft_bytes said = rft_bytes_z("</think><answer>6</answer> and");
    assert_int_equal(rft_test_verify(&options, said, RFT_FINISH_LENGTH, gold).reason, RFT_REASON_ACCEPTED);
}

static void test_gold(void **state)
{
    (void)state;
    static const struct {
        const char *gold;
        bool tag, gsm8k, homework;
    } cases[] = {
        {"6000.0", true, true, true},  {"1e3", true, true, true},    {"-4", true, true, true},
        {"1,000", true, true, false},  {"$18", true, true, false},   {"42.", true, true, true},
        {"", false, false, false},     {"six", false, false, false}, {"1/2", false, false, false},
        {"6 kg", false, false, false}, {"inf", false, false, false}, {"1e999", false, true, false},
        {"6_0", false, false, true},   {" 6 ", true, true, true},    {"nan", false, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_bytes gold = rft_bytes_z(cases[i].gold);
        if (rft_gold_is_valid(&tag_options, gold) != cases[i].tag ||
            rft_gold_is_valid(&gsm8k_options, gold) != cases[i].gsm8k ||
            rft_gold_is_valid(&homework_options, gold) != cases[i].homework)
            fail_msg("gold \"%s\"", cases[i].gold);
    }
}

static json_t *load_shared(const char *relative)
{
    const char *path = rft_test_shared(relative);
    if (path == NULL)
        RFT_SKIP("the optional test data is absent (RFTGEN_SHARED_DATA)");
    json_error_t error;
    json_t *tree = json_load_file(path, JSON_ALLOW_NUL, &error);
    if (tree == NULL)
        fail_msg("%s: %s", path, error.text);
    return tree;
}

static bool homework_accepts(const json_t *generation, const json_t *gold, double *parsed)
{
    char text[40];
    struct rft_bytes completion = {json_string_value(generation), json_string_length(generation)};
    snprintf(text, sizeof text, "%.17g", json_number_value(gold));
    struct rft_verdict v = rft_test_verify(&homework_options, completion, RFT_FINISH_STOP, rft_bytes_z(text));
    *parsed = v.answer.data != NULL ? rft_python_float(v.answer) : NAN;
    return v.reason == RFT_REASON_ACCEPTED;
}

static void check_shared_cases(const char *relative, size_t n_min)
{
    json_t *cases = load_shared(relative), *c;
    size_t i;
    assert_true(json_array_size(cases) >= n_min);
    json_array_foreach(cases, i, c)
    {
        double parsed, expected = rft_python_float(rft_bytes_z(json_string_value(json_object_get(c, "parsed"))));
        bool valid = homework_accepts(json_object_get(c, "generation"), json_object_get(c, "gold"), &parsed);
        bool same = isnan(expected) ? isnan(parsed) : parsed == expected;
        if (valid != json_is_true(json_object_get(c, "valid")) || !same)
            fail_msg("%s, case %zu: parsed %.17g, %s", relative, i, parsed, valid ? "valid" : "not valid");
    }
    json_decref(cases);
}

static void test_shared_parse_cases(void **state)
{
    (void)state;
    check_shared_cases("unit-conversion/parse_cases.json", 150);
}

static void test_shared_near_boundary(void **state)
{
    (void)state;
    check_shared_cases("unit-conversion/near_boundary_real.json", 100);
}

static void test_shared_rft_rows(void **state)
{
    (void)state;
    size_t n_rows = 0;
    for (int file = 1; file <= 8; file++) {
        char relative[64];
        snprintf(relative, sizeof relative, "unit-conversion/rft/rft-%02d.json", file);
        json_t *rows = load_shared(relative), *row;
        size_t i;
        json_array_foreach(rows, i, row)
        {
            double parsed;
            if (!homework_accepts(json_array_get(row, 2), json_array_get(row, 1), &parsed))
                fail_msg("%s: row %zu is rejected", relative, i);
            n_rows++;
        }
        json_decref(rows);
    }
    assert_int_equal(n_rows, 5190);
}

/* Real outputs with their publisher's verdict. It takes no white space or words within a number, and percent as a
 * factor; the six rows where that matters are the bound. */
static void check_labelled(const char *relative, size_t n_rows, size_t n_differ_max)
{
    const char *path = rft_test_shared(relative);
    if (path == NULL)
        RFT_SKIP("the optional test data is absent (RFTGEN_SHARED_DATA)");
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = 0, n_differ = 0;
    json_t *row;
    while ((row = json_loadf(f, JSON_DISABLE_EOF_CHECK, NULL)) != NULL) {
        const json_t *response = json_object_get(row, "response");
        struct rft_bytes completion = {json_string_value(response), json_string_length(response)};
        struct rft_verdict v = rft_test_verify(&gsm8k_options, completion, RFT_FINISH_STOP,
                                               rft_bytes_z(json_string_value(json_object_get(row, "gold"))));
        n_differ += (v.reason == RFT_REASON_ACCEPTED) != json_is_true(json_object_get(row, "correct"));
        n++;
        json_decref(row);
    }
    fclose(f);
    assert_int_equal(n, n_rows);
    assert_true(n_differ <= n_differ_max);
}

static void test_shared_labelled(void **state)
{
    (void)state;
    check_labelled("labelled/openai-gsm8k.4models.jsonl", 5276, 0);
    check_labelled("labelled/rho-math-1b-v0.1.gsm8k.jsonl", 1319, 6);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer_tag),
        cmocka_unit_test(test_gsm8k),
        cmocka_unit_test(test_long_numbers),
        cmocka_unit_test(test_homework),
        cmocka_unit_test(test_finish),
        cmocka_unit_test(test_after),
        cmocka_unit_test(test_gold),
        RFT_OPTIONAL(test_shared_parse_cases, "test data of RFTGEN_SHARED_DATA"),
        RFT_OPTIONAL(test_shared_near_boundary, "test data of RFTGEN_SHARED_DATA"),
        RFT_OPTIONAL(test_shared_rft_rows, "test data of RFTGEN_SHARED_DATA"),
        RFT_OPTIONAL(test_shared_labelled, "test data of RFTGEN_SHARED_DATA"),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
