/* SPDX-License-Identifier: MIT */
#include "decode.h"

#include <stdio.h>

uint64_t rft_kv_page_bytes(const struct rft_model_config *config)
{
    return (uint64_t)config->n_kv_heads * 2 * RFT_PAGE_TOKENS * config->head_dim * 2;
}

static struct rft_emit begin(const struct rft_weights *weights, const struct rft_decode_buffers *b, struct rft_program *program)
{
    const struct rft_model_config *c = &weights->config;
    return (struct rft_emit){.program = program,
                             .n_rows = b->n_rows,
                             .weight_tile = weights->tile,
                             .n_heads = c->n_heads,
                             .n_kv_heads = c->n_kv_heads,
                             .head_dim = c->head_dim,
                             .batch = b->batch,
                             .rows = b->rows,
                             .tables = b->tables};
}

/* The layer's part of a pool of pages. */
static struct rft_range layer_of(struct rft_range pages, uint32_t layer, uint32_t n_layers)
{
    uint64_t bytes = pages.bytes / n_layers;
    return (struct rft_range){pages.address + layer * bytes, bytes};
}

static void emit_layer(struct rft_emit *e, const struct rft_weights *weights, uint32_t layer, const struct rft_decode_buffers *b)
{
    const struct rft_model_config *c = &weights->config;
    const struct rft_weight *w = rft_weights_layer(weights, layer, RFT_LAYER_ATTN_NORM);
    const struct rft_kv_layer kv = {layer_of(b->prompt_kv, layer, c->n_layers), layer_of(b->own_kv, layer, c->n_layers)};
    emit_rms_norm(e, b->h, b->x, w[RFT_LAYER_ATTN_NORM].matrix.range, c->dim, c->norm_eps);
    emit_matmul(e, b->qkv, b->h, &w[RFT_LAYER_QKV].matrix, 0);
    emit_rope_kv(e, b->q, b->qkv, weights->cos_sin, &kv);
    emit_attention(e, b->attended, b->q, &kv, b->scratch, b->scratch_floats);
    emit_matmul(e, b->x, b->attended, &w[RFT_LAYER_O].matrix, RFT_MATMUL_ADD);
    emit_rms_norm(e, b->h, b->x, w[RFT_LAYER_FFN_NORM].matrix.range, c->dim, c->norm_eps);
    emit_matmul(e, b->gate_up, b->h, &w[RFT_LAYER_GATE_UP].matrix, 0);
    emit_silu_mul(e, b->act, b->gate_up, c->ffn_dim);
    emit_matmul(e, b->x, b->act, &w[RFT_LAYER_DOWN].matrix, RFT_MATMUL_ADD);
}

/* From the rows' tokens to their final hidden states. */
static void emit_body(struct rft_emit *e, const struct rft_weights *weights, const struct rft_decode_buffers *b)
{
    char label[24];
    e->label = "input";
    emit_embed(e, b->x, &rft_weights_embedding(weights)->matrix);
    for (uint32_t layer = 0; layer < weights->config.n_layers; layer++) {
        snprintf(label, sizeof label, "layer %u", layer);
        e->label = label;
        emit_layer(e, weights, layer, b);
    }
    e->label = "output";
    emit_rms_norm(e, b->h, b->x, rft_weights_final_norm(weights)->matrix.range, weights->config.dim, weights->config.norm_eps);
}

enum rft_status rft_decode_prefill(const struct rft_weights *weights, const struct rft_decode_buffers *buffers,
                                   struct rft_program *program)
{
    struct rft_emit e = begin(weights, buffers, program);
    program->name = "prefill";
    emit_body(&e, weights, buffers);
    return e.status;
}

enum rft_status rft_decode_step(const struct rft_weights *weights, const struct rft_decode_buffers *buffers,
                                const struct rft_sampler *sampler, const struct rft_sampling *sampling,
                                struct rft_program *program)
{
    struct rft_emit e = begin(weights, buffers, program);
    program->name = "step";
    e.label = "draw";
    emit_matmul(&e, sampler->logits, buffers->h, &rft_weights_head(weights)->matrix, 0);
    if (rft_sampling_is_filtered(sampling))
        emit_filter(&e, sampler, sampling);
    emit_sample(&e, sampler, sampling);
    emit_advance(&e, sampler);
    emit_body(&e, weights, buffers);
    return e.status;
}

enum rft_status rft_decode_logits(const struct rft_weights *weights, const struct rft_decode_buffers *buffers,
                                  struct rft_range logits, struct rft_program *program)
{
    struct rft_emit e = begin(weights, buffers, program);
    program->name = "logits";
    e.label = "head";
    emit_matmul(&e, logits, buffers->h, &rft_weights_head(weights)->matrix, 0);
    return e.status;
}
