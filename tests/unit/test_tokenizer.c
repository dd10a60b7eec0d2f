/* SPDX-License-Identifier: MIT */
/* What fixtures of the tokenizers library (tests/oracle) do not show: errors, plain spans, ill-formed text, hostile
 * text, BOS, memory faults. */
#include "support.h"

#include "tokenizer_json.h"

#include <stdio.h>
#include <string.h>

#define VOCAB                                                                                                          \
    "\"vocab\":{\"a\":0,\"b\":1,\"ab\":2,\"<\":3,\">\":4,\"x\":5,\" \":6,\"\xc3\xa9\":7,\"\xef\xbf\xbd\":8,\"e\":9}"
#define MODEL "\"model\":{\"type\":\"BPE\"," VOCAB ",\"merges\":[\"a b\"]}"

static struct rft_tokenizer *load(const char *json)
{
    struct rft_tokenizer *tokenizer;
    assert_int_equal(rft_tok_load_json("test", rft_bytes_z(json), NULL, &tokenizer), RFT_OK);
    return tokenizer;
}

/* ids as "1 2 3"; the same buffer every time. */
static const char *encode(struct rft_tokenizer *tokenizer, struct rft_bytes text, size_t plain_0, size_t plain_1)
{
    static char shown[1000];
    struct rft_ids ids = {0};
    assert_int_equal(rft_tokenizer_encode(tokenizer, text, plain_0, plain_1, &ids), RFT_OK);
    shown[0] = 0;
    for (size_t i = 0; i < ids.n; i++)
        snprintf(shown + strlen(shown), sizeof shown - strlen(shown), i ? " %u" : "%u", ids.ids[i]);
    rft_ids_finish(&ids);
    return shown;
}

static void check(struct rft_tokenizer *tokenizer, const char *text, size_t plain_0, size_t plain_1,
                  const char *expected)
{
    const char *got = encode(tokenizer, rft_bytes_z(text), plain_0, plain_1);
    if (strcmp(got, expected) != 0)
        fail_msg("\"%s\" [%zu, %zu): expected %s, got %s", text, plain_0, plain_1, expected, got);
}

static void plain_spans(void **state)
{
    (void)state;
    static const char added[] = "{\"added_tokens\":[{\"id\":20,\"content\":\"<x>\",\"special\":true},{\"id\":21,"
                                "\"content\":\"<x>ab\",\"normalized\":false},"
                                "{\"id\":22,\"content\":\"<e>\",\"special\":true,\"normalized\":true},{\"id\":23,"
                                "\"content\":\">\\u00e9<\",\"normalized\":true},"
                                "{\"id\":24,\"content\":\"a\\u0301\"}],"
                                "\"normalizer\":{\"type\":\"NFC\"}," MODEL "}";
    static const struct {
        const char *text;
        size_t plain_0, plain_1;
        const char *expected;
    } cases[] = {
        {"<x>ab", 0, 0, "21"},
        {"<x>ab", 5, 5, "21"},   /* an empty span touches nothing */
        {"<x>ab", 3, 4, "20 2"}, /* the longest is touched, a shorter one is not */
        {"<x>ab", 2, 3, "3 5 4 2"},
        {"<x><x><x>", 3, 6, "20 3 5 4 20"},
        {"<x>", 0, 100, "3 5 4"},
        {"<e><e>", 0, 3, "3 9 4 22"},         /* declared normalized: looked for behind NFC */
        {"<e>e\xcc\x81<e>", 3, 6, "22 7 22"}, /* what the span composes to is plain, the ASCII before it is not */
        {">e\xcc\x81<", 0, 0, "23"},
        {">e\xcc\x81<", 1, 2, "4 7 3"},
        {">e\xcc\x81<", 2, 4, "4 7 3"},
        {">e\xcc\x81<", 4, 5, "4 7 3"},
        {">\xc3\xa9<", 2, 3, "4 7 3"}, /* a character that is touched is plain all over */
        {"<e>\xc3\xa9", 3, 5, "22 7"},
        {"\xc3\xa1", 0, 0, "24"}, /* tokens that are not special are normalized unless they say otherwise */
    };
    struct rft_tokenizer *tokenizer = load(added);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(tokenizer, cases[i].text, cases[i].plain_0, cases[i].plain_1, cases[i].expected);
    rft_tokenizer_close(tokenizer);
}

/* Characters never become a special token, whatever merges or whole-word look-ups say. */
static void special_tokens_only_by_name(void **state)
{
    (void)state;
    struct rft_tokenizer *tokenizer =
        load("{\"added_tokens\":[{\"id\":2,\"content\":\"ab\",\"special\":true},{\"id\":5,\"content\":\"x\","
             "\"special\":true}],"
             "\"model\":{\"type\":\"BPE\",\"ignore_merges\":true," VOCAB ",\"merges\":[\"a b\"]}}");
    check(tokenizer, "ab", 0, 0, "2");
    check(tokenizer, "ab", 0, 2, "0 1");
    check(tokenizer, "abx", 0, 3, "0 1");
    rft_tokenizer_close(tokenizer);
}

static void ill_formed_text(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"a\xff\x62", "0 8 1"},
        {"\xc3", "8"},
        {"\xc3\xa9", "7"},
        {"\xe2\x82", "8"},
        {"\xf0\x9f\x98\x61", "8 0"},
        {"\xed\xa0\x80", "8 8 8"},
        {"\xc0\x80", "8 8"},
        {"\xa9\xa9", "8 8"},
        {"a\xe2\x82\xc3\xa9", "0 8 7"},
    };
    struct rft_tokenizer *tokenizer = load("{" MODEL "}");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(tokenizer, cases[i].text, 0, 0, cases[i].expected);
    assert_string_equal(encode(tokenizer, (struct rft_bytes){"x\0b", 3}, 0, 0),
                        "5 1"); /* NUL is a character like others */
    rft_tokenizer_close(tokenizer);
}

static void check_decode(struct rft_tokenizer *tokenizer, const uint32_t *ids, size_t n, const char *expected)
{
    struct rft_str text = {0};
    assert_int_equal(rft_str_append(&text, "kept", 4), RFT_OK);
    assert_int_equal(rft_tokenizer_decode(tokenizer, ids, n, &text), RFT_OK);
    assert_memory_equal(text.data, "kept", 4);
    assert_string_equal(text.data + 4, expected);
    rft_str_finish(&text);
}

static void decoding(void **state)
{
    (void)state;
    static const char vocab[] =
        "\"model\":{\"type\":\"BPE\",\"merges\":[],\"vocab\":{\"\\u0120\":0,\"\\u00c3\":1,\"\\u00a9\":2,"
        "\"<0xC3>\":3,\"<0xA9>\":4,\"b\":5}},\"added_tokens\":[{\"id\":7,\"content\":\"<e>\","
        "\"special\":true},{\"id\":8,\"content\":\"<t>\"}]";
    char json[600];
    static const struct {
        const char *decoder;
        uint32_t ids[4];
        size_t n;
        const char *expected;
    } cases[] = {
        {"{\"type\":\"ByteLevel\"}",
         {0, 1, 2, 5},
         4,
         " \xc3\xa9"
         "b"},
        {"{\"type\":\"ByteLevel\"}", {1}, 1, "\xc3"},           /* cut off inside a character: the bytes as they are */
        {"{\"type\":\"ByteLevel\"}", {7, 5, 8, 7}, 4, "b<t>"},  /* special tokens are left out, added ones are not */
        {"{\"type\":\"ByteLevel\"}", {5, 6, 9999, 5}, 4, "bb"}, /* ids that no token has are nothing */
        {"{\"type\":\"ByteFallback\"}",
         {3, 4, 5},
         3,
         "\xc3\xa9"
         "b"},
        /* a row of bytes that is no UTF-8: every byte is U+FFFD, as the reference has it */
        {"{\"type\":\"ByteFallback\"}", {3, 5, 4}, 3, "\xef\xbf\xbd\x62\xef\xbf\xbd"},
        {"{\"type\":\"ByteFallback\"}", {3, 4, 3, 5}, 4, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\x62"},
        {"{\"type\":\"ByteFallback\"}", {5, 3, 4}, 3, "b\xc3\xa9"},
        {"null", {5, 5}, 2, "b b"},
        {"null", {0}, 0, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(json, sizeof json, "{\"decoder\":%s,%s}", cases[i].decoder, vocab);
        struct rft_tokenizer *tokenizer = load(json);
        check_decode(tokenizer, cases[i].ids, cases[i].n, cases[i].expected);
        rft_tokenizer_close(tokenizer);
    }
}

static void tables(void **state)
{
    (void)state;
    struct rft_tokenizer *t = load("{\"added_tokens\":[{\"id\":12,\"content\":\"<e>\",\"special\":true}]," MODEL "}");
    struct rft_tokenizer *other = load("{\"added_tokens\":[]," MODEL "}");
    uint32_t id;
    assert_int_equal(rft_tokenizer_n_ids(t), 13);
    assert_true(rft_tokenizer_has_id(t, 12) && rft_tokenizer_has_id(t, 0));
    assert_false(rft_tokenizer_has_id(t, 10) || rft_tokenizer_has_id(t, 13) || rft_tokenizer_has_id(t, UINT32_MAX));
    assert_true(rft_tokenizer_find(t, rft_bytes_z("ab"), &id) && id == 2);
    assert_true(rft_tokenizer_find(t, rft_bytes_z("<e>"), &id) && id == 12);
    assert_false(rft_tokenizer_find(t, rft_bytes_z("ba"), &id));
    assert_true(rft_tokenizer_hash(t) != rft_tokenizer_hash(other));
    rft_tokenizer_close(t);
    rft_tokenizer_close(other);
    rft_tokenizer_close(NULL);
}

/* ---- BOS ---- */

#define TEMPLATE(items)                                                                                                \
    "{\"type\":\"TemplateProcessing\",\"single\":[" items "],\"special_tokens\":{"                                     \
    "\"<s>\":{\"id\":\"<s>\",\"ids\":[11]},\"<ss>\":{\"id\":\"<ss>\",\"ids\":[11,12]}}}"
#define SPECIAL(name) "{\"SpecialToken\":{\"id\":\"" name "\",\"type_id\":0}}"
#define TEXT "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}"

static void write_file(const char *name, const char *text)
{
    char *path = rft_path_join(rft_test_tmp_dir(), name);
    rft_test_write_file(path, text, strlen(text));
    rft_free(path);
}

static void prefixes(void **state)
{
    (void)state;
    static const char config_bos[] = "{\"add_bos_token\":true,\"bos_token\":\"<s>\"}";
    static const struct {
        const char *processor, *config;
        size_t n;
        uint32_t ids[2];
    } cases[] = {
        {"null", "{}", 0, {0}},
        {"null", config_bos, 1, {11}},
        {"null", "{\"add_bos_token\":true,\"bos_token\":{\"content\":\"<s>\"}}", 1, {11}},
        {"null", "{\"add_bos_token\":false,\"bos_token\":\"<s>\"}", 0, {0}},
        {"null", "{\"bos_token\":\"<s>\"}", 0, {0}},
        {"{\"type\":\"ByteLevel\"}", config_bos, 1, {11}},
        {TEMPLATE(TEXT), config_bos, 0, {0}}, /* the template decides */
        {TEMPLATE(SPECIAL("<s>") "," TEXT), "{}", 1, {11}},
        {TEMPLATE(SPECIAL("<ss>") "," TEXT "," SPECIAL("<s>")), "{}", 2, {11, 12}},
        {"{\"type\":\"Sequence\",\"processors\":[{\"type\":\"ByteLevel\"}," TEMPLATE(SPECIAL("<s>") "," TEXT) "]}",
         "{}",
         1,
         {11}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char json[1200];
        snprintf(json, sizeof json,
                 "{\"post_processor\":%s,\"added_tokens\":[{\"id\":11,\"content\":\"<s>\",\"special\":true},"
                 "{\"id\":12,\"content\":\"</s>\",\"special\":true}]," MODEL "}",
                 cases[i].processor);
        write_file("tokenizer.json", json);
        write_file("tokenizer_config.json", cases[i].config);
        struct rft_tokenizer *tokenizer;
        size_t n;
        assert_int_equal(rft_tokenizer_open(rft_test_tmp_dir(), &tokenizer), RFT_OK);
        const uint32_t *prefix = rft_tokenizer_prefix(tokenizer, &n);
        if (n != cases[i].n || (n && memcmp(prefix, cases[i].ids, n * sizeof *prefix) != 0))
            fail_msg("case %zu: %zu ids", i, n);
        rft_tokenizer_close(tokenizer);
    }
}

/* ---- errors ---- */

static void errors(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        enum rft_status status;
        const char *says;
    } cases[] = {
        {"[", RFT_ERR_INPUT, "test:1"},
        {"{}", RFT_ERR_INPUT, "model"},
        {"[]", RFT_ERR_INPUT, "model"},
        {"{\"model\":{\"type\":\"Unigram\",\"vocab\":[]}}", RFT_ERR_UNSUPPORTED, "Unigram"},
        {"{\"model\":{\"type\":\"BPE\",\"merges\":[]}}", RFT_ERR_INPUT, "model.vocab"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0}}}", RFT_ERR_INPUT, "model.merges"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":\"0\"},\"merges\":[]}}", RFT_ERR_INPUT, "model.vocab"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":-1},\"merges\":[]}}", RFT_ERR_INPUT, "model.vocab"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":4000000000},\"merges\":[]}}", RFT_ERR_INPUT, "model.vocab"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":0},\"merges\":[]}}", RFT_ERR_INPUT, "same id"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1},\"merges\":[\"a b\"]}}", RFT_ERR_INPUT, "merges[0]"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"aa\":1},\"merges\":[\"a a\",\"aa\"]}}", RFT_ERR_INPUT,
         "merges[1]"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"aa\":1},\"merges\":[[\"a\"]]}}", RFT_ERR_INPUT,
         "merges[0]"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[3]}}", RFT_ERR_INPUT, "merges[0]"},
        {"{\"model\":{\"type\":\"BPE\",\"dropout\":0.1,\"vocab\":{\"a\":0},\"merges\":[]}}", RFT_ERR_UNSUPPORTED,
         "dropout"},
        {"{\"model\":{\"type\":\"BPE\",\"continuing_subword_prefix\":\"##\",\"vocab\":{\"a\":0},\"merges\":[]}}",
         RFT_ERR_UNSUPPORTED, "continuing_subword_prefix"},
        {"{\"model\":{\"type\":\"BPE\",\"end_of_word_suffix\":\"</w>\",\"vocab\":{\"a\":0},\"merges\":[]}}",
         RFT_ERR_UNSUPPORTED, "end_of_word_suffix"},
        {"{\"normalizer\":{\"type\":\"Nmt\"}," MODEL "}", RFT_ERR_UNSUPPORTED, "normalizer type \"Nmt\""},
        {"{\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Precompiled\"}]}," MODEL "}",
         RFT_ERR_UNSUPPORTED, "Precompiled"},
        {"{\"normalizer\":{\"type\":\"Sequence\"}," MODEL "}", RFT_ERR_INPUT, "normalizers"},
        {"{\"normalizer\":{}," MODEL "}", RFT_ERR_INPUT, "no \"type\""},
        {"{\"normalizer\":{\"type\":\"Prepend\"}," MODEL "}", RFT_ERR_INPUT, "prepend"},
        {"{\"normalizer\":{\"type\":\"Replace\",\"content\":\"\"}," MODEL "}", RFT_ERR_INPUT, "pattern"},
        {"{\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"}," MODEL "}", RFT_ERR_UNSUPPORTED, "BertPreTokenizer"},
        {"{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(\"},\"behavior\":\"Isolated\"}," MODEL "}",
         RFT_ERR_UNSUPPORTED, "\"(\""},
        {"{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"[a&&b]\"},\"behavior\":\"Isolated\"}," MODEL
         "}",
         RFT_ERR_UNSUPPORTED, "&&"},
        {"{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"[a[b]]\"},\"behavior\":\"Isolated\"}," MODEL
         "}",
         RFT_ERR_UNSUPPORTED, "class inside a class"},
        {"{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"\\\\d{1,3}+\"},\"behavior\":\"Isolated\"}"
         "," MODEL "}",
         RFT_ERR_UNSUPPORTED, "{n,m}+"},
        {"{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"a(?im:b)\"}}," MODEL "}", RFT_ERR_UNSUPPORTED,
         "(?m)"},
        {"{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"String\":\"a\"},\"behavior\":\"Glued\"}," MODEL "}",
         RFT_ERR_INPUT, "behavior"},
        {"{\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"_\",\"prepend_scheme\":\"last\"}," MODEL "}",
         RFT_ERR_INPUT, "prepend_scheme"},
        {"{\"decoder\":{\"type\":\"WordPiece\"}," MODEL "}", RFT_ERR_UNSUPPORTED, "WordPiece"},
        {"{\"decoder\":{\"type\":\"Strip\",\"content\":\" \",\"start\":-1,\"stop\":0}," MODEL "}", RFT_ERR_INPUT,
         "start"},
        {"{\"post_processor\":{\"type\":\"RobertaProcessing\"}," MODEL "}", RFT_ERR_UNSUPPORTED, "RobertaProcessing"},
        {"{\"post_processor\":" TEMPLATE(SPECIAL("<q>") "," TEXT) "," MODEL "}", RFT_ERR_INPUT, "post_processor"},
        {"{\"post_processor\":" TEMPLATE(SPECIAL("<s>") "," TEXT) "," MODEL "}", RFT_ERR_INPUT, "post_processor"},
        {"{\"added_tokens\":[{\"id\":3,\"content\":\"a\"}]," MODEL "}", RFT_ERR_INPUT, "\"a\""},
        {"{\"added_tokens\":[{\"id\":0,\"content\":\"q\"}]," MODEL "}", RFT_ERR_INPUT, "\"q\""},
        {"{\"added_tokens\":[{\"id\":11,\"content\":\"\"}]," MODEL "}", RFT_ERR_INPUT, "without content"},
        {"{\"added_tokens\":[{\"content\":\"q\"}]," MODEL "}", RFT_ERR_INPUT, "added_tokens"},
        {"{\"added_tokens\":[7]," MODEL "}", RFT_ERR_INPUT, "added_tokens"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_tokenizer *tokenizer = (void *)&tokenizer;
        rft_test_log_capture();
        enum rft_status status = rft_tok_load_json("test", rft_bytes_z(cases[i].json), NULL, &tokenizer);
        if (status != cases[i].status || tokenizer != NULL || strstr(rft_test_log_text(), cases[i].says) == NULL)
            fail_msg("%s: %s, \"%s\"", cases[i].json, rft_status_text(status), rft_test_log_text());
        rft_test_log_release();
    }
}

static void files(void **state)
{
    (void)state;
    struct rft_tokenizer *tokenizer;
    rft_test_log_capture();
    assert_int_not_equal(rft_tokenizer_open("/nonexistent/dir", &tokenizer), RFT_OK);
    assert_null(tokenizer);
    assert_non_null(strstr(rft_test_log_text(), "/nonexistent/dir: holds no tokenizer.json"));
    write_file("tokenizer.json", "{" MODEL "}");
    write_file("tokenizer_config.json", "{\"add_bos_token\":true,\"bos_token\":\"<none>\"}");
    assert_int_equal(rft_tokenizer_open(rft_test_tmp_dir(), &tokenizer), RFT_ERR_INPUT);
    assert_non_null(strstr(rft_test_log_text(), "tokenizer_config.json: add_bos_token"));
    rft_test_log_release();
}

/* ---- hostile text ---- */

static struct rft_ids encode_many(const char *json, const char *unit, size_t n)
{
    struct rft_tokenizer *tokenizer = load(json);
    struct rft_str text = {0};
    struct rft_ids ids = {0};
    for (size_t i = 0; i < n; i++)
        assert_int_equal(rft_str_append_z(&text, unit), RFT_OK);
    assert_int_equal(rft_tokenizer_encode(tokenizer, (struct rft_bytes){text.data, text.len}, 0, 0, &ids), RFT_OK);
    rft_str_finish(&text);
    rft_tokenizer_close(tokenizer);
    return ids;
}

/* Quadratic time anywhere would make these take minutes. */
static void long_texts(void **state)
{
    (void)state;
    static const struct {
        const char *json, *unit;
        size_t n, n_ids;
    } cases[] = {
        {"{" MODEL "}", "ab", 200000, 200000}, /* one word */
        {"{\"normalizer\":{\"type\":\"NFC\"}," MODEL "}", "\xcc\xa3\xcc\x81", 100000,
         0}, /* one run of marks, out of order */
        {"{\"pre_tokenizer\":{\"type\":\"ByteLevel\"}," MODEL "}", " ", 200000, 0},
        {"{\"pre_tokenizer\":{\"type\":\"ByteLevel\"}," MODEL "}", "a ", 100000, 100000},
        {"{\"added_tokens\":[{\"id\":11,\"content\":\"<<<<<<<<<<<<<<<<x\"}]," MODEL "}", "<", 200000, 200000},
        {"{\"added_tokens\":[{\"id\":1,\"content\":\"b\",\"lstrip\":true,\"rstrip\":true,\"single_word\":true}]," MODEL
         "}",
         "b  ", 100000, 100000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_ids ids = encode_many(cases[i].json, cases[i].unit, cases[i].n);
        if (ids.n != cases[i].n_ids)
            fail_msg("case %zu: %zu ids", i, ids.n);
        rft_ids_finish(&ids);
    }
}

/* A pattern that backtracks without end is stopped by PCRE2's limits, and the text refused. */
static void endless_pattern(void **state)
{
    (void)state;
    struct rft_tokenizer *tokenizer = load(
        "{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(a+a+)+$\"},\"behavior\":\"Isolated\"}," MODEL
        "}");
    struct rft_ids ids = {0};
    assert_int_equal(rft_ids_append(&ids, 77), RFT_OK);
    rft_test_log_capture();
    assert_int_equal(rft_tokenizer_encode(tokenizer,
                                          rft_bytes_z("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaax"), 0,
                                          0, &ids),
                     RFT_ERR_INPUT);
    assert_non_null(strstr(rft_test_log_text(), "pattern gave up"));
    rft_test_log_release();
    assert_int_equal(ids.n, 1);
    rft_ids_finish(&ids);
    rft_tokenizer_close(tokenizer);
}

/* ---- memory faults ---- */

static const char everything[] =
    "{\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFC\"},{\"type\":\"Lowercase\"},"
    "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"\\\\s\"},\"content\":\" \"},{\"type\":\"Prepend\",\"prepend\":\" "
    "\"}]},"
    "\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Digits\"},{\"type\":\"ByteLevel\"}]},"
    "\"decoder\":{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"ByteLevel\"},{\"type\":\"ByteFallback\"},"
    "{\"type\":\"Strip\",\"content\":\" \",\"start\":1,\"stop\":0}]},"
    "\"added_tokens\":[{\"id\":20,\"content\":\"<s>\",\"special\":true},{\"id\":21,\"content\":\"<T>\",\"normalized\":"
    "true}],"
    "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"<s>\"}},"
    "{\"Sequence\":{\"id\":\"A\"}}],\"special_tokens\":{\"<s>\":{\"ids\":[20]}}},"
    "\"model\":{\"type\":\"BPE\",\"unk_token\":\"?\",\"vocab\":{\"a\":0,\"b\":1,\"ab\":2,\"?\":3},\"merges\":[[\"a\","
    "\"b\"]]}}";

static enum rft_status whole_life(void *user)
{
    struct rft_tokenizer *tokenizer = NULL;
    struct rft_ids ids = {0};
    struct rft_str text = {0};
    enum rft_status status = rft_tokenizer_open(user, &tokenizer);
    if (status == RFT_OK)
        status =
            rft_tokenizer_encode(tokenizer, rft_bytes_z("<s>ab 12 e\xcc\xa3\xcc\x81\xcc\xa3 <T>ab ab\n"), 4, 6, &ids);
    if (status == RFT_OK)
        status = rft_tokenizer_decode(tokenizer, ids.ids, ids.n, &text);
    rft_str_finish(&text);
    rft_ids_finish(&ids);
    rft_tokenizer_close(tokenizer);
    return status;
}

static void allocation_faults(void **state)
{
    (void)state;
    write_file("tokenizer.json", everything);
    write_file("tokenizer_config.json", "{\"add_bos_token\":true,\"bos_token\":\"<s>\"}");
    char *dir = rft_path_join(rft_test_tmp_dir(), "");
    assert_true(rft_test_alloc_faults(whole_life, dir) > 100);
    rft_free(dir);
}

int main(int argc, char **argv)
{
    rft_alloc_hook_json();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_spans),
        cmocka_unit_test(special_tokens_only_by_name),
        cmocka_unit_test(ill_formed_text),
        cmocka_unit_test(decoding),
        cmocka_unit_test(tables),
        cmocka_unit_test(prefixes),
        cmocka_unit_test(errors),
        cmocka_unit_test(files),
        cmocka_unit_test(long_texts),
        cmocka_unit_test(endless_pattern),
        cmocka_unit_test(allocation_faults),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
