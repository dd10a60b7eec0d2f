/* SPDX-License-Identifier: MIT */
/* Expressions: one function for each of the grammar's rules, from the one that binds least to the one that binds
 * most. */
#include "jinja_builtin.h"
#include "jinja_parse.h"

#include <string.h>

static enum rft_status parse_unary(struct rft_jinja_parser *p, bool with_filters, struct rft_jinja_node **node);

/* A node that takes what was parsed so far as its first operand. */
static enum rft_status wrap(struct rft_jinja_parser *p, enum rft_jinja_op op, struct rft_jinja_node **node)
{
    struct rft_jinja_node *inner = *node;
    RFT_TRY(rft_jinja_node_new(p, op, node));
    (*node)->a = inner;
    return RFT_OK;
}

/* ---- operators, from the tightest ---- */

typedef enum rft_status rule(struct rft_jinja_parser *p, struct rft_jinja_node **node);

/* operand (operator operand)*, from left to right. */
static enum rft_status parse_binary(struct rft_jinja_parser *p, const char *const *operators, rule *operand,
                                    struct rft_jinja_node **node)
{
    RFT_TRY(operand(p, node));
    for (const char *const *o = operators; *o != NULL;) {
        if (!rft_jinja_is_operator(p->token, *o)) {
            o++;
            continue;
        }
        RFT_TRY(wrap(p, RFT_JINJA_BINARY, node));
        (*node)->name = p->token++->text;
        RFT_TRY(operand(p, &(*node)->b));
        o = operators;
    }
    return RFT_OK;
}

static enum rft_status parse_operand(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    return parse_unary(p, true, node);
}

static enum rft_status parse_power(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    static const char *const operators[] = {"**", NULL};
    return parse_binary(p, operators, parse_operand, node);
}

static enum rft_status parse_product(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    static const char *const operators[] = {"*", "/", "//", "%", NULL};
    return parse_binary(p, operators, parse_power, node);
}

static enum rft_status parse_concat(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    RFT_TRY(parse_product(p, node));
    if (!rft_jinja_is_operator(p->token, "~"))
        return RFT_OK;
    struct rft_jinja_node *last = *node;
    RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_CONCAT, node));
    (*node)->args = last;
    while (rft_jinja_skip_operator(p, "~")) {
        RFT_TRY(parse_product(p, &last->next));
        last = last->next;
    }
    return RFT_OK;
}

static enum rft_status parse_sum(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    static const char *const operators[] = {"+", "-", NULL};
    return parse_binary(p, operators, parse_concat, node);
}

/* The comparison that stands here; len 0 if none does. */
static struct rft_bytes take_comparison(struct rft_jinja_parser *p)
{
    static const char *const operators[] = {"==", "!=", ">", ">=", "<", "<="};
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (rft_jinja_skip_operator(p, operators[i]))
            return rft_bytes_z(operators[i]);
    if (rft_jinja_skip_name(p, "in"))
        return rft_bytes_z("in");
    if (rft_jinja_is_name(p->token, "not") && rft_jinja_is_name(p->token + 1, "in")) {
        p->token += 2;
        return rft_bytes_z("not in");
    }
    return (struct rft_bytes){0};
}

static enum rft_status parse_compare(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    RFT_TRY(parse_sum(p, node));
    struct rft_jinja_node **last = NULL;
    for (;;) {
        struct rft_bytes name = take_comparison(p);
        if (name.len == 0)
            return RFT_OK;
        if (last == NULL) {
            RFT_TRY(wrap(p, RFT_JINJA_COMPARE, node));
            last = &(*node)->args;
        }
        RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_COMPARED, last));
        (*last)->name = name;
        RFT_TRY(parse_sum(p, &(*last)->a));
        last = &(*last)->next;
    }
}

static enum rft_status parse_not(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    if (!rft_jinja_is_name(p->token, "not"))
        return parse_compare(p, node);
    RFT_TRY(rft_jinja_enter(p));
    RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_NOT, node));
    p->token++;
    RFT_TRY(parse_not(p, &(*node)->a));
    p->depth--;
    return RFT_OK;
}

static enum rft_status parse_logic(struct rft_jinja_parser *p, const char *word, enum rft_jinja_op op, rule *operand,
                                   struct rft_jinja_node **node)
{
    RFT_TRY(operand(p, node));
    while (rft_jinja_is_name(p->token, word)) {
        RFT_TRY(wrap(p, op, node));
        p->token++;
        RFT_TRY(operand(p, &(*node)->b));
    }
    return RFT_OK;
}

static enum rft_status parse_and(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    return parse_logic(p, "and", RFT_JINJA_AND, parse_not, node);
}

static enum rft_status parse_or(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    return parse_logic(p, "or", RFT_JINJA_OR, parse_and, node);
}

enum rft_status rft_jinja_parse_expression(struct rft_jinja_parser *p, unsigned flags, struct rft_jinja_node **node)
{
    const struct rft_jinja_node *unknown = p->unknown;
    RFT_TRY(rft_jinja_enter(p));
    RFT_TRY(parse_or(p, node));
    while ((flags & RFT_JINJA_NO_EITHER) == 0 && rft_jinja_is_name(p->token, "if")) {
        struct rft_jinja_node *then = *node;
        RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_EITHER, node));
        p->token++;
        (*node)->b = then;
        RFT_TRY(parse_or(p, &(*node)->a));
        if (rft_jinja_skip_name(p, "else"))
            RFT_TRY(rft_jinja_parse_expression(p, 0, &(*node)->c));
        p->unknown = unknown; /* all of this depends on a condition */
    }
    p->depth--;
    return RFT_OK;
}

/* ---- what stands behind an operand ---- */

static enum rft_status parse_arguments(struct rft_jinja_parser *p, struct rft_jinja_node **last)
{
    bool has_keyword = false;
    RFT_TRY(rft_jinja_expect_operator(p, "("));
    for (bool is_first = true; !rft_jinja_skip_operator(p, ")"); is_first = false) {
        if (!is_first)
            RFT_TRY(rft_jinja_expect_operator(p, ","));
        if (!is_first && rft_jinja_skip_operator(p, ")"))
            break;
        if (rft_jinja_is_operator(p->token, "*") || rft_jinja_is_operator(p->token, "**"))
            return rft_jinja_unsupported(p, "a call with * or **");
        if (p->token->kind == RFT_JINJA_T_NAME && rft_jinja_is_operator(p->token + 1, "=")) {
            RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_KEYWORD, last));
            (*last)->name = p->token->text;
            p->token += 2;
            RFT_TRY(rft_jinja_parse_expression(p, 0, &(*last)->a));
            has_keyword = true;
        } else {
            if (has_keyword)
                return rft_jinja_unexpected(p, "a keyword argument");
            RFT_TRY(rft_jinja_parse_expression(p, 0, last));
            /* an argument hangs on its list by `next`; a literal's own list is another one (args) */
        }
        last = &(*last)->next;
    }
    return RFT_OK;
}

/* "begin:end:step" or an index. */
static enum rft_status parse_subscript(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    struct rft_jinja_node *parts[3] = {0}, *slice;
    RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_SLICE, &slice));
    if (!rft_jinja_is_operator(p->token, ":"))
        RFT_TRY(rft_jinja_parse_expression(p, 0, &parts[0]));
    if (!rft_jinja_is_operator(p->token, ":")) {
        *node = parts[0];
        return RFT_OK;
    }
    for (size_t i = 1; i < 3 && rft_jinja_skip_operator(p, ":"); i++)
        if (!rft_jinja_is_operator(p->token, ":") && !rft_jinja_is_operator(p->token, "]"))
            RFT_TRY(rft_jinja_parse_expression(p, 0, &parts[i]));
    slice->a = parts[0];
    slice->b = parts[1];
    slice->c = parts[2];
    *node = slice;
    return RFT_OK;
}

static enum rft_status parse_member(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    if (rft_jinja_is_operator(p->token, ".")) {
        RFT_TRY(wrap(p, RFT_JINJA_ATTRIBUTE, node));
        p->token++;
        if (p->token->kind == RFT_JINJA_T_INT) {
            (*node)->op = RFT_JINJA_INDEX;
            RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_CONST, &(*node)->b));
            (*node)->b->value = rft_jinja_int(p->token++->integer);
            return RFT_OK;
        }
        return rft_jinja_expect_name(p, &(*node)->name);
    }
    RFT_TRY(wrap(p, RFT_JINJA_INDEX, node));
    p->token++;
    RFT_TRY(parse_subscript(p, &(*node)->b));
    return rft_jinja_expect_operator(p, "]");
}

static enum rft_status parse_call(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    RFT_TRY(wrap(p, RFT_JINJA_CALL, node));
    return parse_arguments(p, &(*node)->args);
}

static enum rft_status parse_postfix(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    for (;;) {
        if (rft_jinja_is_operator(p->token, ".") || rft_jinja_is_operator(p->token, "["))
            RFT_TRY(parse_member(p, node));
        else if (rft_jinja_is_operator(p->token, "("))
            RFT_TRY(parse_call(p, node));
        else
            return RFT_OK;
    }
}

/* The filter or the test that the node's name stands for. */
static enum rft_status parse_builtin(struct rft_jinja_parser *p, const struct rft_jinja_builtins *table,
                                     struct rft_jinja_node *node)
{
    RFT_TRY(rft_jinja_expect_name(p, &node->name));
    node->builtin = rft_jinja_builtin_find(table, node->name);
    if (node->builtin == NULL && p->n_conditions == 0 && p->unknown == NULL)
        p->unknown = node;
    return RFT_OK;
}

static enum rft_status parse_filter(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    RFT_TRY(wrap(p, RFT_JINJA_FILTER, node));
    RFT_TRY(parse_builtin(p, &rft_jinja_filters, *node));
    return rft_jinja_is_operator(p->token, "(") ? parse_arguments(p, &(*node)->args) : RFT_OK;
}

enum rft_status rft_jinja_parse_filters(struct rft_jinja_parser *p, bool is_inside, struct rft_jinja_node **node)
{
    while (is_inside || rft_jinja_skip_operator(p, "|")) {
        RFT_TRY(parse_filter(p, node));
        is_inside = false;
    }
    return RFT_OK;
}

/* A test's one argument may stand without parentheses: "is equalto 3". */
static bool begins_argument(const struct rft_jinja_token *t)
{
    switch (t->kind) {
    case RFT_JINJA_T_NAME:
        return !rft_jinja_is_name(t, "else") && !rft_jinja_is_name(t, "or") && !rft_jinja_is_name(t, "and");
    case RFT_JINJA_T_STRING:
    case RFT_JINJA_T_INT:
    case RFT_JINJA_T_FLOAT: return true;
    default: return rft_jinja_is_operator(t, "[") || rft_jinja_is_operator(t, "{");
    }
}

static enum rft_status parse_test(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    p->token++;
    bool is_negated = rft_jinja_skip_name(p, "not");
    RFT_TRY(wrap(p, RFT_JINJA_TEST, node));
    RFT_TRY(parse_builtin(p, &rft_jinja_tests, *node));
    if (rft_jinja_is_operator(p->token, "(")) {
        RFT_TRY(parse_arguments(p, &(*node)->args));
    } else if (begins_argument(p->token)) {
        if (rft_jinja_is_name(p->token, "is"))
            return rft_jinja_unexpected(p, "something else, as tests cannot be chained,");
        RFT_TRY(rft_jinja_parse_primary(p, &(*node)->args));
        RFT_TRY(parse_postfix(p, &(*node)->args));
    }
    return is_negated ? wrap(p, RFT_JINJA_NOT, node) : RFT_OK;
}

static enum rft_status parse_unary(struct rft_jinja_parser *p, bool with_filters, struct rft_jinja_node **node)
{
    RFT_TRY(rft_jinja_enter(p));
    bool is_negative = rft_jinja_is_operator(p->token, "-");
    if (is_negative || rft_jinja_is_operator(p->token, "+")) {
        RFT_TRY(rft_jinja_node_new(p, is_negative ? RFT_JINJA_NEGATIVE : RFT_JINJA_POSITIVE, node));
        p->token++;
        RFT_TRY(parse_unary(p, false, &(*node)->a));
    } else {
        RFT_TRY(rft_jinja_parse_primary(p, node));
    }
    RFT_TRY(parse_postfix(p, node));
    while (with_filters) {
        if (rft_jinja_is_operator(p->token, "|"))
            RFT_TRY(rft_jinja_parse_filters(p, false, node));
        else if (rft_jinja_is_name(p->token, "is"))
            RFT_TRY(parse_test(p, node));
        else if (rft_jinja_is_operator(p->token, "("))
            RFT_TRY(parse_call(p, node));
        else
            break;
    }
    p->depth--;
    return RFT_OK;
}
