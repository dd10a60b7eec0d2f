/* SPDX-License-Identifier: MIT */
/* Which variant of which kernel a node is run with, and its grid: a pure function of the node and the kind of
 * device. */
#ifndef RFT_VULKAN_PIPELINES_H
#define RFT_VULKAN_PIPELINES_H

#include "vulkan_facts.h"

/* What to record for a node. */
struct vulkan_call {
    VkPipeline pipeline;
    uint32_t n_groups;     /* linear: the kernel numbers them (y << 15) + x */
    uint32_t args_bytes;   /* of push constants, from node->args */
    double work_per_group; /* multiplications, about: for the watchdog */
};
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
    uint32_t columns;  /* activation rows of a workgroup */
    VkPipeline handle; /* VK_NULL_HANDLE: not made yet */
    bool is_trusted;   /* compared with the cpu's plain kernel, now or in an earlier run */
};

/* What a shader module is for, from its name: <op> or <op>_<variant>, with the columns behind those that have some. No
 * handle. */
struct vulkan_pipeline vulkan_pipeline_describe(const char *name);
/* The best for a node, as an index into pipelines [n_vulkan_shaders]. is_cpu: on a software device. */
uint32_t vulkan_pipeline_for(const struct vulkan_pipeline *pipelines, bool is_cpu, const struct rft_node *node);
/* The call of a node with this pipeline. */
struct vulkan_call vulkan_pipeline_call(const struct vulkan_pipeline *pipeline, const struct rft_node *node);
/* Hash of every kernel's SPIR-V: what makes another build's pipelines differ. */
uint64_t vulkan_pipelines_hash(void);

#endif
