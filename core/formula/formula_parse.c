/* SPDX-License-Identifier: MIT */
#include "formula_parse.h"

#include "formula_atom.h"
#include "formula_expression.h"

#include <string.h>

static bool is_relation(const struct rft_formula_token *t)
{
    return t->kind == RFT_TOKEN_SYMBOL && t->id >= RFT_SYM_EQ && t->id <= RFT_SYM_IN;
}

static bool is_symbol(const struct rft_formula_token *t, enum rft_formula_symbol symbol)
{
    return t->kind == RFT_TOKEN_SYMBOL && t->id == (int32_t)symbol;
}

/* Behind a name: a letter with its subscript and primes. NULL if none begins at t. */
static const struct rft_formula_token *skip_name(const struct rft_formula_token *t)
{
    if (t->kind != RFT_TOKEN_NAME)
        return NULL;
    t++;
    while (is_symbol(t, RFT_SYM_PRIME) || is_symbol(t, RFT_SYM_SUB)) {
        bool is_sub = is_symbol(t++, RFT_SYM_SUB);
        if (is_sub && is_symbol(t, RFT_SYM_GROUP_OPEN))
            while (t->kind != RFT_TOKEN_END && !is_symbol(t, RFT_SYM_GROUP_CLOSE))
                t++;
        if (is_sub && t->kind != RFT_TOKEN_END)
            t++;
    }
    return t;
}

/* Names of points and words, and what makes lengths, angles and ratios of them: "|AB|", "\frac{NO}{BO}". */
static bool is_measure(const struct rft_formula_token *t, const struct rft_formula_token *end)
{
    static const enum rft_formula_symbol marks[] = {RFT_SYM_BAR,         RFT_SYM_FRAC,         RFT_SYM_GROUP_OPEN,
                                                    RFT_SYM_GROUP_CLOSE, RFT_SYM_ANGLE,        RFT_SYM_DIVIDE,
                                                    RFT_SYM_OVERLINE,    RFT_SYM_BRACKET_OPEN, RFT_SYM_BRACKET_CLOSE,
                                                    RFT_SYM_CAP,         RFT_SYM_CUP};
    bool has_name = false;
    bool is_probability = end - t > 3 && t->kind == RFT_TOKEN_NAME && t->id == 'P' &&
                          is_symbol(t + 1, RFT_SYM_PAREN_OPEN) && is_symbol(end - 1, RFT_SYM_PAREN_CLOSE);
    t += is_probability ? 2 : 0; /* P(A \cap B) */
    end -= is_probability;
    t += t->kind == RFT_TOKEN_NAME && t->id == 'm' && is_symbol(t + 1, RFT_SYM_ANGLE); /* m\angle A */
    for (; t < end; t++) {
        bool is_capital = t->kind == RFT_TOKEN_NAME && t->id >= 'A' && t->id <= 'Z', is_mark = false;
        for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
            is_mark = is_mark || is_symbol(t, marks[i]);
        if (!is_capital && !is_mark && t->kind != RFT_TOKEN_WORD)
            return false;
        has_name = has_name || !is_mark;
    }
    return has_name;
}

/* Behind "^{-1}" of an inverse function; t itself if it is not there. */
static const struct rft_formula_token *skip_inverse(const struct rft_formula_token *t)
{
    const struct rft_formula_token *p = t + 1;
    if (!is_symbol(t, RFT_SYM_POWER))
        return t;
    bool is_group = is_symbol(p, RFT_SYM_GROUP_OPEN);
    p += is_group;
    if (!is_symbol(p, RFT_SYM_MINUS) || p[1].kind != RFT_TOKEN_NUMBER || !rft_bytes_equal(p[1].text, rft_bytes_z("1")))
        return t;
    p += 2;
    return !is_group ? p : is_symbol(p, RFT_SYM_GROUP_CLOSE) ? p + 1 : t;
}

/* Whether the tokens before `end` only name what stands on the other side. */
static bool is_name(const struct rft_formula_token *t, const struct rft_formula_token *end)
{
    const struct rft_formula_token *p = skip_name(t);
    if (p == end)
        return true;
    bool is_tuple = p == NULL && is_symbol(t, RFT_SYM_PAREN_OPEN);
    p = is_tuple ? t : p != NULL ? skip_inverse(p) : NULL;
    if (p != NULL && is_symbol(p, RFT_SYM_PAREN_OPEN) && is_symbol(end - 1, RFT_SYM_PAREN_CLOSE)) {
        p++; /* (x, y) or f(x) */
        while (p < end - 1) {
            const struct rft_formula_token *q = skip_name(p);
            if (q == NULL && !is_tuple && p->kind == RFT_TOKEN_NUMBER) /* f(2) */
                q = p + 1;
            if (q == NULL || q > end - 1 || (q < end - 1 && !is_symbol(q, RFT_SYM_COMMA)))
                return is_measure(t, end);
            p = q < end - 1 ? q + 1 : q;
        }
        return true;
    }
    return is_measure(t, end);
}

/* Only words: an answer of text, or the name of a quantity. */
static struct rft_formula_node *parse_text(struct rft_formula_parser *p)
{
    struct rft_formula_token *begin = p->t;
    size_t n = 0;
    while (p->t->kind == RFT_TOKEN_WORD)
        n += p->t++->text.len + 1;
    char *text = rft_formula_alloc(p->memory, n, 1);
    struct rft_formula_node *node = rft_formula_node(p->memory, RFT_NODE_TEXT);
    if (text == NULL || node == NULL)
        return NULL;
    node->text.data = text;
    for (const struct rft_formula_token *t = begin; t < p->t; t++)
        if (!rft_formula_word_is_filler(t->text.data, t->text.len)) {
            memcpy(text + node->text.len, t->text.data, t->text.len);
            node->text.len += t->text.len;
            text[node->text.len++] = ' ';
        }
    return node;
}

/* A side of a relation, a part of a list: with what stands behind it. */
static struct rft_formula_node *parse_side(struct rft_formula_parser *p)
{
    const struct rft_formula_token *begin = p->t;
    p->unit = (struct rft_formula_unit){0};
    struct rft_formula_node *node = p->t->kind == RFT_TOKEN_WORD ? parse_text(p) : rft_formula_union(p);
    if (node == NULL && is_measure(begin, begin + 1)) { /* a name that has no value: skip to what it names */
        p->t = (struct rft_formula_token *)begin;
        while (p->t->kind != RFT_TOKEN_END && !is_symbol(p->t, RFT_SYM_EQ))
            p->t++;
        node = is_measure(begin, p->t) ? rft_formula_node(p->memory, RFT_NODE_TEXT) : NULL;
    }
    if (node == NULL)
        return NULL;
    struct rft_formula_unit unit = p->unit;
    p->t = rft_formula_unit_read(p->t, &unit);
    if (p->t == NULL) {
        p->t = (struct rft_formula_token *)begin;
        return NULL;
    }
    node->is_name = is_name(begin, p->t);
    if (unit.len == 0 && !unit.matters)
        return node;
    char *text = rft_formula_alloc(p->memory, unit.len, 1);
    if (text == NULL || node->kind == RFT_NODE_TEXT || node->unit.len != 0)
        return NULL;
    memcpy(text, unit.text, unit.len);
    node->unit = (struct rft_bytes){text, unit.len};
    node->unit_matters = unit.matters;
    node->unit_is_unclear = unit.is_unclear;
    return node;
}

/* 3:2, 4:30 */
static struct rft_formula_node *parse_ratio(struct rft_formula_parser *p, struct rft_formula_node *first)
{
    struct rft_formula_node *parts[RFT_FORMULA_PARTS_MAX] = {first};
    uint32_t n = 1;
    while (rft_formula_take(p, RFT_SYM_COLON))
        if (n == RFT_FORMULA_PARTS_MAX || (parts[n++] = parse_side(p)) == NULL)
            return NULL;
    struct rft_formula_node *ratio = rft_formula_many(p->memory, RFT_NODE_RATIO, parts, n);
    if (ratio != NULL) { /* "4:30 p.m.": of the whole */
        ratio->unit = parts[n - 1]->unit;
        ratio->unit_matters = parts[n - 1]->unit_matters;
        ratio->unit_is_unclear = parts[n - 1]->unit_is_unclear;
        parts[n - 1]->unit = (struct rft_bytes){0};
        parts[n - 1]->unit_matters = false;
    }
    return ratio;
}

static struct rft_formula_node *parse_part(struct rft_formula_parser *p)
{
    struct rft_formula_node *sides[RFT_FORMULA_PARTS_MAX];
    char *symbols = rft_formula_alloc(p->memory, RFT_FORMULA_PARTS_MAX, 1);
    uint32_t n = 1;
    sides[0] = symbols != NULL ? parse_side(p) : NULL;
    if (sides[0] == NULL)
        return NULL;
    if (rft_formula_is(p, RFT_SYM_COLON))
        sides[0] = parse_ratio(p, sides[0]);
    while (is_relation(p->t)) {
        if (n == RFT_FORMULA_PARTS_MAX)
            return NULL;
        symbols[n - 1] = (char)p->t++->id;
        sides[n] = parse_side(p);
        if (sides[n] != NULL && rft_formula_is(p, RFT_SYM_COLON))
            sides[n] = parse_ratio(p, sides[n]);
        if (sides[n++] == NULL)
            return NULL;
    }
    if (n == 1)
        return sides[0];
    struct rft_formula_node *relation = rft_formula_many(p->memory, RFT_NODE_RELATION, sides, n);
    if (relation != NULL)
        relation->text = (struct rft_bytes){symbols, n - 1};
    return relation;
}

static bool take_separator(struct rft_formula_parser *p, bool *is_or, bool *is_and)
{
    bool is_there = false;
    while (rft_formula_is(p, RFT_SYM_COMMA) || rft_formula_is(p, RFT_SYM_SEMICOLON) || rft_formula_is(p, RFT_SYM_AND) ||
           rft_formula_is(p, RFT_SYM_OR)) {
        *is_or = *is_or || p->t->id == RFT_SYM_OR;
        *is_and = *is_and || p->t->id == RFT_SYM_AND;
        is_there = true;
        p->t++;
    }
    return is_there;
}

static struct rft_formula_node *parse_list(struct rft_formula_parser *p)
{
    struct rft_formula_node *parts[RFT_FORMULA_PARTS_MAX];
    uint32_t n = 0;
    bool is_or = false, is_and = false;
    do {
        if (n != 0 && p->t->kind == RFT_TOKEN_END) /* a last comma */
            break;
        if (n == RFT_FORMULA_PARTS_MAX || (parts[n] = parse_part(p)) == NULL)
            return NULL;
        n++;
    } while (take_separator(p, &is_or, &is_and));
    if (n == 1)
        return parts[0];
    struct rft_formula_node *list = rft_formula_many(p->memory, RFT_NODE_LIST, parts, n);
    if (list != NULL) {
        list->is_alternatives = is_or;
        list->is_joined = is_and;
    }
    return list;
}

enum rft_status rft_formula_parse(struct rft_formula_memory *memory, struct rft_formula_tokens *tokens,
                                  struct rft_formula_symbols *symbols, struct rft_formula_node **root)
{
    struct rft_formula_parser p = {
        .list = parse_list, .cell = parse_side, .memory = memory, .t = tokens->list, .symbols = symbols};
    *root = rft_formula_stacked(&p, parse_list(&p));
    if (*root != NULL && p.t->kind != RFT_TOKEN_END)
        *root = NULL;
    return memory->is_short ? RFT_ERR_HOST_MEMORY : RFT_OK;
}
