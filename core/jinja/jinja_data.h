/* SPDX-License-Identifier: MIT */
/* The data of a rendering. Values are Python's, as far as chat templates use them; all memory is the run's. Values are
 * passed by value, and what they point to is never changed but for namespaces and what is being built. */
#ifndef RFT_JINJA_DATA_H
#define RFT_JINJA_DATA_H

#include "arena.h"
#include "jinja_date.h"
#include "jinja_error.h"
#include "str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rft_jinja_node;
struct rft_jinja_builtin;
struct rft_jinja_scope;

enum rft_jinja_kind {
    RFT_JINJA_ABSENT, /* no value: an argument that was not given */
    RFT_JINJA_UNDEFINED,
    RFT_JINJA_NONE,
    RFT_JINJA_BOOL,
    RFT_JINJA_INT,
    RFT_JINJA_FLOAT,
    RFT_JINJA_TEXT,
    RFT_JINJA_LIST,
    RFT_JINJA_TUPLE,
    RFT_JINJA_DICT,
    RFT_JINJA_NAMESPACE, /* as.dict, which can be assigned to */
    RFT_JINJA_LOOP,      /* the variable `loop` */
    RFT_JINJA_MACRO,
    RFT_JINJA_FUNCTION, /* a built-in, or a method bound to a value */
};

/* UTF-8, and for every byte whether it is the template's own (0) or data's (1): a special token written in data stays
 * text. marks NULL: all are the template's. */
struct rft_jinja_text {
    const char *bytes;
    const char *marks;
    size_t len;
};

/* What Python would have instead of a list, where it shows. */
enum rft_jinja_flavor {
    RFT_JINJA_PLAIN,
    RFT_JINJA_GENERATOR, /* no length, no index; empty once it was gone through */
    RFT_JINJA_RANGE,
    RFT_JINJA_VIEW, /* dict.keys() and the like: no index */
};

struct rft_jinja_value {
    enum rft_jinja_kind kind;
    bool is_markup; /* a text made by safe or e: what Jinja does otherwise with it is refused */
    union {
        bool boolean;
        int64_t integer;
        double real;
        struct rft_jinja_text text;
        struct rft_jinja_list *list; /* also of a tuple */
        struct rft_jinja_dict *dict;
        struct rft_jinja_loop *loop;
        const struct rft_jinja_macro *macro;
        const struct rft_jinja_method *method;
        struct rft_bytes name; /* of what is undefined, for messages; len 0 if it has none */
    } as;
};

/* How deep values are nested in one another at most, so that whatever walks them ends. */
#define RFT_JINJA_NESTING_MAX 100

struct rft_jinja_list {
    struct rft_jinja_value *items;
    size_t n, cap;
    uint32_t nesting; /* lists and dicts within one another, this one counted */
    uint64_t weight;  /* of all that is in it: what walking it costs */
    enum rft_jinja_flavor flavor;
};

struct rft_jinja_pair {
    struct rft_jinja_value key, value;
};

/* In order of insertion. */
struct rft_jinja_dict {
    struct rft_jinja_pair *pairs;
    size_t n, cap;
    uint32_t nesting;
    uint64_t weight;
};

/* Where a loop is. */
struct rft_jinja_loop {
    const struct rft_jinja_value *items;
    size_t n, index;             /* of the pass, from 0 */
    struct rft_jinja_value seen; /* what `changed` was called with last, a tuple */
};

struct rft_jinja_macro {
    const struct rft_jinja_node *node;
    struct rft_jinja_scope *scope; /* where it was defined */
};

struct rft_jinja_method {
    const struct rft_jinja_builtin *builtin;
    struct rft_jinja_value self; /* what it is bound to; ABSENT for a function */
};

/* A text in the making. Zero-initialise; its memory is the run's. */
struct rft_jinja_buffer {
    char *bytes, *marks;
    size_t len, cap;
    bool has_data; /* a mark is set somewhere */
};

/* Variables of a block that has its own: the template, a pass of a loop, a macro. */
struct rft_jinja_scope {
    struct rft_jinja_scope *outer;
    struct rft_jinja_dict variables; /* by name */
};

/* How deep expressions, statements and macros may call each other. */
#define RFT_JINJA_DEPTH_MAX 500

/* What one rendering may take. A prompt takes a thousandth of it. */
#define RFT_JINJA_BYTES_MAX ((uint64_t)256 << 20)
#define RFT_JINJA_STEPS_MAX 4000000u

struct rft_jinja_run {
    struct rft_arena arena;
    const struct rft_jinja_node *at; /* what is evaluated, for an error's place */
    struct rft_jinja_error *error;
    struct rft_jinja_scope *scope;
    struct rft_jinja_buffer *out;   /* where output goes */
    struct rft_jinja_text captured; /* what the block that ended last put out, for its filters */
    uint64_t steps_left;
    uint32_t depth;
    struct rft_jinja_date date;
};

#endif
