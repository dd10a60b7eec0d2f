/* SPDX-License-Identifier: MIT */
/* Runs a list of steps over the pieces of a text. */
#include "tokenizer_steps.h"

#include "tokenizer_form.h"
#include "tokenizer_split.h"

#include "alloc.h"

#include <string.h>
#include <utf8proc.h>

static enum rft_status append_str(struct rft_tok_text *text, const struct rft_str *s, enum rft_tok_mark mark)
{
    return rft_tok_text_append(text, s->data, s->len, mark);
}

/* Copies [begin, end) with its marks. */
static enum rft_status copy(struct rft_tok_text *to, const struct rft_tok_text *from, size_t begin, size_t end)
{
    if (begin == end)
        return RFT_OK;
    RFT_TRY(rft_str_append(&to->bytes, from->bytes.data + begin, end - begin));
    return rft_str_append(&to->marks, from->marks.data + begin, end - begin);
}

static void take_text(struct rft_tok_work *work)
{
    struct rft_tok_text text = work->text;
    work->text = work->next_text;
    work->next_text = text;
    rft_str_clear(&work->next_text.bytes);
    rft_str_clear(&work->next_text.marks);
}

/* ---- steps that write a piece anew, into next_text ---- */

/* What a rewriting step sees. */
struct rewrite {
    const struct rft_tok_step *step;
    const struct rft_tok_text *text;
    struct rft_tok_piece *piece; /* as it was; the step may change at_start */
    bool is_first;
    struct rft_tok_text *out;
};

static size_t decode_at(const struct rewrite *r, size_t at, int32_t *code_point)
{
    return rft_utf8_decode(r->text->bytes.data + at, r->text->bytes.data + r->piece->end, code_point);
}

static enum rft_tok_mark mark_at(const struct rewrite *r, size_t at)
{
    return (enum rft_tok_mark)r->text->marks.data[at];
}

static enum rft_status rewrite_form(struct rewrite *r)
{
    return rft_tok_form(r->step, r->text, *r->piece, r->out);
}

static enum rft_status rewrite_lowercase(struct rewrite *r)
{
    for (size_t i = r->piece->begin, n; i < r->piece->end; i += n) {
        int32_t c;
        n = decode_at(r, i, &c);
        char utf8[4];
        enum rft_tok_mark mark = mark_at(r, i);
        RFT_TRY(rft_tok_text_append(r->out, utf8, rft_utf8_encode((uint32_t)utf8proc_tolower(c), utf8), mark));
        if (c == 0x130) /* the one letter whose lower case is two code points */
            RFT_TRY(rft_tok_text_append(r->out, "\xcc\x87", 2, mark));
    }
    return RFT_OK;
}

static enum rft_status rewrite_strip(struct rewrite *r)
{
    size_t begin = r->piece->end, end = r->piece->begin; /* of what is not white space; crossed if all is */
    for (size_t i = r->piece->begin, n; i < r->piece->end; i += n) {
        int32_t c;
        n = decode_at(r, i, &c);
        if (rft_tok_is_space(c))
            continue;
        if (begin == r->piece->end)
            begin = i;
        end = i + n;
    }
    if (!r->step->at_left)
        begin = r->piece->begin;
    if (!r->step->at_right)
        end = r->piece->end;
    r->piece->at_start = r->piece->at_start && begin == r->piece->begin;
    return end > begin ? copy(r->out, r->text, begin, end) : RFT_OK;
}

static enum rft_status rewrite_prepend(struct rewrite *r)
{
    const struct rft_str *before = &r->step->text;
    size_t begin = r->piece->begin, n = r->piece->end - begin;
    bool present = n >= before->len && memcmp(r->text->bytes.data + begin, before->data, before->len) == 0;
    if (n && !(present && r->step->unless_present) && !(r->step->only_first && !r->piece->at_start))
        RFT_TRY(append_str(r->out, before, mark_at(r, begin)));
    return copy(r->out, r->text, begin, r->piece->end);
}

static enum rft_status rewrite_replace(struct rewrite *r)
{
    size_t begin = r->piece->begin, done = 0, n = r->piece->end - begin, out_begin = r->out->bytes.len;
    struct rft_bytes piece = {r->text->bytes.data + begin, n};
    struct rft_tok_match match = {0};
    for (;;) {
        RFT_TRY(rft_tok_pattern_next(&r->step->pattern, piece, &match));
        if (!match.found)
            break;
        enum rft_tok_mark mark = rft_tok_strictest(r->text->marks.data + begin + match.begin, match.end - match.begin);
        RFT_TRY(copy(r->out, r->text, begin + done, begin + match.begin));
        RFT_TRY(append_str(r->out, &r->step->text, mark));
        done = match.end;
        if (r->out->bytes.len == out_begin && done > 0) /* what stood at the start is gone */
            r->piece->at_start = false;
    }
    return copy(r->out, r->text, begin + done, begin + n);
}

static enum rft_status rewrite_mend(struct rewrite *r)
{
    for (size_t i = r->piece->begin, n; i < r->piece->end; i += n) {
        int32_t c;
        n = decode_at(r, i, &c);
        RFT_TRY(c < 0 ? rft_tok_text_append(r->out, "\xef\xbf\xbd", 3, RFT_TOK_TEMPLATE)
                      : copy(r->out, r->text, i, i + n));
    }
    return RFT_OK;
}

static enum rft_status rewrite_bytes(struct rewrite *r)
{
    for (size_t i = r->piece->begin; i < r->piece->end; i++) {
        char utf8[4];
        const size_t begin = i;
        while (i < r->piece->end && r->text->bytes.data[i] > ' ' && r->text->bytes.data[i] < 0x7f)
            i++; /* as ASCII they stay as they are */
        RFT_TRY(copy(r->out, r->text, begin, i));
        if (i == r->piece->end)
            break;
        size_t n = rft_utf8_encode(rft_tok_char_of_byte((unsigned char)r->text->bytes.data[i]), utf8);
        RFT_TRY(rft_tok_text_append(r->out, utf8, n, mark_at(r, i)));
    }
    return RFT_OK;
}

/* A piece with a character that stands for no byte stays as it is. */
static enum rft_status rewrite_unbytes(struct rewrite *r)
{
    size_t out_begin = r->out->bytes.len;
    for (size_t i = r->piece->begin, n; i < r->piece->end; i += n) {
        int32_t c;
        n = decode_at(r, i, &c);
        int byte = rft_tok_byte_of_char(c);
        char one = (char)byte;
        if (byte < 0) {
            r->out->bytes.len = r->out->marks.len = out_begin;
            return copy(r->out, r->text, r->piece->begin, r->piece->end);
        }
        RFT_TRY(rft_tok_text_append(r->out, &one, 1, RFT_TOK_TEMPLATE));
    }
    return RFT_OK;
}

static bool is_text_at(const struct rewrite *r, size_t begin, size_t end)
{
    const struct rft_str *c = &r->step->text;
    return c->len && end - begin >= c->len && memcmp(r->text->bytes.data + begin, c->data, c->len) == 0;
}

static enum rft_status rewrite_cut(struct rewrite *r)
{
    size_t begin = r->piece->begin, end = r->piece->end, len = r->step->text.len;
    for (uint32_t n = r->step->n_left; n && is_text_at(r, begin, end); n--)
        begin += len;
    for (uint32_t n = r->step->n_right; n && end - begin >= len && is_text_at(r, end - len, end); n--)
        end -= len;
    return copy(r->out, r->text, begin, end);
}

static enum rft_status rewrite_unspace(struct rewrite *r)
{
    for (size_t i = r->piece->begin, n; i < r->piece->end; i += n) {
        int32_t code_point;
        n = decode_at(r, i, &code_point);
        if (n != r->step->text.len || !is_text_at(r, i, i + n))
            RFT_TRY(copy(r->out, r->text, i, i + n));
        else if (!(r->is_first && r->step->only_first))
            RFT_TRY(rft_tok_text_append(r->out, " ", 1, RFT_TOK_TEMPLATE));
    }
    return RFT_OK;
}

typedef enum rft_status rewrite_fn(struct rewrite *r);

static enum rft_status run_rewrite(rewrite_fn *rewrite, const struct rft_tok_step *step, struct rft_tok_work *work)
{
    for (size_t i = 0; i < work->pieces.n; i++) {
        struct rft_tok_piece piece = work->pieces.items[i];
        size_t begin = work->next_text.bytes.len;
        struct rewrite r = {step, &work->text, &piece, i == 0, &work->next_text};
        if (piece.is_token)
            RFT_TRY(copy(&work->next_text, &work->text, piece.begin, piece.end));
        else
            RFT_TRY(rewrite(&r));
        piece.begin = begin;
        piece.end = work->next_text.bytes.len;
        RFT_TRY(rft_tok_pieces_add(&work->next_pieces, piece));
    }
    take_text(work);
    rft_tok_work_take_pieces(work);
    return RFT_OK;
}

/* ---- steps that divide or join pieces ---- */

static enum rft_status run_split(const struct rft_tok_step *step, struct rft_tok_work *work)
{
    for (size_t i = 0; i < work->pieces.n; i++) {
        struct rft_tok_piece piece = work->pieces.items[i];
        if (piece.is_token)
            RFT_TRY(rft_tok_pieces_add(&work->next_pieces, piece));
        else
            RFT_TRY(rft_tok_split(step, work, piece));
    }
    rft_tok_work_take_pieces(work);
    return RFT_OK;
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdefABCDEF", *p = c ? strchr(digits, c) : NULL;
    return p == NULL ? -1 : p - digits < 16 ? (int)(p - digits) : (int)(p - digits) - 6;
}

/* The byte of "<0x0A>", or -1. */
static int byte_of_token(const char *p, size_t n)
{
    if (n != 6 || memcmp(p, "<0x", 3) != 0 || p[5] != '>' || hex_digit(p[3]) < 0 || hex_digit(p[4]) < 0)
        return -1;
    return hex_digit(p[3]) * 16 + hex_digit(p[4]);
}

static bool is_well_formed(struct rft_bytes text)
{
    int32_t c = 0;
    for (size_t i = 0; i < text.len && c >= 0;)
        i += rft_utf8_decode(text.data + i, text.data + text.len, &c);
    return c >= 0;
}

/* Ends the row of byte tokens that is the last of the next pieces. Where a row is no UTF-8 as a whole, the reference
 * gives U+FFFD for each of its bytes, those of whole characters among them. */
static enum rft_status end_row(struct rft_tok_work *work)
{
    struct rft_tok_piece *row = &work->next_pieces.items[work->next_pieces.n - 1];
    struct rft_tok_text *text = &work->next_text;
    size_t n = row->end - row->begin;
    if (is_well_formed((struct rft_bytes){text->bytes.data + row->begin, n}))
        return RFT_OK;
    text->bytes.len = text->marks.len = row->begin;
    for (; n != 0; n--)
        RFT_TRY(rft_tok_text_append(text, "\xef\xbf\xbd", 3, RFT_TOK_TEMPLATE));
    row->end = text->bytes.len;
    return RFT_OK;
}

/* A row of byte tokens becomes one piece. */
static enum rft_status run_byte_tokens(const struct rft_tok_step *step, struct rft_tok_work *work)
{
    (void)step;
    bool in_row = false;
    for (size_t i = 0; i < work->pieces.n; i++) {
        struct rft_tok_piece piece = work->pieces.items[i];
        int byte = byte_of_token(work->text.bytes.data + piece.begin, piece.end - piece.begin);
        char one = (char)byte;
        if (in_row && byte < 0)
            RFT_TRY(end_row(work));
        size_t begin = work->next_text.bytes.len;
        if (byte < 0)
            RFT_TRY(copy(&work->next_text, &work->text, piece.begin, piece.end));
        else
            RFT_TRY(rft_tok_text_append(&work->next_text, &one, 1, RFT_TOK_TEMPLATE));
        piece.begin = begin;
        piece.end = work->next_text.bytes.len;
        if (byte >= 0 && in_row)
            work->next_pieces.items[work->next_pieces.n - 1].end = piece.end;
        else
            RFT_TRY(rft_tok_pieces_add(&work->next_pieces, piece));
        in_row = byte >= 0;
    }
    if (in_row)
        RFT_TRY(end_row(work));
    take_text(work);
    rft_tok_work_take_pieces(work);
    return RFT_OK;
}

/* Pieces lie in the text one behind the other with nothing between them wherever this is used (decoding). */
static enum rft_status run_fuse(const struct rft_tok_step *step, struct rft_tok_work *work)
{
    (void)step;
    if (work->pieces.n) {
        work->pieces.items[0].end = work->pieces.items[work->pieces.n - 1].end;
        work->pieces.n = 1;
    }
    return RFT_OK;
}

/* How a kind of step runs: piece by piece, or on the whole. */
static const struct {
    rewrite_fn *rewrite;
    enum rft_status (*run)(const struct rft_tok_step *step, struct rft_tok_work *work);
} kinds[RFT_TOK_KIND_COUNT] = {
    [RFT_TOK_FORM] = {.rewrite = rewrite_form},       [RFT_TOK_LOWERCASE] = {.rewrite = rewrite_lowercase},
    [RFT_TOK_STRIP] = {.rewrite = rewrite_strip},     [RFT_TOK_PREPEND] = {.rewrite = rewrite_prepend},
    [RFT_TOK_REPLACE] = {.rewrite = rewrite_replace}, [RFT_TOK_SPLIT] = {.run = run_split},
    [RFT_TOK_BYTES] = {.rewrite = rewrite_bytes},     [RFT_TOK_UNBYTES] = {.rewrite = rewrite_unbytes},
    [RFT_TOK_BYTE_TOKENS] = {.run = run_byte_tokens}, [RFT_TOK_FUSE] = {.run = run_fuse},
    [RFT_TOK_CUT] = {.rewrite = rewrite_cut},         [RFT_TOK_UNSPACE] = {.rewrite = rewrite_unspace},
    [RFT_TOK_MEND] = {.rewrite = rewrite_mend},
};

enum rft_status rft_tok_steps_run(const struct rft_tok_steps *steps, struct rft_tok_work *work)
{
    for (size_t i = 0; i < steps->n; i++) {
        const struct rft_tok_step *step = &steps->items[i];
        if (kinds[step->kind].rewrite != NULL)
            RFT_TRY(run_rewrite(kinds[step->kind].rewrite, step, work));
        else
            RFT_TRY(kinds[step->kind].run(step, work));
    }
    return RFT_OK;
}
