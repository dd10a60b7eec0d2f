/* SPDX-License-Identifier: MIT */
/* Splitting a piece at the matches of a pattern, with the five behaviors of the tokenizers library. */
#include "tokenizer_split.h"

/* The spans of a piece so far: alternately what matched and what lies between. They are written straight to
 * next_pieces; merging changes the last one. */
struct splitter {
    const struct rft_tok_step *step;
    struct rft_tok_work *work;
    struct rft_tok_piece piece;
    struct rft_tok_piece open; /* the span that may still grow */
    bool has_open, last_match;
};

static enum rft_status flush(struct splitter *s)
{
    bool had = s->has_open;
    s->has_open = false;
    return had ? rft_tok_pieces_add(&s->work->next_pieces, s->open) : RFT_OK;
}

/* Takes the next span, [begin, end) within the piece. */
static enum rft_status take(struct splitter *s, size_t begin, size_t end, bool found)
{
    bool match = found != s->step->invert, grow = false;
    switch (s->step->behavior) {
    case RFT_TOK_REMOVED:
    case RFT_TOK_ISOLATED: break;
    case RFT_TOK_PREVIOUS: /* the first of a row of matches ends the span before it */
        grow = match && !s->last_match;
        break;
    case RFT_TOK_NEXT: /* the last of a row of matches begins the span behind it */
        grow = !match && s->last_match;
        break;
    case RFT_TOK_CONTIGUOUS: grow = match == s->last_match; break;
    }
    s->last_match = match;
    if (grow && s->has_open) {
        s->open.end = s->piece.begin + end;
        return RFT_OK;
    }
    RFT_TRY(flush(s));
    if (match && s->step->behavior == RFT_TOK_REMOVED)
        return RFT_OK;
    s->open = (struct rft_tok_piece){
        .begin = s->piece.begin + begin, .end = s->piece.begin + end, .at_start = s->piece.at_start && begin == 0};
    s->has_open = true;
    return RFT_OK;
}

enum rft_status rft_tok_split(const struct rft_tok_step *step, struct rft_tok_work *work, struct rft_tok_piece piece)
{
    struct splitter s = {.step = step, .work = work, .piece = piece};
    struct rft_bytes text = {work->text.bytes.data + piece.begin, piece.end - piece.begin};
    struct rft_tok_match match = {0};
    size_t done = 0;
    for (;;) {
        RFT_TRY(rft_tok_pattern_next(&step->pattern, text, &match));
        if (!match.found)
            break;
        if (match.begin != done)
            RFT_TRY(take(&s, done, match.begin, false));
        RFT_TRY(take(&s, match.begin, match.end, true));
        done = match.end;
    }
    if (done != text.len)
        RFT_TRY(take(&s, done, text.len, false));
    return flush(&s);
}
