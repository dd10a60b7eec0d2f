/* SPDX-License-Identifier: MIT */
#include "tokenizer.h"

#include "tokenizer_bpe.h"
#include "tokenizer_data.h"
#include "tokenizer_steps.h"

#include "alloc.h"

#include <string.h>

void rft_tokenizer_close(struct rft_tokenizer *t)
{
    if (t == NULL)
        return;
    rft_tok_vocab_finish(&t->vocab);
    rft_tok_merges_finish(&t->merges);
    rft_tok_steps_finish(&t->normalizers);
    rft_tok_steps_finish(&t->pre_tokenizers);
    rft_tok_steps_finish(&t->decoders);
    rft_tok_added_finish(&t->added);
    rft_tok_added_finish(&t->added_normalized);
    rft_ids_finish(&t->prefix);
    rft_tok_words_finish(&t->words);
    rft_tok_recent_finish(&t->recent);
    rft_tok_work_finish(&t->work);
    rft_tok_work_finish(&t->piece_work);
    rft_free(t);
}

static enum rft_status encode_word(struct rft_tokenizer *t, struct rft_bytes word, struct rft_ids *ids)
{
    struct rft_tok_word *place;
    const size_t n_before = ids->n;
    RFT_TRY(rft_tok_words_find(&t->words, word, ids, &place));
    if (ids->n != n_before)
        return RFT_OK;
    RFT_TRY(rft_tok_bpe(t, word, ids));
    if (place != NULL)
        rft_tok_words_keep(place, word, ids, n_before);
    return RFT_OK;
}

/* A piece between added tokens: no step looks beyond it. */
static enum rft_status split_piece(struct rft_tokenizer *t, struct rft_tok_piece piece)
{
    struct rft_tok_work *work = &t->piece_work;
    const struct rft_bytes text = {t->work.text.bytes.data + piece.begin, piece.end - piece.begin};
    RFT_TRY(rft_tok_work_begin(text, (const unsigned char *)t->work.text.marks.data + piece.begin, work));
    work->pieces.items[0].at_start = piece.at_start;
    RFT_TRY(rft_tok_steps_run(&t->normalizers, work));
    RFT_TRY(rft_tok_added_extract(&t->added_normalized, work));
    return rft_tok_steps_run(&t->pre_tokenizers, work);
}

static enum rft_status encode_words(struct rft_tokenizer *t, const struct rft_tok_work *work, struct rft_ids *ids)
{
    for (size_t i = 0; i < work->pieces.n; i++) {
        const struct rft_tok_piece *piece = &work->pieces.items[i];
        struct rft_bytes word = {work->text.bytes.data + piece->begin, piece->end - piece->begin};
        RFT_TRY(piece->is_token ? rft_ids_append(ids, piece->id) : encode_word(t, word, ids));
    }
    return RFT_OK;
}

static enum rft_status encode_piece(struct rft_tokenizer *t, struct rft_tok_piece piece, struct rft_ids *ids)
{
    const size_t n_before = ids->n;
    uint64_t hash;
    bool found;
    RFT_TRY(rft_tok_recent_find(&t->recent, &t->work.text, piece, ids, &hash, &found));
    if (found)
        return RFT_OK;
    RFT_TRY(split_piece(t, piece));
    RFT_TRY(encode_words(t, &t->piece_work, ids));
    return rft_tok_recent_keep(&t->recent, &t->work.text, piece, hash, ids, n_before);
}

static enum rft_status encode(struct rft_tokenizer *t, struct rft_ids *ids)
{
    RFT_TRY(rft_tok_added_extract(&t->added, &t->work));
    for (size_t i = 0; i < t->work.pieces.n; i++) {
        const struct rft_tok_piece piece = t->work.pieces.items[i];
        RFT_TRY(piece.is_token ? rft_ids_append(ids, piece.id) : encode_piece(t, piece, ids));
    }
    return RFT_OK;
}

enum rft_status rft_tokenizer_encode_marked(struct rft_tokenizer *t, struct rft_bytes text, const unsigned char *marks,
                                            struct rft_ids *ids)
{
    size_t n_before = ids->n;
    enum rft_status status = rft_tok_work_begin(text, marks, &t->work);
    if (status == RFT_OK)
        status = encode(t, ids);
    if (status != RFT_OK)
        ids->n = n_before;
    return status;
}

enum rft_status rft_tokenizer_encode(struct rft_tokenizer *t, struct rft_bytes text, size_t plain_0, size_t plain_1,
                                     struct rft_ids *ids)
{
    size_t end = plain_1 < text.len ? plain_1 : text.len;
    if (plain_0 >= end)
        return rft_tokenizer_encode_marked(t, text, NULL, ids);
    unsigned char *marks = rft_alloc(text.len, sizeof *marks);
    if (marks == NULL)
        return RFT_ERR_HOST_MEMORY;
    memset(marks + plain_0, RFT_TOK_PLAIN, end - plain_0);
    enum rft_status status = rft_tokenizer_encode_marked(t, text, marks, ids);
    rft_free(marks);
    return status;
}

const uint32_t *rft_tokenizer_prefix(const struct rft_tokenizer *t, size_t *n)
{
    *n = t->prefix.n;
    return t->prefix.ids;
}

/* Without a decoder the library writes tokens with spaces between them; so does this. */
static enum rft_status take_in_tokens(const struct rft_tokenizer *t, const uint32_t *ids, size_t n,
                                      struct rft_tok_work *work)
{
    for (size_t i = 0; i < n; i++) {
        if (!rft_tokenizer_has_id(t, ids[i]) || t->vocab.tokens[ids[i]].special)
            continue;
        struct rft_bytes token = rft_tok_vocab_text(&t->vocab, ids[i]);
        struct rft_tok_piece piece = {.begin = work->text.bytes.len};
        if (!t->decoders.n && work->pieces.n)
            RFT_TRY(rft_tok_text_append(&work->text, " ", 1, RFT_TOK_TEMPLATE));
        RFT_TRY(rft_tok_text_append(&work->text, token.data, token.len, RFT_TOK_TEMPLATE));
        piece.end = work->text.bytes.len;
        RFT_TRY(rft_tok_pieces_add(&work->pieces, piece));
    }
    return RFT_OK;
}

enum rft_status rft_tokenizer_decode(struct rft_tokenizer *t, const uint32_t *ids, size_t n, struct rft_str *text)
{
    struct rft_tok_work *work = &t->work;
    rft_tok_work_clear(work);
    RFT_TRY(take_in_tokens(t, ids, n, work));
    RFT_TRY(rft_tok_steps_run(&t->decoders, work));
    return rft_str_append(text, work->text.bytes.data, work->text.bytes.len);
}

uint32_t rft_tokenizer_n_ids(const struct rft_tokenizer *t)
{
    return t->vocab.n_ids;
}

bool rft_tokenizer_has_id(const struct rft_tokenizer *t, uint32_t id)
{
    return id < t->vocab.n_ids && t->vocab.tokens[id].present;
}

struct rft_bytes rft_tokenizer_token_text(const struct rft_tokenizer *t, uint32_t id)
{
    return rft_tokenizer_has_id(t, id) ? rft_tok_vocab_text(&t->vocab, id) : (struct rft_bytes){0};
}

bool rft_tokenizer_find(const struct rft_tokenizer *t, struct rft_bytes content, uint32_t *id)
{
    if (rft_tok_vocab_find(&t->vocab, content, id))
        return true;
    for (uint32_t i = 0; i < t->vocab.n_ids; i++)
        if (t->vocab.tokens[i].present && rft_bytes_equal(rft_tok_vocab_text(&t->vocab, i), content)) {
            *id = i;
            return true;
        }
    return false;
}

bool rft_tokenizer_is_special(const struct rft_tokenizer *t, uint32_t id)
{
    return rft_tokenizer_has_id(t, id) && t->vocab.tokens[id].special;
}

bool rft_tokenizer_find_special(const struct rft_tokenizer *t, struct rft_bytes content, uint32_t *id)
{
    return rft_tokenizer_find(t, content, id) && rft_tokenizer_is_special(t, *id);
}

/* Looks among items [begin, end) of a set for a special token that is longer than *len. Its text is the vocabulary's: a
 * set has it normalised. */
static void find_longer(const struct rft_tokenizer *t, const struct rft_tok_added_set *set, size_t begin, size_t end,
                        struct rft_bytes text, uint32_t *id, size_t *len)
{
    for (size_t i = begin; i < end; i++) {
        const struct rft_tok_added *added = &set->items[i];
        struct rft_bytes token = rft_tok_vocab_text(&t->vocab, added->id);
        if (added->special && token.len > *len && token.len <= text.len &&
            memcmp(token.data, text.data, token.len) == 0) {
            *id = added->id;
            *len = token.len;
        }
    }
}

bool rft_tokenizer_special_at(const struct rft_tokenizer *t, struct rft_bytes text, uint32_t *id, size_t *len)
{
    *id = 0;
    *len = 0;
    if (text.len == 0)
        return false;
    unsigned b = (unsigned char)text.data[0];
    find_longer(t, &t->added, t->added.first[b], t->added.first[b + 1], text, id, len);
    find_longer(t, &t->added_normalized, 0, t->added_normalized.n, text, id, len);
    return *len != 0;
}

uint64_t rft_tokenizer_hash(const struct rft_tokenizer *t)
{
    return t->hash;
}
