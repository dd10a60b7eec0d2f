/* SPDX-License-Identifier: MIT */
#include "wrap_backend.h"

#include "alloc.h"
#include "log.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

extern const struct rft_backend rft_backend_cpu;
static const struct rft_backend *const cpu = &rft_backend_cpu;

static struct rft_wrap wrap;

/* The whole program as the cpu's exec, and each node as one of its own. */
struct rft_exec {
    struct rft_exec *whole;
    struct rft_exec **singles; /* [n_nodes] */
    struct rft_node *nodes;
    uint32_t n_nodes;
    const char *program;
};

const char *rft_wrap_call_name(enum rft_wrap_call call)
{
    static const char *const names[] = {"enumerate", "open",        "memory", "block_create", "write",
                                        "read",      "exec_create", "run",    "wait"};
    return call < RFT_WRAP_CALL_COUNT ? names[call] : "?";
}

static void violate(const char *what)
{
    if (wrap.violation[0] == '\0')
        snprintf(wrap.violation, sizeof wrap.violation, "%s", what);
}

/* Counts the call; not RFT_OK if it is to fail. */
static enum rft_status enter(enum rft_wrap_call call)
{
    uint64_t n = ++wrap.n_calls[call];
    uint64_t n_fails = wrap.n_fails == 0 ? 1 : wrap.n_fails;
    bool needs_device = call != RFT_WRAP_ENUMERATE && call != RFT_WRAP_OPEN;
    if (needs_device && wrap.n_open == 0)
        violate("a call without an open device");
    if (needs_device && wrap.is_lost)
        return RFT_ERR_DEVICE_LOST;
    if (wrap.fail_at == 0 || call != wrap.fail_call || n < wrap.fail_at || n - wrap.fail_at >= n_fails)
        return RFT_OK;
    wrap.n_failed++;
    wrap.is_lost = wrap.fail_status == RFT_ERR_DEVICE_LOST && wrap.n_open != 0;
    rft_log_warn("test: %s number %llu fails: %s", rft_wrap_call_name(call), (unsigned long long)n,
                 rft_status_text(wrap.fail_status));
    return wrap.fail_status;
}

static enum rft_status wrap_enumerate(struct rft_device_info *infos, uint32_t cap, uint32_t *n_infos)
{
    *n_infos = 0;
    RFT_TRY(enter(RFT_WRAP_ENUMERATE));
    return cpu->enumerate(infos, cap, n_infos);
}

static enum rft_status wrap_open(uint32_t index, const struct rft_device_options *options, struct rft_device **device)
{
    *device = NULL;
    wrap.options = *options;
    if (wrap.n_open != 0)
        violate("a second open");
    RFT_TRY(enter(RFT_WRAP_OPEN));
    RFT_TRY(cpu->open(index, options, device));
    wrap.n_open++;
    wrap.is_lost = false;
    return RFT_OK;
}

static void wrap_close(struct rft_device *device)
{
    if (device == NULL)
        return;
    if (wrap.n_blocks != 0)
        violate("close with blocks left");
    if (wrap.n_execs != 0)
        violate("close with execs left");
    wrap.n_open--;
    wrap.is_lost = false;
    cpu->close(device);
}

static void wrap_caps(const struct rft_device *device, struct rft_caps *caps)
{
    cpu->caps(device, caps);
#define OVERRIDE(member) caps->member = wrap.caps.member != 0 ? wrap.caps.member : caps->member
    OVERRIDE(block_bytes_max);
    OVERRIDE(align_bytes);
    OVERRIDE(prefill_rows);
    OVERRIDE(slots_wanted);
    OVERRIDE(burst_steps);
#undef OVERRIDE
}

static enum rft_status wrap_memory(struct rft_device *device, struct rft_memory *memory)
{
    RFT_TRY(enter(RFT_WRAP_MEMORY));
    RFT_TRY(cpu->memory(device, memory));
    if (wrap.available_bytes != 0)
        memory->available_bytes = wrap.available_bytes;
    memory->host_available_bytes = wrap.host_available_bytes;
    return RFT_OK;
}

static bool is_over_limit(uint64_t bytes, enum rft_place place)
{
    if (place == RFT_PLACE_HOST)
        return wrap.live_host_bytes + bytes > wrap.host_available_bytes;
    return wrap.limit_bytes != 0 && wrap.live_bytes + bytes > wrap.limit_bytes;
}

static void count_block(const struct rft_block *block, enum rft_place place)
{
    uint64_t *live = place == RFT_PLACE_HOST ? &wrap.live_host_bytes : &wrap.live_bytes;
    uint64_t *peak = place == RFT_PLACE_HOST ? &wrap.peak_host_bytes : &wrap.peak_bytes;
    *live += block->bytes;
    *peak = *live > *peak ? *live : *peak;
    if (wrap.n_blocks == RFT_WRAP_BLOCKS_MAX) {
        violate("more blocks than the test can follow");
        return;
    }
    wrap.places[wrap.n_blocks] = place;
    wrap.blocks[wrap.n_blocks++] = *block;
}

static enum rft_status wrap_block_create(struct rft_device *device, uint64_t bytes, enum rft_place place,
                                         const char *label, struct rft_block *block)
{
    *block = (struct rft_block){0};
    RFT_TRY(enter(RFT_WRAP_BLOCK_CREATE));
    if (wrap.caps.block_bytes_max != 0 && bytes > wrap.caps.block_bytes_max)
        violate("a block larger than block_bytes_max");
    if (is_over_limit(bytes, place)) {
        rft_log_warn("test: no memory for %s: %llu bytes", label, (unsigned long long)bytes);
        return RFT_ERR_DEVICE_MEMORY;
    }
    if (wrap.limit_bytes > wrap.limit_floor_bytes + wrap.limit_drop_bytes)
        wrap.limit_bytes -= wrap.limit_drop_bytes;
    RFT_TRY(cpu->block_create(device, bytes, place, label, block));
    count_block(block, place);
    return RFT_OK;
}

static void wrap_block_destroy(struct rft_device *device, struct rft_block *block)
{
    if (block == NULL || block->handle == NULL)
        return;
    if (wrap.n_execs != 0)
        violate("a block was destroyed before an exec that may use it");
    for (uint32_t i = 0; i < wrap.n_blocks; i++) {
        if (wrap.blocks[i].handle != block->handle)
            continue;
        *(wrap.places[i] == RFT_PLACE_HOST ? &wrap.live_host_bytes : &wrap.live_bytes) -= block->bytes;
        wrap.blocks[i] = wrap.blocks[--wrap.n_blocks];
        wrap.places[i] = wrap.places[wrap.n_blocks];
        cpu->block_destroy(device, block);
        return;
    }
    violate("a block was destroyed that does not exist");
}

static void check_slice(struct rft_slice slice)
{
    if (slice.block == NULL || slice.offset > slice.block->bytes || slice.bytes > slice.block->bytes - slice.offset)
        violate("a slice beyond its block");
}

static enum rft_status wrap_write(struct rft_device *device, struct rft_slice to, const void *from)
{
    check_slice(to);
    RFT_TRY(enter(RFT_WRAP_WRITE));
    RFT_TRY(cpu->write(device, to, from));
    if (wrap.on_write != NULL)
        wrap.on_write(wrap.user, to, wrap.n_calls[RFT_WRAP_WRITE]);
    return RFT_OK;
}

static enum rft_status wrap_read(struct rft_device *device, struct rft_slice from, void *to)
{
    check_slice(from);
    RFT_TRY(enter(RFT_WRAP_READ));
    return cpu->read(device, from, to);
}

static void destroy_parts(struct rft_device *device, struct rft_exec *exec)
{
    cpu->exec_destroy(device, exec->whole);
    for (uint32_t i = 0; exec->singles != NULL && i < exec->n_nodes; i++)
        cpu->exec_destroy(device, exec->singles[i]);
    rft_free(exec->singles);
    rft_free(exec->nodes);
    rft_free(exec);
}

static enum rft_status create_singles(struct rft_device *device, const struct rft_program *program,
                                      struct rft_exec *exec)
{
    exec->n_nodes = (uint32_t)program->n_nodes;
    exec->program = program->name;
    exec->nodes = rft_alloc(program->n_nodes, sizeof *exec->nodes);
    exec->singles = rft_alloc(program->n_nodes, sizeof(struct rft_exec *));
    if (exec->nodes == NULL || exec->singles == NULL)
        return RFT_ERR_HOST_MEMORY;
    memcpy(exec->nodes, program->nodes, program->n_nodes * sizeof *exec->nodes);
    for (uint32_t i = 0; i < exec->n_nodes; i++) {
        const struct rft_program single = {.name = program->name, .nodes = &exec->nodes[i], .n_nodes = 1};
        RFT_TRY(cpu->exec_create(device, &single, &exec->singles[i]));
    }
    return RFT_OK;
}

static enum rft_status wrap_exec_create(struct rft_device *device, const struct rft_program *program,
                                        struct rft_exec **out)
{
    struct rft_exec *exec;
    enum rft_status status;
    *out = NULL;
    RFT_TRY(enter(RFT_WRAP_EXEC_CREATE));
    exec = rft_alloc(1, sizeof *exec);
    if (exec == NULL)
        return RFT_ERR_HOST_MEMORY;
    status = cpu->exec_create(device, program, &exec->whole);
    if (status == RFT_OK && wrap.on_replay != NULL)
        status = create_singles(device, program, exec);
    if (status != RFT_OK) {
        destroy_parts(device, exec);
        return status;
    }
    wrap.n_execs++;
    *out = exec;
    return RFT_OK;
}

static void wrap_exec_destroy(struct rft_device *device, struct rft_exec *exec)
{
    if (exec == NULL)
        return;
    wrap.n_execs--;
    destroy_parts(device, exec);
}

/* The open device, for rft_wrap_run_node. */
static struct rft_device *running_device;

enum rft_status rft_wrap_run_node(const struct rft_wrap_replay *replay, uint32_t node)
{
    uint64_t ticket;
    RFT_TRY(cpu->run(running_device, replay->exec->singles[node], 1, &ticket));
    return cpu->wait(running_device, ticket);
}

static enum rft_status wrap_run(struct rft_device *device, struct rft_exec *exec, uint32_t n_replays, uint64_t *ticket)
{
    const struct rft_wrap_replay replay = {exec->program, exec->nodes, exec->n_nodes, exec};
    *ticket = 0;
    RFT_TRY(enter(RFT_WRAP_RUN));
    if (wrap.on_replay == NULL)
        return cpu->run(device, exec->whole, n_replays, ticket);
    running_device = device;
    for (uint32_t i = 0; i < n_replays; i++)
        RFT_TRY(wrap.on_replay(wrap.user, &replay));
    return RFT_OK;
}

static enum rft_status wrap_wait(struct rft_device *device, uint64_t ticket)
{
    RFT_TRY(enter(RFT_WRAP_WAIT));
    return wrap.on_replay != NULL ? RFT_OK : cpu->wait(device, ticket);
}

static const struct rft_backend wrapped = {
    .name = "cpu", /* so that a configuration means the same with and without the wrapper */
    .enumerate = wrap_enumerate,
    .open = wrap_open,
    .close = wrap_close,
    .caps = wrap_caps,
    .memory = wrap_memory,
    .block_create = wrap_block_create,
    .block_destroy = wrap_block_destroy,
    .write = wrap_write,
    .read = wrap_read,
    .exec_create = wrap_exec_create,
    .exec_destroy = wrap_exec_destroy,
    .run = wrap_run,
    .wait = wrap_wait,
};

struct rft_wrap *rft_wrap_begin(void)
{
    static const struct rft_backend *const backends[] = {&wrapped};
    memset(&wrap, 0, sizeof wrap);
    rft_dev_override_backends(backends, 1);
    return &wrap;
}

void rft_wrap_end(void)
{
    rft_dev_override_backends(NULL, 0);
    if (wrap.violation[0] != '\0')
        fail_msg("the core broke a rule of backend.h: %s", wrap.violation);
    if (wrap.n_open != 0 || wrap.n_blocks != 0 || wrap.n_execs != 0)
        fail_msg("left behind: %u devices, %u blocks, %u execs", wrap.n_open, wrap.n_blocks, wrap.n_execs);
}
