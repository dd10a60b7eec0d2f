/* SPDX-License-Identifier: MIT */
/* A run, kernel call by kernel call: the device's backend is replaced by one that runs each node of a program by itself
 * and prints hashes of what it wrote. The shape of the work is the same on every device, so that two outputs can be
 * compared. */
#include "command.h"

#include "alloc.h"
#include "chunk.h"
#include "log.h"
#include "os.h"
#include "setup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

enum { N_SAMPLES = 2, N_STEPS = 4, N_PREFILL_ROWS = 64 };

/* What an exec of the tracing backend is: the program's nodes. */
struct traced {
    const char *program;
    uint32_t n_runs;
    uint32_t n_nodes;
    struct rft_node nodes[];
};

/* The backend's functions know their device only; there is one trace at a time. */
static struct {
    const struct rft_backend *backend; /* the real one */
    struct rft_backend tracing;
    struct rft_block *blocks; /* [n_blocks]: all that exist */
    size_t n_blocks, cap_blocks;
    uint8_t *bytes; /* a range's content */
    size_t n_bytes;
    uint32_t n_steps;
} trace;

static enum rft_status trace_block_create(struct rft_device *device, uint64_t bytes, enum rft_place place,
                                          const char *label, struct rft_block *block)
{
    void *blocks = trace.blocks;
    *block = (struct rft_block){0};
    if (rft_grow(&blocks, &trace.cap_blocks, trace.n_blocks + 1, sizeof *trace.blocks) != 0)
        return RFT_ERR_HOST_MEMORY;
    trace.blocks = blocks;
    RFT_TRY(trace.backend->block_create(device, bytes, place, label, block));
    trace.blocks[trace.n_blocks++] = *block;
    return RFT_OK;
}

static void trace_block_destroy(struct rft_device *device, struct rft_block *block)
{
    for (size_t i = 0; block != NULL && i < trace.n_blocks; i++) {
        if (trace.blocks[i].handle == block->handle) {
            trace.blocks[i] = trace.blocks[--trace.n_blocks];
            break;
        }
    }
    trace.backend->block_destroy(device, block);
}

static enum rft_status trace_exec_create(struct rft_device *device, const struct rft_program *program,
                                         struct rft_exec **exec)
{
    struct traced *traced = rft_alloc(1, sizeof *traced + program->n_nodes * sizeof traced->nodes[0]);
    (void)device;
    *exec = NULL;
    if (traced == NULL)
        return RFT_ERR_HOST_MEMORY;
    traced->program = program->name;
    traced->n_nodes = (uint32_t)program->n_nodes;
    memcpy(traced->nodes, program->nodes, program->n_nodes * sizeof traced->nodes[0]);
    *exec = (struct rft_exec *)(void *)traced;
    return RFT_OK;
}

static void trace_exec_destroy(struct rft_device *device, struct rft_exec *exec)
{
    (void)device;
    rft_free(exec);
}

static enum rft_status run_node(struct rft_device *device, struct rft_node *node, const char *name)
{
    const struct rft_program single = {.name = name, .nodes = node, .n_nodes = 1};
    struct rft_exec *exec;
    uint64_t ticket;
    enum rft_status status;
    RFT_TRY(trace.backend->exec_create(device, &single, &exec));
    status = trace.backend->run(device, exec, 1, &ticket);
    if (status == RFT_OK)
        status = trace.backend->wait(device, ticket);
    trace.backend->exec_destroy(device, exec);
    return status;
}

/* The block that holds the range. */
static const struct rft_block *block_of(struct rft_range range)
{
    for (size_t i = 0; i < trace.n_blocks; i++) {
        const struct rft_block *block = &trace.blocks[i];
        if (range.address >= block->address && range.address - block->address < block->bytes)
            return block;
    }
    return NULL;
}

static enum rft_status print_hash(struct rft_device *device, struct rft_range range)
{
    const struct rft_block *block = block_of(range);
    if (block == NULL)
        return RFT_OK;
    if (range.bytes > trace.n_bytes) {
        uint8_t *bytes = rft_realloc(trace.bytes, (size_t)range.bytes, 1);
        if (bytes == NULL)
            return RFT_ERR_HOST_MEMORY;
        trace.bytes = bytes;
        trace.n_bytes = (size_t)range.bytes;
    }
    RFT_TRY(trace.backend->read(device, (struct rft_slice){block, range.address - block->address, range.bytes},
                                trace.bytes));
    printf(" %016" PRIx64, (uint64_t)XXH64(trace.bytes, (size_t)range.bytes, 0));
    return RFT_OK;
}

/* Attention's scratch belongs to the device: it may hold anything. */
static bool is_scratch(const struct rft_node *node, struct rft_range range)
{
    struct rft_args_attention args;
    if (node->op != RFT_OP_attention)
        return false;
    memcpy(&args, node->args.bytes, sizeof args);
    return range.address == args.scratch;
}

static enum rft_status trace_once(struct rft_device *device, struct traced *traced)
{
    for (uint32_t i = 0; i < traced->n_nodes; i++) {
        struct rft_node *node = &traced->nodes[i];
        if (rft_os_interrupted())
            return RFT_ERR_INTERRUPTED;
        RFT_TRY(run_node(device, node, traced->program));
        printf("%-7s %" PRIu32 " %4" PRIu32 " %-9s %-10s", traced->program, traced->n_runs, i, rft_op_name(node->op),
               node->label);
        for (uint32_t w = 0; w < node->n_writes; w++)
            if (node->writes[w].bytes != 0 && !is_scratch(node, node->writes[w]))
                RFT_TRY(print_hash(device, node->writes[w]));
        printf("\n");
    }
    traced->n_runs++;
    return RFT_OK;
}

static enum rft_status trace_run(struct rft_device *device, struct rft_exec *exec, uint32_t n_replays, uint64_t *ticket)
{
    *ticket = 0;
    for (uint32_t i = 0; i < n_replays; i++)
        RFT_TRY(trace_once(device, (struct traced *)(void *)exec));
    return RFT_OK;
}

static enum rft_status trace_wait(struct rft_device *device, uint64_t ticket)
{
    (void)device;
    (void)ticket; /* trace_run has waited */
    return RFT_OK;
}

static void begin_trace(struct rft_dev *dev)
{
    trace.backend = dev->backend;
    trace.tracing = *dev->backend;
    trace.tracing.block_create = trace_block_create;
    trace.tracing.block_destroy = trace_block_destroy;
    trace.tracing.exec_create = trace_exec_create;
    trace.tracing.exec_destroy = trace_exec_destroy;
    trace.tracing.run = trace_run;
    trace.tracing.wait = trace_wait;
    dev->backend = &trace.tracing;
}

static void end_trace(struct rft_dev *dev)
{
    if (dev->backend == &trace.tracing)
        dev->backend = trace.backend;
    rft_free(trace.blocks);
    rft_free(trace.bytes);
    memset(&trace, 0, sizeof trace);
}

/* A plan of the same sizes on every device: one question, a few samples, a step at a time. */
static enum rft_status make_plan(struct rft_setup *setup)
{
    struct rft_sizes sizes = setup->plan.sizes;
    sizes.caps.prefill_rows = N_PREFILL_ROWS;
    sizes.caps.slots_wanted = N_SAMPLES;
    sizes.caps.burst_steps = 1;
    sizes.n_questions = 1;
    sizes.questions_in_flight = 1;
    sizes.chunk = N_SAMPLES;
    return rft_plan_make(&sizes, &setup->plan);
}

static enum rft_status no_cut(void *user, const uint32_t *tokens, uint32_t n_before, uint32_t n, uint32_t *n_kept)
{
    (void)user;
    (void)tokens;
    (void)n_before;
    (void)n;
    *n_kept = 0;
    return RFT_OK;
}

static enum rft_status ended(void *user, const struct rft_drawn *drawn)
{
    (void)user;
    (void)drawn;
    return RFT_OK;
}

static enum rft_status go_on(void *user, uint32_t n_tokens)
{
    (void)user;
    (void)n_tokens;
    return !rft_os_interrupted() && ++trace.n_steps < N_STEPS ? RFT_OK : RFT_ERR_INTERRUPTED;
}

static enum rft_status trace_group(struct rft_setup *setup, struct rft_group *group)
{
    const struct rft_chunk_sink sink = {NULL, no_cut, ended, go_on, NULL};
    struct rft_request requests[N_SAMPLES];
    struct rft_prefix none = {0};
    struct rft_ids ids = {0};
    uint64_t n_rows;
    uint32_t n_requests = setup->plan.chunk;
    enum rft_status status = rft_inputs_encode(&setup->inputs, 0, &ids);
    for (uint32_t i = 0; i < n_requests; i++) {
        const struct rft_draw draw = rft_draw_of(&setup->inputs.drawn, i);
        requests[i] = (struct rft_request){.sample = i,
                                           .key = rft_question_key(&setup->inputs.dataset.questions[0], draw.seed),
                                           .temperature = (float)draw.temperature};
    }
    if (status == RFT_OK)
        status = rft_group_add(group, 0, &ids);
    rft_ids_finish(&ids);
    RFT_TRY(status);
    RFT_TRY(rft_group_prefill(group, &setup->engine, &setup->plan, &none, &n_rows));
    status = rft_chunk_run(&setup->engine, &setup->plan, group, requests, n_requests, &sink);
    return status == RFT_ERR_INTERRUPTED && trace.n_steps == N_STEPS ? RFT_OK : status;
}

static enum rft_status trace_all(struct rft_setup *setup)
{
    struct rft_group group;
    enum rft_status status;
    RFT_TRY(make_plan(setup));
    RFT_TRY(rft_setup_load(setup));
    RFT_TRY(rft_group_init(&group, 1, setup->plan.sizes.config.dim));
    status = trace_group(setup, &group);
    rft_group_finish(&group);
    return status == RFT_OK ? rft_os_flush_stdout() : status;
}

enum rft_status rft_command_trace(const struct rft_command_line *line, const struct rft_config *config)
{
    struct rft_setup setup;
    enum rft_status status;
    (void)line;
    RFT_TRY(rft_setup_open(config, &setup));
    begin_trace(&setup.engine.dev);
    status = trace_all(&setup);
    rft_engine_unload(&setup.engine); /* while the blocks are still followed */
    end_trace(&setup.engine.dev);
    rft_setup_close(&setup);
    return status;
}
