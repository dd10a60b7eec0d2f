/* SPDX-License-Identifier: MIT */
#include "formula_set.h"

#include "formula_parser.h"

static struct rft_formula_node *infinity(struct rft_formula_memory *memory, bool is_negative)
{
    struct rft_formula_node *node = rft_formula_node(memory, RFT_NODE_INFINITY);
    if (node != NULL)
        node->is_negative = is_negative;
    return node;
}

static struct rft_formula_node *make(struct rft_formula_memory *memory, char open, struct rft_formula_node *low,
                                     struct rft_formula_node *high, char close)
{
    struct rft_formula_node *node = rft_formula_binary(memory, RFT_NODE_TUPLE, low, high);
    if (node != NULL) {
        node->open = open;
        node->close = close;
    }
    return node;
}

static bool is_less(char symbol)
{
    return symbol == RFT_SYM_LT || symbol == RFT_SYM_LE;
}

static bool is_greater(char symbol)
{
    return symbol == RFT_SYM_GT || symbol == RFT_SYM_GE;
}

static bool is_variable(const struct rft_formula_node *node)
{
    return node->kind == RFT_NODE_NAME && node->unit.len == 0;
}

static bool is_closed(char symbol)
{
    return symbol == RFT_SYM_LE || symbol == RFT_SYM_GE;
}

static struct rft_formula_node *one_sided(struct rft_formula_memory *memory, struct rft_formula_node *node,
                                          const struct rft_formula_node **name)
{
    bool is_first = is_variable(node->kids[0]);
    char symbol = node->text.data[0];
    struct rft_formula_node *bound = node->kids[is_first ? 1 : 0];
    if ((!is_first && !is_variable(node->kids[1])) || is_variable(bound))
        return node;
    if (symbol != RFT_SYM_NE && !is_less(symbol) && !is_greater(symbol))
        return node;
    *name = node->kids[is_first ? 0 : 1];
    if (symbol == RFT_SYM_NE)
        return rft_formula_binary(memory, RFT_NODE_UNION, make(memory, '(', infinity(memory, true), bound, ')'),
                                  make(memory, '(', bound, infinity(memory, false), ')'));
    if (is_less(symbol) == is_first)
        return make(memory, '(', infinity(memory, true), bound, is_closed(symbol) ? ']' : ')');
    return make(memory, is_closed(symbol) ? '[' : '(', bound, infinity(memory, false), ')');
}

static struct rft_formula_node *two_sided(struct rft_formula_memory *memory, struct rft_formula_node *node,
                                          const struct rft_formula_node **name)
{
    char first = node->text.data[0], second = node->text.data[1];
    bool is_up = is_less(first) && is_less(second);
    if (!is_variable(node->kids[1]) || (!is_up && !(is_greater(first) && is_greater(second))))
        return node;
    *name = node->kids[1];
    char open = is_closed(is_up ? first : second) ? '[' : '(', close = is_closed(is_up ? second : first) ? ']' : ')';
    return make(memory, open, node->kids[is_up ? 0 : 2], node->kids[is_up ? 2 : 0], close);
}

static struct rft_formula_node *alternatives(struct rft_formula_memory *memory, struct rft_formula_node *node,
                                             const struct rft_formula_node **name)
{
    struct rft_formula_node *parts[RFT_FORMULA_PARTS_MAX];
    const struct rft_formula_node *first = NULL;
    for (uint32_t i = 0; i < node->n; i++) {
        const struct rft_formula_node *other = NULL;
        parts[i] =
            node->kids[i]->kind == RFT_NODE_RELATION ? rft_formula_interval(memory, node->kids[i], &other) : NULL;
        if (parts[i] == NULL || other == NULL || (first != NULL && first->symbol != other->symbol))
            return node;
        first = other;
    }
    *name = first;
    return rft_formula_many(memory, RFT_NODE_UNION, parts, node->n);
}

/* "x > 1 and x < 3": two bounds that face each other. */
static struct rft_formula_node *bounds(struct rft_formula_memory *memory, struct rft_formula_node *node,
                                       const struct rft_formula_node **name)
{
    const struct rft_formula_node *names[2] = {NULL, NULL};
    struct rft_formula_node *sides[2];
    for (int i = 0; i < 2; i++) {
        struct rft_formula_node *kid = node->kids[i];
        bool is_bound = kid->kind == RFT_NODE_RELATION && kid->n == 2 && kid->text.data[0] != RFT_SYM_NE;
        sides[i] = is_bound ? one_sided(memory, kid, &names[i]) : NULL;
        if (sides[i] == NULL || names[i] == NULL || sides[i]->kind != RFT_NODE_TUPLE)
            return node;
    }
    bool is_first_low = sides[0]->kids[1]->kind == RFT_NODE_INFINITY;
    const struct rft_formula_node *low = sides[is_first_low ? 0 : 1], *high = sides[is_first_low ? 1 : 0];
    if (names[0]->symbol != names[1]->symbol || low->kids[1]->kind != RFT_NODE_INFINITY ||
        high->kids[0]->kind != RFT_NODE_INFINITY)
        return node;
    *name = names[0];
    return make(memory, low->open, low->kids[0], high->kids[1], high->close);
}

struct rft_formula_node *rft_formula_interval(struct rft_formula_memory *memory, struct rft_formula_node *node,
                                              const struct rft_formula_node **name)
{
    if (node->kind == RFT_NODE_LIST && node->is_alternatives && !node->is_joined)
        return alternatives(memory, node, name);
    if (node->kind == RFT_NODE_LIST && node->is_joined && !node->is_alternatives && node->n == 2)
        return bounds(memory, node, name);
    if (node->kind == RFT_NODE_RELATION && node->n == 2)
        return one_sided(memory, node, name);
    if (node->kind == RFT_NODE_RELATION && node->n == 3)
        return two_sided(memory, node, name);
    return node;
}
