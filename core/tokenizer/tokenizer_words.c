/* SPDX-License-Identifier: MIT */
#include "tokenizer_words.h"

#include "alloc.h"

#include <string.h>
#include <xxhash.h>

#define N_SLOTS ((size_t)1 << 14)
#define WORD_BYTES 30
#define WORD_IDS 8

/* A cache line: most words of any language fit, and longer ones are rare. */
struct rft_tok_word {
    uint32_t ids[WORD_IDS];
    unsigned char n, len; /* len 0: free */
    char text[WORD_BYTES];
};

enum rft_status rft_tok_words_find(struct rft_tok_words *words, struct rft_bytes word, struct rft_ids *ids,
                                   struct rft_tok_word **place)
{
    *place = NULL;
    if (word.len > WORD_BYTES)
        return RFT_OK;
    if (words->slots == NULL)
        words->slots = rft_alloc(N_SLOTS, sizeof *words->slots);
    if (words->slots == NULL)
        return RFT_ERR_HOST_MEMORY;
    struct rft_tok_word *slot = &words->slots[XXH3_64bits(word.data, word.len) % N_SLOTS];
    if (slot->len != word.len || memcmp(slot->text, word.data, word.len) != 0) {
        *place = slot;
        return RFT_OK;
    }
    for (size_t i = 0; i < slot->n; i++)
        RFT_TRY(rft_ids_append(ids, slot->ids[i]));
    return RFT_OK;
}

void rft_tok_words_keep(struct rft_tok_word *place, struct rft_bytes word, const struct rft_ids *ids, size_t first)
{
    const size_t n = ids->n - first;
    if (n == 0 || n > WORD_IDS)
        return;
    memcpy(place->ids, ids->ids + first, n * sizeof *ids->ids);
    memcpy(place->text, word.data, word.len);
    place->n = (unsigned char)n;
    place->len = (unsigned char)word.len;
}

void rft_tok_words_finish(struct rft_tok_words *words)
{
    rft_free(words->slots);
    *words = (struct rft_tok_words){0};
}
