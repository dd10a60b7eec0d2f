/* SPDX-License-Identifier: MIT */
/* The commands that only print: the plan, the devices, the programs. */
#include "run.h"

#include "alloc.h"
#include "log.h"
#include "os.h"
#include "setup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static enum rft_status flush_stdout(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return RFT_OK;
    rft_log_error("cannot write to the standard output");
    return RFT_ERR_IO;
}

static void print_plan(const struct rft_setup *setup)
{
    const struct rft_plan *p = &setup->plan;
    const struct rft_dev *dev = &setup->engine.dev;
    printf("device              %s: %s\n", dev->backend->name, dev->info.name);
    printf("available           %" PRIu64 " bytes\n", setup->available_bytes);
    printf("budget              %" PRIu64 " bytes\n", p->budget_bytes);
    if (p->peak_bytes_min == p->peak_bytes)
        printf("peak                %" PRIu64 " bytes\n", p->peak_bytes);
    else
        printf("peak                %" PRIu64 " bytes at most, and up to %" PRIu64 " fewer if no group of questions has the longest prompts\n",
               p->peak_bytes, p->peak_bytes - p->peak_bytes_min);
    printf("  weights           %" PRIu64 " bytes\n", p->weights_bytes);
    if (p->n_host_layers != 0)
        printf("weights on the host: %" PRIu32 " of %" PRIu32 " layers, %" PRIu64 " bytes, read over the bus in every step\n",
               p->n_host_layers, setup->shape.config.n_layers, p->host_bytes);
    printf("  prompts           %" PRIu64 " bytes, %" PRIu32 " pages of %u tokens\n", p->prompt_bytes, p->n_prompt_pages,
           RFT_PAGE_TOKENS);
    printf("  prefill           %" PRIu64 " bytes, %" PRIu32 " rows (given back before a chunk)\n", p->prefill_bytes,
           p->n_prefill_rows);
    printf("  chunk             %" PRIu64 " bytes, %" PRIu32 " own pages\n", p->chunk_bytes, p->n_own_pages);
    printf("on the host         %" PRIu64 " bytes%s\n", rft_plan_heap_bytes(p),
           setup->shape.is_host_device ? ", which count against the budget, too" : "");
    printf("  questions         %" PRIu64 " bytes, the journal's index included\n", p->input_bytes);
    printf("  slots             %" PRIu64 " bytes\n", p->slots_bytes);
    printf("  prompts' prefix   %" PRIu64 " bytes%s\n", p->prefix_bytes,
           p->prefix_bytes == 0 && setup->shape.n_prompt_shared >= RFT_PAGE_TOKENS ? ": no room for it, every prompt is computed whole" : "");
    printf("questions in flight %" PRIu32 "\n", p->n_questions);
    printf("samples in a chunk  %" PRIu32 " of each\n", p->chunk);
    printf("slots               %" PRIu32 "\n", p->n_slots);
    printf("longest sequence    %" PRIu32 " tokens\n", p->n_positions);
}

enum rft_status rft_run_plan(const struct rft_config *config)
{
    struct rft_setup setup;
    RFT_TRY(rft_setup_open(config, &setup));
    print_plan(&setup);
    rft_setup_close(&setup);
    return flush_stdout();
}

/* Keeps the first error that is logged, to be printed in its device's line. */
struct caught {
    char line[512];
};

static void catch_error(void *user, enum rft_log_level level, const char *line)
{
    static const char prefix[] = "error: ";
    struct caught *caught = user;
    if (level == RFT_LOG_ERROR && caught->line[0] == '\0')
        snprintf(caught->line, sizeof caught->line, "%s", line + (strncmp(line, prefix, strlen(prefix)) == 0 ? strlen(prefix) : 0));
}

/* What an open device has left, and what its self-test says. A failure of the test is part of the list, not of the command. */
static enum rft_status print_open_device(struct rft_dev *dev, struct caught *caught)
{
    struct rft_memory memory;
    uint32_t n_kernels = 0;
    enum rft_status status;
    RFT_TRY(rft_dev_memory(dev, &memory));
    printf("     memory: %" PRIu64 " bytes available now%s", memory.available_bytes, memory.is_estimate ? " (an estimate)" : "");
    if (memory.host_available_bytes != 0)
        printf(", and %" PRIu64 " of the host", memory.host_available_bytes);
    printf("\n");
    if (dev->backend->self_test == NULL)
        return RFT_OK;
    (void)fflush(stdout);
    status = dev->backend->self_test(dev->handle, &n_kernels);
    if (status == RFT_OK)
        printf("     self-test: passed, %" PRIu32 " kernels\n", n_kernels);
    else
        printf("     self-test: failed: %s\n", caught->line[0] != '\0' ? caught->line : rft_status_text(status));
    return RFT_OK;
}

static enum rft_status print_device(const struct rft_backend *backend, uint32_t index, const struct rft_device_info *info)
{
    const struct rft_device_options options = {0};
    struct caught caught = {{0}};
    struct rft_dev dev;
    enum rft_status status;
    char name[sizeof info->name], detail[sizeof info->detail]; /* as drivers give them */
    rft_log_printable(info->name, name, sizeof name);
    rft_log_printable(info->detail, detail, sizeof detail);
    printf("  %" PRIu32 "  %-16s %s%s%s%s  %" PRIu64 " bytes%s%s\n", index, name, detail,
           info->uuid[0] != '\0' ? "  uuid " : "", info->uuid, info->is_software ? "  software" : "", info->total_bytes,
           info->missing[0] != '\0' ? "  missing: " : "", info->missing);
    RFT_TRY(flush_stdout());
    if (info->missing[0] != '\0')
        return RFT_OK;
    rft_log_set_sink(catch_error, &caught);
    status = rft_dev_open_at(backend, index, info, &options, &dev);
    if (status == RFT_OK)
        status = print_open_device(&dev, &caught);
    rft_dev_close(&dev);
    rft_log_set_sink(NULL, NULL);
    if (status != RFT_OK)
        printf("     cannot be used: %s\n", caught.line[0] != '\0' ? caught.line : rft_status_text(status));
    return flush_stdout();
}

enum rft_status rft_run_devices(void)
{
    uint32_t n_backends;
    const struct rft_backend *const *backends = rft_dev_backends(&n_backends);
    for (uint32_t b = 0; b < n_backends; b++) {
        struct rft_device_info infos[RFT_DEVICES_MAX];
        const char *why = NULL;
        uint32_t n = 0, n_software = 0;
        RFT_TRY(backends[b]->enumerate(infos, RFT_DEVICES_MAX, &n));
        for (uint32_t i = 0; i < n && i < RFT_DEVICES_MAX; i++)
            n_software += infos[i].is_software;
        if (n == 0 && backends[b]->why_none != NULL)
            why = backends[b]->why_none();
        printf("%s: %" PRIu32 " device%s%s%s\n", backends[b]->name, n, n == 1 ? "" : "s", why != NULL ? ": " : "",
               why != NULL ? why : "");
        for (uint32_t i = 0; i < n && i < RFT_DEVICES_MAX; i++)
            RFT_TRY(rft_os_interrupted() ? RFT_ERR_INTERRUPTED : print_device(backends[b], i, &infos[i]));
        if (n != 0 && n_software == n)
            printf("  these are software devices, which are taken only when they are named: device.backend = %s\n", backends[b]->name);
    }
    if (rft_backends_left_out()[0] != '\0')
        printf("%s\n", rft_backends_left_out());
    return flush_stdout();
}

/* Address spaces of a dump, where nothing is allocated: far enough apart never to meet. */
#define DUMP_BASE(i) ((uint64_t)(i) << 56)
#define N_WORK_BUFFERS 15

struct named_buffer {
    struct rft_range *range;
    const char *name;
};

static void list_buffers(struct rft_work *work, struct named_buffer buffers[N_WORK_BUFFERS])
{
    struct rft_decode_buffers *b = &work->decode;
    struct rft_sampler *s = &work->sampler;
    const struct named_buffer list[N_WORK_BUFFERS] = {
        {&b->batch, "batch"}, {&b->rows, "rows"}, {&b->tables, "tables"}, {&b->x, "x"}, {&b->h, "h"},
        {&b->q, "q"}, {&b->attended, "attended"}, {&b->act, "act"}, {&b->scratch, "scratch"}, {&s->logits, "logits"},
        {&s->mask, "mask"}, {&s->cutoffs, "cutoffs"},
        {&s->candidates, "candidates"}, {&s->eos, "eos"}, {&s->tokens, "tokens"},
    };
    memcpy(buffers, list, sizeof list);
}

/* What a dump works on. Nothing is allocated on a device. */
struct dumping {
    struct rft_setup setup;
    struct rft_weights weights;
    struct rft_range *prompt_kv, *own_kv; /* [n_layers] */
    struct rft_work work;
};

/* All layers' pages, which lie one after the other. */
static struct rft_range span(const struct rft_range *kv, uint32_t n_layers)
{
    return (struct rft_range){kv[0].address, kv[n_layers - 1].address + kv[n_layers - 1].bytes - kv[0].address};
}

static enum rft_status dump(struct dumping *d, const struct rft_program *program)
{
    struct named_buffer buffers[N_WORK_BUFFERS];
    struct rft_range_name names[N_WORK_BUFFERS + 4] = {
        {span(d->prompt_kv, d->weights.config.n_layers), "prompt_kv"},
        {span(d->own_kv, d->weights.config.n_layers), "own_kv"},
        {{DUMP_BASE(3), d->setup.plan.weights_bytes}, "weights"},
        {{DUMP_BASE(4), d->setup.plan.host_bytes}, "host_weights"},
    };
    struct rft_str text = {0};
    enum rft_status status;
    list_buffers(&d->work, buffers);
    for (size_t i = 0; i < N_WORK_BUFFERS; i++)
        names[i + 4] = (struct rft_range_name){*buffers[i].range, buffers[i].name};
    status = rft_program_dump(program, names, sizeof names / sizeof *names, &text);
    if (status == RFT_OK)
        fwrite(text.data, 1, text.len, stdout);
    rft_str_finish(&text);
    return status;
}

static void shift(struct rft_range *range, uint64_t base)
{
    range->address += base;
}

static void shift_work(struct dumping *d)
{
    struct named_buffer buffers[N_WORK_BUFFERS];
    list_buffers(&d->work, buffers);
    for (size_t i = 0; i < N_WORK_BUFFERS; i++)
        shift(buffers[i].range, DUMP_BASE(1));
    for (uint32_t layer = 0; layer < d->weights.config.n_layers; layer++)
        shift(&d->own_kv[layer], DUMP_BASE(1));
}

static enum rft_status place_weights(struct dumping *d)
{
    const struct rft_plan *plan = &d->setup.plan;
    struct rft_pool pool, host;
    rft_pool_begin(&pool, "weights", &d->setup.shape.caps);
    rft_pool_begin(&host, "weights on the host", &d->setup.shape.caps);
    RFT_TRY(rft_weights_take(&pool, &host, plan->n_host_layers, &d->weights));
    for (size_t i = 0; i < d->weights.n; i++) {
        struct rft_weight *w = &d->weights.weights[i];
        bool is_host = w >= rft_weights_layer(&d->weights, d->weights.config.n_layers - plan->n_host_layers, RFT_LAYER_ATTN_NORM);
        for (uint32_t part = 0; part < w->matrix.n_parts; part++)
            shift(&w->matrix.parts[part], is_host ? DUMP_BASE(4) : DUMP_BASE(3));
    }
    shift(&d->weights.cos_sin, DUMP_BASE(3));
    rft_pool_begin(&pool, "prompts", &d->setup.shape.caps);
    RFT_TRY(rft_pages_take(&pool, &d->weights.config, plan->n_prompt_pages, d->prompt_kv));
    for (uint32_t layer = 0; layer < d->weights.config.n_layers; layer++)
        shift(&d->prompt_kv[layer], DUMP_BASE(2));
    return RFT_OK;
}

static enum rft_status dump_one(struct dumping *d, const struct rft_work_shape *shape, bool is_step)
{
    struct rft_program program = {0};
    struct rft_pool pool;
    enum rft_status status;
    memset(d->own_kv, 0, d->weights.config.n_layers * sizeof *d->own_kv);
    d->work.own_kv = is_step ? d->own_kv : NULL;
    rft_pool_begin(&pool, "work", &d->setup.shape.caps);
    RFT_TRY(rft_work_take(&pool, shape, &d->work));
    shift_work(d);
    d->work.decode.prompt_kv = d->prompt_kv;
    status = is_step ? rft_decode_step(&d->weights, &d->work.decode, &d->work.sampler, &d->setup.engine.sampling, &program)
                     : rft_decode_prefill(&d->weights, &d->work.decode, &program);
    if (status == RFT_OK)
        status = dump(d, &program);
    rft_program_finish(&program);
    return status;
}

static enum rft_status dump_programs(struct dumping *d)
{
    const struct rft_work_shape prefill = rft_plan_prefill_shape(&d->setup.shape, &d->setup.plan);
    const struct rft_work_shape step = rft_plan_chunk_shape(&d->setup.shape, &d->setup.plan);
    uint32_t n_layers = d->setup.shape.config.n_layers;
    RFT_TRY(rft_weights_init(&d->weights, &d->setup.shape.config, d->setup.plan.n_positions));
    d->prompt_kv = rft_alloc(n_layers, sizeof *d->prompt_kv);
    d->own_kv = rft_alloc(n_layers, sizeof *d->own_kv);
    if (d->prompt_kv == NULL || d->own_kv == NULL)
        return RFT_ERR_HOST_MEMORY;
    RFT_TRY(place_weights(d));
    RFT_TRY(dump_one(d, &prefill, false));
    return dump_one(d, &step, true);
}

enum rft_status rft_run_dump_program(const struct rft_config *config)
{
    struct dumping d = {0};
    enum rft_status status;
    RFT_TRY(rft_setup_open(config, &d.setup));
    status = dump_programs(&d);
    rft_free(d.prompt_kv);
    rft_free(d.own_kv);
    rft_weights_finish(&d.weights);
    rft_setup_close(&d.setup);
    return status == RFT_OK ? flush_stdout() : status;
}
