/* SPDX-License-Identifier: MIT */
/* Filters, tests, functions and methods: tables of names, what each takes, and what it does. Each behaves as its
 * namesake of Jinja or Python does. */
#ifndef RFT_JINJA_BUILTIN_H
#define RFT_JINJA_BUILTIN_H

#include "jinja_run.h"
#include "jinja_text.h"
#include "jinja_value.h"

struct rft_jinja_keyword {
    struct rft_bytes name;
    struct rft_jinja_value value;
};

/* What a call is given. */
struct rft_jinja_arguments {
    struct rft_jinja_value *items; /* [n] by place */
    size_t n;
    struct rft_jinja_keyword *keywords; /* [n_keywords] by name */
    size_t n_keywords;
};

/* self: what stands before "|" or "is", or what a method is bound to; ABSENT for a function. */
typedef enum rft_status rft_jinja_builtin_fn(struct rft_jinja_run *run, const struct rft_jinja_value *self,
                                             const struct rft_jinja_arguments *args, struct rft_jinja_value *result);

/* The head of one that its table alone names. */
#define RFT_JINJA_BUILTIN(name)                                                                                        \
    static enum rft_status name(struct rft_jinja_run *run, const struct rft_jinja_value *self,                         \
                                const struct rft_jinja_arguments *args, struct rft_jinja_value *result)

struct rft_jinja_builtin {
    const char *name;
    const char *params;  /* their names with a space between: args->items has one for each, ABSENT where not given.
                            NULL: args are as they were written */
    uint32_t n_required; /* the first so many must be given */
    rft_jinja_builtin_fn *call;
};

struct rft_jinja_builtins {
    const struct rft_jinja_builtin *items; /* ends with a NULL name */
};

extern const struct rft_jinja_builtins rft_jinja_filters, rft_jinja_list_filters, rft_jinja_tests, rft_jinja_functions,
    rft_jinja_text_methods, rft_jinja_dict_methods, rft_jinja_list_methods;

/* NULL if there is none. Filters of lists are found among the filters. */
const struct rft_jinja_builtin *rft_jinja_builtin_find(const struct rft_jinja_builtins *table, struct rft_bytes name);

/* Puts args in the builtin's order, and calls it. */
enum rft_status rft_jinja_invoke(struct rft_jinja_run *run, const struct rft_jinja_builtin *builtin,
                                 const struct rft_jinja_value *self, const struct rft_jinja_arguments *args,
                                 struct rft_jinja_value *result);

/* The loop's cycle and changed. */
const struct rft_jinja_builtin *rft_jinja_loop_method(struct rft_bytes name);

/* ---- arguments, for those that are called ---- */
/* The arguments by name, set in a dict. */
enum rft_status rft_jinja_take_keywords(struct rft_jinja_run *run, const struct rft_jinja_arguments *args,
                                        struct rft_jinja_dict *dict);
/* A whole number; `fallback` where it is ABSENT or None. */
enum rft_status rft_jinja_take_int(struct rft_jinja_run *run, const struct rft_jinja_value *arg, int64_t fallback,
                                   int64_t *value);
bool rft_jinja_take_bool(const struct rft_jinja_value *arg, bool fallback);
/* The value as text, as str() makes it; of a text itself. */
enum rft_status rft_jinja_take_text(struct rft_jinja_run *run, const struct rft_jinja_value *arg,
                                    struct rft_jinja_text *text);
/* A text, nothing else. what: for the message. */
enum rft_status rft_jinja_need_text(struct rft_jinja_run *run, const struct rft_jinja_value *arg, const char *what,
                                    struct rft_jinja_text *text);

#endif
