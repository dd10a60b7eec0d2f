/* SPDX-License-Identifier: MIT */
/* The Vulkan compute backend: programs become command buffers, recorded once and replayed; arguments are push constants
 * with buffer device addresses (Vulkan 1.2: bufferDeviceAddress, timelineSemaphore), so there are no descriptor sets.
 *
 * Each file may use those above it:
 *   vulkan_facts       what a physical device has and lacks
 *   vulkan_context     an open device, and the driver's errors as ours
 *   vulkan_instance    the loader, its instance and the devices that it offers
 *   vulkan_queue       submissions, waiting for them, measuring them
 *   vulkan_allocation  memory with a buffer over it
 *   vulkan_upload      uploads and downloads: by mapped memory, or through a ring of staging memory
 *   vulkan_memory      blocks and the memory report
 *   vulkan_shaders     the kernels' SPIR-V, which the build makes
 *   vulkan_pipelines   which variant of which kernel for a node, and its grid
 *   vulkan_cache       files in the user's cache directory: compiled pipelines, passed self-tests
 *   vulkan_test        the self-test: a pipeline against the cpu's plain kernel
 *   vulkan_kernels     pipelines, made and compared when they are first used
 *   vulkan_exec        programs: recording, barriers, replay, the watchdog's limits
 *   vulkan_device      open and close, and the table of the backend
 *
 * Every driver call goes through the device's volk table (device->vk) or volk's instance functions. */
#ifndef RFT_VULKAN_CONTEXT_H
#define RFT_VULKAN_CONTEXT_H

#include "vulkan_facts.h"

#define VULKAN_ALIGN 256u /* of a block's address and of the buffers in it */

struct vulkan_kernels;
struct vulkan_memory;
struct vulkan_queue;
struct vulkan_ring;

/* vulkan_device.c's. Named here, as blocks and programs only ask whether a device is of it (RFT_CHECK_DEVICE). */
extern const struct rft_backend rft_backend_vulkan;

struct rft_device {
    const struct rft_backend *backend;
    VkPhysicalDevice physical;
    struct vulkan_facts facts;
    struct rft_device_options options;
    VkDevice handle;
    struct VolkDeviceTable vk;
    VkQueue queue;
    VkCommandPool pool;
    VkSemaphore timeline; /* its value n: submission n has finished */
    uint64_t n_submitted;
    bool is_lost;
    bool is_cpu;                      /* a software device: no watchdog, kernels for it */
    struct vulkan_queue *submissions; /* vulkan_queue.c's */
    struct vulkan_memory *memory;     /* counted by vulkan_allocation.c; made by vulkan_memory.c */
    struct vulkan_ring *ring;         /* vulkan_upload.c's; NULL where the host sees all blocks */
    struct vulkan_kernels *kernels;   /* vulkan_kernels.c's */
    double ns_per_work;               /* watchdog: measured, per unit of a dispatch's work; 0 = not known yet */
    struct rft_device_stats stats;
};

/* The driver's error as a status, logged as "<device>: <what>: VK_ERROR_...". Out of device or host
 * memory of the driver becomes RFT_ERR_DEVICE_MEMORY; a lost device is remembered. VK_SUCCESS gives RFT_OK. */
enum rft_status vulkan_check(struct rft_device *device, VkResult result, const char *what);
const char *vulkan_result_name(VkResult result);
bool vulkan_is_out_of_memory(VkResult result);

#endif
