/* SPDX-License-Identifier: MIT */
/* A libcuda.so.1 without a GPU: the driver interface as far as the CUDA backend uses it, with device memory in the
 * host's and the kernels compiled for the host (tests/support/cuda/cuda_host.h). It is less patient than a real driver:
 * work runs at the last moment, unordered nodes in any order, fresh memory holds garbage, device memory cannot be
 * touched from outside, and whoever breaks a rule of the interface is told so and aborted.
 *
 * What a failed call leaves in its outputs is 0x5a.., so whoever uses such a handle is found out. After an error that a
 * context does not survive every call that needs it returns that error, until cuCtxDestroy, with which its objects go;
 * device memory does not, and is given back afterwards. Of functions that destroy something, one that fails for another
 * reason destroys it all the same, but for cuMemUnmap, cuMemAddressFree and cuMemFreeHost, which then can be called
 * again.
 *
 * A program gets it by LD_LIBRARY_PATH and sets it up by the environment; a test that links it, by what is here. */
#ifndef RFT_CUDA_STUB_H
#define RFT_CUDA_STUB_H

#include <cuda.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every function that can fail: X(name, needs). needs: N nothing, I cuInit, C a current context. What
 * needs no context fails with a lost one that is current all the same, if it is about memory. */
#define CUDA_STUB_CALLS(X)                                                                                             \
    X(Init, N)                                                                                                         \
    X(DriverGetVersion, N)                                                                                             \
    X(DeviceGetCount, I)                                                                                               \
    X(DeviceGet, I)                                                                                                    \
    X(DeviceGetName, I)                                                                                                \
    X(DeviceGetUuid, I)                                                                                                \
    X(DeviceTotalMem, I)                                                                                               \
    X(DeviceGetAttribute, I)                                                                                           \
    X(CtxCreate, I)                                                                                                    \
    X(CtxDestroy, I)                                                                                                   \
    X(CtxSetCurrent, I)                                                                                                \
    X(CtxSynchronize, C)                                                                                               \
    X(MemGetInfo, C)                                                                                                   \
    X(MemGetAllocationGranularity, I)                                                                                  \
    X(MemAddressReserve, C)                                                                                            \
    X(MemAddressFree, I)                                                                                               \
    X(MemCreate, C)                                                                                                    \
    X(MemRelease, I)                                                                                                   \
    X(MemMap, C)                                                                                                       \
    X(MemUnmap, I)                                                                                                     \
    X(MemSetAccess, C)                                                                                                 \
    X(MemHostAlloc, C)                                                                                                 \
    X(MemFreeHost, C)                                                                                                  \
    X(MemHostGetDevicePointer, C)                                                                                      \
    X(MemsetD8Async, C)                                                                                                \
    X(MemcpyHtoDAsync, C)                                                                                              \
    X(MemcpyDtoHAsync, C)                                                                                              \
    X(StreamCreate, C)                                                                                                 \
    X(StreamDestroy, C)                                                                                                \
    X(StreamSynchronize, C)                                                                                            \
    X(StreamQuery, C)                                                                                                  \
    X(ModuleLoadData, C)                                                                                               \
    X(ModuleUnload, C)                                                                                                 \
    X(ModuleGetFunction, C)                                                                                            \
    X(FuncGetAttribute, C)                                                                                             \
    X(GraphCreate, C)                                                                                                  \
    X(GraphAddKernelNode, C)                                                                                           \
    X(GraphInstantiate, C)                                                                                             \
    X(GraphUpload, C)                                                                                                  \
    X(GraphLaunch, C)                                                                                                  \
    X(GraphExecDestroy, C)                                                                                             \
    X(GraphDestroy, C)                                                                                                 \
    X(LaunchKernel, C)                                                                                                 \
    X(EventCreate, C)                                                                                                  \
    X(EventRecord, C) X(EventSynchronize, C) X(EventQuery, C) X(EventElapsedTime, C) X(EventDestroy, C)

#define CUDA_STUB_NAME(name, needs) CUDA_STUB_##name,
enum cuda_stub_call { CUDA_STUB_CALLS(CUDA_STUB_NAME) CUDA_STUB_CALL_COUNT };
#undef CUDA_STUB_NAME
const char *cuda_stub_call_name(enum cuda_stub_call call); /* with its cu */

enum cuda_stub_object {
    CUDA_STUB_CONTEXT,
    CUDA_STUB_RESERVATION, /* of addresses */
    CUDA_STUB_PHYSICAL,    /* of cuMemCreate; lives while it is mapped, too */
    CUDA_STUB_MAPPING,
    CUDA_STUB_HOST, /* of cuMemHostAlloc */
    CUDA_STUB_STREAM,
    CUDA_STUB_EVENT,
    CUDA_STUB_MODULE,
    CUDA_STUB_FUNCTION, /* goes with its module */
    CUDA_STUB_GRAPH,
    CUDA_STUB_EXEC,
    CUDA_STUB_OBJECT_COUNT
};

#define CUDA_STUB_DEVICES_MAX 8
struct cuda_stub_device {
    char name[96];
    int major, minor;
    int n_multiprocessors;
    uint64_t total_bytes;
    bool is_integrated;
    bool has_watchdog;
    bool has_no_virtual_memory;
    bool has_no_unified_addresses;
    bool is_prohibited; /* by its compute mode */
};

struct cuda_stub {
    /* What there is. */
    int driver_version;
    uint32_t n_devices;
    struct cuda_stub_device devices[CUDA_STUB_DEVICES_MAX];
    uint64_t granularity;   /* of memory */
    uint64_t context_bytes; /* that a context takes */
    uint64_t others_bytes;  /* of each device, that other processes have */
    int order; /* of nodes that are ready, of blocks and of threads: 0 ascending, 1 descending, 2 pseudo-random */
    int binary_version; /* of kernels, ten times the compute capability: of which machine code they are */
    bool is_visible;    /* the host may touch device memory */
    /* Orders. */
    enum cuda_stub_call fail_call; /* CUDA_STUB_CALL_COUNT: any function */
    uint64_t fail_at;              /* its fail_at-th call fails (1 = the first), 0 = none */
    uint64_t n_fails;              /* that many in a row; 0 counts as 1 */
    CUresult fail_result;
    const char *jit_errors; /* what the driver's compiler says of a module that cannot be loaded; NULL: nothing */
    uint64_t lose_at;       /* the context is lost at the lose_at-th kernel that runs, 0 = none */
    uint64_t n_losses;      /* at so many in a row; 0 counts as 1 */
    CUresult lose_result;
    bool is_lost_for_good;                                 /* no new context after a lost one */
    void (*on_call)(void *user, enum cuda_stub_call call); /* before each */
    /* In the kernel's place; false: it is to run. */
    bool (*on_kernel)(void *user, const char *name, const void *args, uint32_t parameter);
    void *user;
    const char *what; /* is being tried, for messages */
    /* Observations. */
    uint64_t n_calls[CUDA_STUB_CALL_COUNT], n_calls_all;
    uint64_t n_failed, n_lost; /* calls, contexts */
    int64_t live[CUDA_STUB_OBJECT_COUNT];
    uint64_t live_bytes, peak_bytes; /* of device memory, of all devices */
    uint64_t host_bytes;
    uint64_t n_kernels; /* that ran */
    uint64_t n_nodes;   /* that were instantiated */
    uint64_t n_edges;   /* of graphs that were instantiated */
};

/* The settings and counts, which are the environment's again. Nothing may be left of a context. */
struct cuda_stub *cuda_stub_begin(void);
/* What is left, for a message; NULL: nothing. */
const char *cuda_stub_left(void);

#endif
