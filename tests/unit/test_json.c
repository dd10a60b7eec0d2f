/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "json.h"

#include <string.h>

/* Long strings with escapes: where jansson alone, short of memory, ends in an assertion or reads past its buffer. */
static const char long_text[] =
    "{\"key that is longer than sixteen bytes \\\"\\\\\\u00e9\\ud83d\\ude00 and then some more of it to grow twice\": "
    "[\"another long string \\n\\t\\b with escapes \\\"at\\\" the places where buffers of 32 and 64 bytes end "
    "\\\\\\\\\\\\\", "
    "1, -2.5e3, true, null, {\"\": \"\"}]}";

static enum rft_status parse(void *user)
{
    json_t *tree;
    enum rft_status status = rft_json_load("long", rft_bytes_z(user), 0, &tree);
    if (status == RFT_OK)
        assert_int_equal(json_array_size(json_object_iter_value(json_object_iter(tree))), 6);
    else
        assert_null(tree);
    json_decref(tree);
    return status;
}

static void allocation_faults(void **state)
{
    (void)state;
    char text[sizeof long_text];
    memcpy(text, long_text, sizeof text);
    assert_true(rft_test_alloc_faults(parse, text) > 15);
}

/* Memory that stays short to the end of the parse. */
static void memory_stays_short(void **state)
{
    (void)state;
    rft_test_log_capture();
    for (uint64_t n = 1; n < 12; n++) {
        json_t *tree;
        uint64_t live = rft_alloc_n_live();
        rft_alloc_fail_at(n, 1);
        enum rft_status status = rft_json_load("long", rft_bytes_z(long_text), 0, &tree);
        rft_alloc_fail_at(0, 0);
        assert_int_equal(status, RFT_ERR_HOST_MEMORY);
        assert_null(tree);
        assert_int_equal(rft_alloc_n_live(), live);
    }
    rft_test_log_release();
}

static void errors_name_file_and_line(void **state)
{
    (void)state;
    static const char *const texts[] = {"",         "{",          "[1,\n2,\n}",   "[1]\n\n x", "{\"a\":\n\n\"\\q\"}",
                                        "[\"\n\"]", "[\"\xff\"]", "[\"\\u0000\"]"};
    static const char *const places[] = {"f.json:1", "f.json:1", "f.json:3", "f.json:3",
                                         "f.json:3", "f.json:1", "f.json:1", "f.json:1: not JSON: \\u0000 "};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_t *tree;
        rft_test_log_capture();
        assert_int_equal(rft_json_load("f.json", rft_bytes_z(texts[i]), 0, &tree), RFT_ERR_INPUT);
        if (strstr(rft_test_log_text(), places[i]) == NULL || strstr(rft_test_log_text(), "JSON_") != NULL)
            fail_msg("case %zu: %s", i, rft_test_log_text());
        rft_test_log_release();
        assert_null(tree);
    }
}

int main(int argc, char **argv)
{
    rft_alloc_hook_json();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocation_faults),
        cmocka_unit_test(memory_stays_short),
        cmocka_unit_test(errors_name_file_and_line),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
