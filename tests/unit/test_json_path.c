/* SPDX-License-Identifier: MIT */
/* Fields of JSON text by their names, strings compared and unescaped in place, and what is JSON at all. */
#include "support.h"

#include "json_check.h"
#include "json_path.h"

#include <stdio.h>
#include <string.h>

static const char document[] =
    "{\"a\": 1, \"a.b\": \"exact\", \"e\\u0078tra_info\": {\"answer\": \"4\\n2\", \"x.y\": 3, \"n\": [[7, 8], []]},\n"
    "\"messages\": [{\"role\": \"system\", \"content\": \"s\"}, 5, {\"role\": \"u\\u0073er\", \"content\": \"[q}\"},\n"
    "{\"role\": \"user\", \"content\": \"later\"}, {\"k\": 2.0, \"v\": true}],\n"
    "\"twice\": 1, \"twice\": 2, \"a\": {\"b\": \"nested\", \"c\": \"d\"}, \"\": \"empty\", \"role=user\": \"own\"}";

static void test_find(void **state)
{
    (void)state;
    static const struct {
        const char *name, *source; /* NULL: there is none */
    } cases[] = {
        {"a.b", "\"exact\""},
        {"a.c", "\"d\""},
        {"a.d", NULL},
        {"a", "{\"b\": \"nested\", \"c\": \"d\"}"},
        {"twice", "2"},
        {"extra_info.answer", "\"4\\n2\""},
        {"extra_info.x.y", "3"},
        {"extra_info.n.0.1", "8"},
        {"extra_info.n.-2.-1", "8"},
        {"extra_info.n.-3", NULL},
        {"extra_info.n.2", NULL},
        {"extra_info.n.1.0", NULL},
        {"extra_info.n.0.-0", NULL},
        {"extra_info.n.1.", "[]"},
        {"extra_info.n.+1", NULL},
        {"extra_info.n.99999999999999999999", NULL},
        {"extra_info.answer.0", NULL},
        {"messages.1", "5"},
        {"messages.role=user.content", "\"[q}\""},
        {"messages.role=system.content", "\"s\""},
        {"messages.role=assistant.content", NULL},
        {"messages.k=2.0.v", NULL}, /* a dot ends the segment */
        {"messages.v=true.k", "2.0"},
        {"messages.role", NULL},
        {"role=user", "\"own\""},
        {"", "\"empty\""},
        {".", NULL},
    };
    char text[sizeof document];
    memcpy(text, document, sizeof text);
    struct rft_json_value object = {.kind = RFT_JSON_OBJECT, .data = text, .len = sizeof text - 1, .line = 1};
    struct rft_json_members members = {0};
    assert_int_equal(rft_json_members_read(&object, &members), RFT_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_json_value found[] = {rft_json_find(&object, rft_bytes_z(cases[i].name)),
                                         rft_json_members_find(&members, rft_bytes_z(cases[i].name))};
        for (size_t k = 0; k < 2; k++) {
            struct rft_bytes source = {found[k].data, found[k].len};
            if ((source.data == NULL) != (cases[i].source == NULL) ||
                (source.data != NULL && !rft_bytes_equal(source, rft_bytes_z(cases[i].source))))
                fail_msg("%s: %.*s", cases[i].name, (int)source.len, source.data != NULL ? source.data : "");
        }
    }
    rft_json_members_finish(&members);
}

/* A string is unescaped once, however often it is asked for. */
static void test_unescape(void **state)
{
    (void)state;
    static const struct {
        const char *source, *content;
        size_t n;
    } cases[] = {
        {"\"plain\"", "plain", 5},
        {"\"\"", "", 0},
        {"\"\\n\"", "\n", 1},
        {"\"a\\\\\\\\n\"", "a\\\\n", 4},
        {"\"\\u0000\\u00ff\\ud83d\\ude00\\/\"", "\0\xc3\xbf\xf0\x9f\x98\x80/", 8},
        {"\"\\\"\\b\\f\\r\\t\\u005c\"", "\"\b\f\r\t\\", 6},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        struct rft_json_cursor at = {text, 1};
        struct rft_bytes content = {cases[i].content, cases[i].n};
        snprintf(text, sizeof text, "%s", cases[i].source);
        struct rft_json_value value = rft_json_next(&at);
        assert_true(rft_json_is(&value, content));
        assert_false(rft_json_is(&value, rft_bytes_z("other")));
        assert_true(content.len == 0 || !rft_json_is(&value, (struct rft_bytes){content.data, content.len - 1}));
        for (int k = 0; k < 3; k++)
            assert_true(rft_bytes_equal(rft_json_unescape(&value), content));
    }
}

/* What the walk does not take for sure, jansson decides: its answer counts in every case. */
static void test_check(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_json;
    } cases[] = {
        {"{}", true},
        {" [ ] ", true},
        {"[{}, [], \"\", 0, -0.5e+10, 1E5, true, false, null]\r\n", true},
        {"{\"a\": {\"b\": [1, {\"c\": []}]}, \"\\u00e9\": 1}", true},
        {"[\"\\ud83d\\ude00 \\uFFFD \\u0000\"]", true},
        {"[123456789012345678901234567890, 1e300]", true},
        {"[1e400]", false},
        {"{\"\\u0000\": 1}", false},
        {"[\"\\ud83d\"]", false},
        {"[\"\\ude00\"]", false},
        {"[\"\\ud83d\\u0041\"]", false},
        {"[\"\\x\"]", false},
        {"[\"\\u12g4\"]", false},
        {"[\"\xff\"]", false},
        {"[\"\xed\xa0\x80\"]", false},
        {"[\"a\n\"]", false},
        {"[01]", false},
        {"[1.]", false},
        {"[.5]", false},
        {"[+1]", false},
        {"[1e]", false},
        {"[-]", false},
        {"[1,]", false},
        {"[,1]", false},
        {"[1 2]", false},
        {"{\"a\"}", false},
        {"{\"a\": 1,}", false},
        {"{1: 2}", false},
        {"{\"a\": 1]", false},
        {"[1}", false},
        {"[[1]", false},
        {"[1] 2", false},
        {"[truex]", false},
        {"[nul]", false},
        {"1", false},
        {"\"a\"", false},
        {"", false},
        {"[\"", false},
        {"[\"\\", false},
        {"[\"\\u", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_json_problem problem;
        enum rft_status status = rft_json_check(cases[i].text, strlen(cases[i].text), &problem);
        if (status != (cases[i].is_json ? RFT_OK : RFT_ERR_INPUT))
            fail_msg("%s: %s", cases[i].text, rft_status_text(status));
    }
    struct rft_str deep = {0};
    struct rft_json_problem problem;
    for (int i = 0; i < 200; i++)
        assert_int_equal(rft_str_append_z(&deep, "["), RFT_OK);
    for (int i = 0; i < 200; i++)
        assert_int_equal(rft_str_append_z(&deep, "]"), RFT_OK);
    assert_int_equal(rft_json_check(deep.data, deep.len, &problem), RFT_OK);
    assert_int_equal(rft_json_check(deep.data, deep.len - 1, &problem), RFT_ERR_INPUT);
    rft_str_finish(&deep);
}

int main(int argc, char **argv)
{
    rft_alloc_hook_json();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_unescape),
        cmocka_unit_test(test_check),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
