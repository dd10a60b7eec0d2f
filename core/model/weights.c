/* SPDX-License-Identifier: MIT */
#include "weights.h"

#include "alloc.h"
#include "arith.h"
#include "log.h"
#include "packed_row.h"

#include <stdio.h>
#include <string.h>

enum { EMBEDDING, FINAL_NORM, HEAD, FIRST_LAYER };

void rft_weight_name(const struct rft_weight *weight, uint32_t part, char name[RFT_TENSOR_NAME_BYTES])
{
    rft_role_name(weight->model_parts, weight->parts[part].role, weight->layer, name);
}

static uint64_t n_tiles(uint32_t n)
{
    return ((uint64_t)n + RFT_TILE - 1) / RFT_TILE;
}

static uint64_t tile_bytes(const struct rft_matrix *matrix)
{
    return rft_packed_bytes(RFT_TILE, matrix->k, matrix->format);
}

static struct rft_weight *add_weight(struct rft_weights *weights, uint32_t layer, bool is_vector, uint32_t k)
{
    struct rft_weight *w = &weights->weights[weights->n++];
    *w = (struct rft_weight){.matrix = {.n = is_vector ? 1 : 0, .k = k},
                             .is_vector = is_vector,
                             .layer = layer,
                             .head_dim = weights->config.head_dim,
                             .n_rotated = weights->config.n_rotated,
                             .model_parts = weights->config.parts,
                             .scale = 1.0f};
    return w;
}

/* Stacks rows of a tensor, from `first` on. */
static void add_rows(struct rft_weight *w, enum rft_role role, uint32_t first, uint32_t n, uint32_t n_copies)
{
    w->parts[w->n_parts++] = (struct rft_weight_part){role, first, n, n_copies};
    if (w->is_vector) {
        w->matrix.k += n * n_copies;
        w->bytes = n_tiles(w->matrix.k) * RFT_TILE * 4;
    } else {
        w->matrix.n += n;
        w->bytes = n_tiles(w->matrix.n) * tile_bytes(&w->matrix);
    }
}

/* A norm's weight. Where there is no norm, ones; is_wanted: whether kernels read it. */
static struct rft_weight *add_norm(struct rft_weights *weights, uint32_t layer, enum rft_role role, bool is_there,
                                   bool is_wanted)
{
    const struct rft_model_config *c = &weights->config;
    struct rft_weight *w = add_weight(weights, layer, true, 0);
    if (is_there)
        add_rows(w, role, 0, c->dim, 1);
    w->matrix.k = c->dim;
    w->bytes = is_wanted ? (uint64_t)c->dim * 4 : 0;
    w->add = rft_model_has(c, RFT_PART_NORM_PLUS_ONE) ? 1.0f : 0.0f;
    return w;
}

static struct rft_weight *add_matrix(struct rft_weights *weights, uint32_t layer, uint32_t k, uint32_t format)
{
    struct rft_weight *w = add_weight(weights, layer, false, k);
    w->matrix.format = format;
    return w;
}

/* Those of q, k and v (0, 1, 2) from part_0 to before part_1, or their biases: of one tensor, or of three. */
static void add_qkv_rows(const struct rft_model_config *c, struct rft_weight *w, bool is_bias, uint32_t part_0,
                         uint32_t part_1)
{
    const uint32_t q = c->n_heads * c->head_dim, kv = c->n_kv_heads * c->head_dim;
    const uint32_t starts[] = {0, q, q + kv}, sizes[] = {q, kv, kv};
    uint32_t n_turned = 0;
    for (uint32_t i = part_0; i < part_1; i++) {
        enum rft_role role = (enum rft_role)((is_bias ? RFT_ROLE_Q_BIAS : RFT_ROLE_Q) + i);
        bool is_fused = rft_model_has(c, RFT_PART_FUSED_QKV);
        if (is_fused)
            role = is_bias ? RFT_ROLE_QKV_BIAS : RFT_ROLE_QKV;
        add_rows(w, role, is_fused ? starts[i] : 0, sizes[i], 1);
        n_turned += i < 2 ? sizes[i] : 0;
    }
    w->first = part_0 < part_1 ? starts[part_0] : 0;
    w->n_turned = n_turned;
    if (!rft_model_has(c, RFT_PART_QK_NORM) && !rft_model_has(c, RFT_PART_QK_NORM_WIDE)) {
        w->n_paired = n_turned;
        w->half = c->head_dim / 2;
    }
}

/* A matrix for each run of neighbours of one format; three in all, of which some may be empty. */
static void add_qkv(struct rft_weights *weights, uint32_t layer)
{
    const struct rft_layer_formats *f = &weights->formats.layers[layer];
    const uint32_t formats[] = {f->q, f->k, f->v};
    for (uint32_t i = 0, part = 0; i < 3; i++) {
        const uint32_t first = part, format = formats[part < 3 ? part : 2];
        while (part < 3 && formats[part] == format)
            part++;
        add_qkv_rows(&weights->config, add_matrix(weights, layer, weights->config.dim, format), false, first, part);
    }
}

static void add_attention(struct rft_weights *weights, uint32_t layer)
{
    const struct rft_model_config *c = &weights->config;
    const struct rft_layer_formats *f = &weights->formats.layers[layer];
    struct rft_weight *w;
    add_norm(weights, layer, RFT_ROLE_ATTN_NORM, !rft_model_has(c, RFT_PART_NO_PRE_NORMS), true);
    add_qkv(weights, layer);
    w = add_weight(weights, layer, true, 0);
    if (rft_model_has(c, RFT_PART_QKV_BIAS))
        add_qkv_rows(c, w, true, 0, 3);
    w = add_weight(weights, layer, true, 0);
    w->add = rft_model_has(c, RFT_PART_NORM_PLUS_ONE) ? 1.0f : 0.0f;
    w->n_turned = (c->n_heads + c->n_kv_heads) * c->head_dim;
    if (rft_model_has(c, RFT_PART_QK_NORM)) {
        add_rows(w, RFT_ROLE_Q_NORM, 0, c->head_dim, c->n_heads);
        add_rows(w, RFT_ROLE_K_NORM, 0, c->head_dim, c->n_kv_heads);
    } else if (rft_model_has(c, RFT_PART_QK_NORM_WIDE)) {
        add_rows(w, RFT_ROLE_Q_NORM, 0, c->n_heads * c->head_dim, 1);
        add_rows(w, RFT_ROLE_K_NORM, 0, c->n_kv_heads * c->head_dim, 1);
    }
    add_rows(add_matrix(weights, layer, c->n_heads * c->head_dim, f->o), RFT_ROLE_O, 0, c->dim, 1);
    w = add_weight(weights, layer, true, 0);
    if (rft_model_has(c, RFT_PART_O_BIAS))
        add_rows(w, RFT_ROLE_O_BIAS, 0, c->dim, 1);
}

/* Gate above up, paired; or their biases. */
static void add_gate_up_rows(const struct rft_model_config *c, struct rft_weight *w, bool is_bias)
{
    const bool is_fused = rft_model_has(c, RFT_PART_FUSED_GATE_UP) && !is_bias;
    enum rft_role gate = is_bias ? RFT_ROLE_GATE_BIAS : RFT_ROLE_GATE, up = is_bias ? RFT_ROLE_UP_BIAS : RFT_ROLE_UP;
    if (is_fused)
        gate = up = RFT_ROLE_GATE_UP;
    add_rows(w, gate, 0, c->ffn_dim, 1);
    add_rows(w, up, is_fused ? c->ffn_dim : 0, c->ffn_dim, 1);
    w->n_paired = 2 * c->ffn_dim;
    w->half = c->ffn_dim;
}

static void add_layer(struct rft_weights *weights, uint32_t layer)
{
    const struct rft_model_config *c = &weights->config;
    const struct rft_layer_formats *f = &weights->formats.layers[layer];
    const bool has_post = rft_model_has(c, RFT_PART_POST_NORMS), has_bias = rft_model_has(c, RFT_PART_MLP_BIAS);
    struct rft_weight *w;
    add_attention(weights, layer);
    add_norm(weights, layer, RFT_ROLE_POST_ATTN_NORM, has_post, has_post);
    add_norm(weights, layer, RFT_ROLE_FFN_NORM, !rft_model_has(c, RFT_PART_NO_PRE_NORMS), true);
    add_gate_up_rows(c, add_matrix(weights, layer, c->dim, f->gate_up), false);
    w = add_weight(weights, layer, true, 0);
    if (has_bias)
        add_gate_up_rows(c, w, true);
    add_rows(add_matrix(weights, layer, c->ffn_dim, f->down), RFT_ROLE_DOWN, 0, c->dim, 1);
    w = add_weight(weights, layer, true, 0);
    if (has_bias)
        add_rows(w, RFT_ROLE_DOWN_BIAS, 0, c->dim, 1);
    add_norm(weights, layer, RFT_ROLE_POST_FFN_NORM, has_post, has_post);
}

/* The tables that layers are of; queries have one of their own only if their position counts. */
static void add_ropes(struct rft_weights *weights)
{
    const struct rft_model_config *c = &weights->config;
    const uint64_t bytes = (uint64_t)weights->n_positions * c->head_dim * 4 * (c->has_long_rope ? RFT_ROPE_SPANS : 1);
    for (uint32_t layer = 0; layer < c->n_layers; layer++)
        for (uint32_t is_query = 0; is_query < (c->query_beta != 0.0 ? 2u : 1u); is_query++)
            weights->ropes[2u * c->rope_set[layer] + is_query] =
                (struct rft_rope_place){(enum rft_rope_set)c->rope_set[layer], is_query != 0, bytes, {0, 0}};
}

enum rft_status rft_weights_init(struct rft_weights *weights, const struct rft_model_config *config,
                                 const struct rft_formats *formats, uint32_t n_positions)
{
    struct rft_weight *w;
    *weights = (struct rft_weights){.config = *config, .n_positions = n_positions};
    if (formats != NULL)
        weights->formats = *formats;
    weights->weights =
        rft_alloc(FIRST_LAYER + (size_t)config->n_layers * RFT_LAYER_WEIGHT_COUNT, sizeof *weights->weights);
    if (weights->weights == NULL)
        return RFT_ERR_HOST_MEMORY;
    add_ropes(weights);
    add_rows(add_matrix(weights, 0, config->dim, weights->formats.embedding), RFT_ROLE_EMBEDDING, 0, config->vocab_size,
             1);
    w = add_norm(weights, 0, RFT_ROLE_FINAL_NORM, true, true);
    if (config->logit_scale != 0.0)
        w->scale = (float)config->logit_scale;
    w = add_matrix(weights, 0, config->dim, weights->formats.head);
    add_rows(w, RFT_ROLE_HEAD, 0, config->vocab_size, 1);
    if (config->tied)
        w->bytes = 0; /* never stored: rft_weights_head gives the embedding */
    for (uint32_t layer = 0; layer < config->n_layers; layer++)
        add_layer(weights, layer);
    return RFT_OK;
}

struct rft_rotation rft_weights_rotation(const struct rft_weights *weights, uint32_t layer)
{
    const struct rft_rope_place *k = &weights->ropes[2u * weights->config.rope_set[layer]], *q = k + 1;
    return (struct rft_rotation){q->bytes != 0 ? q->range : k->range, k->range};
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
    return weight->is_vector ? weight->bytes : tile_bytes(&weight->matrix);
}

static enum rft_status refuse_bad(const struct rft_checkpoint *checkpoint, const char *name)
{
    rft_log_error(
        "%s: tensor %s holds a value that is not finite or at least 2^60 in magnitude; the checkpoint is damaged",
        checkpoint->path, name);
    return RFT_ERR_INPUT;
}

static enum rft_status refuse_large(const struct rft_checkpoint *checkpoint, const char *name)
{
    rft_log_error(
        "%s: tensor %s holds a value that is not finite, or above 8.3 million in magnitude, which integers of "
        "8 bits do not reach (model.compute = int8; bf16 does)",
        checkpoint->path, name);
    return RFT_ERR_INPUT;
}

/* Packs one row of a bf16 matrix into its column of the tile. */
static void pack_row(const float *values, uint32_t k, uint32_t *dst, struct rft_round_counts *counts)
{
    for (uint32_t i = 0; i < k; i += 2) {
        uint32_t low = rft_bf16_round(values[i], counts);
        uint32_t high = i + 1 < k ? rft_bf16_round(values[i + 1], counts) : 0;
        dst[(size_t)(i / 2) * RFT_TILE] = low | high << 16;
    }
}

/* Kernels rotate a head's dimensions i and i + head_dim / 2; a model that rotates only the first n_rotated pairs i and
 * i + n_rotated / 2, so that its dimensions are put into another order, the rest, which is not rotated, behind those in
 * either half. */
static uint64_t turned_row(const struct rft_weight *weight, uint64_t row)
{
    const uint64_t half = weight->head_dim / 2, n = weight->n_rotated / 2;
    const uint64_t in_head = row % weight->head_dim, i = in_head % half, upper = in_head / half;
    if (row >= weight->n_turned || n == half)
        return row;
    return row - in_head + (i < n ? upper * n + i : 2 * n + upper * (half - n) + i - n);
}

/* Which row of the stacked tensors is packed as this one. */
static uint64_t source_row(const struct rft_weight *weight, uint64_t row)
{
    uint64_t group, in_group;
    if (row >= weight->n_paired)
        return turned_row(weight, row);
    group = row / (2 * (uint64_t)weight->half);
    in_group = row % (2 * (uint64_t)weight->half);
    return turned_row(weight,
                      group * 2 * weight->half + in_group / 2 % 2 * weight->half + in_group / 4 * 2 + in_group % 2);
}

const struct rft_tensor *rft_weight_tensor(const struct rft_weight *weight, const struct rft_checkpoint *checkpoint,
                                           uint32_t part)
{
    char name[RFT_TENSOR_NAME_BYTES];
    rft_weight_name(weight, part, name);
    return rft_checkpoint_find(checkpoint, name);
}

/* The tensors that a matrix is stacked from. */
struct parts {
    const struct rft_tensor *tensors[RFT_WEIGHT_PARTS_MAX];
};

static struct parts find_parts(const struct rft_weight *weight, const struct rft_checkpoint *checkpoint)
{
    struct parts parts = {{NULL}};
    for (uint32_t part = 0; part < weight->n_parts; part++)
        parts.tensors[part] = rft_weight_tensor(weight, checkpoint, part);
    return parts;
}

/* The elements of a vector's tensors, one behind the other: values [matrix.k]. */
static void list_elements(const struct rft_weight *weight, const struct parts *parts, float *values)
{
    for (uint32_t part = 0; part < weight->n_parts; part++) {
        const uint32_t n = weight->parts[part].n;
        rft_tensor_rows_f32(parts->tensors[part], 0, 1, values);
        memmove(values, values + weight->parts[part].first, n * sizeof *values);
        for (uint32_t copy = 1; copy < weight->parts[part].n_copies; copy++)
            memcpy(values + (size_t)copy * n, values, n * sizeof *values);
        values += (size_t)n * weight->parts[part].n_copies;
    }
}

/* The tensor that an element of a vector is of. */
static uint32_t part_of(const struct rft_weight *weight, uint64_t element)
{
    uint64_t end = 0;
    uint32_t part = 0;
    while (element >= (end += (uint64_t)weight->parts[part].n * weight->parts[part].n_copies))
        part++;
    return part;
}

static enum rft_status pack_vector(const struct rft_weight *weight, const struct rft_checkpoint *checkpoint,
                                   const struct parts *parts, float *values, float *dst, uint64_t *n_zeroed)
{
    memset(dst, 0, (size_t)weight->bytes);
    list_elements(weight, parts, values);
    for (uint32_t i = 0; i < weight->matrix.k; i++) {
        const uint64_t source = source_row(weight, i);
        float v = weight->n_parts != 0 ? values[source] : 1.0f;
        if (rft_is_bad(v))
            return refuse_bad(checkpoint, parts->tensors[part_of(weight, source)]->name);
        *n_zeroed += v != 0.0f && rft_flush(v) == 0.0f;
        if (weight->n_parts != 0)
            v = (v + weight->add) * weight->scale;
        dst[i] = rft_flush(v);
    }
    return RFT_OK;
}

/* Row `row` of a tensor becomes row i of a tile; false if a value is bad. */
static bool pack_any_row(const struct rft_matrix *matrix, const struct rft_tensor *tensor, uint64_t row, float *values,
                         uint32_t *tile, uint32_t i, uint64_t *n_zeroed)
{
    struct rft_round_counts counts = {0, 0};
    if (matrix->format != RFT_FORMAT_BF16 && matrix->format == rft_tensor_format(tensor))
        return rft_pack_row(tensor->dtype, rft_tensor_row(tensor, row), matrix->k, tile, i);
    rft_tensor_rows_f32(tensor, row, 1, values);
    if (matrix->format != RFT_FORMAT_BF16)
        return rft_pack_row_f32(values, matrix->k, tile, i, n_zeroed);
    pack_row(values, matrix->k, tile + i, &counts);
    *n_zeroed += counts.n_zeroed;
    return counts.n_bad == 0;
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
        while (row >= weight->parts[part].n)
            row -= weight->parts[part++].n;
        row += weight->parts[part].first;
        const struct rft_tensor *tensor = parts->tensors[part];
        if (!pack_any_row(&weight->matrix, tensor, row, values, dst, i, n_zeroed))
            return weight->matrix.format == RFT_FORMAT_BF16 || weight->matrix.format == rft_tensor_format(tensor)
                       ? refuse_bad(checkpoint, tensor->name)
                       : refuse_large(checkpoint, tensor->name);
    }
    return RFT_OK;
}

/* Room for a row of a matrix; for a vector's elements, and for the whole of the last of its tensors, of which it may
 * take a part. */
static size_t n_values(const struct rft_weight *weight, const struct parts *parts)
{
    size_t n = weight->matrix.k;
    for (uint32_t part = 0; part < weight->n_parts && weight->is_vector; part++)
        n += (size_t)parts->tensors[part]->dims[0];
    return n;
}

enum rft_status rft_weight_pack(const struct rft_weight *weight, const struct rft_checkpoint *checkpoint,
                                uint64_t unit_0, uint64_t n_units, void *dst, uint64_t *n_zeroed)
{
    struct parts parts = find_parts(weight, checkpoint);
    enum rft_status status = RFT_OK;
    float *values;
    values = rft_alloc(n_values(weight, &parts), sizeof *values);
    if (values == NULL)
        return RFT_ERR_HOST_MEMORY;
    if (weight->is_vector)
        status = pack_vector(weight, checkpoint, &parts, values, dst, n_zeroed);
    n_units = weight->is_vector ? 0 : n_units;
    for (uint64_t i = 0; i < n_units && status == RFT_OK; i++) {
        uint8_t *tile = (uint8_t *)dst + i * rft_weight_unit_bytes(weight);
        status = pack_tile(weight, checkpoint, &parts, unit_0 + i, values, (uint32_t *)(void *)tile, n_zeroed);
    }
    rft_free(values);
    return status;
}
