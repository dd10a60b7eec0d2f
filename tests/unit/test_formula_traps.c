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
        {SAME, "(-1)^n", "\\cos(n\\pi)"},
        {SAME, "x^{2n}", "(x^2)^n"},
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

static void test_joints(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {REJECTED, "x>1 \\text{ and } x<3", "x>1 \\text{ or } x<3"},
        {REJECTED, "x<1 \\text{ or } x>3", "x<1 \\text{ and } x>3"},
        {REJECTED, "x=0 \\text{ or } y=0", "x=0 \\text{ and } y=0"},
        {REJECTED, "(-\\infty,-2)\\cup(2,\\infty)", "x<-2 \\text{ and } x>2"},
        {REJECTED, "x \\le 2 \\text{ and } x \\ge -2", "x\\le2 \\text{ or } x\\ge-2"},
        {REJECTED, "(-\\infty,3)\\cup(1,\\infty)", "x>1, x<3"},
        {REJECTED, "p \\land q", "p \\lor q"},
        {SAME, "1<x<3", "x>1 \\text{ and } x<3"},
        {SAME, "(1,3]", "x \\le 3 \\text{ and } x>1"},
        {SAME, "x>1 \\text{ and } x<3", "x<3 \\text{ and } x>1"},
        {SAME, "x=1 \\text{ and } x=2", "x=2 \\text{ or } x=1"},
        {SAME, "x = 1, y = 2", "y = 2 \\text{ and } x = 1"},
    };
    CHECK_PAIRS(pairs);
}

static void test_names(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {REJECTED, "AB = 3, BC = 4", "AB = 4, BC = 3"},
        {REJECTED, "f(1)=2, f(2)=3", "f(1)=3, f(2)=2"},
        {REJECTED, "\\text{Alice} = 3, \\text{Bob} = 4", "\\text{Alice}=4, \\text{Bob}=3"},
        {REJECTED, "\\text{mean}=5, \\text{median}=4", "\\text{mean}=4, \\text{median}=5"},
        {REJECTED, "\\text{mean}=5", "\\text{median}=5"},
        {REJECTED, "f(2)=5", "f(3)=5"},
        {REJECTED, "AB=5", "BC=5"},
        {DIFFERENT, "f(2)=5", "f(3)=6"},
        {SAME, "AB = 3, BC = 4", "BC = 4, AB = 3"},
        {SAME, "AB = 3, BC = 4", "3, 4"},
        {SAME, "f(2)=5", "5"},
        {SAME, "f(2)=5", "f(2)=\\frac{10}{2}"},
        {SAME, "|AB|=5", "AB=5"},
        {SAME, "y=2x+1", "f(x)=2x+1"},
        {SAME, "P(A \\cap B) = \\frac12", "\\frac12"},
        {SAME, "P(\\text{heads}) = \\frac12", "0.5"},
        {SAME, "[ABC] = 12", "12"},
        {REJECTED, "P(A \\cap B) = \\frac12", "P(A \\cup B) = \\frac12"},
        {REJECTED, "P(A)+P(B) = 1", "1"},
    };
    CHECK_PAIRS(pairs);
}

static void test_no_products(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {REJECTED, "y=f(2x)", "y=2f(x)"},
        {REJECTED, "y = -f(x)", "y = f(-x)"},
        {REJECTED, "f(x)+f(y)", "f(x+y)"},
        {REJECTED, "P(A)+P(B)", "P(A+B)"},
        {REJECTED, "f(g(x))", "g(f(x))"},
        {REJECTED, "f\\circ g", "g\\circ f"},
        {REJECTED, "p(x)q(y)", "p(y)q(x)"},
        {REJECTED, "CAB", "ABC"},
        {REJECTED, "\\angle ABC", "\\angle ACB"},
        {REJECTED, "\\triangle ABC", "\\triangle ACB"},
        {REJECTED, "\\frac{dy}{dx}", "\\frac{y}{x}"},
        {REJECTED, "\\mathbf{a}\\times\\mathbf{b}", "\\mathbf{b}\\times\\mathbf{a}"},
        {REJECTED, "\\vec{a}\\cdot\\vec{b}", "\\vec{a}\\times\\vec{b}"},
        {REJECTED, "\\overline{abc}", "abc"},
        {REJECTED, "\\mathbb{Z}", "Z"},
        {REJECTED, "5!!", "(5!)!"},
        {REJECTED, "1,234", "234,1"},
        {SAME, "y=f(2x)", "y = f (2x)"},
        {SAME, "x(x+1)", "x^2+x"},
        {SAME, "(x+1)(y)", "xy+y"},
        {SAME, "100,200,300", "100, 200, 300"},
    };
    CHECK_PAIRS(pairs);
}

static void test_words_and_units(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {REJECTED, "5", "5\\text{ sevenths}"},
        {REJECTED, "3", "3\\text{ hundredth}"},
        {REJECTED, "3", "3\\text{ lakh}"},
        {REJECTED, "3", "3\\text{ pairs}"},
        {REJECTED, "2", "2\\text{ gross}"},
        {REJECTED, "5", "5\\text{ is invalid}"},
        {REJECTED, "5", "5\\text{ approximately}"},
        {REJECTED, "5", "5\\text{ maybe}"},
        {SAME, "5\\text{ sevenths}", "5 sevenths"},
        {SAME, "8 \\text{ students}", "8"},
        {SAME, "5 only", "5"},
        {DIFFERENT, "90^\\circ", "90\\text{ rad}"},
        {DIFFERENT, "30^\\circ", "30\\%"},
        {DIFFERENT, "-30^\\circ", "-30\\%"},
        {DIFFERENT, "30^\\circ", "30\\text{ cm}"},
        {DIFFERENT, "30^\\circ", "\\$30"},
        {REJECTED, "\\frac{\\pi}{2}", "\\frac{\\pi}{2}^\\circ"},
        {SAME, "30^\\circ", "30"},
        {SAME, "30^\\circ", "30 degrees"},
        {SAME, "75^\\circ\\text{F}", "75^\\circ"},
    };
    CHECK_PAIRS(pairs);
}

static void test_readings(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {REJECTED, "a \\bmod b", "b \\bmod a"},
        {REJECTED, "2\\int_0^1 x\\,dx", "3\\int_0^1 x\\,dx"},
        {REJECTED, "1\\cdot 3\\cdot 5\\cdots(2n-1)", "1\\cdot 15\\cdots(2n-1)"},
        {SAME, "x=1,\\quad y=2", "x=1,\\quady=2"},
        {SAME, "2e-1", "2e - 1"},
        {SAME, "2e-2", "2(e-1)"},
        {REJECTED, "2e-3", "0.002"},
        {SAME, "1.5e-3", "0.0015"},
        {SAME, "2e3", "2000"},
        {REJECTED, "(\\pm 1, \\pm 2)", "(1,2),(-1,-2)"},
        {REJECTED, "\\pm 1 \\pm \\sqrt2", "1+\\sqrt2, -1-\\sqrt2"},
        {SAME, "\\pm 1, \\pm 2", "1,-1,2,-2"},
        {SAME, "\\pm 1 \\mp i", "1-i, -1+i"},
    };
    CHECK_PAIRS(pairs);
}

/* Other ways to put the same. */
static void test_spellings(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {SAME, "yes", "Yes"},
        {DIFFERENT, "yes", "no"},
        {SAME, "\\frac12", "{1 \\over 2}"},
        {SAME, "\\frac{x+1}{2}", "{x+1 \\over 2}"},
        {SAME, "\\frac{x+1}{2}", "x+1 \\over 2"},
        {SAME, "10", "{5 \\choose 2}"},
        {DIFFERENT, "\\frac12", "{2 \\over 1}"},
        {SAME, "(1,2)\\cup(3,4)", "(1,2)\\bigcup(3,4)"},
        {SAME, "3 \\pmod 7", "3 \\pmod{7}"},
        {REJECTED, "3 \\pmod 7", "3 \\pmod{5}"},
        {REJECTED, "3 \\pmod 7", "3"},
        {SAME, "101_2", "101_\\text{two}"},
        {SAME, "101_2", "101_{\\text{two}}"},
        {SAME, "101_2", "(101)_2"},
        {DIFFERENT, "101_2", "(101)_3"},
        {DIFFERENT, "101_2", "101"},
        {SAME, "\\text{no solution}", "\\text{No solutions}"},
        {DIFFERENT, "\\text{no solution}", "\\text{one solution}"},
        {SAME, "(x,y)=(1,2)", "x=1,y=2"},
        {SAME, "(x,y)=(1,2)", "y=2, x=1"},
        {REJECTED, "(x,y)=(1,2)", "x=2,y=1"},
        {REJECTED, "(x,y)=(1,2)", "x=1,z=2"},
    };
    CHECK_PAIRS(pairs);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signs_and_domains),
        cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_close_values),
        cmocka_unit_test(test_joints),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_no_products),
        cmocka_unit_test(test_words_and_units),
        cmocka_unit_test(test_readings),
        cmocka_unit_test(test_spellings),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
