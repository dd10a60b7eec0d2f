/* SPDX-License-Identifier: MIT */
/* Uploads and downloads. Blocks that the host sees are copied to and from by the host, once everything queued is done.
 * Others go through a ring of staging memory: a write is copied there and queued behind what was queued before, without
 * waiting. */
#include "vulkan_upload.h"

#include "vulkan_queue.h"

#include "alloc.h"

#include <string.h>

#define RING_SLOTS 8u
#define RING_SLOT_BYTES (1u << 20)
#define RING_BYTES ((uint64_t)RING_SLOTS * RING_SLOT_BYTES)

struct slot {
    VkCommandBuffer commands;
    uint64_t ticket; /* of the last submission that used the slot */
};

struct vulkan_ring {
    struct vulkan_block block; /* staging memory, a piece of it for each slot */
    struct slot slots[RING_SLOTS];
    uint32_t next;
};

/* Cached memory first, as the host reads from uncached memory very slowly; and not the device's own. */
static int rank_staging(const struct rft_device *device, uint32_t type)
{
    VkMemoryPropertyFlags flags = device->facts.memory.memoryTypes[type].propertyFlags;
    if (!vulkan_facts_plain_type(&device->facts, type) || (flags & VULKAN_COHERENT) != VULKAN_COHERENT)
        return -1;
    return ((flags & VK_MEMORY_PROPERTY_HOST_CACHED_BIT) != 0 ? 2 : 0) +
           ((flags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT) == 0 ? 1 : 0);
}

enum rft_status vulkan_ring_open(struct rft_device *device)
{
    VkCommandBufferAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                        .commandPool = device->pool,
                                        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                        .commandBufferCount = RING_SLOTS};
    VkCommandBuffer commands[RING_SLOTS];
    struct vulkan_ring *ring = device->ring = rft_alloc(1, sizeof *device->ring);
    if (ring == NULL)
        return RFT_ERR_HOST_MEMORY;
    RFT_TRY(vulkan_check(device,
                         vulkan_block_make(device, RING_BYTES,
                                           VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
                                           rank_staging, &ring->block),
                         "staging memory"));
    RFT_TRY(vulkan_check(device, vulkan_block_map(device, &ring->block), "vkMapMemory"));
    RFT_TRY(vulkan_check(device, device->vk.vkAllocateCommandBuffers(device->handle, &info, commands),
                         "vkAllocateCommandBuffers"));
    for (uint32_t i = 0; i < RING_SLOTS; i++)
        ring->slots[i].commands = commands[i];
    return RFT_OK;
}

void vulkan_ring_close(struct rft_device *device)
{
    if (device->ring != NULL)
        vulkan_block_free(device, &device->ring->block); /* the command buffers go with their pool */
    rft_free(device->ring);
    device->ring = NULL;
}

static void barrier(struct rft_device *device, VkCommandBuffer commands, VkPipelineStageFlags from,
                    VkAccessFlags written, VkPipelineStageFlags to, VkAccessFlags accesses)
{
    VkMemoryBarrier memory = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER, .srcAccessMask = written, .dstAccessMask = accesses};
    device->vk.vkCmdPipelineBarrier(commands, from, to, 0, 1, &memory, 0, NULL, 0, NULL);
    device->stats.n_barriers++;
}

/* The next slot, when its last copy is done, with a command buffer begun that comes behind all kernels and copies. */
static enum rft_status begin_slot(struct rft_device *device, struct slot **slot)
{
    VkCommandBufferBeginInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                     .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
    struct slot *next = &device->ring->slots[device->ring->next];
    RFT_TRY(vulkan_wait(device, next->ticket));
    RFT_TRY(vulkan_check(device, device->vk.vkBeginCommandBuffer(next->commands, &info), "vkBeginCommandBuffer"));
    barrier(device, next->commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
            VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT,
            VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT);
    device->ring->next = (device->ring->next + 1) % RING_SLOTS;
    *slot = next;
    return RFT_OK;
}

/* Submits the slot's copy, so that kernels, copies and the host see what it wrote. */
static enum rft_status end_slot(struct rft_device *device, struct slot *slot)
{
    barrier(device, slot->commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT,
            VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT | VK_PIPELINE_STAGE_HOST_BIT,
            VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT |
                VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_HOST_READ_BIT);
    RFT_TRY(vulkan_check(device, device->vk.vkEndCommandBuffer(slot->commands), "vkEndCommandBuffer"));
    return vulkan_submit(device, slot->commands, &slot->ticket);
}

static uint64_t ring_offset(const struct rft_device *device, const struct slot *slot)
{
    return (uint64_t)(slot - device->ring->slots) * RING_SLOT_BYTES;
}

enum rft_status vulkan_zero(struct rft_device *device, struct vulkan_block *block, uint64_t bytes)
{
    struct slot *slot;
    if (block->host != NULL) {
        if (block->imported == NULL) /* imported memory is fresh from the system, which zeroed it */
            memset(block->host, 0, (size_t)bytes);
        return RFT_OK;
    }
    RFT_TRY(begin_slot(device, &slot));
    device->vk.vkCmdFillBuffer(slot->commands, block->buffer, 0, bytes, 0);
    return end_slot(device, slot);
}

static uint64_t piece_of(uint64_t left)
{
    return left < RING_SLOT_BYTES ? left : RING_SLOT_BYTES;
}

static enum rft_status write_staged(struct rft_device *device, const struct vulkan_block *block, uint64_t offset,
                                    const uint8_t *from, uint64_t bytes)
{
    for (uint64_t done = 0; done < bytes;) {
        VkBufferCopy copy = {.dstOffset = offset + done, .size = piece_of(bytes - done)};
        struct slot *slot;
        RFT_TRY(begin_slot(device, &slot));
        copy.srcOffset = ring_offset(device, slot);
        memcpy(device->ring->block.host + copy.srcOffset, from + done, (size_t)copy.size);
        device->vk.vkCmdCopyBuffer(slot->commands, device->ring->block.buffer, block->buffer, 1, &copy);
        RFT_TRY(end_slot(device, slot));
        done += copy.size;
    }
    return RFT_OK;
}

/* As many pieces as the ring has slots are on their way at once. */
static enum rft_status read_staged(struct rft_device *device, const struct vulkan_block *block, uint64_t offset,
                                   uint8_t *to, uint64_t bytes)
{
    struct slot *slots[RING_SLOTS];
    for (uint64_t done = 0; done < bytes;) {
        uint32_t n = 0;
        for (uint64_t at = done; at < bytes && n < RING_SLOTS; n++) {
            VkBufferCopy copy = {.srcOffset = offset + at, .size = piece_of(bytes - at)};
            RFT_TRY(begin_slot(device, &slots[n]));
            copy.dstOffset = ring_offset(device, slots[n]);
            device->vk.vkCmdCopyBuffer(slots[n]->commands, block->buffer, device->ring->block.buffer, 1, &copy);
            RFT_TRY(end_slot(device, slots[n]));
            at += copy.size;
        }
        for (uint32_t i = 0; i < n; i++) {
            uint64_t size = piece_of(bytes - done);
            RFT_TRY(vulkan_wait(device, slots[i]->ticket));
            memcpy(to + done, device->ring->block.host + ring_offset(device, slots[i]), (size_t)size);
            done += size;
        }
    }
    return RFT_OK;
}

enum rft_status vulkan_write(struct rft_device *device, struct rft_slice to, const void *from)
{
    const struct vulkan_block *block = to.block->handle;
    RFT_CHECK_DEVICE(device, &rft_backend_vulkan);
    if (device->is_lost)
        return RFT_ERR_DEVICE_LOST;
    if (block->host == NULL) {
        RFT_TRY(write_staged(device, block, to.offset, from, to.bytes));
    } else {
        /* The next submission makes what the host wrote to coherent memory visible to the device, by itself. */
        RFT_TRY(vulkan_wait(device, device->n_submitted));
        memcpy(block->host + to.offset, from, (size_t)to.bytes);
    }
    device->stats.n_bytes_written += to.bytes;
    return RFT_OK;
}

enum rft_status vulkan_read(struct rft_device *device, struct rft_slice from, void *to)
{
    const struct vulkan_block *block = from.block->handle;
    RFT_CHECK_DEVICE(device, &rft_backend_vulkan);
    if (device->is_lost)
        return RFT_ERR_DEVICE_LOST;
    if (block->host == NULL) {
        RFT_TRY(read_staged(device, block, from.offset, to, from.bytes));
    } else {
        /* Every command buffer ends with a barrier to the host; the memory is coherent. */
        RFT_TRY(vulkan_wait(device, device->n_submitted));
        memcpy(to, block->host + from.offset, (size_t)from.bytes);
    }
    device->stats.n_bytes_read += from.bytes;
    return RFT_OK;
}
