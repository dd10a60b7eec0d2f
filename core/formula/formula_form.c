/* SPDX-License-Identifier: MIT */
#include "formula_form.h"

#include "formula_part.h"
#include "formula_set.h"

#define COMPARISON_COST 3
#define ITEMS_MAX (2 * RFT_FORMULA_PARTS_MAX)

/* What a part says: a value, and what it is the value of. */
struct item {
    struct rft_formula_node *value;
    const struct rft_formula_node *name; /* NULL: it does not say */
    bool is_minus;                       /* which way \pm goes in it */
};

static enum rft_formula_verdict compare_items(const struct rft_formula_forms *f, struct item a, struct item b);

/* "x = 5", "x = 2 + 3 = 5", "x in S", "x = 1/3 = 0.33 or so": a value under a name. */
static struct item resolve(struct rft_formula_node *node, bool is_minus)
{
    struct item item = {node, NULL, is_minus};
    if (node->kind != RFT_NODE_RELATION)
        return item;
    uint32_t n = node->n;
    for (uint32_t i = 1; i < node->n && n == node->n; i++)
        if (node->text.data[i - 1] == RFT_SYM_APPROX && !(i == 1 && node->kids[0]->is_name))
            n = i;
    for (uint32_t i = 1; i < n; i++) {
        char symbol = node->text.data[i - 1];
        if (symbol != RFT_SYM_EQ && symbol != RFT_SYM_APPROX && !(symbol == RFT_SYM_IN && n == 2))
            return item;
    }
    /* A calculation: "2 + 3 = 5", but not "5 = 2x". */
    bool is_calculation = node->kids[0]->kind != RFT_NODE_NUMBER;
    for (uint32_t i = 0; i < n; i++)
        is_calculation = is_calculation && !node->kids[i]->has_letter;
    if (n == 1 || is_calculation)
        item.value = node->kids[n - 1];
    else if (node->kids[0]->is_name) {
        item.value = node->kids[n - 1];
        item.name = node->kids[0];
    } else if (n == 2 && node->text.data[0] == RFT_SYM_EQ && node->kids[1]->is_name && !node->kids[0]->has_letter) {
        item.value = node->kids[0]; /* 5 = x */
        item.name = node->kids[1];
    }
    return item;
}

static enum rft_formula_verdict compare_kids(const struct rft_formula_forms *f, struct item a, struct item b)
{
    if (a.value->n != b.value->n)
        return RFT_FORMULA_DIFFERENT;
    enum rft_formula_verdict result = RFT_FORMULA_SAME;
    for (uint32_t i = 0; i < a.value->n && result != RFT_FORMULA_DIFFERENT; i++)
        result = rft_formula_both(
            result, compare_items(f, resolve(a.value->kids[i], a.is_minus), resolve(b.value->kids[i], b.is_minus)));
    return result;
}

/* The parts of a list, each way of its \pm apart. */
static uint32_t expand(struct item whole, struct item items[ITEMS_MAX])
{
    bool is_many =
        whole.value->kind == RFT_NODE_LIST || whole.value->kind == RFT_NODE_SET || whole.value->kind == RFT_NODE_UNION;
    uint32_t n = 0, n_parts = is_many ? whole.value->n : 1;
    for (uint32_t i = 0; i < n_parts; i++) {
        struct item item = is_many ? resolve(whole.value->kids[i], false) : whole;
        items[n++] = item;
        if (item.value->has_choice) {
            item.is_minus = true;
            items[n++] = item;
        }
    }
    return n;
}

/* Each of a's parts is among b's; with `is_counted` among those that are left. */
static enum rft_formula_verdict is_within(const struct rft_formula_forms *f, const struct item *a, uint32_t n_a,
                                          const struct item *b, uint32_t n_b, bool is_counted)
{
    enum rft_formula_verdict result = RFT_FORMULA_SAME;
    bool is_taken[ITEMS_MAX] = {false};
    for (uint32_t i = 0; i < n_a && result != RFT_FORMULA_DIFFERENT; i++) {
        enum rft_formula_verdict found = RFT_FORMULA_DIFFERENT;
        for (uint32_t j = 0; j < n_b && found != RFT_FORMULA_SAME; j++) {
            enum rft_formula_verdict one = is_taken[j] ? RFT_FORMULA_DIFFERENT : compare_items(f, a[i], b[j]);
            found = one == RFT_FORMULA_DIFFERENT ? found : one;
            is_taken[j] = is_taken[j] || (is_counted && one == RFT_FORMULA_SAME);
        }
        result = rft_formula_both(result, found);
    }
    return result;
}

static bool all_named(const struct rft_formula_forms *f, const struct item *items, uint32_t n, bool *are_one)
{
    *are_one = true;
    for (uint32_t i = 0; i < n; i++) {
        if (items[i].name == NULL)
            return false;
        *are_one = *are_one && rft_formula_trees_equal(f, items[i].name, items[0].name);
    }
    return true;
}

static void drop_names(struct item *items, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        items[i].name = NULL;
}

static enum rft_formula_verdict in_order(const struct rft_formula_forms *f, const struct item *a, const struct item *b,
                                         uint32_t n)
{
    enum rft_formula_verdict result = RFT_FORMULA_SAME;
    for (uint32_t i = 0; i < n && result != RFT_FORMULA_DIFFERENT; i++)
        result = rft_formula_both(result, compare_items(f, a[i], b[i]));
    return result;
}

/* Whether parts that are said twice count once: in sets, in alternatives, and where parts are points. */
static bool is_free_of_counts(const struct rft_formula_node *node)
{
    return node->kind != RFT_NODE_LIST || node->is_alternatives || !rft_formula_is_expression(node->kids[0]);
}

static bool is_inequality(const struct rft_formula_node *node)
{
    return node->kind == RFT_NODE_RELATION && node->text.data[0] >= RFT_SYM_LT && node->text.data[0] <= RFT_SYM_NE;
}

/* Whether "and", "or" and commas may stand for one another in both; they may between plain values of one name. */
static bool joints_agree(const struct rft_formula_node *a, const struct rft_formula_node *b, bool has_names)
{
    const struct rft_formula_node *sides[] = {a, b};
    bool has_bounds = false, has_letters = has_names;
    for (int i = 0; i < 2; i++)
        for (uint32_t k = 0; sides[i]->kind == RFT_NODE_LIST && k < sides[i]->n; k++) {
            const struct rft_formula_node *value = resolve(sides[i]->kids[k], false).value;
            has_bounds = has_bounds || is_inequality(value);
            has_letters = has_letters || value->has_letter;
        }
    if (a->kind != RFT_NODE_LIST || b->kind != RFT_NODE_LIST)
        return !has_bounds;
    bool differ = a->is_alternatives != b->is_alternatives || a->is_joined != b->is_joined;
    bool are_mixed = (a->is_alternatives && a->is_joined) || (b->is_alternatives && b->is_joined);
    bool are_opposite = differ && (a->is_alternatives || a->is_joined) && (b->is_alternatives || b->is_joined);
    if (has_bounds)
        return !are_mixed && a->is_alternatives == b->is_alternatives;
    return !has_letters || (!are_mixed && !are_opposite);
}

static enum rft_formula_verdict compare_collections(const struct rft_formula_forms *f, struct item a, struct item b)
{
    struct item as[ITEMS_MAX], bs[ITEMS_MAX];
    uint32_t n_a = expand(a, as), n_b = expand(b, bs);
    bool one_a, one_b, named_a = all_named(f, as, n_a, &one_a), named_b = all_named(f, bs, n_b, &one_b);
    if (n_a == 0 || n_b == 0)
        return n_a == n_b ? RFT_FORMULA_SAME : RFT_FORMULA_DIFFERENT;
    bool is_ordered = (named_a && !one_a && !named_b) || (named_b && !one_b && !named_a);
    if (!joints_agree(a.value, b.value, (named_a && !one_a) || (named_b && !one_b)))
        return RFT_FORMULA_UNDECIDED;
    if (named_a && named_b && one_a && one_b &&
        rft_formula_compare_names(f, as[0].name, bs[0].name) == RFT_FORMULA_SAME) {
        drop_names(as, n_a);
        drop_names(bs, n_b);
    }
    bool is_counted = (a.value->kind == RFT_NODE_LIST && !is_free_of_counts(a.value)) ||
                      (b.value->kind == RFT_NODE_LIST && !is_free_of_counts(b.value));
    if (n_a != n_b && (is_ordered || is_counted))
        return RFT_FORMULA_DIFFERENT;
    if (is_ordered) {
        drop_names(as, n_a);
        drop_names(bs, n_b);
        return in_order(f, as, bs, n_a);
    }
    struct rft_formula_forms parts = *f;
    parts.is_strict = parts.is_strict || n_a > 1 || n_b > 1;
    if (n_a == n_b && in_order(&parts, as, bs, n_a) == RFT_FORMULA_SAME)
        return RFT_FORMULA_SAME;
    enum rft_formula_verdict result = is_within(&parts, as, n_a, bs, n_b, is_counted);
    return result == RFT_FORMULA_DIFFERENT ? RFT_FORMULA_DIFFERENT
                                           : rft_formula_both(result, is_within(&parts, bs, n_b, as, n_a, is_counted));
}

static enum rft_formula_verdict compare_relations(const struct rft_formula_forms *f, struct item a, struct item b)
{
    const struct rft_formula_node *x = a.value, *y = b.value;
    if (x->n != y->n)
        return RFT_FORMULA_DIFFERENT;
    bool turn_x = x->text.data[0] == RFT_SYM_GT || x->text.data[0] == RFT_SYM_GE;
    bool turn_y = y->text.data[0] == RFT_SYM_GT || y->text.data[0] == RFT_SYM_GE;
    struct rft_formula_term sides_x[RFT_FORMULA_PARTS_MAX], sides_y[RFT_FORMULA_PARTS_MAX];
    uint32_t n = x->n;
    for (uint32_t i = 0; i < n; i++) {
        sides_x[i] = (struct rft_formula_term){x->kids[turn_x ? n - 1 - i : i], a.is_minus};
        sides_y[i] = (struct rft_formula_term){y->kids[turn_y ? n - 1 - i : i], b.is_minus};
        if (!rft_formula_is_expression(sides_x[i].node) || !rft_formula_is_expression(sides_y[i].node))
            return RFT_FORMULA_UNDECIDED;
    }
    for (uint32_t i = 0; i + 1 < n; i++) {
        char p = x->text.data[turn_x ? n - 2 - i : i], q = y->text.data[turn_y ? n - 2 - i : i];
        p = (char)(turn_x && (p == RFT_SYM_GT || p == RFT_SYM_GE) ? p - (RFT_SYM_GT - RFT_SYM_LT) : p);
        q = (char)(turn_y && (q == RFT_SYM_GT || q == RFT_SYM_GE) ? q - (RFT_SYM_GT - RFT_SYM_LT) : q);
        if (p != q)
            return RFT_FORMULA_DIFFERENT;
    }
    if (n == 2) {
        char symbol = x->text.data[0];
        bool is_ordered = symbol != RFT_SYM_EQ && symbol != RFT_SYM_NE;
        if (symbol == RFT_SYM_IN || symbol == RFT_SYM_APPROX)
            return RFT_FORMULA_UNDECIDED;
        return rft_formula_compare_equations(f, sides_x, sides_y, is_ordered);
    }
    enum rft_formula_verdict result = RFT_FORMULA_SAME;
    for (uint32_t i = 0; i < n && result != RFT_FORMULA_DIFFERENT; i++)
        result = rft_formula_both(result, rft_formula_compare_terms(f, sides_x[i], sides_y[i]));
    return result;
}

static bool is_interval(const struct rft_formula_node *node)
{
    return node->kind == RFT_NODE_TUPLE && node->n == 2;
}

static enum rft_formula_verdict compare_tuples(const struct rft_formula_forms *f, struct item a, struct item b)
{
    bool is_plain_a = a.value->open != '[' && a.value->close != ']';
    bool is_plain_b = b.value->open != '[' && b.value->close != ']';
    if (a.value->n == b.value->n && (!is_plain_a || !is_plain_b) &&
        (a.value->open != b.value->open || a.value->close != b.value->close))
        return RFT_FORMULA_DIFFERENT;
    return compare_kids(f, a, b);
}

static bool is_vector(const struct rft_formula_node *node)
{
    return (node->kind == RFT_NODE_MATRIX && (node->n_columns == 1 || node->n_columns == node->n)) ||
           (node->kind == RFT_NODE_TUPLE && node->open != '[' && node->close != ']');
}

static bool is_collection(const struct rft_formula_node *node)
{
    return node->kind == RFT_NODE_LIST || node->kind == RFT_NODE_SET || node->kind == RFT_NODE_UNION;
}

/* "1, 2" may be meant as (1, 2), or not. */
static bool is_list_against_tuple(const struct rft_formula_node *x, const struct rft_formula_node *y)
{
    return x->kind == RFT_NODE_LIST && y->kind == RFT_NODE_TUPLE && rft_formula_is_expression(x->kids[0]);
}

static bool is_whole_line(const struct rft_formula_node *node)
{
    return is_interval(node) && node->kids[0]->kind == RFT_NODE_INFINITY && node->kids[0]->is_negative &&
           node->kids[1]->kind == RFT_NODE_INFINITY && !node->kids[1]->is_negative;
}

/* Both of one kind. */
static enum rft_formula_verdict compare_alike(const struct rft_formula_forms *f, struct item a, struct item b)
{
    switch ((enum rft_formula_node_kind)a.value->kind) {
    case RFT_NODE_INFINITY:
        return a.value->is_negative == b.value->is_negative ? RFT_FORMULA_SAME : RFT_FORMULA_DIFFERENT;
    case RFT_NODE_BASED:
        return rft_bytes_equal(a.value->text, b.value->text) && rft_bytes_equal(a.value->repeated, b.value->repeated)
                   ? RFT_FORMULA_SAME
                   : RFT_FORMULA_DIFFERENT;
    case RFT_NODE_TEXT:
        if (a.value->text.len == 0 || b.value->text.len == 0)
            return RFT_FORMULA_UNDECIDED;
        return rft_bytes_equal(a.value->text, b.value->text) ? RFT_FORMULA_SAME : RFT_FORMULA_DIFFERENT;
    case RFT_NODE_REALS: return RFT_FORMULA_SAME;
    case RFT_NODE_TUPLE: return compare_tuples(f, a, b);
    case RFT_NODE_MATRIX:
        return a.value->n_columns == b.value->n_columns ? compare_kids(f, a, b) : RFT_FORMULA_DIFFERENT;
    case RFT_NODE_RATIO: return compare_kids(f, a, b);
    case RFT_NODE_RELATION: return compare_relations(f, a, b);
    default: return RFT_FORMULA_UNDECIDED;
    }
}

static enum rft_formula_verdict compare_values(const struct rft_formula_forms *f, struct item a, struct item b)
{
    const struct rft_formula_node *x = a.value, *y = b.value;
    enum rft_formula_verdict units = rft_formula_compare_units(x, y);
    if (units == RFT_FORMULA_DIFFERENT)
        return RFT_FORMULA_DIFFERENT;
    if (rft_formula_is_expression(x) && rft_formula_is_expression(y))
        return rft_formula_both(units, rft_formula_compare_terms(f, (struct rft_formula_term){x, a.is_minus},
                                                                 (struct rft_formula_term){y, b.is_minus}));
    if (units != RFT_FORMULA_SAME)
        return RFT_FORMULA_UNDECIDED;
    if (is_collection(x) || is_collection(y)) {
        if (is_list_against_tuple(x, y) || is_list_against_tuple(y, x))
            return RFT_FORMULA_UNDECIDED;
        return compare_collections(f, a, b);
    }
    if (x->kind == y->kind)
        return compare_alike(f, a, b);
    if (is_vector(x) && is_vector(y))
        return compare_kids(f, a, b);
    if ((x->kind == RFT_NODE_REALS && is_whole_line(y)) || (y->kind == RFT_NODE_REALS && is_whole_line(x)))
        return RFT_FORMULA_SAME;
    bool is_open =
        x->kind == RFT_NODE_TEXT || y->kind == RFT_NODE_TEXT || x->kind == RFT_NODE_RATIO || y->kind == RFT_NODE_RATIO;
    return is_open ? RFT_FORMULA_UNDECIDED : RFT_FORMULA_DIFFERENT;
}

/* Inequalities against intervals. */
static bool to_intervals(const struct rft_formula_forms *f, struct item *a, struct item *b)
{
    const struct rft_formula_node *names[2] = {NULL, NULL};
    struct rft_formula_node *x = rft_formula_interval(f->reals->memory, a->value, &names[0]);
    struct rft_formula_node *y = rft_formula_interval(f->reals->memory, b->value, &names[1]);
    if (x == NULL || y == NULL || (names[0] == NULL && names[1] == NULL))
        return false;
    if (names[0] != NULL && names[1] != NULL && names[0]->symbol != names[1]->symbol)
        return false;
    bool fits = true;
    const struct rft_formula_node *both_sides[] = {x, y};
    for (int i = 0; i < 2; i++)
        fits = fits && (is_interval(both_sides[i]) || both_sides[i]->kind == RFT_NODE_UNION ||
                        both_sides[i]->kind == RFT_NODE_REALS);
    if (fits) {
        a->value = x;
        b->value = y;
    }
    return fits;
}

/* Several \pm: whether they go together is not said. */
static bool has_free_choices(const struct rft_formula_node *node)
{
    return node->n_choices > 1 && !node->has_coupled;
}

/* "(x, y) = (1, 2)" against "y = 2, x = 1". */
static bool is_tuple_against_list(struct item a, struct item b)
{
    return a.name != NULL && a.name->kind == RFT_NODE_TUPLE && a.value->kind == RFT_NODE_TUPLE &&
           a.name->n == a.value->n && b.name == NULL && b.value->kind == RFT_NODE_LIST && b.value->n == a.value->n;
}

static enum rft_formula_verdict compare_coordinates(const struct rft_formula_forms *f, struct item tuple,
                                                    struct item list)
{
    enum rft_formula_verdict result = RFT_FORMULA_SAME;
    for (uint32_t i = 0; i < tuple.value->n; i++) {
        enum rft_formula_verdict found = RFT_FORMULA_UNDECIDED;
        for (uint32_t k = 0; k < list.value->n; k++) {
            struct item part = resolve(list.value->kids[k], list.is_minus);
            if (part.name == NULL || !rft_formula_trees_equal(f, part.name, tuple.name->kids[i]))
                continue;
            part.name = NULL;
            found = compare_items(f, resolve(tuple.value->kids[i], tuple.is_minus), part);
        }
        result = rft_formula_both(result, found);
    }
    return result;
}

static enum rft_formula_verdict compare_items(const struct rft_formula_forms *f, struct item a, struct item b)
{
    /* Lists within lists are compared several times each level. */
    if (!rft_reals_spend(f->reals, COMPARISON_COST) || has_free_choices(a.value) || has_free_choices(b.value))
        return RFT_FORMULA_UNDECIDED;
    if (is_tuple_against_list(a, b))
        return compare_coordinates(f, a, b);
    if (is_tuple_against_list(b, a))
        return compare_coordinates(f, b, a);
    to_intervals(f, &a, &b);
    enum rft_formula_verdict names =
        a.name != NULL && b.name != NULL ? rft_formula_compare_names(f, a.name, b.name) : RFT_FORMULA_SAME;
    if (names == RFT_FORMULA_DIFFERENT) {
        bool are_equations = rft_formula_is_expression(a.name) && rft_formula_is_expression(b.name) &&
                             rft_formula_is_expression(a.value) && rft_formula_is_expression(b.value) &&
                             rft_formula_compare_units(a.value, b.value) == RFT_FORMULA_SAME;
        if (!are_equations)
            return RFT_FORMULA_DIFFERENT;
        struct rft_formula_term sides_a[] = {{a.name, false}, {a.value, a.is_minus}};
        struct rft_formula_term sides_b[] = {{b.name, false}, {b.value, b.is_minus}};
        return rft_formula_compare_equations(f, sides_a, sides_b, false);
    }
    /* An equation that has a name on one side only here. */
    const struct rft_formula_node *x = a.value, *y = b.value;
    if ((x->kind == RFT_NODE_RELATION) != (y->kind == RFT_NODE_RELATION)) {
        struct item named = x->kind == RFT_NODE_RELATION ? b : a, equation = x->kind == RFT_NODE_RELATION ? a : b;
        const struct rft_formula_node *e = equation.value;
        if (named.name == NULL || !rft_formula_is_expression(named.name) || e->n != 2 ||
            e->text.data[0] != RFT_SYM_EQ || !rft_formula_is_expression(e->kids[0]) ||
            !rft_formula_is_expression(e->kids[1]) || !rft_formula_is_expression(named.value))
            return RFT_FORMULA_DIFFERENT;
        struct rft_formula_term sides_a[] = {{named.name, false}, {named.value, named.is_minus}};
        struct rft_formula_term sides_b[] = {{e->kids[0], equation.is_minus}, {e->kids[1], equation.is_minus}};
        return rft_formula_compare_equations(f, sides_a, sides_b, false);
    }
    return rft_formula_both(compare_values(f, a, b), names);
}

enum rft_formula_verdict rft_formula_form_equal(struct rft_reals *reals, uint32_t n_symbols, struct rft_formula_node *a,
                                                struct rft_formula_node *b)
{
    const struct rft_formula_forms forms = {.reals = reals, .n_symbols = n_symbols};
    struct item x = resolve(a, false), y = resolve(b, false);
    /* "3 \pm 2" is two values. */
    if (x.value->has_choice || y.value->has_choice)
        return compare_collections(&forms, x, y);
    return compare_items(&forms, x, y);
}
