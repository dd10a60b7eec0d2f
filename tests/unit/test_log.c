/* SPDX-License-Identifier: MIT */
/* What a message may hold: one line that a person can read, whatever is in the names that it shows. */
#include "support.h"

#include <string.h>

static void test_printable(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
        size_t size;
    } cases[] = {
        {"plain", "plain", 100},
        {"a\tb\nc\x1b[31md\x7f", "a b c [31md ", 100},
        {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", 100},
        {"\xc2\x85|\xc2\x9b|\xe2\x80\xa8|\xe2\x80\xae|\xef\xbb\xbf|\xe2\x80\x8b|\xc2\xad", " | | | | | | ",
         100}, /* C1, bidi, invisible */
        {"\xff|\xc3|\xe2\x82|\xed\xa0\x80|\xc0\xaf", "\\xff|\\xc3|\\xe2\\x82|\\xed\\xa0\\x80|\\xc0\\xaf", 100},
        {"123456789", "123456789", 10},
        {"1234567890", "123456...", 10},
        {"12345\xc3\xa9xyz", "12345...", 10}, /* not within a character */
        {"12345\xffxyz", "12345...", 10},
        {"", "", 10},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[100];
        memset(out, 'x', sizeof out);
        rft_log_printable(cases[i].text, out, cases[i].size);
        if (strcmp(out, cases[i].shown) != 0)
            fail_msg("case %zu: \"%s\", not \"%s\"", i, out, cases[i].shown);
    }
}

static char last[1100];

static void keep(void *user, enum rft_log_level level, const char *line)
{
    (void)user;
    (void)level;
    assert_true(strlen(line) <= 1000);
    strcpy(last, line);
}

static void test_lines(void **state)
{
    (void)state;
    char text[3000];
    rft_log_set_sink(keep, NULL);
    rft_log_error("bad\n%s", "\xc2\x9b"
                             "31m");
    assert_string_equal(last, "error: bad  31m");
    for (size_t n = 900; n < 2990; n += 7) { /* characters of two bytes cut anywhere */
        memset(text, 'x', sizeof text);
        for (size_t i = 0; i + 1 < n; i += 2)
            memcpy(text + i + (n & 1), "\xc3\xa9", 2);
        text[n] = 0;
        rft_log_warn("%s", text);
        assert_null(strchr(last, '\\'));
        assert_true(strlen(text) <= 991 || strcmp(last + strlen(last) - 3, "...") == 0);
    }
    rft_log_set_sink(NULL, NULL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_printable), cmocka_unit_test(test_lines)};
    return RFT_TEST_RUN(tests, NULL, NULL);
}
