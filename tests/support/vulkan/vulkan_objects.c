/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "vulkan_wrappers.h"

#include <stdlib.h>
#include <string.h>

#define MEMORIES_MAX 4096u
#define PIPELINES_MAX 256u
#define MODULES_MAX 8u

#define FUNCTIONS(X)                                                                                                   \
    X(AllocateMemory)                                                                                                  \
    X(FreeMemory)                                                                                                      \
    X(MapMemory)                                                                                                       \
    X(CreatePipelineCache)                                                                                             \
    X(DestroyPipelineCache)                                                                                            \
    X(CreateShaderModule)                                                                                              \
    X(DestroyShaderModule) X(CreateComputePipelines) X(DestroyPipeline) X(CmdDispatch) X(CmdDispatchBase)
FUNCTIONS(RFT_VK_NEXT)

static struct {
    VkDeviceMemory handle;
    uint64_t bytes;
    uint64_t n_submitted_before;
    uint32_t type;
} memories[MEMORIES_MAX]; /* [rft_vk.live[RFT_VK_MEMORY]] */

static struct {
    VkShaderModule handle;
    uint64_t hash;
} modules[MODULES_MAX];

static struct {
    uint64_t hash;
    VkPipeline handle;
} kept[PIPELINES_MAX]; /* [n_kept] */
static uint32_t n_kept;

/* The memory's place in the table. */
static int64_t find_memory(VkDeviceMemory memory)
{
    int64_t i = rft_vk.live[RFT_VK_MEMORY] - 1;
    while (i >= 0 && memories[i].handle != memory)
        i--;
    return i;
}

static uint32_t heap_of(uint32_t type)
{
    return rft_vk.is_discrete && type != 0 ? 1 : 0;
}

static VKAPI_ATTR VkResult VKAPI_CALL wrap_AllocateMemory(VkDevice d, const VkMemoryAllocateInfo *info,
                                                          const VkAllocationCallbacks *a, VkDeviceMemory *out)
{
    VkResult result = rft_vk_enter(RFT_VK_AllocateMemory);
    uint32_t heap = heap_of(info->memoryTypeIndex);
    int64_t n = rft_vk.live[RFT_VK_MEMORY];
    VkMemoryAllocateInfo changed = *info;
    changed.memoryTypeIndex = rft_vk.is_discrete ? 0 : info->memoryTypeIndex;
    if (heap == 0 && rft_vk.heap_bytes != 0 && rft_vk.live_bytes[0] + info->allocationSize > rft_vk.heap_bytes)
        result = VK_ERROR_OUT_OF_DEVICE_MEMORY;
    if (n == MEMORIES_MAX)
        rft_vk_violate("more memory than the test can follow");
    else if (result == VK_SUCCESS)
        result = next_AllocateMemory(d, &changed, a, out);
    if (n == MEMORIES_MAX)
        result = VK_ERROR_TOO_MANY_OBJECTS;
    if (rft_vk_made(RFT_VK_MEMORY, result, out, sizeof *out) != VK_SUCCESS)
        return result;
    memories[n].handle = *out;
    memories[n].bytes = info->allocationSize;
    memories[n].n_submitted_before = rft_vk_n_submitted();
    memories[n].type = info->memoryTypeIndex;
    rft_vk.live_bytes[heap] += info->allocationSize;
    if (rft_vk.live_bytes[heap] > rft_vk.peak_bytes[heap])
        rft_vk.peak_bytes[heap] = rft_vk.live_bytes[heap];
    return VK_SUCCESS;
}

static VKAPI_ATTR void VKAPI_CALL wrap_FreeMemory(VkDevice d, VkDeviceMemory memory, const VkAllocationCallbacks *a)
{
    int64_t i = find_memory(memory);
    if (memory == VK_NULL_HANDLE)
        return;
    if (i < 0) {
        rft_vk_violate("memory was freed that does not exist");
        return;
    }
    rft_vk.live_bytes[heap_of(memories[i].type)] -= memories[i].bytes;
    if (rft_vk_may_be_used(memories[i].n_submitted_before))
        rft_vk_violate("memory was freed that the device may be using");
    if (!rft_vk_leave(RFT_VK_MEMORY, &memory, sizeof memory))
        return;
    memories[i] = memories[rft_vk.live[RFT_VK_MEMORY]];
    next_FreeMemory(d, memory, a);
}

static VKAPI_ATTR VkResult VKAPI_CALL wrap_MapMemory(VkDevice d, VkDeviceMemory memory, VkDeviceSize at, VkDeviceSize n,
                                                     VkMemoryMapFlags flags, void **out)
{
    VkResult result = rft_vk_enter(RFT_VK_MapMemory);
    int64_t i = find_memory(memory);
    if (i < 0 || (rft_vk.is_discrete && memories[i].type == 0))
        rft_vk_violate("memory was mapped that the host cannot see");
    if (result == VK_SUCCESS)
        result = next_MapMemory(d, memory, at, n, flags, out);
    else
        memset(out, 0x5a, sizeof *out);
    return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL wrap_CreatePipelineCache(VkDevice d, const VkPipelineCacheCreateInfo *info,
                                                               const VkAllocationCallbacks *a, VkPipelineCache *out)
{
    VkResult result = rft_vk_enter(RFT_VK_CreatePipelineCache);
    rft_vk.n_cache_bytes = info->initialDataSize;
    if (result == VK_SUCCESS)
        result = next_CreatePipelineCache(d, info, a, out);
    return rft_vk_made(RFT_VK_CACHE, result, out, sizeof *out);
}

static VKAPI_ATTR void VKAPI_CALL wrap_DestroyPipelineCache(VkDevice d, VkPipelineCache cache,
                                                            const VkAllocationCallbacks *a)
{
    if (cache != VK_NULL_HANDLE && rft_vk_leave(RFT_VK_CACHE, &cache, sizeof cache))
        next_DestroyPipelineCache(d, cache, a);
}

static VKAPI_ATTR VkResult VKAPI_CALL wrap_CreateShaderModule(VkDevice d, const VkShaderModuleCreateInfo *info,
                                                              const VkAllocationCallbacks *a, VkShaderModule *out)
{
    VkResult result = rft_vk_enter(RFT_VK_CreateShaderModule);
    VkShaderModuleCreateInfo changed = *info;
    uint32_t *code = malloc(info->codeSize);
    uint64_t hash = 0xcbf29ce484222325u;
    uint32_t slot = 0;
    assert_non_null(code);
    memcpy(code, info->pCode, info->codeSize);
    changed.pCode = code;
    if (rft_vk.on_module != NULL)
        rft_vk.on_module(rft_vk.user, code, info->codeSize / 4);
    for (size_t i = 0; i < info->codeSize / 4; i++)
        hash = (hash ^ code[i]) * 0x100000001b3u;
    while (slot + 1 < MODULES_MAX && modules[slot].handle != VK_NULL_HANDLE)
        slot++;
    if (result == VK_SUCCESS)
        result = next_CreateShaderModule(d, &changed, a, out);
    free(code);
    if (result == VK_SUCCESS) {
        modules[slot].handle = *out;
        modules[slot].hash = hash;
    }
    return rft_vk_made(RFT_VK_MODULE, result, out, sizeof *out);
}

static VKAPI_ATTR void VKAPI_CALL wrap_DestroyShaderModule(VkDevice d, VkShaderModule module,
                                                           const VkAllocationCallbacks *a)
{
    if (module == VK_NULL_HANDLE || !rft_vk_leave(RFT_VK_MODULE, &module, sizeof module))
        return;
    for (uint32_t i = 0; i < MODULES_MAX; i++)
        if (modules[i].handle == module)
            modules[i].handle = VK_NULL_HANDLE;
    next_DestroyShaderModule(d, module, a);
}

/* A kept pipeline of the same code, or a new one. */
static VkResult make_pipeline(VkDevice d, VkPipelineCache cache, const VkComputePipelineCreateInfo *info,
                              VkPipeline *out)
{
    uint64_t hash = 0;
    VkResult result;
    for (uint32_t i = 0; i < MODULES_MAX; i++)
        if (modules[i].handle == info->stage.module)
            hash = modules[i].hash;
    for (uint32_t i = 0; d == rft_vk_kept_device && i < n_kept; i++)
        if (kept[i].hash == hash) {
            *out = kept[i].handle;
            return VK_SUCCESS;
        }
    result = next_CreateComputePipelines(d, cache, 1, info, NULL, out);
    if (result == VK_SUCCESS && d == rft_vk_kept_device) {
        assert_true(n_kept < PIPELINES_MAX);
        kept[n_kept].hash = hash;
        kept[n_kept++].handle = *out;
    }
    return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL wrap_CreateComputePipelines(VkDevice d, VkPipelineCache cache, uint32_t n,
                                                                  const VkComputePipelineCreateInfo *infos,
                                                                  const VkAllocationCallbacks *a, VkPipeline *out)
{
    VkResult result = rft_vk_enter(RFT_VK_CreateComputePipelines);
    (void)a;
    if (n != 1)
        rft_vk_violate("the test follows one pipeline at a time");
    if (result == VK_SUCCESS)
        result = make_pipeline(d, cache, infos, out);
    if (result == VK_SUCCESS)
        rft_vk.live[RFT_VK_PIPELINE]++;
    else
        memset(out, 0, sizeof *out); /* which is what the specification says */
    return result;
}

static VKAPI_ATTR void VKAPI_CALL wrap_DestroyPipeline(VkDevice d, VkPipeline pipeline, const VkAllocationCallbacks *a)
{
    if (pipeline != VK_NULL_HANDLE && rft_vk_leave(RFT_VK_PIPELINE, &pipeline, sizeof pipeline) &&
        d != rft_vk_kept_device)
        next_DestroyPipeline(d, pipeline, a);
}

static VKAPI_ATTR void VKAPI_CALL wrap_CmdDispatch(VkCommandBuffer c, uint32_t x, uint32_t y, uint32_t z)
{
    rft_vk.n_dispatches++;
    next_CmdDispatch(c, x, y, z);
}

static VKAPI_ATTR void VKAPI_CALL wrap_CmdDispatchBase(VkCommandBuffer c, uint32_t x0, uint32_t y0, uint32_t z0,
                                                       uint32_t x, uint32_t y, uint32_t z)
{
    rft_vk.n_dispatches++;
    next_CmdDispatchBase(c, x0, y0, z0, x, y, z);
}

void rft_vk_drop_kept_pipelines(void)
{
    while (n_kept > 0)
        next_DestroyPipeline(rft_vk_kept_device, kept[--n_kept].handle, NULL);
}

const struct rft_vk_wrapper rft_vk_object_wrappers[] = {FUNCTIONS(RFT_VK_WRAPPER){0}};
