/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "vulkan_wrappers.h"

#include <string.h>

#define FUNCTIONS(X)                                                                                                   \
    X(EnumeratePhysicalDevices)                                                                                        \
    X(EnumerateDeviceExtensionProperties)                                                                              \
    X(GetPhysicalDeviceProperties)                                                                                     \
    X(GetPhysicalDeviceMemoryProperties)                                                                               \
    X(GetPhysicalDeviceMemoryProperties2)                                                                              \
    X(GetPhysicalDeviceFeatures2) X(GetPhysicalDeviceQueueFamilyProperties) X(GetBufferMemoryRequirements)
FUNCTIONS(RFT_VK_NEXT)

static VKAPI_ATTR VkResult VKAPI_CALL wrap_EnumeratePhysicalDevices(VkInstance instance, uint32_t *n,
                                                                    VkPhysicalDevice *all)
{
    VkResult result = rft_vk_enter(RFT_VK_EnumeratePhysicalDevices);
    if (result == VK_SUCCESS && rft_vk.has_no_devices)
        *n = 0;
    else if (result == VK_SUCCESS)
        result = next_EnumeratePhysicalDevices(instance, n, all);
    return result;
}

/* Is it a device to lie about? */
static bool is_ours(VkPhysicalDevice physical)
{
    VkPhysicalDeviceProperties properties;
    next_GetPhysicalDeviceProperties(physical, &properties);
    return properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
}

static VKAPI_ATTR VkResult VKAPI_CALL wrap_EnumerateDeviceExtensionProperties(VkPhysicalDevice physical,
                                                                              const char *layer, uint32_t *n,
                                                                              VkExtensionProperties *all)
{
    VkResult result = rft_vk_enter(RFT_VK_EnumerateDeviceExtensionProperties);
    uint32_t cap = *n;
    if (result != VK_SUCCESS)
        return result;
    result = next_EnumerateDeviceExtensionProperties(physical, layer, n, all);
    if ((result != VK_SUCCESS && result != VK_INCOMPLETE) || !is_ours(physical))
        return result;
    for (uint32_t i = 0; all != NULL && i < *n; i++) /* a driver's own budgets are hidden: what is told is the test's */
        if (strcmp(all[i].extensionName, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME) == 0)
            strcpy(all[i].extensionName, "VK_EXT_hidden");
    if (result != VK_SUCCESS || !rft_vk.has_budget)
        return result;
    if (all != NULL && *n == cap)
        return VK_INCOMPLETE;
    if (all != NULL)
        all[*n] = (VkExtensionProperties){VK_EXT_MEMORY_BUDGET_EXTENSION_NAME, 1};
    ++*n;
    return VK_SUCCESS;
}

static VKAPI_ATTR void VKAPI_CALL wrap_GetBufferMemoryRequirements(VkDevice d, VkBuffer buffer,
                                                                   VkMemoryRequirements *out)
{
    next_GetBufferMemoryRequirements(d, buffer, out);
    if (rft_vk.is_discrete)
        out->memoryTypeBits = 7;
}

static VKAPI_ATTR void VKAPI_CALL wrap_GetPhysicalDeviceProperties(VkPhysicalDevice physical,
                                                                   VkPhysicalDeviceProperties *out)
{
    next_GetPhysicalDeviceProperties(physical, out);
    if (rft_vk.is_discrete && out->deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU)
        out->deviceType = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
}

static void lie_about_memory(VkPhysicalDevice physical, VkPhysicalDeviceMemoryProperties *m)
{
    const VkMemoryPropertyFlags host = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    if (!is_ours(physical))
        return;
    if (rft_vk.is_discrete) {
        m->memoryTypeCount = 3;
        m->memoryTypes[0] = (VkMemoryType){VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, 0};
        m->memoryTypes[1] = (VkMemoryType){host, 1};
        m->memoryTypes[2] = (VkMemoryType){host | VK_MEMORY_PROPERTY_HOST_CACHED_BIT, 1};
        m->memoryHeapCount = 2;
        m->memoryHeaps[1] = (VkMemoryHeap){m->memoryHeaps[0].size, 0};
    }
    if (rft_vk.heap_bytes != 0)
        m->memoryHeaps[0].size = rft_vk.heap_bytes;
}

static VKAPI_ATTR void VKAPI_CALL wrap_GetPhysicalDeviceMemoryProperties(VkPhysicalDevice physical,
                                                                         VkPhysicalDeviceMemoryProperties *out)
{
    next_GetPhysicalDeviceMemoryProperties(physical, out);
    lie_about_memory(physical, out);
}

/* The struct of this type in a chain of outputs; NULL: none. */
static void *find_in_chain(void *chain, VkStructureType type)
{
    VkBaseOutStructure *at = chain;
    while (at != NULL && at->sType != type)
        at = at->pNext;
    return at;
}

static VKAPI_ATTR void VKAPI_CALL wrap_GetPhysicalDeviceMemoryProperties2(VkPhysicalDevice physical,
                                                                          VkPhysicalDeviceMemoryProperties2 *out)
{
    VkPhysicalDeviceMemoryBudgetPropertiesEXT *budget =
        find_in_chain(out, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT);
    next_GetPhysicalDeviceMemoryProperties2(physical, out);
    lie_about_memory(physical, &out->memoryProperties);
    for (uint32_t i = 0; rft_vk.has_budget && budget != NULL && i < VK_MAX_MEMORY_HEAPS; i++) {
        budget->heapBudget[i] = rft_vk.budget_bytes;
        budget->heapUsage[i] = rft_vk.usage_bytes;
    }
}

static VKAPI_ATTR void VKAPI_CALL wrap_GetPhysicalDeviceFeatures2(VkPhysicalDevice physical,
                                                                  VkPhysicalDeviceFeatures2 *out)
{
    VkPhysicalDeviceVulkan12Features *v12 = find_in_chain(out, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES);
    next_GetPhysicalDeviceFeatures2(physical, out);
    if (v12 != NULL && is_ours(physical)) {
        v12->bufferDeviceAddress &= !rft_vk.has_no_address;
        v12->timelineSemaphore &= !rft_vk.has_no_timeline;
    }
}

static VKAPI_ATTR void VKAPI_CALL wrap_GetPhysicalDeviceQueueFamilyProperties(VkPhysicalDevice physical, uint32_t *n,
                                                                              VkQueueFamilyProperties *out)
{
    next_GetPhysicalDeviceQueueFamilyProperties(physical, n, out);
    for (uint32_t i = 0; rft_vk.has_no_timestamps && out != NULL && i < *n; i++)
        out[i].timestampValidBits = 0;
}

const struct rft_vk_wrapper rft_vk_lie_wrappers[] = {FUNCTIONS(RFT_VK_WRAPPER){0}};
