/* SPDX-License-Identifier: MIT */
/* Every split pattern that a GGUF file may name, against the pieces that the tokenizers library makes with the same
 * patterns (fixtures by make_gguf_splits.py). */
#include "gguf_builder.h"
#include "support.h"

#include "file.h"
#include "gguf.h"
#include "tokenizer_data.h"
#include "tokenizer_gguf.h"
#include "tokenizer_steps.h"

#include <jansson.h>
#include <stdio.h>

#define KEY(name) "tokenizer.ggml." name
enum { STRING = 8 };

/* A tokenizer with this pattern; ids: <s> a b ba, and no merges. */
static struct rft_tokenizer *open_named(const char *pre)
{
    static const char *const tokens[] = {"<s>", "a", "b", "ba"};
    struct rft_str file = {0};
    char path[] = "m.gguf";
    rft_test_gguf_begin(&file, 3, 0, 5);
    rft_test_gguf_text(&file, KEY("model"), "gpt2");
    rft_test_gguf_text(&file, KEY("pre"), pre);
    rft_test_gguf_u32(&file, KEY("bos_token_id"), 0);
    rft_test_gguf_array(&file, KEY("tokens"), STRING, sizeof tokens / sizeof *tokens);
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        rft_test_gguf_string(&file, tokens[i]);
    rft_test_gguf_array(&file, KEY("merges"), STRING, 0);
    struct rft_map map = {.data = (const uint8_t *)file.data, .bytes = file.len, .path = path};
    struct rft_gguf *gguf;
    struct rft_tokenizer *tokenizer;
    assert_int_equal(rft_gguf_parse(&map, &gguf), RFT_OK);
    assert_int_equal(rft_tokenizer_open_gguf(gguf, path, &tokenizer), RFT_OK);
    rft_gguf_destroy(gguf);
    rft_str_finish(&file);
    return tokenizer;
}

static void check_pieces(const struct rft_tokenizer *tokenizer, const char *name, const json_t *text,
                         const json_t *expected)
{
    struct rft_tok_work work = {0};
    struct rft_bytes bytes = {json_string_value(text), json_string_length(text)};
    json_t *got = json_array();
    assert_int_equal(rft_tok_work_begin(bytes, NULL, &work), RFT_OK);
    assert_int_equal(rft_tok_steps_run(&tokenizer->pre_tokenizers, &work), RFT_OK);
    for (size_t i = 0; i < work.pieces.n; i++) {
        const struct rft_tok_piece *piece = &work.pieces.items[i];
        json_array_append_new(got, json_stringn(work.text.bytes.data + piece->begin, piece->end - piece->begin));
    }
    if (!json_equal(got, expected)) {
        char *wanted = json_dumps(expected, JSON_COMPACT), *shown = json_dumps(got, JSON_COMPACT);
        fail_msg("%s: \"%s\": expected %s, got %s", name, bytes.data, wanted, shown);
    }
    json_decref(got);
    rft_tok_work_finish(&work);
}

static void check_flags(struct rft_tokenizer *tokenizer, const char *name, const json_t *split)
{
    struct rft_ids ids = {0};
    size_t n_prefix;
    assert_int_equal(rft_tokenizer_encode(tokenizer, rft_bytes_z("ba"), 0, 0, &ids), RFT_OK);
    rft_tokenizer_prefix(tokenizer, &n_prefix);
    if (ids.n != (json_is_true(json_object_get(split, "whole_words")) ? 1 : 2))
        fail_msg("%s: %zu ids of a word that is a token", name, ids.n);
    if (n_prefix != json_is_true(json_object_get(split, "adds_bos")))
        fail_msg("%s: %zu tokens before a text", name, n_prefix);
    rft_ids_finish(&ids);
}

static void names(void **state)
{
    (void)state;
    json_error_t error;
    json_t *root = json_load_file(rft_test_path("tests/oracle/data/gguf_splits.json"), JSON_ALLOW_NUL, &error);
    assert_non_null(root);
    const json_t *texts = json_object_get(root, "texts"), *splits = json_object_get(root, "splits");
    assert_true(json_array_size(texts) > 100 && json_array_size(splits) > 15);
    for (size_t i = 0; i < json_array_size(splits); i++) {
        const json_t *split = json_array_get(splits, i), *all = json_object_get(split, "names");
        assert_true(json_array_size(all) > 0);
        for (size_t k = 0; k < json_array_size(all); k++) {
            const char *name = json_string_value(json_array_get(all, k));
            struct rft_tokenizer *tokenizer = open_named(name);
            check_flags(tokenizer, name, split);
            for (size_t t = 0; t < json_array_size(texts); t++)
                check_pieces(tokenizer, name, json_array_get(texts, t),
                             json_array_get(json_object_get(split, "pieces"), t));
            rft_tokenizer_close(tokenizer);
        }
    }
    json_decref(root);
}

int main(int argc, char **argv)
{
    rft_alloc_hook_json();
    const struct CMUnitTest tests[] = {cmocka_unit_test(names)};
    return RFT_TEST_RUN(tests, NULL, NULL);
}
