/* SPDX-License-Identifier: MIT */
/* The vocabulary of formulas: what LaTeX's commands, characters and words mean. */
#ifndef RFT_FORMULA_WORDS_H
#define RFT_FORMULA_WORDS_H

#include "str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rft_formula_token_kind {
    RFT_TOKEN_END,
    RFT_TOKEN_NUMBER,  /* text: digits, maybe a point, maybe an exponent */
    RFT_TOKEN_NAME,    /* a letter; id: its code point, and a style */
    RFT_TOKEN_WORD,    /* text: in lower case */
    RFT_TOKEN_FUNC,    /* id: enum rft_formula_func */
    RFT_TOKEN_SYMBOL,  /* id: enum rft_formula_symbol */
    RFT_TOKEN_UNKNOWN, /* text: bytes that mean nothing here */
    /* What the lexer does itself: */
    RFT_TOKEN_SKIP,  /* dressing */
    RFT_TOKEN_TEXT,  /* its group is prose */
    RFT_TOKEN_STYLE, /* its group is set in another face; id: which */
    RFT_TOKEN_ARG,   /* dressing that takes an argument with it */
    RFT_TOKEN_ENV,   /* \begin or \end; id: the symbol */
};

enum rft_formula_symbol {
    RFT_SYM_PLUS,
    RFT_SYM_MINUS,
    RFT_SYM_PM,
    RFT_SYM_MP,
    RFT_SYM_TIMES,
    RFT_SYM_DIVIDE,
    RFT_SYM_POWER,
    RFT_SYM_SUB,
    RFT_SYM_FACTORIAL,
    RFT_SYM_PRIME,
    RFT_SYM_PERCENT,
    RFT_SYM_DEGREE,
    RFT_SYM_CURRENCY, /* text: which */
    RFT_SYM_EQ,
    RFT_SYM_APPROX,
    RFT_SYM_LT,
    RFT_SYM_LE,
    RFT_SYM_GT,
    RFT_SYM_GE,
    RFT_SYM_NE,
    RFT_SYM_IN,
    RFT_SYM_CUP,
    RFT_SYM_CAP,
    RFT_SYM_COMMA,
    RFT_SYM_SEMICOLON,
    RFT_SYM_COLON,
    RFT_SYM_AND,
    RFT_SYM_OR,
    RFT_SYM_PAREN_OPEN,
    RFT_SYM_PAREN_CLOSE,
    RFT_SYM_BRACKET_OPEN,
    RFT_SYM_BRACKET_CLOSE,
    RFT_SYM_SET_OPEN,
    RFT_SYM_SET_CLOSE,
    RFT_SYM_GROUP_OPEN,
    RFT_SYM_GROUP_CLOSE,
    RFT_SYM_ANGLE_OPEN,
    RFT_SYM_ANGLE_CLOSE,
    RFT_SYM_FLOOR_OPEN,
    RFT_SYM_FLOOR_CLOSE,
    RFT_SYM_CEIL_OPEN,
    RFT_SYM_CEIL_CLOSE,
    RFT_SYM_BAR,
    RFT_SYM_CELL,
    RFT_SYM_ROW,
    RFT_SYM_BEGIN, /* text: the environment */
    RFT_SYM_FINISH,
    RFT_SYM_FRAC,
    RFT_SYM_BINOM,
    RFT_SYM_OVER,   /* {a \over b} */
    RFT_SYM_CHOOSE, /* {a \choose b} */
    RFT_SYM_ROOT,
    RFT_SYM_OVERLINE,
    RFT_SYM_PI,
    RFT_SYM_INFINITY,
    RFT_SYM_EMPTY,
    RFT_SYM_REALS,
    RFT_SYM_ANGLE, /* \angle, \triangle: before a name */
};

enum rft_formula_func {
    RFT_FUNC_SIN,
    RFT_FUNC_COS,
    RFT_FUNC_TAN,
    RFT_FUNC_COT,
    RFT_FUNC_SEC,
    RFT_FUNC_CSC,
    RFT_FUNC_ASIN,
    RFT_FUNC_ACOS,
    RFT_FUNC_ATAN,
    RFT_FUNC_SINH,
    RFT_FUNC_COSH,
    RFT_FUNC_TANH,
    RFT_FUNC_LOG,
    RFT_FUNC_LN,
    RFT_FUNC_EXP,
};

/* Styles of a name, added to its code point. */
#define RFT_STYLE_BOLD 0x200000
#define RFT_STYLE_BLACKBOARD 0x400000
#define RFT_STYLE_PLAIN 0

struct rft_formula_word {
    const char *text;
    uint8_t kind; /* enum rft_formula_token_kind */
    int32_t id;
};

/* A command without its backslash; NULL if unknown. */
const struct rft_formula_word *rft_formula_command(const char *p, size_t n);
/* A word of letters that means something by itself ("sqrt", "pi", "or"); NULL if it does not. */
const struct rft_formula_word *rft_formula_plain_word(const char *p, size_t n);
/* A character beyond letters and digits; NULL if unknown. *length: its bytes. */
const struct rft_formula_word *rft_formula_character(const char *p, const char *end, size_t *length);

/* Whether a word of up to three letters is a unit where it stands in a formula ("cm"). */
bool rft_formula_is_short_unit(const char *p, size_t n);
/* One spelling for all of a unit's, in lower case: "centimeters" is "cm"; what is no unit loses its plural. *n is its
 * length; the text is the argument's or static. */
const char *rft_formula_unit_name(const char *p, size_t *n);
/* Whether a word behind a number makes it another one or a bound, so that it must not be passed over: "million". */
bool rft_formula_word_matters(const char *p, size_t n);
/* Whether a word behind a number may be missing: a unit, or something that is counted. */
bool rft_formula_word_is_harmless(const char *p, size_t n);
/* Articles and other words that change nothing in an answer of words. */
bool rft_formula_word_is_filler(const char *p, size_t n);

#endif
