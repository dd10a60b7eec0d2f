/* SPDX-License-Identifier: MIT */
#include "op.h"

#include "arith.h"
#include "op_node.h"

#include <assert.h>

static uint64_t activations_of(const struct rft_emit *e, uint64_t n)
{
    return rows_of(e, RFT_ROW_WORDS(n), 4);
}

/* What a matmul multiplies its results with: the factor of the norm in front of it, or 1. */
struct factor {
    uint32_t inverse_dim_bits, eps_bits;
};

static struct factor factor_of(const struct rft_emit *e, const struct rft_linear *w)
{
    if (!w->is_normed)
        return (struct factor){0, RFT_BITS_NO_NORM};
    return (struct factor){inverse_bits(e->norm.dim), RFT_BITS(e->norm.eps)};
}

/* A bias has a value for each row of whole tiles. */
static uint64_t reads_bias(struct rft_node *node, const struct rft_linear *w)
{
    if (w->bias.bytes == 0)
        return 0;
    return reads(node, w->bias, ((uint64_t)w->matrix->n + RFT_TILE - 1) / RFT_TILE * RFT_TILE * 4);
}

static uint32_t quantised_flag(bool is_quantised)
{
    return is_quantised ? RFT_QUANTISED : 0;
}

void emit_embed(struct rft_emit *e, struct rft_range x, struct rft_range h, const struct rft_matrix *embedding,
                float scale, const struct rft_next *next)
{
    assert(embedding->k == e->norm.dim);
    for (uint32_t part = 0; part < embedding->n_parts; part++) {
        struct rft_node node;
        node_begin(e, &node, RFT_OP_embed);
        struct rft_args_embed args = {
            .batch = e->batch.address,
            .rows = writes(&node, e->rows, 0),
            .weight = reads_matrix(&node, embedding, part),
            .norm = reads(&node, next->norm, (uint64_t)embedding->k * 4),
            .x = writes(&node, x, rows_of(e, embedding->k, 4)),
            .h = writes(&node, h, h_bytes(e)),
            .dim = embedding->k,
            .first = part * embedding->part_rows,
            .n = part_rows(embedding, part),
            .scale_bits = RFT_BITS(scale),
            .format = embedding->format,
            .flags = quantised_flag(next->is_quantised),
        };
        node_end(e, &node, &args, sizeof args);
    }
}

void emit_quantise(struct rft_emit *e, struct rft_range y, uint32_t k)
{
    struct rft_node node;
    node_begin(e, &node, RFT_OP_quantise);
    struct rft_args_quantise args = {
        .batch = e->batch.address,
        .y = writes(&node, y, activations_of(e, k)),
        .k = k,
    };
    reads(&node, y, 0);
    node_end(e, &node, &args, sizeof args);
}

void emit_qkv(struct rft_emit *e, struct rft_range q, struct rft_range h, const struct rft_linear *w,
              const struct rft_rotation *rotation, const struct rft_kv_layer *kv)
{
    struct rft_node node;
    const struct factor factor = factor_of(e, w);
    node_begin(e, &node, RFT_OP_qkv);
    assert(w->matrix->k == e->norm.dim && e->head_dim % 8 == 0 && w->first % RFT_TILE == 0 &&
           w->first + w->matrix->n <= (e->n_heads + 2 * e->n_kv_heads) * e->head_dim);
    struct rft_args_qkv args = {
        .batch = e->batch.address,
        .rows = writes(&node, e->rows, 0),
        .tables = reads(&node, e->tables, 0),
        .weight = reads_matrix(&node, w->matrix, 0),
        .h = reads(&node, h, h_bytes(e)),
        .bias = reads_bias(&node, w),
        .q_cos_sin = reads(&node, rotation->q, 0),
        .k_cos_sin = reads(&node, rotation->k, 0),
        .q = writes(&node, q, rows_of(e, (uint64_t)e->n_heads * e->head_dim, 2)),
        .prompt_kv = writes(&node, kv->prompt, 0),
        .own_kv = writes(&node, kv->own, 0),
        .dim = e->norm.dim,
        .n_heads = e->n_heads,
        .n_kv_heads = e->n_kv_heads,
        .head_dim = e->head_dim,
        .inverse_dim_bits = factor.inverse_dim_bits,
        .eps_bits = factor.eps_bits,
        .format = w->matrix->format,
        .first = w->first,
        .n = w->matrix->n,
    };
    node_end(e, &node, &args, sizeof args);
}

void emit_heads(struct rft_emit *e, struct rft_range q, struct rft_range y, const struct rft_heads_norm *norm,
                const struct rft_rotation *rotation, const struct rft_kv_layer *kv)
{
    struct rft_node node;
    const uint64_t n_rotated = (uint64_t)e->n_heads + e->n_kv_heads, n_all = n_rotated + e->n_kv_heads;
    const uint32_t q_span = norm->is_wide ? e->n_heads : 1, k_span = norm->is_wide ? e->n_kv_heads : 1;
    node_begin(e, &node, RFT_OP_heads);
    assert(e->head_dim <= RFT_HEAD_DIM_MAX && e->head_dim % 8 == 0);
    struct rft_args_heads args = {
        .batch = e->batch.address,
        .rows = writes(&node, e->rows, 0),
        .tables = reads(&node, e->tables, 0),
        .y = reads(&node, y, rows_of(e, n_all * e->head_dim, 4)),
        .norm = reads(&node, norm->weight, n_rotated * e->head_dim * 4),
        .q_cos_sin = reads(&node, rotation->q, 0),
        .k_cos_sin = reads(&node, rotation->k, 0),
        .q = writes(&node, q, rows_of(e, (uint64_t)e->n_heads * e->head_dim, 2)),
        .prompt_kv = writes(&node, kv->prompt, 0),
        .own_kv = writes(&node, kv->own, 0),
        .n_heads = e->n_heads,
        .n_kv_heads = e->n_kv_heads,
        .head_dim = e->head_dim,
        .q_span = q_span,
        .k_span = k_span,
        .q_inverse_bits = inverse_bits((uint64_t)q_span * e->head_dim),
        .k_inverse_bits = inverse_bits((uint64_t)k_span * e->head_dim),
        .eps_bits = RFT_BITS(norm->eps),
    };
    node_end(e, &node, &args, sizeof args);
}

uint64_t rft_scratch_floats(uint32_t n_pieces, uint32_t group, uint32_t n_keys)
{
    uint64_t n_padded = ((uint64_t)n_keys + RFT_PAGE_TOKENS - 1) / RFT_PAGE_TOKENS * RFT_PAGE_TOKENS + RFT_PAGE_TOKENS;
    return n_padded * (n_pieces != 0 ? RFT_SCRATCH_ROWS : (group + 3) / 4 * 4);
}

void emit_attention(struct rft_emit *e, struct rft_range y, struct rft_range q, const struct rft_kv_layer *kv,
                    const struct rft_attention_shape *shape, struct rft_range scratch, uint32_t scratch_floats)
{
    struct rft_node node;
    const uint32_t heads_dim = e->n_heads * e->head_dim;
    const bool has_blocks = heads_dim / e->n_kv_heads % RFT_QUANT_BLOCK == 0;
    node_begin(e, &node, RFT_OP_attention);
    assert(e->head_dim <= RFT_HEAD_DIM_MAX && e->head_dim % 8 == 0 && e->n_heads % e->n_kv_heads == 0);
    struct rft_args_attention args = {
        .batch = e->batch.address,
        .rows = writes(&node, e->rows, 0),
        .tables = reads(&node, e->tables, 0),
        .q = reads(&node, q, rows_of(e, heads_dim, 2)),
        .prompt_kv = reads(&node, kv->prompt, 0),
        .own_kv = reads(&node, kv->own, 0),
        .y = writes(&node, y, activations_of(e, heads_dim)),
        .scratch = writes(&node, scratch, (uint64_t)scratch_floats * 4),
        .n_heads = e->n_heads,
        .n_kv_heads = e->n_kv_heads,
        .head_dim = e->head_dim,
        .scale_bits = RFT_BITS(shape->scale),
        .scratch_floats = scratch_floats,
        .window = shape->window,
        .cap_bits = RFT_BITS(shape->cap),
        .inverse_cap_bits = inverse_cap_bits(shape->cap),
        .flags = quantised_flag(shape->is_quantised && has_blocks),
    };
    node_end(e, &node, &args, sizeof args);
    if (shape->is_quantised && !has_blocks)
        emit_quantise(e, y, heads_dim);
}

/* x is only written if it is the sums alone that are wanted. */
static void emit_product(struct rft_emit *e, struct rft_range x, struct rft_range h, struct rft_range y,
                         const struct rft_linear *w, struct rft_range norm_weight, uint32_t flags)
{
    struct rft_node node;
    const struct rft_matrix *m = w->matrix;
    node_begin(e, &node, RFT_OP_residual);
    assert(m->n == e->norm.dim);
    struct rft_args_residual args = {
        .batch = e->batch.address,
        .rows = writes(&node, e->rows, 0),
        .weight = reads_matrix(&node, m, 0),
        .y = reads(&node, y, activations_of(e, m->k)),
        .norm = reads(&node, norm_weight, (uint64_t)m->n * 4),
        .bias = reads_bias(&node, w),
        .x = writes(&node, x, rows_of(e, m->n, 4)),
        .h = writes(&node, h, h_bytes(e)),
        .dim = m->n,
        .k = m->k,
        .flags = flags,
        .format = m->format,
    };
    if ((flags & RFT_RESIDUAL_ALONE) == 0)
        reads(&node, x, 0);
    node_end(e, &node, &args, sizeof args);
}

void emit_residual(struct rft_emit *e, struct rft_range x, struct rft_range h, struct rft_range y,
                   const struct rft_linear *w, const struct rft_next *next)
{
    emit_product(e, x, h, y, w, next->norm, quantised_flag(next->is_quantised));
}

void emit_residual_alone(struct rft_emit *e, struct rft_range alone, struct rft_range h, struct rft_range y,
                         const struct rft_linear *w, struct rft_range weight)
{
    emit_product(e, alone, h, y, w, weight, RFT_RESIDUAL_ALONE);
}

void emit_post_norm(struct rft_emit *e, struct rft_range x, struct rft_range h, struct rft_range alone,
                    struct rft_range weight, const struct rft_next *next)
{
    struct rft_node node;
    const uint32_t dim = e->norm.dim;
    node_begin(e, &node, RFT_OP_post_norm);
    struct rft_args_post_norm args = {
        .batch = e->batch.address,
        .rows = writes(&node, e->rows, 0),
        .y = reads(&node, alone, rows_of(e, dim, 4)),
        .weight = reads(&node, weight, (uint64_t)dim * 4),
        .norm = reads(&node, next->norm, (uint64_t)dim * 4),
        .x = writes(&node, x, rows_of(e, dim, 4)),
        .h = writes(&node, h, h_bytes(e)),
        .dim = dim,
        .inverse_dim_bits = inverse_bits(dim),
        .eps_bits = RFT_BITS(e->norm.post_eps),
        .flags = quantised_flag(next->is_quantised),
    };
    reads(&node, x, 0);
    reads(&node, h, 0);
    node_end(e, &node, &args, sizeof args);
}

void emit_gate_up(struct rft_emit *e, struct rft_range y, struct rft_range h, const struct rft_linear *w, uint32_t act,
                  bool is_quantised)
{
    struct rft_node node;
    const struct factor factor = factor_of(e, w);
    const struct rft_matrix *m = w->matrix;
    node_begin(e, &node, RFT_OP_gate_up);
    assert(m->k == e->norm.dim && m->n % 4 == 0);
    struct rft_args_gate_up args = {
        .batch = e->batch.address,
        .rows = writes(&node, e->rows, 0),
        .weight = reads_matrix(&node, m, 0),
        .h = reads(&node, h, h_bytes(e)),
        .bias = reads_bias(&node, w),
        .y = writes(&node, y, activations_of(e, m->n / 2)),
        .dim = e->norm.dim,
        .ffn_dim = m->n / 2,
        .inverse_dim_bits = factor.inverse_dim_bits,
        .eps_bits = factor.eps_bits,
        .act = act,
        .format = m->format,
        .flags = quantised_flag(is_quantised),
    };
    node_end(e, &node, &args, sizeof args);
}

void emit_project(struct rft_emit *e, struct rft_range y, struct rft_range h, const struct rft_linear *w, float cap)
{
    const struct rft_matrix *m = w->matrix;
    const struct factor factor = factor_of(e, w);
    const uint32_t stride = w->n_all != 0 ? w->n_all : m->n;
    assert(m->k == e->norm.dim && (w->bias.bytes == 0 || m->n_parts == 1) && w->first % RFT_TILE == 0);
    for (uint32_t part = 0; part < m->n_parts; part++) {
        struct rft_node node;
        node_begin(e, &node, RFT_OP_project);
        struct rft_args_project args = {
            .batch = e->batch.address,
            .rows = writes(&node, e->rows, 0),
            .weight = reads_matrix(&node, m, part),
            .h = reads(&node, h, h_bytes(e)),
            .bias = reads_bias(&node, w),
            .y = writes(&node, y, rows_of(e, stride, 4)),
            .dim = e->norm.dim,
            .stride = stride,
            .first = w->first + part * m->part_rows,
            .n = part_rows(m, part),
            .inverse_dim_bits = factor.inverse_dim_bits,
            .eps_bits = factor.eps_bits,
            .cap_bits = RFT_BITS(cap),
            .inverse_cap_bits = inverse_cap_bits(cap),
            .format = m->format,
        };
        node_end(e, &node, &args, sizeof args);
    }
}
