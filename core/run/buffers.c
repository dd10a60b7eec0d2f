/* SPDX-License-Identifier: MIT */
#include "buffers.h"

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
                               struct rft_slice *pages)
{
    return rft_pool_take(pool, n_pages * config->n_layers * rft_kv_page_bytes(config), pages);
}

static void take_sampler(struct taking *t, const struct rft_work_shape *shape, struct rft_work *work)
{
    uint32_t vocab = shape->config->vocab_size;
    work->logits = take(t, (uint64_t)shape->n_rows * vocab, 4);
    work->mask = take(t, ((uint64_t)vocab + 31) / 32, 4);
    work->eos = take(t, shape->n_eos, 4);
    work->tokens = take(t, (uint64_t)shape->n_rows * shape->n_new_max, 4);
    work->sampler = (struct rft_sampler){
        .vocab = vocab,
        .logits = rft_slice_range(work->logits),
        .mask = rft_slice_range(work->mask),
        .cutoffs = take_range(t, shape->n_rows, sizeof(struct rft_cutoff)),
        .candidates = take_range(t, (uint64_t)shape->n_rows * rft_sample_n_parts(vocab), sizeof(struct rft_candidate)),
        .eos = rft_slice_range(work->eos),
        .n_eos = shape->n_eos,
        .tokens = rft_slice_range(work->tokens),
        .tokens_stride = shape->n_new_max,
    };
}

enum rft_status rft_work_take(struct rft_pool *pool, const struct rft_work_shape *shape, struct rft_work *work)
{
    const struct rft_model_config *c = shape->config;
    struct taking t = {pool, RFT_OK};
    uint64_t n = shape->n_rows;
    uint64_t heads_dim = (uint64_t)c->n_heads * c->head_dim;
    uint64_t scratch_floats = (uint64_t)RFT_SCRATCH_ROWS * rft_pages_for(shape->n_keys_max + RFT_PAGE_TOKENS) * RFT_PAGE_TOKENS;
    *work = (struct rft_work){0};
    work->batch = take(&t, 1, sizeof(struct rft_batch));
    work->rows = take(&t, n, sizeof(struct rft_row));
    work->tables = take(&t, shape->n_table_entries, 4);
    work->h = take(&t, n * c->dim, 2);
    work->decode = (struct rft_decode_buffers){
        .n_rows = shape->n_rows,
        .batch = rft_slice_range(work->batch),
        .rows = rft_slice_range(work->rows),
        .tables = rft_slice_range(work->tables),
        .x = take_range(&t, n * c->dim, 4),
        .h = rft_slice_range(work->h),
        .qkv = take_range(&t, n * (heads_dim + 2 * (uint64_t)c->n_kv_heads * c->head_dim), 4),
        .q = take_range(&t, n * heads_dim, 2),
        .attended = take_range(&t, n * heads_dim, 2),
        .gate_up = take_range(&t, n * 2 * c->ffn_dim, 4),
        .act = take_range(&t, n * c->ffn_dim, 2),
        .scratch = take_range(&t, shape->caps->n_scratch * scratch_floats, 4),
        .scratch_floats = (uint32_t)scratch_floats,
    };
    if (shape->n_new_max != 0)
        take_sampler(&t, shape, work);
    if (t.status == RFT_OK && shape->n_own_pages != 0)
        t.status = rft_pages_take(pool, c, shape->n_own_pages, &work->own_kv);
    work->decode.own_kv = rft_slice_range(work->own_kv);
    return t.status;
}

enum rft_status rft_weights_take(struct rft_pool *pool, struct rft_weights *weights, struct rft_slice *slices,
                                 struct rft_slice *cos_sin)
{
    for (size_t i = 0; i < weights->n; i++) {
        struct rft_weight *w = &weights->weights[i];
        slices[i] = (struct rft_slice){0};
        if (w->bytes != 0)
            RFT_TRY(rft_pool_take(pool, w->bytes, &slices[i]));
        w->matrix.range = rft_slice_range(slices[i]);
    }
    RFT_TRY(rft_pool_take(pool, weights->cos_sin_bytes, cos_sin));
    weights->cos_sin = rft_slice_range(*cos_sin);
    return RFT_OK;
}
