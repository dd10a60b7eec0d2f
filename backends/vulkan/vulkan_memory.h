/* SPDX-License-Identifier: MIT */
/* What vulkan_memory.c and vulkan_upload.c share. */
#ifndef RFT_VULKAN_MEMORY_H
#define RFT_VULKAN_MEMORY_H

#include "vulkan.h"

/* Memory that the host sees without flushes. */
#define VULKAN_COHERENT (VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT)

/* A block: memory of its own and one buffer over all of it. */
struct vulkan_block {
    VkDeviceMemory memory;
    VkBuffer buffer;
    uint8_t *host;            /* the block as the host sees it; NULL: it is reached by copies */
    void *imported;           /* host memory of ours that the device was given; NULL: it is the device's own */
    size_t imported_bytes;
    uint64_t allocated_bytes;
    uint32_t heap;
};

#define VULKAN_RING_SLOTS 8u
#define VULKAN_RING_SLOT_BYTES (1u << 20)
struct vulkan_slot {
    VkCommandBuffer commands;
    uint64_t ticket;          /* of the last submission that used the slot */
};

struct vulkan_memory {
    enum rft_memory_access access;   /* what the option came to; never AUTO */
    uint32_t type_bits;              /* memory types that the blocks' buffers may lie in */
    uint64_t heap_bytes[VK_MAX_MEMORY_HEAPS]; /* taken by this backend */
    uint32_t n_allocations;
    struct {
        struct vulkan_block block;   /* staging memory, a piece of it for each slot */
        struct vulkan_slot slots[VULKAN_RING_SLOTS];
        uint32_t next;
    } ring;                          /* only where access is not MAPPED */
};

/* vulkan_memory.c: a buffer and its memory, of the first memory type that has room, by falling rank; types ranked below
 * 0 are not taken. On failure nothing is left behind. */
typedef int vulkan_rank_type(const struct rft_device *device, uint32_t type);
VkResult vulkan_block_make(struct rft_device *device, uint64_t bytes, VkBufferUsageFlags usage, vulkan_rank_type *rank,
                           struct vulkan_block *block);
void vulkan_block_free(struct rft_device *device, struct vulkan_block *block);

/* vulkan_upload.c */
enum rft_status vulkan_ring_open(struct rft_device *device);
void vulkan_ring_close(struct rft_device *device);
/* Zeroes the block, in queue order. */
enum rft_status vulkan_zero(struct rft_device *device, struct vulkan_block *block, uint64_t bytes);

#endif
