/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "formula.h"
#include "formula_pairs.h"

static void test_numbers(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {SAME, "\\frac{1}{2}", "1/2"},
        {SAME, "\\frac12", "0.5"},
        {SAME, "\\dfrac{1}{2}", ".5"},
        {SAME, "-\\frac{1}{2}", "\\frac{-1}{2}"},
        {SAME, "-\\frac{1}{2}", "\\frac{1}{-2}"},
        {SAME, "1\\frac{1}{2}", "3/2"},
        {SAME, "3 1/2", "3.5"},
        {DIFFERENT, "3 1/2", "31/2"},
        {DIFFERENT, "1/3", "0.33"},
        {SAME, "0.\\overline{3}", "\\frac13"},
        {SAME, "0.1\\overline{6}", "1/6"},
        {SAME, "0.\\overline{142857}", "1/7"},
        {SAME, "12{,}000", "12000"},
        {SAME, "12\\,000", "12 000"},
        {SAME, "1011_2", "1011_{2}"},
        {DIFFERENT, "1011_2", "1011"},
        {DIFFERENT, "1011_2", "11"},
        {SAME, "441_{10}", "441"},
        {SAME, "6.02 \\times 10^{23}", "6.02e23"},
        {SAME, "10^{-3}", "0.001"},
        {SAME, "16^{1/4}", "2"},
        {SAME, "\\frac{\\pi}{4}", "\\pi/4"},
        {SAME, "0.5\\pi", "\\frac{\\pi}{2}"},
        {SAME, "2 \\cdot 3^{2}", "18"},
        {SAME, "\\dfrac{9}{4} \\pi", "\\frac94\\pi"},
        {REJECTED, "3^{10000}", "3^{10000}-1"},
        {SAME, "2^{2007}-1", "-1+2^{2007}"},
        {DIFFERENT, "2^{2007}-1", "2^{2007}"},
        {SAME,
         "\xcf\x80"
         "r\xc2\xb2"
         "",
         "\\pi r^2"},
        {SAME, "3^{-2}", "\\frac{1}{9}"},
        {SAME, "10\\,080", "10080"},
        {SAME, "0.25", "\\frac{25}{100}"},
    };
    CHECK_PAIRS(pairs);
}

static void test_dressed(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {SAME, "50\\%", "50"},
        {DIFFERENT, "50\\%", "0.5"},
        {SAME, "90^{\\circ}", "90 degrees"},
        {SAME, "15\\text{ cm}^2", "15"},
        {SAME, "15\\text{ cm}^2", "15 square centimeters"},
        {SAME, "15\\text{ cm}^2", "15 \\text{ sq cm}"},
        {DIFFERENT, "15\\text{ cm}^2", "15\\text{ cm}"},
        {DIFFERENT, "12\\text{ m}", "12\\text{ cm}"},
        {SAME, "12\\text{ cm}", "12 cm"},
        {SAME, "\\$5", "5"},
        {SAME, "\\$5.00", "5 dollars"},
        {DIFFERENT, "\\$5", "5 cents"},
        {DIFFERENT,
         "\xe2\x82\xac"
         "5",
         "\\$5"},
        {DIFFERENT, "2 million", "2"},
        {SAME, "x<1 \\text{ or } x>3", "(-\\infty,1)\\cup(3,\\infty)"},
        {SAME, "\\text{(B)}", "B"},
        {SAME, "\\text{(B)}", "(B)"},
        {DIFFERENT, "\\text{(B)}", "(C)"},
        {SAME, "\\text{Evelyn}", "Evelyn"},
        {SAME, "\\text{even}", "even"},
        {DIFFERENT, "\\text{odd}", "\\text{even}"},
        {SAME, "\\text{odd}", "odd"},
        {SAME, "\\text{Yes}", "yes"},
        {SAME, "4:30 \\text{ p.m.}", "4:30 p.m."},
        {DIFFERENT, "4:30 \\text{ p.m.}", "4:30 a.m."},
        {DIFFERENT, "4:30 \\text{ p.m.}", "4:30"},
        {SAME, "\\text{Area} = 12", "12"},
        {SAME, "12\\mathrm{~cm}", "12"},
        {SAME, "5\\mathrm{~m}", "5 meters"},
        {SAME, "3 \\text{ hours}", "3 hours"},
        {SAME, "\\frac{1}{2} \\text{ hour}", "0.5"},
        {SAME, "\\frac{3\\pi}{2} \\text{ radians}", "\\frac{3\\pi}{2}"},
        {SAME, "5 \\text{ apples}", "5"},
        {DIFFERENT, "5 \\text{ apples}", "5 \\text{ oranges}"},
        {SAME, "x=1 \\text{ or } x=2", "1,2"},
        {SAME, "1 \\text{ and } 2", "2,1"},
        {SAME, "\\text{No solution}", "no solution"},
        {SAME, "10\\text{ inches}", "10 in"},
        {SAME, "864 \\mbox{ inches}^2", "864 square inches"},
        {SAME, "10\\%", "10 percent"},
        {SAME, "\\{x | x < 1 \\text{ or } x > 3\\}", "(-\\infty,1)\\cup(3,\\infty)"},
        {SAME, "75^\\circ\\text{F}", "75"},
        {DIFFERENT, "75^\\circ\\text{F}", "75^{\\circ}\\text{C}"},
        {SAME, "-\\$5", "-5"},
        {SAME, "\\$1{,}000", "1000"},
        {SAME, "\\text{6 and 8}", "8,6"},
        {SAME, "\\frac{1}{2}\\%", "0.5\\%"},
        {SAME, "\\text{Monday}", "Monday"},
        {SAME, "\\frac{9\\sqrt{3}}{4} \\text{ square units}", "\\frac{9\\sqrt{3}}{4}"},
        {SAME, "60 \\text{ miles per hour}", "60 mph"},
        {SAME, "60 \\text{ miles per hour}", "60 \\text{ miles/hour}"},
    };
    CHECK_PAIRS(pairs);
}

static void test_expressions(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {SAME, "2\\sqrt{3}", "\\sqrt{12}"},
        {SAME, "\\frac{\\sqrt{3}}{3}", "\\frac{1}{\\sqrt{3}}"},
        {DIFFERENT, "\\sqrt{2}", "1.414"},
        {SAME, "12,\\!000", "12000"},
        {SAME, "90^\\circ", "90"},
        {SAME, "(x+1)^2", "x^2+2x+1"},
        {SAME, "(x-1)(x+1)", "x^2-1"},
        {DIFFERENT, "(x-1)(x+1)", "x^2+1"},
        {DIFFERENT, "2x", "2y"},
        {DIFFERENT, "|x|", "x"},
        {DIFFERENT, "\\sqrt{x^2}", "x"},
        {SAME, "\\frac{x^2-1}{x-1}", "x+1"},
        {SAME, "5!", "120"},
        {SAME, "\\binom{5}{2}", "10"},
        {SAME, "\\sin 30^\\circ", "1/2"},
        {SAME, "\\sin^2 x + \\cos^2 x", "1"},
        {SAME, "\\tan x", "\\frac{\\sin x}{\\cos x}"},
        {SAME, "\\log_2 8", "3"},
        {SAME, "\\ln e", "1"},
        {SAME, "\\log 100", "2"},
        {SAME, "e^{i\\pi}", "-1"},
        {SAME, "3+4i", "4i+3"},
        {DIFFERENT, "3+4i", "3-4i"},
        {SAME, "|3+4i|", "5"},
        {SAME, "2\\cos x \\sin x", "\\sin(2x)"},
        {SAME, "2^{1/2}", "\\sqrt2"},
        {SAME, "\\frac{2}{\\sqrt{5}+1}", "\\frac{\\sqrt5-1}{2}"},
        {SAME, "\\lfloor 3.7 \\rfloor", "3"},
        {REJECTED, "1/2x", "x/2"},
        {REJECTED, "1/2x", "\\frac{1}{2x}"},
        {SAME, "2n+1", "1+2n"},
        {SAME, "(-1)^n", "(-1)^{n}"},
        {SAME, "\\frac{n(n+1)}{2}", "\\binom{n+1}{2}"},
        {SAME, "n!", "n \\cdot (n-1)!"},
        {SAME, "2^{n+1}", "2\\cdot 2^n"},
        {DIFFERENT, "2^{n+1}", "2^n+1"},
        {SAME, "\\cot x", "\\frac{1}{\\tan x}"},
        {SAME, "\\arctan 1", "\\frac{\\pi}{4}"},
        {SAME, "\\tan^{-1}(1)", "\\pi/4"},
        {SAME, "\\log_3 (x)", "\\frac{\\ln x}{\\ln 3}"},
        {SAME, "\\sec^2 x - 1", "\\tan^2 x"},
        {DIFFERENT, "30^\\circ", "\\frac{\\pi}{6}"},
        {SAME, "\\frac{x}{2}", "0.5x"},
        {SAME, "-x^2", "-(x^2)"},
        {DIFFERENT, "-x^2", "(-x)^2"},
        {SAME, "\\frac{11+9a}{20}", "\\frac{9a+11}{20}"},
        {SAME, "$\\sqrt{3}$", "\\(\\sqrt{3}\\)"},
        {SAME, "1 - \\frac{1}{e}", "1-e^{-1}"},
        {SAME, "x^{2023}+1", "1+x^{2023}"},
        {DIFFERENT, "x^{2023}+1", "x^{2023}"},
        {SAME, "\\binom{2008}{1004}", "\\binom{2008}{1004}\\cdot 1"},
        {SAME, "sqrt(3)/2", "\\frac{\\sqrt3}{2}"},
        {SAME, "2*sqrt(3)",
         "2\xe2\x88\x9a"
         "3"},
        {SAME, "2pi", "2\\pi"},
        {SAME, "2^{x} \\cdot 2^{-x}", "1"},
        {SAME, "\\sqrt{-4}", "2i"},
        {SAME, "\\overrightarrow{AB}", "\\overrightarrow{AB}"},
        {SAME, "4x^{3}-3x", "x(4x^2-3)"},
        {SAME, "x+2y", "2y+x"},
        {SAME, "\\frac{1}{x+1}-\\frac{1}{x+2}", "\\frac{1}{(x+1)(x+2)}"},
        {SAME, "\\frac{\\ln 8}{\\ln 2}", "3"},
        {SAME, "\\log_{10} 1000", "3"},
    };
    CHECK_PAIRS(pairs);
}

static void test_gold_is_valid(void **state)
{
    (void)state;
    static const char *const valid[] = {"5", "\\text{even}", "We get $x = \\boxed{5}.$", "(1,2)", "x"};
    static const char *const invalid[] = {"", " ", "$$", "\\boxed{}", "{}", "."};
    for (size_t i = 0; i < sizeof valid / sizeof *valid; i++)
        if (!rft_formula_gold_is_valid(rft_bytes_z(valid[i])))
            fail_msg("\"%s\" is refused", valid[i]);
    for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++)
        if (rft_formula_gold_is_valid(rft_bytes_z(invalid[i])))
            fail_msg("\"%s\" is accepted", invalid[i]);
    static const struct pair whole[] = {
        {SAME, "The answer is $\\frac{1}{2}$. I hope it is correct.", "so \\boxed{0.5} is it"},
    };
    CHECK_PAIRS(whole);
    enum rft_formula_verdict verdict;
    assert_int_equal(rft_formula_compare(rft_bytes_z(""), rft_bytes_z(""), &verdict), RFT_OK);
    assert_int_equal(verdict, RFT_FORMULA_UNDECIDED);
}

static enum rft_status compare_all(void *user)
{
    static const struct pair pairs[] = {
        {SAME, "\\begin{pmatrix} 1 \\\\ x_{max} \\end{pmatrix}", "(1, x_{max})"},
        {SAME, "\\sin^2 x + \\cos^2 x, 3 \\text{ cm}", "3, 1"},
        {SAME, "x \\ne 3", "(-\\infty,3)\\cup(3,\\infty)"},
        {SAME, "2x+4y-3=0", "y=-\\frac{1}{2}x+\\frac{3}{4}"},
        {SAME, "\\text{no solution}", "No solution"},
        {SAME, "1 < x < 3", "x > 1 \\text{ and } x < 3"},
        {SAME, "\\textbf{(C)}\\ \\frac{1}{2}", "{1 \\over 2}"},
    };
    (void)user;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        enum rft_formula_verdict verdict;
        RFT_TRY(rft_formula_compare(rft_bytes_z(pairs[i].a), rft_bytes_z(pairs[i].b), &verdict));
        if (verdict != RFT_FORMULA_SAME)
            return RFT_ERR_INPUT;
    }
    return RFT_OK;
}

static void test_allocations_fail(void **state)
{
    (void)state;
    assert_true(rft_test_alloc_faults(compare_all, NULL) > 10);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),          cmocka_unit_test(test_dressed),
        cmocka_unit_test(test_expressions),      cmocka_unit_test(test_gold_is_valid),
        cmocka_unit_test(test_allocations_fail),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
