/* SPDX-License-Identifier: MIT */
/* Numbers under verify.fractions, percent and thousands. */
#include "support.h"

#include "judge.h"
#include "number_read.h"

#include <stdio.h>
#include <string.h>

#define OK_ RFT_REASON_ACCEPTED
#define WRONG RFT_REASON_WRONG
#define NONE RFT_REASON_NO_ANSWER
#define NAN_ RFT_REASON_NOT_A_NUMBER

struct number_case {
    struct rft_verify_options options;
    const char *gold, *text;
    enum rft_reason reason;
};

static void check(const struct number_case *cases, size_t n)
{
    size_t n_wrong = 0;
    for (size_t i = 0; i < n; i++) {
        const struct number_case *c = &cases[i];
        struct rft_verdict v =
            rft_test_verify(&c->options, rft_bytes_z(c->text), RFT_FINISH_STOP, rft_bytes_z(c->gold));
        bool is_valid = rft_gold_is_valid(&c->options, rft_bytes_z(c->gold));
        if (v.reason != c->reason || (v.reason == OK_ && !is_valid)) {
            print_error("%zu: \"%s\" (gold %s): %s, not %s\n", i, c->text, c->gold, rft_reason_text(v.reason),
                        rft_reason_text(c->reason));
            n_wrong++;
        }
    }
    assert_int_equal(n_wrong, 0);
}
#define CHECK(cases) check(cases, sizeof(cases) / sizeof *(cases))

#define GSM8K .kind = RFT_VERIFY_GSM8K
#define TAG .kind = RFT_VERIFY_ANSWER_TAG, .rel_tol = 0
#define UNITS TAG, .units = RFT_UNITS_IGNORE

static void test_fractions(void **state)
{
    (void)state;
    static const struct number_case cases[] = {
        {{GSM8K}, "0.5", "#### 1/2", NAN_},
        {{GSM8K, .fractions = true}, "0.5", "#### 1/2", OK_},
        {{GSM8K, .fractions = true}, "1/2", "#### 0.5", OK_},
        {{GSM8K, .fractions = true}, "1/3", "#### 2/6", OK_},
        {{GSM8K, .fractions = true}, "1/3", "#### 0.3333333333333333333", WRONG},
        {{GSM8K, .fractions = true}, "3.5", "#### 3 1/2 hours", OK_},
        {{GSM8K, .fractions = true}, "-3.5", "#### -3 1/2", OK_},
        {{GSM8K, .fractions = true}, "3 1/2", "#### 3\xc2\xbd", OK_},
        {{GSM8K, .fractions = true}, "0.75", "#### $\\frac{3}{4}$", OK_},
        {{GSM8K, .fractions = true}, "0.75", "#### \\boxed{\\dfrac{3}{4}}", OK_},
        {{GSM8K, .fractions = true}, "0.75", "#### x = \\frac34", OK_},
        {{GSM8K, .fractions = true}, "-0.75", "#### -\\frac{3}{4}", OK_},
        {{GSM8K, .fractions = true}, "-0.75", "#### \\frac{-3}{4}", OK_},
        {{GSM8K, .fractions = true}, "2.75", "#### 2\\frac{3}{4}", OK_},
        {{GSM8K, .fractions = true}, "0.875", "#### \xe2\x85\x9e", OK_},
        {{GSM8K, .fractions = true}, "2", "#### 4/2", OK_},
        {{GSM8K, .fractions = true}, "18", "#### 18", OK_},
        {{GSM8K, .fractions = true}, "18", "#### 9 * 2 = 18", OK_},
        {{GSM8K, .fractions = true}, "18", "so it is 18", OK_},
        {{GSM8K, .fractions = true}, "0.5", "so it is 1/2", NAN_},
        {{GSM8K, .fractions = true}, "1", "#### 1/0", NAN_},
        {{GSM8K, .fractions = true}, "0.5", "#### 1/2/3", NAN_},
        {{GSM8K, .fractions = true}, "0.5", "#### 1/2 or 1/3", NAN_},
        {{GSM8K, .fractions = true}, "0.5", "#### 1/2x", NAN_},
        {{GSM8K, .fractions = true}, "0.5", "#### 1/2 + 1", NAN_},
        {{GSM8K, .fractions = true}, "0.5", "#### 2^1/2", NAN_},
        {{GSM8K, .fractions = true}, "1.25", "#### .25/2", NAN_},
        {{GSM8K, .fractions = true}, "0.125", "#### .25/2", NAN_},
        {{GSM8K, .fractions = true}, "500", "#### 1/2,000", NAN_},
        {{GSM8K, .fractions = true}, "500", "#### 1/2 000", NAN_},
        {{GSM8K, .fractions = true}, "2.5", "#### 5/2", OK_},
        {{GSM8K, .fractions = true}, "5.5", "#### 3 5/2", NAN_},
        {{GSM8K, .fractions = true}, "2.5", "#### 3-1/2", NAN_},
        {{GSM8K, .fractions = true}, "3.5", "#### 3-1/2", NAN_},
        {{GSM8K, .fractions = true}, "12000.5", "#### 12 000 1/2", NAN_},
        {{GSM8K, .fractions = true}, "0.5", "#### 1/2 million", NAN_},
        {{GSM8K, .fractions = true}, "0.5", "#### at least 1/2", NAN_},
        {{TAG}, "0.5", "<answer>1/2</answer>", NAN_},
        {{TAG, .fractions = true}, "0.5", "<answer>1/2</answer>", OK_},
        {{TAG, .fractions = true}, "3.5", "<answer>3 1/2</answer>", OK_},
        {{TAG, .fractions = true}, "0.5", "<answer>1/2 cup</answer>", NAN_},
        {{UNITS, .fractions = true}, "0.5", "<answer>1/2 cup</answer>", OK_},
        {{UNITS, .fractions = true}, "0.5 m", "<answer>1/2 cm</answer>", WRONG},
        {{TAG, .fractions = true}, "0.25", "<answer>1/2</answer>", WRONG},
        {{.kind = RFT_VERIFY_ANSWER_TAG, .rel_tol = 0.05, .fractions = true}, "0.33", "<answer>1/3</answer>", OK_},
    };
    CHECK(cases);
}

static void test_percent(void **state)
{
    (void)state;
    static const struct number_case cases[] = {
        {{TAG}, "50", "<answer>50%</answer>", NAN_},
        {{TAG, .percent = RFT_PERCENT_IGNORE}, "50", "<answer>50%</answer>", OK_},
        {{TAG, .percent = RFT_PERCENT_IGNORE}, "50%", "<answer>50</answer>", OK_},
        {{TAG, .percent = RFT_PERCENT_IGNORE}, "50", "<answer>50\\%</answer>", OK_},
        {{TAG, .percent = RFT_PERCENT_IGNORE}, "0.5", "<answer>50%</answer>", WRONG},
        {{TAG, .percent = RFT_PERCENT_VALUE}, "0.5", "<answer>50%</answer>", OK_},
        {{TAG, .percent = RFT_PERCENT_VALUE}, "50%", "<answer>50%</answer>", OK_},
        {{TAG, .percent = RFT_PERCENT_VALUE}, "50", "<answer>50%</answer>", WRONG},
        {{UNITS}, "50", "<answer>50%</answer>", NAN_},
        {{UNITS, .percent = RFT_PERCENT_IGNORE}, "50", "<answer>50%</answer>", OK_},
        {{UNITS, .percent = RFT_PERCENT_VALUE}, "0.5", "<answer>50 percent</answer>", OK_},
        {{GSM8K}, "50", "#### 50%", OK_},
        {{GSM8K, .percent = RFT_PERCENT_VALUE}, "0.5", "#### 50%", OK_},
        {{GSM8K, .percent = RFT_PERCENT_VALUE}, "50", "#### 50%", WRONG},
        {{GSM8K, .percent = RFT_PERCENT_VALUE}, "0.5", "it is 50%", OK_},
        {{GSM8K, .percent = RFT_PERCENT_VALUE}, "0.5", "it is **50** percent", OK_},
        {{GSM8K, .percent = RFT_PERCENT_VALUE}, "0.5", "it is $50\\%$.", OK_},
        {{GSM8K, .percent = RFT_PERCENT_VALUE}, "50%", "#### 0.5", OK_},
        {{GSM8K, .percent = RFT_PERCENT_VALUE, .fractions = true}, "0.005", "#### 1/2%", OK_},
        {{GSM8K, .percent = RFT_PERCENT_IGNORE}, "50%", "#### 50", OK_},
    };
    CHECK(cases);
}

static void test_thousands(void **state)
{
    (void)state;
    static const enum rft_verify_thousands space = RFT_THOUSANDS_SPACE, point = RFT_THOUSANDS_POINT;
    const struct number_case cases[] = {
        {{TAG, .thousands = RFT_THOUSANDS_SPACE}, "12000", "<answer>12\n000</answer>", NAN_},
        {{UNITS}, "12000", "<answer>12\n000</answer>", NAN_},
        {{TAG, .thousands = RFT_THOUSANDS_SPACE},
         "12000",
         "<answer>12\xe2\x80\xa8"
         "000</answer>",
         NAN_},
        {{TAG}, "12000", "<answer>12 000</answer>", NAN_},
        {{TAG, .thousands = space}, "12000", "<answer>12 000</answer>", OK_},
        {{TAG, .thousands = space},
         "12000",
         "<answer>12\xc2\xa0"
         "000</answer>",
         OK_},
        {{TAG, .thousands = space}, "12000.5", "<answer>12 000.5</answer>", OK_},
        {{TAG, .thousands = space}, "12000", "<answer>12,000</answer>", OK_},
        {{TAG, .thousands = space}, "12000", "<answer>12  000</answer>", NAN_},
        {{TAG, .thousands = space}, "120000", "<answer>12 0000</answer>", NAN_},
        {{TAG, .thousands = space}, "123", "<answer>0 123</answer>", NAN_},
        {{TAG, .thousands = point}, "1234567", "<answer>1.234.567</answer>", OK_},
        {{TAG, .thousands = point}, "1234,5", "<answer>1.234,5</answer>", OK_},
        {{TAG, .thousands = point}, "1.234,50", "<answer>1234,5</answer>", OK_},
        {{TAG, .thousands = point}, "1.234", "<answer>1234</answer>", OK_},
        {{TAG, .thousands = point}, "1,5", "<answer>1.5</answer>", NAN_},
        {{TAG, .thousands = point}, "123", "<answer>0.123</answer>", NAN_},
        {{TAG, .thousands = point}, "1", "<answer>1,234,567</answer>", NAN_},
        {{TAG, .thousands = point}, "5", "<answer>,5</answer>", NAN_},
        {{TAG, .thousands = point}, "5", "<answer>5.</answer>", OK_},
        {{GSM8K, .thousands = point}, "1.234,5", "#### 1.234,5 Euro", OK_},
        {{GSM8K, .thousands = point}, "1234", "#### 1.234", OK_},
        {{GSM8K, .thousands = point}, "1234", "it is 1.234", NONE},
        {{GSM8K, .thousands = point}, "3,5", "#### 7/2", NAN_},
        {{GSM8K, .thousands = point, .fractions = true}, "3,5", "#### 7/2", OK_},
    };
    struct rft_verify_options million = {TAG, .thousands = point};
    CHECK(cases);
    assert_true(rft_gold_is_valid(&million, rft_bytes_z("1.234.567")));
}

/* Products are exact, and too many digits equal nothing. */
/* What stands beside a number and makes it another one, or another kind of thing. */
static void test_beside(void **state)
{
    (void)state;
    static const struct number_case cases[] = {
        {{UNITS}, "12", "<answer>sin 12</answer>", NAN_},
        {{UNITS}, "12", "<answer>12 gross</answer>", NAN_},
        {{UNITS}, "12", "<answer>12 pairs of socks</answer>", NAN_},
        {{UNITS}, "12", "<answer>12 twelfths</answer>", NAN_},
        {{UNITS}, "12", "<answer>three 12s</answer>", NAN_},
        {{UNITS}, "12", "<answer>three: 12 s</answer>", OK_},
        {{UNITS}, "12", "<answer>May 12</answer>", NAN_},
        {{UNITS}, "12", "<answer>12 May</answer>", NAN_},
        {{UNITS}, "12", "<answer>In May: 12</answer>", OK_},
        {{UNITS}, "12", "<answer>12?</answer>", NAN_},
        {{UNITS}, "12", "<answer>How many? 12</answer>", OK_},
        {{UNITS}, "12", "<answer>12 a.m.</answer>", WRONG},
        {{UNITS}, "12", "<answer>12 PM</answer>", WRONG},
        {{UNITS}, "12 pm", "<answer>12 PM</answer>", OK_},
        {{UNITS}, "$12", "<answer>12 cents</answer>", WRONG},
        {{UNITS}, "12 cents", "<answer>$12</answer>", WRONG},
        {{UNITS}, "$12", "<answer>12 dollars</answer>", OK_},
        {{UNITS}, "$12", "<answer>12 euros</answer>", WRONG},
        {{UNITS},
         "\xe2\x82\xac"
         "12",
         "<answer>12 euros</answer>",
         OK_},
        {{UNITS}, "$12", "<answer>12 per hour</answer>", OK_},
        {{UNITS}, "50", "<answer>50 percents</answer>", NAN_},
        {{UNITS, .percent = RFT_PERCENT_VALUE}, "50", "<answer>50 percents</answer>", WRONG},
        {{UNITS, .percent = RFT_PERCENT_VALUE}, "0.5", "<answer>50 percents</answer>", OK_},
        {{UNITS, .percent = RFT_PERCENT_VALUE}, "50", "<answer>percent: 50</answer>", WRONG},
        {{GSM8K}, "12", "#### sin 12", NAN_},
        {{GSM8K}, "12", "#### 12 gross", NAN_},
        {{GSM8K}, "12", "#### 12 pairs", NAN_},
        {{GSM8K}, "12", "#### 12 sixteenths", NAN_},
        {{GSM8K}, "12", "#### three 12s", NAN_},
        {{GSM8K}, "12", "#### 12 apples", OK_},
        {{GSM8K, .percent = RFT_PERCENT_VALUE}, "0.5", "It is 50 percents", OK_},
    };
    CHECK(cases);
}

static void test_product(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b, *product;
    } cases[] = {
        {"2", "3", "6"},      {"0", "-5", "0"},          {"-1.5", "4e3", "-6000"},
        {"99", "99", "9801"}, {"0.001", "0.05", "5e-5"}, {"123456789", "987654321", "121932631112635269"},
        {"25", "4", "100"},   {"1", "7", "7"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_decimal a, b, expected;
        assert_true(rft_decimal_match(cases[i].a, cases[i].a + strlen(cases[i].a), &a) != 0);
        assert_true(rft_decimal_match(cases[i].b, cases[i].b + strlen(cases[i].b), &b) != 0);
        assert_true(rft_decimal_match(cases[i].product, cases[i].product + strlen(cases[i].product), &expected) != 0);
        struct rft_decimal product = rft_decimal_product(&a, &b);
        assert_true(rft_decimal_equal(&product, &expected));
    }
    struct rft_decimal nines = {0};
    for (int i = 0; i < 600; i++)
        rft_decimal_push(&nines, '9', false);
    struct rft_decimal square = rft_decimal_product(&nines, &nines);
    assert_true(square.more && !rft_decimal_equal(&square, &square));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fractions), cmocka_unit_test(test_percent), cmocka_unit_test(test_thousands),
        cmocka_unit_test(test_beside),    cmocka_unit_test(test_product),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
