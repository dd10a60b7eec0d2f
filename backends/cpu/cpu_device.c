/* SPDX-License-Identifier: MIT */
/* Devices of the cpu backend, their memory and their programs. */
#ifdef __linux__
#define _GNU_SOURCE /* MAP_ANONYMOUS, madvise */
#endif
#include "alloc.h"
#include "cpu.h"
#include "log.h"
#include "memory_limit.h"
#include "os.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

extern const struct rft_backend rft_backend_cpu;

struct rft_device {
    const struct rft_backend *backend;
    const struct cpu_form *form;
    struct cpu_team *team;
};

struct rft_exec {
    uint32_t n_nodes;
    struct cpu_node nodes[];
};

static enum rft_status cpu_enumerate(struct rft_device_info *infos, uint32_t cap, uint32_t *n_infos)
{
    uint32_t n = cpu_n_forms();
    *n_infos = n;
    for (uint32_t i = 0; i < n && i < cap; i++) {
        memset(&infos[i], 0, sizeof infos[i]);
        snprintf(infos[i].name, sizeof infos[i].name, "%s", cpu_form_at(i)->name);
        snprintf(infos[i].detail, sizeof infos[i].detail, "%" PRIu32 " processors", rft_os_n_cpus());
        infos[i].total_bytes = rft_os_memory_total_bytes();
    }
    return RFT_OK;
}

static enum rft_status cpu_open(uint32_t index, const struct rft_device_options *options, struct rft_device **out)
{
    struct rft_device *device = rft_alloc(1, sizeof *device);
    enum rft_status status;
    *out = NULL;
    if (device == NULL)
        return RFT_ERR_HOST_MEMORY;
    device->backend = &rft_backend_cpu;
    device->form = cpu_form_at(index);
    status = cpu_team_create(options->n_threads != 0 ? options->n_threads : rft_os_n_cpus(),
                             device->form->integer_tiles, &device->team);
    if (status != RFT_OK) {
        rft_free(device);
        return status;
    }
    *out = device;
    return RFT_OK;
}

static void cpu_close(struct rft_device *device)
{
    if (device == NULL)
        return;
    cpu_team_destroy(device->team);
    rft_free(device);
}

static void cpu_caps(const struct rft_device *device, struct rft_caps *caps)
{
    *caps = (struct rft_caps){.block_bytes_max = UINT64_MAX,
                              .align_bytes = 64,
                              .n_scratch = cpu_team_size(device->team),
                              .prefill_rows = 128,
                              .slots_wanted = 64,
                              .burst_steps = 8};
}

static enum rft_status cpu_memory(struct rft_device *device, struct rft_memory *memory)
{
    uint64_t total = rft_os_memory_total_bytes();
    uint64_t available = rft_os_memory_available_bytes();
    RFT_CHECK_DEVICE(device, &rft_backend_cpu);
    *memory =
        (struct rft_memory){.total_bytes = total,
                            .available_bytes = available != 0 ? available : total, /* 0: the system does not say */
                            .is_estimate = available == 0};
    return RFT_OK;
}

static enum rft_status cpu_block_create(struct rft_device *device, uint64_t bytes, enum rft_place place,
                                        const char *label, struct rft_block *block)
{
    void *p = MAP_FAILED;
    RFT_CHECK_DEVICE(device, &rft_backend_cpu);
    (void)place; /* the host is the device */
    *block = (struct rft_block){0};
    errno = ENOMEM;
    if (bytes != 0 && bytes <= SIZE_MAX / 2)
        p = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        rft_log_warn("cpu: no memory for %s: %" PRIu64 " bytes: %s", label, bytes, strerror(errno));
        return RFT_ERR_DEVICE_MEMORY;
    }
#ifdef MADV_HUGEPAGE
    (void)madvise(p, (size_t)bytes, MADV_HUGEPAGE); /* fewer TLB misses while weights stream; a refusal costs nothing */
#endif
    *block = (struct rft_block){(uint64_t)(uintptr_t)p, bytes, p};
    return RFT_OK;
}

static void cpu_block_destroy(struct rft_device *device, struct rft_block *block)
{
    (void)device;
    if (block == NULL || block->handle == NULL)
        return;
    munmap(block->handle, (size_t)block->bytes);
    *block = (struct rft_block){0};
}

static enum rft_status cpu_write(struct rft_device *device, struct rft_slice to, const void *from)
{
    RFT_CHECK_DEVICE(device, &rft_backend_cpu);
    memcpy((uint8_t *)to.block->handle + to.offset, from, (size_t)to.bytes);
    return RFT_OK;
}

static enum rft_status cpu_read(struct rft_device *device, struct rft_slice from, void *to)
{
    RFT_CHECK_DEVICE(device, &rft_backend_cpu);
    memcpy(to, (const uint8_t *)from.block->handle + from.offset, (size_t)from.bytes);
    return RFT_OK;
}

static enum rft_status cpu_exec_create(struct rft_device *device, const struct rft_program *program,
                                       struct rft_exec **out)
{
    struct rft_exec *exec = rft_alloc(1, sizeof *exec + program->n_nodes * sizeof exec->nodes[0]);
    RFT_CHECK_DEVICE(device, &rft_backend_cpu);
    *out = NULL;
    if (exec == NULL)
        return RFT_ERR_HOST_MEMORY;
    exec->n_nodes = (uint32_t)program->n_nodes;
    for (uint32_t i = 0; i < exec->n_nodes; i++) {
        const struct rft_node *node = &program->nodes[i];
        exec->nodes[i].kernel = cpu_kernel_of(device->form, node->op);
        exec->nodes[i].op = node->op;
        memcpy(exec->nodes[i].args.bytes, node->args.bytes, node->args_bytes);
    }
    *out = exec;
    return RFT_OK;
}

static void cpu_exec_destroy(struct rft_device *device, struct rft_exec *exec)
{
    (void)device;
    rft_free(exec);
}

static enum rft_status cpu_run(struct rft_device *device, struct rft_exec *exec, uint32_t n_replays, uint64_t *ticket)
{
    RFT_CHECK_DEVICE(device, &rft_backend_cpu);
    *ticket = 0;
    cpu_team_run(device->team, exec->nodes, exec->n_nodes, n_replays, NULL);
    return RFT_OK;
}

static enum rft_status cpu_wait(struct rft_device *device, uint64_t ticket)
{
    (void)device;
    (void)ticket; /* run() returns when the work is done */
    return RFT_OK;
}

static enum rft_status cpu_profile(struct rft_device *device, struct rft_exec *exec, float *node_us, uint32_t n_nodes)
{
    memset(node_us, 0, n_nodes * sizeof *node_us);
    cpu_team_run(device->team, exec->nodes, n_nodes < exec->n_nodes ? n_nodes : exec->n_nodes, 1, node_us);
    return RFT_OK;
}

const struct rft_backend rft_backend_cpu = {
    .name = "cpu",
    .enumerate = cpu_enumerate,
    .open = cpu_open,
    .close = cpu_close,
    .caps = cpu_caps,
    .memory = cpu_memory,
    .block_create = cpu_block_create,
    .block_destroy = cpu_block_destroy,
    .write = cpu_write,
    .read = cpu_read,
    .exec_create = cpu_exec_create,
    .exec_destroy = cpu_exec_destroy,
    .run = cpu_run,
    .wait = cpu_wait,
    .profile = cpu_profile,
};
