/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "alloc.h"
#include "json_span.h"
#include "judge.h"

#include <stdlib.h>
#include <string.h>

#define OK_ RFT_REASON_ACCEPTED
#define WRONG RFT_REASON_WRONG
#define NONE RFT_REASON_NO_ANSWER
#define NAN_ RFT_REASON_NOT_A_NUMBER

struct json_case {
    const char *field, *gold, *text;
    enum rft_reason reason;
    const char *answer; /* NULL: none */
};

static void check(enum rft_verify_compare compare, const struct json_case *cases, size_t n)
{
    size_t n_wrong = 0;
    for (size_t i = 0; i < n; i++) {
        const struct json_case *c = &cases[i];
        const struct rft_verify_options options = {.kind = RFT_VERIFY_JSON, .field = c->field, .compare = compare};
        struct rft_verdict v = rft_test_verify(&options, rft_bytes_z(c->text), RFT_FINISH_STOP, rft_bytes_z(c->gold));
        struct rft_bytes answer = v.answer.data != NULL ? v.answer : rft_bytes_z("(none)");
        if (v.reason == c->reason && rft_bytes_equal(answer, rft_bytes_z(c->answer != NULL ? c->answer : "(none)")))
            continue;
        print_error("%s of \"%s\" (gold %s): %s \"%.*s\", not %s\n", c->field, c->text, c->gold,
                    rft_reason_text(v.reason), (int)answer.len, answer.data, rft_reason_text(c->reason));
        n_wrong++;
    }
    assert_int_equal(n_wrong, 0);
}

static void test_text(void **state)
{
    (void)state;
    static const struct json_case cases[] = {
        {"answer", "Paris", "{\"answer\": \"Paris\"}", OK_, "Paris"},
        {"answer", "Paris", "Here: {\"answer\": \"London\"} no: {\"answer\": \"Paris\"} done", OK_, "Paris"},
        {"answer", "Paris", "```json\n{\"answer\": \"Paris\"}\n```\nI used [1] and {\"answer\": 2}.", OK_, "Paris"},
        {"answer", "Paris", "```json\n{\"answer\": \"Paris\"}", OK_, "Paris"},
        {"answer", "Paris", "```json\nnothing\n``` {\"answer\": \"Paris\"}", NONE, NULL},
        {"answer", "5", "{\"answer\": 5}", OK_, "5"},
        {"answer", "5", "{\"answer\": 5.0}", WRONG, "5.0"},
        {"answer", "true", "{\"answer\": true}", OK_, "true"},
        {"answer", "null", "{\"answer\": null}", OK_, "null"},
        {"answer", "a\"b", "{\"answer\": \"a\\\"b\"}", OK_, "a\\\"b"},
        {"answer", "\xc3\xa9", "{\"answer\": \"\\u00e9\"}", OK_, "\\u00e9"},
        {"answer", "x", "{\"answer\": \"\\u0000\"}", WRONG, "\\u0000"},
        {"answer", "x", "{\"answer\": \"\"}", WRONG, ""},
        {"a.b", "1", "{\"a\": {\"b\": 1}, \"b\": 2}", OK_, "1"},
        {"a.1.b", "1", "{\"a\": [{\"b\": 3}, {\"b\": 1}]}", OK_, "1"},
        {"1", "y", "[\"x\", \"y\"]", OK_, "y"},
        {"2", "y", "[\"x\", \"y\"]", NONE, NULL},
        {"-1", "y", "[\"x\", \"y\"]", NONE, NULL},
        {"a.x", "1", "{\"a\": 1}", NONE, NULL},
        {"", "[1, 2]", "so [1,2]", OK_, "[1,2]"},
        {"", "[2, 1]", "so [1,2]", WRONG, "[1,2]"},
        {"answer", "{\"x\": 1, \"y\": [true]}", "{\"answer\": {\"y\": [true], \"x\": 1}}", OK_,
         "{\"y\": [true], \"x\": 1}"},
        {"answer", "x", "{\"answer\": {\"y\": 1}}", WRONG, "{\"y\": 1}"},
        {"answer", "1", "{\"answer\": 1, \"answer\": 2}", NONE, NULL},
        {"answer", "a", "{\"an\\u0073wer\": \"a\"}", OK_, "a"},
        {"answer", "a", "{\"an\\u0074wer\": \"a\"}", NONE, NULL},
        {"answer", "1", "{\"answer\": 1, \"an\\u0073wer\": 2}", NONE, NULL},
        {"a/b\n", "1", "{\"a\\/b\\n\": 1}", OK_, "1"},
        {"\xf0\x9f\x98\x80", "1", "{\"\\ud83d\\uDE00\": 1}", OK_, "1"},
        {"answer", "1", "{\"an\\uswer\": 1}", NONE, NULL},
        {"answer", "1", "{\"other\": 1}", NONE, NULL},
        {"answer", "1", "{\"answer\": 1", NONE, NULL},
        {"answer", "1", "{'answer': 1}", NONE, NULL},
        {"answer", "1", "{\"answer\": 1,}", NONE, NULL},
        {"answer", "1", "{\"answer\": 01}", NONE, NULL},
        {"answer", "1", "{\"answer\": 1} {\"answer\": 2", OK_, "1"},
        {"answer", "1", "{\"x\": {\"answer\": 1}, bad", OK_, "1"},
        {"answer", "1", "{{\"answer\": 1}}", OK_, "1"},
        {"answer", "1", "He said \"{\" and {\"answer\": 1}", OK_, "1"},
        {"answer", "1", "{\"a\": \"x {\"answer\": 1}", OK_, "1"},
        {"answer", "}", "{\"answer\": \"}\"}", OK_, "}"},
        {"answer", "1", "", NONE, NULL},
        {"answer", "1", "answer: 1", NONE, NULL},
    };
    check(RFT_COMPARE_TEXT, cases, sizeof cases / sizeof *cases);
}

static void test_number(void **state)
{
    (void)state;
    static const struct json_case cases[] = {
        {"answer", "5", "{\"answer\": 5.0}", OK_, "5.0"},
        {"answer", "5", "{\"answer\": \"5\"}", OK_, "5"},
        {"answer", "1,000", "{\"answer\": 1e3}", OK_, "1e3"},
        {"answer", "5", "{\"answer\": true}", NAN_, "true"},
        {"answer", "5", "{\"answer\": \"5 or 6\"}", NAN_, "5 or 6"},
        {"answer", "5", "{\"answer\": [5]}", WRONG, "[5]"},
    };
    check(RFT_COMPARE_NUMBER, cases, sizeof cases / sizeof *cases);
}

static void test_hostile(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "{",        "[",   "[1,",   "{\"a\":", "[\"",       "{\"{\"",  "[\"[\\\"",
        "{\"a\":[", "[[]", "\"[1,", "[ ",      "[\"x [1, ", "```json", "{\"a\":[1,{\"b\":\"[\"},\n"};
    size_t n = 2000000;
    char *text = malloc(n);
    const struct rft_verify_options options = {.kind = RFT_VERIFY_JSON, .field = "answer"};
    assert_non_null(text);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t n_part = strlen(parts[i]);
        for (size_t at = 0; at < n; at++)
            text[at] = parts[i][at % n_part];
        struct rft_verdict v =
            rft_test_verify(&options, (struct rft_bytes){text, n}, RFT_FINISH_STOP, rft_bytes_z("1"));
        assert_int_equal(v.reason, NONE);
    }
    free(text);
}

/* At the depth that jansson allows, and one below it. */
static void test_depth(void **state)
{
    (void)state;
    char text[2 * RFT_JSON_DEPTH_MAX + 4];
    for (size_t depth = RFT_JSON_DEPTH_MAX; depth <= RFT_JSON_DEPTH_MAX + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        struct rft_bytes found = rft_json_span_last((struct rft_bytes){text, 2 * depth});
        assert_true(depth == RFT_JSON_DEPTH_MAX ? found.len == 2 * depth : found.len < 2 * depth);
    }
}

static void test_alloc_faults(void **state)
{
    (void)state;
    static const char *const golds[] = {"{\"x\": [1, \"a\"]}", "a\"b"};
    static const char *const texts[] = {"{\"answer\": {\"x\": [1, \"a\"]}}", "{\"answer\": \"a\\\"b\"}"};
    const struct rft_verify_options options = {.kind = RFT_VERIFY_JSON, .field = "answer"};
    rft_test_log_capture();
    for (size_t i = 0; i < 2; i++) {
        enum rft_status status = RFT_ERR_HOST_MEMORY;
        uint64_t n_live = rft_alloc_n_live();
        for (uint64_t at = 1; status != RFT_OK; at++) {
            const struct rft_bytes gold = rft_bytes_z(golds[i]);
            const struct rft_verify_case c = {.completion = rft_bytes_z(texts[i]), .golds = {&gold, 1}};
            struct rft_verify *verify;
            struct rft_verdict verdict;
            rft_alloc_fail_at(at, 0);
            status = rft_verify_open(&options, &verify);
            if (status == RFT_OK)
                status = rft_verify_judge(verify, &c, &verdict);
            rft_alloc_fail_at(0, 0);
            rft_verify_close(verify);
            assert_true(status == RFT_ERR_HOST_MEMORY || (status == RFT_OK && verdict.reason == OK_));
            assert_int_equal(rft_alloc_n_live(), n_live);
            assert_true(at < 200);
        }
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),  cmocka_unit_test(test_number),       cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_depth), cmocka_unit_test(test_alloc_faults),
    };
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
