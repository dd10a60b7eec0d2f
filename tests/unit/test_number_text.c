/* SPDX-License-Identifier: MIT */
/* What counts as an answer, line by line: gsm8k behind its mark and without one, and tags whose units are passed
 * over. */
#include "support.h"

#include "judge.h"

#include <stdio.h>
#include <string.h>

#define OK_ RFT_REASON_ACCEPTED
#define WRONG RFT_REASON_WRONG
#define NONE RFT_REASON_NO_ANSWER
#define NAN_ RFT_REASON_NOT_A_NUMBER

struct line_case {
    const char *gold, *text;
    enum rft_reason reason;
};

static void check(const struct rft_verify_options *options, const struct line_case *cases, size_t n, const char *before,
                  const char *behind)
{
    for (size_t i = 0; i < n; i++) {
        char text[300];
        snprintf(text, sizeof text, "%s%s%s", before, cases[i].text, behind);
        struct rft_verdict v = rft_test_verify(options, rft_bytes_z(text), RFT_FINISH_STOP, rft_bytes_z(cases[i].gold));
        if (v.reason != cases[i].reason)
            fail_msg("\"%s\" (gold %s): %s, not %s", text, cases[i].gold, rft_reason_text(v.reason),
                     rft_reason_text(cases[i].reason));
    }
}

static const struct line_case gsm8k_cases[] = {
    {"2", "#### 2 1/2", NAN_},
    {"3", "#### $\\frac{3}{4}$", NAN_},
    {"10", "#### 10^2", NAN_},
    {"16", "#### sqrt(16) = 4", WRONG},
    {"4", "#### sqrt(16) = 4", OK_},
    {"5", "#### - 5", WRONG},
    {"-5", "#### - 5", OK_},
    {"12", "#### 12 000", WRONG},
    {"12000", "#### 12 000", OK_},
    {"3", "#### 3,50", NAN_},
    {"2", "#### 2 million", NAN_},
    {"9", "#### 9 * 2 = 18", WRONG},
    {"18", "#### 9 * 2 = 18", OK_},
    {"7",
     "#### 7\xc3\x97"
     "10",
     NAN_},
    {"5", "#### 5-6", NAN_},
    {"2021", "#### 2021-05-02", NAN_},
    {"2", "#### 2021-05-02", NAN_},
    {"2", "### Solution\n#### Step 1: count\n12 eggs\n#### Step 2: add\n12 + 18 = 30 eggs.\nSo the answer is **30**.",
     NAN_},
    {"30", "#### Final Answer (Step 3)\n30", NAN_},
    {"12", "#### 12:45", NAN_},
    {"1000", "#### 1.000", WRONG},
    {"18", "#### ${18}$", OK_},
    {"18", "#### \\(18\\)", OK_},
    {"18", "####**18**", OK_},
    {"18", "#### 18 ", OK_},
    {"18000", "#### 18 000", OK_},
    {"18", "#### \xef\xbc\x91\xef\xbc\x98", NAN_},
    {"0.5", "#### .5", OK_},
    {"18", "#### USD18", OK_},
    {"1", "#### one (1)", OK_},
    {"5", "I think #### 5? no.\n#### I cannot say", NAN_},
    {"20", "#### 20 (rounded from 19.6)", NAN_},
    {"40", "#### Total: 3 boxes, 40 pens", NAN_},
    {"15", "#### 15 [^1]\n[^1]: see 3", OK_},
    {"18", "#### The answer is 18", OK_},
    {"18", "#### **18** apples", OK_},
    {"18", "#### $18.", OK_},
    {"18", "#### \\$18.00", OK_},
    {"18", "#### \\boxed{18}", OK_},
    {"18", "#### $\\boxed{18}$", OK_},
    {"18", "#### 18 apples", OK_},
    {"-18", "#### The answer is -18", OK_},
    {"18", "#### The answer is -18", WRONG},
    {"18", "#### x = 18", OK_},
    {"5", "#### x = 18, y = 5", NAN_},
    {"18", "#### 18%", OK_},
    {"18", "#### $18/hour", OK_},
    {"18", "#### 18!", NAN_},
    {"18", "#### 18 m^2", OK_},
    {"18", "#### 18 square feet", OK_},
    {"18", "#### 18th", OK_},
    {"18", "#### minus 18", WRONG},
    {"18", "#### negative 18", WRONG},
    {"18", "#### between 18", NAN_},
    {"18", "#### at least 18", NAN_},
    {"18", "#### 18 or 19", NAN_},
    {"18", "#### 18 hundred", NAN_},
    {"18", "#### 18k", NAN_},
    {"18", "#### 18 dozen", NAN_},
    {"18", "#### 18\xc2\xbd", NAN_},
    {"18",
     "#### \xc2\xb1"
     "18",
     NAN_},
    {"18",
     "#### \xe2\x89\x88"
     "18",
     OK_},
    {"18", "#### ~18", OK_},
    {"18", "#### >18", NAN_},
    {"18", "#### 1_8", NAN_},
    {"18", "#### 18 + 2", NAN_},
    {"18", "#### 18x", NAN_},
    {"18", "#### 18cm", OK_},
    {"1000000", "#### 1 000 000", OK_},
    {"1", "#### 1 000 000", WRONG},
    {"1000000", "#### 1,000,000 dollars", OK_},
    {"18", "#### 18, which is even", OK_},
    {"18", "#### Answer: 18", OK_},
    {"18", "#### => 18", OK_},
    {"18", "#### 18 ####", OK_},
    {"18", "#### $1,8", NAN_},
    {"5", "#### 5'000", NAN_},
    {"18", "#### 18 (eighteen)", OK_},
    {"18", "#### \\text{18}", OK_},
    {"18", "#### 18\\text{ apples}", OK_},
    {"18", "#### 18\\%", OK_},
    {"18", "#### 18 \\text{ cm}^2", OK_},
    {"18", "#### 1 8", NAN_},
    {"18", "####\n18", OK_},
    {"18", "#### \n\n 18 apples", OK_},
    {"18", "#### No. 18", OK_},
    {"18", "#### #18", OK_},
    {"18", "#### 10 am 18", NAN_},
    {"4", "so \\frac{3}{4}", NAN_},
    {"50", "it costs 3,50", NAN_},
    {"2", "that is 10^2", NAN_},
    {"2", "about 2 million", NAN_},
    {"5", "so = - 5", WRONG},
    {"-5", "so = - 5", OK_},
    {"13", "16 - 3 = 13", OK_},
    {"2", "date 2021-05-02", NAN_},
    {"18", "the answer is \\boxed{18}.", OK_},
    {"18", "So **18**.", OK_},
    {"18", "So 18 apples.", OK_},
    {"18", "$18", OK_},
    {"18", "total is $18.50", WRONG},
    {"0", "number 1 000 000", NAN_},
    {"18", "we get 9 * 2", NAN_},
    {"2", "we get 9 * 2", NAN_},
    {"2", "we need CO2", NONE},
    {"12", "12 tons of CO2", OK_},
    {"4", "3/4", NAN_},
    {"2", "1 1/2", NAN_},
    {"18", "It is 18!", OK_},
    {"50", "It is 50%.", OK_},
    {"12", "12 x 3 = 36, so 12", OK_},
    {"3", "12 x 3", NAN_},
    {"45", "at 12:45", NAN_},
    {"5", "x^5", NAN_},
    {"5", "10 - 5", NAN_},
    {"5", "\\sqrt{5}", NAN_},
    {"18", "18 hours", OK_},
    {"18", "negative 18", WRONG},
    {"-18", "negative 18", OK_},
    {"18", "#### 18 pounds and 50 cents", NAN_},
    {"3", "#### 3!", NAN_},
    {"2", "#### 2^3", NAN_},
    {"12", "#### 12/4", NAN_},
    {"3", "#### 3 halves", NAN_},
    {"5", "#### 5 squared", NAN_},
    {"7", "#### 7 plus 1", NAN_},
    {"-3", "#### $-3", OK_},
    {"-3", "#### -$3", OK_},
    {"-3",
     "#### \xe2\x88\x92"
     "3",
     OK_},
    {"3",
     "#### \xe2\x88\x92"
     "3",
     WRONG},
    {"3",
     "#### \xe2\x80\x93"
     "3",
     NAN_},
    {"1234.5", "#### $1,234.50", OK_},
    {"18", "#### 18.", OK_},
    {"18", "#### 18.0", OK_},
    {"18", "#### Therefore, she has 18 eggs left.", OK_},
    {"18", "#### Step 18: go on\nand more", NAN_},
    {"18", "#### 18\nThis is right.", OK_},
    {"6", "#### 2 * 3 = 6 apples", OK_},
    {"18", "#### eighteen", NAN_},
    {"3", "#### x^3", NAN_},
    {"3", "#### f(3)", NAN_},
    {"5", "#### five (5)", OK_},
    {"50", "#### 50 cents", OK_},
    {"18", "#### \"18\"", OK_},
    {"18", "#### 18 kg.", OK_},
    {"18", "#### 18km/h", OK_},
    {"5", "#### 5 or more", NAN_},
    {"5", "#### 5+", NAN_},
    {"20", "#### 10 <= 20", NAN_},
    {"18", "#### Total cost - $18", NAN_},
    {"18",
     "#### \xe2\x82\xac"
     "18",
     OK_},
    {"18",
     "#### \xc2\xa3"
     "18.00",
     OK_},
    {"1", "#### 1st", OK_},
    {"4", "#### 4 pm", OK_},
    {"1000", "#### 1,000 000", NAN_},
    {"12", "#### 12 0000", NAN_},
    {"12345", "#### 12 345", OK_},
    {"12345.5", "#### 12 345.5", OK_},
    {"12", "#### 12,34", NAN_},
    {"0", "#### 0", OK_},
    {"0", "#### $0.00", OK_},
    {"3", "It is 7. The rest is 3 quarters", NAN_},
    {"5", "3 + 5", NAN_},
    {"8", "3 + 5 = 8", OK_},
    {"5", "(3 \xc3\x97 5)", NAN_},
    {"1", "v1.0.1", NAN_},
    {"7", "Answer: -7", WRONG},
    {"-7", "Answer: -7", OK_},
    {"-7", "Answer: - 7", OK_},
    {"5", "range 3-5", NAN_},
    {"18", "He has **18** left", OK_},
    {"18", "x1 = 18", OK_},
    {"3", "3\xc2\xbd", NAN_},
};

static void test_gsm8k_lines(void **state)
{
    (void)state;
    static const struct rft_verify_options options = {.kind = RFT_VERIFY_GSM8K};
    check(&options, gsm8k_cases, sizeof gsm8k_cases / sizeof *gsm8k_cases, "", "");
}

static void test_require_mark(void **state)
{
    (void)state;
    static const struct line_case cases[] = {
        {"18", "18", NONE},
        {"18", "So 18.\n#### 18", OK_},
        {"18", "#### 17", WRONG},
        {"18", "", NONE},
    };
    static const struct rft_verify_options options = {.kind = RFT_VERIFY_GSM8K, .require_mark = true};
    check(&options, cases, sizeof cases / sizeof *cases, "", "");
}

/* Inside a tag; 5% off is right. */
static void test_units_ignored(void **state)
{
    (void)state;
    static const struct line_case cases[] = {
        {"200", "200 cm", OK_},
        {"200", "**200**", OK_},
        {"200", "\\boxed{200}", OK_},
        {"200", "$200$", OK_},
        {"200", "x = 200", OK_},
        {"50", "50%", NAN_},
        {"50%", "50%", OK_},
        {"50%", "50", NAN_},
        {"0.5", "1/2", NAN_},
        {"200", "200 ", OK_},
        {"200",
         "\xe2\x80\x8b"
         "200",
         OK_},
        {"12000", "12 000", OK_},
        {"420", "420 minutes", OK_},
        {"420", "420 minutes or 7 hours", NAN_},
        {"12", "= 12", OK_},
        {"12", "= 12.", OK_},
        {"12 cm", "12 cm", OK_},
        {"12 cm", "12 m", WRONG},
        {"12 m", "12 m", OK_},
        {"12 hour", "12 hours", OK_},
        {"200", "\xe2\x89\x88 200", OK_},
        {"200", "200.0 kg", OK_},
        {"3", "3 1/2", NAN_},
        {"3", "3 m", OK_},
        {"2", "2 feet 3 inches", NAN_},
        {"200",
         "200\xc2\xb0"
         "C",
         OK_},
        {"5", "5'", OK_},
        {"5", "5 ft^2", OK_},
        {"5", "5k", NAN_},
        {"200", "", NAN_},
        {"200", "two hundred", NAN_},
        {"200", "200 +- 5", NAN_},
        {"200", "100 cm + 100 cm", NAN_},
        {"200", "201 cm", OK_},
        {"200", "300 cm", WRONG},
        {"50 %", "50%", OK_},
    };
    static const struct rft_verify_options options = {
        .kind = RFT_VERIFY_ANSWER_TAG, .rel_tol = 0.05, .units = RFT_UNITS_IGNORE};
    check(&options, cases, sizeof cases / sizeof *cases, "<answer>", "</answer>");
    assert_true(rft_gold_is_valid(&options, rft_bytes_z("12 cm")));
    assert_true(rft_gold_is_valid(&options, rft_bytes_z("50%")));
    assert_false(rft_gold_is_valid(&options, rft_bytes_z("1/2")));
    assert_false(rft_gold_is_valid(&options, rft_bytes_z("n/a")));
}

/* The same texts cut off after every byte, in memory of just that size: nothing beyond it is read, and the time is
 * linear. */
static void test_bounds(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "#### $1,234.50 \\text{ apples}^2 (x) \xe2\x88\x92 5 \xc2\xa0 000 %",
        "it is 12\xc2\xb2 or 3/4 = - 1 000 \\frac{3}{4}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t n = 0; n <= strlen(texts[i]); n++)
            for (int kind = 0; kind < 3; kind++) {
                const struct rft_verify_options options = {.kind = kind == 0 ? RFT_VERIFY_GSM8K : RFT_VERIFY_ANSWER_TAG,
                                                           .units = kind == 1 ? RFT_UNITS_IGNORE : RFT_UNITS_STRICT};
                char *copy = rft_alloc(n, 1);
                assert_non_null(copy);
                memcpy(copy, texts[i], n);
                (void)rft_test_verify(&options, (struct rft_bytes){copy, n}, RFT_FINISH_STOP, rft_bytes_z("12"));
                (void)rft_gold_is_valid(&options, (struct rft_bytes){copy, n});
                rft_free(copy);
            }
    size_t n = 1 << 20;
    char *large = rft_alloc(n, 1);
    assert_non_null(large);
    memset(large, '1', n);
    for (size_t at = 1; at < n; at += 2)
        large[at] = at % 3 ? '*' : ' ';
    memcpy(large, "####", 4);
    static const struct rft_verify_options options = {.kind = RFT_VERIFY_GSM8K};
    for (size_t from = 0; from <= 4; from += 4) /* with the mark, and without it */
        assert_int_equal(
            rft_test_verify(&options, (struct rft_bytes){large + from, n - from}, RFT_FINISH_STOP, rft_bytes_z("1"))
                .reason,
            NAN_);
    rft_free(large);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gsm8k_lines),
        cmocka_unit_test(test_require_mark),
        cmocka_unit_test(test_units_ignored),
        cmocka_unit_test(test_bounds),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
