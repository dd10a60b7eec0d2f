/* SPDX-License-Identifier: MIT */
#include "decode.h"

#include "host_math.h"

#include <stdio.h>

uint64_t rft_kv_page_bytes(const struct rft_model_config *config)
{
    return (uint64_t)config->n_kv_heads * 2 * RFT_PAGE_TOKENS * config->head_dim * 2;
}

/* The stream is kept as if what layers add to it were not scaled: only its size changes by that, which no norm sees but
 * for its eps. */
static double stream_scale(const struct rft_model_config *c)
{
    return c->residual_scale != 0.0 ? c->residual_scale : 1.0;
}

static struct rft_emit begin(const struct rft_weights *weights, const struct rft_decode_buffers *b,
                             struct rft_program *program)
{
    const struct rft_model_config *c = &weights->config;
    const double scale = stream_scale(c);
    return (struct rft_emit){.program = program,
                             .n_rows = b->n_rows,
                             .n_heads = c->n_heads,
                             .n_kv_heads = c->n_kv_heads,
                             .head_dim = c->head_dim,
                             .norm = {c->dim, (float)((double)c->norm_eps / (scale * scale)), c->norm_eps},
                             .batch = b->batch,
                             .rows = b->rows,
                             .tables = b->tables};
}

static struct rft_range range_of(const struct rft_weight *w)
{
    return w->matrix.parts[0];
}

static bool has_integers(const struct rft_weight *w)
{
    return w->bytes != 0 && w->matrix.format != RFT_FORMAT_BF16;
}

/* What reads the stream first in a layer; behind the last layer, the head. */
static struct rft_next first_of(const struct rft_weights *weights, uint32_t layer)
{
    if (layer == weights->config.n_layers)
        return (struct rft_next){range_of(rft_weights_final_norm(weights)),
                                 rft_weights_head(weights)->matrix.format != RFT_FORMAT_BF16};
    const struct rft_weight *w = rft_weights_layer(weights, layer, RFT_LAYER_ATTN_NORM);
    return (struct rft_next){range_of(&w[RFT_LAYER_ATTN_NORM]), has_integers(&w[RFT_LAYER_QKV]) ||
                                                                    has_integers(&w[RFT_LAYER_QKV_SECOND]) ||
                                                                    has_integers(&w[RFT_LAYER_QKV_THIRD])};
}

/* A matrix of a layer, with its bias. */
static struct rft_linear linear_of(const struct rft_weights *weights, const struct rft_weight *layer,
                                   enum rft_layer_weight matrix, enum rft_layer_weight bias)
{
    return (struct rft_linear){.matrix = &layer[matrix].matrix,
                               .bias = range_of(&layer[bias]),
                               .is_normed = !rft_model_has(&weights->config, RFT_PART_NO_PRE_NORMS)};
}

/* One of the matrices of q, k and v, with its part of the bias; no rows: there is none. */
static struct rft_linear qkv_of(const struct rft_weights *weights, const struct rft_weight *layer,
                                enum rft_layer_weight matrix)
{
    const struct rft_weight *w = &layer[matrix];
    struct rft_linear linear = linear_of(weights, layer, matrix, RFT_LAYER_QKV_BIAS);
    linear.first = w->first;
    linear.n_all = (weights->config.n_heads + 2 * weights->config.n_kv_heads) * weights->config.head_dim;
    if (linear.bias.bytes != 0) {
        linear.bias.address += (uint64_t)w->first * 4;
        linear.bias.bytes -= (uint64_t)w->first * 4;
    }
    return linear;
}

/* Queries, keys and values; where they are normed, a head must be whole first. */
static void emit_heads_of(struct rft_emit *e, const struct rft_weights *weights, uint32_t layer,
                          const struct rft_decode_buffers *b, const struct rft_kv_layer *kv)
{
    const struct rft_model_config *c = &weights->config;
    const struct rft_weight *w = rft_weights_layer(weights, layer, RFT_LAYER_ATTN_NORM);
    const struct rft_rotation rotation = rft_weights_rotation(weights, layer);
    const struct rft_heads_norm norm = {range_of(&w[RFT_LAYER_QK_NORM]), c->norm_eps,
                                        rft_model_has(c, RFT_PART_QK_NORM_WIDE)};
    for (enum rft_layer_weight part = RFT_LAYER_QKV; part <= RFT_LAYER_QKV_THIRD; part++) {
        const struct rft_linear qkv = qkv_of(weights, w, part);
        if (w[part].bytes != 0 && norm.weight.bytes == 0)
            emit_qkv(e, b->q, b->h, &qkv, &rotation, kv);
        else if (w[part].bytes != 0)
            emit_project(e, b->heads, b->h, &qkv, 0.0f);
    }
    if (norm.weight.bytes != 0)
        emit_heads(e, b->q, b->heads, &norm, &rotation, kv);
}

/* What a matrix gives joins the stream, through a norm where there is one behind it. */
static void emit_join(struct rft_emit *e, const struct rft_decode_buffers *b, struct rft_range y,
                      const struct rft_linear *w, const struct rft_weight *post_norm, const struct rft_next *next)
{
    if (post_norm->bytes == 0) {
        emit_residual(e, b->x, b->h, y, w, next);
        return;
    }
    emit_residual_alone(e, b->alone, b->h, y, w, range_of(post_norm));
    emit_post_norm(e, b->x, b->h, b->alone, range_of(post_norm), next);
}

static void emit_layer(struct rft_emit *e, const struct rft_weights *weights, uint32_t layer,
                       const struct rft_decode_buffers *b)
{
    const struct rft_model_config *c = &weights->config;
    const struct rft_weight *w = rft_weights_layer(weights, layer, RFT_LAYER_ATTN_NORM);
    const struct rft_range none = {0, 0};
    const struct rft_kv_layer kv = {b->prompt_kv[layer], b->own_kv != NULL ? b->own_kv[layer] : none};
    const struct rft_linear o = linear_of(weights, w, RFT_LAYER_O, RFT_LAYER_O_BIAS),
                            gate_up = linear_of(weights, w, RFT_LAYER_GATE_UP, RFT_LAYER_GATE_UP_BIAS),
                            down = linear_of(weights, w, RFT_LAYER_DOWN, RFT_LAYER_DOWN_BIAS);
    const struct rft_attention_shape shape = {
        (float)(c->attention_scale != 0.0 ? c->attention_scale : rft_host_inverse_sqrt(c->head_dim)),
        (float)c->score_cap, c->is_windowed[layer] ? c->window : RFT_NO_WINDOW, has_integers(&w[RFT_LAYER_O])};
    const struct rft_next ffn = {range_of(&w[RFT_LAYER_FFN_NORM]), has_integers(&w[RFT_LAYER_GATE_UP])},
                          next = first_of(weights, layer + 1);
    emit_heads_of(e, weights, layer, b, &kv);
    emit_attention(e, b->attended, b->q, &kv, &shape, b->scratch, b->scratch_floats);
    emit_join(e, b, b->attended, &o, &w[RFT_LAYER_POST_ATTN_NORM], &ffn);
    emit_gate_up(e, b->act, b->h, &gate_up, c->act, has_integers(&w[RFT_LAYER_DOWN]));
    emit_join(e, b, b->act, &down, &w[RFT_LAYER_POST_FFN_NORM], &next);
}

/* From the rows' tokens to their final hidden states. */
static void emit_body(struct rft_emit *e, const struct rft_weights *weights, const struct rft_decode_buffers *b)
{
    const struct rft_model_config *c = &weights->config;
    const struct rft_next first = first_of(weights, 0);
    char label[24];
    e->label = "input";
    emit_embed(e, b->x, b->h, &rft_weights_embedding(weights)->matrix,
               (float)((c->embedding_scale != 0.0 ? c->embedding_scale : 1.0) / stream_scale(c)), &first);
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

static struct rft_linear head_of(const struct rft_weights *weights)
{
    return (struct rft_linear){.matrix = &rft_weights_head(weights)->matrix, .is_normed = true};
}

/* From the rows' final hidden states to their next tokens. Logits lie in memory only if a filter or a score must
 * see them all. */
static void emit_token(struct rft_emit *e, const struct rft_weights *weights, const struct rft_decode_buffers *b,
                       const struct rft_sampler *sampler, const struct rft_sampling *sampling)
{
    const struct rft_linear head = head_of(weights);
    const float cap = (float)weights->config.logit_cap;
    e->label = "draw";
    if (rft_sampling_has_logits(sampling)) {
        emit_project(e, sampler->logits, b->h, &head, cap);
        if (rft_sampling_is_filtered(sampling))
            emit_filter(e, sampler, sampling);
        emit_sample(e, sampler, sampling);
        if (sampling->is_scored)
            emit_score(e, sampler);
    } else {
        emit_draw(e, sampler, b->h, head.matrix, cap);
    }
    emit_advance(e, sampler, sampling);
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
    const struct rft_linear head = head_of(weights);
    program->name = "logits";
    e.label = "head";
    emit_project(&e, logits, buffers->h, &head, (float)weights->config.logit_cap);
    return e.status;
}
