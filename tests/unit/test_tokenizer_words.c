/* SPDX-License-Identifier: MIT */
/* What was encoded before gives the same ids again: words, and pieces between added tokens. */
#include "support.h"

#include "tokenizer_json.h"

#include <string.h>

#define MODEL                                                                                                          \
    "\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"ab\":2,\"<\":3,\">\":4,\"x\":5,\" \":6,"                 \
    "\"\xc3\xa9\":7,\"\xef\xbf\xbd\":8,\"e\":9,\"s\":10},\"merges\":[\"a b\"]}"

static struct rft_tokenizer *load(const char *json)
{
    struct rft_tokenizer *tokenizer;
    assert_int_equal(rft_tok_load_json("test", rft_bytes_z(json), NULL, &tokenizer), RFT_OK);
    return tokenizer;
}

static void append_ids(struct rft_tokenizer *tokenizer, const char *word, struct rft_ids *ids)
{
    assert_int_equal(rft_tokenizer_encode(tokenizer, rft_bytes_z(word), 0, 0, ids), RFT_OK);
}

/* As long as a text has one word, a tokenizer that has seen no other one has nothing to remember. */
static void remembered_words_are_the_same(void **state)
{
    (void)state;
    static const char json[] = "{" MODEL "}";
    static const char *const words[] = {
        "ab",
        "a",
        "b",
        "aba",
        "aaaaaaaaaaaaaaaa",                         /* more ids than are kept */
        "abababababababababababababababababababab", /* longer than what is kept */
        "\xc3\xa9",
        "z",
        "zz",
        "ab\xc3\xa9",
        "abz",
    };
    struct rft_tokenizer *many = load(json);
    struct rft_ids first = {0}, again = {0};
    const uint32_t letter_ids[] = {5, 9, 3, 4};
    char word[20];
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
            struct rft_tokenizer *fresh = load(json);
            first.n = again.n = 0;
            append_ids(fresh, words[i], &first);
            append_ids(many, words[i], &again);
            assert_int_equal(first.n, again.n);
            assert_memory_equal(first.ids, again.ids, again.n * sizeof *again.ids);
            rft_tokenizer_close(fresh);
        }
    /* More words than there is room for: places are taken by others, and each is asked for again. */
    for (unsigned i = 0; i < 1u << 16; i++) {
        unsigned k = i % 2 != 0 ? i - 1 : i * 40503u % (1u << 16);
        size_t n = 0;
        for (; n < 8; n++)
            word[n] = "xe<>"[k >> 2 * n & 3];
        word[n] = '\0';
        again.n = 0;
        append_ids(many, word, &again);
        assert_int_equal(again.n, n);
        for (size_t b = 0; b < n; b++)
            assert_int_equal(again.ids[b], letter_ids[k >> 2 * b & 3]);
    }
    rft_ids_finish(&first);
    rft_ids_finish(&again);
    rft_tokenizer_close(many);
}

/* ---- pieces ---- */

/* A text of up to five pieces out of few, each marked as one. */
static size_t compose(unsigned seed, char *text, unsigned char *marks)
{
    static const char *const pieces[] = {"<s>", "ab", "a<e>b", "<e>", "b", "x<s", "ab ab", "bbbbbb"};
    size_t len = 0;
    for (unsigned k = 0; k < 5; k++, seed /= 24) {
        const char *piece = pieces[seed % 8];
        memcpy(text + len, piece, strlen(piece));
        memset(marks + len, (int)(seed / 8 % 3), strlen(piece));
        len += strlen(piece);
    }
    return len;
}

/* Where a text begins a space is put before it, and <e> is looked for in what the space was put before: so both the
 * place and the marks of a piece count. */
static void remembered_pieces_are_the_same(void **state)
{
    (void)state;
    static const char json_of_pieces[] =
        "{\"added_tokens\":[{\"id\":20,\"content\":\"<s>\",\"special\":true},{\"id\":21,\"content\":\"<e>\","
        "\"special\":true,\"normalized\":true}],\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\" \","
        "\"prepend_scheme\":\"first\",\"split\":true}," MODEL "}";
    struct rft_tokenizer *many = load(json_of_pieces);
    struct rft_ids first = {0}, again = {0};
    for (unsigned i = 0; i < 2000; i++) {
        unsigned char marks[64];
        char text[64];
        const struct rft_bytes bytes = {text, compose(i % 1500 * 2654435761u, text, marks)};
        struct rft_tokenizer *fresh = load(json_of_pieces);
        first.n = again.n = 0;
        assert_int_equal(rft_tokenizer_encode_marked(fresh, bytes, marks, &first), RFT_OK);
        assert_int_equal(rft_tokenizer_encode_marked(many, bytes, marks, &again), RFT_OK);
        assert_int_equal(first.n, again.n);
        assert_memory_equal(first.ids, again.ids, again.n * sizeof *again.ids);
        rft_tokenizer_close(fresh);
    }
    rft_ids_finish(&first);
    rft_ids_finish(&again);
    rft_tokenizer_close(many);
}

int main(int argc, char **argv)
{
    rft_alloc_hook_json();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(remembered_words_are_the_same),
        cmocka_unit_test(remembered_pieces_are_the_same),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
