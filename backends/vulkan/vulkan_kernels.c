/* SPDX-License-Identifier: MIT */
/* Pipelines, made and compared with the cpu's plain kernels when they are first used. */
#include "vulkan_kernels.h"

#include "vulkan_cache.h"
#include "vulkan_shaders.h"
#include "vulkan_test.h"

#include "alloc.h"
#include "log.h"

#include <string.h>

#define SOFTWARE_TURNS_MAX 50000.0 /* llvmpipe's limit is 65,535 */

struct vulkan_kernels {
    VkPipelineLayout layout;
    VkPipelineCache cache;
    bool has_new_tests;                /* pipelines passed that the file does not know */
    size_t n_cached;                   /* bytes of compiled pipelines in the file */
    struct vulkan_pipeline *pipelines; /* [n_vulkan_shaders] */
};

#define SPIRV_HEADER_WORDS 5u
#define SPIRV_ENTRY_POINT 15u
#define SPIRV_EXECUTION_MODE 16u
#define SPIRV_CAPABILITY 17u
#define SPIRV_F32_MODES_MAX 2u

/* The module with what the contract takes for granted declared for f32, where the device knows the declaration
 * (SPIR-V 1.4, 2.16): rounding to nearest even; infinities and NaN are kept, so that a row that overflows is found.
 * Freed by the caller; NULL when memory is short. */
static uint32_t *declare_modes(const struct vulkan_facts *facts, const struct vulkan_shader *shader, size_t *n_bytes)
{
    static const uint32_t modes[SPIRV_F32_MODES_MAX] = {4462 /* RoundingModeRTE */,
                                                        4461 /* SignedZeroInfNanPreserve */};
    static const uint32_t capabilities[SPIRV_F32_MODES_MAX] = {4467, 4466};
    const bool is_known[SPIRV_F32_MODES_MAX] = {facts->has_rounding_mode, facts->has_nan};
    const size_t n_words = shader->n_bytes / 4;
    uint32_t *words = rft_alloc(n_words + SPIRV_F32_MODES_MAX * 6, 4);
    size_t n = SPIRV_HEADER_WORDS;
    uint32_t entry = 0, n_capabilities = 0, n_modes = 0;
    if (words == NULL)
        return NULL;
    memcpy(words, shader->code, SPIRV_HEADER_WORDS * 4);
    for (size_t at = SPIRV_HEADER_WORDS; at < n_words; at += shader->code[at] >> 16) {
        const uint32_t *instruction = &shader->code[at];
        uint32_t op = instruction[0] & 0xffffu;
        bool is_capability = op == SPIRV_CAPABILITY && n_capabilities++ == 0;
        bool is_mode = op == SPIRV_EXECUTION_MODE && n_modes++ == 0;
        for (size_t i = 0; i < SPIRV_F32_MODES_MAX && is_capability; i++) {
            if (!is_known[i])
                continue;
            words[n++] = 2u << 16 | SPIRV_CAPABILITY;
            words[n++] = capabilities[i];
        }
        if (op == SPIRV_ENTRY_POINT)
            entry = instruction[2];
        for (size_t i = 0; i < SPIRV_F32_MODES_MAX && is_mode; i++) {
            if (!is_known[i])
                continue;
            words[n++] = 4u << 16 | SPIRV_EXECUTION_MODE;
            words[n++] = entry;
            words[n++] = modes[i];
            words[n++] = 32;
        }
        memcpy(&words[n], instruction, (instruction[0] >> 16) * sizeof *words);
        n += instruction[0] >> 16;
    }
    *n_bytes = n * 4;
    return words;
}

static enum rft_status make_pipeline(struct rft_device *device, uint32_t index)
{
    const struct vulkan_shader *shader = &vulkan_shaders[index];
    struct vulkan_pipeline *p = &device->kernels->pipelines[index];
    VkShaderModuleCreateInfo module_info = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = shader->n_bytes, .pCode = shader->code};
    uint32_t *declared = NULL;
    VkShaderModule module = VK_NULL_HANDLE;
    enum rft_status status;
    declared = declare_modes(&device->facts, shader, &module_info.codeSize);
    if (declared == NULL)
        return RFT_ERR_HOST_MEMORY;
    module_info.pCode = declared;
    status = vulkan_check(device, device->vk.vkCreateShaderModule(device->handle, &module_info, NULL, &module),
                          shader->name);
    rft_free(declared);
    RFT_TRY(status);
    const VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .flags = VK_PIPELINE_CREATE_DISPATCH_BASE_BIT,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = module,
                  .pName = "main"},
        .layout = device->kernels->layout,
    };
    VkPipeline pipeline = VK_NULL_HANDLE;
    status = vulkan_check(
        device, device->vk.vkCreateComputePipelines(device->handle, device->kernels->cache, 1, &info, NULL, &pipeline),
        shader->name);
    device->vk.vkDestroyShaderModule(device->handle, module, NULL);
    if (status == RFT_OK)
        p->handle = pipeline;
    return status;
}

/* Makes the pipeline and compares it with the cpu's plain kernel, each if that was not done before. */
static enum rft_status ready_pipeline(struct rft_device *device, uint32_t index)
{
    struct vulkan_pipeline *p = &device->kernels->pipelines[index];
    enum rft_status status;
    if (p->handle == VK_NULL_HANDLE)
        RFT_TRY(make_pipeline(device, index));
    if (p->is_trusted)
        return RFT_OK;
    status = vulkan_test_pipeline(device, device->kernels->layout, p, vulkan_shaders[index].name, false);
    if (status == RFT_ERR_UNSUPPORTED && device->options.is_unchecked) {
        rft_log_warn("%s: [device] arithmetic = unchecked: the kernel is used all the same", device->facts.name);
        p->is_trusted = true;
        return RFT_OK;
    }
    if (status == RFT_OK) {
        p->is_trusted = true;
        device->kernels->has_new_tests = true;
    }
    return status;
}

/* llvmpipe ends every loop of an invocation, without a word, after 65,535 turns in all of them. Only attention over
 * very many keys comes near: at head_dim 64, 128, 256 its loops take 0.23, 0.38, 0.67 turns for each key and four
 * heads. */
static enum rft_status check_turns(const struct rft_device *device, const struct rft_node *node)
{
    const struct rft_args_attention *a = (const void *)node->args.bytes;
    double n_fours, n_keys;
    if (!device->is_cpu || node->op != RFT_OP_attention)
        return RFT_OK;
    n_fours = (a->n_heads / a->n_kv_heads + 3) / 4;
    n_keys = a->scratch_floats / (4.0 * n_fours);
    if (n_fours * n_keys * 0.25 * (1 + a->head_dim / 128.0) < SOFTWARE_TURNS_MAX)
        return RFT_OK;
    rft_log_error("%s: sequences of %.0f tokens are too long for a software device of Vulkan; take backend = cpu",
                  device->facts.name, n_keys);
    return RFT_ERR_UNSUPPORTED;
}

enum rft_status vulkan_kernels_call(struct rft_device *device, const struct rft_node *node, struct vulkan_call *call)
{
    uint32_t index = vulkan_pipeline_for(device->kernels->pipelines, &device->facts, node);
    *call = (struct vulkan_call){0};
    RFT_TRY(check_turns(device, node));
    RFT_TRY(ready_pipeline(device, index));
    *call = vulkan_pipeline_call(&device->kernels->pipelines[index], node);
    return RFT_OK;
}

enum rft_status vulkan_kernels_self_test(struct rft_device *device, uint32_t *n_kernels)
{
    *n_kernels = 0;
    for (uint32_t i = 0; i < n_vulkan_shaders; i++) {
        if (!vulkan_pipeline_is_for(&device->kernels->pipelines[i], &device->facts, false))
            continue;
        if (!device->kernels->pipelines[i].is_trusted)
            RFT_TRY(ready_pipeline(device, i));
        ++*n_kernels;
    }
    return RFT_OK;
}

enum rft_status vulkan_kernels_test_all(struct rft_device *device)
{
    for (uint32_t i = 0; i < n_vulkan_shaders; i++) {
        if (!vulkan_pipeline_is_for(&device->kernels->pipelines[i], &device->facts, true))
            continue;
        if (device->kernels->pipelines[i].handle == VK_NULL_HANDLE)
            RFT_TRY(make_pipeline(device, i));
        RFT_TRY(vulkan_test_pipeline(device, device->kernels->layout, &device->kernels->pipelines[i],
                                     vulkan_shaders[i].name, true));
    }
    return RFT_OK;
}

/* The file of passed tests holds the modules' names, a line each. */
static enum rft_status load_tests(struct rft_device *device)
{
    struct rft_str names = {0};
    RFT_TRY(vulkan_cache_load(device, VULKAN_CACHE_TESTS, &names));
    for (uint32_t i = 0; i < n_vulkan_shaders && names.len != 0; i++) {
        const char *hit = strstr(names.data, vulkan_shaders[i].name);
        size_t n = strlen(vulkan_shaders[i].name);
        while (hit != NULL && (hit[n] != '\n' || (hit != names.data && hit[-1] != '\n')))
            hit = strstr(hit + 1, vulkan_shaders[i].name);
        device->kernels->pipelines[i].is_trusted = hit != NULL;
    }
    rft_str_finish(&names);
    return RFT_OK;
}

static void store_tests(const struct rft_device *device)
{
    struct rft_str names = {0};
    bool is_whole = true;
    for (uint32_t i = 0; i < n_vulkan_shaders; i++)
        if (device->kernels->pipelines[i].is_trusted)
            is_whole = is_whole && rft_str_printf(&names, "%s\n", vulkan_shaders[i].name) == RFT_OK;
    if (is_whole && names.len != 0 && !device->options.is_unchecked)
        vulkan_cache_store(device, VULKAN_CACHE_TESTS, names.data, names.len);
    rft_str_finish(&names);
}

static void store_pipelines(struct rft_device *device)
{
    size_t n = 0;
    void *data = NULL;
    VkPipelineCache cache = device->kernels->cache;
    if (device->vk.vkGetPipelineCacheData(device->handle, cache, &n, NULL) == VK_SUCCESS &&
        n > device->kernels->n_cached)
        data = rft_alloc(n, 1);
    if (data != NULL && device->vk.vkGetPipelineCacheData(device->handle, cache, &n, data) == VK_SUCCESS)
        vulkan_cache_store(device, VULKAN_CACHE_PIPELINES, data, n);
    rft_free(data);
}

static enum rft_status create_cache(struct rft_device *device)
{
    struct rft_str data = {0};
    RFT_TRY(vulkan_cache_load(device, VULKAN_CACHE_PIPELINES, &data));
    const VkPipelineCacheCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO, .initialDataSize = data.len, .pInitialData = data.data};
    VkResult result = device->vk.vkCreatePipelineCache(device->handle, &info, NULL, &device->kernels->cache);
    if (result != VK_SUCCESS) /* what a failed call leaves there is not defined */
        device->kernels->cache = VK_NULL_HANDLE;
    device->kernels->n_cached = data.len;
    rft_str_finish(&data);
    return vulkan_check(device, result, "vkCreatePipelineCache");
}

enum rft_status vulkan_kernels_open(struct rft_device *device)
{
    const VkPushConstantRange range = {.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT, .size = RFT_ARGS_BYTES_MAX};
    const VkPipelineLayoutCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                             .pushConstantRangeCount = 1,
                                             .pPushConstantRanges = &range};
    enum rft_status status = RFT_ERR_HOST_MEMORY;
    VkResult result;
    device->kernels = rft_alloc(1, sizeof *device->kernels);
    if (device->kernels != NULL)
        device->kernels->pipelines = rft_alloc(n_vulkan_shaders, sizeof *device->kernels->pipelines);
    if (device->kernels != NULL && device->kernels->pipelines != NULL) {
        for (uint32_t i = 0; i < n_vulkan_shaders; i++)
            device->kernels->pipelines[i] = vulkan_pipeline_describe(vulkan_shaders[i].name);
        result = device->vk.vkCreatePipelineLayout(device->handle, &info, NULL, &device->kernels->layout);
        if (result != VK_SUCCESS) /* what a failed call leaves there is not defined */
            device->kernels->layout = VK_NULL_HANDLE;
        status = vulkan_check(device, result, "vkCreatePipelineLayout");
    }
    if (status == RFT_OK)
        status = create_cache(device);
    if (status == RFT_OK)
        status = load_tests(device);
    if (status != RFT_OK)
        vulkan_kernels_close(device);
    return status;
}

void vulkan_kernels_close(struct rft_device *device)
{
    struct vulkan_kernels *k = device->kernels;
    if (k == NULL)
        return;
    if (k->has_new_tests && !device->is_lost)
        store_tests(device);
    if (k->cache != VK_NULL_HANDLE && !device->is_lost)
        store_pipelines(device);
    for (uint32_t i = 0; k->pipelines != NULL && i < n_vulkan_shaders; i++)
        if (k->pipelines[i].handle != VK_NULL_HANDLE)
            device->vk.vkDestroyPipeline(device->handle, k->pipelines[i].handle, NULL);
    if (k->cache != VK_NULL_HANDLE)
        device->vk.vkDestroyPipelineCache(device->handle, k->cache, NULL);
    if (k->layout != VK_NULL_HANDLE)
        device->vk.vkDestroyPipelineLayout(device->handle, k->layout, NULL);
    rft_free(k->pipelines);
    rft_free(k);
    device->kernels = NULL;
}

VkPipelineLayout vulkan_kernels_layout(const struct rft_device *device)
{
    return device->kernels->layout;
}
