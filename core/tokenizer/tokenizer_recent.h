/* SPDX-License-Identifier: MIT */
/* The ids of pieces between added tokens that came lately: of a million prompts all but the questions are the same few,
 * a system message, examples. */
#ifndef RFT_TOKENIZER_RECENT_H
#define RFT_TOKENIZER_RECENT_H

#include "ids.h"
#include "tokenizer_text.h"

#define RFT_TOK_RECENT 64           /* pieces */
#define RFT_TOK_RECENT_BYTES 16384u /* of one, at most */

struct rft_tok_recent_piece {
    struct rft_tok_text text;
    struct rft_ids ids;
    bool at_start;
    bool is_wanted; /* it came again since the hand passed it */
};

/* Zero-initialise; finish. What is not wanted is replaced, in a circle (the clock algorithm). */
struct rft_tok_recent {
    struct rft_tok_recent_piece pieces[RFT_TOK_RECENT];
    uint64_t hashes[RFT_TOK_RECENT]; /* of their bytes */
    size_t hand;
};

/* Appends the ids that a piece of a text had; false: it is not known. *hash is for rft_tok_recent_keep. */
enum rft_status rft_tok_recent_find(struct rft_tok_recent *recent, const struct rft_tok_text *text,
                                    struct rft_tok_piece piece, struct rft_ids *ids, uint64_t *hash, bool *found);
/* Keeps the ids from `first` on as those of a piece that was not known, unless it is long. RFT_ERR_HOST_MEMORY. */
enum rft_status rft_tok_recent_keep(struct rft_tok_recent *recent, const struct rft_tok_text *text,
                                    struct rft_tok_piece piece, uint64_t hash, const struct rft_ids *ids, size_t first);
void rft_tok_recent_finish(struct rft_tok_recent *recent);

#endif
