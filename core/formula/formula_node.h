/* SPDX-License-Identifier: MIT */
/* What a formula says, as a tree. */
#ifndef RFT_FORMULA_NODE_H
#define RFT_FORMULA_NODE_H

#include "formula_memory.h"
#include "formula_words.h"
#include "str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RFT_FORMULA_TREE_MAX 1000

enum rft_formula_node_kind {
    /* Expressions: they have a value. */
    RFT_NODE_NUMBER, /* text: as the lexer leaves it; repeated: digits that repeat for ever behind it */
    RFT_NODE_NAME,   /* symbol */
    RFT_NODE_PI,
    RFT_NODE_E,
    RFT_NODE_I,
    RFT_NODE_ADD,
    RFT_NODE_SUBTRACT,
    RFT_NODE_PLUS_MINUS,
    RFT_NODE_MINUS_PLUS,
    RFT_NODE_MULTIPLY,
    RFT_NODE_DIVIDE,
    RFT_NODE_NEGATE,
    RFT_NODE_POWER,
    RFT_NODE_ROOT, /* of kids[0]; kids[1], if it is there, is the index */
    RFT_NODE_FUNC, /* func of kids[0]; kids[1], if it is there, is the logarithm's base */
    RFT_NODE_FACTORIAL,
    RFT_NODE_BINOMIAL,
    RFT_NODE_ABS,
    RFT_NODE_FLOOR,
    RFT_NODE_CEIL,
    RFT_NODE_DEGREES,
    RFT_NODE_LAST_EXPRESSION = RFT_NODE_DEGREES,
    /* Forms: compared part by part. */
    RFT_NODE_INFINITY, /* is_negative */
    RFT_NODE_BASED,    /* text: digits; repeated: the base, which is not ten */
    RFT_NODE_TEXT,     /* text: words */
    RFT_NODE_REALS,
    RFT_NODE_LIST, /* parts by commas, "and", "or": the order is free */
    RFT_NODE_SET,
    RFT_NODE_TUPLE,    /* open, close: "(", "[", "<", ")", "]", ">" */
    RFT_NODE_MATRIX,   /* row by row */
    RFT_NODE_UNION,    /* the order is free */
    RFT_NODE_RATIO,    /* 3:2, and times of day */
    RFT_NODE_RELATION, /* sides; text: a symbol between each two of them */
};

struct rft_formula_node {
    uint8_t kind;     /* enum rft_formula_node_kind */
    uint8_t func;     /* enum rft_formula_func */
    char open, close; /* of a tuple */
    bool is_negative;
    bool is_name;         /* a side of an equation that only says what the other is: "x", "f(x)", "|AB|" */
    bool is_alternatives; /* a list with "or" */
    bool is_joined;       /* a list with "and" */
    bool is_application;  /* written as a product, but "f(x)" */
    bool unit_matters;    /* the words behind it change what it says */
    bool unit_is_unclear; /* they may */
    /* In the tree below it, itself included (kids may be shared, so that a walk could take for ever): */
    bool has_letter;  /* a name, or words */
    bool has_choice;  /* \pm */
    bool has_coupled; /* \mp */
    bool has_pi;
    bool is_opaque;     /* letters that may be no product, as in "f(x)" and "\angle ABC": not computed */
    bool has_imaginary; /* i */
    bool has_rounding;  /* floor, ceiling */
    uint8_t n_choices;  /* \pm; at most 2 are counted */
    uint32_t symbol;    /* of a name */
    uint32_t n_columns; /* of a matrix */
    uint32_t depth;     /* of the tree below it; at most RFT_FORMULA_TREE_MAX, so that recursion is bounded */
    uint32_t n;
    struct rft_formula_node **kids;
    struct rft_bytes text, repeated;
    struct rft_bytes unit; /* one spelling for each; len 0: none */
};

static inline bool rft_formula_is_expression(const struct rft_formula_node *node)
{
    return node->kind <= RFT_NODE_LAST_EXPRESSION;
}

/* Makers of nodes in the arena. NULL when memory is short or the arena's limit is reached, when a kid
 * is NULL, or when the tree would be too deep. */
struct rft_formula_node *rft_formula_node(struct rft_formula_memory *memory, enum rft_formula_node_kind kind);
struct rft_formula_node *rft_formula_unary(struct rft_formula_memory *memory, enum rft_formula_node_kind kind,
                                           struct rft_formula_node *kid);
struct rft_formula_node *rft_formula_binary(struct rft_formula_memory *memory, enum rft_formula_node_kind kind,
                                            struct rft_formula_node *a, struct rft_formula_node *b);
struct rft_formula_node *rft_formula_many(struct rft_formula_memory *memory, enum rft_formula_node_kind kind,
                                          struct rft_formula_node *const *kids, uint32_t n);

/* The number 1. */
struct rft_formula_node *rft_formula_one(struct rft_formula_memory *memory);

/* Product and sum where matrices may stand; NULL too where shapes do not fit. */
struct rft_formula_node *rft_formula_product(struct rft_formula_memory *memory, struct rft_formula_node *a,
                                             struct rft_formula_node *b);
struct rft_formula_node *rft_formula_sum(struct rft_formula_memory *memory, enum rft_formula_node_kind kind,
                                         struct rft_formula_node *a, struct rft_formula_node *b);

#endif
