/* SPDX-License-Identifier: MIT */
/* Byte-pair encoding of one word: the word's characters as symbols, then the merge of lowest rank (leftmost among
 * equals) again and again, through a heap: O(n log n) for a word of n characters. */
#include "tokenizer_bpe.h"

#include "alloc.h"

#define NONE SIZE_MAX

struct symbol {
    size_t prev, next; /* NONE at the ends */
    uint32_t id;
    bool gone; /* merged into the symbol before it */
};

struct candidate {
    uint64_t pos; /* of the left symbol */
    uint32_t rank;
    uint32_t id; /* of the merged token */
};

struct bpe {
    const struct rft_tokenizer *tokenizer;
    struct symbol *symbols;
    size_t n, cap;
    struct candidate *heap; /* smallest (rank, pos) first */
    size_t n_heap, cap_heap;
};

static bool before(const struct candidate *a, const struct candidate *b)
{
    return a->rank != b->rank ? a->rank < b->rank : a->pos < b->pos;
}

static enum rft_status heap_push(struct bpe *bpe, struct candidate candidate)
{
    void *heap = bpe->heap;
    if (rft_grow(&heap, &bpe->cap_heap, bpe->n_heap + 1, sizeof *bpe->heap) != 0)
        return RFT_ERR_HOST_MEMORY;
    bpe->heap = heap;
    size_t i = bpe->n_heap++;
    while (i > 0 && before(&candidate, &bpe->heap[(i - 1) / 2])) {
        bpe->heap[i] = bpe->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    bpe->heap[i] = candidate;
    return RFT_OK;
}

static struct candidate heap_pop(struct bpe *bpe)
{
    struct candidate top = bpe->heap[0], last = bpe->heap[--bpe->n_heap];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < bpe->n_heap && before(&bpe->heap[child + 1], &bpe->heap[child]))
            child++;
        if (child >= bpe->n_heap || !before(&bpe->heap[child], &last))
            break;
        bpe->heap[i] = bpe->heap[child];
        i = child;
    }
    bpe->heap[i] = last;
    return top;
}

/* Special tokens are made by nobody but added tokens: text that is only characters must not turn into one. */
static bool find_ordinary(const struct rft_tokenizer *tokenizer, struct rft_bytes text, uint32_t *id)
{
    return rft_tok_vocab_find(&tokenizer->vocab, text, id) && !tokenizer->vocab.tokens[*id].special;
}

/* Offers the pair that begins at symbol pos, if there is a merge for it. */
static enum rft_status offer(struct bpe *bpe, size_t pos)
{
    if (pos == NONE || bpe->symbols[pos].next == NONE)
        return RFT_OK;
    const struct symbol *left = &bpe->symbols[pos];
    const struct rft_tok_merge *merge =
        rft_tok_merges_find(&bpe->tokenizer->merges, left->id, bpe->symbols[left->next].id);
    bool usable = merge != NULL && !bpe->tokenizer->vocab.tokens[merge->id].special;
    return usable ? heap_push(bpe, (struct candidate){.pos = pos, .rank = merge->rank, .id = merge->id}) : RFT_OK;
}

static enum rft_status merge_all(struct bpe *bpe)
{
    for (size_t i = 0; i < bpe->n; i++)
        RFT_TRY(offer(bpe, i));
    while (bpe->n_heap) {
        struct candidate top = heap_pop(bpe);
        struct symbol *left = &bpe->symbols[top.pos];
        if (left->gone || left->next == NONE)
            continue;
        struct symbol *right = &bpe->symbols[left->next];
        const struct rft_tok_merge *now = rft_tok_merges_find(&bpe->tokenizer->merges, left->id, right->id);
        if (now == NULL || now->id != top.id) /* one of the two became something else meanwhile */
            continue;
        left->id = top.id;
        left->next = right->next;
        right->gone = true;
        if (left->next != NONE)
            bpe->symbols[left->next].prev = top.pos;
        RFT_TRY(offer(bpe, left->prev));
        RFT_TRY(offer(bpe, top.pos));
    }
    return RFT_OK;
}

static enum rft_status add_symbol(struct bpe *bpe, uint32_t id)
{
    void *symbols = bpe->symbols;
    if (rft_grow(&symbols, &bpe->cap, bpe->n + 1, sizeof *bpe->symbols) != 0)
        return RFT_ERR_HOST_MEMORY;
    bpe->symbols = symbols;
    size_t i = bpe->n++;
    bpe->symbols[i] = (struct symbol){.prev = i ? i - 1 : NONE, .next = NONE, .id = id};
    if (i)
        bpe->symbols[i - 1].next = i;
    return RFT_OK;
}

/* The bytes of a character as "<0xXX>" tokens; false if one of them is missing. */
static bool has_bytes(const struct rft_tokenizer *tokenizer, struct rft_bytes character)
{
    if (!tokenizer->byte_fallback)
        return false;
    for (size_t i = 0; i < character.len; i++)
        if (tokenizer->byte_ids[(unsigned char)character.data[i]] == RFT_TOK_NO_ID)
            return false;
    return true;
}

/* A character that is no token becomes its bytes, else the unknown token (a run of them just one with fuse_unk), else
 * nothing. The order of a pending unknown token against bytes is that of the tokenizers library. */
static enum rft_status add_characters(struct bpe *bpe, struct rft_bytes word)
{
    const struct rft_tokenizer *tokenizer = bpe->tokenizer;
    bool pending = false;
    for (size_t i = 0; i < word.len;) {
        int32_t code_point;
        struct rft_bytes c = {word.data + i, rft_utf8_decode(word.data + i, word.data + word.len, &code_point)};
        i += c.len;
        uint32_t id;
        if (find_ordinary(tokenizer, c, &id)) {
            if (pending)
                RFT_TRY(add_symbol(bpe, tokenizer->unk_id));
            pending = false;
            RFT_TRY(add_symbol(bpe, id));
        } else if (has_bytes(tokenizer, c)) {
            for (size_t k = 0; k < c.len; k++)
                RFT_TRY(add_symbol(bpe, tokenizer->byte_ids[(unsigned char)c.data[k]]));
        } else if (tokenizer->unk_id != RFT_TOK_NO_ID) {
            if (pending && !tokenizer->fuse_unk)
                RFT_TRY(add_symbol(bpe, tokenizer->unk_id));
            pending = true;
        }
    }
    return pending ? add_symbol(bpe, tokenizer->unk_id) : RFT_OK;
}

static enum rft_status encode_word(struct bpe *bpe, struct rft_bytes word, struct rft_ids *ids)
{
    RFT_TRY(add_characters(bpe, word));
    RFT_TRY(merge_all(bpe));
    for (size_t i = 0; i < bpe->n; i++)
        if (!bpe->symbols[i].gone)
            RFT_TRY(rft_ids_append(ids, bpe->symbols[i].id));
    return RFT_OK;
}

enum rft_status rft_tok_bpe(const struct rft_tokenizer *tokenizer, struct rft_bytes word, struct rft_ids *ids)
{
    uint32_t id;
    if (tokenizer->ignore_merges && find_ordinary(tokenizer, word, &id))
        return rft_ids_append(ids, id);
    struct bpe bpe = {.tokenizer = tokenizer};
    enum rft_status status = encode_word(&bpe, word, ids);
    rft_free(bpe.symbols);
    rft_free(bpe.heap);
    return status;
}

enum rft_status rft_tok_add_merge(struct rft_tokenizer *tokenizer, struct rft_bytes left, struct rft_bytes right,
                                  uint32_t rank, struct rft_str *scratch, bool *known)
{
    uint32_t left_id, right_id, id;
    rft_str_clear(scratch);
    *known = false;
    if (!rft_tok_vocab_find(&tokenizer->vocab, left, &left_id) ||
        !rft_tok_vocab_find(&tokenizer->vocab, right, &right_id))
        return RFT_OK;
    RFT_TRY(rft_str_append(scratch, left.data, left.len));
    RFT_TRY(rft_str_append(scratch, right.data, right.len));
    *known = rft_tok_vocab_find(&tokenizer->vocab, (struct rft_bytes){scratch->data, scratch->len}, &id);
    if (*known)
        rft_tok_merges_set(&tokenizer->merges, left_id, right_id, rank, id);
    return RFT_OK;
}

void rft_tok_find_byte_ids(struct rft_tokenizer *tokenizer)
{
    static const char digits[] = "0123456789ABCDEF";
    for (unsigned b = 0; b < 256; b++) {
        char text[6] = {'<', '0', 'x', digits[b >> 4], digits[b & 15], '>'};
        if (!rft_tok_vocab_find(&tokenizer->vocab, (struct rft_bytes){text, sizeof text}, &tokenizer->byte_ids[b]))
            tokenizer->byte_ids[b] = RFT_TOK_NO_ID;
    }
}
