/* SPDX-License-Identifier: MIT */
/* What a driver's compiler makes of the Vulkan kernels: registers, spills, and the widths of its loads from memory, as
 * read in the disassembly that the driver hands out (VK_KHR_pipeline_executable_properties). Nothing runs and no memory
 * is allocated, so that Mesa's null device, which compiles for AMD GPUs that are not there, will do:
 * tools/amd_kernels.sh.
 *
 *   bench_pipelines [PART_OF_A_KERNEL_NAME] */
#define VK_NO_PROTOTYPES
#include <volk.h>

#include "vulkan_shaders.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATISTICS_MAX 64u
#define TEXT_MAX (4u << 20)

static struct VolkDeviceTable vk;

static void must(VkResult result, const char *what)
{
    if (result == VK_SUCCESS || result == VK_INCOMPLETE)
        return;
    fprintf(stderr, "bench_pipelines: %s failed: VkResult %d\n", what, (int)result);
    exit(1);
}

/* Dot products of bytes, for the kernels that are made for them. */
static bool has_fast_dot(VkPhysicalDevice physical)
{
    VkPhysicalDeviceShaderIntegerDotProductPropertiesKHR dot = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_PROPERTIES_KHR};
    VkPhysicalDeviceProperties2 properties = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &dot};
    vkGetPhysicalDeviceProperties2(physical, &properties);
    return dot.integerDotProduct4x8BitPackedSignedAccelerated != VK_FALSE;
}

/* has_dot: are kernels with dot products of bytes for it? */
static VkDevice open_device(bool *has_dot)
{
    const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                           .apiVersion = VK_API_VERSION_1_2};
    const VkInstanceCreateInfo instance_info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                                .pApplicationInfo = &application};
    static const char *const extensions[] = {VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME,
                                             VK_KHR_SHADER_INTEGER_DOT_PRODUCT_EXTENSION_NAME};
    VkPhysicalDeviceShaderIntegerDotProductFeaturesKHR dot = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_FEATURES_KHR,
        .shaderIntegerDotProduct = VK_TRUE};
    VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR executable = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR,
        .pipelineExecutableInfo = VK_TRUE};
    const VkPhysicalDeviceVulkan12Features features = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
                                                       .pNext = &executable,
                                                       .bufferDeviceAddress = VK_TRUE};
    const float priority = 1;
    const VkDeviceQueueCreateInfo queue = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO, .queueCount = 1, .pQueuePriorities = &priority};
    VkDeviceCreateInfo device_info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                      .pNext = &features,
                                      .queueCreateInfoCount = 1,
                                      .pQueueCreateInfos = &queue,
                                      .enabledExtensionCount = 1,
                                      .ppEnabledExtensionNames = extensions};
    VkPhysicalDeviceProperties properties;
    VkPhysicalDevice physical;
    VkInstance instance = VK_NULL_HANDLE;
    VkDevice device = VK_NULL_HANDLE;
    uint32_t n = 1;
    must(volkInitialize(), "volkInitialize");
    must(vkCreateInstance == NULL ? VK_ERROR_INITIALIZATION_FAILED : vkCreateInstance(&instance_info, NULL, &instance),
         "vkCreateInstance");
    volkLoadInstanceOnly(instance);
    must(vkEnumeratePhysicalDevices(instance, &n, &physical), "vkEnumeratePhysicalDevices");
    if (n == 0)
        must(VK_ERROR_INITIALIZATION_FAILED, "looking for a device");
    vkGetPhysicalDeviceProperties(physical, &properties);
    printf("%s\n", properties.deviceName);
    *has_dot = has_fast_dot(physical);
    if (*has_dot) {
        executable.pNext = &dot;
        device_info.enabledExtensionCount = 2;
    }
    must(vkCreateDevice(physical, &device_info, NULL, &device), "vkCreateDevice");
    volkLoadDeviceTable(&vk, device);
    return device;
}

static VkPipeline make_pipeline(VkDevice device, VkPipelineLayout layout, const struct vulkan_shader *shader)
{
    const VkShaderModuleCreateInfo module_info = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = shader->n_bytes, .pCode = shader->code};
    VkPipeline pipeline = VK_NULL_HANDLE;
    VkShaderModule module;
    must(vk.vkCreateShaderModule(device, &module_info, NULL, &module), "vkCreateShaderModule");
    const VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .flags =
            VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR | VK_PIPELINE_CREATE_CAPTURE_INTERNAL_REPRESENTATIONS_BIT_KHR,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = module,
                  .pName = "main"},
        .layout = layout,
    };
    must(vk.vkCreateComputePipelines(device, VK_NULL_HANDLE, 1, &info, NULL, &pipeline), shader->name);
    vk.vkDestroyShaderModule(device, module, NULL);
    return pipeline;
}

/* The value of the first statistic of one of these names; -1 if the driver has none. */
static int64_t statistic(const VkPipelineExecutableStatisticKHR *list, uint32_t n, const char *name)
{
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(list[i].name, name) == 0)
            return list[i].format == VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_UINT64_KHR ? (int64_t)list[i].value.u64
                                                                                        : list[i].value.i64;
    return -1;
}

static uint32_t count(const char *text, const char *word)
{
    uint32_t n = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
        n++;
    return n;
}

/* The disassembly, "" if there is none. Freed by the caller. */
static char *disassembly(VkDevice device, const VkPipelineExecutableInfoKHR *info)
{
    VkPipelineExecutableInternalRepresentationKHR list[8];
    uint32_t n = 8;
    char *text = calloc(TEXT_MAX, 1);
    memset(list, 0, sizeof list);
    for (uint32_t i = 0; i < n; i++)
        list[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INTERNAL_REPRESENTATION_KHR;
    must(vk.vkGetPipelineExecutableInternalRepresentationsKHR(device, info, &n, list), "asking for representations");
    for (uint32_t i = 0; i < n && text != NULL; i++) {
        if (strstr(list[i].name, "ssembly") == NULL)
            continue;
        VkPipelineExecutableInternalRepresentationKHR *chosen = &list[i];
        uint32_t n_filled = i + 1;
        chosen->pData = text;
        chosen->dataSize = TEXT_MAX - 1;
        must(vk.vkGetPipelineExecutableInternalRepresentationsKHR(device, info, &n_filled, list),
             "reading the disassembly");
        break;
    }
    return text;
}

static void print_row(VkDevice device, VkPipeline pipeline, const char *name)
{
    const VkPipelineExecutableInfoKHR info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR,
                                              .pipeline = pipeline};
    VkPipelineExecutableStatisticKHR list[STATISTICS_MAX];
    uint32_t n = STATISTICS_MAX;
    memset(list, 0, sizeof list);
    for (uint32_t i = 0; i < n; i++)
        list[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR;
    must(vk.vkGetPipelineExecutableStatisticsKHR(device, &info, &n, list), "asking for statistics");
    char *text = disassembly(device, &info);
    if (text == NULL)
        must(VK_ERROR_OUT_OF_HOST_MEMORY, name);
    printf("%-26s %5" PRId64 " %6" PRId64 " %6" PRId64 " %6" PRId64 " %6u %6u %6u %6u %6u\n", name,
           statistic(list, n, "VGPRs"), statistic(list, n, "Spilled VGPRs"), statistic(list, n, "Spilled SGPRs"),
           statistic(list, n, "Code size"), count(text, "global_load_dwordx4") + count(text, "global_load_b128"),
           count(text, "global_load_dword ") + count(text, "global_load_b32 "),
           count(text, "v_fma_") + count(text, "v_fmac_") + count(text, "v_pk_fma_"), count(text, "v_dot4"),
           count(text, "scratch_") + count(text, "buffer_store_dword v"));
    free(text);
}

int main(int argc, char **argv)
{
    const VkPushConstantRange range = {.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT, .size = 128};
    const VkPipelineLayoutCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                             .pushConstantRangeCount = 1,
                                             .pPushConstantRanges = &range};
    bool has_dot;
    VkDevice device = open_device(&has_dot);
    VkPipelineLayout layout;
    must(vk.vkCreatePipelineLayout(device, &info, NULL, &layout), "vkCreatePipelineLayout");
    printf("%-26s %5s %6s %6s %6s %6s %6s %6s %6s %6s\n", "kernel", "VGPRs", "v-spil", "s-spil", "bytes", "ld128",
           "ld32", "fma", "dot4", "scrat");
    for (uint32_t i = 0; i < n_vulkan_shaders; i++) {
        if ((argc > 1 && strstr(vulkan_shaders[i].name, argv[1]) == NULL) ||
            (!has_dot && strstr(vulkan_shaders[i].name, "_dot_") != NULL))
            continue;
        VkPipeline pipeline = make_pipeline(device, layout, &vulkan_shaders[i]);
        print_row(device, pipeline, vulkan_shaders[i].name);
        vk.vkDestroyPipeline(device, pipeline, NULL);
    }
    vk.vkDestroyPipelineLayout(device, layout, NULL);
    vk.vkDestroyDevice(device, NULL);
    return 0;
}
