/* SPDX-License-Identifier: MIT */
/* Statements, and the scopes of variables. */
#include "jinja_eval.h"
#include "jinja_print.h"

/* How a block was left. */
enum flow { FLOW_ON, FLOW_BREAK, FLOW_CONTINUE };

static enum rft_status exec_body(struct rft_jinja_run *run, const struct rft_jinja_node *body, enum flow *flow);

enum rft_status rft_jinja_scope_enter(struct rft_jinja_run *run, const struct rft_jinja_node *hidden)
{
    void *taken;
    RFT_TRY(rft_jinja_take(run, 1, sizeof(struct rft_jinja_scope), &taken));
    struct rft_jinja_scope *scope = taken;
    scope->outer = run->scope;
    run->scope = scope;
    for (; hidden != NULL; hidden = hidden->next)
        RFT_TRY(rft_jinja_scope_set(run, hidden->name, rft_jinja_undefined(hidden->name)));
    return RFT_OK;
}

enum rft_status rft_jinja_scope_set(struct rft_jinja_run *run, struct rft_bytes name, struct rft_jinja_value value)
{
    return rft_jinja_dict_set(run, &run->scope->variables, rft_jinja_name_value(name), value);
}

enum rft_status rft_jinja_lookup(struct rft_jinja_run *run, struct rft_bytes name, struct rft_jinja_value *value)
{
    void *taken;
    for (const struct rft_jinja_scope *s = run->scope; s != NULL; s = s->outer) {
        RFT_TRY(rft_jinja_work(run, s->variables.n / 8));
        const struct rft_jinja_value *found = rft_jinja_dict_find_name(&s->variables, name);
        if (found != NULL) {
            *value = *found;
            return RFT_OK;
        }
    }
    static const char *const unsupported[] = {"joiner", "cycler", "lipsum", "self"};
    for (size_t i = 0; i < sizeof unsupported / sizeof *unsupported; i++)
        if (rft_bytes_equal(name, rft_bytes_z(unsupported[i])))
            return rft_jinja_refuse(run, "%s", unsupported[i]);
    const struct rft_jinja_builtin *function = rft_jinja_builtin_find(&rft_jinja_functions, name);
    *value = rft_jinja_undefined(name);
    if (function == NULL)
        return RFT_OK;
    RFT_TRY(rft_jinja_take(run, 1, sizeof(struct rft_jinja_method), &taken));
    struct rft_jinja_method *method = taken;
    method->builtin = function;
    *value = (struct rft_jinja_value){.kind = RFT_JINJA_FUNCTION, .as.method = method};
    return RFT_OK;
}

/* ---- assignment ---- */

static enum rft_status assign(struct rft_jinja_run *run, const struct rft_jinja_node *target,
                              struct rft_jinja_value value)
{
    struct rft_jinja_list members;
    struct rft_jinja_value space;
    size_t i = 0;
    if (target->op == RFT_JINJA_NAME)
        return rft_jinja_scope_set(run, target->name, value);
    run->at = target;
    if (target->op == RFT_JINJA_TARGET_ATTRIBUTE) {
        RFT_TRY(rft_jinja_lookup(run, target->name, &space));
        if (space.kind != RFT_JINJA_NAMESPACE)
            return rft_jinja_fail(run, "only a namespace can be assigned attributes, and '%.*s' is none",
                                  (int)target->name.len, target->name.data);
        if (target->value.as.text.bytes[0] == '_')
            return rft_jinja_fail(run, "a namespace takes no name that begins with _");
        return rft_jinja_dict_set(run, space.as.dict, target->value, value);
    }
    RFT_TRY(rft_jinja_iterate(run, &value, &members));
    for (const struct rft_jinja_node *t = target->args; t != NULL; t = t->next, i++)
        if (i < members.n)
            RFT_TRY(assign(run, t, members.items[i]));
    if (i != members.n)
        return rft_jinja_fail(run, "%zu values stand where %zu names take them", members.n, i);
    return RFT_OK;
}

/* What a block puts out, as text; its variables are its own. */
static enum rft_status capture(struct rft_jinja_run *run, const struct rft_jinja_node *block)
{
    struct rft_jinja_buffer *out = run->out, own = {0};
    RFT_TRY(rft_jinja_scope_enter(run, block->hidden));
    run->out = &own;
    RFT_TRY(rft_jinja_exec(run, block->body));
    run->out = out;
    run->scope = run->scope->outer;
    run->captured = rft_jinja_built(&own);
    return RFT_OK;
}

static enum rft_status exec_set(struct rft_jinja_run *run, const struct rft_jinja_node *node)
{
    struct rft_jinja_value value;
    if (node->op == RFT_JINJA_SET_BLOCK)
        RFT_TRY(capture(run, node));
    RFT_TRY(rft_jinja_eval(run, node->b, &value));
    return assign(run, node->a, value);
}

static enum rft_status exec_filter_block(struct rft_jinja_run *run, const struct rft_jinja_node *node)
{
    struct rft_jinja_value value;
    RFT_TRY(capture(run, node));
    RFT_TRY(rft_jinja_eval(run, node->a, &value));
    return rft_jinja_print(run, run->out, &value);
}

/* Values are evaluated outside the scope that they are set in. */
static enum rft_status exec_with(struct rft_jinja_run *run, const struct rft_jinja_node *node, enum flow *flow)
{
    struct rft_jinja_list values = {0};
    size_t i = 0;
    for (const struct rft_jinja_node *set = node->args; set != NULL; set = set->next) {
        struct rft_jinja_value value;
        RFT_TRY(rft_jinja_eval(run, set->b, &value));
        RFT_TRY(rft_jinja_list_add(run, &values, value));
    }
    RFT_TRY(rft_jinja_scope_enter(run, node->hidden));
    for (const struct rft_jinja_node *set = node->args; set != NULL; set = set->next)
        RFT_TRY(assign(run, set->a, values.items[i++]));
    RFT_TRY(exec_body(run, node->body, flow));
    run->scope = run->scope->outer;
    return RFT_OK;
}

/* ---- macros ---- */

static enum rft_status make_macro(struct rft_jinja_run *run, const struct rft_jinja_node *node,
                                  struct rft_jinja_value *value)
{
    void *taken;
    RFT_TRY(rft_jinja_take(run, 1, sizeof(struct rft_jinja_macro), &taken));
    struct rft_jinja_macro *macro = taken;
    *macro = (struct rft_jinja_macro){.node = node, .scope = run->scope};
    *value = (struct rft_jinja_value){.kind = RFT_JINJA_MACRO, .as.macro = macro};
    return RFT_OK;
}

static enum rft_status exec_call_block(struct rft_jinja_run *run, const struct rft_jinja_node *node)
{
    struct rft_jinja_value caller, callee, text;
    struct rft_jinja_arguments args;
    RFT_TRY(make_macro(run, node, &caller));
    RFT_TRY(rft_jinja_eval(run, node->a->a, &callee));
    RFT_TRY(rft_jinja_eval_arguments(run, node->a->args, &args));
    run->at = node;
    if (callee.kind == RFT_JINJA_MACRO && !callee.as.macro->node->has_caller)
        return rft_jinja_fail(run, "the macro takes no caller");
    if (callee.kind != RFT_JINJA_MACRO)
        return rft_jinja_fail(run, "only a macro can be called with a block, and this is none");
    RFT_TRY(rft_jinja_call(run, &callee, &args, &caller, &text));
    return rft_jinja_print(run, run->out, &text);
}

/* ---- loops ---- */

/* The members that a loop's condition takes. */
static enum rft_status select_members(struct rft_jinja_run *run, const struct rft_jinja_node *node,
                                      struct rft_jinja_list *members)
{
    struct rft_jinja_list taken = {0};
    for (size_t i = 0; i < members->n && node->c != NULL; i++) {
        struct rft_jinja_value holds;
        RFT_TRY(rft_jinja_scope_enter(run, NULL));
        RFT_TRY(assign(run, node->a, members->items[i]));
        RFT_TRY(rft_jinja_eval(run, node->c, &holds));
        run->scope = run->scope->outer;
        if (rft_jinja_is_true(&holds))
            RFT_TRY(rft_jinja_list_add(run, &taken, members->items[i]));
    }
    if (node->c != NULL)
        *members = taken;
    return RFT_OK;
}

static enum rft_status exec_for(struct rft_jinja_run *run, const struct rft_jinja_node *node, enum flow *flow)
{
    struct rft_jinja_value from;
    struct rft_jinja_list members;
    enum flow inner = FLOW_ON;
    bool is_done = false;
    void *taken;
    RFT_TRY(rft_jinja_eval(run, node->b, &from));
    run->at = node;
    RFT_TRY(rft_jinja_iterate(run, &from, &members));
    RFT_TRY(select_members(run, node, &members));
    RFT_TRY(rft_jinja_take(run, 1, sizeof(struct rft_jinja_loop), &taken));
    struct rft_jinja_loop *loop = taken;
    *loop = (struct rft_jinja_loop){.items = members.items, .n = members.n};
    const struct rft_jinja_value variable = {.kind = RFT_JINJA_LOOP, .as.loop = loop};
    for (; loop->index < members.n && inner != FLOW_BREAK; loop->index++) {
        RFT_TRY(rft_jinja_work(run, 1));
        RFT_TRY(rft_jinja_scope_enter(run, node->hidden));
        RFT_TRY(rft_jinja_scope_set(run, rft_bytes_z("loop"), variable));
        RFT_TRY(assign(run, node->a, members.items[loop->index]));
        RFT_TRY(exec_body(run, node->body, &inner));
        run->scope = run->scope->outer;
        is_done = is_done || inner == FLOW_ON;
    }
    if (is_done || node->otherwise == NULL)
        return RFT_OK;
    RFT_TRY(rft_jinja_scope_enter(run, node->hidden_otherwise)); /* no pass reached the end of the body */
    RFT_TRY(exec_body(run, node->otherwise, flow));
    run->scope = run->scope->outer;
    return RFT_OK;
}

/* ---- all of them ---- */

static enum rft_status exec(struct rft_jinja_run *run, const struct rft_jinja_node *node, enum flow *flow)
{
    struct rft_jinja_value value;
    switch (node->op) {
    case RFT_JINJA_DATA: return rft_jinja_put(run, run->out, node->value.as.text);
    case RFT_JINJA_PRINT: RFT_TRY(rft_jinja_eval(run, node->a, &value)); return rft_jinja_print(run, run->out, &value);
    case RFT_JINJA_IF:
        RFT_TRY(rft_jinja_eval(run, node->a, &value));
        return exec_body(run, rft_jinja_is_true(&value) ? node->body : node->otherwise, flow);
    case RFT_JINJA_FOR: return exec_for(run, node, flow);
    case RFT_JINJA_SET:
    case RFT_JINJA_SET_BLOCK: return exec_set(run, node);
    case RFT_JINJA_DEFINE_MACRO:
        RFT_TRY(make_macro(run, node, &value));
        return rft_jinja_scope_set(run, node->name, value);
    case RFT_JINJA_CALL_BLOCK: return exec_call_block(run, node);
    case RFT_JINJA_FILTER_BLOCK: return exec_filter_block(run, node);
    case RFT_JINJA_WITH: return exec_with(run, node, flow);
    case RFT_JINJA_BREAK: *flow = FLOW_BREAK; return RFT_OK;
    default: *flow = FLOW_CONTINUE; return RFT_OK;
    }
}

static enum rft_status exec_body(struct rft_jinja_run *run, const struct rft_jinja_node *body, enum flow *flow)
{
    *flow = FLOW_ON;
    if (++run->depth > RFT_JINJA_DEPTH_MAX)
        return rft_jinja_fail(run, "calls are nested too deep");
    for (; body != NULL && *flow == FLOW_ON; body = body->next) {
        run->at = body;
        RFT_TRY(rft_jinja_work(run, 1));
        RFT_TRY(exec(run, body, flow));
    }
    run->depth--;
    return RFT_OK;
}

enum rft_status rft_jinja_exec(struct rft_jinja_run *run, const struct rft_jinja_node *body)
{
    enum flow flow;
    return exec_body(run, body, &flow);
}
