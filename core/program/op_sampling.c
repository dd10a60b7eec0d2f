/* SPDX-License-Identifier: MIT */
/* The ops that draw tokens. */
#include "op.h"

#include "arith.h"
#include "op_node.h"

#include <assert.h>

void rft_row_set_temperature(struct rft_row *row, float temperature)
{
    row->is_greedy = temperature > 0.0f ? 0u : 1u;
    row->inverse_temperature_bits = RFT_BITS(temperature > 0.0f ? (float)(1.0 / (double)temperature) : 1.0f);
}

bool rft_sampling_is_filtered(const struct rft_sampling *sampling)
{
    return sampling->top_k != 0 || sampling->top_p_65536 < 65536 || sampling->min_p > 0.0f;
}

bool rft_sampling_has_logits(const struct rft_sampling *sampling)
{
    return rft_sampling_is_filtered(sampling) || sampling->is_scored;
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

void emit_filter(struct rft_emit *e, const struct rft_sampler *sampler, const struct rft_sampling *sampling)
{
    struct rft_node node;
    node_begin(e, &node, RFT_OP_filter);
    struct rft_args_filter args = {
        .batch = e->batch.address,
        .rows = e->rows.address,
        .logits = reads(&node, sampler->logits, rows_of(e, sampler->vocab, 4)),
        .mask = reads(&node, sampler->mask, mask_bytes(sampler)),
        .cutoffs = writes(&node, sampler->cutoffs, rows_of(e, 1, sizeof(struct rft_cutoff))),
        .vocab = sampler->vocab,
        .top_k = sampling->top_k,
        .top_p_65536 = sampling->top_p_65536,
    };
    node_end(e, &node, &args, sizeof args);
}

void emit_sample(struct rft_emit *e, const struct rft_sampler *sampler, const struct rft_sampling *sampling)
{
    struct rft_node node;
    const bool is_filtered = rft_sampling_is_filtered(sampling);
    node_begin(e, &node, RFT_OP_sample);
    assert(sampler->n_parts == rft_sample_n_parts(sampler->vocab));
    struct rft_args_sample args = {
        .batch = e->batch.address,
        .rows = writes(&node, e->rows, 0),
        .logits = reads(&node, sampler->logits, rows_of(e, sampler->vocab, 4)),
        .mask = reads(&node, sampler->mask, mask_bytes(sampler)),
        .cutoffs = is_filtered ? reads(&node, sampler->cutoffs, rows_of(e, 1, sizeof(struct rft_cutoff))) : 0,
        .candidates = writes(&node, sampler->candidates, rows_of(e, sampler->n_parts, sizeof(struct rft_candidate))),
        .vocab = sampler->vocab,
        .n_parts = sampler->n_parts,
        .min_p_bits = RFT_BITS(sampling->min_p),
        .flags = is_filtered ? RFT_SAMPLE_FILTERED : 0,
    };
    node_end(e, &node, &args, sizeof args);
}

void emit_draw(struct rft_emit *e, const struct rft_sampler *sampler, struct rft_range h, const struct rft_matrix *w,
               float cap)
{
    assert(w->k == e->norm.dim && w->n == sampler->vocab);
    assert(sampler->n_parts == rft_draw_n_parts(sampler->vocab));
    for (uint32_t part = 0; part < w->n_parts; part++) {
        struct rft_node node;
        node_begin(e, &node, RFT_OP_draw);
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
            .inverse_dim_bits = inverse_bits(e->norm.dim),
            .eps_bits = RFT_BITS(e->norm.eps),
            .cap_bits = RFT_BITS(cap),
            .inverse_cap_bits = inverse_cap_bits(cap),
            .format = w->format,
        };
        node_end(e, &node, &args, sizeof args);
    }
}

void emit_score(struct rft_emit *e, const struct rft_sampler *sampler)
{
    struct rft_node node;
    const uint32_t n_parts = rft_sample_n_parts(sampler->vocab);
    node_begin(e, &node, RFT_OP_score);
    struct rft_args_score args = {
        .batch = e->batch.address,
        .rows = e->rows.address,
        .logits = reads(&node, sampler->logits, rows_of(e, sampler->vocab, 4)),
        .mask = reads(&node, sampler->mask, mask_bytes(sampler)),
        .scores = writes(&node, sampler->scores, rows_of(e, n_parts, sizeof(struct rft_score))),
        .vocab = sampler->vocab,
        .n_parts = n_parts,
    };
    node_end(e, &node, &args, sizeof args);
}

void emit_advance(struct rft_emit *e, const struct rft_sampler *sampler, const struct rft_sampling *sampling)
{
    struct rft_node node;
    const uint32_t n_scores = rft_sample_n_parts(sampler->vocab);
    node_begin(e, &node, RFT_OP_advance);
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
    if (sampling->is_scored) {
        args.logits = reads(&node, sampler->logits, rows_of(e, sampler->vocab, 4));
        args.scores = reads(&node, sampler->scores, rows_of(e, n_scores, sizeof(struct rft_score)));
        args.logprobs = writes(&node, sampler->logprobs, rows_of(e, sampler->tokens_stride, 4));
        args.vocab = sampler->vocab;
        args.n_scores = n_scores;
    }
    node_end(e, &node, &args, sizeof args);
}
