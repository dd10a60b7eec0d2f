/* SPDX-License-Identifier: MIT */
/* What the parts of the parser share. */
#ifndef RFT_FORMULA_PARSER_H
#define RFT_FORMULA_PARSER_H

#include "formula_lex.h"
#include "formula_node.h"
#include "formula_unit.h"

#define RFT_FORMULA_DEPTH_MAX 100
#define RFT_FORMULA_PARTS_MAX 64

#define RFT_FORMULA_SYMBOLS_MAX 64

/* The names of both formulas that are compared: the same name has the same number. Zero-initialise. */
struct rft_formula_symbols {
    uint32_t n;
    struct {
        int32_t letter;
        struct rft_bytes rest; /* subscript and primes */
    } names[RFT_FORMULA_SYMBOLS_MAX];
};

struct rft_formula_parser;
typedef struct rft_formula_node *rft_formula_rule(struct rft_formula_parser *p);

struct rft_formula_parser {
    rft_formula_rule *list; /* what stands in brackets */
    rft_formula_rule *cell; /* what stands in a matrix */
    struct rft_formula_memory *memory;
    struct rft_formula_token *t; /* the next one */
    struct rft_formula_symbols *symbols;
    uint32_t depth, n_bars;       /* of the brackets around t; "|" closes if there are bars */
    struct rft_formula_unit unit; /* of the part that is read */
};

static inline bool rft_formula_is(const struct rft_formula_parser *p, enum rft_formula_symbol symbol)
{
    return p->t->kind == RFT_TOKEN_SYMBOL && p->t->id == (int32_t)symbol;
}

static inline bool rft_formula_take(struct rft_formula_parser *p, enum rft_formula_symbol symbol)
{
    bool is_there = rft_formula_is(p, symbol);
    p->t += is_there;
    return is_there;
}

#endif
