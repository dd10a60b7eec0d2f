/* SPDX-License-Identifier: MIT */
/* What expressions are made of: literals, names, brackets, tuples; and what can be assigned to. */
#include "jinja_parse.h"

#include "jinja_value.h"

#include <string.h>

static enum rft_status parse_list(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_MAKE_LIST, node));
    p->token++;
    for (struct rft_jinja_node **last = &(*node)->args; !rft_jinja_skip_operator(p, "]"); last = &(*last)->next) {
        if (last != &(*node)->args)
            RFT_TRY(rft_jinja_expect_operator(p, ","));
        if (last != &(*node)->args && rft_jinja_skip_operator(p, "]"))
            break;
        RFT_TRY(rft_jinja_parse_expression(p, 0, last));
    }
    return RFT_OK;
}

static enum rft_status parse_dict(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_MAKE_DICT, node));
    p->token++;
    for (struct rft_jinja_node **last = &(*node)->args; !rft_jinja_skip_operator(p, "}"); last = &(*last)->next->next) {
        if (last != &(*node)->args)
            RFT_TRY(rft_jinja_expect_operator(p, ","));
        if (last != &(*node)->args && rft_jinja_skip_operator(p, "}"))
            break;
        RFT_TRY(rft_jinja_parse_expression(p, 0, last));
        RFT_TRY(rft_jinja_expect_operator(p, ":"));
        RFT_TRY(rft_jinja_parse_expression(p, 0, &(*last)->next));
    }
    return RFT_OK;
}

static enum rft_status parse_name(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    static const struct {
        const char *word;
        enum rft_jinja_kind kind;
        bool boolean;
    } words[] = {{"true", RFT_JINJA_BOOL, true},   {"True", RFT_JINJA_BOOL, true},  {"false", RFT_JINJA_BOOL, false},
                 {"False", RFT_JINJA_BOOL, false}, {"none", RFT_JINJA_NONE, false}, {"None", RFT_JINJA_NONE, false}};
    RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_NAME, node));
    p->has_caller = p->has_caller || rft_jinja_is_name(p->token, "caller");
    if (p->is_macro && (rft_jinja_is_name(p->token, "varargs") || rft_jinja_is_name(p->token, "kwargs")))
        return rft_jinja_unsupported(p, "varargs or kwargs of a macro");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (rft_jinja_is_name(p->token, words[i].word)) {
            (*node)->op = RFT_JINJA_CONST;
            (*node)->value = (struct rft_jinja_value){.kind = words[i].kind, .as.boolean = words[i].boolean};
        }
    (*node)->name = p->token++->text;
    return RFT_OK;
}

/* Strings that stand one behind the other are one. */
static enum rft_status parse_string(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    size_t len = 0;
    const struct rft_jinja_token *end = p->token;
    RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_CONST, node));
    for (; end->kind == RFT_JINJA_T_STRING; end++)
        len += end->text.len;
    struct rft_bytes text = p->token->text;
    if (end - p->token > 1) {
        char *joined = rft_arena_take(p->arena, len + 1, 1);
        if (joined == NULL)
            return rft_jinja_unexpected(p, "a smaller template");
        text = (struct rft_bytes){joined, len};
        for (const struct rft_jinja_token *t = p->token; t < end; joined += t++->text.len)
            memcpy(joined, t->text.data, t->text.len);
    }
    p->token = end;
    (*node)->value = rft_jinja_text_value((struct rft_jinja_text){text.data, NULL, text.len});
    return RFT_OK;
}

enum rft_status rft_jinja_parse_primary(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    switch (p->token->kind) {
    case RFT_JINJA_T_NAME: return parse_name(p, node);
    case RFT_JINJA_T_STRING: return parse_string(p, node);
    case RFT_JINJA_T_INT:
        RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_CONST, node));
        (*node)->value = rft_jinja_int(p->token++->integer);
        return RFT_OK;
    case RFT_JINJA_T_FLOAT:
        RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_CONST, node));
        (*node)->value = rft_jinja_float(p->token++->real);
        return RFT_OK;
    default: break;
    }
    if (rft_jinja_is_operator(p->token, "["))
        return parse_list(p, node);
    if (rft_jinja_is_operator(p->token, "{"))
        return parse_dict(p, node);
    if (!rft_jinja_skip_operator(p, "("))
        return rft_jinja_unexpected(p, "an expression");
    RFT_TRY(rft_jinja_parse_tuple(p, RFT_JINJA_IN_PARENTHESES, node));
    return rft_jinja_expect_operator(p, ")");
}

static bool ends_tuple(const struct rft_jinja_token *t, unsigned flags)
{
    return t->kind == RFT_JINJA_T_PRINT_END || t->kind == RFT_JINJA_T_BLOCK_END || rft_jinja_is_operator(t, ")") ||
           ((flags & RFT_JINJA_UP_TO_RECURSIVE) != 0 && rft_jinja_is_name(t, "recursive"));
}

enum rft_status rft_jinja_parse_tuple(struct rft_jinja_parser *p, unsigned flags, struct rft_jinja_node **node)
{
    struct rft_jinja_node *tuple, **last;
    bool is_tuple = false;
    RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_MAKE_TUPLE, &tuple));
    for (last = &tuple->args; !ends_tuple(p->token, flags); last = &(*last)->next) {
        RFT_TRY(rft_jinja_parse_expression(p, flags & RFT_JINJA_NO_EITHER, last));
        if (!rft_jinja_skip_operator(p, ","))
            break;
        is_tuple = true;
    }
    if (!is_tuple && tuple->args == NULL && (flags & RFT_JINJA_IN_PARENTHESES) == 0)
        return rft_jinja_unexpected(p, "an expression");
    *node = is_tuple || tuple->args == NULL ? tuple : tuple->args;
    return RFT_OK;
}

/* One target of an assignment. */
static enum rft_status parse_one_target(struct rft_jinja_parser *p, bool has_attributes, struct rft_jinja_node **node)
{
    static const char *const reserved[] = {"true", "True", "false", "False", "none", "None"};
    if (rft_jinja_skip_operator(p, "(")) {
        RFT_TRY(rft_jinja_enter(p));
        RFT_TRY(rft_jinja_parse_target(p, has_attributes, node));
        p->depth--;
        return rft_jinja_expect_operator(p, ")");
    }
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (rft_jinja_is_name(p->token, reserved[i]))
            return rft_jinja_unexpected(p, "a name that can be assigned to");
    RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_NAME, node));
    RFT_TRY(rft_jinja_expect_name(p, &(*node)->name));
    if (has_attributes && rft_jinja_skip_operator(p, ".")) {
        struct rft_bytes attribute;
        RFT_TRY(rft_jinja_expect_name(p, &attribute));
        (*node)->op = RFT_JINJA_TARGET_ATTRIBUTE;
        (*node)->value = rft_jinja_text_value((struct rft_jinja_text){attribute.data, NULL, attribute.len});
    }
    return RFT_OK;
}

enum rft_status rft_jinja_parse_target(struct rft_jinja_parser *p, bool has_attributes, struct rft_jinja_node **node)
{
    RFT_TRY(parse_one_target(p, has_attributes, node));
    if (!rft_jinja_is_operator(p->token, ","))
        return RFT_OK;
    struct rft_jinja_node *last = *node;
    RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_MAKE_TUPLE, node));
    (*node)->args = last;
    while (rft_jinja_skip_operator(p, ",")) {
        if (p->token->kind != RFT_JINJA_T_NAME && !rft_jinja_is_operator(p->token, "("))
            break;
        if (rft_jinja_is_name(p->token, "in"))
            break;
        RFT_TRY(parse_one_target(p, has_attributes, &last->next));
        last = last->next;
    }
    return RFT_OK;
}
