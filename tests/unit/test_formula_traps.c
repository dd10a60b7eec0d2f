/* SPDX-License-Identifier: MIT */
/* Pairs that look the same, or are the same at many points, and are not; with their nearest neighbours that are. */
#include "support.h"

#include "formula_pairs.h"

static void test_signs_and_domains(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {DIFFERENT, "|xy|", "xy"},
        {DIFFERENT, "\\sqrt{4x^2y^2}", "2xy"},
        {SAME, "\\sqrt{4x^2y^2}", "2|xy|"},
        {DIFFERENT, "|a||b|", "ab"},
        {SAME, "|a||b|", "|ab|"},
        {DIFFERENT, "|x|+|y|", "|x+y|"},
        {DIFFERENT, "|x|+|y| \\le 1", "|x+y| \\le 1"},
        {DIFFERENT, "|xy|=1", "xy=1"},
        {DIFFERENT, "\\frac{|xy|}{xy}", "1"},
        {DIFFERENT, "|abcd|", "abcd"},
        {DIFFERENT, "|x_8 x_9|", "x_8 x_9"},
        {DIFFERENT, "\\arcsin|x|", "\\arcsin x"},
        {UNDECIDED, "\\ln|x|+C", "\\ln x+C"},
        {UNDECIDED, "2\\ln x", "\\ln x^2"},
        {SAME, "3\\ln x", "\\ln x^3"},
        {SAME, "x\\sqrt{x}", "\\sqrt{x^3}"},
        {SAME, "x^{2/3}", "\\sqrt[3]{x^2}"},
        {SAME, "\\binom{n}{k}", "\\frac{n!}{k!(n-k)!}"},
    };
    CHECK_PAIRS(pairs);
}

static void test_rounding(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {REJECTED, "\\lfloor n/2\\rfloor+1", "\\lceil n/2\\rceil"},
        {REJECTED, "\\lfloor\\frac{n^2}{4}\\rfloor", "\\lceil\\frac{n^2}{4}\\rceil-1"},
        {REJECTED, "\\lceil x\\rceil", "\\lfloor x\\rfloor+1"},
        {REJECTED, "\\lfloor x\\rfloor+\\lfloor-x\\rfloor", "-1"},
        {UNDECIDED, "\\lfloor\\frac{n+1}{2}\\rfloor", "\\lceil\\frac{n}{2}\\rceil"},
        {SAME, "\\lceil\\frac{n}{2}\\rceil", "-\\lfloor-\\frac{n}{2}\\rfloor"},
        {DIFFERENT, "\\lfloor\\frac{n}{2}\\rfloor", "\\lfloor\\frac{n}{3}\\rfloor"},
    };
    CHECK_PAIRS(pairs);
}

static void test_close_values(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {DIFFERENT, "\\frac{e^{100}-e^{-100}}{2}", "\\frac{e^{100}+e^{-100}}{2}"},
        {DIFFERENT, "1-e^{-200}", "1"},
        {DIFFERENT, "\\tanh 100", "1"},
        {DIFFERENT, "\\pi", "\\pi+10^{-80}"},
        {SAME, "\\sinh 100", "\\frac{e^{100}-e^{-100}}{2}"},
    };
    CHECK_PAIRS(pairs);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signs_and_domains),
        cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_close_values),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
