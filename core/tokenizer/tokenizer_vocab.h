/* SPDX-License-Identifier: MIT */
/* The tables of tokens and of merges. */
#ifndef RFT_TOKENIZER_VOCAB_H
#define RFT_TOKENIZER_VOCAB_H

#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stdint.h>

struct rft_tok_token {
    uint64_t offset; /* into bytes */
    uint32_t len;
    bool present; /* false: a hole */
    bool special; /* left out of decoded text */
};

struct rft_tok_vocab {
    struct rft_str bytes;
    struct rft_tok_token *tokens; /* [n_ids] */
    uint32_t n_ids;
    uint32_t *slots;  /* [n_slots] id + 1, 0 = free; only tokens that the model itself may produce */
    uint32_t n_slots; /* a power of two */
};

/* All ids are holes; room for n_model_tokens that can be found. Finish it in any case. RFT_ERR_HOST_MEMORY. */
enum rft_status rft_tok_vocab_init(struct rft_tok_vocab *vocab, uint32_t n_ids, uint32_t n_model_tokens);
void rft_tok_vocab_finish(struct rft_tok_vocab *vocab);
/* Sets a token that is still a hole; in_model makes it findable. Equal texts: the later one is found. */
enum rft_status rft_tok_vocab_set(struct rft_tok_vocab *vocab, uint32_t id, struct rft_bytes text, bool in_model);
/* False, and *id as it was, if no token of the model has this text. */
bool rft_tok_vocab_find(const struct rft_tok_vocab *vocab, struct rft_bytes text, uint32_t *id);
struct rft_bytes rft_tok_vocab_text(const struct rft_tok_vocab *vocab, uint32_t id); /* of a present token */

struct rft_tok_merge {
    uint64_t pair; /* left << 32 | right; UINT64_MAX = free */
    uint32_t rank;
    uint32_t id; /* of the merged token */
};

struct rft_tok_merges {
    struct rft_tok_merge *slots; /* [n_slots] */
    uint64_t n_slots;            /* a power of two */
};

/* Room for n_max pairs. Finish it in any case. RFT_ERR_HOST_MEMORY. */
enum rft_status rft_tok_merges_init(struct rft_tok_merges *merges, uint64_t n_max);
void rft_tok_merges_finish(struct rft_tok_merges *merges);
/* A pair that is already there is replaced. At most n_max pairs. */
void rft_tok_merges_set(struct rft_tok_merges *merges, uint32_t left, uint32_t right, uint32_t rank, uint32_t id);
/* NULL: the two do not merge. */
const struct rft_tok_merge *rft_tok_merges_find(const struct rft_tok_merges *merges, uint32_t left, uint32_t right);

#endif
