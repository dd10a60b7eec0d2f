/* SPDX-License-Identifier: MIT */
#include "op.h"

#include "arith.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>


static void begin(struct rft_emit *e, struct rft_node *node, enum rft_op op)
{
    memset(node, 0, sizeof *node);
    node->op = op;
    snprintf(node->label, sizeof node->label, "%s", e->label != NULL ? e->label : "");
    node->reads[node->n_reads++] = e->batch;
    node->reads[node->n_reads++] = e->rows;
}

static uint64_t reads(struct rft_node *node, struct rft_range range, uint64_t bytes)
{
    assert(range.bytes >= bytes && node->n_reads < RFT_NODE_RANGES_MAX);
    (void)bytes;
    node->reads[node->n_reads++] = range;
    return range.address;
}

static uint64_t writes(struct rft_node *node, struct rft_range range, uint64_t bytes)
{
    assert(range.bytes >= bytes && node->n_writes < RFT_NODE_RANGES_MAX);
    (void)bytes;
    node->writes[node->n_writes++] = range;
    return range.address;
}

static void end(struct rft_emit *e, struct rft_node *node, const void *args, size_t args_bytes)
{
    assert(args_bytes <= RFT_ARGS_BYTES_MAX);
    memcpy(node->args.bytes, args, args_bytes);
    node->args_bytes = (uint32_t)args_bytes;
    if (e->status == RFT_OK)
        e->status = rft_program_add(e->program, node);
}

/* Bytes of [rows][n] elements of so many bytes. */
static uint64_t rows_of(const struct rft_emit *e, uint64_t n, uint64_t element_bytes)
{
    return e->n_rows * n * element_bytes;
}

static uint64_t packed_bytes(const struct rft_emit *e, const struct rft_matrix *w)
{
    return ((uint64_t)w->n + e->weight_tile - 1) / e->weight_tile * e->weight_tile * w->k * 2;
}

void emit_embed(struct rft_emit *e, struct rft_range x, const struct rft_matrix *embedding)
{
    struct rft_node node;
    begin(e, &node, RFT_OP_embed);
    struct rft_args_embed args = {
        .batch = e->batch.address,
        .rows = e->rows.address,
        .weight = reads(&node, embedding->range, packed_bytes(e, embedding)),
        .x = writes(&node, x, rows_of(e, embedding->k, 4)),
        .dim = embedding->k,
        .tile = e->weight_tile,
    };
    end(e, &node, &args, sizeof args);
}

void emit_rms_norm(struct rft_emit *e, struct rft_range h, struct rft_range x, struct rft_range weight, uint32_t dim, float eps)
{
    struct rft_node node;
    begin(e, &node, RFT_OP_rms_norm);
    struct rft_args_rms_norm args = {
        .batch = e->batch.address,
        .rows = writes(&node, e->rows, 0),
        .x = reads(&node, x, rows_of(e, dim, 4)),
        .weight = reads(&node, weight, (uint64_t)dim * 4),
        .h = writes(&node, h, rows_of(e, dim, 2)),
        .dim = dim,
        .inverse_dim_bits = RFT_BITS((float)(1.0 / dim)),
        .eps_bits = RFT_BITS(eps),
    };
    end(e, &node, &args, sizeof args);
}

void emit_matmul(struct rft_emit *e, struct rft_range y, struct rft_range x, const struct rft_matrix *w, uint32_t flags)
{
    struct rft_node node;
    begin(e, &node, RFT_OP_matmul);
    assert(w->k % 2 == 0);
    struct rft_args_matmul args = {
        .batch = e->batch.address,
        .weight = reads(&node, w->range, packed_bytes(e, w)),
        .x = reads(&node, x, rows_of(e, w->k, 2)),
        .y = writes(&node, y, rows_of(e, w->n, 4)),
        .n = w->n,
        .k = w->k,
        .tile = e->weight_tile,
        .flags = flags,
    };
    if (flags & RFT_MATMUL_ADD)
        reads(&node, y, 0);
    end(e, &node, &args, sizeof args);
}

void emit_rope_kv(struct rft_emit *e, struct rft_range q, struct rft_range qkv, struct rft_range cos_sin,
                  const struct rft_kv_layer *kv)
{
    struct rft_node node;
    begin(e, &node, RFT_OP_rope_kv);
    struct rft_args_rope_kv args = {
        .batch = e->batch.address,
        .rows = writes(&node, e->rows, 0),
        .tables = reads(&node, e->tables, 0),
        .qkv = reads(&node, qkv, rows_of(e, ((uint64_t)e->n_heads + 2 * e->n_kv_heads) * e->head_dim, 4)),
        .cos_sin = reads(&node, cos_sin, 0),
        .q = writes(&node, q, rows_of(e, (uint64_t)e->n_heads * e->head_dim, 2)),
        .prompt_kv = writes(&node, kv->prompt, 0),
        .own_kv = writes(&node, kv->own, 0),
        .n_heads = e->n_heads,
        .n_kv_heads = e->n_kv_heads,
        .head_dim = e->head_dim,
    };
    end(e, &node, &args, sizeof args);
}

/* 1 / sqrt(n), rounded to f32 from a double that Newton's steps brought to its last bits: no libm. */
static float inverse_sqrt(uint32_t n)
{
    double y = (double)rft_rsqrt((float)n);
    for (int step = 0; step < 4; step++)
        y = y * (1.5 - 0.5 * n * y * y);
    return (float)y;
}

void emit_attention(struct rft_emit *e, struct rft_range y, struct rft_range q, const struct rft_kv_layer *kv,
                    struct rft_range scratch, uint32_t scratch_floats)
{
    struct rft_node node;
    uint64_t row_bytes = rows_of(e, (uint64_t)e->n_heads * e->head_dim, 2);
    begin(e, &node, RFT_OP_attention);
    assert(e->head_dim <= RFT_HEAD_DIM_MAX && e->n_heads % e->n_kv_heads == 0);
    struct rft_args_attention args = {
        .batch = e->batch.address,
        .rows = writes(&node, e->rows, 0),
        .tables = reads(&node, e->tables, 0),
        .q = reads(&node, q, row_bytes),
        .prompt_kv = reads(&node, kv->prompt, 0),
        .own_kv = reads(&node, kv->own, 0),
        .y = writes(&node, y, row_bytes),
        .scratch = writes(&node, scratch, (uint64_t)scratch_floats * 4),
        .n_heads = e->n_heads,
        .n_kv_heads = e->n_kv_heads,
        .head_dim = e->head_dim,
        .scale_bits = RFT_BITS(inverse_sqrt(e->head_dim)),
        .scratch_floats = scratch_floats,
    };
    end(e, &node, &args, sizeof args);
}

void emit_silu_mul(struct rft_emit *e, struct rft_range y, struct rft_range gate_up, uint32_t ffn_dim)
{
    struct rft_node node;
    begin(e, &node, RFT_OP_silu_mul);
    struct rft_args_silu_mul args = {
        .batch = e->batch.address,
        .rows = writes(&node, e->rows, 0),
        .gate_up = reads(&node, gate_up, rows_of(e, 2 * (uint64_t)ffn_dim, 4)),
        .y = writes(&node, y, rows_of(e, ffn_dim, 2)),
        .ffn_dim = ffn_dim,
    };
    end(e, &node, &args, sizeof args);
}

bool rft_sampling_is_filtered(const struct rft_sampling *sampling)
{
    return sampling->temperature > 0.0f && (sampling->top_k != 0 || sampling->top_p_65536 < 65536 || sampling->min_p > 0.0f);
}

uint32_t rft_sample_n_parts(uint32_t vocab)
{
    return (vocab + RFT_SAMPLE_PART - 1) / RFT_SAMPLE_PART;
}

static uint32_t inverse_temperature_bits(const struct rft_sampling *sampling)
{
    return RFT_BITS(sampling->temperature > 0.0f ? (float)(1.0 / (double)sampling->temperature) : 1.0f);
}

void emit_filter(struct rft_emit *e, const struct rft_sampler *sampler, const struct rft_sampling *sampling)
{
    struct rft_node node;
    begin(e, &node, RFT_OP_filter);
    struct rft_args_filter args = {
        .batch = e->batch.address,
        .rows = e->rows.address,
        .logits = reads(&node, sampler->logits, rows_of(e, sampler->vocab, 4)),
        .mask = reads(&node, sampler->mask, ((uint64_t)sampler->vocab + 31) / 32 * 4),
        .cutoffs = writes(&node, sampler->cutoffs, rows_of(e, 1, sizeof(struct rft_cutoff))),
        .vocab = sampler->vocab,
        .inverse_temperature_bits = inverse_temperature_bits(sampling),
        .top_k = sampling->top_k,
        .top_p_65536 = sampling->top_p_65536,
    };
    end(e, &node, &args, sizeof args);
}

void emit_sample(struct rft_emit *e, const struct rft_sampler *sampler, const struct rft_sampling *sampling)
{
    struct rft_node node;
    uint32_t n_parts = rft_sample_n_parts(sampler->vocab);
    begin(e, &node, RFT_OP_sample);
    struct rft_args_sample args = {
        .batch = e->batch.address,
        .rows = writes(&node, e->rows, 0),
        .logits = reads(&node, sampler->logits, rows_of(e, sampler->vocab, 4)),
        .mask = reads(&node, sampler->mask, ((uint64_t)sampler->vocab + 31) / 32 * 4),
        .cutoffs = reads(&node, sampler->cutoffs, rows_of(e, 1, sizeof(struct rft_cutoff))),
        .candidates = writes(&node, sampler->candidates, rows_of(e, n_parts, sizeof(struct rft_candidate))),
        .vocab = sampler->vocab,
        .n_parts = n_parts,
        .inverse_temperature_bits = inverse_temperature_bits(sampling),
        .min_p_bits = RFT_BITS(sampling->min_p),
        .flags = (sampling->temperature > 0.0f ? 0 : RFT_SAMPLE_GREEDY) |
                 (rft_sampling_is_filtered(sampling) ? RFT_SAMPLE_FILTERED : 0),
    };
    end(e, &node, &args, sizeof args);
}

void emit_advance(struct rft_emit *e, const struct rft_sampler *sampler)
{
    struct rft_node node;
    uint32_t n_parts = rft_sample_n_parts(sampler->vocab);
    begin(e, &node, RFT_OP_advance);
    struct rft_args_advance args = {
        .batch = e->batch.address,
        .rows = writes(&node, e->rows, 0),
        .candidates = reads(&node, sampler->candidates, rows_of(e, n_parts, sizeof(struct rft_candidate))),
        .eos = reads(&node, sampler->eos, (uint64_t)sampler->n_eos * 4),
        .tokens = writes(&node, sampler->tokens, rows_of(e, sampler->tokens_stride, 4)),
        .n_parts = n_parts,
        .n_eos = sampler->n_eos,
        .tokens_stride = sampler->tokens_stride,
    };
    end(e, &node, &args, sizeof args);
}
