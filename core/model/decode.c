/* SPDX-License-Identifier: MIT */
#include "decode.h"
#include "arith.h"

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
                             .norm = {c->dim, c->norm_eps, c->norm_eps},
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

static float scale_of(uint32_t n)
{
    double y = (double)rft_rsqrt((float)n);
    for (int step = 0; step < 4; step++)
        y = y * (1.5 - 0.5 * n * y * y);
    return (float)y;
}

static void emit_layer(struct rft_emit *e, const struct rft_weights *weights, uint32_t layer,
                       const struct rft_decode_buffers *b)
{
    const struct rft_weight *w = rft_weights_layer(weights, layer, RFT_LAYER_ATTN_NORM);
    const struct rft_range none = {0, 0};
    const struct rft_kv_layer kv = {b->prompt_kv[layer], b->own_kv != NULL ? b->own_kv[layer] : none};
    const struct rft_linear qkv = {&w[RFT_LAYER_QKV].matrix, none, true}, o = {&w[RFT_LAYER_O].matrix, none, false};
    const struct rft_linear gu = {&w[RFT_LAYER_GATE_UP].matrix, none, true},
                            down = {&w[RFT_LAYER_DOWN].matrix, none, false};
    const struct rft_rotation rot = {weights->cos_sin, weights->cos_sin};
    const struct rft_attention_shape shape = {scale_of(weights->config.head_dim), 0, RFT_NO_WINDOW};
    emit_qkv(e, b->q, b->h, &qkv, &rot, &kv);
    emit_attention(e, b->attended, b->q, &kv, &shape, b->scratch, b->scratch_floats);
    emit_residual(e, b->x, b->h, b->attended, &o, w[RFT_LAYER_FFN_NORM].matrix.parts[0]);
    emit_gate_up(e, b->act, b->h, &gu, RFT_ACT_SILU);
    emit_residual(e, b->x, b->h, b->act, &down, first_norm(weights, layer + 1));
}

/* From the rows' tokens to their final hidden states. */
static void emit_body(struct rft_emit *e, const struct rft_weights *weights, const struct rft_decode_buffers *b)
{
    char label[24];
    e->label = "input";
    emit_embed(e, b->x, b->h, &rft_weights_embedding(weights)->matrix, 1.0f, first_norm(weights, 0));
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
        emit_project(e, sampler->logits, b->h, &(struct rft_linear){head, {0, 0}, true}, 0);
        emit_filter(e, sampler, sampling);
        emit_sample(e, sampler, sampling);
    } else {
        emit_draw(e, sampler, sampling, b->h, head, 0);
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
    emit_project(&e, logits, buffers->h, &(struct rft_linear){&rft_weights_head(weights)->matrix, {0, 0}, true}, 0);
    return e.status;
}
