/* SPDX-License-Identifier: MIT */
/* The driver's library, libcuda.so.1, opened when the first device is looked for. Types come from the toolkit's
 * <cuda.h>; functions do not: the header renames them from toolkit to toolkit (cuCtxCreate is cuCtxCreate_v4 in CUDA
 * 13, with other parameters), so each is named here with the version whose interface is fixed, and all of these are in
 * every driver since CUDA 11.4. */
#ifndef RFT_CUDA_DRIVER_H
#define RFT_CUDA_DRIVER_H

#include <cuda.h>

#include <stdbool.h>
#include <stddef.h>

/* X(name in the table, symbol of the library, parameters) */
#define CUDA_DRIVER_FUNCTIONS(X)                                                                                       \
    X(init, "cuInit", (unsigned flags))                                                                                \
    X(driver_version, "cuDriverGetVersion", (int *version))                                                            \
    X(error_name, "cuGetErrorName", (CUresult result, const char **name))                                              \
    X(device_count, "cuDeviceGetCount", (int *n))                                                                      \
    X(device_get, "cuDeviceGet", (CUdevice * device, int index))                                                       \
    X(device_name, "cuDeviceGetName", (char *name, int size, CUdevice device))                                         \
    X(device_uuid, "cuDeviceGetUuid_v2", (CUuuid * uuid, CUdevice device))                                             \
    X(device_memory, "cuDeviceTotalMem_v2", (size_t * bytes, CUdevice device))                                         \
    X(device_attribute, "cuDeviceGetAttribute", (int *value, CUdevice_attribute attribute, CUdevice device))           \
    X(context_create, "cuCtxCreate_v2", (CUcontext * context, unsigned flags, CUdevice device))                        \
    X(context_destroy, "cuCtxDestroy_v2", (CUcontext context))                                                         \
    X(context_set, "cuCtxSetCurrent", (CUcontext context))                                                             \
    X(memory_info, "cuMemGetInfo_v2", (size_t * available, size_t * total))                                            \
    X(memory_granularity, "cuMemGetAllocationGranularity",                                                             \
      (size_t * granularity, const CUmemAllocationProp *properties, CUmemAllocationGranularity_flags option))          \
    X(address_reserve, "cuMemAddressReserve",                                                                          \
      (CUdeviceptr * address, size_t bytes, size_t align, CUdeviceptr wanted, unsigned long long flags))               \
    X(address_free, "cuMemAddressFree", (CUdeviceptr address, size_t bytes))                                           \
    X(memory_create, "cuMemCreate",                                                                                    \
      (CUmemGenericAllocationHandle * memory, size_t bytes, const CUmemAllocationProp *properties,                     \
       unsigned long long flags))                                                                                      \
    X(memory_release, "cuMemRelease", (CUmemGenericAllocationHandle memory))                                           \
    X(memory_map, "cuMemMap",                                                                                          \
      (CUdeviceptr address, size_t bytes, size_t offset, CUmemGenericAllocationHandle memory,                          \
       unsigned long long flags))                                                                                      \
    X(memory_unmap, "cuMemUnmap", (CUdeviceptr address, size_t bytes))                                                 \
    X(memory_access, "cuMemSetAccess", (CUdeviceptr address, size_t bytes, const CUmemAccessDesc *access, size_t n))   \
    X(host_alloc, "cuMemHostAlloc", (void **host, size_t bytes, unsigned flags))                                       \
    X(host_free, "cuMemFreeHost", (void *host))                                                                        \
    X(host_address, "cuMemHostGetDevicePointer_v2", (CUdeviceptr * address, void *host, unsigned flags))               \
    X(fill, "cuMemsetD8Async", (CUdeviceptr address, unsigned char value, size_t bytes, CUstream stream))              \
    X(upload, "cuMemcpyHtoDAsync_v2", (CUdeviceptr to, const void *from, size_t bytes, CUstream stream))               \
    X(download, "cuMemcpyDtoHAsync_v2", (void *to, CUdeviceptr from, size_t bytes, CUstream stream))                   \
    X(stream_create, "cuStreamCreate", (CUstream * stream, unsigned flags))                                            \
    X(stream_destroy, "cuStreamDestroy_v2", (CUstream stream))                                                         \
    X(stream_synchronize, "cuStreamSynchronize", (CUstream stream))                                                    \
    X(module_load, "cuModuleLoadDataEx",                                                                               \
      (CUmodule * module, const void *image, unsigned n_options, CUjit_option *options, void **values))                \
    X(module_unload, "cuModuleUnload", (CUmodule module))                                                              \
    X(module_function, "cuModuleGetFunction", (CUfunction * function, CUmodule module, const char *name))              \
    X(function_attribute, "cuFuncGetAttribute", (int *value, CUfunction_attribute attribute, CUfunction function))     \
    X(launch, "cuLaunchKernel",                                                                                        \
      (CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,     \
       unsigned block_z, unsigned shared_bytes, CUstream stream, void **arguments, void **extra))                      \
    X(graph_create, "cuGraphCreate", (CUgraph * graph, unsigned flags))                                                \
    X(graph_add_kernel, "cuGraphAddKernelNode",                                                                        \
      (CUgraphNode * node, CUgraph graph, const CUgraphNode *before, size_t n_before,                                  \
       const CUDA_KERNEL_NODE_PARAMS_v1 *parameters))                                                                  \
    X(graph_instantiate, "cuGraphInstantiateWithFlags",                                                                \
      (CUgraphExec * executable, CUgraph graph, unsigned long long flags))                                             \
    X(graph_launch, "cuGraphLaunch", (CUgraphExec executable, CUstream stream))                                        \
    X(graph_exec_destroy, "cuGraphExecDestroy", (CUgraphExec executable))                                              \
    X(graph_destroy, "cuGraphDestroy", (CUgraph graph))                                                                \
    X(event_create, "cuEventCreate", (CUevent * event, unsigned flags))                                                \
    X(event_destroy, "cuEventDestroy_v2", (CUevent event))                                                             \
    X(event_record, "cuEventRecord", (CUevent event, CUstream stream))                                                 \
    X(event_elapsed, "cuEventElapsedTime", (float *ms, CUevent start, CUevent end))

struct cuda_driver {
#define X(name, symbol, parameters) CUresult(CUDAAPI *name) parameters;
    CUDA_DRIVER_FUNCTIONS(X)
#undef X
};
extern struct cuda_driver cuda; /* filled by cuda_driver_open; only then may it be called */

/* Opens the library and initialises the driver, if that was not done yet. NULL: done; else why not, as the end of a
 * sentence, in static memory. The library is never closed: it does not take that well. */
const char *cuda_driver_open(void);

/* "CUDA_ERROR_...", or its number where the driver does not know it. Static, valid until the next call. */
const char *cuda_result_name(CUresult result);

/* The library to open; a test names another, before the first device is looked for. */
extern const char *rft_cuda_library;

#endif
