/* SPDX-License-Identifier: MIT */
/* The ids of words that were encoded lately: texts repeat their words, and merging costs ten times a look-up. */
#ifndef RFT_TOKENIZER_WORDS_H
#define RFT_TOKENIZER_WORDS_H

#include "ids.h"
#include "status.h"
#include "str.h"

struct rft_tok_word;

/* A table in which a new word takes the place of an older one; a megabyte once something was put in. Zero-initialise;
 * finish. */
struct rft_tok_words {
    struct rft_tok_word *slots;
};

/* Appends the ids of a word that is known. *place is where rft_tok_words_keep would put it: NULL if it was known, or is
 * too long to be kept. RFT_ERR_HOST_MEMORY. */
enum rft_status rft_tok_words_find(struct rft_tok_words *words, struct rft_bytes word, struct rft_ids *ids,
                                   struct rft_tok_word **place);
/* Keeps the ids from `first` on as those of a word of at least a byte in its place, if they are few. */
void rft_tok_words_keep(struct rft_tok_word *place, struct rft_bytes word, const struct rft_ids *ids, size_t first);
void rft_tok_words_finish(struct rft_tok_words *words);

#endif
