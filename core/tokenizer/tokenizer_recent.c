/* SPDX-License-Identifier: MIT */
#include "tokenizer_recent.h"

#include <string.h>
#include <xxhash.h>

static bool is_same(const struct rft_tok_recent_piece *known, const struct rft_tok_text *text,
                    struct rft_tok_piece piece)
{
    const size_t n = piece.end - piece.begin;
    return known->text.bytes.len == n && known->at_start == piece.at_start &&
           memcmp(known->text.bytes.data, text->bytes.data + piece.begin, n) == 0 &&
           memcmp(known->text.marks.data, text->marks.data + piece.begin, n) == 0;
}

static enum rft_status append_from(const struct rft_ids *from, size_t first, struct rft_ids *ids)
{
    for (size_t i = first; i < from->n; i++)
        RFT_TRY(rft_ids_append(ids, from->ids[i]));
    return RFT_OK;
}

enum rft_status rft_tok_recent_find(struct rft_tok_recent *recent, const struct rft_tok_text *text,
                                    struct rft_tok_piece piece, struct rft_ids *ids, uint64_t *hash, bool *found)
{
    *hash = XXH3_64bits(text->bytes.data + piece.begin, piece.end - piece.begin);
    *found = false;
    for (size_t i = 0; i < RFT_TOK_RECENT; i++) {
        struct rft_tok_recent_piece *known = &recent->pieces[i];
        if (recent->hashes[i] != *hash || !is_same(known, text, piece))
            continue;
        *found = known->is_wanted = true;
        return append_from(&known->ids, 0, ids);
    }
    return RFT_OK;
}

/* The first place behind the hand that is free or not wanted. */
static size_t take_place(struct rft_tok_recent *recent)
{
    size_t at;
    do {
        at = recent->hand;
        recent->hand = (recent->hand + 1) % RFT_TOK_RECENT;
        if (!recent->pieces[at].is_wanted)
            return at;
        recent->pieces[at].is_wanted = false;
    } while (true);
}

static enum rft_status fill(struct rft_tok_recent_piece *known, const struct rft_tok_text *text,
                            struct rft_tok_piece piece, const struct rft_ids *ids, size_t first)
{
    known->at_start = piece.at_start;
    RFT_TRY(append_from(ids, first, &known->ids));
    RFT_TRY(rft_str_append(&known->text.marks, text->marks.data + piece.begin, piece.end - piece.begin));
    return rft_str_append(&known->text.bytes, text->bytes.data + piece.begin, piece.end - piece.begin);
}

enum rft_status rft_tok_recent_keep(struct rft_tok_recent *recent, const struct rft_tok_text *text,
                                    struct rft_tok_piece piece, uint64_t hash, const struct rft_ids *ids, size_t first)
{
    if (piece.end - piece.begin > RFT_TOK_RECENT_BYTES)
        return RFT_OK;
    const size_t at = take_place(recent);
    struct rft_tok_recent_piece *known = &recent->pieces[at];
    rft_str_clear(&known->text.bytes); /* empty bytes are no piece's: if there is no memory, the place is free */
    rft_str_clear(&known->text.marks);
    known->ids.n = 0;
    recent->hashes[at] = hash;
    return fill(known, text, piece, ids, first);
}

void rft_tok_recent_finish(struct rft_tok_recent *recent)
{
    for (size_t i = 0; i < RFT_TOK_RECENT; i++) {
        rft_str_finish(&recent->pieces[i].text.bytes);
        rft_str_finish(&recent->pieces[i].text.marks);
        rft_ids_finish(&recent->pieces[i].ids);
    }
    *recent = (struct rft_tok_recent){0};
}
