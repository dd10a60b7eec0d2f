/* SPDX-License-Identifier: MIT */
/* What vulkan_kernels.c and vulkan_test.c share: pipelines, one for each shader module. */
#ifndef RFT_VULKAN_PIPELINES_H
#define RFT_VULKAN_PIPELINES_H

#include "vulkan.h"

/* How a kernel of a matrix product is cut up (shaders/matmul.glsl), or an attention's; other ops have one form. */
enum vulkan_variant {
    VULKAN_PLAIN,
    VULKAN_NARROW,
    VULKAN_WIDE,
    VULKAN_ROWS,
    VULKAN_LANES,
    VULKAN_TILED,
};

struct vulkan_pipeline {
    enum rft_op op;
    enum vulkan_variant variant;
    uint32_t columns;   /* activation rows of a workgroup */
    VkPipeline handle;  /* VK_NULL_HANDLE: not made yet */
    bool is_trusted;    /* compared with the cpu's plain kernel, now or in an earlier run */
};

/* The call of a node with this pipeline. */
struct vulkan_call vulkan_pipeline_call(const struct vulkan_pipeline *pipeline, const struct rft_node *node);

/* vulkan_test.c: compares the pipeline with the cpu's plain kernel on the quick cases of its op, or on all of them.
 * RFT_ERR_UNSUPPORTED if a bit differs, with what differs logged. */
enum rft_status vulkan_test_pipeline(struct rft_device *device, const struct vulkan_pipeline *pipeline, const char *name, bool all);

#endif
