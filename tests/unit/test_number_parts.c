/* SPDX-License-Identifier: MIT */
/* Texts that were once judged wrongly, by kind: a number that is a part of something larger, or in another unit, is not
 * the answer; dress around the answer does not matter. */
#include "support.h"

#include "judge.h"

struct judged {
    const char *gold, *text;
    bool is_accepted;
};

/* clang-format off */
static const struct judged gsm8k_texts[] = {
    { "2", "#### 2 MM", false },
    { "2", "#### 2 mln", false },
    { "2", "#### 2 millones", false },
    { "2", "#### 2 Millionen", false },
    { "5", "#### 5\xe4\xb8\x87", false },
    { "5", "#### 5 \xe4\xb8\x87", false },
    { "5", "#### 5 grand", false },
    { "5", "#### in thousands: 5", false },
    { "5", "#### in millions: 5", false },
    { "5", "#### Thousands: 5", false },
    { "5", "#### 5 score", false },
    { "5", "#### \\-5", false },
    { "5", "#### -{5}", false },
    { "5", "#### -\xe2\x82\xac" "5", false },
    { "5", "#### - \xe2\x82\xac" "5", false },
    { "5", "#### -\xc2\xa3" "5", false },
    { "5", "#### -USD 5", false },
    { "5", "#### -USD5", false },
    { "5", "#### 5-", false },
    { "5", "#### -`5`", false },
    { "3", "#### 3 x", false },
    { "3", "#### 3\xcf\x80", false },
    { "3", "#### 3 \xcf\x80", false },
    { "3", "#### 3pi", false },
    { "3", "#### 3 pi", false },
    { "3", "#### 3 i", false },
    { "2", "#### the square of 2", false },
    { "2", "#### half of 2", false },
    { "2", "#### one half of 2", false },
    { "2", "#### a third of 2", false },
    { "2", "#### a quarter of 2", false },
    { "2", "#### twice 2", false },
    { "2", "#### double 2", false },
    { "2", "#### 2 twice", false },
    { "2", "#### log 2", false },
    { "2", "#### ln 2", false },
    { "6", "#### x = 5 y = 6", false },
    { "6", "#### x = 5 and y = 6", false },
    { "6", "#### x=5 or x=6", false },
    { "6", "#### 5 or x = 6", false },
    { "6", "#### 5, x = 6", false },
    { "6", "#### 5 apples, 2 * 3 = 6", false },
    { "5", "#### 5/n", false },
    { "5", "#### 5 / n", false },
    { "5", "#### 5 - x", false },
    { "5", "#### 5 minus tax", false },
    { "5", "#### x_{5}", false },
    { "5", "#### 5(x)", false },
    { "5", "#### (x)5", false },
    { "5", "#### 5\xe2\x80\xb0", false },
    { "5", "#### 5 per mille", false },
    { "5", "#### 5h30", false },
    { "5", "#### 5\xcc\x85", false },
    { "5.3", "#### 5.3\xcc\x85", false },
    { "3.33", "#### 3.33...", false },
    { "3.33", "#### 3.33\xe2\x80\xa6", false },
    { "2", "#### 2. Add the eggs\n12+18 = 30\nSo 30.", false },
    { "2", "#### 2) Add the eggs\n12+18 = 30\nSo 30.", false },
    { "2", "#### (2) Add\n12+18 = 30", false },
    { "5", "####  5 \x02", false },
    { "5", "#### five hundred 5", false },
    { "5", "#### wrong: 5", false },
    { "5", "#### 5 is wrong", false },
    { "5", "#### 5 is not the answer", false },
    { "5", "#### anything but 5", false },
    { "5", "#### 5 less than x", false },
    { "50", "#### 50 below zero", false },
    { "5", "#### 5 below zero", false },
    { "5", "#### 5 degrees below zero", false },
    { "5", "#### a multiple of 5", false },
    { "5", "#### divisible by 5", false },
    { "5", "#### 5 sixth", false },
    { "5", "#### 5 tenth", false },
    { "5", "#### 5x6", false },
    { "5", "#### 5\\6", false },
    { "5", "#### 5 %x", false },
    { "18", "#### 18^\\circ", true },
    { "18", "#### 18^{\\circ}", true },
    { "18", "#### 18 times", true },
    { "18", "#### 18</s>", true },
    { "18", "#### 18<|im_end|>", true },
    { "18", "#### <b>18</b>", true },
    { "18", "#### 18<br>", true },
    { "18", "#### <answer>18</answer>", true },
    { "18", "#### \xe7\xad\x94\xe6\xa1\x88\xe6\x98\xaf" "18", true },
    { "18", "#### The answer is 18\nLet me know if you need more.", true },
    { "18", "#### Answer: 18\n\nThanks", true },
    { "0", "1\xc2\xa0" "000\xc2\xa0" "000", false },
    { "0", "12\xe2\x80\xaf" "000", false },
    { "0", "12\xc2\xa0" "000", false },
    { "500", "3\xc2\xa0" "500", false },
    { "0", "12{,}000", false },
    { "0", "12\\,000", false },
    { "0", "10,\\!000", false },
    { "2", "2M", false },
    { "2", "$2M", false },
    { "2", "2-million", false },
    { "2", "2 and a half", false },
    { "2", "2\xc2\xa0million", false },
    { "2", "**2** million", false },
    { "2", "$2$ million", false },
    { "2", "\\$2$ million", false },
    { "5", "is - 5", false },
    { "5", "The answer is - 5.", false },
    { "5", "is \xe2\x88\x92 5", false },
    { "5", "is \xe2\x80\x93" "5", false },
    { "5", "is minus **5**", false },
    { "5", "x = -\\boxed{5}", false },
    { "5", "3 - 5", false },
    { "5", "3 \xe2\x80\x93 5", false },
    { "5", "3\xe2\x88\x92" "5", false },
    { "5", "3 : 5", false },
    { "5", "x_5", false },
    { "5", "x_{5}", false },
    { "5", "sqrt(5)", false },
    { "5", "\xe2\x88\x9a" "5", false },
    { "5", "f(5)", false },
    { "5", "3(5)", false },
    { "5", "(3)(5)", false },
    { "5", "3 \\times 5", false },
    { "5", "3 \\cdot 5", false },
    { "5", "3 \\div 5", false },
    { "5", "x + 5", false },
    { "5", "x - 5", false },
    { "5", "5x", false },
    { "5", "5 x", false },
    { "5", "5\\pi", false },
    { "5", "5 \\pi", false },
    { "5", "5\xcf\x80", false },
    { "5", "5!$", false },
    { "5", "5i", false },
    { "5", "1'005", false },
    { "5", "1_5", false },
    { "5", "5\xe2\x80\xb0", false },
    { "5", "\xc2\xb1" "5", false },
    { "3", "3 apples make \xef\xbc\x91\xef\xbc\x98", false },
    { "5", "3~5", false },
    { "5", "3\xe2\x80\x93" "5", false },
    { "5", "3\xe2\x80\x94" "5", false },
    { "5", "5e", false },
    { "3.33", "3.33...", false },
    { "5", "-(5)", false },
    { "5", "3 apples + 5", false },
    { "5", "3 apples \xc3\x97 5 days", false },
    { "5", "3 apples - 5 apples", false },
    { "5", "10% * 5", false },
    { "5", "n * 5", false },
    { "5", "> 5 or so, x > 5", false },
    { "5", "x > 5", false },
    { "5", "x < 5", false },
    { "5", "x \xe2\x89\xa5 5", false },
    { "5", "x \xe2\x89\xa0 5", false },
    { "18", "18^\\circ", true },
    { "5", "#### \xe2\x80\x93\\$5", false },
    { "5", "#### 5\xe2\x81\xbb\xc2\xb9", false },
    { "5", "#### {5}^{2}", false },
    { "5", "#### (5)!", false },
    { "5", "it is minus -5", false },
    { "5", "#### \\boxed{5}^2", false },
    { "5", "#### can't be 5", false },
    { "5", "#### \xe2\x8c\x8a" "5\xe2\x8c\x8b", false },
};

static const struct judged tag_texts[] = {
    { "50%", "<answer>50 percent</answer>", true },
    { "2 inch", "<answer>2 inches</answer>", true },
    { "2 box", "<answer>2 boxes</answer>", true },
    { "2 feet", "<answer>2 foot</answer>", true },
    { "12 m", "<answer>12 ms</answer>", false },
    { "12 MB", "<answer>12 mb/s</answer>", false },
    { "12 Mg", "<answer>12 mg</answer>", false },
    { "60 miles", "<answer>60 miles per hour</answer>", false },
    { "60 miles per hour", "<answer>60 miles</answer>", false },
    { "60 miles", "<answer>60 miles/hour</answer>", false },
    { "12 km/h", "<answer>12 km</answer>", false },
    { "12 km", "<answer>12 km/h</answer>", false },
    { "12 m^2", "<answer>12 m^3</answer>", false },
    { "12 m^2", "<answer>12 m</answer>", false },
    { "12 m\xc2\xb2", "<answer>12 m\xc2\xb3</answer>", false },
    { "12 m", "<answer>12 m\xc2\xb2</answer>", false },
    { "12 square feet", "<answer>12 square meters</answer>", false },
    { "\xe2\x82\xac" "12", "<answer>\xc2\xa3" "12</answer>", false },
    { "\xe2\x82\xac" "12", "<answer>$12</answer>", false },
    { "12 \xe2\x82\xac", "<answer>12 \xc2\xa3</answer>", false },
    { "$12", "<answer>\xe2\x82\xac" "12</answer>", false },
    { "12 \xc2\xb0", "<answer>12 rad</answer>", false },
    { "5 per cent", "<answer>5</answer>", false },
    { "5", "<answer>5 percent</answer>", false },
    { "5", "<answer>5 per cent</answer>", false },
    { "5", "<answer>5 pct</answer>", false },
    { "5", "<answer>5 \xef\xbc\x85</answer>", false },
    { "5", "<answer>%5</answer>", false },
    { "90 degrees Celsius", "<answer>90 degrees Fahrenheit</answer>", false },
};
/* clang-format on */

static void check(const struct rft_verify_options *options, const struct judged *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct rft_bytes text = rft_bytes_z(cases[i].text), gold = rft_bytes_z(cases[i].gold);
        struct rft_verdict v = rft_test_verify(options, text, RFT_FINISH_STOP, gold);
        assert_true(rft_gold_is_valid(options, gold));
        if ((v.reason == RFT_REASON_ACCEPTED) != cases[i].is_accepted)
            fail_msg("\"%s\" (gold %s): %s", cases[i].text, cases[i].gold, rft_reason_text(v.reason));
    }
}

static void test_gsm8k(void **state)
{
    (void)state;
    static const struct rft_verify_options options = {.kind = RFT_VERIFY_GSM8K};
    check(&options, gsm8k_texts, sizeof gsm8k_texts / sizeof *gsm8k_texts);
}

static void test_tag(void **state)
{
    (void)state;
    static const struct rft_verify_options options = {
        .kind = RFT_VERIFY_ANSWER_TAG, .rel_tol = 0.05, .units = RFT_UNITS_IGNORE};
    check(&options, tag_texts, sizeof tag_texts / sizeof *tag_texts);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_gsm8k), cmocka_unit_test(test_tag)};
    return RFT_TEST_RUN(tests, NULL, NULL);
}
