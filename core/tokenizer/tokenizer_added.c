/* SPDX-License-Identifier: MIT */
/* Added tokens: found in the text before anything else happens to it (or after the normalizers, if so declared). */
#include "tokenizer_added.h"

#include "alloc.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum rft_status rft_tok_added_add(struct rft_tok_added_set *set, struct rft_tok_added *added)
{
    void *items = set->items;
    if (rft_grow(&items, &set->cap, set->n + 1, sizeof *set->items) != 0)
        return RFT_ERR_HOST_MEMORY;
    set->items = items;
    set->items[set->n++] = *added;
    *added = (struct rft_tok_added){0};
    return RFT_OK;
}

void rft_tok_added_finish(struct rft_tok_added_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        rft_str_finish(&set->items[i].text);
    rft_free(set->items);
    *set = (struct rft_tok_added_set){0};
}

static unsigned char first_byte(const struct rft_tok_added *added)
{
    return (unsigned char)added->text.data[0];
}

/* First byte, then longest first; equal texts: special ones first, then by id, so that the first of them wins. */
static int compare(const void *a, const void *b)
{
    const struct rft_tok_added *x = a, *y = b;
    if (first_byte(x) != first_byte(y))
        return first_byte(x) < first_byte(y) ? -1 : 1;
    if (x->text.len != y->text.len)
        return x->text.len > y->text.len ? -1 : 1;
    if (x->special != y->special)
        return x->special ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

void rft_tok_added_sort(struct rft_tok_added_set *set)
{
    if (set->n)
        qsort(set->items, set->n, sizeof *set->items, compare);
    size_t i = 0;
    for (unsigned b = 0; b <= 256; b++) {
        while (i < set->n && first_byte(&set->items[i]) < b)
            i++;
        set->first[b] = i;
    }
}

/* \w as the tokenizers library's regular expressions have it, near enough for what stands beside a token: letters,
 * marks, digits, connecting punctuation, joiners. */
static bool is_word(int32_t c)
{
    switch (c < 0 ? UTF8PROC_CATEGORY_CN : utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC: return true;
    default: /* joiners, and the letters in circles and squares, are Alphabetic too */
        return c == 0x200c || c == 0x200d || (c >= 0x24b6 && c <= 0x24e9) || (c >= 0x1f130 && c <= 0x1f149) ||
               (c >= 0x1f150 && c <= 0x1f169) || (c >= 0x1f170 && c <= 0x1f189);
    }
}

/* Where the character that ends at `at` begins. */
static size_t char_before(const char *text, size_t begin, size_t at)
{
    do
        at--;
    while (at > begin && ((unsigned char)text[at] & 0xc0u) == 0x80);
    return at;
}

struct finder {
    const struct rft_tok_added_set *set;
    struct rft_tok_work *work;
    struct rft_tok_piece piece;
    size_t done; /* the piece is dealt with up to here */
};

static enum rft_tok_mark mark_of(const struct finder *f, size_t begin, size_t end)
{
    return rft_tok_strictest(f->work->text.marks.data + begin, end - begin);
}

static bool is_allowed(const struct rft_tok_added *added, enum rft_tok_mark mark)
{
    return mark == RFT_TOK_TEMPLATE || (mark == RFT_TOK_DATA && !added->special);
}

/* The longest added token at `at` that may stand there. */
static const struct rft_tok_added *token_at(const struct finder *f, size_t at)
{
    const char *p = f->work->text.bytes.data + at;
    unsigned b = (unsigned char)*p;
    for (size_t i = f->set->first[b]; i < f->set->first[b + 1]; i++) {
        const struct rft_tok_added *added = &f->set->items[i];
        size_t n = added->text.len;
        if (n <= f->piece.end - at && memcmp(p, added->text.data, n) == 0 && is_allowed(added, mark_of(f, at, at + n)))
            return added;
    }
    return NULL;
}

static bool stands_alone(const struct finder *f, size_t begin, size_t end)
{
    const char *text = f->work->text.bytes.data;
    int32_t before = ' ', behind = ' ';
    if (begin > f->piece.begin)
        rft_utf8_decode(text + char_before(text, f->piece.begin, begin), text + begin, &before);
    if (end < f->piece.end)
        rft_utf8_decode(text + end, text + f->piece.end, &behind);
    return !is_word(before) && !is_word(behind);
}

/* White space before a token goes with it, but none that the token before has taken, and none that is plain. */
static size_t strip_left(const struct finder *f, size_t begin)
{
    const char *text = f->work->text.bytes.data;
    while (begin > f->piece.begin) {
        int32_t c;
        size_t at = char_before(text, f->piece.begin, begin);
        rft_utf8_decode(text + at, text + begin, &c);
        if (at < f->done || !rft_tok_is_space(c) || mark_of(f, at, begin) == RFT_TOK_PLAIN)
            break;
        begin = at;
    }
    return begin;
}

static size_t strip_right(const struct finder *f, size_t end)
{
    const char *text = f->work->text.bytes.data;
    while (end < f->piece.end) {
        int32_t c;
        size_t n = rft_utf8_decode(text + end, text + f->piece.end, &c);
        if (!rft_tok_is_space(c) || mark_of(f, end, end + n) == RFT_TOK_PLAIN)
            break;
        end += n;
    }
    return end;
}

static enum rft_status add_span(struct finder *f, size_t begin, size_t end, const struct rft_tok_added *added)
{
    struct rft_tok_piece piece = {.begin = begin,
                                  .end = end,
                                  .is_token = added != NULL,
                                  .id = added != NULL ? added->id : 0,
                                  .at_start = f->piece.at_start && begin == f->piece.begin};
    return rft_tok_pieces_add(&f->work->next_pieces, piece);
}

/* Leftmost first, the longest at each place. A match that must stand alone and does not is passed over whole. */
static enum rft_status find_all(struct finder *f)
{
    for (size_t at = f->piece.begin; at < f->piece.end;) {
        const struct rft_tok_added *added = token_at(f, at);
        if (added == NULL) {
            at++;
            continue;
        }
        size_t begin = at, end = at + added->text.len;
        at = end;
        if (added->single_word && !stands_alone(f, begin, end))
            continue;
        if (added->lstrip)
            begin = strip_left(f, begin);
        if (added->rstrip)
            end = strip_right(f, end);
        if (f->done < begin)
            RFT_TRY(add_span(f, f->done, begin, NULL));
        RFT_TRY(add_span(f, begin, end, added));
        f->done = end;
    }
    return f->done < f->piece.end ? add_span(f, f->done, f->piece.end, NULL) : RFT_OK;
}

enum rft_status rft_tok_added_extract(const struct rft_tok_added_set *set, struct rft_tok_work *work)
{
    if (!set->n)
        return RFT_OK;
    for (size_t i = 0; i < work->pieces.n; i++) {
        struct finder f = {
            .set = set, .work = work, .piece = work->pieces.items[i], .done = work->pieces.items[i].begin};
        if (f.piece.is_token)
            RFT_TRY(rft_tok_pieces_add(&work->next_pieces, f.piece));
        else
            RFT_TRY(find_all(&f));
    }
    rft_tok_work_take_pieces(work);
    return RFT_OK;
}
