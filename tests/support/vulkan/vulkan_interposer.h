/* SPDX-License-Identifier: MIT */
/* Stands between the Vulkan backend and the loader: counts every object that the backend makes, lets a call fail, and
 * lies about what a software device is. Only in builds with the Vulkan backend.
 *
 * What a failed call leaves in its output is what the specification says: nothing that may be used. So outputs are
 * filled with 0x5a.., and whoever destroys such a handle is found out. After VK_ERROR_DEVICE_LOST everything that may
 * say so says so, until the next vkCreateDevice. */
#ifndef RFT_VULKAN_INTERPOSER_H
#define RFT_VULKAN_INTERPOSER_H

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every function that the backend calls and that can fail. */
#define RFT_VK_CALLS(X)                                                                                                \
    X(EnumerateInstanceVersion)                                                                                        \
    X(EnumerateInstanceExtensionProperties)                                                                            \
    X(CreateInstance)                                                                                                  \
    X(EnumeratePhysicalDevices)                                                                                        \
    X(EnumerateDeviceExtensionProperties)                                                                              \
    X(CreateDevice)                                                                                                    \
    X(CreateCommandPool)                                                                                               \
    X(CreateSemaphore)                                                                                                 \
    X(AllocateCommandBuffers)                                                                                          \
    X(CreateQueryPool)                                                                                                 \
    X(BeginCommandBuffer)                                                                                              \
    X(EndCommandBuffer)                                                                                                \
    X(CreateBuffer)                                                                                                    \
    X(AllocateMemory)                                                                                                  \
    X(BindBufferMemory)                                                                                                \
    X(MapMemory)                                                                                                       \
    X(GetMemoryHostPointerPropertiesEXT)                                                                               \
    X(CreatePipelineLayout)                                                                                            \
    X(CreatePipelineCache)                                                                                             \
    X(GetPipelineCacheData)                                                                                            \
    X(CreateShaderModule)                                                                                              \
    X(CreateComputePipelines)                                                                                          \
    X(QueueSubmit) X(WaitSemaphores) X(GetSemaphoreCounterValue) X(GetQueryPoolResults) X(DeviceWaitIdle)

#define RFT_VK_NAME(name) RFT_VK_##name,
enum rft_vk_call { RFT_VK_CALLS(RFT_VK_NAME) RFT_VK_CALL_COUNT };
#undef RFT_VK_NAME
const char *rft_vk_call_name(enum rft_vk_call call); /* with its vk */

enum rft_vk_object {
    RFT_VK_INSTANCE,
    RFT_VK_DEVICE,
    RFT_VK_COMMAND_POOL,
    RFT_VK_COMMANDS,
    RFT_VK_SEMAPHORE,
    RFT_VK_QUERY_POOL,
    RFT_VK_BUFFER,
    RFT_VK_MEMORY,
    RFT_VK_LAYOUT,
    RFT_VK_CACHE,
    RFT_VK_MODULE,
    RFT_VK_PIPELINE,
    RFT_VK_OBJECT_COUNT
};

struct rft_interposer {
    /* Orders. */
    enum rft_vk_call fail_call;
    uint64_t fail_at; /* the fail_at-th call of that function fails (1 = the first), 0 = none */
    uint64_t n_fails; /* that many in a row; 0 counts as 1 */
    VkResult fail_result;
    uint64_t timeout_at, n_timeouts; /* so many waits from the timeout_at-th on return VK_TIMEOUT at once; 0 = none */
    bool keep; /* driver, device and compiled kernels outlive their destruction, for the next run: much faster */
    /* Lies, about software devices. */
    bool has_no_devices;
    bool has_no_address;  /* bufferDeviceAddress */
    bool has_no_timeline; /* timelineSemaphore */
    bool has_no_timestamps;
    bool is_discrete;    /* a discrete GPU: heap 0 is its own, which the host cannot see; heap 1 the host's */
    uint64_t heap_bytes; /* heap 0 has that many, and no more; 0 = the truth */
    bool has_budget;     /* VK_EXT_memory_budget, which says this of every heap: */
    uint64_t budget_bytes, usage_bytes;
    void (*on_module)(void *user, uint32_t *code, size_t n_words); /* may change a shader before the driver sees it */
    void *user;
    /* Observations. */
    uint64_t n_calls[RFT_VK_CALL_COUNT];
    uint64_t n_failed;
    int64_t live[RFT_VK_OBJECT_COUNT];
    uint64_t live_bytes[2], peak_bytes[2]; /* of memory, by heap */
    uint64_t n_dispatches;                 /* recorded */
    uint64_t n_cache_bytes;                /* that the last vkCreatePipelineCache was given */
    char violation[160];                   /* the first breach of Vulkan's rules that was noticed; "" = none */
};

/* Puts it in the loader's place, without orders. */
struct rft_interposer *rft_interposer_begin(void);
/* Restores the loader. Fails the test if anything was left or a rule broken. */
void rft_interposer_end(const char *what);
/* Destroys what was kept. */
void rft_interposer_drop_kept(void);

#endif
