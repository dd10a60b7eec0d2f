/* SPDX-License-Identifier: MIT */
/* A tokenizer on standard input and output, for compare_tokenizers.py:
 *
 *     oracle_tokenize DIR | FILE.gguf < requests > replies
 *
 * A request is a letter, a length in bytes (4, little-endian) and as many bytes: 'E' a text, whose reply is its ids;
 * 'M' a text in which no special token is recognised; 'D' ids of four bytes, whose reply is their text. A reply is a
 * length and bytes, too. */
#include "alloc.h"
#include "file.h"
#include "gguf.h"
#include "tokenizer_gguf.h"
#include "tokenizer_json.h"

#include <stdio.h>
#include <string.h>

static enum rft_status open_gguf(const char *path, struct rft_tokenizer **tokenizer)
{
    struct rft_map map;
    struct rft_gguf *gguf = NULL;
    RFT_TRY(rft_map_open(path, &map));
    enum rft_status status = rft_gguf_parse(&map, &gguf);
    if (status == RFT_OK)
        status = rft_tokenizer_open_gguf(gguf, path, tokenizer);
    rft_gguf_destroy(gguf);
    rft_map_close(&map);
    return status;
}

static enum rft_status reply(const void *bytes, size_t n)
{
    uint32_t len = (uint32_t)n;
    bool whole = fwrite(&len, sizeof len, 1, stdout) == 1 && (n == 0 || fwrite(bytes, n, 1, stdout) == 1);
    return whole ? RFT_OK : RFT_ERR_IO;
}

static enum rft_status encode_data(struct rft_tokenizer *tokenizer, struct rft_bytes text, struct rft_ids *ids)
{
    unsigned char *marks = rft_alloc(text.len + 1, 1);
    if (marks == NULL)
        return RFT_ERR_HOST_MEMORY;
    memset(marks, RFT_TOK_DATA, text.len);
    enum rft_status status = rft_tokenizer_encode_marked(tokenizer, text, marks, ids);
    rft_free(marks);
    return status;
}

static enum rft_status answer(struct rft_tokenizer *tokenizer, int kind, struct rft_bytes bytes)
{
    struct rft_ids ids = {0};
    struct rft_str text = {0};
    enum rft_status status = RFT_ERR_INPUT;
    if (kind == 'E' || kind == 'M') {
        status = kind == 'E' ? rft_tokenizer_encode(tokenizer, bytes, 0, 0, &ids) : encode_data(tokenizer, bytes, &ids);
        if (status == RFT_OK)
            status = reply(ids.ids, ids.n * sizeof *ids.ids);
    } else if (kind == 'D') {
        status = rft_tokenizer_decode(tokenizer, (const uint32_t *)(const void *)bytes.data, bytes.len / 4, &text);
        if (status == RFT_OK)
            status = reply(text.data, text.len);
    }
    rft_str_finish(&text);
    rft_ids_finish(&ids);
    return status;
}

static enum rft_status answer_all(struct rft_tokenizer *tokenizer)
{
    enum rft_status status = RFT_OK;
    for (int kind; status == RFT_OK && (kind = getchar()) != EOF;) {
        uint32_t n;
        if (fread(&n, sizeof n, 1, stdin) != 1)
            return RFT_ERR_IO;
        char *bytes = rft_alloc((size_t)n + 1, 1);
        if (bytes == NULL)
            return RFT_ERR_HOST_MEMORY;
        status = fread(bytes, 1, n, stdin) == n ? answer(tokenizer, kind, (struct rft_bytes){bytes, n}) : RFT_ERR_IO;
        rft_free(bytes);
    }
    return status;
}

int main(int argc, char **argv)
{
    struct rft_tokenizer *tokenizer = NULL;
    if (argc != 2) {
        fprintf(stderr, "usage: oracle_tokenize DIR | FILE.gguf < requests > replies\n");
        return 2;
    }
    rft_alloc_hook_json();
    size_t n = strlen(argv[1]);
    bool is_gguf = n > 5 && strcmp(argv[1] + n - 5, ".gguf") == 0;
    enum rft_status status = is_gguf ? open_gguf(argv[1], &tokenizer) : rft_tokenizer_open(argv[1], &tokenizer);
    if (status == RFT_OK)
        status = answer_all(tokenizer);
    rft_tokenizer_close(tokenizer);
    if (status != RFT_OK)
        fprintf(stderr, "oracle_tokenize: %s\n", rft_status_text(status));
    return status == RFT_OK ? 0 : 1;
}
