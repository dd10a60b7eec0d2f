/* SPDX-License-Identifier: MIT */
#include "cuda_stub_state.h"

#include <stdlib.h>
#include <string.h>

struct CUmod_st {
    struct stub_object object;
};

/* A CUfunction; each is made once for a module. */
struct stub_function {
    struct stub_object object;
    struct CUmod_st *module;
    const struct host_kernel *kernel;
    char name[64];
};

struct CUgraphNode_st {
    struct stub_launch launch;
    uint32_t *before; /* [n_before] node numbers */
    uint32_t n_before;
};

struct nodes {
    struct CUgraphNode_st **all; /* [n] */
    uint32_t n, cap;
};

struct CUgraph_st {
    struct stub_object object;
    struct nodes nodes;
};

struct CUgraphExec_st {
    struct stub_object object;
    struct nodes nodes;
    uint32_t n_queued;
    bool is_destroyed; /* and goes when nothing of it is queued */
};

/* What begins a module: machine code, a fat binary or PTX. */
static bool is_image(const void *image)
{
    const unsigned char *bytes = image;
    return memcmp(bytes, "\177ELF", 4) == 0 || memcmp(bytes, "\x50\xed\x55\xba", 4) == 0 ||
           strncmp(image, ".version", 8) == 0 || memcmp(bytes, "//", 2) == 0;
}

static CUresult load_module(CUmodule *module, const void *image)
{
    CUresult result = stub_enter(CUDA_STUB_ModuleLoadData);
    if (result == CUDA_SUCCESS && !is_image(image))
        result = CUDA_ERROR_INVALID_IMAGE;
    if (result == CUDA_SUCCESS)
        *module = stub_make(CUDA_STUB_MODULE, sizeof **module);
    return stub_gave(result, module, sizeof *module);
}

CUresult cuModuleLoadData(CUmodule *module, const void *image)
{
    return load_module(module, image);
}

/* The value of an option, which is a pointer or a number in a pointer's place; NULL: it is not there. */
static void **option(CUjit_option name, unsigned int n, const CUjit_option *options, void **values)
{
    for (unsigned int i = 0; i < n; i++)
        if (options[i] == name)
            return &values[i];
    return NULL;
}

/* What there is to say fills the buffer, without an end if it is longer. */
CUresult cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned int n, CUjit_option *options, void **values)
{
    void **const text = option(CU_JIT_ERROR_LOG_BUFFER, n, options, values);
    void **const size = option(CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES, n, options, values);
    CUresult result = load_module(module, image);
    STUB_DEMAND(n == 2 && text != NULL && size != NULL,
                "cuModuleLoadDataEx: options other than a buffer for errors and its size");
    if (result != CUDA_SUCCESS && cuda_stub.jit_errors != NULL)
        strncpy(*text, cuda_stub.jit_errors, (size_t)(uintptr_t)*size);
    else
        *(char *)*text = '\0';
    return result;
}

CUresult cuModuleUnload(CUmodule handle)
{
    CUresult result = stub_enter(CUDA_STUB_ModuleUnload);
    struct CUmod_st *module = stub_find(CUDA_STUB_MODULE, handle);
    struct stub_object *next;
    for (struct stub_object *o = stub_first(CUDA_STUB_FUNCTION); o != NULL; o = next) {
        next = stub_next(o);
        if (((struct stub_function *)o)->module != module)
            continue;
        STUB_DEMAND(!stub_is_function_in_use((struct stub_function *)o) || stub_current()->cannot_wait,
                    "cuModuleUnload: a kernel of it is queued");
        stub_drop(o);
    }
    stub_drop(module);
    return result;
}

static struct stub_function *function_of(struct CUmod_st *module, const char *name)
{
    const struct host_kernel *kernel = host_kernel_find(name);
    struct stub_function *function;
    for (struct stub_object *o = stub_first(CUDA_STUB_FUNCTION); o != NULL; o = stub_next(o)) {
        function = (struct stub_function *)o;
        if (function->module == module && strcmp(function->name, name) == 0)
            return function;
    }
    if (kernel == NULL || strlen(name) >= sizeof function->name)
        return NULL;
    function = stub_make(CUDA_STUB_FUNCTION, sizeof *function);
    function->module = module;
    function->kernel = kernel;
    strcpy(function->name, name);
    return function;
}

CUresult cuModuleGetFunction(CUfunction *function, CUmodule handle, const char *name)
{
    CUresult result = stub_enter(CUDA_STUB_ModuleGetFunction);
    struct CUmod_st *module = stub_find(CUDA_STUB_MODULE, handle);
    if (result == CUDA_SUCCESS) {
        *function = (CUfunction)(void *)function_of(module, name);
        result = *function == NULL ? CUDA_ERROR_NOT_FOUND : CUDA_SUCCESS;
    }
    return stub_gave(result, function, sizeof *function);
}

CUresult cuFuncGetAttribute(int *value, CUfunction_attribute attribute, CUfunction handle)
{
    CUresult result = stub_enter(CUDA_STUB_FuncGetAttribute);
    (void)stub_find(CUDA_STUB_FUNCTION, handle);
    switch (attribute) {
    case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK: *value = 1024; break;
    case CU_FUNC_ATTRIBUTE_NUM_REGS: *value = 64; break;
    case CU_FUNC_ATTRIBUTE_BINARY_VERSION:
    case CU_FUNC_ATTRIBUTE_PTX_VERSION: *value = cuda_stub.binary_version; break;
    case CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES:
    case CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES:
    case CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES:
    case CU_FUNC_ATTRIBUTE_CACHE_MODE_CA: *value = 0; break;
    default: stub_misuse("cuFuncGetAttribute: attribute %d is not known here", (int)attribute);
    }
    return stub_gave(result, value, sizeof *value);
}

/* Checks a launch as a driver would, and copies its arguments, which may be gone afterwards. */
static struct stub_launch launch_of(const CUDA_KERNEL_NODE_PARAMS_v1 *p)
{
    struct stub_launch launch = {.grid_x = p->gridDimX, .grid_y = p->gridDimY, .threads = p->blockDimX};
    launch.function = stub_find(CUDA_STUB_FUNCTION, p->func);
    launch.args_bytes = host_kernel_args_bytes(launch.function->kernel);
    STUB_DEMAND(p->gridDimX >= 1 && p->gridDimX <= 0x7fffffffu && p->gridDimY >= 1 && p->gridDimY <= 65535 &&
                    p->gridDimZ == 1,
                "%s: a grid of %u x %u x %u blocks", launch.function->name, p->gridDimX, p->gridDimY, p->gridDimZ);
    STUB_DEMAND(p->blockDimX >= 1 && p->blockDimX <= 1024 && p->blockDimY == 1 && p->blockDimZ == 1,
                "%s: a block of %u x %u x %u threads", launch.function->name, p->blockDimX, p->blockDimY, p->blockDimZ);
    STUB_DEMAND(p->sharedMemBytes == 0 && p->kernelParams != NULL && p->extra == NULL,
                "%s: shared memory or parameters", launch.function->name);
    STUB_DEMAND(p->kernelParams[0] != NULL && p->kernelParams[1] != NULL && launch.args_bytes <= sizeof launch.args,
                "%s: parameters", launch.function->name);
    memcpy(launch.args, p->kernelParams[0], launch.args_bytes);
    memcpy(&launch.parameter, p->kernelParams[1], sizeof launch.parameter);
    return launch;
}

CUresult cuLaunchKernel(CUfunction function, unsigned int grid_x, unsigned int grid_y, unsigned int grid_z,
                        unsigned int block_x, unsigned int block_y, unsigned int block_z, unsigned int shared_bytes,
                        CUstream stream, void **parameters, void **extra)
{
    CUresult result = stub_enter(CUDA_STUB_LaunchKernel);
    const CUDA_KERNEL_NODE_PARAMS_v1 p = {function, grid_x,  grid_y,       grid_z,     block_x,
                                          block_y,  block_z, shared_bytes, parameters, extra};
    struct stub_work work = {.kind = STUB_KERNEL};
    if (result != CUDA_SUCCESS)
        return result;
    work.launch = launch_of(&p);
    stub_queue(stream, &work);
    return CUDA_SUCCESS;
}

bool stub_run_launch(struct CUctx_st *context, const struct stub_launch *launch)
{
    const uint64_t n = ++cuda_stub.n_kernels, n_losses = cuda_stub.n_losses == 0 ? 1 : cuda_stub.n_losses;
    if (cuda_stub.lose_at != 0 && n >= cuda_stub.lose_at && n - cuda_stub.lose_at < n_losses) {
        stub_lose(context, cuda_stub.lose_result);
        return false;
    }
    if (cuda_stub.on_kernel != NULL &&
        cuda_stub.on_kernel(cuda_stub.user, launch->function->name, launch->args, launch->parameter))
        return true;
    host_kernel_set_order(cuda_stub.order);
    host_kernel_run(launch->function->kernel, launch->args, launch->parameter, launch->grid_x, launch->grid_y,
                    launch->threads);
    return true;
}

bool stub_launch_uses(const struct stub_launch *launch, CUdeviceptr address, size_t bytes)
{
    for (size_t at = 0; at + 8 <= launch->args_bytes; at += 8) {
        uint64_t value;
        memcpy(&value, &launch->args[at], sizeof value);
        if (value >= address && value - address < bytes)
            return true;
    }
    return false;
}

bool stub_graph_uses(const struct CUgraphExec_st *exec, CUdeviceptr address, size_t bytes)
{
    for (uint32_t i = 0; i < exec->nodes.n; i++)
        if (stub_launch_uses(&exec->nodes.all[i]->launch, address, bytes))
            return true;
    return false;
}

static void add_node(struct nodes *nodes, const struct CUgraphNode_st *node)
{
    struct CUgraphNode_st *copy = stub_alloc(1, sizeof *copy);
    if (nodes->n == nodes->cap) {
        nodes->cap = nodes->cap * 2 + 16;
        nodes->all = realloc(nodes->all, nodes->cap * sizeof(struct CUgraphNode_st *));
        STUB_DEMAND(nodes->all != NULL, "out of memory");
    }
    *copy = *node;
    copy->before = stub_alloc(node->n_before + 1, sizeof *copy->before);
    memcpy(copy->before, node->before, node->n_before * sizeof *copy->before);
    nodes->all[nodes->n++] = copy;
}

static void free_nodes(struct nodes *nodes)
{
    while (nodes->n > 0) {
        struct CUgraphNode_st *node = nodes->all[--nodes->n];
        free(node->before);
        free(node);
    }
    free(nodes->all);
}

CUresult cuGraphCreate(CUgraph *out, unsigned int flags)
{
    CUresult result = stub_enter(CUDA_STUB_GraphCreate);
    STUB_DEMAND(flags == 0, "cuGraphCreate: flags");
    if (result == CUDA_SUCCESS)
        *out = stub_make(CUDA_STUB_GRAPH, sizeof **out);
    return stub_gave(result, out, sizeof *out);
}

/* The node's number in its graph; aborts if it is of another one, or named before. */
static uint32_t number_of(const struct nodes *nodes, const struct CUgraphNode_st *node,
                          const struct CUgraphNode_st *newer)
{
    uint32_t i = 0;
    while (i < nodes->n && nodes->all[i] != node)
        i++;
    STUB_DEMAND(i < nodes->n, "cuGraphAddKernelNode: a dependency that is no node of the graph");
    for (uint32_t k = 0; k < newer->n_before; k++)
        STUB_DEMAND(newer->before[k] != i, "cuGraphAddKernelNode: a dependency is named twice");
    return i;
}

static CUresult add_kernel(CUgraphNode *out, CUgraph handle, const CUgraphNode *before, size_t n,
                           const CUDA_KERNEL_NODE_PARAMS_v1 *p)
{
    CUresult result = stub_enter(CUDA_STUB_GraphAddKernelNode);
    struct CUgraph_st *graph = stub_find(CUDA_STUB_GRAPH, handle);
    struct CUgraphNode_st node = {.n_before = 0};
    if (result != CUDA_SUCCESS)
        return stub_gave(result, out, sizeof *out);
    node.launch = launch_of(p);
    node.before = stub_alloc(n + 1, sizeof *node.before);
    while (node.n_before < n) {
        const uint32_t number = number_of(&graph->nodes, before[node.n_before], &node);
        node.before[node.n_before++] = number;
    }
    add_node(&graph->nodes, &node);
    free(node.before);
    *out = graph->nodes.all[graph->nodes.n - 1];
    return CUDA_SUCCESS;
}

#undef cuGraphAddKernelNode
CUresult cuGraphAddKernelNode(CUgraphNode *out, CUgraph graph, const CUgraphNode *before, size_t n,
                              const CUDA_KERNEL_NODE_PARAMS_v1 *p);
CUresult cuGraphAddKernelNode(CUgraphNode *out, CUgraph graph, const CUgraphNode *before, size_t n,
                              const CUDA_KERNEL_NODE_PARAMS_v1 *p)
{
    return add_kernel(out, graph, before, n, p);
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec *out, CUgraph handle, unsigned long long flags)
{
    CUresult result = stub_enter(CUDA_STUB_GraphInstantiate);
    const struct CUgraph_st *graph = stub_find(CUDA_STUB_GRAPH, handle);
    STUB_DEMAND(flags == 0, "cuGraphInstantiate: flags");
    if (result != CUDA_SUCCESS)
        return stub_gave(result, out, sizeof *out);
    *out = stub_make(CUDA_STUB_EXEC, sizeof **out);
    for (uint32_t i = 0; i < graph->nodes.n; i++) {
        add_node(&(*out)->nodes, graph->nodes.all[i]);
        cuda_stub.n_edges += graph->nodes.all[i]->n_before;
    }
    cuda_stub.n_nodes += graph->nodes.n;
    return CUDA_SUCCESS;
}

void stub_drop_graph(struct stub_object *graph)
{
    free_nodes(graph->kind == CUDA_STUB_GRAPH ? &((struct CUgraph_st *)graph)->nodes
                                              : &((struct CUgraphExec_st *)graph)->nodes);
    stub_drop(graph);
}

CUresult cuGraphDestroy(CUgraph handle)
{
    CUresult result = stub_enter(CUDA_STUB_GraphDestroy);
    stub_drop_graph(stub_find(CUDA_STUB_GRAPH, handle));
    return result;
}

void stub_hold_exec(struct CUgraphExec_st *exec)
{
    exec->n_queued++;
}

void stub_let_go_exec(struct CUgraphExec_st *exec)
{
    exec->n_queued--;
    if (exec->n_queued == 0 && exec->is_destroyed)
        stub_drop_graph(&exec->object);
}

static struct CUgraphExec_st *find_exec(CUgraphExec handle)
{
    struct CUgraphExec_st *exec = stub_find(CUDA_STUB_EXEC, handle);
    STUB_DEMAND(!exec->is_destroyed, "an executable graph that was destroyed");
    return exec;
}

CUresult cuGraphExecDestroy(CUgraphExec handle)
{
    CUresult result = stub_enter(CUDA_STUB_GraphExecDestroy);
    struct CUgraphExec_st *exec = find_exec(handle);
    exec->is_destroyed = true;
    if (exec->n_queued == 0)
        stub_drop_graph(&exec->object);
    return result;
}

CUresult cuGraphUpload(CUgraphExec handle, CUstream stream)
{
    CUresult result = stub_enter(CUDA_STUB_GraphUpload);
    (void)find_exec(handle);
    (void)stub_find(CUDA_STUB_STREAM, stream);
    return result;
}

CUresult cuGraphLaunch(CUgraphExec handle, CUstream stream)
{
    CUresult result = stub_enter(CUDA_STUB_GraphLaunch);
    struct stub_work work = {.kind = STUB_GRAPH};
    work.exec = find_exec(handle);
    if (result != CUDA_SUCCESS)
        return result;
    stub_queue(stream, &work);
    return CUDA_SUCCESS;
}

static bool is_ready(const struct CUgraphNode_st *node, const bool *is_done)
{
    for (uint32_t i = 0; i < node->n_before; i++)
        if (!is_done[node->before[i]])
            return false;
    return true;
}

/* Of the nodes that are ready, the first, the last or any: what is not ordered has no order. */
static uint32_t choose(const struct nodes *nodes, const bool *is_done)
{
    uint32_t chosen = nodes->n, n_ready = 0;
    for (uint32_t i = 0; i < nodes->n; i++) {
        if (is_done[i] || !is_ready(nodes->all[i], is_done))
            continue;
        n_ready++;
        if (n_ready == 1 || cuda_stub.order == 1 || (cuda_stub.order == 2 && stub_random() % n_ready == 0))
            chosen = i;
        if (cuda_stub.order == 0)
            break;
    }
    STUB_DEMAND(chosen < nodes->n, "a graph with a circle");
    return chosen;
}

bool stub_run_graph(struct CUctx_st *context, struct CUgraphExec_st *exec)
{
    bool *is_done = stub_alloc(exec->nodes.n + 1, sizeof *is_done), is_well = true;
    for (uint32_t n = 0; n < exec->nodes.n && is_well; n++) {
        const uint32_t i = choose(&exec->nodes, is_done);
        is_done[i] = true;
        is_well = stub_run_launch(context, &exec->nodes.all[i]->launch);
    }
    free(is_done);
    return is_well;
}
