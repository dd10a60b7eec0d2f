/* SPDX-License-Identifier: MIT */
/* Small trained tokenizers with added tokens of every kind: ids, BOS and decoded text as the tokenizers library has
 * them (fixtures by make_tokenizers.py). */
#include "support.h"

#include "tokenizer_json.h"

#include <jansson.h>
#include <stdio.h>

static void check_same_ids(const uint32_t *ids, size_t n, const json_t *expected, const char *text)
{
    bool same = n == json_array_size(expected);
    for (size_t i = 0; same && i < n; i++)
        same = ids[i] == json_integer_value(json_array_get(expected, i));
    if (same)
        return;
    char *wanted = json_dumps(expected, JSON_COMPACT);
    print_message("  expected %s, got ", wanted);
    for (size_t i = 0; i < n; i++)
        print_message("%u ", ids[i]);
    rft_free(wanted);
    fail_msg("other ids for \"%s\"", text);
}

/* The library writes U+FFFD for what is not UTF-8; the decoder here leaves that to whoever writes the text. */
static void check_decoded(struct rft_tokenizer *tokenizer, const struct rft_ids *ids, const json_t *decoded)
{
    struct rft_str back = {0}, got = {0}, expected = {0};
    assert_int_equal(rft_tokenizer_decode(tokenizer, ids->ids, ids->n, &back), RFT_OK);
    assert_int_equal(rft_str_append_json(&got, back.data, back.len), RFT_OK);
    assert_int_equal(rft_str_append_json(&expected, json_string_value(decoded), json_string_length(decoded)), RFT_OK);
    assert_string_equal(got.data, expected.data);
    rft_str_finish(&got);
    rft_str_finish(&expected);
    rft_str_finish(&back);
}

static void check_case(struct rft_tokenizer *tokenizer, const json_t *one)
{
    const json_t *text = json_object_get(one, "text");
    struct rft_ids ids = {0};
    struct rft_bytes bytes = {json_string_value(text), json_string_length(text)};
    assert_int_equal(rft_tokenizer_encode(tokenizer, bytes, 0, 0, &ids), RFT_OK);
    check_same_ids(ids.ids, ids.n, json_object_get(one, "ids"), bytes.data);
    check_decoded(tokenizer, &ids, json_object_get(one, "decoded"));
    rft_ids_finish(&ids);
}

static void check_row(struct rft_tokenizer *tokenizer, const json_t *row)
{
    const json_t *list = json_object_get(row, "ids");
    struct rft_ids ids = {0};
    for (size_t i = 0; i < json_array_size(list); i++)
        assert_int_equal(rft_ids_append(&ids, (uint32_t)json_integer_value(json_array_get(list, i))), RFT_OK);
    check_decoded(tokenizer, &ids, json_object_get(row, "decoded"));
    rft_ids_finish(&ids);
}

static void check_tokenizer(void **state)
{
    char path[200];
    snprintf(path, sizeof path, "tests/oracle/data/tokenizers/%s", (const char *)*state);
    struct rft_tokenizer *tokenizer;
    assert_int_equal(rft_tokenizer_open(rft_test_path(path), &tokenizer), RFT_OK);

    json_error_t error;
    snprintf(path, sizeof path, "tests/oracle/data/tokenizers/%s/cases.json", (const char *)*state);
    json_t *root = json_load_file(rft_test_path(path), JSON_ALLOW_NUL, &error);
    assert_non_null(root);
    size_t n_prefix;
    const uint32_t *prefix = rft_tokenizer_prefix(tokenizer, &n_prefix);
    check_same_ids(prefix, n_prefix, json_object_get(root, "prefix_ids"), "(prefix)");

    const json_t *cases = json_object_get(root, "cases");
    assert_true(json_array_size(cases) > 100);
    for (size_t i = 0; i < json_array_size(cases); i++)
        check_case(tokenizer, json_array_get(cases, i));
    const json_t *rows = json_object_get(root, "rows");
    assert_true(json_array_size(rows) > 30);
    for (size_t i = 0; i < json_array_size(rows); i++)
        check_row(tokenizer, json_array_get(rows, i));
    json_decref(root);
    rft_tokenizer_close(tokenizer);
}

int main(int argc, char **argv)
{
    rft_alloc_hook_json();
    static char names[][24] = {
        "byte-level",          "byte-level-digits", "spm-normalizer",      "spm-metaspace-first",
        "spm-metaspace-never", "family-gemma",      "family-phi-3",        "family-mistral-nemo",
        "family-phi-4-mini",   "family-gpt-neox",   "family-deepseek-llm", "family-deepseek-v3",
    };
    struct CMUnitTest tests[sizeof names / sizeof *names];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        tests[i] = (struct CMUnitTest){names[i], check_tokenizer, NULL, NULL, names[i]};
    return RFT_TEST_RUN(tests, NULL, NULL);
}
