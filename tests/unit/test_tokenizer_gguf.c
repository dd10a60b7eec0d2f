/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "file.h"
#include "gguf.h"
#include "tokenizer_gguf.h"

#include <stdio.h>
#include <string.h>

#define KEY(name) "tokenizer.ggml." name

/* A GGUF file of metadata alone, in the making. */
struct file {
    struct rft_str bytes; /* behind the header */
    uint64_t n;           /* entries */
};

static void put(struct file *f, const void *bytes, size_t n)
{
    assert_int_equal(rft_str_append(&f->bytes, bytes, n), RFT_OK);
}

static void put_u32(struct file *f, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        unsigned char byte = (unsigned char)(value >> 8 * i);
        put(f, &byte, 1);
    }
}

static void put_text(struct file *f, const char *text)
{
    put_u32(f, (uint32_t)strlen(text));
    put_u32(f, 0);
    put(f, text, strlen(text));
}

static void put_key(struct file *f, const char *key, uint32_t type)
{
    put_text(f, key);
    put_u32(f, type);
    f->n++;
}

static void put_array(struct file *f, const char *key, uint32_t type, size_t n)
{
    put_key(f, key, 9);
    put_u32(f, type);
    put_u32(f, (uint32_t)n);
    put_u32(f, 0);
}

static void add_string(struct file *f, const char *key, const char *value)
{
    put_key(f, key, 8);
    put_text(f, value);
}

static void add_strings(struct file *f, const char *key, const char *const *values, size_t n)
{
    put_array(f, key, 8, n);
    for (size_t i = 0; i < n; i++)
        put_text(f, values[i]);
}

static void add_u32(struct file *f, const char *key, uint32_t value)
{
    put_key(f, key, 4);
    put_u32(f, value);
}

static void add_bool(struct file *f, const char *key, bool value)
{
    char byte = value;
    put_key(f, key, 7);
    put(f, &byte, 1);
}

static void add_i32s(struct file *f, const char *key, const int32_t *values, size_t n)
{
    put_array(f, key, 5, n);
    for (size_t i = 0; i < n; i++)
        put_u32(f, (uint32_t)values[i]);
}

static void add_floats(struct file *f, const char *key, const float *values, size_t n)
{
    put_array(f, key, 6, n);
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], 4);
        put_u32(f, bits);
    }
}

/* Header and entries as one text. */
static struct rft_str whole_file(struct file *f)
{
    struct file head = {0};
    put(&head, "GGUF", 4);
    put_u32(&head, 3);
    put_u32(&head, 0);
    put_u32(&head, 0);
    put_u32(&head, (uint32_t)f->n);
    put_u32(&head, 0);
    put(&head, f->bytes.data, f->bytes.len);
    rft_str_finish(&f->bytes);
    return head.bytes;
}

static enum rft_status open_bytes(const struct rft_str *bytes, struct rft_tokenizer **tokenizer)
{
    char path[] = "m.gguf";
    struct rft_map map = {.data = (const uint8_t *)bytes->data, .bytes = bytes->len, .path = path};
    struct rft_gguf *gguf = NULL;
    *tokenizer = NULL;
    enum rft_status status = rft_gguf_parse(&map, &gguf);
    if (status == RFT_OK)
        status = rft_tokenizer_open_gguf(gguf, path, tokenizer);
    rft_gguf_destroy(gguf);
    return status;
}

static const char *encode(struct rft_tokenizer *tokenizer, const char *text, size_t plain_1)
{
    static char shown[400];
    struct rft_ids ids = {0};
    assert_int_equal(rft_tokenizer_encode(tokenizer, rft_bytes_z(text), 0, plain_1, &ids), RFT_OK);
    shown[0] = 0;
    for (size_t i = 0; i < ids.n; i++)
        snprintf(shown + strlen(shown), sizeof shown - strlen(shown), i ? " %u" : "%u", ids.ids[i]);
    rft_ids_finish(&ids);
    return shown;
}

static void check_decode(struct rft_tokenizer *tokenizer, const uint32_t *ids, size_t n, const char *expected)
{
    struct rft_str text = {0};
    assert_int_equal(rft_tokenizer_decode(tokenizer, ids, n, &text), RFT_OK);
    assert_string_equal(text.data, expected);
    rft_str_finish(&text);
}

/* ---- "gpt2" ---- */

static const char *const bpe_tokens[] = {"<s>", "a", "b",  "1",   "\xc4\xa0", "ab", "11", "\xc4\xa0\141",
                                         "'",   "s", "'s", "<t>", "S",        "'S", "ba"};
static const int32_t bpe_types[] = {3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 4, 1, 1, 1};
#define N_BPE (sizeof bpe_tokens / sizeof *bpe_tokens)
static const char *const bpe_merges[] = {"a b", "1 1", "\xc4\xa0 a", "' s", "' S"}; /* none for ba */

static struct file bpe_file(const char *pre)
{
    struct file f = {0};
    add_string(&f, KEY("model"), "gpt2");
    if (pre != NULL)
        add_string(&f, KEY("pre"), pre);
    add_strings(&f, KEY("tokens"), bpe_tokens, N_BPE);
    add_i32s(&f, KEY("token_type"), bpe_types, N_BPE);
    add_strings(&f, KEY("merges"), bpe_merges, 5);
    return f;
}

static void named_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *pre, *expected; /* of "<s>ab 11a's'S<t>" */
        bool whole_words;           /* a word that is a token is not merged from its characters */
    } cases[] = {
        {"gpt-2", "0 5 4 6 1 10 8 12 11", false},    /* digits together; 's is a contraction, 'S is not */
        {"smollm", "0 5 4 3 3 1 10 8 12 11", false}, /* digits one by one */
        {"llama-bpe", "0 5 4 6 1 10 13 11", true},   /* both are contractions */
        {"qwen2", "0 5 4 3 3 1 10 13 11", false},
        {"tekken", "0 5 4 3 3 1 10 13 11", true}, /* a word may begin with any one sign */
        {NULL, "0 5 4 6 1 8 9 8 12 11", false},   /* no name: the default (signs apart), with a warning */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file f = bpe_file(cases[i].pre);
        add_bool(&f, KEY("add_bos_token"), false);
        struct rft_str bytes = whole_file(&f);
        struct rft_tokenizer *tokenizer;
        rft_test_log_capture();
        assert_int_equal(open_bytes(&bytes, &tokenizer), RFT_OK);
        assert_int_equal(strstr(rft_test_log_text(), KEY("pre")) != NULL, cases[i].pre == NULL);
        rft_test_log_release();
        const char *got = encode(tokenizer, "<s>ab 11a's'S<t>", 0);
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("%s: expected %s, got %s", cases[i].pre, cases[i].expected, got);
        assert_string_equal(encode(tokenizer, "<t>", 3), "");
        assert_string_equal(encode(tokenizer, "ba", 0), cases[i].whole_words ? "14" : "2 1");
        check_decode(tokenizer, (const uint32_t[]){0, 5, 7, 11, 10}, 5, "ab a<t>'s");
        rft_tokenizer_close(tokenizer);
        rft_str_finish(&bytes);
    }
}

static void beginning_of_sequence(void **state)
{
    (void)state;
    static const struct {
        const char *pre;
        int add, bos; /* -1: not said */
        size_t n;
    } cases[] = {
        {"gpt-2", -1, 0, 0}, {"gpt-2", 1, 0, 1}, {"gpt-2", 0, 0, 0}, {"llama-bpe", -1, 0, 1}, {"llama-bpe", 0, 0, 0}};
    uint64_t last_hash = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file f = bpe_file(cases[i].pre);
        if (cases[i].add >= 0)
            add_bool(&f, KEY("add_bos_token"), cases[i].add);
        add_u32(&f, KEY("bos_token_id"), (uint32_t)cases[i].bos);
        struct rft_str bytes = whole_file(&f);
        struct rft_tokenizer *tokenizer;
        size_t n;
        assert_int_equal(open_bytes(&bytes, &tokenizer), RFT_OK);
        const uint32_t *prefix = rft_tokenizer_prefix(tokenizer, &n);
        assert_int_equal(n, cases[i].n);
        assert_true(n == 0 || prefix[0] == 0);
        assert_true(rft_tokenizer_hash(tokenizer) != last_hash); /* every neighbour in the table differs */
        last_hash = rft_tokenizer_hash(tokenizer);
        rft_tokenizer_close(tokenizer);
        rft_str_finish(&bytes);
    }
}

/* ---- "llama" ---- */

#define MARK "\xe2\x96\x81"
static const char *const spm_tokens[] = {"<unk>", "<s>", "</s>", "<0x0A>", "<0xC3>", "<0xA9>", MARK,  "a",  "b", "c",
                                         "ab",    "bc",  "abc",  MARK "a", "aa",     "cc",     "<u>", "ca", "ac"};
static const int32_t spm_types[] = {2, 3, 3, 6, 6, 6, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 4, 1, 1};
static const float spm_scores[] = {0, 0, 0, 0, 0, 0, -9, -10, -11, -12, -3, -2, -4, -3.5f, -1, -1, 0, -1, -1};
#define N_SPM (sizeof spm_tokens / sizeof *spm_tokens)

static struct file spm_file(void)
{
    struct file f = {0};
    add_string(&f, KEY("model"), "llama");
    add_strings(&f, KEY("tokens"), spm_tokens, N_SPM);
    add_i32s(&f, KEY("token_type"), spm_types, N_SPM);
    add_floats(&f, KEY("scores"), spm_scores, N_SPM);
    return f;
}

static void sentencepiece(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t plain_1;
        const char *expected;
    } cases[] = {
        {"", 0, ""},
        {"a", 0, "13"},
        {"abc", 0, "13 11"},     /* bc first, then the mark and a: abc never comes together */
        {"baaa", 0, "6 8 14 7"}, /* equal scores: the leftmost */
        {"bcac", 0, "6 8 17 9"},
        {"baca", 0, "6 8 18 7"},
        {"aac", 0, "6 14 9"},
        {"ccaa", 0, "6 15 14"},
        {"\xc3\xa9", 0, "6 4 5"}, /* no token: its bytes */
        {"\n", 0, "6 3"},
        {"\xc3\x9f", 0, "6 0"}, /* a byte without a token: unknown */
        {"<s>a<u>b</s>", 0, "1 13 16 6 8 2"},
        {"</s>", 4, "6 0 0 0 0"}, /* plain: only characters, and none of them known */
        {"a b", 0, "13 6 8"},
        {"a<unk>", 0, "13 0"},
    };
    struct file f = spm_file();
    struct rft_str bytes = whole_file(&f);
    struct rft_tokenizer *tokenizer;
    size_t n;
    assert_int_equal(open_bytes(&bytes, &tokenizer), RFT_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = encode(tokenizer, cases[i].text, cases[i].plain_1);
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("\"%s\": expected %s, got %s", cases[i].text, cases[i].expected, got);
    }
    assert_int_equal(rft_tokenizer_prefix(tokenizer, &n)[0], 1);
    assert_int_equal(n, 1);
    check_decode(tokenizer, (const uint32_t[]){1, 13, 4, 5, 6, 8, 3, 16, 0, 2}, 10, "a\xc3\xa9 b\n<u>");
    rft_tokenizer_close(tokenizer);
    rft_str_finish(&bytes);
}

static void no_space_prefix(void **state)
{
    (void)state;
    struct file f = spm_file();
    add_bool(&f, KEY("add_space_prefix"), false);
    add_bool(&f, KEY("add_bos_token"), false);
    struct rft_str bytes = whole_file(&f);
    struct rft_tokenizer *tokenizer;
    size_t n;
    assert_int_equal(open_bytes(&bytes, &tokenizer), RFT_OK);
    assert_string_equal(encode(tokenizer, "aab a", 0), "14 8 13");
    rft_tokenizer_prefix(tokenizer, &n);
    assert_int_equal(n, 0);
    check_decode(tokenizer, (const uint32_t[]){13, 8}, 2, " ab");
    rft_tokenizer_close(tokenizer);
    rft_str_finish(&bytes);
}

/* By its name or its architecture: special tokens take the white space behind them, but not all. */
static void phi_3(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *expected; /* of "</s> a<s> a<u> a" */
    } cases[] = {
        {"general.name", "Microsoft Phi-3 Mini", "2 13 1 6 13 16 13"},
        {"general.name", "phi3", "2 13 1 6 13 16 13"},
        {"general.architecture", "phi3", "2 13 1 6 13 16 13"},
        {"general.name", "phi 4", "2 6 13 1 6 13 16 6 13"},
        {"general.architecture", "llama", "2 6 13 1 6 13 16 6 13"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file f = spm_file();
        add_string(&f, cases[i].key, cases[i].value);
        struct rft_str bytes = whole_file(&f);
        struct rft_tokenizer *tokenizer;
        assert_int_equal(open_bytes(&bytes, &tokenizer), RFT_OK);
        const char *got = encode(tokenizer, "</s> a<s> a<u> a", 0);
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("%s: expected %s, got %s", cases[i].value, cases[i].expected, got);
        rft_tokenizer_close(tokenizer);
        rft_str_finish(&bytes);
    }
}

static uint64_t hash_of(struct file f)
{
    struct rft_str bytes = whole_file(&f);
    struct rft_tokenizer *tokenizer;
    assert_int_equal(open_bytes(&bytes, &tokenizer), RFT_OK);
    uint64_t hash = rft_tokenizer_hash(tokenizer);
    rft_tokenizer_close(tokenizer);
    rft_str_finish(&bytes);
    return hash;
}

/* What gives other ids is another tokenizer to the fingerprint of a run, even where texts and patterns are the same. */
static void hashes(void **state)
{
    (void)state;
    struct file named = spm_file();
    add_string(&named, "general.name", "phi-3");
    assert_true(hash_of(named) != hash_of(spm_file()));
    assert_true(hash_of(bpe_file("glm4")) != hash_of(bpe_file("dbrx"))); /* only one takes whole words first */
    assert_true(hash_of(bpe_file("dbrx")) != hash_of(bpe_file("qwen2")));
    assert_true(hash_of(bpe_file("dbrx")) == hash_of(bpe_file("smaug-bpe")));
}

/* ---- errors ---- */

static void check_refused(struct file *f, enum rft_status status, const char *says)
{
    struct rft_str bytes = whole_file(f);
    struct rft_tokenizer *tokenizer;
    rft_test_log_capture();
    enum rft_status got = open_bytes(&bytes, &tokenizer);
    if (got != status || tokenizer != NULL || strstr(rft_test_log_text(), says) == NULL ||
        strstr(rft_test_log_text(), "m.gguf") == NULL)
        fail_msg("expected \"%s\", got %s: %s", says, rft_status_text(got), rft_test_log_text());
    rft_test_log_release();
    rft_str_finish(&bytes);
}

static void errors(void **state)
{
    (void)state;
    static const char *const bad_merge[] = {"a b", "b b"};
    struct file f = {0};
    check_refused(&f, RFT_ERR_INPUT, KEY("model"));
    f = (struct file){0};
    add_string(&f, KEY("model"), "t5");
    check_refused(&f, RFT_ERR_UNSUPPORTED, "\"t5\"");
    f = bpe_file("kimi-k2");
    check_refused(&f, RFT_ERR_UNSUPPORTED, "\"kimi-k2\"");
    f = bpe_file("gpt");
    check_refused(&f, RFT_ERR_UNSUPPORTED, "\"gpt\""); /* part of a known name */
    f = bpe_file("gpt-2 phi-2");
    check_refused(&f, RFT_ERR_UNSUPPORTED, "gpt-2 phi-2");
    f = bpe_file("");
    check_refused(&f, RFT_ERR_UNSUPPORTED, "\"\"");
    f = (struct file){0};
    add_string(&f, KEY("model"), "llama");
    check_refused(&f, RFT_ERR_INPUT, KEY("tokens"));
    f = (struct file){0};
    add_string(&f, KEY("model"), "llama");
    add_strings(&f, KEY("tokens"), spm_tokens, N_SPM);
    check_refused(&f, RFT_ERR_INPUT, KEY("scores"));
    f = (struct file){0};
    add_string(&f, KEY("model"), "gpt2");
    add_string(&f, KEY("pre"), "gpt-2");
    add_strings(&f, KEY("tokens"), bpe_tokens, N_BPE);
    check_refused(&f, RFT_ERR_INPUT, KEY("merges"));
    f = (struct file){0};
    add_string(&f, KEY("model"), "gpt2");
    add_string(&f, KEY("pre"), "gpt-2");
    add_strings(&f, KEY("tokens"), bpe_tokens, N_BPE);
    add_strings(&f, KEY("merges"), bad_merge, 2);
    check_refused(&f, RFT_ERR_INPUT, "\"b b\" (entry 1)");
    f = bpe_file("llama-bpe");
    check_refused(&f, RFT_ERR_INPUT, KEY("bos_token_id"));
    f = spm_file();
    add_u32(&f, KEY("bos_token_id"), 1000);
    check_refused(&f, RFT_ERR_INPUT, KEY("bos_token_id"));
}

static enum rft_status whole_life(void *user)
{
    struct rft_tokenizer *tokenizer;
    struct rft_ids ids = {0};
    enum rft_status status = open_bytes(user, &tokenizer);
    if (status == RFT_OK)
        status = rft_tokenizer_encode(tokenizer, rft_bytes_z("<s>ab ca"), 0, 0, &ids);
    rft_ids_finish(&ids);
    rft_tokenizer_close(tokenizer);
    return status;
}

static void allocation_faults(void **state)
{
    (void)state;
    struct file files[] = {bpe_file("smollm"), spm_file()};
    for (size_t i = 0; i < 2; i++) {
        struct rft_str bytes = whole_file(&files[i]);
        assert_true(rft_test_alloc_faults(whole_life, &bytes) > 20);
        rft_str_finish(&bytes);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(named_patterns), cmocka_unit_test(beginning_of_sequence),
        cmocka_unit_test(sentencepiece),  cmocka_unit_test(no_space_prefix),
        cmocka_unit_test(phi_3),          cmocka_unit_test(hashes),
        cmocka_unit_test(errors),         cmocka_unit_test(allocation_faults),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
