/* SPDX-License-Identifier: MIT */
/* CUDA kernels on the host: every kernel of kernels/ that is compiled in, by name. One thread calls this. */
#ifndef RFT_CUDA_HOST_H
#define RFT_CUDA_HOST_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct host_kernel;

/* NULL: there is no such kernel. */
const struct host_kernel *host_kernel_find(const char *name);
/* Of its argument struct. */
size_t host_kernel_args_bytes(const struct host_kernel *kernel);
/* Runs the whole grid now. Ends the process, with a message, where a GPU would be left in an undefined state: more
 * threads or shared memory than allowed, a shuffle that part of a warp takes part in. */
void host_kernel_run(const struct host_kernel *kernel, const void *args, uint32_t parameter, uint32_t grid_x,
                     uint32_t grid_y, uint32_t threads);
/* Of threads and blocks. 0: ascending, 1: descending, 2: pseudo-random. A missing barrier shows in one of them. */
void host_kernel_set_order(int order);

#ifdef __cplusplus
}
#endif

#endif
