/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "formula.h"

#include <string.h>

/* What a pair must be; REJECTED: anything but the same. */
enum expected { SAME, DIFFERENT, UNDECIDED, REJECTED };

struct pair {
    enum expected expected;
    const char *a, *b;
};

static enum rft_formula_verdict compare(const char *a, const char *b)
{
    enum rft_formula_verdict verdict;
    assert_int_equal(rft_formula_compare(rft_bytes_z(a), rft_bytes_z(b), &verdict), RFT_OK);
    return verdict;
}

static void check_pairs(const struct pair *pairs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        enum rft_formula_verdict verdict = compare(pairs[i].a, pairs[i].b);
        bool holds =
            pairs[i].expected == REJECTED ? verdict != RFT_FORMULA_SAME : (int)verdict == (int)pairs[i].expected;
        if (!holds || compare(pairs[i].b, pairs[i].a) != verdict)
            fail_msg("\"%s\" and \"%s\": %s", pairs[i].a, pairs[i].b, rft_formula_verdict_text(verdict));
        assert_int_equal(compare(pairs[i].a, pairs[i].a), RFT_FORMULA_SAME);
    }
}
#define CHECK_PAIRS(pairs) check_pairs(pairs, sizeof(pairs) / sizeof *(pairs))

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

static void test_collections(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {SAME, "12,000", "12000"},
        {DIFFERENT, "12,00", "1200"},
        {SAME, "(1,2)", "(1, 2)"},
        {DIFFERENT, "(1,2)", "(2,1)"},
        {DIFFERENT, "(1,2)", "[1,2]"},
        {DIFFERENT, "[1,2)", "(1,2]"},
        {SAME, "1,2,3", "3, 2, 1"},
        {SAME, "\\{1,2,3\\}", "\\{3,1,2\\}"},
        {SAME, "\\{1,2\\}", "1, 2"},
        {REJECTED, "(1,2)", "1,2"},
        {REJECTED, "(1,2)", "\\{1,2\\}"},
        {SAME, "(-\\infty, 2] \\cup [3, \\infty)", "[3,\\infty)\\cup(-\\infty,2]"},
        {SAME, "\\mathbb{R}", "(-\\infty,\\infty)"},
        {SAME, "\\pm 2", "2, -2"},
        {SAME, "\\pm 2", "-2, 2"},
        {DIFFERENT, "\\pm 2", "2"},
        {SAME, "\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", "\\begin{bmatrix}1\\\\2\\end{bmatrix}"},
        {SAME, "\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", "(1,2)"},
        {DIFFERENT, "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}",
         "\\begin{pmatrix} 1 & 3 \\\\ 2 & 4 \\end{pmatrix}"},
        {SAME, "\\begin{pmatrix} 1/5 \\\\ -18/5 \\end{pmatrix}", "\\frac15\\begin{pmatrix}1\\\\-18\\end{pmatrix}"},
        {SAME, "3:2", "3:2"},
        {DIFFERENT, "3:2", "2:3"},
        {SAME, "\\sqrt[3]{8}", "2"},
        {SAME, "\\sqrt[3]{-8}", "-2"},
        {SAME, "\\emptyset", "\\varnothing"},
        {SAME, "1,234.5", "1234.5"},
        {SAME, "100,200,300", "100, 200, 300"},
        {SAME, "3+\\sqrt{2},3-\\sqrt{2}", "3\\pm\\sqrt{2}"},
        {DIFFERENT, "1,1,2", "1,2,2"},
        {SAME, "2\\mathbf{i}+3\\mathbf{j}", "3\\mathbf{j}+2\\mathbf{i}"},
        {DIFFERENT, "(3,4]", "[3,4]"},
        {SAME, "\\begin{array}{c} 1 \\\\ 2 \\end{array}", "\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}"},
        {SAME, "(-inf, 3)", "(-\\infty,3)"},
        {SAME, "1:4", "1 : 4"},
    };
    CHECK_PAIRS(pairs);
}

static void test_relations(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {SAME, "\\left(\\frac12, 3\\right)", "(0.5, 3)"},
        {SAME, "x>3", "(3,\\infty)"},
        {SAME, "x \\ge 3", "[3, \\infty)"},
        {SAME, "-3<x<5", "(-3,5)"},
        {SAME, "-3 \\le x < 5", "[-3,5)"},
        {DIFFERENT, "-3 \\le x < 5", "(-3,5)"},
        {SAME, "x \\neq 3", "(-\\infty,3)\\cup(3,\\infty)"},
        {SAME, "x=5", "5"},
        {SAME, "5", "x = 5"},
        {DIFFERENT, "x=5", "y=5"},
        {SAME, "f(x)=2x+1", "2x+1"},
        {SAME, "y=2x+1", "2x+1"},
        {SAME, "y=2x+1", "2x-y+1=0"},
        {SAME, "y = 2x+1", "f(x) = 2x + 1"},
        {SAME, "x^2+y^2=4", "y^2 + x^2 - 4 = 0"},
        {DIFFERENT, "x^2+y^2=4", "x^2+y^2=5"},
        {SAME, "2x+3y<6", "6 > 2x + 3y"},
        {DIFFERENT, "2x+3y<6", "2x+3y > 6"},
        {SAME, "x = 2 \\pm \\sqrt{3}", "2+\\sqrt{3}, 2-\\sqrt{3}"},
        {SAME, "x \\in [2,3]", "[2,3]"},
        {SAME, "\\left\\{ 1, 2 \\right\\}", "\\{2,1\\}"},
        {SAME, "k = 1", "1"},
        {SAME, "\\angle ABC = 30^\\circ", "30"},
        {DIFFERENT, "x+y=3", "3"},
        {SAME, "a_n = 2n+1", "2n+1"},
        {SAME, "a_{n}=2n+1", "2n + 1"},
        {SAME, "(x, y) = (1, 2)", "(1,2)"},
        {DIFFERENT, "(x, y) = (1, 2)", "(y,x)=(1,2)"},
        {SAME, "x=1, y=2", "y=2, x=1"},
        {DIFFERENT, "x=1, y=2", "x=2,y=1"},
        {DIFFERENT, "x=1,y=2", "2,1"},
        {SAME, "x=1,y=2", "1,2"},
        {SAME, "5x-7y+11z+4=0", "-5x+7y-11z-4=0"},
        {SAME, "\\frac{5}{3} \\approx 1.67", "\\frac{5}{3}"},
        {SAME, "\\overline{AB}=5", "5"},
        {SAME, "|AB| = 5", "5"},
        {SAME, "x^{2} - 2x + 4 = (x-1)^2+3", "x^{2} - 2x + 4 = (x-1)^2+3"},
        {SAME, "f^{-1}(x)=\\frac{x-1}{2}", "\\frac{x-1}{2}"},
        {SAME, "m\\angle A = 30^\\circ", "30"},
        {SAME, "\\{x \\mid x > 3\\}", "(3,\\infty)"},
        {SAME, "\\{x \\in \\mathbb{R} : x \\neq 3\\}", "x \\ne 3"},
        {SAME, "\\frac{x^2}{4}-\\frac{y^2}{9}=1", "9x^2-4y^2=36"},
        {SAME, "x<=5", "x \\leq 5"},
        {DIFFERENT, "x > 3", "x \\ge 3"},
        {SAME, "(x-2)^2+(y+3)^2=16", "x^2+y^2-4x+6y-3=0"},
        {DIFFERENT, "(x-2)^2+(y+3)^2=16", "x^2+y^2-4x+6y+3=0"},
        {SAME, "\\cos\\left(\\frac{\\pi}{3}\\right)", "\\frac12"},
        {SAME, "\\left[\\frac{1}{2},1\\right]", "[0.5, 1]"},
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

/* The table of docs/verification.md, as far as it does not stand above. */
static void test_documented(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {SAME, "\\frac{1}{2}", "\\frac{-3}{-6}"},
        {DIFFERENT, "\\frac{1}{2}", "0.49"},
        {REJECTED, "1/3", "0.333..."},
        {SAME, "2\\sqrt{3}", "\\frac{6}{\\sqrt 3}"},
        {DIFFERENT, "2\\sqrt{3}", "3.464"},
        {SAME, "12{,}000", "1.2 \\times 10^4"},
        {REJECTED, "12{,}000", "12, 000"},
        {DIFFERENT, "12{,}000", "12.000"},
        {DIFFERENT, "15\\text{ cm}^2", "15\\text{ m}^2"},
        {DIFFERENT, "\\$5", "5 million"},
        {SAME, "\\$5", "5.00"},
        {SAME, "50\\%", "50 percent"},
        {DIFFERENT, "90^\\circ", "\\frac{\\pi}{2}"},
        {SAME, "4:30\\text{ p.m.}", "4:30 PM"},
        {SAME, "1,2,3", "\\{1,2,3\\}"},
        {SAME, "1,2,3", "x = 1, x = 2 or x = 3"},
        {REJECTED, "1,2,3", "(1,2,3)"},
        {DIFFERENT, "1,2,3", "1,2,3,3"},
        {SAME, "x = 1, y = 2", "1, 2"},
        {DIFFERENT, "x = 1, y = 2", "2, 1"},
        {DIFFERENT, "3 \\pm \\sqrt{2}", "3+\\sqrt2"},
        {DIFFERENT, "(-\\infty,1)\\cup(3,\\infty)", "(-\\infty,1]\\cup(3,\\infty)"},
        {DIFFERENT, "x \\ne 3", "3"},
        {SAME, "5", "f(2) = 5"},
        {SAME, "5", "5 apples"},
        {DIFFERENT, "5", "x + y = 5"},
        {DIFFERENT, "5", "x > 5"},
        {DIFFERENT, "y = 2x + 1", "y = 2x"},
        {DIFFERENT, "(x+1)^2", "(y+1)^2"},
        {SAME, "x", "\\frac{x^2}{x}"},
        {DIFFERENT, "\\text{(B)}", "b"},
        {DIFFERENT, "\\text{(B)}", "C"},
        {DIFFERENT, "\\text{even}", "odd"},
        {SAME, "\\text{even}", "Even"},
        {SAME, "\\mathbf{A}", "A"},
        {SAME, "\\frac12", "\\frac12 \\text{ or } 0.5"},
        {SAME, "\\text{3:30 PM}", "3:30 \\text{ p.m.}"},
        {DIFFERENT, "60 \\text{ at least}", "60"},
        {REJECTED, "at least 5", "5"},
        {REJECTED, "5 or more", "5"},
        {REJECTED, "5", "not 5"},
        {DIFFERENT, "3 \\text{ dozen}", "3"},
        {DIFFERENT, "\\frac{1}{2} \\text{ million}", "\\frac{1}{2}"},
        {DIFFERENT, "5 squared", "5"},
        {REJECTED, "the", "it"},
        {SAME, "5 only", "5"},
        {REJECTED, "5 \\text{ divided by } 2", "5"},
        {DIFFERENT, "x+1=5", "4"},
        {SAME, "x+1=5", "x=4"},
        {DIFFERENT, "x^2=16", "x=4"},
        {DIFFERENT, "\\{x : x > 3\\}", "\\{x : x < 3\\}"},
        {SAME, "\\sqrt[3]{x}", "x^{1/3}"},
        {DIFFERENT, "\\log 2", "\\ln 2"},
        {SAME, "\\{1, 2, 2\\}", "\\{2, 1\\}"},
        {DIFFERENT, "1, 2, 2", "2, 1"},
        {DIFFERENT, "\\frac{x+1}{x-1}", "\\frac{x-1}{x+1}"},
        {SAME, "\\frac{x+1}{x-1}", "1+\\frac{2}{x-1}"},
        {REJECTED, "5'", "5"},
        {REJECTED, "1.2.3", "1.2"},
        {DIFFERENT, "1234,567", "1234567"},
        {DIFFERENT, "\\begin{pmatrix} 1 & 2 \\end{pmatrix}", "\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}"},
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
    assert_int_equal(compare("", ""), RFT_FORMULA_UNDECIDED);
    assert_int_equal(compare("The answer is $\\frac{1}{2}$. I hope it is correct.", "so \\boxed{0.5} is it"),
                     RFT_FORMULA_SAME);
}

static enum rft_status compare_all(void *user)
{
    static const struct pair pairs[] = {
        {SAME, "\\begin{pmatrix} 1 \\\\ x_{max} \\end{pmatrix}", "(1, x_{max})"},
        {SAME, "\\sin^2 x + \\cos^2 x, 3 \\text{ cm}", "3, 1"},
        {SAME, "x \\ne 3", "(-\\infty,3)\\cup(3,\\infty)"},
        {SAME, "2x+4y-3=0", "y=-\\frac{1}{2}x+\\frac{3}{4}"},
        {SAME, "\\text{no solution}", "No solution"},
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
        cmocka_unit_test(test_numbers),       cmocka_unit_test(test_dressed),
        cmocka_unit_test(test_collections),   cmocka_unit_test(test_relations),
        cmocka_unit_test(test_expressions),   cmocka_unit_test(test_documented),
        cmocka_unit_test(test_gold_is_valid), cmocka_unit_test(test_allocations_fail),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
