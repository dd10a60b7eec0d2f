/* SPDX-License-Identifier: MIT */
/* What the parts of the stub share:
 *
 *   cuda_stub_state.c    settings, calls that fail, objects that are alive
 *   cuda_stub_device.c   devices and contexts
 *   cuda_stub_memory.c   addresses, memory, who may touch it
 *   cuda_stub_queue.c    streams, events, copies: work and when it runs
 *   cuda_stub_graph.c    modules, kernels, graphs */
#ifndef RFT_CUDA_STUB_STATE_H
#define RFT_CUDA_STUB_STATE_H

#include "cuda_stub.h"

#include "cuda_host.h"
#include "op_args.h"

extern struct cuda_stub cuda_stub;

/* Prints what rule was broken, and aborts. */
_Noreturn void stub_misuse(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* aborts unless `condition`. */
#define STUB_DEMAND(condition, ...)                                                                                    \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            stub_misuse(__VA_ARGS__);                                                                                  \
    } while (0)
/* Never NULL. */
void *stub_alloc(size_t n, size_t size);

/* Counts the call; not CUDA_SUCCESS if it is to fail. */
CUresult stub_enter(enum cuda_stub_call call);
/* The result of a call with an output: spoils it if the call failed. */
CUresult stub_gave(CUresult result, void *out, size_t bytes);
bool stub_is_initialized(void);
bool stub_is_sticky(CUresult result);
uint32_t stub_random(void);

/* The beginning of everything that has a handle, which is its address. */
struct stub_object {
    enum cuda_stub_object kind;
    struct stub_object *next;
    CUcontext context; /* NULL: of the device, as its memory is */
};
/* Makes a zeroed object of the current context. */
void *stub_make(enum cuda_stub_object kind, size_t bytes);
void *stub_find(enum cuda_stub_object kind,
                const void *handle); /* aborts if there is none, or it is another context's */
void stub_drop(void *object);
/* The newest object of a kind, or the one before; NULL: no more. */
struct stub_object *stub_first(enum cuda_stub_object kind);
struct stub_object *stub_next(const struct stub_object *object);

struct CUctx_st {
    struct stub_object object;
    CUdevice device;
    uint64_t bytes;   /* that it took */
    CUresult lost;    /* what every call returns */
    bool cannot_wait; /* its stream was last waited for in vain: objects with queued work may be destroyed, which drops
                         it */
};
struct CUctx_st *stub_current(void); /* NULL: none */
void stub_lose(struct CUctx_st *context, CUresult result);
/* A context goes: what is left of its objects goes with it if it is lost, and else must not be there. */
void stub_drop_lost_objects(const struct CUctx_st *context);
bool stub_take_bytes(CUdevice device, uint64_t bytes); /* false: the device has not so many */
void stub_give_bytes(CUdevice device, uint64_t bytes);
uint64_t stub_free_bytes(CUdevice device);
CUdevice stub_check_device(CUdevice device);

/* Device memory, or host memory that the device sees: is all of it there and accessible? */
bool stub_is_accessible(CUdeviceptr address, size_t bytes);
/* Opens device memory to the host, or closes it. */
void stub_set_visible(bool is_visible);

/* A launch, with its arguments. */
struct stub_launch {
    const struct stub_function *function;
    unsigned char args[RFT_ARGS_BYTES_MAX];
    size_t args_bytes;
    uint32_t parameter, grid_x, grid_y, threads;
};
struct CUgraphExec_st;
/* False: the context was lost. */
bool stub_run_launch(struct CUctx_st *context, const struct stub_launch *launch);
bool stub_run_graph(struct CUctx_st *context, struct CUgraphExec_st *exec);
void stub_hold_exec(struct CUgraphExec_st *exec);
void stub_let_go_exec(struct CUgraphExec_st *exec);
void stub_drop_graph(struct stub_object *graph); /* or an executable one */
/* Does an argument point there? */
bool stub_launch_uses(const struct stub_launch *launch, CUdeviceptr address, size_t bytes);
bool stub_graph_uses(const struct CUgraphExec_st *exec, CUdeviceptr address, size_t bytes);

enum stub_work_kind { STUB_SET, STUB_COPY_IN, STUB_COPY_OUT, STUB_KERNEL, STUB_GRAPH, STUB_EVENT };
struct stub_work {
    struct stub_work *next;
    enum stub_work_kind kind;
    CUdeviceptr address;
    size_t bytes;
    unsigned char value;
    void *host;
    struct stub_launch launch;
    struct CUgraphExec_st *exec;
    struct CUevent_st *event;
};
/* Queues a copy of it. */
void stub_queue(CUstream stream, const struct stub_work *work);
/* Work is queued that uses this memory. */
bool stub_is_in_use(CUdeviceptr address, size_t bytes);
bool stub_is_function_in_use(const struct stub_function *function);
void stub_drop_work(const struct CUctx_st *context);

#endif
