/* SPDX-License-Identifier: MIT */
/* Blocks, each a memory allocation with one buffer over it, and how much more of them there may be. */
#include "vulkan_memory.h"

#include "vulkan_allocation.h"
#include "vulkan_queue.h"
#include "vulkan_upload.h"

#include "alloc.h"
#include "log.h"
#include "memory_limit.h"
#include "os.h"

#include <inttypes.h>

static uint64_t round_up(uint64_t n, uint64_t grain)
{
    return (n + grain - 1) / grain * grain;
}

static VkMemoryPropertyFlags flags_of(const struct rft_device *device, uint32_t type)
{
    return device->facts.memory.memoryTypes[type].propertyFlags;
}

static bool is_usable(const struct rft_device *device, uint32_t type)
{
    return (device->memory->type_bits >> type & 1u) != 0 && vulkan_facts_plain_type(&device->facts, type);
}

static int rank_mapped(const struct rft_device *device, uint32_t type)
{
    VkMemoryPropertyFlags flags = flags_of(device, type);
    bool is_local = (flags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT) != 0;
    if (!is_usable(device, type) || (flags & VULKAN_COHERENT) != VULKAN_COHERENT)
        return -1;
    if (!is_local && !vulkan_facts_share_memory(&device->facts))
        return -1;
    return (is_local ? 2 : 0) + ((flags & VK_MEMORY_PROPERTY_HOST_CACHED_BIT) != 0 ? 1 : 0);
}

/* Memory that the host does not see comes first: on many GPUs what it sees is a small window. */
static int rank_staged(const struct rft_device *device, uint32_t type)
{
    VkMemoryPropertyFlags flags = flags_of(device, type);
    bool is_local = (flags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT) != 0;
    if (!is_usable(device, type) || (!is_local && !vulkan_facts_share_memory(&device->facts)))
        return -1;
    return (is_local ? 2 : 0) + ((flags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT) == 0 ? 1 : 0);
}

/* RFT_PLACE_HOST. Kernels read it and the host only writes it, so memory outside the host's caches does better: the
 * device need not ask them. */
static int rank_host(const struct rft_device *device, uint32_t type)
{
    const VkPhysicalDeviceMemoryProperties *memory = &device->facts.memory;
    VkMemoryPropertyFlags flags = flags_of(device, type);
    if (!is_usable(device, type) || (flags & VULKAN_COHERENT) != VULKAN_COHERENT ||
        (flags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT) != 0)
        return -1;
    if ((memory->memoryHeaps[memory->memoryTypes[type].heapIndex].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) != 0)
        return -1;
    return (flags & VK_MEMORY_PROPERTY_HOST_CACHED_BIT) == 0 ? 1 : 0;
}

static vulkan_rank_type *rank_of_device_blocks(const struct rft_device *device)
{
    return device->memory->access == RFT_ACCESS_MAPPED ? rank_mapped : rank_staged;
}

/* The block in the way that the device's access mode and the place ask for. */
static VkResult make_block(struct rft_device *device, uint64_t bytes, enum rft_place place, struct vulkan_block *block)
{
    bool is_mapped = place == RFT_PLACE_HOST || device->memory->access == RFT_ACCESS_MAPPED;
    VkResult result;
    if (place == RFT_PLACE_DEVICE && device->memory->access == RFT_ACCESS_IMPORTED) {
        result = vulkan_block_import(device, bytes, block);
        if (result == VK_SUCCESS || result == VK_ERROR_DEVICE_LOST)
            return result;
        rft_log_debug("%s: host memory is not imported: %s; staged instead", device->facts.name,
                      vulkan_result_name(result));
    }
    result = vulkan_block_make(device, bytes, VULKAN_BLOCK_USAGE,
                               place == RFT_PLACE_HOST ? rank_host : rank_of_device_blocks(device), block);
    if (result == VK_SUCCESS && is_mapped) {
        result = vulkan_block_map(device, block);
        if (result != VK_SUCCESS)
            vulkan_block_free(device, block);
    }
    return result;
}

static enum rft_status refuse(const struct rft_device *device, const char *label, uint64_t bytes, const char *why)
{
    rft_log_warn("%s: no memory for %s: %" PRIu64 " bytes: %s", device->facts.name, label, bytes, why);
    return RFT_ERR_DEVICE_MEMORY;
}

enum rft_status vulkan_block_create(struct rft_device *device, uint64_t bytes, enum rft_place place, const char *label,
                                    struct rft_block *out)
{
    VkBufferDeviceAddressInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO};
    struct vulkan_block *block;
    enum rft_status status;
    VkResult result;
    uint64_t address;
    RFT_CHECK_DEVICE(device, &rft_backend_vulkan);
    *out = (struct rft_block){0};
    if (device->is_lost)
        return RFT_ERR_DEVICE_LOST;
    if (bytes == 0 || bytes > device->facts.block_bytes_max)
        return refuse(device, label, bytes, "VK_ERROR_OUT_OF_DEVICE_MEMORY (the device's limit of one allocation)");
    block = rft_alloc(1, sizeof *block);
    if (block == NULL)
        return RFT_ERR_HOST_MEMORY;
    result = make_block(device, round_up(bytes, VULKAN_ALIGN), place, block);
    if (result != VK_SUCCESS) {
        rft_free(block);
        return vulkan_is_out_of_memory(result) ? refuse(device, label, bytes, vulkan_result_name(result))
                                               : vulkan_check(device, result, label);
    }
    info.buffer = block->buffer;
    address = device->vk.vkGetBufferDeviceAddress(device->handle, &info);
    if (address == 0 || address % VULKAN_ALIGN != 0) {
        rft_log_error("%s: %s: a buffer's device address is %#" PRIx64, device->facts.name, label, address);
        status = RFT_ERR_UNSUPPORTED;
    } else {
        status = vulkan_zero(device, block, round_up(bytes, VULKAN_ALIGN));
    }
    if (status != RFT_OK) {
        vulkan_block_free(device, block);
        rft_free(block);
        return status;
    }
    *out = (struct rft_block){address, bytes, block};
    return RFT_OK;
}

void vulkan_block_destroy(struct rft_device *device, struct rft_block *block)
{
    if (block == NULL || block->handle == NULL)
        return;
    vulkan_drain(device); /* what is queued may use it */
    vulkan_block_free(device, block->handle);
    rft_free(block->handle);
    *block = (struct rft_block){0};
}

/* What each heap has left; true if the driver said so and it is not an estimate. */
static bool heap_rest(struct rft_device *device, uint64_t rest[VK_MAX_MEMORY_HEAPS])
{
    VkPhysicalDeviceMemoryBudgetPropertiesEXT budget = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT};
    VkPhysicalDeviceMemoryProperties2 memory = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2,
                                                .pNext = &budget};
    if (device->facts.has_budget)
        vkGetPhysicalDeviceMemoryProperties2(device->physical, &memory);
    for (uint32_t i = 0; i < device->facts.memory.memoryHeapCount; i++) {
        uint64_t size = device->facts.memory.memoryHeaps[i].size, used = device->memory->heap_bytes[i], limit = size;
        if (device->facts.has_budget) { /* a budget above the heap's size was seen, and usage above the budget */
            used = budget.heapUsage[i];
            limit = budget.heapBudget[i] < size ? budget.heapBudget[i] : size;
        }
        rest[i] = limit > used ? limit - used : 0;
        if (!device->facts.has_budget && !device->is_cpu)
            rest[i] -= rest[i] / 10; /* others use the GPU, too, and a driver needs some for itself */
    }
    return device->facts.has_budget;
}

/* Heaps with a type that the rank takes, as bits. */
static uint32_t heaps_of(const struct rft_device *device, vulkan_rank_type *rank)
{
    uint32_t heaps = 0;
    for (uint32_t type = 0; type < device->facts.memory.memoryTypeCount; type++)
        if (rank(device, type) >= 0)
            heaps |= 1u << device->facts.memory.memoryTypes[type].heapIndex;
    return heaps;
}

/* Where memory is shared every heap counts; else the largest alone: a second device-local heap may be a window into the
 * first (the BAR of NVIDIA cards). */
static void count_heap(const struct rft_device *device, uint64_t size, uint64_t rest, struct rft_memory *memory)
{
    if (vulkan_facts_share_memory(&device->facts)) {
        memory->total_bytes += size;
        memory->available_bytes += rest;
    } else if (size > memory->total_bytes) {
        memory->total_bytes = size;
        memory->available_bytes = rest;
    }
}

enum rft_status vulkan_memory_report(struct rft_device *device, struct rft_memory *memory)
{
    uint64_t rest[VK_MAX_MEMORY_HEAPS], host_available = rft_os_memory_available_bytes();
    uint32_t heaps = heaps_of(device, rank_of_device_blocks(device)), host_heaps = heaps_of(device, rank_host);
    *memory = (struct rft_memory){0};
    if (device->is_lost)
        return RFT_ERR_DEVICE_LOST;
    memory->is_estimate = !heap_rest(device, rest);
    for (uint32_t i = 0; i < device->facts.memory.memoryHeapCount; i++) {
        if (heaps >> i & 1u) {
            count_heap(device, device->facts.memory.memoryHeaps[i].size, rest[i], memory);
        } else if (host_heaps >> i & 1u) {
            memory->host_available_bytes += rest[i];
        }
    }
    /* A budget of shared memory is the driver's opinion; what the system has left counts as well. */
    if (vulkan_facts_share_memory(&device->facts) && host_available != 0 && host_available < memory->available_bytes)
        memory->available_bytes = host_available;
    if (vulkan_facts_share_memory(&device->facts))
        memory->host_available_bytes = 0;
    else if (host_available / 2 < memory->host_available_bytes)
        memory->host_available_bytes = host_available / 2; /* 0: the system does not say, so nothing is promised */
    return RFT_OK;
}

/* What the option comes to on this device. */
static enum rft_memory_access resolve_access(const struct rft_device *device)
{
    enum rft_memory_access wanted = device->options.access;
    bool is_shared = vulkan_facts_share_memory(&device->facts), can_map = false, can_import;
    for (uint32_t type = 0; type < device->facts.memory.memoryTypeCount; type++)
        can_map |=
            rank_mapped(device, type) >= 0 && (flags_of(device, type) & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT) != 0;
    can_import = is_shared && device->facts.import_align != 0;
    if (can_map && (wanted == RFT_ACCESS_MAPPED || (wanted == RFT_ACCESS_AUTO && is_shared)))
        return RFT_ACCESS_MAPPED;
    if (can_import && (wanted == RFT_ACCESS_IMPORTED || wanted == RFT_ACCESS_AUTO))
        return RFT_ACCESS_IMPORTED;
    if (wanted == RFT_ACCESS_MAPPED || wanted == RFT_ACCESS_IMPORTED)
        rft_log_debug("%s: its memory cannot be %s; staged instead", device->facts.name,
                      wanted == RFT_ACCESS_MAPPED ? "mapped" : "imported");
    return RFT_ACCESS_STAGED;
}

enum rft_status vulkan_memory_open(struct rft_device *device)
{
    device->memory = rft_alloc(1, sizeof *device->memory);
    if (device->memory == NULL)
        return RFT_ERR_HOST_MEMORY;
    RFT_TRY(vulkan_check(device, vulkan_block_types(device, &device->memory->type_bits), "vkCreateBuffer"));
    device->memory->access = resolve_access(device);
    return device->memory->access == RFT_ACCESS_MAPPED ? RFT_OK : vulkan_ring_open(device);
}

void vulkan_memory_close(struct rft_device *device)
{
    if (device->memory == NULL)
        return;
    vulkan_ring_close(device);
    rft_free(device->memory);
    device->memory = NULL;
}
