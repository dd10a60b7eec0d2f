/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "units.h"

static void test_sizes(void **state)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {{0, "0.0 KiB"},
                 {512, "0.5 KiB"},
                 {1 << 20, "1.0 MiB"},
                 {(1 << 20) - 1, "1024.0 KiB"},
                 {1073741823, "1024.0 MiB"},
                 {1073741824, "1.0 GiB"},
                 {UINT64_MAX, "17179869184.0 GiB"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(rft_size_text(cases[i].bytes).text, cases[i].text);
}

static void test_times(void **state)
{
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {{0, "0:00:00"},        {59.6, "0:01:00"}, {3599.4, "0:59:59"},
                 {360000, "100:00:00"}, {-1, "-:--:--"},   {1e30, "-:--:--"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(rft_time_text(cases[i].seconds).text, cases[i].text);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sizes), cmocka_unit_test(test_times)};
    return RFT_TEST_RUN(tests, NULL, NULL);
}
