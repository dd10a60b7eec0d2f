/* SPDX-License-Identifier: MIT */
#include "tokenizer_parts.h"

#include "alloc.h"

struct rft_tokenizer *rft_tok_create(void)
{
    struct rft_tokenizer *t = rft_alloc(1, sizeof *t);
    if (t)
        t->unk_id = RFT_TOK_NO_ID;
    return t;
}

void rft_tokenizer_close(struct rft_tokenizer *t)
{
    if (!t)
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

void rft_ids_finish(struct rft_ids *ids)
{
    rft_free(ids->ids);
    *ids = (struct rft_ids){ 0 };
}

enum rft_status rft_ids_append(struct rft_ids *ids, uint32_t id)
{
    void *p = ids->ids;
    if (rft_grow(&p, &ids->cap, ids->n + 1, sizeof *ids->ids) != 0)
        return RFT_ERR_HOST_MEMORY;
    ids->ids = p;
    ids->ids[ids->n++] = id;
    return RFT_OK;
}

/* The text as well-formed UTF-8, marked where it is plain: a character that touches [plain_0, plain_1) is. */
static enum rft_status take_in(struct rft_bytes text, size_t plain_0, size_t plain_1, struct rft_tok_work *work)
{
    for (size_t i = 0, n; i < text.len; i += n) {
        int32_t code_point;
        n = rft_utf8_decode(text.data + i, text.data + text.len, &code_point);
        bool plain = i < plain_1 && i + n > plain_0;
        struct rft_bytes c = code_point < 0 ? rft_bytes_z("\xef\xbf\xbd") : (struct rft_bytes){ text.data + i, n };
        RFT_TRY(rft_tok_text_append(&work->text, c.data, c.len, plain));
    }
    return rft_tok_pieces_add(&work->pieces, (struct rft_tok_piece){ .end = work->text.bytes.len, .at_start = true });
}

static enum rft_status encode(const struct rft_tokenizer *t, struct rft_tok_work *work, struct rft_ids *ids)
{
    RFT_TRY(rft_tok_added_extract(&t->added, work));
    RFT_TRY(rft_tok_steps_run(&t->normalizers, work));
    RFT_TRY(rft_tok_added_extract(&t->added_normalized, work));
    RFT_TRY(rft_tok_steps_run(&t->pre_tokenizers, work));
    for (size_t i = 0; i < work->pieces.n; i++) {
        const struct rft_tok_piece *piece = &work->pieces.items[i];
        struct rft_bytes word = { work->text.bytes.data + piece->begin, piece->end - piece->begin };
        RFT_TRY(piece->is_token ? rft_ids_append(ids, piece->id) : rft_tok_bpe(t, word, ids));
    }
    return RFT_OK;
}

enum rft_status rft_tokenizer_encode(struct rft_tokenizer *t, struct rft_bytes text, size_t plain_0, size_t plain_1,
                                     struct rft_ids *ids)
{
    struct rft_tok_work work = { 0 };
    size_t n_before = ids->n;
    enum rft_status status = take_in(text, plain_0, plain_1, &work);
    if (status == RFT_OK)
        status = encode(t, &work, ids);
    if (status != RFT_OK)
        ids->n = n_before;
    rft_tok_work_finish(&work);
    return status;
}

/* Normalised added tokens are looked for in normalised text, so their own text is normalised, too. */
static enum rft_status normalise(const struct rft_tokenizer *t, struct rft_str *text)
{
    struct rft_tok_work work = { 0 };
    enum rft_status status = take_in((struct rft_bytes){ text->data, text->len }, 0, 0, &work);
    if (status == RFT_OK)
        status = rft_tok_steps_run(&t->normalizers, &work);
    rft_str_clear(text);
    for (size_t i = 0; i < work.pieces.n && status == RFT_OK; i++)
        status = rft_str_append(text, work.text.bytes.data + work.pieces.items[i].begin,
                                work.pieces.items[i].end - work.pieces.items[i].begin);
    rft_tok_work_finish(&work);
    return status;
}

enum rft_status rft_tok_seal(struct rft_tokenizer *t)
{
    size_t n_kept = 0;
    enum rft_status status = RFT_OK;
    for (size_t i = 0; i < t->added.n; i++) {
        struct rft_tok_added *added = &t->added.items[i];
        if (!added->normalized) {
            struct rft_tok_added kept = *added;
            added->text = (struct rft_str){ 0 };
            t->added.items[n_kept++] = kept;
            continue;
        }
        if (status == RFT_OK)
            status = normalise(t, &added->text);
        if (status == RFT_OK && added->text.len) /* a token that is normalised away is never found */
            status = rft_tok_added_add(&t->added_normalized, added);
        rft_str_finish(&added->text);
    }
    t->added.n = n_kept;
    rft_tok_added_sort(&t->added);
    rft_tok_added_sort(&t->added_normalized);
    rft_tok_find_byte_ids(t);
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
        struct rft_tok_piece piece = { .begin = work->text.bytes.len };
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
    struct rft_tok_work work = { 0 };
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
