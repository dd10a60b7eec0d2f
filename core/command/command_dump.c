/* SPDX-License-Identifier: MIT */
#include "command.h"

#include "alloc.h"
#include "os.h"
#include "setup.h"

#include <stdio.h>
#include <string.h>

/* Address spaces of a dump, where nothing is allocated: far enough apart never to meet. */
#define DUMP_BASE(i) ((uint64_t)(i) << 56)

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

static enum rft_status dump(struct dumping *d, const struct rft_work_buffer *buffers, size_t n_buffers,
                            const struct rft_program *program)
{
    enum { N_OTHERS = 4 };
    struct rft_range_name names[N_OTHERS + RFT_WORK_BUFFERS_MAX] = {
        {span(d->prompt_kv, d->weights.config.n_layers), "prompt_kv"},
        {span(d->own_kv, d->weights.config.n_layers), "own_kv"},
        {{DUMP_BASE(3), d->setup.plan.weights_bytes}, "weights"},
        {{DUMP_BASE(4), d->setup.plan.host_bytes}, "host_weights"},
    };
    struct rft_str text = {0};
    enum rft_status status;
    for (size_t i = 0; i < n_buffers; i++)
        names[N_OTHERS + i] = (struct rft_range_name){*buffers[i].range, buffers[i].name};
    status = rft_program_dump(program, names, N_OTHERS + n_buffers, &text);
    if (status == RFT_OK)
        fwrite(text.data, 1, text.len, stdout);
    rft_str_finish(&text);
    return status;
}

static void shift(struct rft_range *range, uint64_t base)
{
    range->address += base;
}

static enum rft_status place_weights(struct dumping *d)
{
    const struct rft_plan *plan = &d->setup.plan;
    struct rft_pool pool, host;
    rft_pool_begin(&pool, "weights", &d->setup.plan.sizes.caps);
    rft_pool_begin(&host, "weights on the host", &d->setup.plan.sizes.caps);
    RFT_TRY(rft_weights_take(&pool, &host, plan->n_host_layers, &d->weights));
    for (size_t i = 0; i < d->weights.n; i++) {
        struct rft_weight *w = &d->weights.weights[i];
        bool is_host =
            w >= rft_weights_layer(&d->weights, d->weights.config.n_layers - plan->n_host_layers, RFT_LAYER_ATTN_NORM);
        for (uint32_t part = 0; part < w->matrix.n_parts; part++)
            shift(&w->matrix.parts[part], is_host ? DUMP_BASE(4) : DUMP_BASE(3));
    }
    for (uint32_t i = 0; i < RFT_ROPE_PLACES; i++)
        shift(&d->weights.ropes[i].range, DUMP_BASE(3));
    rft_pool_begin(&pool, "prompts", &d->setup.plan.sizes.caps);
    RFT_TRY(rft_pages_take(&pool, &d->weights.config, plan->n_prompt_pages, d->prompt_kv));
    for (uint32_t layer = 0; layer < d->weights.config.n_layers; layer++)
        shift(&d->prompt_kv[layer], DUMP_BASE(2));
    return RFT_OK;
}

static enum rft_status dump_one(struct dumping *d, const struct rft_work_shape *shape, bool is_step)
{
    struct rft_work_buffer buffers[RFT_WORK_BUFFERS_MAX];
    const size_t n_buffers = rft_work_list(&d->weights.config, shape, &d->work, buffers);
    struct rft_program program = {0};
    struct rft_pool pool;
    enum rft_status status;
    memset(d->own_kv, 0, d->weights.config.n_layers * sizeof *d->own_kv);
    d->work.own_kv = is_step ? d->own_kv : NULL;
    rft_pool_begin(&pool, "work", &d->setup.plan.sizes.caps);
    RFT_TRY(rft_work_take(&pool, &d->weights.config, shape, &d->work));
    for (size_t i = 0; i < n_buffers; i++)
        shift(buffers[i].range, DUMP_BASE(1));
    for (uint32_t layer = 0; layer < d->weights.config.n_layers; layer++)
        shift(&d->own_kv[layer], DUMP_BASE(1));
    d->work.decode.prompt_kv = d->prompt_kv;
    status = is_step
                 ? rft_decode_step(&d->weights, &d->work.decode, &d->work.sampler, &d->setup.rules.sampling, &program)
                 : rft_decode_prefill(&d->weights, &d->work.decode, &program);
    if (status == RFT_OK)
        status = dump(d, buffers, n_buffers, &program);
    rft_program_finish(&program);
    return status;
}

static enum rft_status dump_programs(struct dumping *d)
{
    const struct rft_plan *plan = &d->setup.plan;
    uint32_t n_layers = plan->sizes.config.n_layers;
    RFT_TRY(rft_weights_init(&d->weights, &plan->sizes.config, &plan->sizes.formats, plan->step.n_keys_max));
    d->prompt_kv = rft_alloc(n_layers, sizeof *d->prompt_kv);
    d->own_kv = rft_alloc(n_layers, sizeof *d->own_kv);
    if (d->prompt_kv == NULL || d->own_kv == NULL)
        return RFT_ERR_HOST_MEMORY;
    RFT_TRY(place_weights(d));
    RFT_TRY(dump_one(d, &plan->prefill, false));
    return dump_one(d, &plan->step, true);
}

enum rft_status rft_command_dump(const struct rft_command_line *line, const struct rft_config *config)
{
    struct dumping d = {0};
    enum rft_status status;
    (void)line;
    RFT_TRY(rft_setup_open(config, &d.setup));
    status = dump_programs(&d);
    rft_free(d.prompt_kv);
    rft_free(d.own_kv);
    rft_weights_finish(&d.weights);
    rft_setup_close(&d.setup);
    return status == RFT_OK ? rft_os_flush_stdout() : status;
}
