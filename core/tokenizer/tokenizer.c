/* SPDX-License-Identifier: MIT */
#include "tokenizer.h"

#include "tokenizer_bpe.h"
#include "tokenizer_data.h"
#include "tokenizer_steps.h"

#include "alloc.h"

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
    rft_free(t);
}

static enum rft_status encode(const struct rft_tokenizer *t, struct rft_tok_work *work, struct rft_ids *ids)
{
    RFT_TRY(rft_tok_added_extract(&t->added, work));
    RFT_TRY(rft_tok_steps_run(&t->normalizers, work));
    RFT_TRY(rft_tok_added_extract(&t->added_normalized, work));
    RFT_TRY(rft_tok_steps_run(&t->pre_tokenizers, work));
    for (size_t i = 0; i < work->pieces.n; i++) {
        const struct rft_tok_piece *piece = &work->pieces.items[i];
        struct rft_bytes word = {work->text.bytes.data + piece->begin, piece->end - piece->begin};
        RFT_TRY(piece->is_token ? rft_ids_append(ids, piece->id) : rft_tok_bpe(t, word, ids));
    }
    return RFT_OK;
}

enum rft_status rft_tokenizer_encode(struct rft_tokenizer *t, struct rft_bytes text, size_t plain_0, size_t plain_1,
                                     struct rft_ids *ids)
{
    struct rft_tok_work work = {0};
    size_t n_before = ids->n;
    enum rft_status status = rft_tok_work_begin(text, plain_0, plain_1, &work);
    if (status == RFT_OK)
        status = encode(t, &work, ids);
    if (status != RFT_OK)
        ids->n = n_before;
    rft_tok_work_finish(&work);
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
            RFT_TRY(rft_tok_text_append(&work->text, " ", 1, false));
        RFT_TRY(rft_tok_text_append(&work->text, token.data, token.len, false));
        piece.end = work->text.bytes.len;
        RFT_TRY(rft_tok_pieces_add(&work->pieces, piece));
    }
    return RFT_OK;
}

enum rft_status rft_tokenizer_decode(struct rft_tokenizer *t, const uint32_t *ids, size_t n, struct rft_str *text)
{
    struct rft_tok_work work = {0};
    enum rft_status status = take_in_tokens(t, ids, n, &work);
    if (status == RFT_OK)
        status = rft_tok_steps_run(&t->decoders, &work);
    if (status == RFT_OK)
        status = rft_str_append(text, work.text.bytes.data, work.text.bytes.len);
    rft_tok_work_finish(&work);
    return status;
}

uint32_t rft_tokenizer_n_ids(const struct rft_tokenizer *t)
{
    return t->vocab.n_ids;
}

bool rft_tokenizer_has_id(const struct rft_tokenizer *t, uint32_t id)
{
    return id < t->vocab.n_ids && t->vocab.tokens[id].present;
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

uint64_t rft_tokenizer_hash(const struct rft_tokenizer *t)
{
    return t->hash;
}
