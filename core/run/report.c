/* SPDX-License-Identifier: MIT */
/* The commands that only print: the plan, the devices, the programs. */
#include "run.h"

#include "alloc.h"
#include "log.h"
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
    printf("peak                %" PRIu64 " bytes\n", p->peak_bytes);
    printf("  weights           %" PRIu64 " bytes\n", p->weights_bytes);
    printf("  prompts           %" PRIu64 " bytes, %" PRIu32 " pages of %u tokens\n", p->prompt_bytes, p->n_prompt_pages,
           RFT_PAGE_TOKENS);
    printf("  prefill           %" PRIu64 " bytes, %" PRIu32 " rows (given back before a chunk)\n", p->prefill_bytes,
           p->n_prefill_rows);
    printf("  chunk             %" PRIu64 " bytes, %" PRIu32 " own pages\n", p->chunk_bytes, p->n_own_pages);
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

enum rft_status rft_run_devices(void)
{
    uint32_t n_backends;
    const struct rft_backend *const *backends = rft_dev_backends(&n_backends);
    for (uint32_t b = 0; b < n_backends; b++) {
        struct rft_device_info infos[32];
        uint32_t n = 0;
        RFT_TRY(backends[b]->enumerate(infos, 32, &n));
        printf("%s: %" PRIu32 " device%s\n", backends[b]->name, n, n == 1 ? "" : "s");
        for (uint32_t i = 0; i < n && i < 32; i++)
            printf("  %" PRIu32 "  %-16s %s%s%s  %" PRIu64 " bytes\n", i, infos[i].name, infos[i].detail,
                   infos[i].uuid[0] != '\0' ? "  uuid " : "", infos[i].uuid, infos[i].total_bytes);
    }
    return flush_stdout();
}

/* Address spaces of a dump, where nothing is allocated: far enough apart never to meet. */
#define DUMP_BASE(i) ((uint64_t)(i) << 56)
#define N_WORK_BUFFERS 18

struct named_buffer {
    struct rft_range *range;
    const char *name;
};

static void list_buffers(struct rft_work *work, struct named_buffer buffers[N_WORK_BUFFERS])
{
    struct rft_decode_buffers *b = &work->decode;
    struct rft_sampler *s = &work->sampler;
    const struct named_buffer list[N_WORK_BUFFERS] = {
        {&b->batch, "batch"}, {&b->rows, "rows"}, {&b->tables, "tables"}, {&b->x, "x"}, {&b->h, "h"}, {&b->qkv, "qkv"},
        {&b->q, "q"}, {&b->attended, "attended"}, {&b->gate_up, "gate_up"}, {&b->act, "act"}, {&b->scratch, "scratch"},
        {&b->own_kv, "own_kv"}, {&s->logits, "logits"}, {&s->mask, "mask"}, {&s->cutoffs, "cutoffs"},
        {&s->candidates, "candidates"}, {&s->eos, "eos"}, {&s->tokens, "tokens"},
    };
    memcpy(buffers, list, sizeof list);
}

static enum rft_status dump(const struct rft_program *program, struct rft_work *work, struct rft_range prompt_kv,
                            struct rft_range weights)
{
    struct named_buffer buffers[N_WORK_BUFFERS];
    struct rft_range_name names[N_WORK_BUFFERS + 2] = {{prompt_kv, "prompt_kv"}, {weights, "weights"}};
    struct rft_str text = {0};
    enum rft_status status;
    list_buffers(work, buffers);
    for (size_t i = 0; i < N_WORK_BUFFERS; i++)
        names[i + 2] = (struct rft_range_name){*buffers[i].range, buffers[i].name};
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

static void shift_work(struct rft_work *work, uint64_t base)
{
    struct named_buffer buffers[N_WORK_BUFFERS];
    list_buffers(work, buffers);
    for (size_t i = 0; i < N_WORK_BUFFERS; i++)
        shift(buffers[i].range, base);
}

static enum rft_status dump_programs(struct rft_setup *setup, struct rft_weights *weights, struct rft_slice *slices)
{
    struct rft_work_shape shapes[2] = {rft_plan_prefill_shape(&setup->shape, &setup->plan),
                                       rft_plan_chunk_shape(&setup->shape, &setup->plan)};
    struct rft_range prompt_kv = {DUMP_BASE(2), setup->plan.prompt_bytes};
    struct rft_range weights_range = {DUMP_BASE(3), setup->plan.weights_bytes};
    struct rft_slice cos_sin;
    struct rft_pool pool;
    rft_pool_begin(&pool, "weights", &setup->shape.caps);
    RFT_TRY(rft_weights_take(&pool, weights, slices, &cos_sin));
    for (size_t i = 0; i < weights->n; i++)
        shift(&weights->weights[i].matrix.range, DUMP_BASE(3));
    shift(&weights->cos_sin, DUMP_BASE(3));
    for (int i = 0; i < 2; i++) {
        struct rft_program program = {0};
        struct rft_work work;
        enum rft_status status;
        rft_pool_begin(&pool, "work", &setup->shape.caps);
        RFT_TRY(rft_work_take(&pool, &shapes[i], &work));
        shift_work(&work, DUMP_BASE(1));
        work.decode.prompt_kv = prompt_kv;
        status = i == 0 ? rft_decode_prefill(weights, &work.decode, &program)
                        : rft_decode_step(weights, &work.decode, &work.sampler, &setup->engine.sampling, &program);
        if (status == RFT_OK)
            status = dump(&program, &work, prompt_kv, weights_range);
        rft_program_finish(&program);
        RFT_TRY(status);
    }
    return RFT_OK;
}

enum rft_status rft_run_dump_program(const struct rft_config *config)
{
    struct rft_setup setup;
    struct rft_weights weights = {0};
    struct rft_slice *slices = NULL;
    enum rft_status status;
    RFT_TRY(rft_setup_open(config, &setup));
    status = rft_weights_init(&weights, &setup.shape.config, setup.shape.caps.weight_tile, setup.plan.n_positions);
    if (status == RFT_OK) {
        slices = rft_alloc(weights.n, sizeof *slices);
        status = slices == NULL ? RFT_ERR_HOST_MEMORY : dump_programs(&setup, &weights, slices);
    }
    rft_free(slices);
    rft_weights_finish(&weights);
    rft_setup_close(&setup);
    return status == RFT_OK ? flush_stdout() : status;
}
