/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#endif
#include "vulkan_allocation.h"

#include <string.h>
#include <sys/mman.h>

#define IMPORT_HANDLE VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT

void vulkan_block_free(struct rft_device *device, struct vulkan_block *block)
{
    if (block->buffer != VK_NULL_HANDLE)
        device->vk.vkDestroyBuffer(device->handle, block->buffer, NULL);
    if (block->memory != VK_NULL_HANDLE) {
        device->vk.vkFreeMemory(device->handle, block->memory, NULL); /* which unmaps it, too */
        device->memory->heap_bytes[block->heap] -= block->allocated_bytes;
        device->memory->n_allocations--;
    }
    if (block->imported != NULL)
        munmap(block->imported, block->imported_bytes);
    *block = (struct vulkan_block){0};
}

static VkResult create_buffer(struct rft_device *device, uint64_t bytes, VkBufferUsageFlags usage, const void *next,
                              VkBuffer *buffer)
{
    VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .pNext = next, .size = bytes, .usage = usage};
    VkResult result = device->vk.vkCreateBuffer(device->handle, &info, NULL, buffer);
    if (result != VK_SUCCESS)
        *buffer = VK_NULL_HANDLE;
    return result;
}

/* Allocates from one memory type; `next` continues the chain of the request. */
static VkResult allocate(struct rft_device *device, uint32_t type, uint64_t bytes, bool has_address, const void *next,
                         struct vulkan_block *block)
{
    VkMemoryAllocateFlagsInfo flags = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
                                       .pNext = next,
                                       .flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT};
    VkMemoryAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                 .pNext = has_address ? &flags : next,
                                 .allocationSize = bytes,
                                 .memoryTypeIndex = type};
    const VkPhysicalDeviceMemoryProperties *memory = &device->facts.memory;
    VkResult result;
    if (bytes > memory->memoryHeaps[memory->memoryTypes[type].heapIndex].size)
        return VK_ERROR_OUT_OF_DEVICE_MEMORY;
    if (device->memory->n_allocations >= device->facts.n_allocations_max)
        return VK_ERROR_TOO_MANY_OBJECTS;
    result = device->vk.vkAllocateMemory(device->handle, &info, NULL, &block->memory);
    if (result != VK_SUCCESS) {
        block->memory = VK_NULL_HANDLE;
        return result;
    }
    block->heap = memory->memoryTypes[type].heapIndex;
    block->allocated_bytes = bytes;
    device->memory->heap_bytes[block->heap] += bytes;
    device->memory->n_allocations++;
    return VK_SUCCESS;
}

/* The best ranked type that was not tried yet; UINT32_MAX: none. */
static uint32_t next_type(const struct rft_device *device, uint32_t type_bits, vulkan_rank_type *rank)
{
    uint32_t best = UINT32_MAX;
    int best_rank = -1;
    for (uint32_t type = 0; type < device->facts.memory.memoryTypeCount; type++) {
        int r = (type_bits >> type & 1u) != 0 ? rank(device, type) : -1;
        if (r > best_rank) {
            best_rank = r;
            best = type;
        }
    }
    return best;
}

VkResult vulkan_block_make(struct rft_device *device, uint64_t bytes, VkBufferUsageFlags usage, vulkan_rank_type *rank,
                           struct vulkan_block *block)
{
    VkMemoryRequirements needs;
    bool has_address = (usage & VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT) != 0;
    VkResult result;
    *block = (struct vulkan_block){0};
    result = create_buffer(device, bytes, usage, NULL, &block->buffer);
    if (result != VK_SUCCESS)
        return result;
    device->vk.vkGetBufferMemoryRequirements(device->handle, block->buffer, &needs);
    result = VK_ERROR_OUT_OF_DEVICE_MEMORY;
    /* One heap may be full, another not. */
    for (uint32_t bits = needs.memoryTypeBits; block->memory == VK_NULL_HANDLE;) {
        uint32_t type = next_type(device, bits, rank);
        if (type == UINT32_MAX)
            break;
        bits &= ~(1u << type);
        result = allocate(device, type, needs.size, has_address, NULL, block);
        if (result != VK_SUCCESS && !vulkan_is_out_of_memory(result))
            break;
    }
    if (result == VK_SUCCESS)
        result = device->vk.vkBindBufferMemory(device->handle, block->buffer, block->memory, 0);
    if (result != VK_SUCCESS)
        vulkan_block_free(device, block);
    return result;
}

VkResult vulkan_block_map(struct rft_device *device, struct vulkan_block *block)
{
    void *host = NULL;
    VkResult result = device->vk.vkMapMemory(device->handle, block->memory, 0, VK_WHOLE_SIZE, 0, &host);
    block->host = result == VK_SUCCESS ? host : NULL;
    return result;
}

/* The first coherent memory type that the driver takes this host memory as. */
static VkResult import_memory(struct rft_device *device, uint32_t type_bits, struct vulkan_block *block)
{
    VkMemoryHostPointerPropertiesEXT properties = {.sType = VK_STRUCTURE_TYPE_MEMORY_HOST_POINTER_PROPERTIES_EXT};
    VkImportMemoryHostPointerInfoEXT import = {.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
                                               .handleType = IMPORT_HANDLE,
                                               .pHostPointer = block->imported};
    VkResult result =
        device->vk.vkGetMemoryHostPointerPropertiesEXT(device->handle, IMPORT_HANDLE, block->imported, &properties);
    if (result != VK_SUCCESS)
        return result;
    for (uint32_t type = 0; type < device->facts.memory.memoryTypeCount; type++) {
        if ((type_bits & properties.memoryTypeBits) >> type & 1u &&
            (device->facts.memory.memoryTypes[type].propertyFlags & VULKAN_COHERENT) == VULKAN_COHERENT)
            return allocate(device, type, block->imported_bytes, true, &import, block);
    }
    return VK_ERROR_FEATURE_NOT_PRESENT;
}

VkResult vulkan_block_import(struct rft_device *device, uint64_t bytes, struct vulkan_block *block)
{
    VkExternalMemoryBufferCreateInfo external = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
                                                 .handleTypes = IMPORT_HANDLE};
    VkMemoryRequirements needs;
    uint64_t size;
    void *host;
    VkResult result;
    *block = (struct vulkan_block){0};
    result = create_buffer(device, bytes, VULKAN_BLOCK_USAGE, &external, &block->buffer);
    if (result != VK_SUCCESS)
        return result;
    device->vk.vkGetBufferMemoryRequirements(device->handle, block->buffer, &needs);
    size = (needs.size + device->facts.import_align - 1) / device->facts.import_align * device->facts.import_align;
    host = size <= SIZE_MAX / 2 ? mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                                : MAP_FAILED;
    if (host == MAP_FAILED) {
        result = VK_ERROR_OUT_OF_HOST_MEMORY;
    } else {
        block->imported = host;
        block->imported_bytes = (size_t)size;
        block->host = host;
        /* mmap aligns to pages; a driver that wants more is refused rather than worked around. */
        result = (uintptr_t)host % device->facts.import_align == 0 ? import_memory(device, needs.memoryTypeBits, block)
                                                                   : VK_ERROR_FEATURE_NOT_PRESENT;
    }
    if (result == VK_SUCCESS)
        result = device->vk.vkBindBufferMemory(device->handle, block->buffer, block->memory, 0);
    if (result != VK_SUCCESS)
        vulkan_block_free(device, block);
    return result;
}

VkResult vulkan_block_types(struct rft_device *device, uint32_t *type_bits)
{
    VkMemoryRequirements needs;
    VkBuffer probe;
    VkResult result = create_buffer(device, VULKAN_ALIGN, VULKAN_BLOCK_USAGE, NULL, &probe);
    *type_bits = 0;
    if (result != VK_SUCCESS)
        return result;
    device->vk.vkGetBufferMemoryRequirements(device->handle, probe, &needs);
    device->vk.vkDestroyBuffer(device->handle, probe, NULL);
    *type_bits = needs.memoryTypeBits;
    return VK_SUCCESS;
}
