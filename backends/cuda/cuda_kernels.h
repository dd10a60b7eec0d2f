/* SPDX-License-Identifier: MIT */
/* Which kernel of kernels/<op>.cu a node is run with, and its grid: a pure function of the node and the GPU's size. A
 * kernel has the signature  void <name>(const struct rft_args_<op> a, const uint32_t parameter). */
#ifndef RFT_CUDA_KERNELS_H
#define RFT_CUDA_KERNELS_H

#include "program.h"

/* How a kernel of a matrix product is cut up (kernels/matmul.cuh); other ops have one form. */
enum cuda_variant {
    CUDA_PLAIN,
    CUDA_LANES, /* few rows: reads as many weights at once as possible */
    CUDA_TILED, /* many rows: reuses what it has read */
    CUDA_DOTS,  /* of integers, as all that follow: lanes with dp4a */
    CUDA_WARPS, /* lanes with the tensor cores */
    CUDA_WARPS_TILED,
};

struct cuda_kernel {
    const char *name; /* of the function in the module of its op */
    enum rft_op op;
    enum cuda_variant variant;
    uint32_t columns; /* activation rows of a thread block */
};

extern const struct cuda_kernel cuda_kernels[];
extern const uint32_t n_cuda_kernels;

/* A launch of a node, but for its arguments. */
struct cuda_call {
    uint32_t kernel;  /* in cuda_kernels */
    uint32_t grid_x;  /* blocks; at least 1 */
    uint32_t grid_y;  /* at most 65535 */
    uint32_t threads; /* of a block */
    uint32_t parameter;
};

/* Whether a kernel of the node's op is made for the format of its matrix. */
bool cuda_kernel_runs(uint32_t kernel, const struct rft_node *node);
/* The kernel that suits the node best on a GPU with this many multiprocessors. */
uint32_t cuda_kernel_for(const struct rft_node *node, uint32_t n_multiprocessors);
/* The launch of the node with this kernel, which runs it. */
struct cuda_call cuda_call_with(uint32_t kernel, const struct rft_node *node, uint32_t n_multiprocessors);

#endif
