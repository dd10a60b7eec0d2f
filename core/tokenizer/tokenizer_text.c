/* SPDX-License-Identifier: MIT */
#include "tokenizer_text.h"

#include "alloc.h"

#include <string.h>

enum rft_status rft_tok_text_append(struct rft_tok_text *text, const char *bytes, size_t n, enum rft_tok_mark mark)
{
    RFT_TRY(rft_str_append(&text->bytes, bytes, n));
    RFT_TRY(rft_str_append(&text->marks, bytes, n)); /* room for as many */
    memset(text->marks.data + text->marks.len - n, (char)mark, n);
    return RFT_OK;
}

enum rft_tok_mark rft_tok_strictest(const char *marks, size_t n)
{
    if (n == 1)
        return (enum rft_tok_mark)marks[0];
    if (memchr(marks, RFT_TOK_PLAIN, n) != NULL)
        return RFT_TOK_PLAIN;
    return memchr(marks, RFT_TOK_DATA, n) != NULL ? RFT_TOK_DATA : RFT_TOK_TEMPLATE;
}

enum rft_status rft_tok_pieces_add(struct rft_tok_pieces *pieces, struct rft_tok_piece piece)
{
    if (piece.begin == piece.end && !piece.is_token)
        return RFT_OK;
    void *items = pieces->items;
    if (rft_grow(&items, &pieces->cap, pieces->n + 1, sizeof *pieces->items) != 0)
        return RFT_ERR_HOST_MEMORY;
    pieces->items = items;
    pieces->items[pieces->n++] = piece;
    return RFT_OK;
}

void rft_tok_work_finish(struct rft_tok_work *work)
{
    rft_str_finish(&work->text.bytes);
    rft_str_finish(&work->text.marks);
    rft_str_finish(&work->next_text.bytes);
    rft_str_finish(&work->next_text.marks);
    rft_free(work->pieces.items);
    rft_free(work->next_pieces.items);
    *work = (struct rft_tok_work){0};
}

void rft_tok_work_clear(struct rft_tok_work *work)
{
    rft_str_clear(&work->text.bytes);
    rft_str_clear(&work->text.marks);
    rft_str_clear(&work->next_text.bytes);
    rft_str_clear(&work->next_text.marks);
    work->pieces.n = work->next_pieces.n = 0;
}

void rft_tok_work_take_pieces(struct rft_tok_work *work)
{
    struct rft_tok_pieces pieces = work->pieces;
    work->pieces = work->next_pieces;
    work->next_pieces = pieces;
    work->next_pieces.n = 0;
}

bool rft_tok_is_space(int32_t c)
{
    return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
           c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

/* Byte-level BPE: '!'..'~', 0xA1..0xAC and 0xAE..0xFF stand for themselves, the 68 others for U+0100 and up, in
 * order. */
static const struct {
    unsigned first, n; /* bytes that follow each other */
    uint32_t code_point;
} moved[] = {{0x00, 33, 0x100}, {0x7f, 34, 0x121}, {0xad, 1, 0x143}};
#define N_MOVED (sizeof moved / sizeof *moved)

uint32_t rft_tok_char_of_byte(unsigned char byte)
{
    for (size_t i = 0; i < N_MOVED; i++)
        if (byte - moved[i].first < moved[i].n) /* below `first` it wraps */
            return moved[i].code_point + (byte - moved[i].first);
    return byte;
}

int rft_tok_byte_of_char(int32_t code_point)
{
    for (size_t i = 0; i < N_MOVED && code_point >= 0x100; i++)
        if ((uint32_t)code_point - moved[i].code_point < moved[i].n)
            return (int)(moved[i].first + ((uint32_t)code_point - moved[i].code_point));
    return code_point >= 0 && code_point < 0x100 && rft_tok_char_of_byte((unsigned char)code_point) < 0x100 ? code_point
                                                                                                            : -1;
}

enum rft_status rft_tok_work_begin(struct rft_bytes text, const unsigned char *marks, struct rft_tok_work *work)
{
    size_t begin = 0; /* of a run of characters of one mark, which is appended at once */
    enum rft_tok_mark mark = RFT_TOK_TEMPLATE;
    rft_tok_work_clear(work);
    for (size_t i = 0, n; i < text.len; i += n) {
        int32_t code_point;
        n = rft_utf8_decode(text.data + i, text.data + text.len, &code_point);
        enum rft_tok_mark own = marks != NULL ? rft_tok_strictest((const char *)marks + i, n) : RFT_TOK_TEMPLATE;
        if (own != mark || code_point < 0) {
            RFT_TRY(rft_tok_text_append(&work->text, text.data + begin, i - begin, mark));
            begin = i;
            mark = own;
        }
        if (code_point < 0) {
            RFT_TRY(rft_tok_text_append(&work->text, RFT_UTF8_REPLACEMENT, strlen(RFT_UTF8_REPLACEMENT), own));
            begin = i + n;
        }
    }
    if (begin < text.len)
        RFT_TRY(rft_tok_text_append(&work->text, text.data + begin, text.len - begin, mark));
    return rft_tok_pieces_add(&work->pieces, (struct rft_tok_piece){.end = work->text.bytes.len, .at_start = true});
}
