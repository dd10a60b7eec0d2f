/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "python_float.h"

#include <math.h>

#define BYTES(literal)                                                                                                 \
    {                                                                                                                  \
        literal, sizeof(literal) - 1                                                                                   \
    }

static void test_python_float(void **state)
{
    (void)state;
    static const struct {
        struct rft_bytes text;
        double value; /* NAN: ValueError */
    } cases[] = {
        {BYTES("6000"), 6000},
        {BYTES(" \t\n\v\f\r6000\r"), 6000},
        {BYTES("6000."), 6000},
        {BYTES(".5"), 0.5},
        {BYTES("."), NAN},
        {BYTES(""), NAN},
        {BYTES("   "), NAN},
        {BYTES("1e5"), 1e5},
        {BYTES("1.e5"), 1e5},
        {BYTES(".e5"), NAN},
        {BYTES("1e"), NAN},
        {BYTES("1e+"), NAN},
        {BYTES("1E-5"), 1e-5},
        {BYTES("1e3_0"), 1e30},
        {BYTES("6_000"), 6000},
        {BYTES("6__000"), NAN},
        {BYTES("_6"), NAN},
        {BYTES("6_"), NAN},
        {BYTES("1._5"), NAN},
        {BYTES("1_.5"), NAN},
        {BYTES("1.5_5"), 1.55},
        {BYTES("1_e5"), NAN},
        {BYTES("1e_5"), NAN},
        {BYTES("+6"), 6},
        {BYTES("-6"), -6},
        {BYTES("- 6"), NAN},
        {BYTES("++6"), NAN},
        {BYTES("inf"), INFINITY},
        {BYTES("-Infinity"), -INFINITY},
        {BYTES("iNfInItY"), INFINITY},
        {BYTES("infin"), NAN},
        {BYTES("in_f"), NAN},
        {BYTES("nan"), NAN},
        {BYTES("1e999"), INFINITY},
        {BYTES("-1e999"), -INFINITY},
        {BYTES("1e99999999999999999999999"), INFINITY},
        {BYTES("0e99999999999999999999999"), 0},
        {BYTES("1e-99999999999999999999999"), 0},
        {BYTES("1e-999"), 0},
        {BYTES("4.9e-324"), 4.9406564584124654e-324},
        {BYTES("1.7976931348623157e308"), 1.7976931348623157e308},
        {BYTES("1.797693134862315808e308"), INFINITY},
        {BYTES("0x10"), NAN},
        {BYTES("6f"), NAN},
        {BYTES("1 2"), NAN},
        {BYTES("6\0"), NAN},
        {BYTES("\x1c"
               "6"),
         NAN},
        {BYTES("\x7f"
               "6"),
         NAN},
        {BYTES("\xc2\xa0"
               "6000\xe2\x80\x83"),
         6000}, /* U+00A0, U+2003 */
        {BYTES("\xc2\x85"
               "6\xe3\x80\x80"),
         6},                                                               /* U+0085, U+3000 */
        {BYTES("6\xe2\x80\x8b"), NAN},                                     /* U+200B */
        {BYTES("\xef\xbc\x96\xef\xbc\x90\xef\xbc\x90\xef\xbc\x90"), 6000}, /* fullwidth */
        {BYTES("\xd9\xa6\xd9\xa0\xd9\xa0\xd9\xa0"), 6000},                 /* Arabic-Indic */
        {BYTES("1e\xd9\xa3"), 1000},
        {BYTES("\xf0\x9d\x9f\x98_\xf0\x9d\x9f\xbf.5"), 9.5}, /* mathematical 0 and 9 */
        {BYTES("\xc2\xb2"), NAN},                            /* superscript two */
        {BYTES("6\xff"), NAN},
        {BYTES("\xe2\x80"), NAN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double value = rft_python_float(cases[i].text);
        bool same = isnan(cases[i].value) ? isnan(value) : value == cases[i].value;
        if (!same)
            fail_msg("case %zu, \"%s\": %a, expected %a", i, cases[i].text.data, value, cases[i].value);
    }
    assert_true(signbit(rft_python_float(rft_bytes_z("-0"))) != 0);
}

static void test_python_round3(void **state)
{
    (void)state;
    static const double cases[][2] = {
        {0.0005, 0.001},   {0.0015, 0.002},       {0.0025, 0.003},
        {2.6745, 2.675},   {1.0005, 1.0},         {0.0625, 0.062},
        {0.1875, 0.188},   {-0.0625, -0.062},     {0.0004, 0.0},
        {1e300, 1e300},    {0.9995, 1.0},         {999.9996, 1000.0},
        {1e16, 1e16},      {5e-324, 0},           {0.5, 0.5},
        {2.00049999, 2.0}, {1234.5678, 1234.568}, {1.7976931348623157e308, 1.7976931348623157e308},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (rft_python_round3(cases[i][0]) != cases[i][1])
            fail_msg("round(%.17g, 3) = %.17g, expected %.17g", cases[i][0], rft_python_round3(cases[i][0]),
                     cases[i][1]);
    assert_true(signbit(rft_python_round3(-0.0001)) != 0);
    assert_true(isnan(rft_python_round3(NAN)));
    assert_true(rft_python_round3(-INFINITY) == -INFINITY);
}

/* Digits far beyond a double's decide its rounding. */
static void test_long_tail(void **state)
{
    (void)state;
    /* Just above the midpoint of two doubles by a digit far behind: 1 + 2^-53 and a little. */
    struct rft_str half = {0};
    assert_int_equal(rft_str_append_z(&half, "1.00000000000000011102230246251565404236316680908203125"), RFT_OK);
    assert_true(rft_python_float((struct rft_bytes){half.data, half.len}) == 1.0);
    for (int i = 0; i < 900; i++)
        assert_int_equal(rft_str_append_z(&half, i < 899 ? "0" : "1"), RFT_OK);
    assert_true(rft_python_float((struct rft_bytes){half.data, half.len}) == nextafter(1.0, 2.0));
    rft_str_finish(&half);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_python_float),
        cmocka_unit_test(test_python_round3),
        cmocka_unit_test(test_long_tail),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
