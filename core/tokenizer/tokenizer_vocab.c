/* SPDX-License-Identifier: MIT */
/* Two open-addressing hash tables, built once at loading: text -> id and (left, right) -> merge. */
#include "tokenizer_vocab.h"

#include "alloc.h"

#include <xxhash.h>

/* Slots for n entries at a load of at most one half. */
static uint64_t n_slots_for(uint64_t n)
{
    uint64_t n_slots = 16;
    while (n_slots < 2 * n)
        n_slots *= 2;
    return n_slots;
}

enum rft_status rft_tok_vocab_init(struct rft_tok_vocab *vocab, uint32_t n_ids, uint32_t n_model_tokens)
{
    uint32_t n_slots = (uint32_t)n_slots_for(n_model_tokens);
    struct rft_tok_token *tokens = rft_alloc(n_ids, sizeof *tokens);
    uint32_t *slots = rft_alloc(n_slots, sizeof *slots);
    if (tokens == NULL || slots == NULL) {
        rft_free(tokens);
        rft_free(slots);
        return RFT_ERR_HOST_MEMORY;
    }
    *vocab = (struct rft_tok_vocab){.tokens = tokens, .n_ids = n_ids, .slots = slots, .n_slots = n_slots};
    return RFT_OK;
}

void rft_tok_vocab_finish(struct rft_tok_vocab *vocab)
{
    rft_str_finish(&vocab->bytes);
    rft_free(vocab->tokens);
    rft_free(vocab->slots);
    *vocab = (struct rft_tok_vocab){0};
}

struct rft_bytes rft_tok_vocab_text(const struct rft_tok_vocab *vocab, uint32_t id)
{
    const struct rft_tok_token *token = &vocab->tokens[id];
    return (struct rft_bytes){vocab->bytes.data + token->offset, token->len};
}

/* The slot where text is, or the free one where it would go. */
static uint32_t *slot_of(const struct rft_tok_vocab *vocab, struct rft_bytes text)
{
    uint32_t mask = vocab->n_slots - 1, i = (uint32_t)XXH3_64bits(text.data, text.len) & mask;
    while (vocab->slots[i] && !rft_bytes_equal(rft_tok_vocab_text(vocab, vocab->slots[i] - 1), text))
        i = (i + 1) & mask;
    return &vocab->slots[i];
}

enum rft_status rft_tok_vocab_set(struct rft_tok_vocab *vocab, uint32_t id, struct rft_bytes text, bool in_model)
{
    uint64_t offset = vocab->bytes.len;
    RFT_TRY(rft_str_append(&vocab->bytes, text.data, text.len));
    vocab->tokens[id] = (struct rft_tok_token){.offset = offset, .len = (uint32_t)text.len, .present = true};
    if (in_model)
        *slot_of(vocab, rft_tok_vocab_text(vocab, id)) = id + 1;
    return RFT_OK;
}

bool rft_tok_vocab_find(const struct rft_tok_vocab *vocab, struct rft_bytes text, uint32_t *id)
{
    uint32_t slot = vocab->n_slots ? *slot_of(vocab, text) : 0;
    *id = slot ? slot - 1 : 0;
    return slot != 0;
}

enum rft_status rft_tok_merges_init(struct rft_tok_merges *merges, uint64_t n_max)
{
    uint64_t n_slots = n_slots_for(n_max);
    struct rft_tok_merge *slots = rft_alloc(n_slots, sizeof *slots);
    if (slots == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (uint64_t i = 0; i < n_slots; i++)
        slots[i].pair = UINT64_MAX;
    *merges = (struct rft_tok_merges){.slots = slots, .n_slots = n_slots};
    return RFT_OK;
}

void rft_tok_merges_finish(struct rft_tok_merges *merges)
{
    rft_free(merges->slots);
    *merges = (struct rft_tok_merges){0};
}

static struct rft_tok_merge *merge_slot(const struct rft_tok_merges *merges, uint64_t pair)
{
    uint64_t mask = merges->n_slots - 1, i = XXH3_64bits(&pair, sizeof pair) & mask;
    while (merges->slots[i].pair != UINT64_MAX && merges->slots[i].pair != pair)
        i = (i + 1) & mask;
    return &merges->slots[i];
}

void rft_tok_merges_set(struct rft_tok_merges *merges, uint32_t left, uint32_t right, uint32_t rank, uint32_t id)
{
    uint64_t pair = (uint64_t)left << 32 | right;
    *merge_slot(merges, pair) = (struct rft_tok_merge){.pair = pair, .rank = rank, .id = id};
}

const struct rft_tok_merge *rft_tok_merges_find(const struct rft_tok_merges *merges, uint32_t left, uint32_t right)
{
    const struct rft_tok_merge *slot = merge_slot(merges, (uint64_t)left << 32 | right);
    return slot->pair == UINT64_MAX ? NULL : slot;
}
