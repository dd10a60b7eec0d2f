/* SPDX-License-Identifier: MIT */
#include "decode.h"

#include <stdio.h>

uint64_t rft_kv_page_bytes(const struct rft_model_config *config)
{
    return (uint64_t)config->n_kv_heads * 2 * RFT_PAGE_TOKENS * config->head_dim * 2;
}

static struct rft_emit begin(const struct rft_weights *weights, const struct rft_decode_buffers *b,
                             struct rft_program *program)
{
    const struct rft_model_config *c = &weights->config;
    return (struct rft_emit){.program = program,
                             .n_rows = b->n_rows,
                             .n_heads = c->n_heads,
                             .n_kv_heads = c->n_kv_heads,
                             .head_dim = c->head_dim,
                             .norm = {c->dim, c->norm_eps},
                             .batch = b->batch,
                             .rows = b->rows,
                             .tables = b->tables};
}

/* The weight of a layer's first norm; behind the last layer, of the final norm. */
static struct rft_range first_norm(const struct rft_weights *weights, uint32_t layer)
{
    const struct rft_weight *w = layer < weights->config.n_layers
                                     ? rft_weights_layer(weights, layer, RFT_LAYER_ATTN_NORM)
                                     : rft_weights_final_norm(weights);
    return w->matrix.parts[0];
}

static void emit_layer(struct rft_emit *e, const struct rft_weights *weights, uint32_t layer,
                       const struct rft_decode_buffers *b)
{
    const struct rft_weight *w = rft_weights_layer(weights, layer, RFT_LAYER_ATTN_NORM);
    const struct rft_range none = {0, 0};
    const struct rft_kv_layer kv = {b->prompt_kv[layer], b->own_kv != NULL ? b->own_kv[layer] : none};
    emit_qkv(e, b->q, b->h, &w[RFT_LAYER_QKV].matrix, weights->cos_sin, &kv);
    emit_attention(e, b->attended, b->q, &kv, b->scratch, b->scratch_floats);
    emit_residual(e, b->x, b->h, b->attended, &w[RFT_LAYER_O].matrix, w[RFT_LAYER_FFN_NORM].matrix.parts[0]);
    emit_gate_up(e, b->act, b->h, &w[RFT_LAYER_GATE_UP].matrix);
    emit_residual(e, b->x, b->h, b->act, &w[RFT_LAYER_DOWN].matrix, first_norm(weights, layer + 1));
}

/* From the rows' tokens to their final hidden states. */
static void emit_body(struct rft_emit *e, const struct rft_weights *weights, const struct rft_decode_buffers *b)
{
    char label[24];
    e->label = "input";
    emit_embed(e, b->x, b->h, &rft_weights_embedding(weights)->matrix, first_norm(weights, 0));
    for (uint32_t layer = 0; layer < weights->config.n_layers; layer++) {
        snprintf(label, sizeof label, "layer %u", layer);
        e->label = label;
        emit_layer(e, weights, layer, b);
    }
}

enum rft_status rft_decode_prefill(const struct rft_weights *weights, const struct rft_decode_buffers *buffers,
                                   struct rft_program *program)
{
    struct rft_emit e = begin(weights, buffers, program);
    program->name = "prefill";
    emit_body(&e, weights, buffers);
    return e.status;
}

/* From the rows' final hidden states to their next tokens. Logits lie in memory only if a filter must see them all. */
static void emit_token(struct rft_emit *e, const struct rft_weights *weights, const struct rft_decode_buffers *b,
                       const struct rft_sampler *sampler, const struct rft_sampling *sampling)
{
    const struct rft_matrix *head = &rft_weights_head(weights)->matrix;
    e->label = "draw";
    if (rft_sampling_is_filtered(sampling)) {
        emit_logits(e, sampler->logits, b->h, head);
        emit_filter(e, sampler, sampling);
        emit_sample(e, sampler, sampling);
    } else {
        emit_draw(e, sampler, sampling, b->h, head);
    }
    emit_advance(e, sampler);
}

enum rft_status rft_decode_step(const struct rft_weights *weights, const struct rft_decode_buffers *buffers,
                                const struct rft_sampler *sampler, const struct rft_sampling *sampling,
                                struct rft_program *program)
{
    struct rft_emit e = begin(weights, buffers, program);
    program->name = "step";
    emit_token(&e, weights, buffers, sampler, sampling);
    emit_body(&e, weights, buffers);
    return e.status;
}

enum rft_status rft_decode_logits(const struct rft_weights *weights, const struct rft_decode_buffers *buffers,
                                  struct rft_range logits, struct rft_program *program)
{
    struct rft_emit e = begin(weights, buffers, program);
    program->name = "logits";
    e.label = "head";
    emit_logits(&e, logits, buffers->h, &rft_weights_head(weights)->matrix);
    return e.status;
}
