/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "annotations.h"
#include "path.h"
#include "plain_equations.h"

#include <stdlib.h>
#include <string.h>

struct form {
    const char *text;
    const char *path;
};

/* What `put` appends to each text. */
static void check_forms(enum rft_status (*put)(struct rft_bytes text, struct rft_str *out), const struct form *forms,
                        size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct rft_str out = {0};
        assert_int_equal(put(rft_bytes_z(forms[i].text), &out), RFT_OK);
        if (strcmp(out.data != NULL ? out.data : "", forms[i].path) != 0)
            fail_msg("%.200s: got\n%s, not\n%s", forms[i].text, out.data, forms[i].path);
        rft_str_finish(&out);
    }
}
#define CHECK_FORMS(put, forms) check_forms(put, forms, sizeof(forms) / sizeof *(forms))

static void test_annotations(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"He pays 5*12=<<5*12=60>>60, then <<60+3=63>>63.", "5*12=60\n60+3=63\n"},
        {"<<1,000 × .50 = 500.0>>", "1000*0.5=500\n"},
        {"<<$10 - $4 = $6>>", "10-4=6\n"},
        {"<<50*20%=10>>", "50*20%=10\n"},
        {"<<(1 + 2) * -3 = -9>>", "(1+2)*-3=-9\n"},
        {"<<2+3=5=10/2>>", "2+3=5=10/2\n"},
        {"<<2-3-4=-5>><<8/4/2=1>><<2+3*4=14>>", "2-3-4=-5\n8/4/2=1\n2+3*4=14\n"},
        {"<<7 x 6 ÷ 2 − 1 = 20>>", "7*6/2-1=20\n"},
        {"<<--5=5>><<+5=5>>", "--5=5\n+5=5\n"},
        /* within 1e-3, and not */
        {"<<1/3=.3333>><<1/3=.333>><<1/3=.332>>", "1/3=0.3333\n1/3=0.333\n"},
        {"<<0=0.001>><<1=1.0009>>", "1=1.0009\n"},
        /* the rest of these do not hold */
        {"<<1=1>><<5=6>>", "1=1\n"},
        {"<<1=1>><<1/0=1/0>><<1/(2-2)=1>>", "1=1\n"},
        {"<<1=1>><<5>><<=5>><<5=>><<>><<=>><<1=1=2>>", "1=1\n"},
        {"<<1=1>><<x=5>><<5 apples=5>><<2^2=4>><<5 5=5>><<(5=5>><<5)=5>><<5=5.>><<5=5,>><<2(3)=6>>", "1=1\n"},
        {"<<1=1>><<1\n+1=2>>", "1=1\n"},
        /* where they begin and end */
        {"<<<1+1=2>>", "1+1=2\n"},
        {"<<<<1+1=2>>>>", "1+1=2\n"},
        {"<<5 <<1+1=2>> 5>>", "1+1=2\n"},
        {"<1+1=2>> <<1+1=2", ""},
        {"<<1+1=2> <<2+2=4>>", "2+2=4\n"},
        {"So 2 + 2 = 4. <<2+2=5>>", ""},
        {"<<((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))=1>>",
         "((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))=1\n"}, /* 32 deep */
        {"<<(((((((((((((((((((((((((((((((((1)))))))))))))))))))))))))))))))))=1>>", ""},
    };
    CHECK_FORMS(rft_annotations_put, forms);
}

static void test_plain_equations(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"1 h = 60 min\n7 x 60 = 400\n<answer>400</answer>", "1=60\n7*60=400\n"},
        {"1 foot = 0.3048 meters\nSo, 10 × 0.3048 = 3.048\n<answer>3.048</answer>", "1=0.3048\n10*0.3048=3.048\n"},
        {"So, 4 feet/second = 4 × 12 inches/second = 48 inches/second.", "4=4*12=48\n"},
        {"5 * 12 = 60", "5*12=60\n"},
        {"5*12=60.0", "5*12=60\n"},
        {"1,000 ÷ 8 = 125.00, and 007 = 7", "1000/8=125\n7=7\n"},
        {"1,0000 = 1234,567 = 1", "0=1234\n567=1\n"}, /* commas that part no thousands */
        {"Total cost = 5 * 12 = 60 dollars in 3 days, each = 20", "5*12=60\n"},
        {"The total of 3 boxes is 5 * 12 = 60", "5*12=60\n"},
        {"5 apples * 12 dollars per apple = $60", "5*12=60\n"},
        {"60 miles / 2 hours = 30 miles/hour", "60/2=30\n"},
        {"1) 5 + 3 = 8\n2. 8 - 1 = 7\n- 7 + 1 = 8", "5+3=8\n8-1=7\n7+1=8\n"},
        {"**5 * 3 = 15**, 5 + 3 = **8**", "5*3=15\n5+3=8\n"},
        {"x = -5 - -3 = -2", "-5--3=-2\n"},
        {"10-3 = 7; 10 −3 = 7; 5–3 = 2", "10-3=7\n10-3=7\n5-3=2\n"},
        {"3x + 2 = 11", "3+2=11\n"},
        {"area: 6 m^2 * 2 = 12 m^{2}; 2 * 3 cm**3 = 6 cm**3", "6*2=12\n2*3=6\n"},
        {"2^10 = 1024, x_1 = 5 = 5", "2^10=1024\n5=5\n"},
        {"10% = 0.1 = 10\\%", "10%=0.1=10%\n"},
        {"(5 + 3) * 2 = 16", "5+3*2=16\n"},
        {"2(3 + 4) = 14, (2)(7) = 14, 5%(20) = 1", "2*3+4=14\n2*7=14\n5%*20=1\n"},
        {"9 KB (1024 bytes) = 9240", "1024=9240\n"},
        {"7 × 1.609 ≈ 11.27", "7*1.609=11.27\n"},
        {"7 == 7 = = 7", "7=7=7\n"},
        {"5 => 6, 5 <= 6, 5 != 6, 5 >= 5", ""},
        {"\\[ \\frac{1}{2} \\times 5 = 2.5 \\] \\(4 \\cdot 3 \\approx 12\\)", "1/2*5=2.5\n4*3=12\n"},
        {"5 + 3 &= 8 \\\\ 8 \\div 2 &= 4", "5+3=8\n8/2=4\n"},
        {"$5 \\text{ miles} \\times 3 = 15\\ \\mathrm{miles}$", "5*3=15\n"},
        {"= 5 = 6 =", "5=6\n"},
        {"half of .5 = 1/4 = 0.250", "0.5=1/4=0.25\n"},
        {"v1.2.3 = 4", "2.3=4\n"},
    };
    CHECK_FORMS(rft_plain_equations_put, forms);
}

static void test_texts(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"", ""},
        {" \t\r\n\v\f ", ""},
        {"  It  is\n\n seven.\t", "It is seven."},
        {"x = 5", "x = 5"},
        {"a\xff\xff b\xe2\x82", "a\xef\xbf\xbd\xef\xbf\xbd b\xef\xbf\xbd"},
        {"1 + 1 = 2 \n<<1+1=2>>", "1 + 1 = 2 <<1+1=2>>"},
        {"\xc2\xa0 a", "\xc2\xa0 a"}, /* white space is ASCII's */
    };
    CHECK_FORMS(rft_text_put_normal, forms);
}

/* Which of the three a path is. */
static void test_paths(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"3 + 4 = 7, <<1+1=2>> <<1+1=3>>", "1+1=2\n"},
        {"3 + 4 = 7, <<1+1=3>>", "3+4=7\n1+1=3\n"},
        {"3 + 4  is 7", "3 + 4 is 7"},
    };
    CHECK_FORMS(rft_path_put, forms);
}

/* A megabyte of whatever costs most is read in time that grows with its length. */
static void test_hostile(void **state)
{
    (void)state;
    static const char *const parts[] = {"(",  "=",    "<<", "<<(",   "1=",  "1",  "-",  "<<-1",  "5,555,", "\\",
                                        ">>", "\xff", "^",  "<<1=1", "1,0", "x ", "}{", ".5.5.", "<<1+",   " "};
    enum { BYTES = 1 << 20 };
    char *text = malloc(BYTES);
    struct rft_str out = {0};
    assert_non_null(text);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t n = strlen(parts[i]);
        for (size_t at = 0; at < BYTES; at++)
            text[at] = parts[i][at % n];
        rft_str_clear(&out);
        assert_int_equal(rft_path_put((struct rft_bytes){text, BYTES}, &out), RFT_OK);
        assert_true(out.len <= 4 * (size_t)BYTES);
    }
    rft_str_finish(&out);
    free(text);
}

/* What counts as one has one hash, and what does not has not. */
static void test_keys(void **state)
{
    (void)state;
    static const struct {
        enum rft_distinct distinct;
        const char *a, *b;
        bool is_equal;
    } cases[] = {
        {RFT_DISTINCT_TEXT, "5 * 12 = 60", " 5 *  12\n= 60", true},
        {RFT_DISTINCT_TEXT, "5 * 12 = 60", "5*12 = 60", false},
        {RFT_DISTINCT_TEXT, "So", "so", false},
        {RFT_DISTINCT_TEXT, "a\xff", "a\xef\xbf\xbd", true}, /* as the outputs write it */
        {RFT_DISTINCT_PATHS, "5 * 12 = 60", "We have 5*12=60.00 in all", true},
        {RFT_DISTINCT_PATHS, "5 * 12 = 60", "5*12=<<5*12=60>>60", true},
        {RFT_DISTINCT_PATHS, "5 * 12 = 60", "12 * 5 = 60", false},
        {RFT_DISTINCT_PATHS, "1+1=2, 2+2=4", "2+2=4, 1+1=2", false},
        {RFT_DISTINCT_PATHS, "It is 60.", "It  is 60.", true},
        {RFT_DISTINCT_PATHS, "It is 60.", "It is 61.", false},
        {RFT_DISTINCT_PATHS, "1=1", "1=1\n1=1", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_str scratch = {0};
        struct rft_text_hash a, b;
        assert_int_equal(rft_distinct_key(cases[i].distinct, rft_bytes_z(cases[i].a), &scratch, &a), RFT_OK);
        assert_int_equal(rft_distinct_key(cases[i].distinct, rft_bytes_z(cases[i].b), &scratch, &b), RFT_OK);
        rft_str_finish(&scratch);
        if (rft_text_hash_equal(a, b) != cases[i].is_equal)
            fail_msg("%s and %s", cases[i].a, cases[i].b);
    }
}

static enum rft_status put_paths(void *user)
{
    struct rft_str out = {0};
    (void)user;
    enum rft_status status = rft_path_put(rft_bytes_z("<<(1 + 2) * 3 = 9>>"), &out);
    if (status == RFT_OK)
        status = rft_path_put(rft_bytes_z("-5 * 10% = -.5"), &out);
    if (status == RFT_OK)
        status = rft_path_put(rft_bytes_z("a\xff  b"), &out);
    rft_str_finish(&out);
    return status;
}

static void test_faults(void **state)
{
    (void)state;
    assert_true(rft_test_alloc_faults(put_paths, NULL) > 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_annotations), cmocka_unit_test(test_plain_equations), cmocka_unit_test(test_texts),
        cmocka_unit_test(test_paths),       cmocka_unit_test(test_hostile),         cmocka_unit_test(test_keys),
        cmocka_unit_test(test_faults),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
