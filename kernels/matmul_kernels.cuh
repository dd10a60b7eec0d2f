/* SPDX-License-Identifier: MIT */
/* All kernels of an op that has a matrix; cuda_kernels.c lists the same. */
#ifndef RFT_MATMUL_KERNELS_CUH
#define RFT_MATMUL_KERNELS_CUH

#include "matmul_bf16.cuh"
#include "matmul_integers.cuh"

#define MATMUL_KERNELS(name, Op)                                                                                       \
    BF16_KERNELS(name, Op)                                                                                             \
    INTEGER_KERNELS(name, Op)

#endif
