/* SPDX-License-Identifier: MIT */
/* The self-test: a kernel against the cpu's plain kernel, on the cases of its op. */
#include "cuda_backend.h"

#include "self_test.h"

#include <stdio.h>

static enum rft_status create_block(struct rft_device *device, uint64_t bytes, enum rft_place place,
                                    struct rft_block *block)
{
    return cuda_block_create(device, bytes, place, "the self-test", block);
}

struct tested {
    uint32_t kernel;
    CUfunction function;
};

static enum rft_status run_node(struct rft_device *device, const void *kernel, const struct rft_node *node)
{
    const struct tested *tested = kernel;
    const struct cuda_call call = cuda_call_with(tested->kernel, node, device->facts.n_multiprocessors);
    RFT_TRY(cuda_launch(device, tested->function, &call, node->args.bytes));
    return cuda_finish(device, cuda_kernels[tested->kernel].name);
}

static enum rft_tested_formats formats_of(const struct cuda_kernel *kernel)
{
    if (kernel->variant == CUDA_PLAIN)
        return RFT_TESTED_ALL_FORMATS;
    return kernel->variant >= CUDA_DOTS ? RFT_TESTED_INTEGERS : RFT_TESTED_BF16;
}

enum rft_status cuda_test_kernel(struct rft_device *device, uint32_t kernel, CUfunction function, bool all)
{
    static const struct rft_self_test calls = {.align_bytes = CUDA_ALIGN,
                                               .block_create = create_block,
                                               .block_destroy = cuda_block_destroy,
                                               .write = cuda_write,
                                               .read = cuda_read,
                                               .run = run_node};
    const struct tested tested = {kernel, function};
    const struct cuda_kernel *k = &cuda_kernels[kernel];
    char device_text[400];
    snprintf(device_text, sizeof device_text, "%s (driver for CUDA %d.%d)", device->facts.name,
             device->facts.driver_version / 1000, device->facts.driver_version % 1000 / 10);
    return rft_self_test_kernel(
        &calls, device, &tested,
        &(struct rft_tested_kernel){
            .op = k->op, .name = k->name, .device = device_text, .all = all, .formats = formats_of(k)});
}
