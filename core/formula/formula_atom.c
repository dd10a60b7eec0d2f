/* SPDX-License-Identifier: MIT */
#include "formula_atom.h"

#include <string.h>

#define REST_BYTES_MAX 32

static bool add_bytes(struct rft_bytes *rest, char *room, const char *bytes, size_t n)
{
    if (n > REST_BYTES_MAX - rest->len)
        return false;
    memcpy(room + rest->len, bytes, n);
    rest->len += n;
    return true;
}

/* One token of a subscript. */
static bool add_token(struct rft_bytes *rest, char *room, const struct rft_formula_token *t)
{
    if (t->kind == RFT_TOKEN_NUMBER || t->kind == RFT_TOKEN_WORD)
        return add_bytes(rest, room, t->text.data, t->text.len);
    if (t->kind != RFT_TOKEN_NAME && t->kind != RFT_TOKEN_SYMBOL)
        return false;
    char code[4];
    size_t n = t->kind == RFT_TOKEN_NAME ? rft_utf8_encode((uint32_t)t->id & 0x1fffff, code) : 2;
    if (t->kind == RFT_TOKEN_SYMBOL) {
        code[0] = '#';
        code[1] = (char)('0' + t->id);
    }
    return add_bytes(rest, room, code, n);
}

static bool read_rest(struct rft_formula_parser *p, struct rft_bytes *rest, char *room)
{
    while (rft_formula_is(p, RFT_SYM_SUB) || rft_formula_is(p, RFT_SYM_PRIME)) {
        if (rft_formula_take(p, RFT_SYM_PRIME)) {
            if (!add_bytes(rest, room, "'", 1))
                return false;
            continue;
        }
        p->t++;
        bool is_group = rft_formula_take(p, RFT_SYM_GROUP_OPEN);
        do {
            if (rft_formula_is(p, RFT_SYM_GROUP_OPEN) || rft_formula_is(p, RFT_SYM_GROUP_CLOSE) ||
                !add_token(rest, room, p->t))
                return false;
            p->t++;
        } while (is_group && !rft_formula_take(p, RFT_SYM_GROUP_CLOSE));
    }
    return true;
}

struct rft_formula_node *rft_formula_name(struct rft_formula_parser *p)
{
    char *room = rft_formula_alloc(p->memory, 1, REST_BYTES_MAX);
    int32_t letter = p->t++->id;
    struct rft_bytes rest = {room, 0};
    struct rft_formula_symbols *symbols = p->symbols;
    if (room == NULL || !read_rest(p, &rest, room))
        return NULL;
    if (rest.len == 0 && (letter == 'e' || letter == 'i'))
        return rft_formula_node(p->memory, letter == 'e' ? RFT_NODE_E : RFT_NODE_I);
    uint32_t i = 0;
    while (i < symbols->n && (symbols->names[i].letter != letter || !rft_bytes_equal(symbols->names[i].rest, rest)))
        i++;
    struct rft_formula_node *node = rft_formula_node(p->memory, RFT_NODE_NAME);
    if (node == NULL || i == RFT_FORMULA_SYMBOLS_MAX)
        return NULL;
    if (i == symbols->n) {
        symbols->names[i].letter = letter;
        symbols->names[i].rest = rest;
        symbols->n++;
    }
    node->symbol = i;
    return node;
}

struct rft_formula_node *rft_formula_name_group(struct rft_formula_parser *p)
{
    bool is_bar = p->t++->id == RFT_SYM_OVERLINE, is_group = rft_formula_take(p, RFT_SYM_GROUP_OPEN);
    struct rft_formula_node *product = p->t->kind == RFT_TOKEN_NAME ? rft_formula_name(p) : NULL;
    bool is_single = is_bar && product != NULL && p->t->kind != RFT_TOKEN_NAME;
    while (product != NULL && p->t->kind == RFT_TOKEN_NAME)
        product = rft_formula_binary(p->memory, RFT_NODE_MULTIPLY, product, rft_formula_name(p));
    if (product != NULL && product->kind == RFT_NODE_MULTIPLY)
        product->is_opaque = true;
    /* One letter below a bar may be a conjugate. */
    return is_single || (is_group && !rft_formula_take(p, RFT_SYM_GROUP_CLOSE)) ? NULL : product;
}

/* A base in digits; len 0: none. */
static struct rft_bytes base_of(const struct rft_formula_token *t)
{
    static const char *const names[][2] = {{"two", "2"},   {"three", "3"}, {"four", "4"}, {"five", "5"}, {"six", "6"},
                                           {"seven", "7"}, {"eight", "8"}, {"nine", "9"}, {"ten", "10"}};
    for (size_t i = 0; t->kind == RFT_TOKEN_WORD && i < sizeof names / sizeof *names; i++)
        if (rft_bytes_equal(t->text, rft_bytes_z(names[i][0])))
            return rft_bytes_z(names[i][1]);
    return t->kind == RFT_TOKEN_NUMBER ? t->text : (struct rft_bytes){NULL, 0};
}

bool rft_formula_base(struct rft_formula_parser *p, struct rft_formula_node *number)
{
    if (!rft_formula_take(p, RFT_SYM_SUB))
        return true;
    bool is_group = rft_formula_take(p, RFT_SYM_GROUP_OPEN);
    struct rft_bytes base = base_of(p->t);
    if (base.len == 0 || number->repeated.len != 0)
        return false;
    p->t++;
    if (is_group && !rft_formula_take(p, RFT_SYM_GROUP_CLOSE))
        return false;
    if (!rft_bytes_equal(base, rft_bytes_z("10"))) {
        number->kind = RFT_NODE_BASED;
        number->repeated = base;
    }
    return true;
}

static const struct bracket {
    enum rft_formula_symbol symbol;
    char open, close;
} brackets[] = {
    {RFT_SYM_PAREN_OPEN, '(', 0},    {RFT_SYM_PAREN_CLOSE, 0, ')'}, {RFT_SYM_BRACKET_OPEN, '[', 0},
    {RFT_SYM_BRACKET_CLOSE, 0, ']'}, {RFT_SYM_ANGLE_OPEN, '<', 0},  {RFT_SYM_ANGLE_CLOSE, 0, '>'},
    {RFT_SYM_SET_OPEN, '{', 0},      {RFT_SYM_SET_CLOSE, 0, '}'},   {RFT_SYM_GROUP_OPEN, 'g', 0},
    {RFT_SYM_GROUP_CLOSE, 0, 'G'},
};

static const struct bracket *bracket_of(const struct rft_formula_parser *p)
{
    for (size_t i = 0; i < sizeof brackets / sizeof *brackets; i++)
        if (rft_formula_is(p, brackets[i].symbol))
            return &brackets[i];
    return NULL;
}

static bool do_match(char open, char close)
{
    switch (open) {
    case '(':
    case '[': return close == ')' || close == ']';
    case '<': return close == '>';
    case '{': return close == '}';
    default: return close == 'G';
    }
}

/* Passes over "x |" and "x \in R :" at the begin of a set: what follows says which. */
static bool skip_builder(struct rft_formula_parser *p)
{
    struct rft_formula_token *begin = p->t;
    if (p->t->kind == RFT_TOKEN_NAME) {
        p->t++;
        if (!rft_formula_take(p, RFT_SYM_IN) || rft_formula_take(p, RFT_SYM_REALS))
            if (rft_formula_take(p, RFT_SYM_BAR) || rft_formula_take(p, RFT_SYM_COLON))
                return true;
    }
    p->t = begin;
    return false;
}

struct rft_formula_node *rft_formula_stacked(struct rft_formula_parser *p, struct rft_formula_node *above)
{
    bool is_over = rft_formula_is(p, RFT_SYM_OVER);
    if (above == NULL || (!is_over && !rft_formula_is(p, RFT_SYM_CHOOSE)))
        return above;
    p->t++;
    struct rft_formula_node *below = p->list(p);
    bool fits = below != NULL && rft_formula_is_expression(above) && rft_formula_is_expression(below);
    bool is_plain =
        fits && above->unit.len == 0 && below->unit.len == 0 && !above->unit_matters && !below->unit_matters;
    return is_plain ? rft_formula_binary(p->memory, is_over ? RFT_NODE_DIVIDE : RFT_NODE_BINOMIAL, above, below) : NULL;
}

struct rft_formula_node *rft_formula_brackets(struct rft_formula_parser *p)
{
    const struct bracket *bracket = bracket_of(p);
    if (bracket == NULL || bracket->open == 0)
        return NULL;
    char open = bracket->open;
    struct rft_formula_unit unit = p->unit;
    uint32_t n_bars = p->n_bars;
    p->t++;
    p->n_bars = 0;
    if (open == '{' && rft_formula_take(p, RFT_SYM_SET_CLOSE)) {
        p->n_bars = n_bars;
        return rft_formula_node(p->memory, RFT_NODE_SET);
    }
    bool is_built = open == '{' && skip_builder(p);
    struct rft_formula_node *inner = rft_formula_stacked(p, p->list(p));
    p->n_bars = n_bars;
    p->unit = unit;
    bracket = bracket_of(p);
    if (inner == NULL || bracket == NULL || !do_match(open, bracket->close))
        return NULL;
    p->t++;
    if (is_built) /* "x > 1 and x < 3" would be an intersection */
        return inner->kind == RFT_NODE_RELATION || (inner->kind == RFT_NODE_LIST && inner->is_alternatives) ? inner
                                                                                                            : NULL;
    if (open == '{' && inner->kind != RFT_NODE_LIST)
        return rft_formula_unary(p->memory, RFT_NODE_SET, inner);
    if (inner->kind != RFT_NODE_LIST)
        return (open == '(') == (bracket->close == ')') && (open == '[') == (bracket->close == ']') ? inner : NULL;
    if (open == '{' || open == 'g')
        inner->kind = RFT_NODE_SET;
    else if (inner->is_alternatives)
        return NULL;
    else {
        inner->kind = RFT_NODE_TUPLE;
        inner->open = open;
        inner->close = bracket->close;
    }
    return inner;
}

static bool is_known_matrix(struct rft_bytes name)
{
    static const char *const names[] = {"pmatrix",     "bmatrix",      "matrix", "Bmatrix",
                                        "smallmatrix", "psmallmatrix", "array"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (rft_bytes_equal(name, rft_bytes_z(names[i])))
            return true;
    return false;
}

struct rft_formula_node *rft_formula_matrix(struct rft_formula_parser *p)
{
    struct rft_formula_node *cells[RFT_FORMULA_PARTS_MAX];
    uint32_t n = 0, n_columns = 0, n_rows = 0;
    uint32_t n_bars = p->n_bars;
    if (!is_known_matrix(p->t++->text))
        return NULL;
    p->n_bars = 0;
    do {
        uint32_t n_before = n;
        if (rft_formula_is(p, RFT_SYM_FINISH)) /* behind a last \\ */
            break;
        do {
            if (n == RFT_FORMULA_PARTS_MAX || (cells[n] = p->cell(p)) == NULL || !rft_formula_is_expression(cells[n]))
                return NULL;
            n++;
        } while (rft_formula_take(p, RFT_SYM_CELL));
        n_columns = n_rows++ == 0 ? n : n_columns;
        if (n - n_before != n_columns)
            return NULL;
    } while (rft_formula_take(p, RFT_SYM_ROW));
    p->n_bars = n_bars;
    if (n == 0 || !rft_formula_take(p, RFT_SYM_FINISH))
        return NULL;
    struct rft_formula_node *matrix = rft_formula_many(p->memory, RFT_NODE_MATRIX, cells, n);
    if (matrix != NULL)
        matrix->n_columns = n_columns;
    return matrix;
}
