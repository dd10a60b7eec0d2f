/* SPDX-License-Identifier: MIT */
/* Memory with a buffer over it: allocated by falling rank of its types, or host memory of ours that the device is
 * given. */
#ifndef RFT_VULKAN_ALLOCATION_H
#define RFT_VULKAN_ALLOCATION_H

#include "vulkan_context.h"

/* Memory that the host sees without flushes. */
#define VULKAN_COHERENT (VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT)

/* A block: memory of its own and one buffer over all of it. */
struct vulkan_block {
    VkDeviceMemory memory;
    VkBuffer buffer;
    uint8_t *host;  /* the block as the host sees it; NULL: it is reached by copies */
    void *imported; /* host memory of ours that the device was given; NULL: it is the device's own */
    size_t imported_bytes;
    uint64_t allocated_bytes;
    uint32_t heap;
};

/* What there is of allocations, and where they may lie. */
struct vulkan_memory {
    enum rft_memory_access access;            /* what the option came to; never AUTO */
    uint32_t type_bits;                       /* memory types that the blocks' buffers may lie in */
    uint64_t heap_bytes[VK_MAX_MEMORY_HEAPS]; /* taken by this backend */
    uint32_t n_allocations;
};

/* The usage of blocks that kernels reach. */
#define VULKAN_BLOCK_USAGE                                                                                             \
    (VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT |        \
     VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT)

/* A buffer and its memory, of the first memory type that has room, by falling rank; types ranked below
 * 0 are not taken. On failure nothing is left behind. */
typedef int vulkan_rank_type(const struct rft_device *device, uint32_t type);
VkResult vulkan_block_make(struct rft_device *device, uint64_t bytes, VkBufferUsageFlags usage, vulkan_rank_type *rank,
                           struct vulkan_block *block);
void vulkan_block_free(struct rft_device *device, struct vulkan_block *block);

/* A block in host memory of ours that the device is given. VK_ERROR_FEATURE_NOT_PRESENT if the driver does not take
 * it. */
VkResult vulkan_block_import(struct rft_device *device, uint64_t bytes, struct vulkan_block *block);
/* The block's memory as the host sees it, in block->host. */
VkResult vulkan_block_map(struct rft_device *device, struct vulkan_block *block);
/* Memory types that a buffer of VULKAN_BLOCK_USAGE may lie in, as bits. */
VkResult vulkan_block_types(struct rft_device *device, uint32_t *type_bits);

#endif
