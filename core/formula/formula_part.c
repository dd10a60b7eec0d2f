/* SPDX-License-Identifier: MIT */
#include "formula_part.h"

enum rft_formula_verdict rft_formula_both(enum rft_formula_verdict a, enum rft_formula_verdict b)
{
    if (a == RFT_FORMULA_DIFFERENT || b == RFT_FORMULA_DIFFERENT)
        return RFT_FORMULA_DIFFERENT;
    return a == RFT_FORMULA_SAME && b == RFT_FORMULA_SAME ? RFT_FORMULA_SAME : RFT_FORMULA_UNDECIDED;
}

bool rft_formula_trees_equal(const struct rft_formula_forms *f, const struct rft_formula_node *a,
                             const struct rft_formula_node *b)
{
    bool same = rft_reals_spend(f->reals, 1) && a->kind == b->kind && a->is_opaque == b->is_opaque &&
                a->func == b->func && a->n == b->n && a->symbol == b->symbol && rft_bytes_equal(a->text, b->text) &&
                rft_bytes_equal(a->repeated, b->repeated);
    same = same && (a->kind != RFT_NODE_TEXT || a->text.len != 0); /* a name that was not read */
    for (uint32_t i = 0; same && i < a->n; i++)
        same = rft_formula_trees_equal(f, a->kids[i], b->kids[i]);
    return same;
}

/* "y", "f(x)": of any letter. */
static bool is_free_name(const struct rft_formula_node *node)
{
    return node->kind == RFT_NODE_NAME || (node->is_application && node->kids[1]->kind == RFT_NODE_NAME);
}

enum rft_formula_verdict rft_formula_compare_names(const struct rft_formula_forms *f, const struct rft_formula_node *a,
                                                   const struct rft_formula_node *b)
{
    a = a->kind == RFT_NODE_ABS ? a->kids[0] : a;
    b = b->kind == RFT_NODE_ABS ? b->kids[0] : b;
    if (rft_formula_trees_equal(f, a, b))
        return RFT_FORMULA_SAME;
    if ((a->kind == RFT_NODE_NAME && b->kind == RFT_NODE_NAME) || a->kind == RFT_NODE_TUPLE ||
        b->kind == RFT_NODE_TUPLE)
        return RFT_FORMULA_DIFFERENT;
    return is_free_name(a) && is_free_name(b) && !f->is_strict ? RFT_FORMULA_SAME : RFT_FORMULA_UNDECIDED;
}

static bool is_degrees(const struct rft_formula_node *node)
{
    while (node->kind == RFT_NODE_NEGATE)
        node = node->kids[0];
    return node->kind == RFT_NODE_DEGREES;
}

enum rft_formula_verdict rft_formula_compare_units(const struct rft_formula_node *a, const struct rft_formula_node *b)
{
    bool are_degrees = is_degrees(a) && is_degrees(b), are_mixed = is_degrees(a) != is_degrees(b);
    const struct rft_formula_node *degrees = is_degrees(a) ? a : b, *other = degrees == a ? b : a;
    if (are_mixed && degrees->unit.len == 0 && other->unit.len != 0)
        return RFT_FORMULA_DIFFERENT;
    if (are_mixed && (a->has_pi || b->has_pi)) /* rather radians */
        return RFT_FORMULA_UNDECIDED;
    if (a->unit.len != 0 && b->unit.len != 0)
        return rft_bytes_equal(a->unit, b->unit) ? RFT_FORMULA_SAME : RFT_FORMULA_DIFFERENT;
    if (a->unit_matters || b->unit_matters)
        return RFT_FORMULA_DIFFERENT;
    return (a->unit_is_unclear || b->unit_is_unclear) && !are_degrees ? RFT_FORMULA_UNDECIDED : RFT_FORMULA_SAME;
}

/* Letters that may be no factors are not computed. */
enum rft_formula_verdict rft_formula_compare_terms(const struct rft_formula_forms *f, struct rft_formula_term a,
                                                   struct rft_formula_term b)
{
    if (!a.node->is_opaque && !b.node->is_opaque)
        return rft_formula_equal(f->reals, f->n_symbols, a, b);
    return a.is_minus == b.is_minus && rft_formula_trees_equal(f, a.node, b.node) ? RFT_FORMULA_SAME
                                                                                  : RFT_FORMULA_UNDECIDED;
}

enum rft_formula_verdict rft_formula_compare_equations(const struct rft_formula_forms *f,
                                                       const struct rft_formula_term a[2],
                                                       const struct rft_formula_term b[2], bool is_ordered)
{
    if (a[0].node->is_opaque || a[1].node->is_opaque || b[0].node->is_opaque || b[1].node->is_opaque)
        return rft_formula_both(rft_formula_compare_terms(f, a[0], b[0]), rft_formula_compare_terms(f, a[1], b[1])) ==
                       RFT_FORMULA_SAME
                   ? RFT_FORMULA_SAME
                   : RFT_FORMULA_UNDECIDED;
    return rft_formula_proportional(f->reals, f->n_symbols, a, b, is_ordered);
}
