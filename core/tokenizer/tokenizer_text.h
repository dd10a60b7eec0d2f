/* SPDX-License-Identifier: MIT */
/* A text on its way through a tokenizer: bytes, marks and pieces. */
#ifndef RFT_TOKENIZER_TEXT_H
#define RFT_TOKENIZER_TEXT_H

#include "marks.h"
#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes, and for each byte its enum rft_tok_mark. */
struct rft_tok_text {
    struct rft_str bytes, marks;
};
/* Appends n bytes of one mark. RFT_ERR_HOST_MEMORY. */
enum rft_status rft_tok_text_append(struct rft_tok_text *text, const char *bytes, size_t n, enum rft_tok_mark mark);
/* The strictest of n marks: what a character made of such bytes is. */
enum rft_tok_mark rft_tok_strictest(const char *marks, size_t n);

struct rft_tok_piece {
    size_t begin, end; /* in the text */
    uint32_t id;       /* of a token */
    bool is_token;
    bool at_start; /* begins where the original text begins */
};

struct rft_tok_pieces {
    struct rft_tok_piece *items;
    size_t n, cap;
};

/* The current text and pieces, and the next ones while a step writes them. */
struct rft_tok_work {
    struct rft_tok_text text, next_text;
    struct rft_tok_pieces pieces, next_pieces;
};

/* Begins with a text, made well-formed UTF-8 and one piece, and its marks: one a byte, or NULL where all are
 * RFT_TOK_TEMPLATE. work is zero, or was used before; finish it in any case. */
enum rft_status rft_tok_work_begin(struct rft_bytes text, const unsigned char *marks, struct rft_tok_work *work);
void rft_tok_work_finish(struct rft_tok_work *work);
void rft_tok_work_clear(struct rft_tok_work *work); /* no text; memory is kept */
/* Appends a piece; an empty one is dropped unless it is a token. */
enum rft_status rft_tok_pieces_add(struct rft_tok_pieces *pieces, struct rft_tok_piece piece);
void rft_tok_work_take_pieces(struct rft_tok_work *work); /* next_pieces become the current ones; the text stays */

/* Characters of byte-level BPE: printable bytes stand for themselves, the others for U+0100 and up. */
uint32_t rft_tok_char_of_byte(unsigned char byte);
int rft_tok_byte_of_char(int32_t code_point); /* -1 if it stands for no byte */
bool rft_tok_is_space(int32_t code_point);    /* Unicode White_Space */

#endif
