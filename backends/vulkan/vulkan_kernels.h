/* SPDX-License-Identifier: MIT */
/* Pipelines, made and compared with the cpu's plain kernels when they are first used. */
#ifndef RFT_VULKAN_KERNELS_H
#define RFT_VULKAN_KERNELS_H

#include "vulkan_context.h"
#include "vulkan_pipelines.h"

enum rft_status vulkan_kernels_open(struct rft_device *device);
void vulkan_kernels_close(struct rft_device *device);
/* Makes the pipeline if it is not there yet, and compares it with the cpu's plain kernel before its first use. */
enum rft_status vulkan_kernels_call(struct rft_device *device, const struct rft_node *node, struct vulkan_call *call);
/* The one pipeline layout: 128 bytes of push constants. */
VkPipelineLayout vulkan_kernels_layout(const struct rft_device *device);
enum rft_status vulkan_kernels_self_test(struct rft_device *device, uint32_t *n_kernels);
/* Every pipeline on every case, also those that this device would not choose, whatever was compared before. For
 * tests. */
enum rft_status vulkan_kernels_test_all(struct rft_device *device);

#endif
