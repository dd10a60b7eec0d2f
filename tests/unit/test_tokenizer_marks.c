/* SPDX-License-Identifier: MIT */
/* Which added tokens are recognised under the marks of a text, and the look-ups of special tokens. */
#include "support.h"

#include "tokenizer_json.h"

#include <stdio.h>
#include <string.h>

#define VOCAB                                                                                                          \
    "\"vocab\":{\"a\":0,\"b\":1,\"ab\":2,\"<\":3,\">\":4,\"x\":5,\" \":6,\"\xc3\xa9\":7,\"\xef\xbf\xbd\":8,\"e\":9,"   \
    "\"\\n\":10,\"|\":11,\"u\":12}"
#define MODEL "\"model\":{\"type\":\"BPE\"," VOCAB ",\"merges\":[\"a b\"]}"

/* The special tokens <x>, <x>ab, <u| (which takes white space behind it) and <e> (looked for behind NFC); ab>, the pair
 * of spaces, |u> (white space before it) and e<x are added but not special. */
static const char small[] =
    "{\"added_tokens\":[{\"id\":20,\"content\":\"<x>\",\"special\":true},{\"id\":21,\"content\":\"<x>ab\",\"special\":"
    "true},{\"id\":22,\"content\":\"<e>\",\"special\":true,\"normalized\":true},{\"id\":23,\"content\":\"ab>\","
    "\"normalized\":false},{\"id\":24,\"content\":\"  \",\"normalized\":false},{\"id\":25,\"content\":\"<u|\","
    "\"special\":true,\"rstrip\":true},{\"id\":26,\"content\":\"|u>\",\"lstrip\":true,\"normalized\":false},"
    "{\"id\":27,\"content\":\"<\xc3\xa9>\",\"special\":true,\"normalized\":true},"
    "{\"id\":28,\"content\":\"e<x\",\"normalized\":false}],"
    "\"normalizer\":{\"type\":\"NFC\"}," MODEL "}";

static struct rft_tokenizer *load(const char *json)
{
    struct rft_tokenizer *tokenizer;
    assert_int_equal(rft_tok_load_json("test", rft_bytes_z(json), NULL, &tokenizer), RFT_OK);
    return tokenizer;
}

/* letters: t, p or d for each byte, or NULL. */
static void check(struct rft_tokenizer *tokenizer, const char *text, const char *letters, const char *expected)
{
    struct rft_ids ids = {0};
    unsigned char marks[100];
    char shown[400] = "";
    size_t n = letters != NULL ? strlen(letters) : 0;
    assert_true(letters == NULL || (n == strlen(text) && n <= sizeof marks));
    for (size_t i = 0; i < n; i++)
        marks[i] = letters[i] == 't' ? RFT_TOK_TEMPLATE : letters[i] == 'p' ? RFT_TOK_PLAIN : RFT_TOK_DATA;
    assert_int_equal(rft_tokenizer_encode_marked(tokenizer, rft_bytes_z(text), letters != NULL ? marks : NULL, &ids),
                     RFT_OK);
    for (size_t i = 0; i < ids.n; i++)
        snprintf(shown + strlen(shown), sizeof shown - strlen(shown), i ? " %u" : "%u", ids.ids[i]);
    if (strcmp(shown, expected) != 0)
        fail_msg("\"%s\" (%s): expected %s, got %s", text, letters != NULL ? letters : "no marks", expected, shown);
    rft_ids_finish(&ids);
}

static void what_is_recognised(void **state)
{
    (void)state;
    static const struct {
        const char *text, *letters, *expected;
    } cases[] = {
        {"<x>ab>", NULL, "21 4"},
        {"<x>ab>", "tttttt", "21 4"},
        {"<x>ab>", "dddddd", "3 5 4 23"}, /* a special token is not, another one is */
        {"<x>ab>", "pppppp", "3 5 4 2 4"},
        {"<x>ab>", "tttddd", "20 23"},    /* the longer special token touches data, the shorter does not */
        {"<x>ab>", "tttppp", "20 2 4"},   /* and the other one is no token where it is plain */
        {"<x>ab>", "dtdttt", "3 5 4 23"}, /* one byte is enough */
        {"<x>ab>", "ttttdt", "20 23"},
        {"<x>ab>", "tttdpd", "20 2 4"}, /* plain is stricter than data */
        {"  <x>  ", "ddtttdd", "24 20 24"},
        {"  <x>  ", "pptttpp", "6 6 20 6 6"},
        {"<e><e>", "dddttt", "3 9 4 22"}, /* of the tokens behind the normalizer, too */
        {"<e><e>", "pppttt", "3 9 4 22"},
        {"e<x>", "tttd", "28 4"}, /* leftmost first: what is not special may reach from markup into data */
        {"e<x>", "dddd", "28 4"},
        {"e<x>", "pttt", "9 20"},
    };
    struct rft_tokenizer *tokenizer = load(small);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(tokenizer, cases[i].text, cases[i].letters, cases[i].expected);
    rft_tokenizer_close(tokenizer);
}

static void white_space_beside_tokens(void **state)
{
    (void)state;
    static const struct {
        const char *text, *letters, *expected;
    } cases[] = {
        {"<u| \n a", "tttdddd", "25 0"}, /* a token takes white space of data */
        {"<u| \n a", "tttpppp", "25 6 10 6 0"},
        {"<u| \n a", "ttttdpp", "25 6 0"}, /* up to the first that is plain */
        {"<u| \n a", "ddddddd", "3 12 11 6 10 6 0"},
        {"a \n|u>", "dddddd", "0 26"},
        {"a \n|u>", "ppdttt", "0 6 26"},
    };
    struct rft_tokenizer *tokenizer = load(small);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(tokenizer, cases[i].text, cases[i].letters, cases[i].expected);
    rft_tokenizer_close(tokenizer);
}

/* Marks keep to their characters where the text changes its length. */
static void marks_stay_aligned(void **state)
{
    (void)state;
    static const struct {
        const char *text, *letters, *expected;
    } cases[] = {
        {"\xff\xe2\x82<x>", "dddttt", "8 8 20"}, /* three ill-formed bytes, two U+FFFD */
        {"\xe2\x82<x>\xe2\x82", "ttdddtt", "8 3 5 4 8"},
        {"\xe2\x82<x>\xff", "pptttp", "8 20 8"},
        {"e\xcc\x81<x>", "dddttt", "7 20"},
        {"e\xcc\x81<x>", "tttttd", "7 3 5 4"},
        {"<e\xcc\x81>", "ttttt", "27"},    /* composed of markup */
        {"<e\xcc\x81>", "ttdtt", "3 7 4"}, /* of markup and data */
        {"<e\xcc\x81>", "tttpt", "3 7 4"},
        {"<\xc3\xa9>", "ttdt", "3 7 4"}, /* a character that is data in part */
    };
    struct rft_tokenizer *tokenizer = load(small);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(tokenizer, cases[i].text, cases[i].letters, cases[i].expected);
    rft_tokenizer_close(tokenizer);
}

/* The markup of Phi-3: its special tokens take the line's end behind them, and whatever white space a message begins
 * with, as the reference does; only the question of a raw template keeps its own. </s> is added, not special. */
static void phi_3(void **state)
{
    (void)state;
    static const char json[] =
        "{\"added_tokens\":[{\"id\":20,\"content\":\"<|user|>\",\"special\":true,\"rstrip\":true},{\"id\":21,"
        "\"content\":\"<|end|>\",\"special\":true,\"rstrip\":true},{\"id\":22,\"content\":\"</s>\",\"rstrip\":true,"
        "\"normalized\":false}],\"model\":{\"type\":\"BPE\",\"unk_token\":\"?\",\"fuse_unk\":true,\"vocab\":{\"a\":0,"
        "\"b\":1,\" \":2,\"\\n\":3,\"?\":4},\"merges\":[]}}";
    struct rft_tokenizer *tokenizer = load(json);
    check(tokenizer, "<|user|>\n  a<|end|>\nb", "tttttttttdddttttttttt", "20 0 21 1");
    check(tokenizer, "<|user|>\n  a<|end|>\nb", "tttttttttpppttttttttt", "20 2 2 0 21 1");
    check(tokenizer, "<|user|>\n<|end|>\n\na", "tttttttttdddddddddd", "20 4 3 3 0");
    check(tokenizer, "<|user|>\n<|end|>\n\na", "tttttttttpppppppppp", "20 4 3 3 0");
    check(tokenizer, "<|user|>\n</s> a<|end|>", "tttttttttddddddttttttt", "20 22 0 21");
    check(tokenizer, "<|user|>\n</s> a<|end|>", "tttttttttppppppttttttt", "20 4 2 0 21");
    rft_tokenizer_close(tokenizer);
}

/* rft_tokenizer_encode is the same with one plain span, wherever it lies. */
static void one_plain_span(void **state)
{
    (void)state;
    static const char text[] = "<x>ab>  <u| a|u>e\xcc\x81<e>\xff<e\xcc\x81>";
    struct rft_tokenizer *tokenizer = load(small);
    for (size_t from = 0; from < sizeof text; from++)
        for (size_t to = 0; to < sizeof text + 2; to++) {
            unsigned char marks[sizeof text] = {0};
            struct rft_ids by_span = {0}, by_marks = {0};
            for (size_t i = from; i < to && i < sizeof text; i++)
                marks[i] = RFT_TOK_PLAIN;
            struct rft_bytes bytes = {text, sizeof text - 1};
            assert_int_equal(rft_tokenizer_encode(tokenizer, bytes, from, to, &by_span), RFT_OK);
            assert_int_equal(rft_tokenizer_encode_marked(tokenizer, bytes, marks, &by_marks), RFT_OK);
            assert_int_equal(by_span.n, by_marks.n);
            assert_memory_equal(by_span.ids, by_marks.ids, by_marks.n * sizeof *by_marks.ids);
            rft_ids_finish(&by_span);
            rft_ids_finish(&by_marks);
        }
    rft_tokenizer_close(tokenizer);
}

static void special_tokens_by_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t id;
        size_t len; /* 0: none */
    } cases[] = {
        {"<x>", 20, 3}, {"<x>abc", 21, 5}, {"<x>a", 20, 3}, {"<x", 0, 0},          {"", 0, 0},     {" <x>", 0, 0},
        {"ab>", 0, 0},  {"<u| \n", 25, 3}, {"<e>>", 22, 3}, {"<\xc3\xa9>", 27, 4}, {"e<x>", 0, 0},
    };
    struct rft_tokenizer *t = load(small);
    uint32_t id;
    size_t len;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool found = rft_tokenizer_special_at(t, rft_bytes_z(cases[i].text), &id, &len);
        if (found != (cases[i].len != 0) || len != cases[i].len || id != cases[i].id)
            fail_msg("\"%s\": id %u, %zu bytes", cases[i].text, id, len);
    }
    assert_true(rft_tokenizer_find_special(t, rft_bytes_z("<x>"), &id) && id == 20);
    assert_true(rft_tokenizer_find_special(t, rft_bytes_z("<e>"), &id) && id == 22);
    assert_false(rft_tokenizer_find_special(t, rft_bytes_z("ab>"), &id)); /* added, not special */
    assert_false(rft_tokenizer_find_special(t, rft_bytes_z("ab"), &id));
    assert_false(rft_tokenizer_find_special(t, rft_bytes_z("<x"), &id));
    assert_true(rft_tokenizer_is_special(t, 25));
    assert_false(rft_tokenizer_is_special(t, 23) || rft_tokenizer_is_special(t, 2) || rft_tokenizer_is_special(t, 15));
    assert_false(rft_tokenizer_is_special(t, 29) || rft_tokenizer_is_special(t, UINT32_MAX));
    rft_tokenizer_close(t);
}

static enum rft_status one_span(void *user)
{
    struct rft_ids ids = {0};
    struct rft_tokenizer *tokenizer = NULL;
    enum rft_status status = rft_tok_load_json("test", rft_bytes_z(user), NULL, &tokenizer);
    if (status == RFT_OK)
        status = rft_tokenizer_encode(tokenizer, rft_bytes_z("<x>ab <x> e\xcc\x81"), 3, 8, &ids);
    rft_ids_finish(&ids);
    rft_tokenizer_close(tokenizer);
    return status;
}

static void allocation_faults(void **state)
{
    (void)state;
    char json[sizeof small];
    memcpy(json, small, sizeof small);
    assert_true(rft_test_alloc_faults(one_span, json) > 60);
}

int main(int argc, char **argv)
{
    rft_alloc_hook_json();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_recognised), cmocka_unit_test(white_space_beside_tokens),
        cmocka_unit_test(marks_stay_aligned), cmocka_unit_test(phi_3),
        cmocka_unit_test(one_plain_span),     cmocka_unit_test(special_tokens_by_text),
        cmocka_unit_test(allocation_faults),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
