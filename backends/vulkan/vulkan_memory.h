/* SPDX-License-Identifier: MIT */
/* Blocks, each a memory allocation with one buffer over it, and how much more of them there may be: the functions of
 * backend.h. */
#ifndef RFT_VULKAN_MEMORY_H
#define RFT_VULKAN_MEMORY_H

#include "vulkan_context.h"

enum rft_status vulkan_memory_open(struct rft_device *device);
void vulkan_memory_close(struct rft_device *device);
enum rft_status vulkan_memory_report(struct rft_device *device, struct rft_memory *memory);
enum rft_status vulkan_block_create(struct rft_device *device, uint64_t bytes, enum rft_place place, const char *label,
                                    struct rft_block *block);
void vulkan_block_destroy(struct rft_device *device, struct rft_block *block);

#endif
