/* SPDX-License-Identifier: MIT */
#include "formula_node.h"

#include <string.h>

#define CELLS_MAX 100

struct rft_formula_node *rft_formula_many(struct rft_formula_memory *memory, enum rft_formula_node_kind kind,
                                          struct rft_formula_node *const *kids, uint32_t n)
{
    uint32_t depth = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (kids[i] == NULL || kids[i]->depth >= RFT_FORMULA_TREE_MAX)
            return NULL;
        depth = kids[i]->depth >= depth ? kids[i]->depth + 1 : depth;
    }
    struct rft_formula_node *node = rft_formula_alloc(memory, 1, sizeof *node);
    if (node == NULL)
        return NULL;
    node->depth = depth;
    node->has_letter = kind == RFT_NODE_NAME || kind == RFT_NODE_TEXT;
    node->has_choice = kind == RFT_NODE_PLUS_MINUS || kind == RFT_NODE_MINUS_PLUS;
    node->has_coupled = kind == RFT_NODE_MINUS_PLUS;
    node->n_choices = kind == RFT_NODE_PLUS_MINUS;
    node->has_pi = kind == RFT_NODE_PI;
    node->has_imaginary = kind == RFT_NODE_I;
    node->has_rounding = kind == RFT_NODE_FLOOR || kind == RFT_NODE_CEIL;
    for (uint32_t i = 0; i < n; i++) {
        node->has_coupled = node->has_coupled || kids[i]->has_coupled;
        node->n_choices = (uint8_t)(node->n_choices + kids[i]->n_choices);
        node->n_choices = node->n_choices > 2 ? 2 : node->n_choices;
        node->has_pi = node->has_pi || kids[i]->has_pi;
        node->is_opaque = node->is_opaque || kids[i]->is_opaque;
        node->has_imaginary = node->has_imaginary || kids[i]->has_imaginary;
        node->has_rounding = node->has_rounding || kids[i]->has_rounding;
        node->has_letter = node->has_letter || kids[i]->has_letter;
        node->has_choice = node->has_choice || kids[i]->has_choice;
    }
    node->kind = (uint8_t)kind;
    node->n = n;
    if (n != 0) {
        node->kids = rft_formula_alloc(memory, n, sizeof(struct rft_formula_node *));
        if (node->kids == NULL)
            return NULL;
        memcpy(node->kids, kids, n * sizeof *kids);
    }
    return node;
}

struct rft_formula_node *rft_formula_node(struct rft_formula_memory *memory, enum rft_formula_node_kind kind)
{
    return rft_formula_many(memory, kind, NULL, 0);
}

struct rft_formula_node *rft_formula_unary(struct rft_formula_memory *memory, enum rft_formula_node_kind kind,
                                           struct rft_formula_node *kid)
{
    return rft_formula_many(memory, kind, &kid, 1);
}

struct rft_formula_node *rft_formula_binary(struct rft_formula_memory *memory, enum rft_formula_node_kind kind,
                                            struct rft_formula_node *a, struct rft_formula_node *b)
{
    struct rft_formula_node *kids[] = {a, b};
    return rft_formula_many(memory, kind, kids, 2);
}

struct rft_formula_node *rft_formula_one(struct rft_formula_memory *memory)
{
    struct rft_formula_node *node = rft_formula_node(memory, RFT_NODE_NUMBER);
    if (node != NULL)
        node->text = rft_bytes_z("1");
    return node;
}

static bool is_matrix(const struct rft_formula_node *node)
{
    return node->kind == RFT_NODE_MATRIX;
}

/* The sum over k of a[row, k] b[k, column]. */
static struct rft_formula_node *dot(struct rft_formula_memory *memory, const struct rft_formula_node *a,
                                    const struct rft_formula_node *b, uint32_t row, uint32_t column)
{
    struct rft_formula_node *sum = NULL;
    for (uint32_t k = 0; k < a->n_columns; k++) {
        struct rft_formula_node *term = rft_formula_binary(memory, RFT_NODE_MULTIPLY, a->kids[row * a->n_columns + k],
                                                           b->kids[k * b->n_columns + column]);
        sum = k == 0 ? term : rft_formula_binary(memory, RFT_NODE_ADD, sum, term);
    }
    return sum;
}

static struct rft_formula_node *multiply_matrices(struct rft_formula_memory *memory, const struct rft_formula_node *a,
                                                  const struct rft_formula_node *b)
{
    uint32_t n_rows = a->n / a->n_columns, n_columns = b->n_columns;
    struct rft_formula_node *cells[CELLS_MAX];
    if (b->n / n_columns != a->n_columns || n_rows * n_columns > CELLS_MAX)
        return NULL;
    for (uint32_t i = 0; i < n_rows * n_columns; i++)
        cells[i] = dot(memory, a, b, i / n_columns, i % n_columns);
    struct rft_formula_node *product = rft_formula_many(memory, RFT_NODE_MATRIX, cells, n_rows * n_columns);
    if (product != NULL)
        product->n_columns = n_columns;
    return product;
}

/* The matrix with kind(cell, other's cell or the scalar) in each place. */
static struct rft_formula_node *cell_by_cell(struct rft_formula_memory *memory, enum rft_formula_node_kind kind,
                                             const struct rft_formula_node *matrix, struct rft_formula_node *other)
{
    struct rft_formula_node *result = rft_formula_many(memory, RFT_NODE_MATRIX, matrix->kids, matrix->n);
    if (result == NULL)
        return NULL;
    result->n_columns = matrix->n_columns;
    for (uint32_t i = 0; i < matrix->n; i++) {
        result->kids[i] = rft_formula_binary(memory, kind, matrix->kids[i], is_matrix(other) ? other->kids[i] : other);
        if (result->kids[i] == NULL)
            return NULL;
    }
    return result;
}

struct rft_formula_node *rft_formula_product(struct rft_formula_memory *memory, struct rft_formula_node *a,
                                             struct rft_formula_node *b)
{
    if (a == NULL || b == NULL)
        return NULL;
    if (is_matrix(a) && is_matrix(b))
        return multiply_matrices(memory, a, b);
    if (is_matrix(a) && rft_formula_is_expression(b))
        return cell_by_cell(memory, RFT_NODE_MULTIPLY, a, b);
    if (is_matrix(b) && rft_formula_is_expression(a))
        return cell_by_cell(memory, RFT_NODE_MULTIPLY, b, a);
    if (!rft_formula_is_expression(a) || !rft_formula_is_expression(b))
        return NULL;
    return rft_formula_binary(memory, RFT_NODE_MULTIPLY, a, b);
}

struct rft_formula_node *rft_formula_sum(struct rft_formula_memory *memory, enum rft_formula_node_kind kind,
                                         struct rft_formula_node *a, struct rft_formula_node *b)
{
    if (a == NULL || b == NULL)
        return NULL;
    if (is_matrix(a) && is_matrix(b) && a->n == b->n && a->n_columns == b->n_columns)
        return cell_by_cell(memory, kind, a, b);
    if (!rft_formula_is_expression(a) || !rft_formula_is_expression(b))
        return NULL;
    return rft_formula_binary(memory, kind, a, b);
}
