/* SPDX-License-Identifier: MIT */
/* A template's source as tokens, white space control done: what stands between tags as data, what stands inside them
 * as names, literals and operators. */
#ifndef RFT_JINJA_LEXER_H
#define RFT_JINJA_LEXER_H

#include "arena.h"
#include "jinja_error.h"
#include "log.h"
#include "status.h"
#include "str.h"

enum rft_jinja_token_kind {
    RFT_JINJA_T_END,
    RFT_JINJA_T_DATA, /* text: as it is to be put out */
    RFT_JINJA_T_PRINT_BEGIN,
    RFT_JINJA_T_PRINT_END,
    RFT_JINJA_T_BLOCK_BEGIN,
    RFT_JINJA_T_BLOCK_END,
    RFT_JINJA_T_NAME,
    RFT_JINJA_T_STRING, /* text: escapes resolved */
    RFT_JINJA_T_INT,
    RFT_JINJA_T_FLOAT,
    RFT_JINJA_T_OPERATOR, /* text: "+", "//" and so on */
};

struct rft_jinja_token {
    enum rft_jinja_token_kind kind;
    uint32_t line, column;
    struct rft_bytes text;
    int64_t integer;
    double real;
};

struct rft_jinja_tokens {
    struct rft_jinja_token *items; /* [n], the last one RFT_JINJA_T_END */
    size_t n;
};

/* Texts and tokens are the arena's. Line ends become "\n", and one at the very end is dropped, as Jinja does. */
enum rft_status rft_jinja_lex(struct rft_arena *arena, struct rft_bytes source, struct rft_jinja_tokens *tokens,
                              struct rft_jinja_error *error);

/* Fills *error with the place and text as of printf; returns status. */
enum rft_status rft_jinja_fail_at(struct rft_jinja_error *error, uint32_t line, uint32_t column, enum rft_status status,
                                  const char *fmt, ...) RFT_PRINTF(5, 6);

#endif
