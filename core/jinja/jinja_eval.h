/* SPDX-License-Identifier: MIT */
/* Evaluating expressions and carrying out statements. */
#ifndef RFT_JINJA_EVAL_H
#define RFT_JINJA_EVAL_H

#include "jinja_builtin.h"
#include "jinja_node.h"

/* An expression's value. */
enum rft_status rft_jinja_eval(struct rft_jinja_run *run, const struct rft_jinja_node *node,
                               struct rft_jinja_value *value);
/* Arguments, evaluated from left to right. */
enum rft_status rft_jinja_eval_arguments(struct rft_jinja_run *run, const struct rft_jinja_node *nodes,
                                         struct rft_jinja_arguments *args);
/* A list of statements. Output goes to run->out. */
enum rft_status rft_jinja_exec(struct rft_jinja_run *run, const struct rft_jinja_node *body);

/* Calls a macro, a function or a method. caller: what a call block passes, ABSENT without one. */
enum rft_status rft_jinja_call(struct rft_jinja_run *run, const struct rft_jinja_value *callee,
                               const struct rft_jinja_arguments *args, const struct rft_jinja_value *caller,
                               struct rft_jinja_value *result);

/* ---- variables (jinja_exec.c) ---- */
/* A new scope within the current one, with the names that it hides; leave it by run->scope = run->scope->outer. */
enum rft_status rft_jinja_scope_enter(struct rft_jinja_run *run, const struct rft_jinja_node *hidden);
enum rft_status rft_jinja_scope_set(struct rft_jinja_run *run, struct rft_bytes name, struct rft_jinja_value value);
/* What a name stands for: a variable, a function, or undefined. */
enum rft_status rft_jinja_lookup(struct rft_jinja_run *run, struct rft_bytes name, struct rft_jinja_value *value);

/* ---- operators (jinja_operator.c) ---- */
enum rft_status rft_jinja_binary(struct rft_jinja_run *run, struct rft_bytes operator, const struct rft_jinja_value * a,
                                 const struct rft_jinja_value *b, struct rft_jinja_value *result);
enum rft_status rft_jinja_compare_by(struct rft_jinja_run *run, struct rft_bytes operator,
                                     const struct rft_jinja_value * a, const struct rft_jinja_value *b, bool *holds);
enum rft_status rft_jinja_contains(struct rft_jinja_run *run, const struct rft_jinja_value *container,
                                   const struct rft_jinja_value *item, bool *contains);
enum rft_status rft_jinja_sign(struct rft_jinja_run *run, bool is_negative, const struct rft_jinja_value *a,
                               struct rft_jinja_value *result);

/* ---- members (jinja_member.c) ---- */
/* value.name: a method first, then what is in it under this name; undefined if there is neither. */
enum rft_status rft_jinja_attribute(struct rft_jinja_run *run, const struct rft_jinja_value *value,
                                    struct rft_bytes name, struct rft_jinja_value *member);
/* value[key]: what is in it under this key first. */
enum rft_status rft_jinja_item(struct rft_jinja_run *run, const struct rft_jinja_value *value,
                               const struct rft_jinja_value *key, struct rft_jinja_value *member);
/* value[begin:end:step]; NONE where nothing is written. */
enum rft_status rft_jinja_slice(struct rft_jinja_run *run, const struct rft_jinja_value *value,
                                const struct rft_jinja_value bounds[3], struct rft_jinja_value *part);

#endif
