/* SPDX-License-Identifier: MIT */
/* The loader, its instance, and the devices it offers. The instance of a program that only asked what there is goes when the
 * listing ends, so that nothing of a driver is left behind. Once a device was opened it stays as long as the process: the loader
 * unloads the driver with the last instance, and NVIDIA's (580.159) can be loaded again only some 40 times. */
#ifdef __APPLE__
#include <stdlib.h>
#endif
#define VOLK_IMPLEMENTATION
#include "vulkan.h"

#include "alloc.h"
#include "log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PHYSICAL_MAX 32u

PFN_vkGetInstanceProcAddr rft_vulkan_loader;

static struct {
    PFN_vkGetInstanceProcAddr system_loader; /* once it was found: volkInitialize opens the library anew each time */
    VkInstance handle;
    uint32_t n_users;
    bool is_kept; /* never one that a test's loader made */
    const char *why_none;
} instance;

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
    VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                     .pApplicationName = "rftgen",
                                     .apiVersion = VK_API_VERSION_1_2};
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

static void release_instance(void)
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

/* False: instance.why_none says why. A Vulkan that does not work is as good as none, so this is no error by itself. */
static bool acquire_instance(void)
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

/* The instance's devices, the likely fastest first, else in the loader's order. */
static uint32_t list_physicals(VkPhysicalDevice physicals[PHYSICAL_MAX])
{
    VkPhysicalDevice found[PHYSICAL_MAX];
    uint32_t n_found = PHYSICAL_MAX, n = 0;
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

static enum rft_status device_enumerate(struct rft_device_info *infos, uint32_t cap, uint32_t *n_infos)
{
    VkPhysicalDevice physicals[PHYSICAL_MAX];
    enum rft_status status = RFT_OK;
    uint32_t n;
    *n_infos = 0;
    if (!acquire_instance())
        return RFT_OK;
    n = list_physicals(physicals);
    for (uint32_t i = 0; i < n && i < cap && status == RFT_OK; i++) {
        struct vulkan_facts facts;
        char missing[RFT_DEVICE_NAME_MAX];
        status = vulkan_facts_read(physicals[i], &facts, missing, sizeof missing);
        if (status == RFT_OK) {
            vulkan_facts_info(&facts, &infos[i]);
            memcpy(infos[i].missing, missing, sizeof missing);
        }
    }
    release_instance();
    if (status == RFT_OK)
        *n_infos = n;
    return status;
}

static const char *device_why_none(void)
{
    return instance.why_none != NULL ? instance.why_none : "there are devices";
}

static enum rft_status create_device(struct rft_device *device)
{
    const char *extensions[3];
    const struct vulkan_facts *facts = &device->facts;
    float priority = 1.0f;
    VkResult result;
    VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                     .queueFamilyIndex = facts->queue_family,
                                     .queueCount = 1,
                                     .pQueuePriorities = &priority};
    /* Nothing else is switched on: robust access, above all, costs time and guards against what kernels never do. */
    VkPhysicalDeviceVulkan12Features features = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
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
    VkPhysicalDevice physicals[PHYSICAL_MAX];
    char missing[RFT_DEVICE_NAME_MAX];
    uint32_t n = list_physicals(physicals);
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
    release_instance();
    rft_free(device);
}

static enum rft_status device_open(uint32_t index, const struct rft_device_options *options, struct rft_device **out)
{
    struct rft_device *device;
    enum rft_status status;
    *out = NULL;
    if (!acquire_instance()) {
        rft_log_error("vulkan: %s", instance.why_none);
        return RFT_ERR_UNSUPPORTED;
    }
    device = rft_alloc(1, sizeof *device);
    if (device == NULL) {
        release_instance();
        return RFT_ERR_HOST_MEMORY;
    }
    device->options = *options;
    RFT_TRY_GOTO(choose(device, index));
    RFT_TRY_GOTO(create_device(device));
    RFT_TRY_GOTO(create_objects(device));
    RFT_TRY_GOTO(vulkan_queue_open(device));
    RFT_TRY_GOTO(vulkan_memory_open(device));
    RFT_TRY_GOTO(vulkan_kernels_open(device));
    instance.is_kept = rft_vulkan_loader == NULL;
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
    .why_none = device_why_none,
    .stats = device_stats,
    .self_test = vulkan_kernels_self_test,
};
