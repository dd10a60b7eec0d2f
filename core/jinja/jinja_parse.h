/* SPDX-License-Identifier: MIT */
/* Tokens to nodes: Jinja's own grammar, rule for rule (its parser is the specification). */
#ifndef RFT_JINJA_PARSE_H
#define RFT_JINJA_PARSE_H

#include "jinja_lexer.h"
#include "jinja_node.h"

struct rft_jinja_parser {
    struct rft_arena *arena;
    const struct rft_jinja_token *token; /* the current one */
    struct rft_jinja_error *error;
    uint32_t depth;
    uint32_t n_loops;                     /* loops that are open, for break and continue */
    uint32_t n_conditions;                /* conditions that what is parsed depends on */
    bool has_caller;                      /* the macro that is parsed names its caller */
    bool is_macro;                        /* a macro is parsed */
    const struct rft_jinja_node *unknown; /* the first filter or test that is not known, outside of conditions */
};

/* The whole template. */
enum rft_status rft_jinja_parse_body(struct rft_jinja_parser *p, struct rft_jinja_node **body);

/* ---- expressions (jinja_expression.c, jinja_primary.c) ---- */
enum rft_jinja_parse_flags {
    RFT_JINJA_NO_EITHER = 1,       /* "a if b else c" is not taken */
    RFT_JINJA_UP_TO_RECURSIVE = 2, /* a tuple may end before "recursive" */
    RFT_JINJA_IN_PARENTHESES = 4,  /* an empty tuple is one */
};
enum rft_status rft_jinja_parse_expression(struct rft_jinja_parser *p, unsigned flags, struct rft_jinja_node **node);
/* A literal, a name, or an expression in brackets. */
enum rft_status rft_jinja_parse_primary(struct rft_jinja_parser *p, struct rft_jinja_node **node);
/* Expressions with commas between them are a tuple, one alone is itself. */
enum rft_status rft_jinja_parse_tuple(struct rft_jinja_parser *p, unsigned flags, struct rft_jinja_node **node);
/* What can be assigned to: a name, an attribute of a namespace where allowed, or a tuple of them. */
enum rft_status rft_jinja_parse_target(struct rft_jinja_parser *p, bool has_attributes, struct rft_jinja_node **node);
/* "|filter(...)|filter" behind `node`; is_inside: the first one stands without "|". */
enum rft_status rft_jinja_parse_filters(struct rft_jinja_parser *p, bool is_inside, struct rft_jinja_node **node);

/* ---- tokens ---- */
/* A node at the current token. */
enum rft_status rft_jinja_node_new(struct rft_jinja_parser *p, enum rft_jinja_op op, struct rft_jinja_node **node);
bool rft_jinja_is_name(const struct rft_jinja_token *token, const char *name);
bool rft_jinja_is_operator(const struct rft_jinja_token *token, const char *text);
bool rft_jinja_skip_name(struct rft_jinja_parser *p, const char *name);     /* moves behind it if it is there */
bool rft_jinja_skip_operator(struct rft_jinja_parser *p, const char *text); /* the same */
enum rft_status rft_jinja_expect_operator(struct rft_jinja_parser *p, const char *text);
enum rft_status rft_jinja_expect_name(struct rft_jinja_parser *p, struct rft_bytes *name); /* any */
/* Says that something else was expected at the current token. */
enum rft_status rft_jinja_unexpected(struct rft_jinja_parser *p, const char *expected);
/* Jinja that is not supported here. */
enum rft_status rft_jinja_unsupported(struct rft_jinja_parser *p, const char *what);
/* Bounds how deep the grammar's rules call each other; to be left by p->depth--. */
enum rft_status rft_jinja_enter(struct rft_jinja_parser *p);

#endif
