/* SPDX-License-Identifier: MIT */
/* Numbers and operators as models write them: in plain text, in Markdown and in LaTeX. */
#ifndef RFT_EQUATION_LEXER_H
#define RFT_EQUATION_LEXER_H

#include "str.h"

#include <stdbool.h>

enum rft_lexeme_kind {
    RFT_LEXEME_ASIDE, /* white space within a line, brackets of other kinds, signs of currency and of markup */
    RFT_LEXEME_WORD,  /* letters, the digits behind them and a power, as m^2 or m**2; what is neither ASCII nor known */
    RFT_LEXEME_NUMBER,   /* digits, with commas between thousands, and a decimal point */
    RFT_LEXEME_OPERATOR, /* op: one of + - * / ^ */
    RFT_LEXEME_BRACKET,  /* op: one of ( ) { } */
    RFT_LEXEME_EQUALS,
    RFT_LEXEME_END, /* of an equation: a line's end, a comma, any other sign */
};

struct rft_lexeme {
    enum rft_lexeme_kind kind;
    char op;
    bool is_percent;         /* NUMBER: a % stands right behind it, and belongs to it */
    struct rft_bytes number; /* NUMBER: without the % */
    const char *end;         /* what follows it */
};

/* The one that begins at p, which is inside the text from `begin` to `end`. */
struct rft_lexeme rft_lexeme_at(const char *begin, const char *p, const char *end);

/* Whether a number begins at p. */
bool rft_number_begins(const char *begin, const char *p, const char *end);

/* Appends a number in its one form: no commas, no zeros that say nothing ("1,050.50" is 1050.5, ".0" is 0). */
enum rft_status rft_number_put(struct rft_bytes number, struct rft_str *out);

#endif
