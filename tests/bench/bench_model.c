/* SPDX-License-Identifier: MIT */
/* Model shapes with random weights, and a step's buffers. */
#include "bench.h"

#include "alloc.h"

#include <string.h>

#define NOISE_VALUES ((size_t)2 << 20)

struct shape {
    const char *name;
    struct rft_model_config config;
};

#define SHAPE(name_, layers, dim_, heads, kv, head, ffn, vocab, is_tied)                                               \
    {                                                                                                                  \
        name_,                                                                                                         \
        {                                                                                                              \
            .n_layers = layers, .dim = dim_, .n_heads = heads, .n_kv_heads = kv, .head_dim = head, .ffn_dim = ffn,     \
            .vocab_size = vocab, .n_positions = 8192, .norm_eps = 1e-5f, .tied = is_tied, .n_rotated = head            \
        }                                                                                                              \
    }
static const struct shape shapes[] = {
    SHAPE("tiny", 2, 64, 4, 2, 16, 192, 512, true),
    SHAPE("smollm2-135m", 30, 576, 9, 3, 64, 1536, 49152, true),
    SHAPE("smollm2-360m", 32, 960, 15, 5, 64, 2560, 49152, true),
    SHAPE("smollm2-1.7b", 24, 2048, 32, 32, 64, 8192, 49152, true),
    SHAPE("tinyllama-1.1b", 22, 2048, 32, 4, 64, 5632, 32000, false),
    SHAPE("llama-3.2-1b", 16, 2048, 32, 8, 64, 8192, 128256, true),
    SHAPE("qwen2.5-1.5b", 28, 1536, 12, 2, 128, 8960, 151936, true), /* without its biases */
    SHAPE("llama-3.1-8b", 32, 4096, 32, 8, 128, 14336, 128256, false),
};

bool bench_shape(const char *name, struct rft_model_config *config)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (strcmp(shapes[i].name, name) != 0)
            continue;
        *config = shapes[i].config;
        return true;
    }
    return false;
}

const char *bench_shape_names(void)
{
    return "tiny, smollm2-135m, smollm2-360m, smollm2-1.7b, tinyllama-1.1b, llama-3.2-1b, qwen2.5-1.5b, llama-3.1-8b";
}

static uint32_t random_u32(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 20);
}

/* The same random values for everything, made once. */
static const uint16_t *noise(void)
{
    static uint16_t values[NOISE_VALUES];
    for (size_t i = 0; values[NOISE_VALUES - 1] == 0 && i < NOISE_VALUES; i++)
        values[i] = (uint16_t)(0x3c80u + random_u32() % 0x180u + random_u32() % 2 * 0x8000u);
    return values;
}

enum rft_status bench_fill(struct rft_dev *dev, struct rft_slice to)
{
    const uint64_t most = NOISE_VALUES; /* bytes: half of it, from anywhere */
    for (uint64_t at = 0; at < to.bytes; at += most) {
        const uint64_t n = to.bytes - at < most ? to.bytes - at : most;
        RFT_TRY(rft_dev_write(dev, rft_slice_part(to, at, n), noise() + random_u32() % (NOISE_VALUES / 2) / 2 * 2));
    }
    return RFT_OK;
}

void bench_fill_normed(uint32_t dim, void *row)
{
    const float sum = 0.06f;
    const size_t n = RFT_PADDED((size_t)dim) * 2, n_all = (size_t)rft_h_bytes(dim);
    memset(row, 0, n_all);
    memcpy(row, noise() + random_u32() % (NOISE_VALUES / 2), (size_t)dim * 2);
    for (size_t at = n; at < n_all; at += sizeof sum)
        memcpy((char *)row + at, &sum, sizeof sum);
}

enum rft_status bench_load(struct bench *b)
{
    struct rft_engine *e = &b->engine;
    const size_t n_mask = (b->config.vocab_size + 31) / 32;
    b->mask = rft_alloc(n_mask, sizeof *b->mask);
    if (b->mask == NULL)
        return RFT_ERR_HOST_MEMORY;
    memset(b->mask, 0xff, n_mask * sizeof *b->mask);
    b->no_token = UINT32_MAX;
    const struct rft_draw_rules rules = {
        .sampling = b->options.sampling, .mask = b->mask, .eos = &b->no_token, .n_eos = 1};
    RFT_TRY(rft_engine_place(e, &b->config, &b->formats, &rules, b->options.prompt + b->options.n_new + 1, 0));
    for (size_t i = 0; i < e->weights.n; i++) {
        const struct rft_weight *w = &e->weights.weights[i];
        for (uint32_t part = 0; w->bytes != 0 && part < w->matrix.n_parts; part++) {
            const struct rft_slice to = rft_engine_slice(e, w->matrix.parts[part]);
            RFT_TRY(w->matrix.format == RFT_FORMAT_BF16 ? bench_fill(&e->dev, to)
                                                        : bench_fill_integers(&e->dev, &w->matrix, to));
        }
    }
    for (size_t i = 0; i < RFT_ROPE_PLACES; i++)
        if (e->weights.ropes[i].bytes != 0)
            RFT_TRY(bench_fill(&e->dev, rft_engine_slice(e, e->weights.ropes[i].range)));
    return RFT_OK;
}

void bench_unload(struct bench *b)
{
    rft_engine_unload(&b->engine);
    rft_free(b->mask);
    b->mask = NULL;
    b->stream_gb = b->row_seconds = 0;
}

uint64_t bench_step_bytes(const struct bench *b)
{
    const struct rft_weights *weights = &b->engine.weights;
    uint64_t bytes = 0;
    for (size_t i = 0; i < weights->n; i++)
        bytes += weights->weights[i].is_vector ? 0 : weights->weights[i].bytes;
    return bytes - (b->config.tied ? 0 : rft_weights_embedding(weights)->bytes);
}

uint64_t bench_step_flop(const struct rft_model_config *c)
{
    const uint64_t heads_dim = (uint64_t)c->n_heads * c->head_dim, kv_dim = (uint64_t)c->n_kv_heads * c->head_dim;
    const uint64_t layer = (heads_dim + 2 * kv_dim) * c->dim + heads_dim * c->dim + 3ull * c->ffn_dim * c->dim;
    return 2 * (layer * c->n_layers + (uint64_t)c->vocab_size * c->dim);
}

uint32_t bench_n_questions(const struct bench *b, uint32_t n_rows)
{
    return (n_rows + b->options.samples - 1) / b->options.samples;
}

static enum rft_status write_tables(struct bench *b, const struct bench_step *step, uint32_t n_prompt, uint32_t n_own)
{
    const uint32_t n = n_prompt + n_own;
    uint32_t *tables = rft_alloc(n, sizeof *tables);
    enum rft_status status;
    if (tables == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (uint32_t i = 0; i < n; i++)
        tables[i] = i < n_prompt ? i : i - n_prompt;
    status = rft_dev_write(&b->engine.dev, rft_slice_part(step->work.tables, 0, n * 4ull), tables);
    rft_free(tables);
    return status;
}

/* The rows, running, half of their tokens drawn, and their hidden states. */
static enum rft_status write_rows(struct bench *b, const struct bench_step *step, uint32_t own_pages)
{
    const struct bench_options *o = &b->options;
    const uint32_t prompt_pages = rft_pages_for(o->prompt), n_new = o->n_new / 2;
    const uint64_t h_bytes = rft_h_bytes(b->config.dim);
    uint8_t *h = rft_alloc((size_t)h_bytes, 1);
    enum rft_status status = h == NULL ? RFT_ERR_HOST_MEMORY : RFT_OK;
    for (uint32_t i = 0; i < step->n_rows && status == RFT_OK; i++) {
        struct rft_row row = {.token = i % b->config.vocab_size,
                              .position = o->prompt - 1 + n_new,
                              .n_prompt = o->prompt,
                              .prompt_table = i / o->samples * prompt_pages,
                              .own_table = bench_n_questions(b, step->n_rows) * prompt_pages + i * own_pages,
                              .state = RFT_ROW_RUNNING,
                              .n_new = n_new,
                              .n_new_max = o->n_new,
                              .sample_index = i % o->samples,
                              .key0 = i / o->samples};
        rft_row_set_temperature(&row, o->temperature);
        bench_fill_normed(b->config.dim, h);
        status = rft_dev_write(&b->engine.dev, rft_slice_part(step->work.rows, i * sizeof row, sizeof row), &row);
        if (status == RFT_OK)
            status = rft_dev_write(&b->engine.dev, rft_slice_part(step->work.h, i * h_bytes, h_bytes), h);
    }
    rft_free(h);
    return status;
}

enum rft_status bench_step_open(struct bench *b, uint32_t n_rows, struct bench_step *step)
{
    struct rft_engine *e = &b->engine;
    const struct bench_options *o = &b->options;
    const uint32_t own_pages = rft_pages_for(o->n_new + 1);
    const uint32_t prompt_pages = bench_n_questions(b, n_rows) * rft_pages_for(o->prompt);
    const struct rft_work_shape shape = {.n_scratch = e->dev.caps.n_scratch,
                                         .n_rows = n_rows,
                                         .n_keys_max = o->prompt + o->n_new + 1,
                                         .n_table_entries = prompt_pages + (uint64_t)n_rows * own_pages,
                                         .n_own_pages = n_rows * own_pages,
                                         .n_eos = e->rules.n_eos,
                                         .n_new_max = o->n_new,
                                         .is_filtered = rft_sampling_is_filtered(&o->sampling),
                                         .is_scored = o->sampling.is_scored};
    const struct rft_batch batch = {.n_rows = n_rows};
    *step = (struct bench_step){.n_rows = n_rows};
    RFT_TRY(rft_engine_take_pages(e, "prompts", prompt_pages, &step->prompt_pool, &step->pages));
    RFT_TRY(rft_engine_take(e, "step", &shape, &step->pool, &step->work));
    step->work.decode.prompt_kv = step->pages;
    for (uint32_t layer = 0; layer < b->config.n_layers; layer++) {
        struct rft_slice pages;
        if (rft_pool_find(&step->prompt_pool, step->pages[layer], &pages))
            RFT_TRY(bench_fill(&e->dev, pages));
    }
    RFT_TRY(write_tables(b, step, prompt_pages, n_rows * own_pages));
    RFT_TRY(write_rows(b, step, own_pages));
    RFT_TRY(rft_dev_write(&e->dev, step->work.batch, &batch));
    RFT_TRY(rft_dev_write(&e->dev, step->work.eos, e->rules.eos));
    RFT_TRY(rft_dev_write(&e->dev, step->work.mask, e->rules.mask));
    return rft_decode_step(&e->weights, &step->work.decode, &step->work.sampler, &o->sampling, &step->program);
}

void bench_step_close(struct bench_step *step)
{
    rft_program_finish(&step->program);
    rft_engine_give(&step->pool, &step->work);
    rft_engine_give_pages(&step->prompt_pool, &step->pages);
}
