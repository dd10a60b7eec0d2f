/* SPDX-License-Identifier: MIT */
/* Uploads and downloads: by mapped memory, or through a ring of staging memory. */
#ifndef RFT_VULKAN_UPLOAD_H
#define RFT_VULKAN_UPLOAD_H

#include "vulkan_allocation.h"

/* The staging memory, where the host does not see all blocks. */
enum rft_status vulkan_ring_open(struct rft_device *device);
void vulkan_ring_close(struct rft_device *device);
/* Zeroes the block, in queue order. */
enum rft_status vulkan_zero(struct rft_device *device, struct vulkan_block *block, uint64_t bytes);

enum rft_status vulkan_write(struct rft_device *device, struct rft_slice to, const void *from);
enum rft_status vulkan_read(struct rft_device *device, struct rft_slice from, void *to);

#endif
