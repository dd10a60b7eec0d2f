/* SPDX-License-Identifier: MIT */
#include "weights.h"

#include "alloc.h"
#include "arith.h"
#include "log.h"

#include <stdio.h>
#include <string.h>

enum { EMBEDDING, FINAL_NORM, HEAD, FIRST_LAYER };

void rft_weight_name(const struct rft_weight *weight, uint32_t part, char name[RFT_WEIGHT_NAME_BYTES])
{
    const char *format = weight->parts[part].name_format;
    const char *mark = strstr(format, "{}");
    if (mark == NULL)
        snprintf(name, RFT_WEIGHT_NAME_BYTES, "%s", format);
    else
        snprintf(name, RFT_WEIGHT_NAME_BYTES, "%.*s%u%s", (int)(mark - format), format, weight->layer, mark + 2);
}

static uint64_t n_tiles(uint32_t n)
{
    return ((uint64_t)n + RFT_TILE - 1) / RFT_TILE;
}

static uint64_t tile_bytes(uint32_t k)
{
    return rft_packed_bytes(RFT_TILE, k);
}

static void add_vector(struct rft_weights *weights, uint32_t layer, const char *name, uint32_t n)
{
    struct rft_weight *w = &weights->weights[weights->n++];
    *w = (struct rft_weight){
        .matrix = {.n = 1, .k = n}, .is_vector = true, .layer = layer, .n_parts = 1, .bytes = (uint64_t)n * 4};
    w->parts[0].name_format = name;
    w->parts[0].n = 1;
}

static struct rft_weight *add_matrix(struct rft_weights *weights, uint32_t layer, uint32_t k)
{
    struct rft_weight *w = &weights->weights[weights->n++];
    *w = (struct rft_weight){.matrix = {.n = 0, .k = k}, .layer = layer};
    return w;
}

static void add_part(struct rft_weight *w, const char *name, uint32_t n)
{
    w->parts[w->n_parts].name_format = name;
    w->parts[w->n_parts++].n = n;
    w->matrix.n += n;
    w->bytes = n_tiles(w->matrix.n) * tile_bytes(w->matrix.k);
}

static void add_layer(struct rft_weights *weights, uint32_t layer)
{
    const struct rft_model_config *c = &weights->config;
    struct rft_weight *w;
    add_vector(weights, layer, "model.layers.{}.input_layernorm.weight", c->dim);
    w = add_matrix(weights, layer, c->dim);
    add_part(w, "model.layers.{}.self_attn.q_proj.weight", c->n_heads * c->head_dim);
    add_part(w, "model.layers.{}.self_attn.k_proj.weight", c->n_kv_heads * c->head_dim);
    w->n_paired = w->matrix.n;
    w->half = c->head_dim / 2;
    add_part(w, "model.layers.{}.self_attn.v_proj.weight", c->n_kv_heads * c->head_dim);
    w = add_matrix(weights, layer, c->n_heads * c->head_dim);
    add_part(w, "model.layers.{}.self_attn.o_proj.weight", c->dim);
    add_vector(weights, layer, "model.layers.{}.post_attention_layernorm.weight", c->dim);
    w = add_matrix(weights, layer, c->dim);
    add_part(w, "model.layers.{}.mlp.gate_proj.weight", c->ffn_dim);
    add_part(w, "model.layers.{}.mlp.up_proj.weight", c->ffn_dim);
    w->n_paired = w->matrix.n;
    w->half = c->ffn_dim;
    w = add_matrix(weights, layer, c->ffn_dim);
    add_part(w, "model.layers.{}.mlp.down_proj.weight", c->dim);
}

enum rft_status rft_weights_init(struct rft_weights *weights, const struct rft_model_config *config,
                                 uint32_t n_positions)
{
    struct rft_weight *w;
    *weights = (struct rft_weights){.config = *config, .n_positions = n_positions};
    weights->weights =
        rft_alloc(FIRST_LAYER + (size_t)config->n_layers * RFT_LAYER_WEIGHT_COUNT, sizeof *weights->weights);
    if (weights->weights == NULL)
        return RFT_ERR_HOST_MEMORY;
    weights->cos_sin_bytes = (uint64_t)n_positions * config->head_dim * 4;
    w = add_matrix(weights, 0, config->dim);
    add_part(w, "model.embed_tokens.weight", config->vocab_size);
    add_vector(weights, 0, "model.norm.weight", config->dim);
    w = add_matrix(weights, 0, config->dim);
    add_part(w, "lm_head.weight", config->vocab_size);
    if (config->tied)
        w->bytes = 0; /* never stored: rft_weights_head gives the embedding */
    for (uint32_t layer = 0; layer < config->n_layers; layer++)
        add_layer(weights, layer);
    return RFT_OK;
}

void rft_weights_finish(struct rft_weights *weights)
{
    rft_free(weights->weights);
    *weights = (struct rft_weights){0};
}

const struct rft_weight *rft_weights_embedding(const struct rft_weights *weights)
{
    return &weights->weights[EMBEDDING];
}

const struct rft_weight *rft_weights_final_norm(const struct rft_weights *weights)
{
    return &weights->weights[FINAL_NORM];
}

const struct rft_weight *rft_weights_head(const struct rft_weights *weights)
{
    return &weights->weights[weights->config.tied ? EMBEDDING : HEAD];
}

const struct rft_weight *rft_weights_layer(const struct rft_weights *weights, uint32_t layer,
                                           enum rft_layer_weight which)
{
    return &weights->weights[FIRST_LAYER + (size_t)layer * RFT_LAYER_WEIGHT_COUNT + which];
}

uint64_t rft_weight_n_units(const struct rft_weight *weight)
{
    return weight->bytes == 0 ? 0 : weight->is_vector ? 1 : n_tiles(weight->matrix.n);
}

uint64_t rft_weight_unit_bytes(const struct rft_weight *weight)
{
    return weight->is_vector ? weight->bytes : tile_bytes(weight->matrix.k);
}

static enum rft_status refuse_bad(const struct rft_checkpoint *checkpoint, const char *name)
{
    rft_log_error(
        "%s: tensor %s holds a value that is not finite or at least 2^60 in magnitude; the checkpoint is damaged",
        checkpoint->path, name);
    return RFT_ERR_INPUT;
}

static enum rft_status pack_vector(const struct rft_weight *weight, const struct rft_checkpoint *checkpoint,
                                   const struct rft_tensor *tensor, float *dst, uint64_t *n_zeroed)
{
    rft_tensor_rows_f32(tensor, 0, 1, dst);
    for (uint32_t i = 0; i < weight->matrix.k; i++) {
        if (rft_is_bad(dst[i]))
            return refuse_bad(checkpoint, tensor->name);
        *n_zeroed += dst[i] != 0.0f && rft_flush(dst[i]) == 0.0f;
        dst[i] = rft_flush(dst[i]);
    }
    return RFT_OK;
}

/* Packs one row of a matrix into its column of the tile. */
static void pack_row(const float *values, uint32_t k, uint32_t *dst, struct rft_round_counts *counts)
{
    for (uint32_t i = 0; i < k; i += 2) {
        uint32_t low = rft_bf16_round(values[i], counts);
        uint32_t high = i + 1 < k ? rft_bf16_round(values[i + 1], counts) : 0;
        dst[(size_t)(i / 2) * RFT_TILE] = low | high << 16;
    }
}

/* Which row of the stacked tensors is packed as this one. */
static uint64_t source_row(const struct rft_weight *weight, uint64_t row)
{
    uint64_t group, in_group;
    if (row >= weight->n_paired)
        return row;
    group = row / (2 * (uint64_t)weight->half);
    in_group = row % (2 * (uint64_t)weight->half);
    return group * 2 * weight->half + in_group / 2 % 2 * weight->half + in_group / 4 * 2 + in_group % 2;
}

/* The tensors that a matrix is stacked from. */
struct parts {
    const struct rft_tensor *tensors[RFT_WEIGHT_PARTS_MAX];
};

static struct parts find_parts(const struct rft_weight *weight, const struct rft_checkpoint *checkpoint)
{
    struct parts parts = {{NULL}};
    char name[RFT_WEIGHT_NAME_BYTES];
    for (uint32_t part = 0; part < weight->n_parts; part++) {
        rft_weight_name(weight, part, name);
        parts.tensors[part] = rft_checkpoint_find(checkpoint, name);
    }
    return parts;
}

static enum rft_status pack_tile(const struct rft_weight *weight, const struct rft_checkpoint *checkpoint,
                                 const struct parts *parts, uint64_t unit, float *values, uint32_t *dst,
                                 uint64_t *n_zeroed)
{
    uint64_t row_0 = unit * RFT_TILE;
    memset(dst, 0, (size_t)rft_weight_unit_bytes(weight));
    for (uint32_t i = 0; i < RFT_TILE && row_0 + i < weight->matrix.n; i++) {
        uint64_t row = source_row(weight, row_0 + i);
        uint32_t part = 0;
        struct rft_round_counts counts = {0, 0};
        while (row >= weight->parts[part].n)
            row -= weight->parts[part++].n;
        rft_tensor_rows_f32(parts->tensors[part], row, 1, values);
        pack_row(values, weight->matrix.k, dst + i, &counts);
        if (counts.n_bad != 0)
            return refuse_bad(checkpoint, parts->tensors[part]->name);
        *n_zeroed += counts.n_zeroed;
    }
    return RFT_OK;
}

enum rft_status rft_weight_pack(const struct rft_weight *weight, const struct rft_checkpoint *checkpoint,
                                uint64_t unit_0, uint64_t n_units, void *dst, uint64_t *n_zeroed)
{
    struct parts parts = find_parts(weight, checkpoint);
    enum rft_status status = RFT_OK;
    float *values;
    if (weight->is_vector)
        return pack_vector(weight, checkpoint, parts.tensors[0], dst, n_zeroed);
    values = rft_alloc(weight->matrix.k, sizeof *values);
    if (values == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (uint64_t i = 0; i < n_units && status == RFT_OK; i++) {
        uint8_t *tile = (uint8_t *)dst + i * rft_weight_unit_bytes(weight);
        status = pack_tile(weight, checkpoint, &parts, unit_0 + i, values, (uint32_t *)(void *)tile, n_zeroed);
    }
    rft_free(values);
    return status;
}
