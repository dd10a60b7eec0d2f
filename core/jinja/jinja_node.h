/* SPDX-License-Identifier: MIT */
/* A parsed template: a tree of nodes. What a node's members hold is said with its kind; lists of nodes hang together by
 * `next`. */
#ifndef RFT_JINJA_NODE_H
#define RFT_JINJA_NODE_H

#include "arena.h"
#include "jinja_data.h"

enum rft_jinja_op {
    /* expressions */
    RFT_JINJA_CONST,     /* value */
    RFT_JINJA_NAME,      /* name */
    RFT_JINJA_MAKE_LIST, /* args */
    RFT_JINJA_MAKE_TUPLE,
    RFT_JINJA_MAKE_DICT, /* args: key, value, key, value */
    RFT_JINJA_ATTRIBUTE, /* a.name */
    RFT_JINJA_INDEX,     /* a[b] */
    RFT_JINJA_SLICE,     /* only as the b of an index: a:b:c, each may be NULL */
    RFT_JINJA_CALL,      /* a(args) */
    RFT_JINJA_KEYWORD,   /* only among args: name=a */
    RFT_JINJA_FILTER,    /* a|builtin(args) */
    RFT_JINJA_TEST,      /* a is builtin(args) */
    RFT_JINJA_CAPTURED,  /* what a block has just put out: the first operand of its filters */
    RFT_JINJA_NOT,       /* a */
    RFT_JINJA_NEGATIVE,  /* a */
    RFT_JINJA_POSITIVE,  /* a */
    RFT_JINJA_AND,       /* a, b */
    RFT_JINJA_OR,
    RFT_JINJA_EITHER,   /* b if a else c; c may be NULL */
    RFT_JINJA_COMPARE,  /* a, then args: RFT_JINJA_COMPARED each */
    RFT_JINJA_COMPARED, /* name: the operator, "not in" among them; a: the right side */
    RFT_JINJA_BINARY,   /* a name b */
    RFT_JINJA_CONCAT,   /* args, joined by ~ */
    /* statements */
    RFT_JINJA_DATA,             /* value: a text */
    RFT_JINJA_PRINT,            /* a */
    RFT_JINJA_IF,               /* a, body, otherwise */
    RFT_JINJA_FOR,              /* target a in b if c (or NULL), body, otherwise */
    RFT_JINJA_SET,              /* target a = b */
    RFT_JINJA_SET_BLOCK,        /* target a = b, a chain of filters on what body puts out */
    RFT_JINJA_TARGET_ATTRIBUTE, /* only as a target: name.value, value a text */
    RFT_JINJA_DEFINE_MACRO,     /* name, args: RFT_JINJA_PARAMETER each, body */
    RFT_JINJA_PARAMETER,        /* name, a: its default or NULL */
    RFT_JINJA_CALL_BLOCK,       /* a: the call; args: parameters of its caller, body */
    RFT_JINJA_FILTER_BLOCK,     /* a: the chain, body */
    RFT_JINJA_WITH,             /* args: RFT_JINJA_SET each, body */
    RFT_JINJA_BREAK,
    RFT_JINJA_CONTINUE,
};

struct rft_jinja_node {
    enum rft_jinja_op op;
    uint32_t line, column;
    struct rft_bytes name;
    struct rft_jinja_value value;
    const struct rft_jinja_builtin *builtin;
    struct rft_jinja_node *a, *b, *c, *args, *body, *otherwise, *next;
    bool has_caller;                         /* of a macro: it calls its caller */
    struct rft_jinja_node *hidden;           /* names that are its scope's own (jinja_symbols.h) */
    struct rft_jinja_node *hidden_otherwise; /* the same of a loop's else */
};

struct rft_jinja_template {
    struct rft_arena arena; /* of everything */
    struct rft_jinja_node *body, *hidden;
};

#endif
