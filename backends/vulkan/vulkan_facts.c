/* SPDX-License-Identifier: MIT */
/* What a physical device has, and what it lacks of what the backend needs. */
#include "vulkan_facts.h"

#include "alloc.h"
#include "memory_limit.h"
#include "os.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NEED_PUSH_BYTES 128u
#define NEED_INVOCATIONS 256u
#define NEED_SHARED_BYTES 16384u
#define BLOCK_BYTES_MAX                                                                                                \
    ((uint64_t)1 << 32)    /* kernels index words and quads by 32 bits, of which SPIR-V takes the first for a sign */
#define BLOCK_GRAIN 65536u /* block_bytes_max is a multiple of it, so that pools round inside the limit */

struct extensions {
    bool has_budget, has_import, has_portability, has_maintenance4, has_dot;
};

static void add_missing(char *missing, size_t size, const char *name)
{
    size_t used = strlen(missing);
    if (used < size)
        snprintf(missing + used, size - used, "%s%s", used == 0 ? "" : ", ", name);
}

static enum rft_status read_extensions(VkPhysicalDevice physical, struct extensions *has)
{
    VkExtensionProperties *all;
    uint32_t n = 0;
    *has = (struct extensions){0};
    if (vkEnumerateDeviceExtensionProperties(physical, NULL, &n, NULL) != VK_SUCCESS)
        return RFT_OK; /* a device without extensions can be used, too */
    all = rft_alloc(n, sizeof *all);
    if (all == NULL)
        return RFT_ERR_HOST_MEMORY;
    if (vkEnumerateDeviceExtensionProperties(physical, NULL, &n, all) < 0) /* VK_INCOMPLETE is no error */
        n = 0;
    for (uint32_t i = 0; i < n; i++) {
        has->has_budget |= strcmp(all[i].extensionName, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME) == 0;
        has->has_import |= strcmp(all[i].extensionName, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME) == 0;
        has->has_maintenance4 |= strcmp(all[i].extensionName, VK_KHR_MAINTENANCE_4_EXTENSION_NAME) == 0;
        has->has_dot |= strcmp(all[i].extensionName, VK_KHR_SHADER_INTEGER_DOT_PRODUCT_EXTENSION_NAME) == 0;
        has->has_portability |=
            strcmp(all[i].extensionName, "VK_KHR_portability_subset") == 0; /* a beta header's name */
    }
    rft_free(all);
    return RFT_OK;
}

/* A family with compute; one without graphics first: the desktop draws beside it. */
static void read_queue_family(VkPhysicalDevice physical, struct vulkan_facts *facts, float timestamp_ns, char *missing,
                              size_t missing_size)
{
    VkQueueFamilyProperties families[32];
    uint32_t n = sizeof families / sizeof *families;
    uint32_t best = UINT32_MAX;
    vkGetPhysicalDeviceQueueFamilyProperties(physical, &n, families);
    for (uint32_t i = 0; i < n; i++) {
        VkQueueFlags flags = families[i].queueFlags;
        if ((flags & VK_QUEUE_COMPUTE_BIT) == 0 || families[i].queueCount == 0)
            continue;
        if (best == UINT32_MAX ||
            ((flags & VK_QUEUE_GRAPHICS_BIT) == 0 && (families[best].queueFlags & VK_QUEUE_GRAPHICS_BIT) != 0))
            best = i;
    }
    if (best == UINT32_MAX) {
        add_missing(missing, missing_size, "a compute queue");
        return;
    }
    facts->queue_family = best;
    facts->timestamp_bits = families[best].timestampValidBits;
    facts->timestamp_ns = facts->timestamp_bits != 0 ? timestamp_ns : 0.0f;
}

static void check_limits(const VkPhysicalDeviceLimits *limits, char *missing, size_t missing_size)
{
    if (limits->maxPushConstantsSize < NEED_PUSH_BYTES)
        add_missing(missing, missing_size, "maxPushConstantsSize");
    if (limits->maxComputeWorkGroupInvocations < NEED_INVOCATIONS)
        add_missing(missing, missing_size, "maxComputeWorkGroupInvocations");
    if (limits->maxComputeWorkGroupSize[0] < NEED_INVOCATIONS)
        add_missing(missing, missing_size, "maxComputeWorkGroupSize");
    if (limits->maxComputeSharedMemorySize < NEED_SHARED_BYTES)
        add_missing(missing, missing_size, "maxComputeSharedMemorySize");
    if (limits->maxComputeWorkGroupCount[0] < VULKAN_WIDTH || limits->maxComputeWorkGroupCount[1] < VULKAN_WIDTH)
        add_missing(missing, missing_size, "maxComputeWorkGroupCount");
}

static void read_features(VkPhysicalDevice physical, const struct extensions *has, struct vulkan_facts *facts,
                          char *missing, size_t missing_size)
{
    VkPhysicalDeviceShaderIntegerDotProductFeaturesKHR dot = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_FEATURES_KHR};
    VkPhysicalDeviceVulkan12Features v12 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
                                            .pNext = has->has_dot ? &dot : NULL};
    VkPhysicalDeviceFeatures2 features = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = &v12};
    vkGetPhysicalDeviceFeatures2(physical, &features);
    if (!v12.bufferDeviceAddress)
        add_missing(missing, missing_size, "bufferDeviceAddress");
    if (!v12.timelineSemaphore)
        add_missing(missing, missing_size, "timelineSemaphore");
    facts->has_dot = dot.shaderIntegerDotProduct != VK_FALSE;
}

/* What only devices of Vulkan 1.2 can be asked. */
static void read_properties2(VkPhysicalDevice physical, const struct extensions *has, struct vulkan_facts *facts)
{
    VkPhysicalDeviceVulkan12Properties v12 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_PROPERTIES};
    VkPhysicalDeviceVulkan11Properties v11 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES,
                                              .pNext = &v12};
    VkPhysicalDeviceProperties2 properties = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &v11};
    VkPhysicalDeviceExternalMemoryHostPropertiesEXT import = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT};
    VkPhysicalDeviceMaintenance4Properties m4 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_PROPERTIES};
    if (has->has_import)
        v12.pNext = &import;
    VkPhysicalDeviceShaderIntegerDotProductPropertiesKHR dot = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_PROPERTIES_KHR};
    if (has->has_dot) {
        dot.pNext = v12.pNext;
        v12.pNext = &dot;
    }
    if (has->has_maintenance4) {
        m4.pNext = v12.pNext;
        v12.pNext = &m4;
    }
    vkGetPhysicalDeviceProperties2(physical, &properties);
    memcpy(facts->uuid, v11.deviceUUID, sizeof facts->uuid);
    memcpy(facts->driver, v12.driverName, sizeof facts->driver);
    memcpy(facts->driver_info, v12.driverInfo, sizeof facts->driver_info);
    facts->subgroup_size = v11.subgroupSize;
    facts->import_align = has->has_import ? import.minImportedHostPointerAlignment : 0;
    facts->has_rounding_mode = v12.shaderRoundingModeRTEFloat32 != VK_FALSE;
    facts->has_nan = v12.shaderSignedZeroInfNanPreserveFloat32 != VK_FALSE;
    facts->has_fast_dot = facts->has_dot && dot.integerDotProduct4x8BitPackedSignedAccelerated;
    facts->driver_id = (uint32_t)v12.driverID;
    facts->block_bytes_max = v11.maxMemoryAllocationSize;
    if (has->has_maintenance4 && m4.maxBufferSize < facts->block_bytes_max)
        facts->block_bytes_max = m4.maxBufferSize;
}

bool vulkan_facts_share_memory(const struct vulkan_facts *facts)
{
    return facts->type == VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU || facts->type == VK_PHYSICAL_DEVICE_TYPE_CPU;
}

bool vulkan_facts_plain_type(const struct vulkan_facts *facts, uint32_t type)
{
    const VkMemoryPropertyFlags plain = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT | VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                                        VK_MEMORY_PROPERTY_HOST_COHERENT_BIT | VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
    return (facts->memory.memoryTypes[type].propertyFlags & ~plain) == 0;
}

/* Is the heap one that blocks are taken from? Device-local ones; where memory is shared, every one that has a type. */
static bool is_block_heap(const struct vulkan_facts *facts, uint32_t heap)
{
    if (!vulkan_facts_share_memory(facts))
        return (facts->memory.memoryHeaps[heap].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) != 0;
    for (uint32_t i = 0; i < facts->memory.memoryTypeCount; i++)
        if (facts->memory.memoryTypes[i].heapIndex == heap && vulkan_facts_plain_type(facts, i))
            return true;
    return false;
}

/* A block lies in one heap. */
static void limit_block_to_heap(struct vulkan_facts *facts)
{
    uint64_t largest = 0;
    for (uint32_t i = 0; i < facts->memory.memoryHeapCount; i++)
        if (is_block_heap(facts, i) && facts->memory.memoryHeaps[i].size > largest)
            largest = facts->memory.memoryHeaps[i].size;
    if (largest < facts->block_bytes_max)
        facts->block_bytes_max = largest;
    if (facts->block_bytes_max > BLOCK_BYTES_MAX)
        facts->block_bytes_max = BLOCK_BYTES_MAX;
    facts->block_bytes_max -= facts->block_bytes_max % BLOCK_GRAIN;
}

enum rft_status vulkan_facts_read(VkPhysicalDevice physical, struct vulkan_facts *facts, char *missing,
                                  size_t missing_size)
{
    VkPhysicalDeviceProperties properties;
    struct extensions has;
    memset(facts, 0, sizeof *facts);
    missing[0] = '\0';
    RFT_TRY(read_extensions(physical, &has));
    vkGetPhysicalDeviceProperties(physical, &properties);
    vkGetPhysicalDeviceMemoryProperties(physical, &facts->memory);
    memcpy(facts->name, properties.deviceName, sizeof facts->name);
    facts->api_version = properties.apiVersion;
    facts->driver_version = properties.driverVersion;
    facts->vendor_id = properties.vendorID;
    facts->device_id = properties.deviceID;
    memcpy(facts->cache_uuid, properties.pipelineCacheUUID, sizeof facts->cache_uuid);
    facts->type = properties.deviceType;
    facts->n_allocations_max = properties.limits.maxMemoryAllocationCount;
    facts->has_budget = has.has_budget;
    facts->is_portability = has.has_portability;
    if (properties.apiVersion < VK_API_VERSION_1_2) {
        add_missing(missing, missing_size, "Vulkan 1.2");
    } else {
        read_features(physical, &has, facts, missing, missing_size);
        read_properties2(physical, &has, facts);
        limit_block_to_heap(facts);
    }
    read_queue_family(physical, facts, properties.limits.timestampPeriod, missing, missing_size);
    check_limits(&properties.limits, missing, missing_size);
    return RFT_OK;
}

static const char *type_name(VkPhysicalDeviceType type)
{
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: return "discrete";
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: return "integrated";
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU: return "virtual";
    case VK_PHYSICAL_DEVICE_TYPE_CPU: return "cpu";
    default: return "other";
    }
}

static uint64_t total_bytes(const struct vulkan_facts *facts)
{
    uint64_t host = rft_os_memory_total_bytes();
    uint64_t total = 0;
    for (uint32_t i = 0; i < facts->memory.memoryHeapCount; i++)
        if (is_block_heap(facts, i))
            total += facts->memory.memoryHeaps[i].size;
    if (facts->type == VK_PHYSICAL_DEVICE_TYPE_CPU && host != 0 && host < total)
        total = host;
    return total;
}

void vulkan_facts_info(const struct vulkan_facts *facts, struct rft_device_info *info)
{
    bool has_uuid = facts->api_version >= VK_API_VERSION_1_2;
    memset(info, 0, sizeof *info);
    snprintf(info->name, sizeof info->name, "%.*s", (int)sizeof info->name - 1, facts->name);
    for (char *c = info->name; *c != '\0'; c++) /* a name is also a value of the configuration, which is one line */
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = ' ';
    for (size_t i = 0; has_uuid && i < VK_UUID_SIZE; i++)
        snprintf(info->uuid + 2 * i, 3, "%02x", facts->uuid[i]);
    snprintf(info->detail, sizeof info->detail, "%.60s%s%.60s%sVulkan %u.%u.%u, %s, subgroup %" PRIu32 "%s%s%s%s",
             facts->driver, facts->driver_info[0] != '\0' ? " " : "", facts->driver_info,
             facts->driver[0] != '\0' ? ", " : "", VK_API_VERSION_MAJOR(facts->api_version),
             VK_API_VERSION_MINOR(facts->api_version), VK_API_VERSION_PATCH(facts->api_version), type_name(facts->type),
             facts->subgroup_size, facts->has_rounding_mode ? ", rte" : "", facts->has_budget ? ", budget" : "",
             facts->import_align != 0 ? ", import" : "", facts->has_fast_dot ? ", dot" : "");
    info->total_bytes = total_bytes(facts);
    info->is_software = facts->type == VK_PHYSICAL_DEVICE_TYPE_CPU;
}
