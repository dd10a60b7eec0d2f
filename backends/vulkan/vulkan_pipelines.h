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

/* What matrices it takes (shaders/products_*.glsl). */
enum vulkan_products {
    VULKAN_OF_ANY, /* no variants for them */
    VULKAN_OF_BF16,
    VULKAN_OF_INTEGERS,
    VULKAN_OF_BYTES, /* integers, by dot products of four bytes: where the device has them */
};

struct vulkan_pipeline {
    enum rft_op op;
    enum vulkan_variant variant;
    enum vulkan_products products;
    uint32_t columns;  /* activation rows of a workgroup */
    VkPipeline handle; /* VK_NULL_HANDLE: not made yet */
    bool is_trusted;   /* compared with the cpu's plain kernel, now or in an earlier run */
};

/* What a shader module is for, from its name: <op> or <op>_<variant>, with the columns behind those that have some, and
 * "integers" or "dot" before variants that are for them. No handle. */
struct vulkan_pipeline vulkan_pipeline_describe(const char *name);
/* The best for a node on this device, as an index into pipelines [n_vulkan_shaders]. */
uint32_t vulkan_pipeline_for(const struct vulkan_pipeline *pipelines, const struct vulkan_facts *facts,
                             const struct rft_node *node);
/* Is it of any use on this device? Dot products of bytes are where they are in hardware. is_test: one op's also where a
 * device makes them of other instructions, to stand for all. */
bool vulkan_pipeline_is_for(const struct vulkan_pipeline *pipeline, const struct vulkan_facts *facts, bool is_test);
/* The call of a node with this pipeline. */
struct vulkan_call vulkan_pipeline_call(const struct vulkan_pipeline *pipeline, const struct rft_node *node);
/* Hash of every kernel's SPIR-V: what makes another build's pipelines differ. */
uint64_t vulkan_pipelines_hash(void);

#endif
