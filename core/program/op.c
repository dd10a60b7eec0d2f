/* SPDX-License-Identifier: MIT */
#include "op.h"

#include "arith.h"
#include "inverse_sqrt.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static void begin(struct rft_emit *e, struct rft_node *node, enum rft_op op)
{
    memset(node, 0, sizeof *node);
    node->op = op;
    node->n_rows = e->n_rows;
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

/* Bytes of [rows][n] elements of this many bytes. */
static uint64_t rows_of(const struct rft_emit *e, uint64_t n, uint64_t element_bytes)
{
    return e->n_rows * n * element_bytes;
}

static uint64_t padded_rows_of(const struct rft_emit *e, uint64_t n)
{
    return rows_of(e, RFT_PADDED(n), 2);
}

static uint64_t h_bytes(const struct rft_emit *e)
{
    return rows_of(e, RFT_H_WORDS((uint64_t)e->norm.dim), 4);
}

/* Rows of a matrix's part. */
static uint32_t part_rows(const struct rft_matrix *w, uint32_t part)
{
    uint32_t first = part * w->part_rows;
    return part + 1 < w->n_parts ? w->part_rows : w->n - first;
}

uint64_t rft_packed_bytes(uint64_t n, uint64_t k)
{
    return (n + RFT_TILE - 1) / RFT_TILE * RFT_TILE * RFT_PADDED(k) * 2;
}

static uint64_t reads_matrix(struct rft_node *node, const struct rft_matrix *w, uint32_t part)
{
    assert(part == 0 ? w->n_parts == 1 || w->part_rows % RFT_TILE == 0 : part < w->n_parts);
    return reads(node, w->parts[part], rft_packed_bytes(part_rows(w, part), w->k));
}

static uint32_t inverse_dim_bits(const struct rft_emit *e)
{
    return RFT_BITS((float)(1.0 / e->norm.dim));
}

void emit_embed(struct rft_emit *e, struct rft_range x, struct rft_range h, const struct rft_matrix *embedding,
                struct rft_range norm_weight)
{
    assert(embedding->k == e->norm.dim);
    for (uint32_t part = 0; part < embedding->n_parts; part++) {
        struct rft_node node;
        begin(e, &node, RFT_OP_embed);
        struct rft_args_embed args = {
            .batch = e->batch.address,
            .rows = writes(&node, e->rows, 0),
            .weight = reads_matrix(&node, embedding, part),
            .norm = reads(&node, norm_weight, (uint64_t)embedding->k * 4),
            .x = writes(&node, x, rows_of(e, embedding->k, 4)),
            .h = writes(&node, h, h_bytes(e)),
            .dim = embedding->k,
            .first = part * embedding->part_rows,
            .n = part_rows(embedding, part),
        };
        end(e, &node, &args, sizeof args);
    }
}

void emit_qkv(struct rft_emit *e, struct rft_range q, struct rft_range h, const struct rft_matrix *w,
              struct rft_range cos_sin, const struct rft_kv_layer *kv)
{
    struct rft_node node;
    begin(e, &node, RFT_OP_qkv);
    assert(w->k == e->norm.dim && w->n == (e->n_heads + 2 * e->n_kv_heads) * e->head_dim && e->head_dim % 8 == 0);
    struct rft_args_qkv args = {
        .batch = e->batch.address,
        .rows = writes(&node, e->rows, 0),
        .tables = reads(&node, e->tables, 0),
        .weight = reads_matrix(&node, w, 0),
        .h = reads(&node, h, h_bytes(e)),
        .cos_sin = reads(&node, cos_sin, 0),
        .q = writes(&node, q, rows_of(e, (uint64_t)e->n_heads * e->head_dim, 2)),
        .prompt_kv = writes(&node, kv->prompt, 0),
        .own_kv = writes(&node, kv->own, 0),
        .dim = e->norm.dim,
        .n_heads = e->n_heads,
        .n_kv_heads = e->n_kv_heads,
        .head_dim = e->head_dim,
        .inverse_dim_bits = inverse_dim_bits(e),
        .eps_bits = RFT_BITS(e->norm.eps),
    };
    end(e, &node, &args, sizeof args);
}

uint64_t rft_scratch_floats(uint32_t n_pieces, uint32_t group, uint32_t n_keys)
{
    uint64_t n_padded = ((uint64_t)n_keys + RFT_PAGE_TOKENS - 1) / RFT_PAGE_TOKENS * RFT_PAGE_TOKENS + RFT_PAGE_TOKENS;
    return n_padded * (n_pieces != 0 ? RFT_SCRATCH_ROWS : (group + 3) / 4 * 4);
}

void emit_attention(struct rft_emit *e, struct rft_range y, struct rft_range q, const struct rft_kv_layer *kv,
                    struct rft_range scratch, uint32_t scratch_floats)
{
    struct rft_node node;
    uint64_t heads_dim = (uint64_t)e->n_heads * e->head_dim;
    begin(e, &node, RFT_OP_attention);
    assert(e->head_dim <= RFT_HEAD_DIM_MAX && e->head_dim % 8 == 0 && e->n_heads % e->n_kv_heads == 0);
    struct rft_args_attention args = {
        .batch = e->batch.address,
        .rows = writes(&node, e->rows, 0),
        .tables = reads(&node, e->tables, 0),
        .q = reads(&node, q, rows_of(e, heads_dim, 2)),
        .prompt_kv = reads(&node, kv->prompt, 0),
        .own_kv = reads(&node, kv->own, 0),
        .y = writes(&node, y, padded_rows_of(e, heads_dim)),
        .scratch = writes(&node, scratch, (uint64_t)scratch_floats * 4),
        .n_heads = e->n_heads,
        .n_kv_heads = e->n_kv_heads,
        .head_dim = e->head_dim,
        .scale_bits = RFT_BITS((float)rft_inverse_sqrt(e->head_dim)),
        .scratch_floats = scratch_floats,
    };
    end(e, &node, &args, sizeof args);
}

void emit_residual(struct rft_emit *e, struct rft_range x, struct rft_range h, struct rft_range y,
                   const struct rft_matrix *w, struct rft_range norm_weight)
{
    struct rft_node node;
    begin(e, &node, RFT_OP_residual);
    assert(w->n == e->norm.dim);
    struct rft_args_residual args = {
        .batch = e->batch.address,
        .rows = writes(&node, e->rows, 0),
        .weight = reads_matrix(&node, w, 0),
        .y = reads(&node, y, padded_rows_of(e, w->k)),
        .norm = reads(&node, norm_weight, (uint64_t)w->n * 4),
        .x = reads(&node, x, rows_of(e, w->n, 4)),
        .h = writes(&node, h, h_bytes(e)),
        .dim = w->n,
        .k = w->k,
    };
    writes(&node, x, 0);
    end(e, &node, &args, sizeof args);
}

void emit_gate_up(struct rft_emit *e, struct rft_range y, struct rft_range h, const struct rft_matrix *w)
{
    struct rft_node node;
    begin(e, &node, RFT_OP_gate_up);
    assert(w->k == e->norm.dim && w->n % 4 == 0);
    struct rft_args_gate_up args = {
        .batch = e->batch.address,
        .rows = writes(&node, e->rows, 0),
        .weight = reads_matrix(&node, w, 0),
        .h = reads(&node, h, h_bytes(e)),
        .y = writes(&node, y, padded_rows_of(e, w->n / 2)),
        .dim = e->norm.dim,
        .ffn_dim = w->n / 2,
        .inverse_dim_bits = inverse_dim_bits(e),
        .eps_bits = RFT_BITS(e->norm.eps),
    };
    end(e, &node, &args, sizeof args);
}

void emit_logits(struct rft_emit *e, struct rft_range logits, struct rft_range h, const struct rft_matrix *w)
{
    assert(w->k == e->norm.dim);
    for (uint32_t part = 0; part < w->n_parts; part++) {
        struct rft_node node;
        begin(e, &node, RFT_OP_logits);
        struct rft_args_logits args = {
            .batch = e->batch.address,
            .rows = writes(&node, e->rows, 0),
            .weight = reads_matrix(&node, w, part),
            .h = reads(&node, h, h_bytes(e)),
            .logits = writes(&node, logits, rows_of(e, w->n, 4)),
            .dim = e->norm.dim,
            .vocab = w->n,
            .first = part * w->part_rows,
            .n = part_rows(w, part),
            .inverse_dim_bits = inverse_dim_bits(e),
            .eps_bits = RFT_BITS(e->norm.eps),
        };
        end(e, &node, &args, sizeof args);
    }
}

bool rft_sampling_is_filtered(const struct rft_sampling *sampling)
{
    return sampling->temperature > 0.0f &&
           (sampling->top_k != 0 || sampling->top_p_65536 < 65536 || sampling->min_p > 0.0f);
}

uint32_t rft_sample_n_parts(uint32_t vocab)
{
    return (vocab + RFT_SAMPLE_PART - 1) / RFT_SAMPLE_PART;
}

uint32_t rft_draw_n_parts(uint32_t vocab)
{
    return (vocab + RFT_TILE - 1) / RFT_TILE;
}

static uint64_t mask_bytes(const struct rft_sampler *sampler)
{
    return ((uint64_t)sampler->vocab + 31) / 32 * 4;
}

static uint32_t inverse_temperature_bits(const struct rft_sampling *sampling)
{
    return RFT_BITS(sampling->temperature > 0.0f ? (float)(1.0 / (double)sampling->temperature) : 1.0f);
}

static uint32_t greedy_flag(const struct rft_sampling *sampling)
{
    return sampling->temperature > 0.0f ? 0 : RFT_SAMPLE_GREEDY;
}

void emit_filter(struct rft_emit *e, const struct rft_sampler *sampler, const struct rft_sampling *sampling)
{
    struct rft_node node;
    begin(e, &node, RFT_OP_filter);
    struct rft_args_filter args = {
        .batch = e->batch.address,
        .rows = e->rows.address,
        .logits = reads(&node, sampler->logits, rows_of(e, sampler->vocab, 4)),
        .mask = reads(&node, sampler->mask, mask_bytes(sampler)),
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
    begin(e, &node, RFT_OP_sample);
    assert(sampler->n_parts == rft_sample_n_parts(sampler->vocab));
    struct rft_args_sample args = {
        .batch = e->batch.address,
        .rows = writes(&node, e->rows, 0),
        .logits = reads(&node, sampler->logits, rows_of(e, sampler->vocab, 4)),
        .mask = reads(&node, sampler->mask, mask_bytes(sampler)),
        .cutoffs = reads(&node, sampler->cutoffs, rows_of(e, 1, sizeof(struct rft_cutoff))),
        .candidates = writes(&node, sampler->candidates, rows_of(e, sampler->n_parts, sizeof(struct rft_candidate))),
        .vocab = sampler->vocab,
        .n_parts = sampler->n_parts,
        .inverse_temperature_bits = inverse_temperature_bits(sampling),
        .min_p_bits = RFT_BITS(sampling->min_p),
        .flags = greedy_flag(sampling) | (rft_sampling_is_filtered(sampling) ? RFT_SAMPLE_FILTERED : 0),
    };
    end(e, &node, &args, sizeof args);
}

void emit_draw(struct rft_emit *e, const struct rft_sampler *sampler, const struct rft_sampling *sampling,
               struct rft_range h, const struct rft_matrix *w)
{
    assert(w->k == e->norm.dim && w->n == sampler->vocab && !rft_sampling_is_filtered(sampling));
    assert(sampler->n_parts == rft_draw_n_parts(sampler->vocab));
    for (uint32_t part = 0; part < w->n_parts; part++) {
        struct rft_node node;
        begin(e, &node, RFT_OP_draw);
        struct rft_args_draw args = {
            .batch = e->batch.address,
            .rows = writes(&node, e->rows, 0),
            .weight = reads_matrix(&node, w, part),
            .h = reads(&node, h, h_bytes(e)),
            .mask = reads(&node, sampler->mask, mask_bytes(sampler)),
            .candidates =
                writes(&node, sampler->candidates, rows_of(e, sampler->n_parts, sizeof(struct rft_candidate))),
            .dim = e->norm.dim,
            .n_parts = sampler->n_parts,
            .first = part * w->part_rows,
            .n = part_rows(w, part),
            .inverse_temperature_bits = inverse_temperature_bits(sampling),
            .flags = greedy_flag(sampling),
            .inverse_dim_bits = inverse_dim_bits(e),
            .eps_bits = RFT_BITS(e->norm.eps),
        };
        end(e, &node, &args, sizeof args);
    }
}

void emit_advance(struct rft_emit *e, const struct rft_sampler *sampler)
{
    struct rft_node node;
    begin(e, &node, RFT_OP_advance);
    struct rft_args_advance args = {
        .batch = e->batch.address,
        .rows = writes(&node, e->rows, 0),
        .candidates = reads(&node, sampler->candidates, rows_of(e, sampler->n_parts, sizeof(struct rft_candidate))),
        .eos = reads(&node, sampler->eos, (uint64_t)sampler->n_eos * 4),
        .tokens = writes(&node, sampler->tokens, rows_of(e, sampler->tokens_stride, 4)),
        .n_parts = sampler->n_parts,
        .n_eos = sampler->n_eos,
        .tokens_stride = sampler->tokens_stride,
    };
    end(e, &node, &args, sizeof args);
}
