/* SPDX-License-Identifier: MIT */
/* The values of a template: Python's, as far as chat templates use them. All memory is a run's (jinja_run.h); values
 * are passed by value, and what they point to is never changed but for namespaces and what is being built. */
#ifndef RFT_JINJA_VALUE_H
#define RFT_JINJA_VALUE_H

#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rft_jinja_run;
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

/* ---- making values ---- */
struct rft_jinja_value rft_jinja_none(void);
struct rft_jinja_value rft_jinja_bool(bool boolean);
struct rft_jinja_value rft_jinja_int(int64_t integer);
struct rft_jinja_value rft_jinja_float(double real);
struct rft_jinja_value rft_jinja_undefined(struct rft_bytes name);
struct rft_jinja_value rft_jinja_text_value(struct rft_jinja_text text);
struct rft_jinja_value rft_jinja_literal(const char *z); /* static text, the template's own */

/* New and empty. RFT_ERR_INPUT when the run's memory is used up, like everything below that makes something. */
enum rft_status rft_jinja_list_new(struct rft_jinja_run *run, enum rft_jinja_kind kind, struct rft_jinja_value *list);
enum rft_status rft_jinja_dict_new(struct rft_jinja_run *run, struct rft_jinja_value *dict);
enum rft_status rft_jinja_list_add(struct rft_jinja_run *run, struct rft_jinja_list *list, struct rft_jinja_value item);
/* Replaces the value of a key that is there. */
enum rft_status rft_jinja_dict_set(struct rft_jinja_run *run, struct rft_jinja_dict *dict, struct rft_jinja_value key,
                                   struct rft_jinja_value value);
enum rft_status rft_jinja_dict_set_z(struct rft_jinja_run *run, struct rft_jinja_dict *dict, const char *key,
                                     struct rft_jinja_value value);

/* ---- asking ---- */
/* NULL if the key is not there. */
struct rft_jinja_value *rft_jinja_dict_find(const struct rft_jinja_dict *dict, const struct rft_jinja_value *key);
struct rft_jinja_value *rft_jinja_dict_find_name(const struct rft_jinja_dict *dict, struct rft_bytes name);
bool rft_jinja_is_true(const struct rft_jinja_value *value);
bool rft_jinja_is_number(const struct rft_jinja_value *value); /* a bool is one */
bool rft_jinja_is_list(const struct rft_jinja_value *value);   /* a list or a tuple, of any flavor */
bool rft_jinja_is_hashable(const struct rft_jinja_value *key); /* Python hashes keys; what it cannot hash is none */
double rft_jinja_real(const struct rft_jinja_value *number);
int64_t rft_jinja_whole(const struct rft_jinja_value *number); /* of a bool or an int */
/* Python's ==. */
bool rft_jinja_equal(const struct rft_jinja_value *a, const struct rft_jinja_value *b);
/* Python's order: negative, 0, positive. False if the two cannot be compared. */
bool rft_jinja_compare(const struct rft_jinja_value *a, const struct rft_jinja_value *b, int *order);
uint64_t rft_jinja_weight(const struct rft_jinja_value *value);       /* steps that comparing or walking it takes */
const char *rft_jinja_type_name(const struct rft_jinja_value *value); /* Python's */
struct rft_bytes rft_jinja_bytes(const struct rft_jinja_value *text);

/* The members that going through a value gives: of a list, the characters of a text, the keys of a dict. A generator is
 * empty afterwards. Raises what Python raises for a value that cannot be gone through. */
enum rft_status rft_jinja_iterate(struct rft_jinja_run *run, const struct rft_jinja_value *value,
                                  struct rft_jinja_list *members);

#endif
