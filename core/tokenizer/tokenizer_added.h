/* SPDX-License-Identifier: MIT */
/* Added tokens, and finding them in a text. */
#ifndef RFT_TOKENIZER_ADDED_H
#define RFT_TOKENIZER_ADDED_H

#include "tokenizer_text.h"

struct rft_tok_added {
    struct rft_str text; /* what is looked for; normalised by the normalizers if `normalized` */
    uint32_t id;
    bool normalized, special, lstrip, rstrip, single_word;
};

/* Added tokens of one kind (normalized or not), ordered by first byte, then longest first. */
struct rft_tok_added_set {
    struct rft_tok_added *items;
    size_t n, cap;
    size_t first[257]; /* items of first byte b: [first[b], first[b + 1]) */
};

/* Takes over `added` (its text included). */
enum rft_status rft_tok_added_add(struct rft_tok_added_set *set, struct rft_tok_added *added);
void rft_tok_added_sort(struct rft_tok_added_set *set);
void rft_tok_added_finish(struct rft_tok_added_set *set);
/* Makes tokens of what is found in the pieces that are characters. */
enum rft_status rft_tok_added_extract(const struct rft_tok_added_set *set, struct rft_tok_work *work);

#endif
