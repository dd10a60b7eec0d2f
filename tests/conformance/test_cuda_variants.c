/* SPDX-License-Identifier: MIT */
/* Every CUDA kernel on every case: which one a device uses depends on its size. */
#include "call_runner.h"
#include "cuda_backend.h"

int main(void)
{
    return rft_test_variants("cuda", cuda_kernels_test_all);
}
