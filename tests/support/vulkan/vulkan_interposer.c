/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "vulkan_wrappers.h"

#include "vulkan_instance.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#define COMMANDS_OF_POOL                                                                                               \
    24 /* the backend frees all but its staging ring's and its timestamps', which go with the pool */
#define LAST_WAIT_NS 1000000000u /* a longer wait is the last, of a device that hangs: afterwards everything goes */
#define QUEUED_MAX 1024u

#define FUNCTIONS(X)                                                                                                   \
    X(EnumerateInstanceVersion)                                                                                        \
    X(EnumerateInstanceExtensionProperties)                                                                            \
    X(BeginCommandBuffer)                                                                                              \
    X(EndCommandBuffer)                                                                                                \
    X(BindBufferMemory)                                                                                                \
    X(GetPipelineCacheData)                                                                                            \
    X(QueueSubmit)                                                                                                     \
    X(WaitSemaphores)                                                                                                  \
    X(GetSemaphoreCounterValue)                                                                                        \
    X(GetQueryPoolResults)                                                                                             \
    X(DeviceWaitIdle)                                                                                                  \
    X(GetMemoryHostPointerPropertiesEXT)                                                                               \
    X(CreateCommandPool)                                                                                               \
    X(DestroyCommandPool)                                                                                              \
    X(CreateSemaphore)                                                                                                 \
    X(DestroySemaphore)                                                                                                \
    X(CreateQueryPool)                                                                                                 \
    X(DestroyQueryPool)                                                                                                \
    X(CreateBuffer)                                                                                                    \
    X(DestroyBuffer)                                                                                                   \
    X(CreatePipelineLayout)                                                                                            \
    X(DestroyPipelineLayout)                                                                                           \
    X(CreateInstance)                                                                                                  \
    X(DestroyInstance) X(CreateDevice) X(DestroyDevice) X(AllocateCommandBuffers) X(FreeCommandBuffers)
FUNCTIONS(RFT_VK_NEXT)

struct rft_interposer rft_vk;
VkDevice rft_vk_kept_device;
static VkInstance kept_instance;
static PFN_vkGetInstanceProcAddr system_proc;
static PFN_vkGetDeviceProcAddr device_proc;
static VkDevice device; /* the open one */
static bool is_lost;

/* The timeline: the last value that was submitted, and the last that the backend knows to be done. */
static uint64_t n_submitted, n_done;
static struct {
    VkCommandBuffer handle;
    uint64_t value;   /* of its last submission */
} queued[QUEUED_MAX]; /* by turns */
static uint32_t n_queued;

void rft_vk_violate(const char *what)
{
    if (rft_vk.violation[0] == '\0')
        snprintf(rft_vk.violation, sizeof rft_vk.violation, "%s", what);
}

const char *rft_vk_call_name(enum rft_vk_call call)
{
#define TEXT(name) "vk" #name,
    static const char *const names[] = {RFT_VK_CALLS(TEXT) "?"};
#undef TEXT
    return names[call];
}

static bool may_lose(enum rft_vk_call call)
{
    return call == RFT_VK_QueueSubmit || call == RFT_VK_WaitSemaphores || call == RFT_VK_GetSemaphoreCounterValue ||
           call == RFT_VK_GetQueryPoolResults || call == RFT_VK_DeviceWaitIdle;
}

/* Counts the call; not VK_SUCCESS if it is to fail. */
VkResult rft_vk_enter(enum rft_vk_call call)
{
    uint64_t n = ++rft_vk.n_calls[call], n_fails = rft_vk.n_fails == 0 ? 1 : rft_vk.n_fails;
    bool fails = rft_vk.fail_at != 0 && call == rft_vk.fail_call && n >= rft_vk.fail_at && n - rft_vk.fail_at < n_fails;
    rft_vk.n_failed += fails;
    if (fails && rft_vk.fail_result == VK_ERROR_DEVICE_LOST && device != NULL && !is_lost) {
        (void)next_DeviceWaitIdle(device); /* a lost device is at rest */
        is_lost = true;
        n_done = n_submitted;
    }
    if (is_lost && may_lose(call))
        return VK_ERROR_DEVICE_LOST;
    if (call == RFT_VK_WaitSemaphores && n >= rft_vk.timeout_at && n - rft_vk.timeout_at < rft_vk.n_timeouts)
        return VK_TIMEOUT;
    return fails ? rft_vk.fail_result : VK_SUCCESS;
}

static bool is_poison(const void *handle, size_t n)
{
    const unsigned char *bytes = handle;
    while (n > 0 && bytes[n - 1] == 0x5a)
        n--;
    return n == 0;
}

uint64_t rft_vk_n_submitted(void)
{
    return n_submitted;
}

bool rft_vk_may_be_used(uint64_t n_submitted_before)
{
    return n_submitted > n_submitted_before && n_submitted > n_done;
}

/* May the object be destroyed? */
bool rft_vk_leave(enum rft_vk_object kind, const void *handle, size_t n)
{
    if ((kind == RFT_VK_PIPELINE || kind == RFT_VK_COMMAND_POOL) && n_done < n_submitted)
        rft_vk_violate("kernels or commands were destroyed that may be running");
    if (is_poison(handle, n))
        rft_vk_violate("a handle was destroyed that a failed call had left");
    else if (--rft_vk.live[kind] < 0)
        rft_vk_violate("more objects were destroyed than made");
    else
        return true;
    return false;
}

VkResult rft_vk_made(enum rft_vk_object kind, VkResult result, void *handle, size_t n)
{
    if (result == VK_SUCCESS)
        rft_vk.live[kind]++;
    else
        memset(handle, 0x5a, n);
    return result;
}

/* A pool goes with the command buffers left in it. */
static void leave_commands(void)
{
    if (rft_vk.live[RFT_VK_COMMANDS] > COMMANDS_OF_POOL)
        rft_vk_violate("a program's command buffers were left");
    rft_vk.live[RFT_VK_COMMANDS] = 0;
}

/* The device's objects are gone before it. */
static void check_empty(void)
{
    for (int kind = RFT_VK_COMMAND_POOL; kind < RFT_VK_OBJECT_COUNT; kind++)
        if (rft_vk.live[kind] != 0)
            rft_vk_violate("a device was destroyed before its objects");
}

#define PLAIN(name, PARAMETERS, ARGUMENTS)                                                                             \
    static VKAPI_ATTR VkResult VKAPI_CALL wrap_##name PARAMETERS                                                       \
    {                                                                                                                  \
        VkResult result = rft_vk_enter(RFT_VK_##name);                                                                 \
        return result != VK_SUCCESS ? result : next_##name ARGUMENTS;                                                  \
    }
#define PAIR(create, destroy, kind, info_type, type)                                                                   \
    static VKAPI_ATTR VkResult VKAPI_CALL wrap_##create(VkDevice d, const info_type *info,                             \
                                                        const VkAllocationCallbacks *a, type *out)                     \
    {                                                                                                                  \
        VkResult result = rft_vk_enter(RFT_VK_##create);                                                               \
        if (result == VK_SUCCESS)                                                                                      \
            result = next_##create(d, info, a, out);                                                                   \
        return rft_vk_made(kind, result, out, sizeof *out);                                                            \
    }                                                                                                                  \
    static VKAPI_ATTR void VKAPI_CALL wrap_##destroy(VkDevice d, type handle, const VkAllocationCallbacks *a)          \
    {                                                                                                                  \
        if (handle == VK_NULL_HANDLE || !rft_vk_leave(kind, &handle, sizeof handle))                                   \
            return;                                                                                                    \
        if (kind == RFT_VK_COMMAND_POOL)                                                                               \
            leave_commands();                                                                                          \
        next_##destroy(d, handle, a);                                                                                  \
    }

PLAIN(EnumerateInstanceVersion, (uint32_t * version), (version))
PLAIN(EnumerateInstanceExtensionProperties, (const char *layer, uint32_t *n, VkExtensionProperties *all),
      (layer, n, all))
PLAIN(BindBufferMemory, (VkDevice d, VkBuffer b, VkDeviceMemory m, VkDeviceSize at), (d, b, m, at))
PLAIN(GetPipelineCacheData, (VkDevice d, VkPipelineCache c, size_t *n, void *data), (d, c, n, data))
PLAIN(GetSemaphoreCounterValue, (VkDevice d, VkSemaphore s, uint64_t *value), (d, s, value))
PLAIN(GetQueryPoolResults,
      (VkDevice d, VkQueryPool p, uint32_t first, uint32_t n, size_t bytes, void *data, VkDeviceSize stride,
       VkQueryResultFlags f),
      (d, p, first, n, bytes, data, stride, f))
PLAIN(GetMemoryHostPointerPropertiesEXT,
      (VkDevice d, VkExternalMemoryHandleTypeFlagBits type, const void *host, VkMemoryHostPointerPropertiesEXT *out),
      (d, type, host, out))
PAIR(CreateCommandPool, DestroyCommandPool, RFT_VK_COMMAND_POOL, VkCommandPoolCreateInfo, VkCommandPool)
PAIR(CreateSemaphore, DestroySemaphore, RFT_VK_SEMAPHORE, VkSemaphoreCreateInfo, VkSemaphore)
PAIR(CreateQueryPool, DestroyQueryPool, RFT_VK_QUERY_POOL, VkQueryPoolCreateInfo, VkQueryPool)
PAIR(CreateBuffer, DestroyBuffer, RFT_VK_BUFFER, VkBufferCreateInfo, VkBuffer)
PAIR(CreatePipelineLayout, DestroyPipelineLayout, RFT_VK_LAYOUT, VkPipelineLayoutCreateInfo, VkPipelineLayout)

static VKAPI_ATTR VkResult VKAPI_CALL wrap_CreateInstance(const VkInstanceCreateInfo *info,
                                                          const VkAllocationCallbacks *a, VkInstance *out)
{
    VkResult result = rft_vk_enter(RFT_VK_CreateInstance);
    if (result == VK_SUCCESS && rft_vk.keep && kept_instance != NULL)
        *out = kept_instance;
    else if (result == VK_SUCCESS)
        result = next_CreateInstance(info, a, out);
    if (result == VK_SUCCESS && rft_vk.keep)
        kept_instance = *out;
    return rft_vk_made(RFT_VK_INSTANCE, result, out, sizeof *out);
}

static VKAPI_ATTR void VKAPI_CALL wrap_DestroyInstance(VkInstance instance, const VkAllocationCallbacks *a)
{
    if (instance == NULL || !rft_vk_leave(RFT_VK_INSTANCE, &instance, sizeof instance))
        return;
    if (rft_vk.live[RFT_VK_DEVICE] != 0)
        rft_vk_violate("an instance was destroyed before its device");
    if (instance != kept_instance)
        next_DestroyInstance(instance, a);
}

/* The kept one, if it is of the same kind. */
static VkResult make_device(VkPhysicalDevice physical, const VkDeviceCreateInfo *info, const VkAllocationCallbacks *a,
                            VkDevice *out)
{
    const char *extensions[16];
    VkDeviceCreateInfo changed = *info;
    VkResult result;
    changed.enabledExtensionCount = 0;
    changed.ppEnabledExtensionNames = extensions;
    for (uint32_t i = 0; i < info->enabledExtensionCount && i < 16; i++)
        if (!rft_vk.has_budget || strcmp(info->ppEnabledExtensionNames[i], VK_EXT_MEMORY_BUDGET_EXTENSION_NAME) != 0)
            extensions[changed.enabledExtensionCount++] = info->ppEnabledExtensionNames[i];
    if (rft_vk.keep && rft_vk_kept_device != NULL) {
        *out = rft_vk_kept_device;
        return VK_SUCCESS;
    }
    result = next_CreateDevice(physical, &changed, a, out);
    if (result == VK_SUCCESS && rft_vk.keep)
        rft_vk_kept_device = *out;
    return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL wrap_CreateDevice(VkPhysicalDevice physical, const VkDeviceCreateInfo *info,
                                                        const VkAllocationCallbacks *a, VkDevice *out)
{
    VkResult result = rft_vk_enter(RFT_VK_CreateDevice);
    if (result == VK_SUCCESS)
        result = make_device(physical, info, a, out);
    if (result == VK_SUCCESS) {
        device = *out;
        is_lost = false;
        n_submitted = n_done = 0;
        memset(queued, 0, sizeof queued);
    }
    return rft_vk_made(RFT_VK_DEVICE, result, out, sizeof *out);
}

static VKAPI_ATTR void VKAPI_CALL wrap_DestroyDevice(VkDevice d, const VkAllocationCallbacks *a)
{
    if (d == NULL || !rft_vk_leave(RFT_VK_DEVICE, &d, sizeof d))
        return;
    check_empty();
    device = NULL;
    if (d != rft_vk_kept_device)
        next_DestroyDevice(d, a);
}

/* Nobody touches a command buffer that may be running. */
static void check_at_rest(VkCommandBuffer commands)
{
    for (uint32_t i = 0; i < QUEUED_MAX; i++)
        if (queued[i].handle == commands && queued[i].value > n_done)
            rft_vk_violate("a command buffer was recorded or freed that may be running");
}

static VKAPI_ATTR VkResult VKAPI_CALL wrap_BeginCommandBuffer(VkCommandBuffer commands,
                                                              const VkCommandBufferBeginInfo *info)
{
    VkResult result = rft_vk_enter(RFT_VK_BeginCommandBuffer);
    check_at_rest(commands);
    return result != VK_SUCCESS ? result : next_BeginCommandBuffer(commands, info);
}

/* One that fails leaves the recording state, too. */
static VKAPI_ATTR VkResult VKAPI_CALL wrap_EndCommandBuffer(VkCommandBuffer commands)
{
    VkResult result = rft_vk_enter(RFT_VK_EndCommandBuffer), ended = next_EndCommandBuffer(commands);
    return result != VK_SUCCESS ? result : ended;
}

static VKAPI_ATTR VkResult VKAPI_CALL wrap_QueueSubmit(VkQueue queue, uint32_t n, const VkSubmitInfo *infos,
                                                       VkFence fence)
{
    VkResult result = rft_vk_enter(RFT_VK_QueueSubmit);
    if (result == VK_SUCCESS)
        result = next_QueueSubmit(queue, n, infos, fence);
    for (uint32_t i = 0; result == VK_SUCCESS && i < n; i++) {
        const VkTimelineSemaphoreSubmitInfo *timeline = infos[i].pNext;
        n_submitted = timeline->pSignalSemaphoreValues[0];
        for (uint32_t k = 0; k < infos[i].commandBufferCount; k++) {
            queued[n_queued % QUEUED_MAX].handle = infos[i].pCommandBuffers[k];
            queued[n_queued++ % QUEUED_MAX].value = n_submitted;
        }
    }
    return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL wrap_WaitSemaphores(VkDevice d, const VkSemaphoreWaitInfo *info, uint64_t ns)
{
    VkResult result = rft_vk_enter(RFT_VK_WaitSemaphores);
    if (result == VK_TIMEOUT && ns > LAST_WAIT_NS) {
        (void)next_DeviceWaitIdle(d);
        n_done = n_submitted;
    }
    if (result == VK_SUCCESS)
        result = next_WaitSemaphores(d, info, ns);
    if (result == VK_SUCCESS && info->pValues[0] > n_done)
        n_done = info->pValues[0];
    return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL wrap_DeviceWaitIdle(VkDevice d)
{
    VkResult result = rft_vk_enter(RFT_VK_DeviceWaitIdle);
    if (result == VK_SUCCESS)
        result = next_DeviceWaitIdle(d);
    if (result == VK_SUCCESS)
        n_done = n_submitted;
    return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL wrap_AllocateCommandBuffers(VkDevice d, const VkCommandBufferAllocateInfo *info,
                                                                  VkCommandBuffer *out)
{
    VkResult result = rft_vk_enter(RFT_VK_AllocateCommandBuffers);
    if (result == VK_SUCCESS)
        result = next_AllocateCommandBuffers(d, info, out);
    if (result == VK_SUCCESS)
        rft_vk.live[RFT_VK_COMMANDS] += info->commandBufferCount;
    else
        memset(out, 0, info->commandBufferCount * sizeof *out); /* which is what the specification says */
    return result;
}

static VKAPI_ATTR void VKAPI_CALL wrap_FreeCommandBuffers(VkDevice d, VkCommandPool pool, uint32_t n,
                                                          const VkCommandBuffer *all)
{
    rft_vk.live[RFT_VK_COMMANDS] -= n;
    for (uint32_t i = 0; i < n; i++)
        check_at_rest(all[i]);
    next_FreeCommandBuffers(d, pool, n, all);
}

static const struct rft_vk_wrapper wrappers[] = {FUNCTIONS(RFT_VK_WRAPPER){0}};

static PFN_vkVoidFunction replace(const char *name, PFN_vkVoidFunction real)
{
    const struct rft_vk_wrapper *const tables[] = {wrappers, rft_vk_object_wrappers, rft_vk_lie_wrappers};
    for (size_t i = 0; i < sizeof tables / sizeof *tables && real != NULL; i++)
        for (const struct rft_vk_wrapper *w = tables[i]; w->name != NULL; w++)
            if (strcmp(w->name, name) == 0) {
                *w->next = real;
                return w->wrapper;
            }
    return real;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL proc_of_device(VkDevice d, const char *name)
{
    return replace(name, device_proc(d, name));
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL proc_of_instance(VkInstance instance, const char *name)
{
    PFN_vkVoidFunction real = system_proc(instance, name);
    if (real == NULL || strcmp(name, "vkGetDeviceProcAddr") != 0)
        return replace(name, real);
    device_proc = (PFN_vkGetDeviceProcAddr)real;
    return (PFN_vkVoidFunction)proc_of_device;
}

struct rft_interposer *rft_interposer_begin(void)
{
    if (system_proc == NULL) {
        void *library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
        void *symbol = library != NULL ? dlsym(library, "vkGetInstanceProcAddr") : NULL;
        assert_non_null(symbol);
        memcpy(&system_proc, &symbol, sizeof system_proc);
    }
    memset(&rft_vk, 0, sizeof rft_vk);
    rft_vulkan_loader = proc_of_instance;
    return &rft_vk;
}

void rft_interposer_end(const char *what)
{
    rft_vulkan_loader = NULL;
    if (rft_vk.violation[0] != '\0')
        fail_msg("%s: the backend broke a rule of Vulkan: %s", what, rft_vk.violation);
    for (int kind = 0; kind < RFT_VK_OBJECT_COUNT; kind++)
        if (rft_vk.live[kind] != 0)
            fail_msg("%s: left behind: %lld of the objects of kind %d", what, (long long)rft_vk.live[kind], kind);
}

void rft_interposer_drop_kept(void)
{
    rft_vk_drop_kept_pipelines();
    if (rft_vk_kept_device != NULL)
        next_DestroyDevice(rft_vk_kept_device, NULL);
    if (kept_instance != NULL)
        next_DestroyInstance(kept_instance, NULL);
    rft_vk_kept_device = NULL;
    kept_instance = NULL;
}
