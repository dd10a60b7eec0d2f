/* SPDX-License-Identifier: MIT */
#include "buffers.h"

#include "log.h"

#include <inttypes.h>
#include <string.h>

uint32_t rft_pages_for(uint32_t n_tokens)
{
    return (uint32_t)(((uint64_t)n_tokens + RFT_PAGE_TOKENS - 1) / RFT_PAGE_TOKENS);
}

/* One more buffer; after the first failure nothing happens. */
struct taking {
    struct rft_pool *pool;
    enum rft_status status;
};

static struct rft_slice take(struct taking *t, uint64_t n, uint64_t element_bytes)
{
    struct rft_slice slice = {0};
    if (t->status == RFT_OK)
        t->status = rft_pool_take(t->pool, n * element_bytes, &slice);
    return slice;
}

static struct rft_range take_range(struct taking *t, uint64_t n, uint64_t element_bytes)
{
    return rft_slice_range(take(t, n, element_bytes));
}

enum rft_status rft_pages_take(struct rft_pool *pool, const struct rft_model_config *config, uint64_t n_pages,
                               struct rft_range *ranges)
{
    for (uint32_t layer = 0; layer < config->n_layers; layer++) {
        struct rft_slice slice;
        RFT_TRY(rft_pool_take(pool, n_pages * rft_kv_page_bytes(config), &slice));
        if (ranges != NULL)
            ranges[layer] = rft_slice_range(slice);
    }
    return RFT_OK;
}

uint64_t rft_h_bytes(uint32_t dim)
{
    return RFT_H_WORDS((uint64_t)dim) * 4;
}

static void take_sampler(struct taking *t, uint32_t vocab, const struct rft_work_shape *shape, struct rft_work *work)
{
    uint32_t n_candidates = shape->is_filtered ? rft_sample_n_parts(vocab) : rft_draw_n_parts(vocab);
    uint32_t n_filtered = shape->is_filtered ? shape->n_rows : 0;
    work->logits = take(t, (uint64_t)n_filtered * vocab, 4);
    work->mask = take(t, ((uint64_t)vocab + 31) / 32, 4);
    work->eos = take(t, shape->n_eos, 4);
    work->tokens = take(t, (uint64_t)shape->n_rows * shape->n_new_max, 4);
    work->sampler = (struct rft_sampler){
        .vocab = vocab,
        .n_parts = n_candidates,
        .logits = rft_slice_range(work->logits),
        .mask = rft_slice_range(work->mask),
        .cutoffs = take_range(t, n_filtered, sizeof(struct rft_cutoff)),
        .candidates = take_range(t, (uint64_t)shape->n_rows * n_candidates, sizeof(struct rft_candidate)),
        .eos = rft_slice_range(work->eos),
        .n_eos = shape->n_eos,
        .tokens = rft_slice_range(work->tokens),
        .tokens_stride = shape->n_new_max,
    };
}

static uint64_t scratch_pieces(const struct rft_model_config *config, const struct rft_work_shape *shape)
{
    return shape->n_scratch != 0 ? shape->n_scratch : (uint64_t)shape->n_rows * config->n_kv_heads;
}

enum rft_status rft_work_take(struct rft_pool *pool, const struct rft_model_config *c, const struct rft_work_shape *shape,
                              struct rft_work *work)
{
    struct taking t = {pool, RFT_OK};
    uint64_t n = shape->n_rows;
    uint64_t heads_dim = (uint64_t)c->n_heads * c->head_dim;
    uint64_t scratch_floats = rft_scratch_floats(shape->n_scratch, c->n_heads / c->n_kv_heads, shape->n_keys_max);
    *work = (struct rft_work){.own_kv = work->own_kv};
    work->batch = take(&t, 1, sizeof(struct rft_batch));
    work->rows = take(&t, n, sizeof(struct rft_row));
    work->tables = take(&t, shape->n_table_entries, 4);
    work->h = take(&t, n, rft_h_bytes(c->dim));
    work->decode = (struct rft_decode_buffers){
        .n_rows = shape->n_rows,
        .batch = rft_slice_range(work->batch),
        .rows = rft_slice_range(work->rows),
        .tables = rft_slice_range(work->tables),
        .x = take_range(&t, n * c->dim, 4),
        .h = rft_slice_range(work->h),
        .q = take_range(&t, n * heads_dim, 2),
        .attended = take_range(&t, n * RFT_PADDED(heads_dim), 2),
        .act = take_range(&t, n * RFT_PADDED((uint64_t)c->ffn_dim), 2),
        .scratch = take_range(&t, scratch_pieces(c, shape) * scratch_floats, 4),
        .scratch_floats = (uint32_t)scratch_floats,
        .own_kv = work->own_kv,
    };
    if (shape->n_new_max != 0)
        take_sampler(&t, c->vocab_size, shape, work);
    if (t.status == RFT_OK && shape->n_own_pages != 0)
        t.status = rft_pages_take(pool, c, shape->n_own_pages, work->own_kv);
    return t.status;
}

static enum rft_status refuse_weight(const struct rft_pool *pool, const struct rft_weight *w)
{
    char name[RFT_WEIGHT_NAME_BYTES];
    rft_weight_name(w, 0, name);
    rft_log_error("tensor %s%s takes %" PRIu64 " bytes, this device's blocks hold %" PRIu64
                  " at most; take another device, or backend = cpu",
                  name, w->n_parts > 1 ? " (with those beside it)" : "", w->bytes, pool->block_bytes_max);
    return RFT_ERR_UNSUPPORTED;
}

/* Cuts a matrix over the vocabulary into parts that fit into blocks: as few and as equal as can be. */
static bool cut_matrix(const struct rft_pool *pool, struct rft_weight *w)
{
    uint64_t n_tiles = rft_weight_n_units(w);
    uint64_t n_tiles_block = pool->block_bytes_max / rft_weight_unit_bytes(w);
    uint64_t n_parts = n_tiles_block == 0 ? UINT64_MAX : (n_tiles + n_tiles_block - 1) / n_tiles_block;
    if (n_parts > RFT_MATRIX_PARTS_MAX)
        return false;
    w->matrix.part_rows = (uint32_t)((n_tiles + n_parts - 1) / n_parts * RFT_TILE);
    w->matrix.n_parts = (w->matrix.n + w->matrix.part_rows - 1) / w->matrix.part_rows;
    return true;
}

static enum rft_status take_weight(struct rft_pool *pool, bool is_vocabulary, struct rft_weight *w)
{
    uint64_t unit_bytes = rft_weight_unit_bytes(w);
    uint64_t n_left = rft_weight_n_units(w);
    w->matrix.n_parts = 1;
    w->matrix.part_rows = w->matrix.n;
    if (w->bytes == 0) /* a tied head */
        return RFT_OK;
    if (w->bytes > pool->block_bytes_max && (!is_vocabulary || !cut_matrix(pool, w)))
        return refuse_weight(pool, w);
    for (uint32_t part = 0; part < w->matrix.n_parts; part++) {
        uint64_t n_part = part + 1 < w->matrix.n_parts ? w->matrix.part_rows / RFT_TILE : n_left;
        struct rft_slice slice;
        RFT_TRY(rft_pool_take(pool, n_part * unit_bytes, &slice));
        w->matrix.parts[part] = rft_slice_range(slice);
        n_left -= n_part;
    }
    return RFT_OK;
}

enum rft_status rft_weights_take(struct rft_pool *pool, struct rft_pool *host, uint32_t n_host_layers,
                                 struct rft_weights *weights)
{
    const struct rft_weight *first_of_layers = rft_weights_layer(weights, 0, RFT_LAYER_ATTN_NORM);
    struct rft_slice cos_sin;
    for (size_t i = 0; i < weights->n; i++) {
        struct rft_weight *w = &weights->weights[i];
        bool is_host = w >= first_of_layers && w->layer + n_host_layers >= weights->config.n_layers;
        bool is_vocabulary = w == rft_weights_embedding(weights) || w == rft_weights_head(weights);
        RFT_TRY(take_weight(is_host ? host : pool, is_vocabulary, w));
    }
    RFT_TRY(rft_pool_take(pool, weights->cos_sin_bytes, &cos_sin));
    weights->cos_sin = rft_slice_range(cos_sin);
    return RFT_OK;
}
