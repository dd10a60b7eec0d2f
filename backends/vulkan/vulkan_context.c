/* SPDX-License-Identifier: MIT */
#include "vulkan_context.h"

#include "log.h"

const char *vulkan_result_name(VkResult result)
{
#define NAME(name)                                                                                                     \
    case name: return #name;
    switch (result) {
        NAME(VK_SUCCESS)
        NAME(VK_NOT_READY)
        NAME(VK_TIMEOUT)
        NAME(VK_INCOMPLETE)
        NAME(VK_ERROR_OUT_OF_HOST_MEMORY)
        NAME(VK_ERROR_OUT_OF_DEVICE_MEMORY)
        NAME(VK_ERROR_INITIALIZATION_FAILED)
        NAME(VK_ERROR_DEVICE_LOST)
        NAME(VK_ERROR_MEMORY_MAP_FAILED)
        NAME(VK_ERROR_LAYER_NOT_PRESENT)
        NAME(VK_ERROR_EXTENSION_NOT_PRESENT)
        NAME(VK_ERROR_FEATURE_NOT_PRESENT)
        NAME(VK_ERROR_INCOMPATIBLE_DRIVER)
        NAME(VK_ERROR_TOO_MANY_OBJECTS)
        NAME(VK_ERROR_FRAGMENTED_POOL)
        NAME(VK_ERROR_UNKNOWN)
        NAME(VK_ERROR_OUT_OF_POOL_MEMORY)
        NAME(VK_ERROR_INVALID_EXTERNAL_HANDLE)
        NAME(VK_ERROR_FRAGMENTATION)
        NAME(VK_ERROR_INVALID_OPAQUE_CAPTURE_ADDRESS)
        NAME(VK_PIPELINE_COMPILE_REQUIRED)
        NAME(VK_ERROR_VALIDATION_FAILED_EXT)
        NAME(VK_ERROR_INVALID_SHADER_NV)
        NAME(VK_ERROR_NOT_PERMITTED_KHR)
    default: return "an unknown VkResult";
    }
#undef NAME
}

bool vulkan_is_out_of_memory(VkResult result)
{
    return result == VK_ERROR_OUT_OF_HOST_MEMORY || result == VK_ERROR_OUT_OF_DEVICE_MEMORY ||
           result == VK_ERROR_TOO_MANY_OBJECTS || result == VK_ERROR_OUT_OF_POOL_MEMORY ||
           result == VK_ERROR_FRAGMENTATION || result == VK_ERROR_MEMORY_MAP_FAILED;
}

enum rft_status vulkan_check(struct rft_device *device, VkResult result, const char *what)
{
    if (result == VK_SUCCESS)
        return RFT_OK;
    rft_log_error("%s: %s: %s", device->facts.name, what, vulkan_result_name(result));
    if (result == VK_ERROR_DEVICE_LOST) {
        device->is_lost = true;
        return RFT_ERR_DEVICE_LOST;
    }
    return vulkan_is_out_of_memory(result) ? RFT_ERR_DEVICE_MEMORY : RFT_ERR_DEVICE;
}
