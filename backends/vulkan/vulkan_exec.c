/* SPDX-License-Identifier: MIT */
/* Programs: command buffers, recorded once and replayed. A desktop's driver resets a GPU that one piece of work keeps
 * busy for seconds, and a desktop stutters long before; so on a GPU no dispatch and no submission is longer than the
 * limits below, by an estimate that is corrected by what was measured. */
#include "vulkan_exec.h"

#include "vulkan_kernels.h"
#include "vulkan_queue.h"

#include "alloc.h"
#include "log.h"
#include "os.h"

#include <math.h>
#include <string.h>

#define DISPATCH_NS 50e6       /* of a dispatch */
#define SUBMISSION_NS 100e6    /* of a submission */
#define PIECES_MAX 1024u       /* of one node: no wrong estimate drowns a program in dispatches */
#define FIRST_NS_PER_WORK 1e-2 /* a small integrated GPU: 100 GFLOP/s */
#define FIRST_NS_PER_WORK_CPU 1.0
#define OVERHEAD_NS 3e3   /* of a dispatch, however small */
#define MEASURABLE_NS 1e6 /* shorter submissions say more about overheads than about the work */

/* A node as it is recorded: kept, so that it can be recorded again with better limits. */
struct exec_call {
    struct vulkan_call call;
    bool barrier;
    union {
        uint8_t bytes[RFT_ARGS_BYTES_MAX];
        uint64_t align;
    } args;
};

struct exec_commands {
    VkCommandBuffer handle;
    double work;
    uint32_t n_dispatches;
    uint32_t n_barriers;
};

struct rft_exec {
    struct exec_commands *commands; /* of one replay, in order */
    size_t n_commands, cap_commands;
    bool is_split;      /* more dispatches than nodes, or more than one command buffer */
    double ns_recorded; /* per unit of work: what it was recorded with */
    double ns_measured; /* per unit of work; 0 = not measured yet */
    double measured_ns; /* of all submissions that were reported, summed */
    uint64_t ticket;    /* of the last run */
    uint32_t n_calls;
    struct exec_call calls[];
};

struct limits {
    double dispatch_ns, submission_ns;
};

/* The state of a recording. */
struct recorder {
    struct rft_device *device;
    struct rft_exec *exec;
    struct limits limits;
    double used_ns;                 /* estimate for the command buffer so far */
    const struct exec_call *pushed; /* whose arguments are set in it */
    VkPipeline bound;
};

static struct limits limits_of(const struct rft_device *device)
{
    double wanted = 1e3 * device->options.dispatch_us_max;
    if (wanted > 0)
        return (struct limits){wanted, wanted > SUBMISSION_NS ? wanted : SUBMISSION_NS};
    return device->is_cpu ? (struct limits){INFINITY, INFINITY} : (struct limits){DISPATCH_NS, SUBMISSION_NS};
}

static double estimate_ns(double work, double n_dispatches, double ns_per_work)
{
    return work * ns_per_work + n_dispatches * OVERHEAD_NS;
}

static struct exec_commands *current(struct recorder *r)
{
    return &r->exec->commands[r->exec->n_commands - 1];
}

static void barrier(struct recorder *r, VkPipelineStageFlags from, VkAccessFlags written, VkPipelineStageFlags to,
                    VkAccessFlags accesses)
{
    VkMemoryBarrier memory = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER, .srcAccessMask = written, .dstAccessMask = accesses};
    r->device->vk.vkCmdPipelineBarrier(current(r)->handle, from, to, 0, 1, &memory, 0, NULL, 0, NULL);
    current(r)->n_barriers++;
}

static void node_barrier(struct recorder *r)
{
    barrier(r, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
            VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT);
}

/* Behind kernels and copies of whatever was queued before. */
static void first_barrier(struct recorder *r)
{
    barrier(r, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
            VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
            VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT);
}

/* What the program wrote is seen by copies and, after a wait, by the host. */
static void last_barrier(struct recorder *r)
{
    barrier(r, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT,
            VK_PIPELINE_STAGE_TRANSFER_BIT | VK_PIPELINE_STAGE_HOST_BIT,
            VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_HOST_READ_BIT);
}

static enum rft_status begin_commands(struct recorder *r)
{
    struct rft_device *device = r->device;
    struct rft_exec *exec = r->exec;
    VkCommandBufferAllocateInfo allocate = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                            .commandPool = device->pool,
                                            .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                            .commandBufferCount = 1};
    /* One submission lists it as often as it is replayed. */
    VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                      .flags = VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT};
    VkCommandBuffer handle;
    if (rft_grow((void **)&exec->commands, &exec->cap_commands, exec->n_commands + 1, sizeof *exec->commands) != 0)
        return RFT_ERR_HOST_MEMORY;
    RFT_TRY(vulkan_check(device, device->vk.vkAllocateCommandBuffers(device->handle, &allocate, &handle),
                         "vkAllocateCommandBuffers"));
    exec->commands[exec->n_commands++] = (struct exec_commands){.handle = handle};
    r->used_ns = 0;
    r->pushed = NULL;
    r->bound = VK_NULL_HANDLE;
    return vulkan_check(device, device->vk.vkBeginCommandBuffer(handle, &begin), "vkBeginCommandBuffer");
}

static enum rft_status end_commands(struct recorder *r)
{
    return vulkan_check(r->device, r->device->vk.vkEndCommandBuffer(current(r)->handle), "vkEndCommandBuffer");
}

/* One dispatch: the groups [x, x + width) of the rows [y, y + height). */
static enum rft_status record_piece(struct recorder *r, const struct exec_call *call, uint32_t x, uint32_t y,
                                    uint32_t width, uint32_t height)
{
    const struct VolkDeviceTable *vk = &r->device->vk;
    double work = call->call.work_per_group * (double)width * (double)height;
    double ns = estimate_ns(work, 1, r->exec->ns_recorded);
    if (r->used_ns > 0 && r->used_ns + ns > r->limits.submission_ns) {
        RFT_TRY(end_commands(r));
        RFT_TRY(begin_commands(r));
    }
    if (r->bound != call->call.pipeline)
        vk->vkCmdBindPipeline(current(r)->handle, VK_PIPELINE_BIND_POINT_COMPUTE, call->call.pipeline);
    if (r->pushed != call && call->call.args_bytes != 0)
        vk->vkCmdPushConstants(current(r)->handle, vulkan_kernels_layout(r->device), VK_SHADER_STAGE_COMPUTE_BIT, 0,
                               call->call.args_bytes, call->args.bytes);
    if (x == 0 && y == 0)
        vk->vkCmdDispatch(current(r)->handle, width, height, 1);
    else
        vk->vkCmdDispatchBase(current(r)->handle, x, y, 0, width, height, 1);
    r->bound = call->call.pipeline;
    r->pushed = call;
    r->used_ns += ns;
    current(r)->work += work;
    current(r)->n_dispatches++;
    return RFT_OK;
}

/* The node's groups, in pieces that keep to the limit of a dispatch. */
static enum rft_status record_call(struct recorder *r, const struct exec_call *call)
{
    uint32_t n = call->call.n_groups, most = n, rows = n / VULKAN_WIDTH + (n % VULKAN_WIDTH != 0 ? 1 : 0);
    double wanted = r->limits.dispatch_ns / (call->call.work_per_group * r->exec->ns_recorded);
    if (call->barrier)
        node_barrier(r);
    if (wanted < n) /* false for infinite limits and for no work */
        most = wanted < 1 ? 1 : (uint32_t)wanted;
    if (most < n / PIECES_MAX)
        most = n / PIECES_MAX;
    if (n > VULKAN_WIDTH && most >= VULKAN_WIDTH) {
        uint32_t height = most == n ? rows : most / VULKAN_WIDTH;
        for (uint32_t y = 0; y < rows; y += height)
            RFT_TRY(record_piece(r, call, 0, y, VULKAN_WIDTH, rows - y < height ? rows - y : height));
        return RFT_OK;
    }
    for (uint32_t y = 0; y < rows; y++) {
        uint32_t width = y + 1 < rows ? VULKAN_WIDTH : n - y * VULKAN_WIDTH;
        for (uint32_t x = 0; x < width; x += most)
            RFT_TRY(record_piece(r, call, x, y, width - x < most ? width - x : most, 1));
    }
    return RFT_OK;
}

static void free_commands(struct rft_device *device, struct rft_exec *exec)
{
    for (size_t i = 0; i < exec->n_commands; i++)
        device->vk.vkFreeCommandBuffers(device->handle, device->pool, 1, &exec->commands[i].handle);
    exec->n_commands = 0;
}

/* Records all calls anew. After a failure the exec has no commands, and the next run tries again. */
static enum rft_status record(struct rft_device *device, struct rft_exec *exec, double ns_per_work)
{
    struct recorder r = {.device = device, .exec = exec, .limits = limits_of(device)};
    enum rft_status status;
    uint32_t n_dispatches = 0;
    free_commands(device, exec);
    exec->ns_recorded = ns_per_work;
    RFT_TRY_GOTO(begin_commands(&r));
    first_barrier(&r);
    for (uint32_t i = 0; i < exec->n_calls; i++)
        RFT_TRY_GOTO(record_call(&r, &exec->calls[i]));
    last_barrier(&r);
    RFT_TRY_GOTO(end_commands(&r));
    for (size_t i = 0; i < exec->n_commands; i++)
        n_dispatches += exec->commands[i].n_dispatches;
    exec->is_split = exec->n_commands > 1 || n_dispatches > exec->n_calls;
    return RFT_OK;
fail:
    free_commands(device, exec);
    return status;
}

static double first_ns_per_work(const struct rft_device *device)
{
    if (device->ns_per_work > 0)
        return device->ns_per_work;
    return device->is_cpu ? FIRST_NS_PER_WORK_CPU : FIRST_NS_PER_WORK;
}

static enum rft_status create_exec(struct rft_device *device, const struct rft_node *nodes, size_t n_nodes,
                                   struct rft_exec **out)
{
    struct rft_exec *exec;
    enum rft_status status;
    *out = NULL;
    if (device->is_lost)
        return RFT_ERR_DEVICE_LOST;
    exec = rft_alloc(1, sizeof *exec + n_nodes * sizeof exec->calls[0]);
    if (exec == NULL)
        return RFT_ERR_HOST_MEMORY;
    exec->n_calls = (uint32_t)n_nodes;
    for (size_t i = 0; i < n_nodes; i++) { /* all pipelines first: making one may run its test */
        struct exec_call *call = &exec->calls[i];
        RFT_TRY_GOTO(vulkan_kernels_call(device, &nodes[i], &call->call));
        if (call->call.n_groups > VULKAN_WIDTH * VULKAN_WIDTH) {
            rft_log_error("%s: %s: %u groups are more than a dispatch has", device->facts.name, nodes[i].label,
                          call->call.n_groups);
            status = RFT_ERR_UNSUPPORTED;
            goto fail;
        }
        call->barrier = nodes[i].barrier;
        memcpy(call->args.bytes, nodes[i].args.bytes, sizeof call->args.bytes);
    }
    RFT_TRY_GOTO(record(device, exec, first_ns_per_work(device)));
    *out = exec;
    return RFT_OK;
fail:
    vulkan_exec_destroy(device, exec);
    return status;
}

enum rft_status vulkan_exec_create(struct rft_device *device, const struct rft_program *program, struct rft_exec **exec)
{
    RFT_CHECK_DEVICE(device, &rft_backend_vulkan);
    return create_exec(device, program->nodes, program->n_nodes, exec);
}

void vulkan_exec_destroy(struct rft_device *device, struct rft_exec *exec)
{
    if (exec == NULL)
        return;
    if (exec->ticket != 0 && vulkan_wait(device, exec->ticket) != RFT_OK)
        vulkan_drain(device);
    vulkan_forget(device, exec);
    free_commands(device, exec);
    rft_free(exec->commands);
    rft_free(exec);
}

/* Would the limits split anything at this rate? */
static bool needs_split(const struct rft_device *device, const struct rft_exec *exec, double ns_per_work)
{
    struct limits limits = limits_of(device);
    double total = 0;
    for (uint32_t i = 0; i < exec->n_calls; i++) {
        double ns = estimate_ns(exec->calls[i].call.work_per_group * exec->calls[i].call.n_groups, 1, ns_per_work);
        if (ns > limits.dispatch_ns)
            return true;
        total += ns;
    }
    return total > limits.submission_ns;
}

/* Records the exec again if its estimate turned out to be wrong and that makes a difference. */
static enum rft_status correct(struct rft_device *device, struct rft_exec *exec)
{
    double measured = exec->ns_measured;
    if (exec->n_commands == 0)
        return record(device, exec, measured > 0 ? measured : exec->ns_recorded);
    if (measured <= 0 || (measured <= 2 * exec->ns_recorded && measured >= exec->ns_recorded / 2))
        return RFT_OK;
    if (!exec->is_split && !needs_split(device, exec, measured)) {
        exec->ns_recorded = measured;
        return RFT_OK;
    }
    RFT_TRY(vulkan_wait(device, exec->ticket)); /* the old command buffers may be running */
    rft_log_debug("%s: recorded again: %.3g ns of a multiplication, not %.3g", device->facts.name, measured,
                  exec->ns_recorded);
    return record(device, exec, measured);
}

static void measured(struct rft_device *device, const struct vulkan_measure *measure, double ns)
{
    struct rft_exec *exec = measure->exec;
    double work_ns = ns - measure->n_dispatches * OVERHEAD_NS, ns_per_work;
    exec->measured_ns += ns;
    if (ns < MEASURABLE_NS || work_ns < ns / 2 || measure->work <= 0)
        return;
    /* Slower counts at once, faster over time: an estimate that is too long costs little. */
    ns_per_work = work_ns / measure->work;
    exec->ns_measured = ns_per_work > exec->ns_measured ? ns_per_work : 0.75 * exec->ns_measured + 0.25 * ns_per_work;
    device->ns_per_work =
        ns_per_work > device->ns_per_work ? ns_per_work : 0.75 * device->ns_per_work + 0.25 * ns_per_work;
}

static enum rft_status submit_commands(struct rft_device *device, struct rft_exec *exec, size_t i, uint32_t n_times,
                                       uint64_t *ticket)
{
    const struct exec_commands *commands = &exec->commands[i];
    struct vulkan_measure measure = {exec, measured, commands->work * n_times,
                                     (double)commands->n_dispatches * n_times};
    RFT_TRY(vulkan_submit_measured(device, commands->handle, n_times, &measure, ticket));
    exec->ticket = *ticket;
    device->stats.n_dispatches += (uint64_t)commands->n_dispatches * n_times;
    device->stats.n_barriers += (uint64_t)commands->n_barriers * n_times;
    return RFT_OK;
}

/* Queues replays, as many to a submission as its limit allows. */
static enum rft_status submit_replays(struct rft_device *device, struct rft_exec *exec, uint32_t n_replays,
                                      uint64_t *ticket)
{
    double ns = estimate_ns(exec->commands[0].work, exec->commands[0].n_dispatches, exec->ns_recorded);
    double wanted = ns > 0 ? limits_of(device).submission_ns / ns : INFINITY;
    uint32_t most = wanted < 1 ? 1 : wanted < VULKAN_REPEAT_MAX ? (uint32_t)wanted : VULKAN_REPEAT_MAX;
    for (uint32_t left = n_replays; left > 0;) {
        uint32_t n = exec->n_commands > 1 ? 1 : left < most ? left : most;
        for (size_t i = 0; i < exec->n_commands; i++)
            RFT_TRY(submit_commands(device, exec, i, n, ticket));
        left -= n;
    }
    return RFT_OK;
}

enum rft_status vulkan_run(struct rft_device *device, struct rft_exec *exec, uint32_t n_replays, uint64_t *ticket)
{
    enum rft_status status;
    RFT_CHECK_DEVICE(device, &rft_backend_vulkan);
    *ticket = 0;
    RFT_TRY(vulkan_burst_begin(device));
    RFT_TRY(correct(device, exec));
    status = submit_replays(device, exec, n_replays, ticket);
    vulkan_burst_end(device);
    if (status != RFT_OK)
        *ticket = 0;
    return status;
}

/* A node by itself, as a program of one call: it waits for nothing but its own work, and is split as always. */
static enum rft_status profile_call(struct rft_device *device, const struct exec_call *call, double *ns)
{
    struct rft_exec *exec = rft_alloc(1, sizeof *exec + sizeof exec->calls[0]);
    enum rft_status status;
    uint64_t ticket;
    double start_s;
    if (exec == NULL)
        return RFT_ERR_HOST_MEMORY;
    exec->n_calls = 1;
    exec->calls[0] = *call;
    RFT_TRY_GOTO(record(device, exec, first_ns_per_work(device)));
    start_s = rft_os_seconds();
    RFT_TRY_GOTO(submit_replays(device, exec, 1, &ticket));
    RFT_TRY_GOTO(vulkan_wait(device, ticket));
    *ns = vulkan_has_timestamps(device) ? exec->measured_ns : 1e9 * (rft_os_seconds() - start_s);
fail:
    vulkan_exec_destroy(device, exec);
    return status;
}

enum rft_status vulkan_profile(struct rft_device *device, struct rft_exec *exec, float *node_us, uint32_t n_nodes)
{
    memset(node_us, 0, n_nodes * sizeof *node_us);
    RFT_TRY(vulkan_wait(device, device->n_submitted));
    for (uint32_t i = 0; i < exec->n_calls && i < n_nodes; i++) {
        double ns = 0;
        enum rft_status status = profile_call(device, &exec->calls[i], &ns);
        if (status != RFT_OK) {
            memset(node_us, 0, n_nodes * sizeof *node_us);
            return status;
        }
        node_us[i] = (float)(ns * 1e-3);
    }
    return RFT_OK;
}
