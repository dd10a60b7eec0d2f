/* SPDX-License-Identifier: MIT */
#include "formula_expression.h"

#include "formula_atom.h"

#include <string.h>

static struct rft_formula_node *parse_sum(struct rft_formula_parser *p);
static struct rft_formula_node *parse_factor(struct rft_formula_parser *p);
static struct rft_formula_node *parse_primary(struct rft_formula_parser *p);

/* The argument of a command: a group, or one token; of a number one digit. */
static struct rft_formula_node *parse_argument(struct rft_formula_parser *p)
{
    struct rft_formula_token *t = p->t;
    if (t->kind != RFT_TOKEN_NUMBER || t->text.len == 1)
        return parse_primary(p);
    if (t->text.len > 2 || t->text.data[0] == '.' || t->text.data[1] == '.')
        return NULL; /* \frac123 */
    struct rft_formula_node *node = rft_formula_node(p->memory, RFT_NODE_NUMBER);
    if (node != NULL)
        node->text = (struct rft_bytes){t->text.data, 1};
    t->text = (struct rft_bytes){t->text.data + 1, 1};
    return node;
}

static bool is_integer(const struct rft_formula_node *node)
{
    return node != NULL && node->kind == RFT_NODE_NUMBER && node->repeated.len == 0 && node->unit.len == 0 &&
           memchr(node->text.data, '.', node->text.len) == NULL && memchr(node->text.data, 'e', node->text.len) == NULL;
}

/* Whether an argument begins with d, as in "dx". */
static bool is_differential(const struct rft_formula_parser *p)
{
    const struct rft_formula_token *t = p->t;
    t += t->kind == RFT_TOKEN_SYMBOL && t->id == RFT_SYM_GROUP_OPEN;
    return t->kind == RFT_TOKEN_NAME && t->id == 'd';
}

static struct rft_formula_node *parse_fraction(struct rft_formula_parser *p)
{
    p->t++;
    bool is_above = is_differential(p);
    struct rft_formula_node *a = parse_argument(p);
    bool is_derivative = is_above && is_differential(p);
    struct rft_formula_node *b = a != NULL ? parse_argument(p) : NULL;
    if (a == NULL || b == NULL || !rft_formula_is_expression(a) || !rft_formula_is_expression(b))
        return NULL;
    struct rft_formula_node *fraction = rft_formula_binary(p->memory, RFT_NODE_DIVIDE, a, b);
    if (fraction != NULL)
        fraction->is_opaque = fraction->is_opaque || is_derivative;
    return fraction;
}

/* Digits that repeat: "0.1\overline{6}". */
static bool parse_repeated(struct rft_formula_parser *p, struct rft_formula_node *number)
{
    if (!rft_formula_take(p, RFT_SYM_OVERLINE))
        return true;
    bool is_group = rft_formula_take(p, RFT_SYM_GROUP_OPEN);
    if (p->t->kind != RFT_TOKEN_NUMBER || memchr(p->t->text.data, '.', p->t->text.len) != NULL ||
        memchr(p->t->text.data, 'e', p->t->text.len) != NULL ||
        memchr(number->text.data, '.', number->text.len) == NULL)
        return false;
    number->repeated = p->t++->text;
    return !is_group || rft_formula_take(p, RFT_SYM_GROUP_CLOSE);
}

static struct rft_formula_node *parse_number(struct rft_formula_parser *p)
{
    struct rft_formula_node *number = rft_formula_node(p->memory, RFT_NODE_NUMBER);
    if (number == NULL)
        return NULL;
    number->text = p->t++->text;
    if (!parse_repeated(p, number) || !rft_formula_base(p, number))
        return NULL;
    if (!is_integer(number))
        return number;
    /* A mixed number. */
    if (rft_formula_is(p, RFT_SYM_FRAC)) {
        struct rft_formula_node *fraction = parse_fraction(p);
        bool is_mixed = fraction != NULL && is_integer(fraction->kids[0]) && is_integer(fraction->kids[1]);
        return rft_formula_binary(p->memory, is_mixed ? RFT_NODE_ADD : RFT_NODE_MULTIPLY, number, fraction);
    }
    if (p->t[0].kind == RFT_TOKEN_NUMBER && p->t[1].kind == RFT_TOKEN_SYMBOL && p->t[1].id == RFT_SYM_DIVIDE &&
        p->t[2].kind == RFT_TOKEN_NUMBER) {
        struct rft_formula_node *a = rft_formula_node(p->memory, RFT_NODE_NUMBER);
        struct rft_formula_node *b = rft_formula_node(p->memory, RFT_NODE_NUMBER);
        if (a == NULL || b == NULL)
            return NULL;
        a->text = p->t[0].text;
        b->text = p->t[2].text;
        p->t += 3;
        if (!is_integer(a) || !is_integer(b))
            return NULL;
        return rft_formula_binary(p->memory, RFT_NODE_ADD, number,
                                  rft_formula_binary(p->memory, RFT_NODE_DIVIDE, a, b));
    }
    return number;
}

/* \sqrt[3]{x} */
static struct rft_formula_node *parse_root(struct rft_formula_parser *p)
{
    struct rft_formula_node *kids[2] = {NULL, NULL};
    p->t++;
    bool has_index = rft_formula_take(p, RFT_SYM_BRACKET_OPEN);
    if (has_index) {
        kids[1] = parse_sum(p);
        if (kids[1] == NULL || !rft_formula_is_expression(kids[1]) || !rft_formula_take(p, RFT_SYM_BRACKET_CLOSE))
            return NULL;
    }
    if (p->t->kind == RFT_TOKEN_NUMBER && p->t->text.len > 1) /* \sqrt12: of 12, or twice the root of 1? */
        return NULL;
    kids[0] = parse_primary(p);
    if (kids[0] == NULL || !rft_formula_is_expression(kids[0]))
        return NULL;
    return rft_formula_many(p->memory, RFT_NODE_ROOT, kids, has_index ? 2 : 1);
}

static bool begins_factor(const struct rft_formula_parser *p)
{
    if (p->t->kind == RFT_TOKEN_NAME || p->t->kind == RFT_TOKEN_FUNC)
        return true;
    if (p->t->kind != RFT_TOKEN_SYMBOL)
        return false;
    switch ((enum rft_formula_symbol)p->t->id) {
    case RFT_SYM_FRAC:
    case RFT_SYM_ROOT:
    case RFT_SYM_BINOM:
    case RFT_SYM_PI:
    case RFT_SYM_PAREN_OPEN:
    case RFT_SYM_GROUP_OPEN:
    case RFT_SYM_FLOOR_OPEN:
    case RFT_SYM_CEIL_OPEN:
    case RFT_SYM_ANGLE:
    case RFT_SYM_BEGIN: return true;
    case RFT_SYM_BAR: return p->n_bars == 0;
    default: return false;
    }
}

/* What a function without brackets is of: "2\pi x" in "\sin 2\pi x". */
static struct rft_formula_node *parse_bare_argument(struct rft_formula_parser *p)
{
    bool is_negative = rft_formula_take(p, RFT_SYM_MINUS);
    struct rft_formula_node *product = parse_factor(p);
    while (product != NULL && begins_factor(p) && p->t->kind != RFT_TOKEN_FUNC &&
           !rft_formula_is(p, RFT_SYM_PAREN_OPEN))
        product = rft_formula_product(p->memory, product, parse_factor(p));
    if (rft_formula_is(p, RFT_SYM_DIVIDE))
        return NULL;
    return is_negative ? rft_formula_unary(p->memory, RFT_NODE_NEGATE, product) : product;
}

static struct rft_formula_node *parse_exponent(struct rft_formula_parser *p)
{
    struct rft_formula_node *node = NULL;
    if (++p->depth > RFT_FORMULA_DEPTH_MAX)
        return NULL;
    if (rft_formula_take(p, RFT_SYM_MINUS))
        node = rft_formula_unary(p->memory, RFT_NODE_NEGATE, parse_exponent(p));
    else
        node = parse_primary(p);
    if (node != NULL && rft_formula_is(p, RFT_SYM_POWER) && p->t[1].kind == RFT_TOKEN_NUMBER) { /* 2^3^2 */
        p->t++;
        node = rft_formula_binary(p->memory, RFT_NODE_POWER, node, parse_exponent(p));
    }
    p->depth--;
    return node != NULL && rft_formula_is_expression(node) ? node : NULL;
}

static bool is_minus_one(const struct rft_formula_node *node)
{
    return node->kind == RFT_NODE_NEGATE && is_integer(node->kids[0]) &&
           rft_bytes_equal(node->kids[0]->text, rft_bytes_z("1"));
}

static struct rft_formula_node *parse_function(struct rft_formula_parser *p)
{
    uint8_t func = (uint8_t)p->t++->id;
    struct rft_formula_node *power = NULL, *kids[2] = {NULL, NULL};
    bool has_base = func == RFT_FUNC_LOG && rft_formula_take(p, RFT_SYM_SUB);
    if (has_base && (kids[1] = parse_argument(p)) == NULL)
        return NULL;
    if (rft_formula_take(p, RFT_SYM_POWER)) {
        power = parse_exponent(p);
        if (power == NULL)
            return NULL;
        if (is_minus_one(power)) {
            if (func > RFT_FUNC_TAN)
                return NULL;
            func = (uint8_t)(func + (RFT_FUNC_ASIN - RFT_FUNC_SIN));
            power = NULL;
        }
    }
    bool is_bracketed = rft_formula_is(p, RFT_SYM_PAREN_OPEN) || rft_formula_is(p, RFT_SYM_GROUP_OPEN);
    kids[0] = is_bracketed ? parse_primary(p) : parse_bare_argument(p);
    if (kids[0] == NULL || !rft_formula_is_expression(kids[0]) ||
        (has_base && (kids[1] == NULL || !rft_formula_is_expression(kids[1]))))
        return NULL;
    struct rft_formula_node *node = rft_formula_many(p->memory, RFT_NODE_FUNC, kids, has_base ? 2 : 1);
    if (node == NULL)
        return NULL;
    node->func = func;
    return power != NULL ? rft_formula_binary(p->memory, RFT_NODE_POWER, node, power) : node;
}

static struct rft_formula_node *parse_binomial(struct rft_formula_parser *p)
{
    p->t++;
    struct rft_formula_node *a = parse_argument(p), *b = a != NULL ? parse_argument(p) : NULL;
    if (a == NULL || b == NULL || !rft_formula_is_expression(a) || !rft_formula_is_expression(b))
        return NULL;
    return rft_formula_binary(p->memory, RFT_NODE_BINOMIAL, a, b);
}

/* |x|, and what rounds. */
static struct rft_formula_node *parse_between(struct rft_formula_parser *p, enum rft_formula_node_kind kind,
                                              enum rft_formula_symbol close)
{
    uint32_t n_bars = p->n_bars;
    p->t++;
    p->n_bars = kind == RFT_NODE_ABS ? n_bars + 1 : 0;
    struct rft_formula_node *node = parse_sum(p);
    p->n_bars = n_bars;
    if (node == NULL || !rft_formula_is_expression(node) || !rft_formula_take(p, close))
        return NULL;
    return rft_formula_unary(p->memory, kind, node);
}

static struct rft_formula_node *parse_constant(struct rft_formula_parser *p, enum rft_formula_node_kind kind)
{
    p->t++;
    return rft_formula_node(p->memory, kind);
}

static struct rft_formula_node *parse_symbol(struct rft_formula_parser *p)
{
    switch ((enum rft_formula_symbol)p->t->id) {
    case RFT_SYM_PI: return parse_constant(p, RFT_NODE_PI);
    case RFT_SYM_INFINITY: return parse_constant(p, RFT_NODE_INFINITY);
    case RFT_SYM_REALS: return parse_constant(p, RFT_NODE_REALS);
    case RFT_SYM_EMPTY: return parse_constant(p, RFT_NODE_SET);
    case RFT_SYM_FRAC: return parse_fraction(p);
    case RFT_SYM_ROOT: return parse_root(p);
    case RFT_SYM_BINOM: return parse_binomial(p);
    case RFT_SYM_BAR: return parse_between(p, RFT_NODE_ABS, RFT_SYM_BAR);
    case RFT_SYM_FLOOR_OPEN: return parse_between(p, RFT_NODE_FLOOR, RFT_SYM_FLOOR_CLOSE);
    case RFT_SYM_CEIL_OPEN: return parse_between(p, RFT_NODE_CEIL, RFT_SYM_CEIL_CLOSE);
    case RFT_SYM_BEGIN: return rft_formula_matrix(p);
    case RFT_SYM_CURRENCY:
        if (p->unit.len != 0 || !rft_formula_unit_add(&p->unit, p->t->text.data, p->t->text.len))
            return NULL;
        p->t++;
        return parse_primary(p);
    case RFT_SYM_OVERLINE:
    case RFT_SYM_ANGLE: return rft_formula_name_group(p);
    default: return rft_formula_brackets(p);
    }
}

static struct rft_formula_node *parse_primary(struct rft_formula_parser *p)
{
    struct rft_formula_node *node = NULL;
    if (++p->depth <= RFT_FORMULA_DEPTH_MAX)
        switch ((enum rft_formula_token_kind)p->t->kind) {
        case RFT_TOKEN_NUMBER: node = parse_number(p); break;
        case RFT_TOKEN_NAME: node = rft_formula_name(p); break;
        case RFT_TOKEN_FUNC: node = parse_function(p); break;
        case RFT_TOKEN_SYMBOL: node = parse_symbol(p); break;
        default: break;
        }
    p->depth--;
    return node;
}

/* "^\circ", "^{\circ}", or the sign alone. */
static bool take_degrees(struct rft_formula_parser *p)
{
    struct rft_formula_token *t = p->t;
    bool is_raised = rft_formula_take(p, RFT_SYM_POWER),
         is_group = is_raised && rft_formula_take(p, RFT_SYM_GROUP_OPEN);
    if (rft_formula_take(p, RFT_SYM_DEGREE) && (!is_group || rft_formula_take(p, RFT_SYM_GROUP_CLOSE)))
        return true;
    p->t = t;
    return false;
}

static struct rft_formula_node *parse_factor(struct rft_formula_parser *p)
{
    struct rft_formula_node *node = parse_primary(p);
    if (is_integer(node) && !rft_formula_base(p, node)) /* (101)_2 */
        return NULL;
    while (node != NULL) {
        enum rft_formula_node_kind kind;
        if (node->kind == RFT_NODE_NAME && rft_formula_is(p, RFT_SYM_DEGREE) && p->t[1].kind == RFT_TOKEN_NAME)
            return NULL; /* f \circ g */
        if (take_degrees(p))
            kind = RFT_NODE_DEGREES;
        else if (rft_formula_take(p, RFT_SYM_FACTORIAL))
            kind = RFT_NODE_FACTORIAL;
        else if (rft_formula_is(p, RFT_SYM_POWER))
            kind = RFT_NODE_POWER;
        else
            break;
        if (!rft_formula_is_expression(node) || (kind == RFT_NODE_FACTORIAL && node->kind == kind)) /* 5!! */
            return NULL;
        if (kind == RFT_NODE_POWER) {
            p->t++;
            node = rft_formula_binary(p->memory, kind, node, parse_exponent(p));
        } else
            node = rft_formula_unary(p->memory, kind, node);
    }
    return node;
}

static struct rft_formula_node *parse_signed_factor(struct rft_formula_parser *p)
{
    if (rft_formula_take(p, RFT_SYM_MINUS))
        return rft_formula_unary(p->memory, RFT_NODE_NEGATE, parse_factor(p));
    return parse_factor(p);
}

/* Whether the bracket at hand is what the factor before it is applied to: "f(2x)", "P(A)", "x(3)". */
static bool is_applied(const struct rft_formula_parser *p, const struct rft_formula_node *factor)
{
    static const int32_t letters[] = {'f', 'g', 'h', 'F', 'G', 'H', 'P', 'E', 0x3c6, 0x393};
    factor = factor->kind == RFT_NODE_POWER ? factor->kids[0] : factor;
    if (factor->kind != RFT_NODE_NAME || !rft_formula_is(p, RFT_SYM_PAREN_OPEN))
        return false;
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (p->symbols->names[factor->symbol].letter == letters[i])
            return true;
    bool is_single = p->t[1].kind == RFT_TOKEN_NAME || p->t[1].kind == RFT_TOKEN_NUMBER;
    return is_single && p->t[2].kind == RFT_TOKEN_SYMBOL && p->t[2].id == RFT_SYM_PAREN_CLOSE;
}

static struct rft_formula_node *parse_product(struct rft_formula_parser *p)
{
    struct rft_formula_node *node = parse_factor(p), *last = node;
    bool is_divided = false;
    while (node != NULL) {
        if (rft_formula_is(p, RFT_SYM_DIVIDE) && p->t[1].kind != RFT_TOKEN_WORD) {
            p->t++;
            struct rft_formula_node *divisor = parse_signed_factor(p);
            if (divisor == NULL || !rft_formula_is_expression(divisor) || !rft_formula_is_expression(node))
                return NULL;
            node = rft_formula_binary(p->memory, RFT_NODE_DIVIDE, node, divisor);
            last = divisor;
            is_divided = true;
        } else if (rft_formula_is(p, RFT_SYM_TIMES) && p->t[1].kind != RFT_TOKEN_WORD) {
            p->t++;
            last = parse_signed_factor(p);
            node = rft_formula_product(p->memory, node, last);
            is_divided = false;
        } else if (begins_factor(p)) {
            if (is_divided)
                return NULL; /* 1/2x */
            bool is_application = is_applied(p, last);
            last = parse_factor(p);
            node = rft_formula_product(p->memory, node, last);
            if (node != NULL && is_application) {
                if (node->kind != RFT_NODE_MULTIPLY) /* of a matrix */
                    return NULL;
                node->is_application = node->is_opaque = true;
            }
        } else
            break;
    }
    return node;
}

static struct rft_formula_node *negate(struct rft_formula_parser *p, struct rft_formula_node *node)
{
    if (node != NULL && node->kind == RFT_NODE_INFINITY) {
        node->is_negative = !node->is_negative;
        return node;
    }
    if (node != NULL && node->kind == RFT_NODE_MATRIX)
        return rft_formula_product(p->memory, rft_formula_unary(p->memory, RFT_NODE_NEGATE, rft_formula_one(p->memory)),
                                   node);
    return node != NULL && rft_formula_is_expression(node) ? rft_formula_unary(p->memory, RFT_NODE_NEGATE, node) : NULL;
}

static struct rft_formula_node *parse_sum(struct rft_formula_parser *p)
{
    static const struct {
        enum rft_formula_symbol symbol;
        enum rft_formula_node_kind kind;
    } operators[] = {{RFT_SYM_PLUS, RFT_NODE_ADD},
                     {RFT_SYM_MINUS, RFT_NODE_SUBTRACT},
                     {RFT_SYM_PM, RFT_NODE_PLUS_MINUS},
                     {RFT_SYM_MP, RFT_NODE_MINUS_PLUS}};
    struct rft_formula_node *node = NULL;
    if (rft_formula_take(p, RFT_SYM_MINUS))
        node = negate(p, parse_product(p));
    else if (rft_formula_is(p, RFT_SYM_PM) || rft_formula_is(p, RFT_SYM_MP)) {
        enum rft_formula_node_kind kind = p->t++->id == RFT_SYM_PM ? RFT_NODE_PLUS_MINUS : RFT_NODE_MINUS_PLUS;
        struct rft_formula_node *one = rft_formula_one(p->memory);
        struct rft_formula_node *zero = rft_formula_sum(p->memory, RFT_NODE_SUBTRACT, one, one);
        node = rft_formula_sum(p->memory, kind, zero, parse_product(p));
    } else {
        rft_formula_take(p, RFT_SYM_PLUS);
        node = parse_product(p);
    }
    for (size_t i = 0; node != NULL && i < sizeof operators / sizeof *operators;) {
        if (rft_formula_is(p, operators[i].symbol) && p->t[1].kind != RFT_TOKEN_WORD) {
            p->t++;
            node = rft_formula_sum(p->memory, operators[i].kind, node, parse_product(p));
            i = 0;
        } else
            i++;
    }
    return node;
}

struct rft_formula_node *rft_formula_union(struct rft_formula_parser *p)
{
    struct rft_formula_node *parts[RFT_FORMULA_PARTS_MAX];
    uint32_t n = 0;
    do {
        if (n == RFT_FORMULA_PARTS_MAX || (parts[n] = parse_sum(p)) == NULL)
            return NULL;
        n++;
    } while (rft_formula_take(p, RFT_SYM_CUP));
    return n == 1 ? parts[0] : rft_formula_many(p->memory, RFT_NODE_UNION, parts, n);
}
