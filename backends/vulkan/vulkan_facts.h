/* SPDX-License-Identifier: MIT */
/* What a physical device has and lacks, read once. */
#ifndef RFT_VULKAN_FACTS_H
#define RFT_VULKAN_FACTS_H

#include "backend.h"

#define VK_NO_PROTOTYPES
#include <volk.h>

#define VULKAN_WIDTH_BITS 15u /* groups are numbered (y << 15) + x: no grid dimension exceeds 2^15 */
#define VULKAN_WIDTH (1u << VULKAN_WIDTH_BITS)

/* Facts of a physical device that the backend needs, read once. */
struct vulkan_facts {
    char name[VK_MAX_PHYSICAL_DEVICE_NAME_SIZE];
    uint8_t uuid[VK_UUID_SIZE];
    uint32_t api_version;
    uint32_t driver_version;
    uint32_t vendor_id, device_id;
    char driver[VK_MAX_DRIVER_NAME_SIZE];
    char driver_info[VK_MAX_DRIVER_INFO_SIZE];
    VkPhysicalDeviceType type;
    uint32_t queue_family; /* a family with compute; one without graphics first */
    uint32_t subgroup_size;
    uint64_t block_bytes_max;   /* min(maxMemoryAllocationSize, maxBufferSize, a heap), a multiple of 2^16 */
    uint32_t n_allocations_max; /* of device memory at the same time */
    uint64_t import_align;      /* of host pointers; 0 = VK_EXT_external_memory_host is missing */
    float timestamp_ns;         /* per tick; 0 = the queue has no timestamps */
    uint32_t timestamp_bits;
    bool has_budget;                  /* VK_EXT_memory_budget */
    uint32_t driver_id;               /* VkDriverId */
    uint8_t cache_uuid[VK_UUID_SIZE]; /* pipelineCacheUUID: changes with the driver's compiler */
    bool has_nan;                     /* shaderSignedZeroInfNanPreserveFloat32 */
    bool has_rounding_mode;           /* shaderRoundingModeRTEFloat32 */
    bool has_dot;                     /* VK_KHR_shader_integer_dot_product ... */
    bool has_fast_dot;                /* ... of four signed bytes in a word, in hardware */
    bool is_portability;              /* VK_KHR_portability_subset must be enabled */
    VkPhysicalDeviceMemoryProperties memory;
};

/* missing: the needs it lacks, by Vulkan's names; "" = it can be used. */
enum rft_status vulkan_facts_read(VkPhysicalDevice physical, struct vulkan_facts *facts, char *missing,
                                  size_t missing_size);
void vulkan_facts_info(const struct vulkan_facts *facts, struct rft_device_info *info);
/* Its memory is the host's: an integrated GPU, or no GPU at all. */
bool vulkan_facts_share_memory(const struct vulkan_facts *facts);
/* A memory type for buffers like any other: not protected, not lazily allocated, not of a vendor's own kind. */
bool vulkan_facts_plain_type(const struct vulkan_facts *facts, uint32_t type);

#endif
