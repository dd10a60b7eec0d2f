/* SPDX-License-Identifier: MIT */
/* The instance of a program that only asked what there is goes when the listing ends, so that nothing of a driver is
 * left behind. Once a device was opened it stays as long as the process: the loader unloads the driver with the last
 * instance, and NVIDIA's (580.159) can be loaded again only some 40 times. */
#ifdef __APPLE__
#include <stdlib.h>
#endif
#define VOLK_IMPLEMENTATION
#include "vulkan_instance.h"

#include "vulkan_context.h"

#include "log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

PFN_vkGetInstanceProcAddr rft_vulkan_loader;

static struct {
    PFN_vkGetInstanceProcAddr system_loader; /* once it was found: volkInitialize opens the library anew each time */
    VkInstance handle;
    uint32_t n_users;
    bool is_kept; /* never one that a test's loader made */
    const char *why_none;
} instance;

/* volk keeps its entry points in globals: every new instance loads them again, from whichever loader is set then. */
static bool load_loader(void)
{
#ifdef __APPLE__
    /* MoltenVK compiles shaders with Metal's fast math unless told otherwise, which breaks the arithmetic contract. */
    setenv("MVK_CONFIG_FAST_MATH_ENABLED", "0", 0);
#endif
    if (rft_vulkan_loader != NULL) {
        volkInitializeCustom(rft_vulkan_loader);
        return true;
    }
    if (instance.system_loader != NULL) {
        volkInitializeCustom(instance.system_loader);
        return true;
    }
    if (volkInitialize() != VK_SUCCESS)
        return false;
    instance.system_loader = vkGetInstanceProcAddr;
    return true;
}

static bool has_portability_enumeration(void)
{
    VkExtensionProperties all[64]; /* loaders have some 25 */
    uint32_t n = sizeof all / sizeof *all;
    bool found = false;
    if (vkEnumerateInstanceExtensionProperties(NULL, &n, all) < 0) /* VK_INCOMPLETE is no error */
        n = 0;
    for (uint32_t i = 0; i < n; i++)
        found |= strcmp(all[i].extensionName, VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME) == 0;
    return found;
}

static VkResult create_instance(void)
{
    const char *extension = VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME;
    VkApplicationInfo application = {
        .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .pApplicationName = "rftgen", .apiVersion = VK_API_VERSION_1_2};
    VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO, .pApplicationInfo = &application};
    if (has_portability_enumeration()) {
        info.flags = VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR;
        info.enabledExtensionCount = 1;
        info.ppEnabledExtensionNames = &extension;
    }
    return vkCreateInstance(&info, NULL, &instance.handle);
}

static void destroy_instance(void)
{
    vkDestroyInstance(instance.handle, NULL);
    instance.handle = VK_NULL_HANDLE;
    instance.is_kept = false;
}

void vulkan_instance_release(void)
{
    if (--instance.n_users == 0 && !instance.is_kept)
        destroy_instance();
}

/* A GPU is there that this user may not open. */
static bool is_render_node_forbidden(void)
{
    for (unsigned i = 128; i < 192; i++) {
        char path[32];
        snprintf(path, sizeof path, "/dev/dri/renderD%u", i);
        if (access(path, F_OK) == 0 && access(path, R_OK | W_OK) != 0)
            return true;
    }
    return false;
}

static const char *why_no_device(void)
{
    return is_render_node_forbidden()
               ? "this user may not open /dev/dri/renderD* (join the group `render`)"
               : "no Vulkan driver is installed (package mesa-vulkan-drivers, or the GPU vendor's)";
}

/* A Vulkan that does not work is as good as none, so this is no error by itself. */
bool vulkan_instance_acquire(void)
{
    VkResult result;
    if (instance.n_users == 0 && instance.is_kept && rft_vulkan_loader != NULL)
        destroy_instance();
    if (instance.handle != VK_NULL_HANDLE) {
        instance.n_users++;
        return true;
    }
    if (!load_loader()) {
        instance.why_none = "the Vulkan loader libvulkan.so.1 is not installed (package libvulkan1)";
        return false;
    }
    if (volkGetInstanceVersion() < VK_API_VERSION_1_2) {
        instance.why_none = "the Vulkan loader is older than 1.2";
        return false;
    }
    result = create_instance();
    if (result != VK_SUCCESS) {
        instance.handle = VK_NULL_HANDLE;
        rft_log_debug("vulkan: vkCreateInstance: %s", vulkan_result_name(result));
        instance.why_none = result == VK_ERROR_INCOMPATIBLE_DRIVER
                                ? why_no_device()
                                : "the Vulkan loader makes no instance (VK_LOADER_DEBUG=all shows why)";
        return false;
    }
    volkLoadInstanceOnly(instance.handle);
    instance.n_users = 1;
    return true;
}

static int type_rank(VkPhysicalDevice physical)
{
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(physical, &properties);
    switch (properties.deviceType) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: return 0;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: return 1;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU: return 2;
    case VK_PHYSICAL_DEVICE_TYPE_CPU: return 4;
    default: return 3;
    }
}

uint32_t vulkan_instance_list(VkPhysicalDevice physicals[VULKAN_PHYSICAL_MAX])
{
    VkPhysicalDevice found[VULKAN_PHYSICAL_MAX];
    uint32_t n_found = VULKAN_PHYSICAL_MAX, n = 0;
    VkResult result = vkEnumeratePhysicalDevices(instance.handle, &n_found, found);
    if (result != VK_SUCCESS && result != VK_INCOMPLETE) {
        rft_log_debug("vulkan: vkEnumeratePhysicalDevices: %s", vulkan_result_name(result));
        n_found = 0;
    }
    for (int rank = 0; rank <= 4; rank++)
        for (uint32_t i = 0; i < n_found; i++)
            if (type_rank(found[i]) == rank)
                physicals[n++] = found[i];
    instance.why_none = n == 0 ? why_no_device() : NULL;
    return n;
}

void vulkan_instance_keep(void)
{
    instance.is_kept = rft_vulkan_loader == NULL;
}

const char *vulkan_instance_why_none(void)
{
    return instance.why_none != NULL ? instance.why_none : "there are devices";
}
