/* SPDX-License-Identifier: MIT */
/* Token ids, pieces and decoded text against what Hugging Face's tokenizers library and llama.cpp give: committed
 * fixtures (the scripts beside this file make them), and real tokenizers of the optional shared data. */
#include "support.h"

#include "file.h"
#include "tokenizer_json.h"
#include "tokenizer_json_parts.h"
#include "tokenizer_steps.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const char *case_name(const char *format, size_t i, const char *what)
{
    static char text[200];
    snprintf(text, sizeof text, format, i, what != NULL ? what : "");
    return text;
}

static void show_ids(const char *what, const uint32_t *ids, size_t n)
{
    print_message("  %s:", what);
    for (size_t i = 0; i < n; i++)
        print_message(" %u", ids[i]);
    print_message("\n");
}

static bool same_ids(const struct rft_ids *a, const struct rft_ids *b)
{
    return a->n == b->n && (a->n == 0 || memcmp(a->ids, b->ids, a->n * sizeof *a->ids) == 0);
}

/* Encodes a text (after the prefix, if with_prefix) and compares. */
static void check_ids(struct rft_tokenizer *tokenizer, struct rft_bytes text, const struct rft_ids *expected,
                      bool with_prefix, const char *name)
{
    struct rft_ids ids = {0};
    size_t n_prefix;
    const uint32_t *prefix = rft_tokenizer_prefix(tokenizer, &n_prefix);
    for (size_t i = 0; with_prefix && i < n_prefix; i++)
        assert_int_equal(rft_ids_append(&ids, prefix[i]), RFT_OK);
    assert_int_equal(rft_tokenizer_encode(tokenizer, text, 0, 0, &ids), RFT_OK);
    if (!same_ids(&ids, expected)) {
        show_ids("expected", expected->ids, expected->n);
        show_ids("got", ids.ids, ids.n);
        fail_msg("%s: \"%.*s\"", name, (int)text.len, text.data);
    }
    rft_ids_finish(&ids);
}

static struct rft_ids ids_of(const json_t *json)
{
    struct rft_ids ids = {0};
    for (size_t i = 0; i < json_array_size(json); i++)
        assert_int_equal(rft_ids_append(&ids, (uint32_t)json_integer_value(json_array_get(json, i))), RFT_OK);
    return ids;
}

static struct rft_bytes text_of(const json_t *json)
{
    assert_true(json_is_string(json));
    return (struct rft_bytes){json_string_value(json), json_string_length(json)};
}

static json_t *read_json(const char *path)
{
    json_error_t error;
    json_t *json = json_load_file(path, JSON_ALLOW_NUL, &error);
    if (json == NULL)
        fail_msg("%s:%d: %s", path, error.line, error.text);
    return json;
}

/* ---- components one by one ---- */

static void add_piece(struct rft_tok_work *work, struct rft_bytes text)
{
    struct rft_tok_piece piece = {.begin = work->text.bytes.len, .at_start = work->text.bytes.len == 0};
    assert_int_equal(rft_tok_text_append(&work->text, text.data, text.len, RFT_TOK_TEMPLATE), RFT_OK);
    piece.end = work->text.bytes.len;
    assert_int_equal(rft_tok_pieces_add(&work->pieces, piece), RFT_OK);
}

static struct rft_bytes piece_text(const struct rft_tok_work *work, size_t i)
{
    const struct rft_tok_piece *piece = &work->pieces.items[i];
    return (struct rft_bytes){work->text.bytes.data + piece->begin, piece->end - piece->begin};
}

/* The pieces as a JSON array; a decoder's are joined, as a decoder's output is. */
static char *pieces_as_json(const struct rft_tok_work *work, bool joined)
{
    json_t *list = json_array();
    struct rft_str all = {0};
    assert_int_equal(rft_str_append(&all, "", 0), RFT_OK);
    for (size_t i = 0; i < work->pieces.n; i++) {
        struct rft_bytes piece = piece_text(work, i);
        assert_int_equal(rft_str_append(&all, piece.data, piece.len), RFT_OK);
        if (!joined)
            json_array_append_new(list, json_stringn(piece.data, piece.len));
    }
    if (joined)
        json_array_append_new(list, json_stringn(all.data, all.len));
    char *text = json_dumps(list, JSON_ENCODE_ANY | JSON_COMPACT);
    assert_non_null(text);
    rft_str_finish(&all);
    json_decref(list);
    return text;
}

static void check_part(size_t row, const char *role, const json_t *json)
{
    static const struct {
        const char *role;
        enum rft_status (*parse)(const char *path, const struct json_t *json, struct rft_tok_steps *steps);
    } roles[] = {{"normalizer", rft_tok_json_normalizer},
                 {"pre_tokenizer", rft_tok_json_pre_tokenizer},
                 {"decoder", rft_tok_json_decoder}};
    struct rft_tok_steps steps = {0};
    struct rft_tok_work work = {0};
    for (size_t i = 0; i < 3; i++)
        if (strcmp(roles[i].role, role) == 0)
            assert_int_equal(roles[i].parse("row", json_object_get(json, "part"), &steps), RFT_OK);
    const json_t *tokens = json_object_get(json, "tokens");
    for (size_t i = 0; i < json_array_size(tokens); i++)
        add_piece(&work, text_of(json_array_get(tokens, i)));
    if (tokens == NULL)
        add_piece(&work, text_of(json_object_get(json, "text")));
    assert_int_equal(rft_tok_steps_run(&steps, &work), RFT_OK);
    char *got = pieces_as_json(&work, tokens != NULL);
    char *expected = json_dumps(json_object_get(json, "pieces"), JSON_COMPACT);
    if (strcmp(got, expected) != 0)
        fail_msg("row %zu (%s): expected %s, got %s", row, role, expected, got);
    rft_free(got);
    rft_free(expected);
    rft_tok_work_finish(&work);
    rft_tok_steps_finish(&steps);
}

static void check_whole(size_t row, const json_t *json)
{
    char *text = json_dumps(json_object_get(json, "json"), JSON_COMPACT);
    struct rft_tokenizer *tokenizer;
    assert_int_equal(rft_tok_load_json("row", rft_bytes_z(text), NULL, &tokenizer), RFT_OK);
    const json_t *cases = json_object_get(json, "cases");
    assert_true(json_array_size(cases) > 0);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *one = json_array_get(cases, i);
        struct rft_ids expected = ids_of(json_object_get(one, "ids"));
        check_ids(tokenizer, text_of(json_object_get(one, "text")), &expected, false, case_name("row %zu%s", row, ""));
        rft_ids_finish(&expected);
    }
    rft_tokenizer_close(tokenizer);
    rft_free(text);
}

static void components(void **state)
{
    (void)state;
    json_t *rows = read_json(rft_test_path("tests/oracle/data/tokenizer_parts.json"));
    assert_true(json_array_size(rows) > 1000);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *role = json_string_value(json_object_get(row, "role"));
        if (strcmp(role, "tokenizer") == 0)
            check_whole(i, row);
        else
            check_part(i, role, row);
    }
    json_decref(rows);
}

/* ---- real tokenizers ---- */

static struct rft_tokenizer *open_shared(const char *dir)
{
    char file[200];
    snprintf(file, sizeof file, "%s/tokenizer.json", dir);
    const char *path = rft_test_shared(file);
    if (path == NULL)
        RFT_SKIP("no shared test data");
    char *full = rft_path_dir(path);
    struct rft_tokenizer *tokenizer;
    assert_int_equal(rft_tokenizer_open(full, &tokenizer), RFT_OK);
    rft_free(full);
    return tokenizer;
}

/* Text that went through encode and decode comes back (special tokens apart). */
static void check_round_trip(struct rft_tokenizer *tokenizer, struct rft_bytes text, const char *name)
{
    struct rft_ids ids = {0};
    struct rft_str back = {0};
    assert_int_equal(rft_tokenizer_encode(tokenizer, text, 0, text.len, &ids), RFT_OK);
    assert_int_equal(rft_str_append(&back, "", 0), RFT_OK);
    assert_int_equal(rft_tokenizer_decode(tokenizer, ids.ids, ids.n, &back), RFT_OK);
    if (!rft_bytes_equal(text, (struct rft_bytes){back.data, back.len}))
        fail_msg("%s: \"%.*s\" came back as \"%s\"", name, (int)text.len, text.data, back.data);
    rft_str_finish(&back);
    rft_ids_finish(&ids);
}

static void check_cases(struct rft_tokenizer *tokenizer, const char *golden, bool round_trip)
{
    json_t *root = read_json(rft_test_shared(golden));
    const json_t *cases = json_object_get(root, "cases");
    assert_true(json_array_size(cases) > 0);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *one = json_array_get(cases, i);
        bool prompt = json_object_get(one, "prompt") != NULL;
        struct rft_bytes text = text_of(json_object_get(one, prompt ? "prompt" : "text"));
        struct rft_ids expected = ids_of(json_object_get(one, prompt ? "prompt_ids" : "ids"));
        check_ids(tokenizer, text, &expected, prompt, golden);
        if (round_trip)
            check_round_trip(tokenizer, text, golden);
        rft_ids_finish(&expected);
    }
    json_decref(root);
}

static void smollm2(void **state)
{
    (void)state;
    struct rft_tokenizer *tokenizer = open_shared("checkpoints/smollm2-instruct");
    check_cases(tokenizer, "goldens/tokenizer_cases.json", true);
    rft_tokenizer_close(tokenizer);
}

/* The same tokenizer with its merges written as pairs. */
static void smollm2_merges_as_pairs(void **state)
{
    (void)state;
    const char *other = rft_test_shared("checkpoints/smollm2-instruct/tokenizer.list-merges.json");
    if (other == NULL)
        RFT_SKIP("no shared test data");
    struct rft_str text = {0};
    assert_int_equal(rft_file_read(other, 1u << 28, &text), RFT_OK);
    char *path = rft_path_join(rft_test_tmp_dir(), "tokenizer.json");
    rft_test_write_file(path, text.data, text.len);
    struct rft_tokenizer *tokenizer;
    assert_int_equal(rft_tokenizer_open(rft_test_tmp_dir(), &tokenizer), RFT_OK);
    check_cases(tokenizer, "goldens/tokenizer_cases.json", true);
    rft_tokenizer_close(tokenizer);
    rft_free(path);
    rft_str_finish(&text);
}

static void stories260k(void **state)
{
    (void)state;
    struct rft_tokenizer *tokenizer = open_shared("stories260k/hf");
    check_cases(tokenizer, "stories260k/golden_greedy.json", true);
    rft_tokenizer_close(tokenizer);
}

static struct rft_str read_shared(const char *name)
{
    struct rft_str text = {0};
    const char *path = rft_test_shared(name);
    assert_non_null(path);
    assert_int_equal(rft_file_read(path, 1u << 24, &text), RFT_OK);
    return text;
}

static struct rft_ids ids_of_line(const char **line)
{
    struct rft_ids ids = {0};
    const char *p = *line;
    while (*p && *p != '\n') {
        while (*p == ' ')
            p++;
        uint32_t id = 0;
        const char *digits = p;
        for (; *p >= '0' && *p <= '9'; p++)
            id = id * 10 + (uint32_t)(*p - '0');
        if (p == digits)
            break;
        assert_int_equal(rft_ids_append(&ids, id), RFT_OK);
    }
    *line = *p ? p + 1 : p;
    return ids;
}

/* llama.cpp's vectors: inputs with a separating line, and one line of ids for each. */
static void check_vectors(struct rft_tokenizer *tokenizer, const char *name)
{
    static const char separator[] = "\n__ggml_vocab_test__\n";
    char file[100];
    snprintf(file, sizeof file, "goldens/%s.inp", name);
    struct rft_str inputs = read_shared(file);
    snprintf(file, sizeof file, "goldens/%s.out", name);
    struct rft_str outputs = read_shared(file);
    const char *text = inputs.data, *line = outputs.data;
    size_t n = 0;
    for (const char *end; (end = strstr(text, separator)) != NULL; text = end + sizeof separator - 1, n++) {
        struct rft_ids expected = ids_of_line(&line);
        check_ids(tokenizer, (struct rft_bytes){text, (size_t)(end - text)}, &expected, false, name);
        rft_ids_finish(&expected);
    }
    assert_true(n > 40);
    rft_str_finish(&inputs);
    rft_str_finish(&outputs);
}

static void llama_cpp_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *name, *dir;
    } pairs[] = {{"llama-bpe", "checkpoints/llama3"},
                 {"qwen2", "checkpoints/qwen2.5-instruct"},
                 {"phi-3", "checkpoints/phi-3-mini"},
                 {"llama-spm", "checkpoints/llama2-chat"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct rft_tokenizer *tokenizer = open_shared(pairs[i].dir);
        check_vectors(tokenizer, pairs[i].name);
        rft_tokenizer_close(tokenizer);
    }
}

static void long_texts(void **state)
{
    (void)state;
    static const struct {
        const char *golden, *dir;
    } pairs[] = {{"goldens/llama_encoded.json", "checkpoints/llama2-chat"},
                 {"goldens/llama_3.2_encoded.json", "checkpoints/llama3"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct rft_tokenizer *tokenizer = open_shared(pairs[i].dir);
        json_t *root = read_json(rft_test_shared(pairs[i].golden));
        struct rft_bytes text = text_of(json_object_get(root, "text"));
        struct rft_ids expected = ids_of(json_object_get(root, "token_ids"));
        check_ids(tokenizer, text, &expected, true, pairs[i].golden);
        check_round_trip(tokenizer, text, pairs[i].golden);
        rft_ids_finish(&expected);
        json_decref(root);
        rft_tokenizer_close(tokenizer);
    }
}

/* Every byte string survives encoding and decoding where the tokenizer can write every byte. */
static void questions_round_trip(void **state)
{
    (void)state;
    static const char *const dirs[] = {"checkpoints/smollm2-instruct", "checkpoints/llama3", "checkpoints/phi-3-mini",
                                       "checkpoints/mistral-7b-instruct-v0.2", "stories260k/hf"};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        struct rft_tokenizer *tokenizer = open_shared(dirs[i]);
        struct rft_str questions = read_shared("gsm8k/test.jsonl");
        const char *line = questions.data;
        for (int k = 0; k < 200 && *line; k++) {
            size_t n = strcspn(line, "\n");
            check_round_trip(tokenizer, (struct rft_bytes){line, n}, dirs[i]);
            line += n + 1;
        }
        rft_str_finish(&questions);
        rft_tokenizer_close(tokenizer);
    }
}

int main(int argc, char **argv)
{
    rft_alloc_hook_json();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(components),
        RFT_OPTIONAL(smollm2, "test data of RFTGEN_SHARED_DATA"),
        RFT_OPTIONAL(smollm2_merges_as_pairs, "test data of RFTGEN_SHARED_DATA"),
        RFT_OPTIONAL(stories260k, "test data of RFTGEN_SHARED_DATA"),
        RFT_OPTIONAL(long_texts, "test data of RFTGEN_SHARED_DATA"),
        RFT_OPTIONAL(llama_cpp_vectors, "test data of RFTGEN_SHARED_DATA"),
        RFT_OPTIONAL(questions_round_trip, "test data of RFTGEN_SHARED_DATA"),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
