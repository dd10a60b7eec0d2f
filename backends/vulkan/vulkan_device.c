/* SPDX-License-Identifier: MIT */
/* Devices: open and close, and the table of the backend. */
#include "vulkan_context.h"
#include "vulkan_exec.h"
#include "vulkan_instance.h"
#include "vulkan_kernels.h"
#include "vulkan_memory.h"
#include "vulkan_queue.h"
#include "vulkan_upload.h"

#include "alloc.h"
#include "log.h"

#include <string.h>

static enum rft_status device_enumerate(struct rft_device_info *infos, uint32_t cap, uint32_t *n_infos)
{
    VkPhysicalDevice physicals[VULKAN_PHYSICAL_MAX];
    enum rft_status status = RFT_OK;
    uint32_t n;
    *n_infos = 0;
    if (!vulkan_instance_acquire())
        return RFT_OK;
    n = vulkan_instance_list(physicals);
    for (uint32_t i = 0; i < n && i < cap && status == RFT_OK; i++) {
        struct vulkan_facts facts;
        char missing[RFT_DEVICE_NAME_MAX];
        status = vulkan_facts_read(physicals[i], &facts, missing, sizeof missing);
        if (status == RFT_OK) {
            vulkan_facts_info(&facts, &infos[i]);
            memcpy(infos[i].missing, missing, sizeof missing);
        }
    }
    vulkan_instance_release();
    if (status == RFT_OK)
        *n_infos = n;
    return status;
}

static enum rft_status create_device(struct rft_device *device)
{
    const char *extensions[4];
    const struct vulkan_facts *facts = &device->facts;
    float priority = 1.0f;
    VkResult result;
    VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                     .queueFamilyIndex = facts->queue_family,
                                     .queueCount = 1,
                                     .pQueuePriorities = &priority};
    /* Nothing else is switched on: robust access, above all, costs time and guards against what kernels never do. */
    VkPhysicalDeviceShaderIntegerDotProductFeaturesKHR dot = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_FEATURES_KHR,
        .shaderIntegerDotProduct = VK_TRUE};
    VkPhysicalDeviceVulkan12Features features = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
                                                 .pNext = facts->has_dot ? &dot : NULL,
                                                 .timelineSemaphore = VK_TRUE,
                                                 .bufferDeviceAddress = VK_TRUE};
    VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                               .pNext = &features,
                               .queueCreateInfoCount = 1,
                               .pQueueCreateInfos = &queue,
                               .ppEnabledExtensionNames = extensions};
    if (facts->has_budget)
        extensions[info.enabledExtensionCount++] = VK_EXT_MEMORY_BUDGET_EXTENSION_NAME;
    if (facts->import_align != 0)
        extensions[info.enabledExtensionCount++] = VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME;
    if (facts->has_dot)
        extensions[info.enabledExtensionCount++] = VK_KHR_SHADER_INTEGER_DOT_PRODUCT_EXTENSION_NAME;
    if (facts->is_portability)
        extensions[info.enabledExtensionCount++] = "VK_KHR_portability_subset";
    result = vkCreateDevice(device->physical, &info, NULL, &device->handle);
    if (result != VK_SUCCESS) {
        device->handle = VK_NULL_HANDLE; /* what a failed call leaves there is not defined */
        return vulkan_check(device, result, "vkCreateDevice");
    }
    volkLoadDeviceTable(&device->vk, device->handle);
    device->vk.vkGetDeviceQueue(device->handle, facts->queue_family, 0, &device->queue);
    return RFT_OK;
}

static enum rft_status create_objects(struct rft_device *device)
{
    VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                    .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
                                    .queueFamilyIndex = device->facts.queue_family};
    VkSemaphoreTypeCreateInfo type = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
                                      .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE};
    VkSemaphoreCreateInfo timeline = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type};
    VkResult result = device->vk.vkCreateCommandPool(device->handle, &pool, NULL, &device->pool);
    if (result != VK_SUCCESS) {
        device->pool = VK_NULL_HANDLE;
        return vulkan_check(device, result, "vkCreateCommandPool");
    }
    result = device->vk.vkCreateSemaphore(device->handle, &timeline, NULL, &device->timeline);
    if (result != VK_SUCCESS)
        device->timeline = VK_NULL_HANDLE;
    return vulkan_check(device, result, "vkCreateSemaphore");
}

/* The device of this index, if it can be used. */
static enum rft_status choose(struct rft_device *device, uint32_t index)
{
    VkPhysicalDevice physicals[VULKAN_PHYSICAL_MAX];
    char missing[RFT_DEVICE_NAME_MAX];
    uint32_t n = vulkan_instance_list(physicals);
    if (index >= n) {
        rft_log_error("vulkan: no device %u: there are %u", index, n);
        return RFT_ERR_UNSUPPORTED;
    }
    device->physical = physicals[index];
    RFT_TRY(vulkan_facts_read(device->physical, &device->facts, missing, sizeof missing));
    device->is_cpu = device->facts.type == VK_PHYSICAL_DEVICE_TYPE_CPU;
    if (missing[0] == '\0')
        return RFT_OK;
    rft_log_error("%s: cannot be used: the device or its driver lacks %s", device->facts.name, missing);
    return RFT_ERR_UNSUPPORTED;
}

/* Accepts NULL and whatever open left half done. */
static void device_close(struct rft_device *device)
{
    if (device == NULL)
        return;
    if (device->handle != VK_NULL_HANDLE) {
        vulkan_drain(device);
        vulkan_kernels_close(device);
        vulkan_memory_close(device);
        vulkan_queue_close(device);
        device->vk.vkDestroySemaphore(device->handle, device->timeline, NULL);
        device->vk.vkDestroyCommandPool(device->handle, device->pool, NULL);
        device->vk.vkDestroyDevice(device->handle, NULL);
    }
    vulkan_instance_release();
    rft_free(device);
}

static enum rft_status device_open(uint32_t index, const struct rft_device_options *options, struct rft_device **out)
{
    struct rft_device *device;
    enum rft_status status;
    *out = NULL;
    if (!vulkan_instance_acquire()) {
        rft_log_error("vulkan: %s", vulkan_instance_why_none());
        return RFT_ERR_UNSUPPORTED;
    }
    device = rft_alloc(1, sizeof *device);
    if (device == NULL) {
        vulkan_instance_release();
        return RFT_ERR_HOST_MEMORY;
    }
    device->backend = &rft_backend_vulkan;
    device->options = *options;
    RFT_TRY_GOTO(choose(device, index));
    RFT_TRY_GOTO(create_device(device));
    RFT_TRY_GOTO(create_objects(device));
    RFT_TRY_GOTO(vulkan_queue_open(device));
    RFT_TRY_GOTO(vulkan_memory_open(device));
    RFT_TRY_GOTO(vulkan_kernels_open(device));
    vulkan_instance_keep();
    *out = device;
    return RFT_OK;
fail:
    device_close(device);
    return status;
}

static void device_caps(const struct rft_device *device, struct rft_caps *caps)
{
    *caps = (struct rft_caps){.block_bytes_max = device->facts.block_bytes_max,
                              .align_bytes = VULKAN_ALIGN,
                              .n_scratch = 0,
                              .prefill_rows = device->is_cpu ? 128 : 256,
                              .slots_wanted = device->is_cpu ? 64 : 256,
                              .burst_steps = 8};
}

static void device_stats(const struct rft_device *device, struct rft_device_stats *stats)
{
    *stats = device->stats;
}

const struct rft_backend rft_backend_vulkan = {
    .name = "vulkan",
    .enumerate = device_enumerate,
    .open = device_open,
    .close = device_close,
    .caps = device_caps,
    .memory = vulkan_memory_report,
    .block_create = vulkan_block_create,
    .block_destroy = vulkan_block_destroy,
    .write = vulkan_write,
    .read = vulkan_read,
    .exec_create = vulkan_exec_create,
    .exec_destroy = vulkan_exec_destroy,
    .run = vulkan_run,
    .wait = vulkan_wait,
    .profile = vulkan_profile,
    .why_none = vulkan_instance_why_none,
    .stats = device_stats,
    .self_test = vulkan_kernels_self_test,
};
