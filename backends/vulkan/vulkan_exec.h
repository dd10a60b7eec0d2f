/* SPDX-License-Identifier: MIT */
/* Programs as command buffers: the functions of backend.h. */
#ifndef RFT_VULKAN_EXEC_H
#define RFT_VULKAN_EXEC_H

#include "vulkan_context.h"

enum rft_status vulkan_exec_create(struct rft_device *device, const struct rft_program *program,
                                   struct rft_exec **exec);
void vulkan_exec_destroy(struct rft_device *device, struct rft_exec *exec);
enum rft_status vulkan_run(struct rft_device *device, struct rft_exec *exec, uint32_t n_replays, uint64_t *ticket);
enum rft_status vulkan_profile(struct rft_device *device, struct rft_exec *exec, float *node_us, uint32_t n_nodes);

#endif
