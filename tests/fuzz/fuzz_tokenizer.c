/* SPDX-License-Identifier: MIT */
/* Input: a kind byte, then 'J': the text of a tokenizer.json; 'T': two plain-span bytes and a text for a small
 * tokenizer that has every kind of component; 'M': marks and, as long, a text for it; 'I': ids for it, four bytes each;
 * 'P': a prompt template. */
#include "alloc.h"
#include "log.h"
#include "prompt.h"
#include "tokenizer_json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Byte-level BPE and byte fallback, all normalizers, several splits, added tokens with every flag. */
static const char small_json[] =
    "{\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFKD\"},{\"type\":\"NFC\"},{\"type\":"
    "\"Lowercase\"},{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"\\\\s+\"},\"content\":\" "
    "\"},{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true},{\"type\":\"Prepend\",\"prepend\":\"_\"}]},"
    "\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Digits\",\"individual_digits\":false},{"
    "\"type\":\"Split\",\"pattern\":{\"Regex\":\"(?i:'s|'ll)|\\\\p{L}+|\\\\s+(?!\\\\S)|\\\\w\"},\"behavior\":"
    "\"MergedWithNext\"},{\"type\":\"Punctuation\"},{\"type\":\"Metaspace\",\"replacement\":\"_\",\"prepend_scheme\":"
    "\"first\"},{\"type\":\"ByteLevel\"}]},\"decoder\":{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"ByteFallback\"}"
    ",{\"type\":\"Metaspace\",\"replacement\":\"_\"},{\"type\":\"ByteLevel\"},{\"type\":\"Replace\",\"pattern\":{"
    "\"Regex\":\"a*\"},\"content\":\"-\"},{\"type\":\"Strip\",\"content\":\"-\",\"start\":2,\"stop\":2}]},\"added_"
    "tokens\":[{\"id\":20,\"content\":\"<s>\",\"special\":true,\"lstrip\":true,\"rstrip\":true},{\"id\":21,\"content\":"
    "\"<s\",\"single_word\":true,\"normalized\":false},{\"id\":22,\"content\":\"AB\",\"normalized\":true}],\"model\":{"
    "\"type\":\"BPE\",\"unk_token\":\"?\",\"fuse_unk\":true,\"byte_fallback\":true,\"vocab\":{\"a\":0,\"b\":1,\"ab\":2,"
    "\"?\":3,\"aba\":4,\"abab\":5,\"_\":6,\"_a\":7,\"\\u0120\":8,\"<0x41>\":9,\"\\u00c3\":10,\"<0xC3>\":11},"
    "\"merges\":[\"a b\",\"ab a\",\"ab ab\",[\"_\",\"a\"]]}}";

static void encode_and_decode(struct rft_tokenizer *tokenizer, struct rft_bytes text, size_t plain_0, size_t plain_1)
{
    struct rft_ids ids = {0};
    struct rft_str back = {0};
    if (rft_tokenizer_encode(tokenizer, text, plain_0, plain_1, &ids) == RFT_OK) {
        for (size_t i = 0; i < ids.n; i++)
            if (!rft_tokenizer_has_id(tokenizer, ids.ids[i]))
                abort();
        if (rft_tokenizer_decode(tokenizer, ids.ids, ids.n, &back) != RFT_OK)
            abort();
    }
    rft_str_finish(&back);
    rft_ids_finish(&ids);
}

static void try_json(struct rft_bytes text)
{
    struct rft_tokenizer *tokenizer;
    uint64_t live = rft_alloc_n_live();
    if (rft_tok_load_json("fuzz", text, NULL, &tokenizer) == RFT_OK)
        encode_and_decode(tokenizer, text, text.len / 3, text.len / 2);
    rft_tokenizer_close(tokenizer);
    if (rft_alloc_n_live() != live)
        abort();
}

static void try_marks(struct rft_tokenizer *tokenizer, struct rft_bytes both)
{
    struct rft_ids ids = {0};
    size_t n = both.len / 2;
    unsigned char *marks = rft_alloc(n + 1, 1);
    if (marks == NULL)
        abort();
    for (size_t i = 0; i < n; i++)
        marks[i] = (unsigned char)both.data[i] % 3;
    if (rft_tokenizer_encode_marked(tokenizer, (struct rft_bytes){both.data + n, n}, marks, &ids) != RFT_OK && ids.n)
        abort();
    rft_ids_finish(&ids);
    rft_free(marks);
}

static void try_ids(struct rft_tokenizer *tokenizer, struct rft_bytes bytes)
{
    struct rft_ids ids = {0};
    struct rft_str text = {0};
    for (size_t i = 0; i + 4 <= bytes.len; i += 4) {
        uint32_t id;
        memcpy(&id, bytes.data + i, 4);
        if (rft_ids_append(&ids, id) != RFT_OK)
            abort();
    }
    (void)rft_tokenizer_decode(tokenizer, ids.ids, ids.n, &text);
    rft_str_finish(&text);
    rft_ids_finish(&ids);
}

static void try_prompt(struct rft_tokenizer *tokenizer, struct rft_bytes template)
{
    struct rft_prompt prompt = {0};
    struct rft_ids ids = {0};
    if (rft_prompt_text_parse("fuzz", template, &prompt.text) == RFT_OK)
        (void)rft_prompt_encode(&prompt, tokenizer, rft_bytes_z(" <s> "), &ids);
    rft_ids_finish(&ids);
    rft_prompt_close(&prompt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct rft_tokenizer *small;
    if (small == NULL) {
        rft_log_set_level(RFT_LOG_ERROR);
        rft_alloc_hook_json();
        if (rft_tok_load_json("small", rft_bytes_z(small_json), NULL, &small) != RFT_OK)
            abort();
    }
    if (n < 1)
        return 0;
    struct rft_bytes rest = {(const char *)data + 1, n - 1};
    if (data[0] == 'J')
        try_json(rest);
    else if (n >= 3 && data[0] == 'T')
        encode_and_decode(small, (struct rft_bytes){rest.data + 2, rest.len - 2}, data[1], data[2]);
    else if (data[0] == 'M')
        try_marks(small, rest);
    else if (data[0] == 'I')
        try_ids(small, rest);
    else if (data[0] == 'P')
        try_prompt(small, rest);
    return 0;
}
