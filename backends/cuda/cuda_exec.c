/* SPDX-License-Identifier: MIT */
/* Programs: graphs of kernels, made once and launched again and again. A program's barriers cut it into segments; a
 * node waits for every node of the segment before its own, and for nothing in its own. */
#include "cuda_backend.h"

#include "alloc.h"

#include <string.h>

/* A node as it was recorded: kept for profiles. */
struct exec_call {
    CUfunction function;
    struct cuda_call call;
    union {
        uint8_t bytes[RFT_ARGS_BYTES_MAX];
        uint64_t align;
    } args;
};

struct rft_exec {
    CUgraphExec graph;
    uint32_t n_barriers;
    uint32_t n_calls;
    struct exec_call calls[];
};

/* The state of a graph's making. */
struct recorder {
    CUgraph graph;
    CUgraphNode *nodes;     /* [n_nodes] */
    size_t previous, first; /* of the segment before, and of this one */
};

static enum rft_status add_call(struct rft_device *device, struct recorder *r, struct exec_call *call, size_t i,
                                bool barrier)
{
    void *arguments[] = {call->args.bytes, &call->call.parameter};
    const CUDA_KERNEL_NODE_PARAMS_v1 parameters = {.func = call->function,
                                                   .gridDimX = call->call.grid_x,
                                                   .gridDimY = call->call.grid_y,
                                                   .gridDimZ = 1,
                                                   .blockDimX = call->call.threads,
                                                   .blockDimY = 1,
                                                   .blockDimZ = 1,
                                                   .kernelParams = arguments};
    if (barrier) {
        r->previous = r->first;
        r->first = i;
    }
    return cuda_check(
        device,
        cuda.graph_add_kernel(&r->nodes[i], r->graph, r->nodes + r->previous, r->first - r->previous, &parameters),
        "cuGraphAddKernelNode");
}

static enum rft_status record(struct rft_device *device, const struct rft_program *program, struct rft_exec *exec)
{
    struct recorder r = {0};
    enum rft_status status;
    CUresult result;
    r.nodes = rft_alloc(program->n_nodes, sizeof *r.nodes);
    if (r.nodes == NULL)
        return RFT_ERR_HOST_MEMORY;
    result = cuda.graph_create(&r.graph, 0);
    if (result != CUDA_SUCCESS)
        r.graph = NULL; /* what a failed call leaves there is not defined */
    RFT_TRY_GOTO(cuda_check(device, result, "cuGraphCreate"));
    for (uint32_t i = 0; i < exec->n_calls; i++) {
        const bool barrier = i != 0 && program->nodes[i].barrier; /* runs follow each other in the stream anyway */
        RFT_TRY_GOTO(add_call(device, &r, &exec->calls[i], i, barrier));
        exec->n_barriers += barrier;
    }
    result = cuda.graph_instantiate(&exec->graph, r.graph, 0);
    if (result != CUDA_SUCCESS)
        exec->graph = NULL;
    status = cuda_check(device, result, "cuGraphInstantiate");
fail:
    if (r.graph != NULL)
        (void)cuda.graph_destroy(r.graph);
    rft_free(r.nodes);
    return status;
}

enum rft_status cuda_exec_create(struct rft_device *device, const struct rft_program *program, struct rft_exec **out)
{
    struct rft_exec *exec;
    enum rft_status status;
    *out = NULL;
    RFT_TRY(cuda_enter(device));
    exec = rft_alloc(1, sizeof *exec + program->n_nodes * sizeof exec->calls[0]);
    if (exec == NULL)
        return RFT_ERR_HOST_MEMORY;
    exec->n_calls = (uint32_t)program->n_nodes;
    for (uint32_t i = 0; i < exec->n_calls; i++) { /* all kernels first: loading one may run its test */
        const struct rft_node *node = &program->nodes[i];
        struct exec_call *call = &exec->calls[i];
        const uint32_t kernel = cuda_kernel_for(node, device->facts.n_multiprocessors);
        RFT_TRY_GOTO(cuda_modules_function(device, kernel, &call->function));
        call->call = cuda_call_with(kernel, node, device->facts.n_multiprocessors);
        memcpy(call->args.bytes, node->args.bytes, sizeof call->args.bytes);
    }
    RFT_TRY_GOTO(record(device, program, exec));
    *out = exec;
    return RFT_OK;
fail:
    cuda_exec_destroy(device, exec);
    return status;
}

void cuda_exec_destroy(struct rft_device *device, struct rft_exec *exec)
{
    if (exec == NULL)
        return;
    if (cuda_enter(device) == RFT_OK) /* it may be running */
        (void)cuda_finish(device, "waiting for a program's last run");
    if (exec->graph != NULL)
        (void)cuda.graph_exec_destroy(exec->graph);
    rft_free(exec);
}

enum rft_status cuda_run(struct rft_device *device, struct rft_exec *exec, uint32_t n_replays, uint64_t *ticket)
{
    *ticket = 0;
    RFT_TRY(cuda_enter(device));
    device->n_launched++;
    for (uint32_t i = 0; i < n_replays; i++) {
        RFT_TRY(cuda_check(device, cuda.graph_launch(exec->graph, device->stream), "cuGraphLaunch"));
        device->stats.n_submissions++;
        device->stats.n_dispatches += exec->n_calls;
        device->stats.n_barriers += exec->n_barriers;
    }
    *ticket = device->n_launched;
    return RFT_OK;
}

enum rft_status cuda_wait(struct rft_device *device, uint64_t ticket)
{
    RFT_TRY(cuda_enter(device));
    return ticket <= device->n_finished ? RFT_OK : cuda_finish(device, "running a program");
}

enum rft_status cuda_launch(struct rft_device *device, CUfunction function, const struct cuda_call *call,
                            const void *args)
{
    union {
        uint8_t bytes[RFT_ARGS_BYTES_MAX];
        uint64_t align;
    } copy; /* the driver takes pointers to what it only reads */
    uint32_t parameter = call->parameter;
    void *arguments[] = {copy.bytes, &parameter};
    memcpy(copy.bytes, args, sizeof copy.bytes);
    device->stats.n_dispatches++;
    device->stats.n_submissions++;
    return cuda_check(
        device,
        cuda.launch(function, call->grid_x, call->grid_y, 1, call->threads, 1, 1, 0, device->stream, arguments, NULL),
        "cuLaunchKernel");
}

static enum rft_status profile_calls(struct rft_device *device, const struct rft_exec *exec, const CUevent events[2],
                                     float *node_us, uint32_t n_nodes)
{
    for (uint32_t i = 0; i < exec->n_calls && i < n_nodes; i++) {
        const struct exec_call *call = &exec->calls[i];
        float ms = 0;
        RFT_TRY(cuda_check(device, cuda.event_record(events[0], device->stream), "cuEventRecord"));
        RFT_TRY(cuda_launch(device, call->function, &call->call, call->args.bytes));
        RFT_TRY(cuda_check(device, cuda.event_record(events[1], device->stream), "cuEventRecord"));
        RFT_TRY(cuda_finish(device, "measuring a kernel"));
        RFT_TRY(cuda_check(device, cuda.event_elapsed(&ms, events[0], events[1]), "cuEventElapsedTime"));
        node_us[i] = 1e3f * ms;
    }
    return RFT_OK;
}

/* Each node by itself, between two events. */
enum rft_status cuda_profile(struct rft_device *device, struct rft_exec *exec, float *node_us, uint32_t n_nodes)
{
    CUevent events[2] = {NULL, NULL};
    enum rft_status status = RFT_OK;
    memset(node_us, 0, n_nodes * sizeof *node_us);
    RFT_TRY(cuda_enter(device));
    for (size_t i = 0; i < 2 && status == RFT_OK; i++) {
        CUresult result = cuda.event_create(&events[i], CU_EVENT_DEFAULT);
        if (result != CUDA_SUCCESS)
            events[i] = NULL;
        status = cuda_check(device, result, "cuEventCreate");
    }
    if (status == RFT_OK)
        status = profile_calls(device, exec, events, node_us, n_nodes);
    if (status != RFT_OK && !device->is_lost)
        (void)cuda.stream_synchronize(device->stream); /* an event may still be queued */
    for (size_t i = 0; i < 2; i++)
        if (events[i] != NULL)
            (void)cuda.event_destroy(events[i]);
    if (status != RFT_OK)
        memset(node_us, 0, n_nodes * sizeof *node_us);
    return status;
}
