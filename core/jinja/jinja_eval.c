/* SPDX-License-Identifier: MIT */
#include "jinja_eval.h"

#include "jinja_print.h"

#include <inttypes.h>
#include <string.h>

static enum rft_status eval_members(struct rft_jinja_run *run, const struct rft_jinja_node *node,
                                    enum rft_jinja_kind kind, struct rft_jinja_value *value)
{
    RFT_TRY(rft_jinja_list_new(run, kind, value));
    for (const struct rft_jinja_node *item = node->args; item != NULL; item = item->next) {
        struct rft_jinja_value member;
        RFT_TRY(rft_jinja_eval(run, item, &member));
        RFT_TRY(rft_jinja_list_add(run, value->as.list, member));
    }
    return RFT_OK;
}

static enum rft_status eval_dict(struct rft_jinja_run *run, const struct rft_jinja_node *node,
                                 struct rft_jinja_value *value)
{
    RFT_TRY(rft_jinja_dict_new(run, value));
    for (const struct rft_jinja_node *item = node->args; item != NULL; item = item->next->next) {
        struct rft_jinja_value key, member;
        RFT_TRY(rft_jinja_eval(run, item, &key));
        RFT_TRY(rft_jinja_eval(run, item->next, &member));
        RFT_TRY(rft_jinja_dict_set(run, value->as.dict, key, member));
    }
    return RFT_OK;
}

static enum rft_status eval_index(struct rft_jinja_run *run, const struct rft_jinja_node *node,
                                  struct rft_jinja_value *value)
{
    struct rft_jinja_value from, key;
    RFT_TRY(rft_jinja_eval(run, node->a, &from));
    if (node->b->op != RFT_JINJA_SLICE) {
        RFT_TRY(rft_jinja_eval(run, node->b, &key));
        run->at = node;
        return rft_jinja_item(run, &from, &key, value);
    }
    const struct rft_jinja_node *parts[3] = {node->b->a, node->b->b, node->b->c};
    struct rft_jinja_value bounds[3];
    for (size_t i = 0; i < 3; i++) {
        bounds[i] = rft_jinja_none();
        if (parts[i] != NULL)
            RFT_TRY(rft_jinja_eval(run, parts[i], &bounds[i]));
    }
    run->at = node;
    return rft_jinja_slice(run, &from, bounds, value);
}

enum rft_status rft_jinja_eval_arguments(struct rft_jinja_run *run, const struct rft_jinja_node *nodes,
                                         struct rft_jinja_arguments *args)
{
    size_t n = 0, n_keywords = 0;
    void *taken;
    *args = (struct rft_jinja_arguments){0};
    for (const struct rft_jinja_node *node = nodes; node != NULL; node = node->next) {
        n += node->op != RFT_JINJA_KEYWORD;
        n_keywords += node->op == RFT_JINJA_KEYWORD;
    }
    RFT_TRY(rft_jinja_take(run, n, sizeof *args->items, &taken));
    args->items = taken;
    RFT_TRY(rft_jinja_take(run, n_keywords, sizeof *args->keywords, &taken));
    args->keywords = taken;
    for (const struct rft_jinja_node *node = nodes; node != NULL; node = node->next) {
        if (node->op != RFT_JINJA_KEYWORD) {
            RFT_TRY(rft_jinja_eval(run, node, &args->items[args->n++]));
            continue;
        }
        struct rft_jinja_keyword *keyword = &args->keywords[args->n_keywords++];
        keyword->name = node->name;
        RFT_TRY(rft_jinja_eval(run, node->a, &keyword->value));
    }
    return RFT_OK;
}

static enum rft_status eval_call(struct rft_jinja_run *run, const struct rft_jinja_node *node,
                                 struct rft_jinja_value *value)
{
    const struct rft_jinja_value no_caller = {0};
    struct rft_jinja_value callee;
    struct rft_jinja_arguments args;
    RFT_TRY(rft_jinja_eval(run, node->a, &callee));
    RFT_TRY(rft_jinja_eval_arguments(run, node->args, &args));
    run->at = node;
    return rft_jinja_call(run, &callee, &args, &no_caller, value);
}

static enum rft_status eval_builtin(struct rft_jinja_run *run, const struct rft_jinja_node *node,
                                    struct rft_jinja_value *value)
{
    struct rft_jinja_value self;
    struct rft_jinja_arguments args;
    if (node->builtin == NULL)
        return rft_jinja_refuse(run, "the %s \"%.*s\"", node->op == RFT_JINJA_FILTER ? "filter" : "test",
                                (int)(node->name.len < 80 ? node->name.len : 80), node->name.data);
    RFT_TRY(rft_jinja_eval(run, node->a, &self));
    RFT_TRY(rft_jinja_eval_arguments(run, node->args, &args));
    run->at = node;
    return rft_jinja_invoke(run, node->builtin, &self, &args, value);
}

static enum rft_status eval_logic(struct rft_jinja_run *run, const struct rft_jinja_node *node,
                                  struct rft_jinja_value *value)
{
    RFT_TRY(rft_jinja_eval(run, node->a, value));
    bool is_true = rft_jinja_is_true(value);
    if (node->op == RFT_JINJA_NOT)
        *value = rft_jinja_bool(!is_true);
    else if (node->op == RFT_JINJA_EITHER && !is_true && node->c == NULL)
        *value = rft_jinja_undefined(node->name);
    else if (node->op == RFT_JINJA_EITHER)
        return rft_jinja_eval(run, is_true ? node->b : node->c, value);
    else if (is_true == (node->op == RFT_JINJA_AND))
        return rft_jinja_eval(run, node->b, value);
    return RFT_OK;
}

/* "a < b < c": each holds, and each operand is evaluated once. */
static enum rft_status eval_compare(struct rft_jinja_run *run, const struct rft_jinja_node *node,
                                    struct rft_jinja_value *value)
{
    struct rft_jinja_value left, right;
    bool holds = true;
    RFT_TRY(rft_jinja_eval(run, node->a, &left));
    for (const struct rft_jinja_node *c = node->args; c != NULL && holds; c = c->next) {
        RFT_TRY(rft_jinja_eval(run, c->a, &right));
        run->at = c;
        RFT_TRY(rft_jinja_compare_by(run, c->name, &left, &right, &holds));
        left = right;
    }
    *value = rft_jinja_bool(holds);
    return RFT_OK;
}

static enum rft_status eval_concat(struct rft_jinja_run *run, const struct rft_jinja_node *node,
                                   struct rft_jinja_value *value)
{
    struct rft_jinja_buffer buffer = {0};
    for (const struct rft_jinja_node *item = node->args; item != NULL; item = item->next) {
        struct rft_jinja_value part;
        RFT_TRY(rft_jinja_eval(run, item, &part));
        run->at = node;
        RFT_TRY(rft_jinja_print(run, &buffer, &part));
    }
    *value = rft_jinja_text_value(rft_jinja_built(&buffer));
    return RFT_OK;
}

static enum rft_status eval_operation(struct rft_jinja_run *run, const struct rft_jinja_node *node,
                                      struct rft_jinja_value *value)
{
    struct rft_jinja_value a, b;
    RFT_TRY(rft_jinja_eval(run, node->a, &a));
    if (node->op == RFT_JINJA_ATTRIBUTE) {
        run->at = node;
        return rft_jinja_attribute(run, &a, node->name, value);
    }
    if (node->op != RFT_JINJA_BINARY) {
        run->at = node;
        return rft_jinja_sign(run, node->op == RFT_JINJA_NEGATIVE, &a, value);
    }
    RFT_TRY(rft_jinja_eval(run, node->b, &b));
    run->at = node;
    return rft_jinja_binary(run, node->name, &a, &b, value);
}

static enum rft_status eval(struct rft_jinja_run *run, const struct rft_jinja_node *node, struct rft_jinja_value *value)
{
    switch (node->op) {
    case RFT_JINJA_CONST: *value = node->value; return RFT_OK;
    case RFT_JINJA_NAME: return rft_jinja_lookup(run, node->name, value);
    case RFT_JINJA_MAKE_LIST: return eval_members(run, node, RFT_JINJA_LIST, value);
    case RFT_JINJA_MAKE_TUPLE: return eval_members(run, node, RFT_JINJA_TUPLE, value);
    case RFT_JINJA_MAKE_DICT: return eval_dict(run, node, value);
    case RFT_JINJA_INDEX: return eval_index(run, node, value);
    case RFT_JINJA_CALL: return eval_call(run, node, value);
    case RFT_JINJA_FILTER:
    case RFT_JINJA_TEST: return eval_builtin(run, node, value);
    case RFT_JINJA_CAPTURED: *value = rft_jinja_text_value(run->captured); return RFT_OK;
    case RFT_JINJA_NOT:
    case RFT_JINJA_AND:
    case RFT_JINJA_OR:
    case RFT_JINJA_EITHER: return eval_logic(run, node, value);
    case RFT_JINJA_COMPARE: return eval_compare(run, node, value);
    case RFT_JINJA_CONCAT: return eval_concat(run, node, value);
    default: return eval_operation(run, node, value);
    }
}

enum rft_status rft_jinja_eval(struct rft_jinja_run *run, const struct rft_jinja_node *node,
                               struct rft_jinja_value *value)
{
    run->at = node;
    RFT_TRY(rft_jinja_work(run, 1));
    if (++run->depth > RFT_JINJA_DEPTH_MAX)
        return rft_jinja_fail(run, "calls are nested too deep");
    RFT_TRY(eval(run, node, value));
    run->depth--;
    return RFT_OK;
}

/* ---- calls ---- */

/* What a macro's parameter is given: by place, by name, or its default. */
static enum rft_status bind(struct rft_jinja_run *run, const struct rft_jinja_node *parameter, size_t place,
                            const struct rft_jinja_arguments *args, struct rft_jinja_value *value)
{
    *value = (struct rft_jinja_value){0};
    if (place < args->n)
        *value = args->items[place];
    for (size_t i = 0; i < args->n_keywords; i++) {
        if (!rft_bytes_equal(args->keywords[i].name, parameter->name))
            continue;
        if (value->kind != RFT_JINJA_ABSENT)
            return rft_jinja_fail(run, "the argument '%.*s' is given twice", (int)parameter->name.len,
                                  parameter->name.data);
        *value = args->keywords[i].value;
    }
    if (value->kind == RFT_JINJA_ABSENT && parameter->a != NULL)
        return rft_jinja_eval(run, parameter->a, value);
    if (value->kind == RFT_JINJA_ABSENT)
        *value = rft_jinja_undefined(parameter->name);
    return RFT_OK;
}

static bool has_parameter(const struct rft_jinja_node *macro, struct rft_bytes name)
{
    for (const struct rft_jinja_node *p = macro->args; p != NULL; p = p->next)
        if (rft_bytes_equal(p->name, name))
            return true;
    return false;
}

/* Parameters as variables of the macro's own scope. */
static enum rft_status bind_all(struct rft_jinja_run *run, const struct rft_jinja_node *node,
                                const struct rft_jinja_arguments *args, const struct rft_jinja_value *caller)
{
    size_t place = 0;
    for (size_t i = 0; i < args->n_keywords; i++)
        if (!has_parameter(node, args->keywords[i].name))
            return rft_jinja_fail(run, "the macro takes no argument '%.*s'", (int)args->keywords[i].name.len,
                                  args->keywords[i].name.data);
    for (const struct rft_jinja_node *p = node->args; p != NULL; p = p->next)
        RFT_TRY(rft_jinja_scope_set(run, p->name, rft_jinja_undefined(p->name))); /* for defaults that name them */
    for (const struct rft_jinja_node *p = node->args; p != NULL; p = p->next) {
        struct rft_jinja_value value;
        RFT_TRY(bind(run, p, place++, args, &value));
        RFT_TRY(rft_jinja_scope_set(run, p->name, value));
    }
    if (args->n > place)
        return rft_jinja_fail(run, "the macro takes %zu arguments at most, %zu are given", place, args->n);
    if (caller->kind != RFT_JINJA_ABSENT)
        return rft_jinja_scope_set(run, rft_bytes_z("caller"), *caller);
    return RFT_OK;
}

static enum rft_status call_macro(struct rft_jinja_run *run, const struct rft_jinja_macro *macro,
                                  const struct rft_jinja_arguments *args, const struct rft_jinja_value *caller,
                                  struct rft_jinja_value *result)
{
    struct rft_jinja_scope *scope = run->scope;
    struct rft_jinja_buffer *out = run->out, own = {0};
    run->scope = macro->scope;
    run->out = &own;
    RFT_TRY(rft_jinja_scope_enter(run, macro->node->hidden));
    RFT_TRY(bind_all(run, macro->node, args, caller));
    RFT_TRY(rft_jinja_exec(run, macro->node->body));
    run->scope = scope;
    run->out = out;
    *result = rft_jinja_text_value(rft_jinja_built(&own));
    return RFT_OK;
}

enum rft_status rft_jinja_call(struct rft_jinja_run *run, const struct rft_jinja_value *callee,
                               const struct rft_jinja_arguments *args, const struct rft_jinja_value *caller,
                               struct rft_jinja_value *result)
{
    if (callee->kind == RFT_JINJA_MACRO)
        return call_macro(run, callee->as.macro, args, caller, result);
    if (callee->kind == RFT_JINJA_FUNCTION)
        return rft_jinja_invoke(run, callee->as.method->builtin, &callee->as.method->self, args, result);
    if (callee->kind == RFT_JINJA_UNDEFINED)
        return rft_jinja_fail(run, "'%.*s' is undefined", (int)callee->as.name.len, callee->as.name.data);
    return rft_jinja_fail(run, "'%s' object is not callable", rft_jinja_type_name(callee));
}
