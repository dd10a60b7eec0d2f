/* SPDX-License-Identifier: MIT */
#include "buffers.h"

#include "log.h"

#include <inttypes.h>
#include <string.h>

uint32_t rft_pages_for(uint32_t n_tokens)
{
    return (uint32_t)(((uint64_t)n_tokens + RFT_PAGE_TOKENS - 1) / RFT_PAGE_TOKENS);
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

static uint64_t scratch_pieces(const struct rft_model_config *config, const struct rft_work_shape *shape)
{
    return shape->n_scratch != 0 ? shape->n_scratch : (uint64_t)shape->n_rows * config->n_kv_heads;
}

static uint64_t scratch_floats(const struct rft_model_config *config, const struct rft_work_shape *shape)
{
    return rft_scratch_floats(shape->n_scratch, config->n_heads / config->n_kv_heads, shape->n_keys_max);
}

static uint32_t n_candidates(uint32_t vocab, const struct rft_work_shape *shape)
{
    return shape->is_filtered || shape->is_scored ? rft_sample_n_parts(vocab) : rft_draw_n_parts(vocab);
}

size_t rft_work_list(const struct rft_model_config *c, const struct rft_work_shape *shape, struct rft_work *work,
                     struct rft_work_buffer list[RFT_WORK_BUFFERS_MAX])
{
    enum { N_DECODE = 11 };
    struct rft_decode_buffers *d = &work->decode;
    struct rft_sampler *s = &work->sampler;
    const uint64_t n = shape->n_rows, n_filtered = shape->is_filtered ? n : 0;
    const uint64_t n_scored = shape->is_scored ? n : 0, n_logits = n_filtered > n_scored ? n_filtered : n_scored;
    const bool has_heads = rft_model_has(c, RFT_PART_QK_NORM) || rft_model_has(c, RFT_PART_QK_NORM_WIDE);
    const uint64_t n_heads = has_heads ? n : 0, n_alone = rft_model_has(c, RFT_PART_POST_NORMS) ? n : 0;
    const uint64_t heads_dim = (uint64_t)c->n_heads * c->head_dim, vocab = c->vocab_size;
    const struct rft_work_buffer all[RFT_WORK_BUFFERS_MAX] = {
        {"batch", &d->batch, &work->batch, sizeof(struct rft_batch)},
        {"rows", &d->rows, &work->rows, n * sizeof(struct rft_row)},
        {"tables", &d->tables, &work->tables, shape->n_table_entries * 4},
        {"h", &d->h, &work->h, n * rft_h_bytes(c->dim)},
        {"x", &d->x, NULL, n * c->dim * 4},
        {"q", &d->q, NULL, n * heads_dim * 2},
        {"heads", &d->heads, NULL, n_heads * (heads_dim + 2 * (uint64_t)c->n_kv_heads * c->head_dim) * 4},
        {"alone", &d->alone, NULL, n_alone * c->dim * 4},
        {"attended", &d->attended, NULL, n * RFT_ROW_WORDS(heads_dim) * 4},
        {"act", &d->act, NULL, n * RFT_ROW_WORDS((uint64_t)c->ffn_dim) * 4},
        {"scratch", &d->scratch, NULL, scratch_pieces(c, shape) * scratch_floats(c, shape) * 4},
        {"logits", &s->logits, &work->logits, n_logits * vocab * 4},
        {"mask", &s->mask, &work->mask, (vocab + 31) / 32 * 4},
        {"eos", &s->eos, &work->eos, (uint64_t)shape->n_eos * 4},
        {"tokens", &s->tokens, &work->tokens, n * shape->n_new_max * 4},
        {"cutoffs", &s->cutoffs, NULL, n_filtered * sizeof(struct rft_cutoff)},
        {"candidates", &s->candidates, NULL, n * n_candidates(c->vocab_size, shape) * sizeof(struct rft_candidate)},
        {"scores", &s->scores, NULL, n_scored * rft_sample_n_parts(c->vocab_size) * sizeof(struct rft_score)},
        {"logprobs", &s->logprobs, &work->logprobs, n_scored * shape->n_new_max * 4},
    };
    const size_t n_all = shape->n_new_max != 0 ? RFT_WORK_BUFFERS_MAX : N_DECODE;
    memcpy(list, all, n_all * sizeof *list);
    return n_all;
}

enum rft_status rft_work_take(struct rft_pool *pool, const struct rft_model_config *config,
                              const struct rft_work_shape *shape, struct rft_work *work)
{
    struct rft_work_buffer list[RFT_WORK_BUFFERS_MAX];
    const size_t n = rft_work_list(config, shape, work, list);
    *work = (struct rft_work){.own_kv = work->own_kv};
    work->decode = (struct rft_decode_buffers){
        .n_rows = shape->n_rows, .scratch_floats = (uint32_t)scratch_floats(config, shape), .own_kv = work->own_kv};
    if (shape->n_new_max != 0)
        work->sampler = (struct rft_sampler){.vocab = config->vocab_size,
                                             .n_parts = n_candidates(config->vocab_size, shape),
                                             .n_eos = shape->n_eos,
                                             .tokens_stride = shape->n_new_max};
    for (size_t i = 0; i < n; i++) {
        struct rft_slice slice;
        RFT_TRY(rft_pool_take(pool, list[i].bytes, &slice));
        *list[i].range = rft_slice_range(slice);
        if (list[i].slice != NULL)
            *list[i].slice = slice;
    }
    return shape->n_own_pages != 0 ? rft_pages_take(pool, config, shape->n_own_pages, work->own_kv) : RFT_OK;
}

static enum rft_status refuse_weight(const struct rft_pool *pool, const struct rft_weight *w)
{
    char name[RFT_TENSOR_NAME_BYTES];
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
    for (size_t i = 0; i < weights->n; i++) {
        struct rft_weight *w = &weights->weights[i];
        bool is_host = w >= first_of_layers && w->layer + n_host_layers >= weights->config.n_layers;
        bool is_vocabulary = w == rft_weights_embedding(weights) || w == rft_weights_head(weights);
        RFT_TRY(take_weight(is_host ? host : pool, is_vocabulary, w));
    }
    for (uint32_t i = 0; i < RFT_ROPE_PLACES; i++) {
        struct rft_slice table;
        if (weights->ropes[i].bytes == 0)
            continue;
        RFT_TRY(rft_pool_take(pool, weights->ropes[i].bytes, &table));
        weights->ropes[i].range = rft_slice_range(table);
    }
    return RFT_OK;
}
