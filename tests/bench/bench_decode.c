/* SPDX-License-Identifier: MIT */
/* Tokens per second of the decode step, and where its time goes, for a model shape with random weights:
 *   bench_decode [shape=smollm2-135m] [sequences=1,5,10,64] [samples=10] [prompt=200] [new=100] [threads=0] [backend=cpu]
 *                [device=] [temperature=1] [top_k=0] [top_p=1] [runs=3] [layers=0]
 * samples: sequences that share a prompt. layers: instead of the shape's, 0 = the shape's. */
#include "alloc.h"
#include "engine.h"
#include "os.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct shape {
    const char *name;
    struct rft_model_config config;
};

#define SHAPE(name_, layers, dim_, heads, kv, head, ffn, vocab, is_tied)                                               \
    {name_, {.n_layers = layers, .dim = dim_, .n_heads = heads, .n_kv_heads = kv, .head_dim = head, .ffn_dim = ffn,    \
             .vocab_size = vocab, .n_positions = 8192, .norm_eps = 1e-5f, .tied = is_tied, .rope_theta = 1e5}}
static const struct shape shapes[] = {
    SHAPE("smollm2-135m", 30, 576, 9, 3, 64, 1536, 49152, true),
    SHAPE("smollm2-360m", 32, 960, 15, 5, 64, 2560, 49152, true),
    SHAPE("smollm2-1.7b", 24, 2048, 32, 32, 64, 8192, 49152, true),
    SHAPE("tinyllama-1.1b", 22, 2048, 32, 4, 64, 5632, 32000, false),
    SHAPE("llama3.2-1b", 16, 2048, 32, 8, 64, 8192, 128256, true),
};

struct options {
    const char *shape, *sequences, *backend, *device;
    uint32_t samples, prompt, n_new, threads, runs, layers;
    struct rft_sampling sampling;
};

struct bench {
    struct options options;
    struct rft_engine engine;
    struct rft_pool prompt_pool, pool;
    struct rft_range *pages; /* [n_layers] */
    struct rft_work work;
    struct rft_row *rows;
    struct rft_program program;
    struct rft_exec *exec;
};

static uint64_t random_state = 88172645463325252u;
static uint32_t random_u32(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 20);
}

/* Fills with bf16 of magnitude 2^-6 to 2^-3. */
static enum rft_status fill(struct rft_dev *dev, struct rft_slice to)
{
    uint16_t values[8192];
    for (uint64_t at = 0; at < to.bytes; at += sizeof values) {
        for (size_t i = 0; i < sizeof values / sizeof *values; i++)
            values[i] = (uint16_t)(0x3c80u + random_u32() % 0x180u + random_u32() % 2 * 0x8000u);
        RFT_TRY(rft_dev_write(dev, rft_slice_part(to, at, to.bytes - at < sizeof values ? to.bytes - at : sizeof values), values));
    }
    return RFT_OK;
}

/* Normed rows: random elements, and sums of squares that fit. */
static enum rft_status fill_h(struct rft_dev *dev, struct rft_slice h, uint32_t dim)
{
    const float sum = 0.06f;
    const uint64_t row_bytes = RFT_H_WORDS((uint64_t)dim) * 4;
    RFT_TRY(fill(dev, h));
    for (uint64_t at = 0; at < h.bytes; at += row_bytes)
        for (uint64_t i = RFT_PADDED((uint64_t)dim) * 2; i < row_bytes; i += sizeof sum)
            RFT_TRY(rft_dev_write(dev, rft_slice_part(h, at + i, sizeof sum), &sum));
    return RFT_OK;
}

static enum rft_status load(struct bench *b, const struct rft_model_config *config)
{
    struct rft_engine *e = &b->engine;
    RFT_TRY(rft_engine_place(e, config, b->options.prompt + b->options.n_new + 1));
    for (size_t i = 0; i < e->weights.n; i++) {
        const struct rft_weight *w = &e->weights.weights[i];
        for (uint32_t part = 0; w->bytes != 0 && part < w->matrix.n_parts; part++)
            RFT_TRY(fill(&e->dev, rft_engine_slice(e, w->matrix.parts[part])));
    }
    return fill(&e->dev, rft_engine_slice(e, e->weights.cos_sin));
}

static uint32_t n_questions_of(const struct bench *b, uint32_t n_rows)
{
    return (n_rows + b->options.samples - 1) / b->options.samples;
}

static enum rft_status fill_tables(struct bench *b, uint32_t n_rows, uint32_t own_pages)
{
    const uint32_t n_prompt = n_questions_of(b, n_rows) * rft_pages_for(b->options.prompt), n = n_prompt + n_rows * own_pages;
    uint32_t *tables = rft_alloc(n, sizeof *tables);
    enum rft_status status = RFT_ERR_HOST_MEMORY;
    for (uint32_t i = 0; tables != NULL && i < n; i++)
        tables[i] = i < n_prompt ? i : i - n_prompt;
    if (tables != NULL)
        status = rft_dev_write(&b->engine.dev, rft_slice_part(b->work.tables, 0, n * 4ull), tables);
    rft_free(tables);
    return status;
}

/* Buffers, prompt pages with random keys, and the program. */
static enum rft_status prepare(struct bench *b, uint32_t n_rows)
{
    struct rft_engine *e = &b->engine;
    const struct options *o = &b->options;
    const struct rft_model_config *config = &e->weights.config;
    const uint32_t own_pages = rft_pages_for(o->n_new + 1);
    const uint64_t prompt_pages = (uint64_t)n_questions_of(b, n_rows) * rft_pages_for(o->prompt);
    const struct rft_work_shape shape = {.config = config, .caps = &e->dev.caps, .n_rows = n_rows,
                                         .n_keys_max = o->prompt + o->n_new + 1, .n_table_entries = prompt_pages + n_rows * own_pages,
                                         .n_own_pages = (uint64_t)n_rows * own_pages, .n_eos = 1, .n_new_max = o->n_new};
    const struct rft_batch batch = {.n_rows = n_rows};
    const uint32_t no_token = UINT32_MAX;
    uint32_t *mask = rft_alloc((config->vocab_size + 31) / 32, 4);
    if (mask == NULL)
        return RFT_ERR_HOST_MEMORY;
    memset(mask, 0xff, (config->vocab_size + 31) / 32 * 4);
    RFT_TRY(rft_engine_take_pages(e, "prompts", prompt_pages, &b->prompt_pool, &b->pages));
    RFT_TRY(rft_engine_take(e, "step", &shape, &b->pool, &b->work));
    b->work.decode.prompt_kv = b->pages;
    for (uint32_t layer = 0; layer < config->n_layers; layer++) {
        struct rft_slice pages;
        if (!rft_pool_find(&b->prompt_pool, b->pages[layer], &pages))
            return RFT_ERR_UNSUPPORTED;
        RFT_TRY(fill(&e->dev, pages));
    }
    RFT_TRY(fill_h(&e->dev, b->work.h, config->dim));
    RFT_TRY(fill_tables(b, n_rows, own_pages));
    RFT_TRY(rft_dev_write(&e->dev, b->work.batch, &batch));
    RFT_TRY(rft_dev_write(&e->dev, b->work.eos, &no_token));
    RFT_TRY(rft_dev_write(&e->dev, b->work.mask, mask));
    rft_free(mask);
    RFT_TRY(rft_decode_step(&e->weights, &b->work.decode, &b->work.sampler, &o->sampling, &b->program));
    return rft_dev_exec_create(&e->dev, &b->program, &b->exec);
}

static void finish(struct bench *b)
{
    rft_dev_exec_destroy(&b->engine.dev, b->exec);
    rft_program_finish(&b->program);
    rft_engine_give(&b->pool, &b->work);
    rft_engine_give_pages(&b->prompt_pool, &b->pages);
    b->exec = NULL;
}

/* All rows at the start of their samples. */
static enum rft_status reset_rows(struct bench *b, struct rft_row *rows, uint32_t n_rows)
{
    const struct options *o = &b->options;
    const uint32_t prompt_pages = rft_pages_for(o->prompt);
    for (uint32_t i = 0; i < n_rows; i++)
        rows[i] = (struct rft_row){.position = o->prompt - 1, /* advance steps to the first own position */
                                   .n_prompt = o->prompt,
                                   .prompt_table = i / o->samples * prompt_pages,
                                   .own_table = n_questions_of(b, n_rows) * prompt_pages + i * rft_pages_for(o->n_new + 1),
                                   .state = RFT_ROW_RUNNING,
                                   .n_new_max = o->n_new,
                                   .sample_index = i % o->samples,
                                   .key0 = i / o->samples};
    return rft_dev_write(&b->engine.dev, rft_slice_part(b->work.rows, 0, n_rows * sizeof *rows), rows);
}

/* What a node is counted as: its op; residuals apart by their matrix. */
static void node_title(const struct rft_node *node, char *title, size_t bytes)
{
    struct rft_args_residual a;
    snprintf(title, bytes, "%s", rft_op_name(node->op));
    if (node->op != RFT_OP_residual)
        return;
    memcpy(&a, node->args.bytes, sizeof a);
    snprintf(title, bytes, "residual %" PRIu32 "x%" PRIu32, a.dim, a.k);
}

static enum rft_status print_profile(struct bench *b)
{
    const size_t n = b->program.n_nodes;
    const struct rft_backend *backend = b->engine.dev.backend;
    struct { char title[48]; double us; } sums[24] = {{"", 0}};
    float *us = rft_alloc(n, sizeof *us);
    enum rft_status status = us == NULL ? RFT_ERR_HOST_MEMORY : RFT_OK;
    if (status == RFT_OK && backend->profile != NULL)
        status = backend->profile(b->engine.dev.handle, b->exec, us, (uint32_t)n);
    for (size_t i = 0; status == RFT_OK && i < n; i++) {
        char title[48];
        size_t slot = 0;
        node_title(&b->program.nodes[i], title, sizeof title);
        while (slot < 23 && sums[slot].title[0] != '\0' && strcmp(sums[slot].title, title) != 0)
            slot++;
        memcpy(sums[slot].title, title, sizeof title);
        sums[slot].us += (double)us[i];
    }
    for (size_t slot = 0; slot < 24 && sums[slot].title[0] != '\0'; slot++)
        printf("    %-24s %9.0f us\n", sums[slot].title, sums[slot].us);
    rft_free(us);
    return status;
}

static enum rft_status measure(struct bench *b, uint32_t n_rows)
{
    const uint32_t n_new = b->options.n_new;
    struct rft_row *rows = rft_alloc(n_rows, sizeof *rows);
    double best = 0.0;
    if (rows == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (uint32_t run = 0; run < b->options.runs; run++) {
        RFT_TRY(reset_rows(b, rows, n_rows));
        double start = rft_os_seconds();
        RFT_TRY(rft_dev_run(&b->engine.dev, b->exec, n_new));
        double seconds = rft_os_seconds() - start;
        best = run == 0 || seconds < best ? seconds : best;
    }
    RFT_TRY(rft_dev_read(&b->engine.dev, rft_slice_part(b->work.rows, 0, n_rows * sizeof *rows), rows));
    printf("%s %s: %" PRIu32 " sequences: %.1f tokens/s, %.2f ms a step%s\n", b->options.shape, b->engine.dev.info.name, n_rows,
           n_rows * n_new / best, best / n_new * 1e3, rows[0].state == RFT_ROW_LENGTH ? "" : "  ROWS ENDED EARLY");
    RFT_TRY(reset_rows(b, rows, n_rows));
    RFT_TRY(rft_dev_run(&b->engine.dev, b->exec, n_new / 2));
    rft_free(rows);
    return print_profile(b);
}

static bool parse_option(struct options *o, const char *text)
{
    const char *value = strchr(text, '=');
    const struct { const char *key; const char **string; uint32_t *number; } keys[] = {
        {"shape", &o->shape, NULL},         {"sequences", &o->sequences, NULL}, {"backend", &o->backend, NULL},
        {"device", &o->device, NULL},       {"samples", NULL, &o->samples},     {"prompt", NULL, &o->prompt},
        {"new", NULL, &o->n_new},           {"threads", NULL, &o->threads},     {"runs", NULL, &o->runs},
        {"layers", NULL, &o->layers},       {"top_k", NULL, &o->sampling.top_k},
    };
    if (value == NULL)
        return false;
    const size_t n = (size_t)(value++ - text);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strlen(keys[i].key) != n || strncmp(text, keys[i].key, n) != 0)
            continue;
        if (keys[i].string != NULL)
            *keys[i].string = value;
        else
            *keys[i].number = (uint32_t)strtoul(value, NULL, 10);
        return true;
    }
    if (strncmp(text, "temperature=", n + 1) == 0)
        o->sampling.temperature = strtof(value, NULL);
    else if (strncmp(text, "top_p=", n + 1) == 0)
        o->sampling.top_p_65536 = (uint32_t)(strtod(value, NULL) * 65536.0 + 0.5);
    else
        return false;
    return true;
}

static enum rft_status run(struct bench *b)
{
    const struct rft_device_options device_options = {.n_threads = b->options.threads};
    struct rft_model_config config = {0};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (strcmp(shapes[i].name, b->options.shape) == 0)
            config = shapes[i].config;
    if (config.dim == 0) {
        fprintf(stderr, "no shape %s\n", b->options.shape);
        return RFT_ERR_CONFIG;
    }
    config.n_layers = b->options.layers != 0 ? b->options.layers : config.n_layers;
    RFT_TRY(rft_dev_open(b->options.backend, b->options.device, &device_options, &b->engine.dev));
    RFT_TRY(load(b, &config));
    for (const char *p = b->options.sequences; *p != '\0'; p += *p == ',') {
        uint32_t n_rows = (uint32_t)strtoul(p, (char **)&p, 10);
        enum rft_status status = prepare(b, n_rows);
        if (status == RFT_OK)
            status = measure(b, n_rows);
        finish(b);
        if (status != RFT_OK || n_rows == 0)
            return status;
    }
    return RFT_OK;
}

int main(int argc, char **argv)
{
    static struct bench b = {.options = {.shape = "smollm2-135m", .sequences = "1,5,10,64", .backend = "cpu", .device = "",
                                         .samples = 10, .prompt = 200, .n_new = 100, .runs = 3,
                                         .sampling = {.temperature = 1.0f, .top_p_65536 = 65536}}};
    for (int i = 1; i < argc; i++) {
        if (!parse_option(&b.options, argv[i])) {
            fprintf(stderr, "%s: what is %s?\n", argv[0], argv[i]);
            return 2;
        }
    }
    enum rft_status status = run(&b);
    rft_engine_close(&b.engine);
    return status == RFT_OK ? 0 : 1;
}
