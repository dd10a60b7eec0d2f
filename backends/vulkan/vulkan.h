/* SPDX-License-Identifier: MIT */
/* The Vulkan compute backend: programs become command buffers, recorded once and replayed; arguments are push constants
 * with buffer device addresses (Vulkan 1.2: bufferDeviceAddress, timelineSemaphore), so there are no descriptor sets.
 *
 *   vulkan_device.c    the loader and its instance, which devices there are, open and close
 *   vulkan_facts.c     what a physical device has and lacks
 *   vulkan_memory.c    blocks and the memory report
 *   vulkan_upload.c    uploads and downloads: by mapped memory, or through a ring of staging memory
 *   vulkan_queue.c     submissions, waiting for them, measuring them
 *   vulkan_exec.c      programs: recording, barriers, replay, the watchdog's limits
 *   vulkan_kernels.c   pipelines: which variant of which kernel for a node, and its grid
 *   vulkan_cache.c     files in the user's cache directory: compiled pipelines, passed self-tests
 *   vulkan_test.c      the self-test: a pipeline against the cpu's plain kernel
 *
 * Every driver call goes through the device's volk table (device->vk) or volk's instance functions. */
#ifndef RFT_VULKAN_H
#define RFT_VULKAN_H

#include "backend.h"
#include "str.h"

#define VK_NO_PROTOTYPES
#include <volk.h>

#define VULKAN_WIDTH_BITS 15u /* groups are numbered (y << 15) + x: no grid dimension exceeds 2^15 */
#define VULKAN_WIDTH (1u << VULKAN_WIDTH_BITS)
#define VULKAN_ALIGN 256u /* of a block's address and of the buffers in it */

struct vulkan_kernels;
struct vulkan_memory;
struct vulkan_queue;

/* Facts of a physical device that the backend needs, read once. */
struct vulkan_facts {
    char name[VK_MAX_PHYSICAL_DEVICE_NAME_SIZE];
    uint8_t uuid[VK_UUID_SIZE];
    uint32_t api_version;
    uint32_t driver_version;
    uint32_t vendor_id, device_id;
    char driver[VK_MAX_DRIVER_NAME_SIZE];
    char driver_info[VK_MAX_DRIVER_INFO_SIZE];
    VkPhysicalDeviceType type;
    uint32_t queue_family;             /* a family with compute; one without graphics first */
    uint32_t subgroup_size;
    uint64_t block_bytes_max;          /* min(maxMemoryAllocationSize, maxBufferSize, a heap), a multiple of 2^16 */
    uint32_t n_allocations_max;        /* of device memory at the same time */
    uint64_t import_align;             /* of host pointers; 0 = VK_EXT_external_memory_host is missing */
    float timestamp_ns;                /* per tick; 0 = the queue has no timestamps */
    uint32_t timestamp_bits;
    bool has_budget;                   /* VK_EXT_memory_budget */
    uint32_t driver_id;                /* VkDriverId */
    uint8_t cache_uuid[VK_UUID_SIZE];  /* pipelineCacheUUID: changes with the driver's compiler */
    bool has_nan;                      /* shaderSignedZeroInfNanPreserveFloat32 */
    bool has_rounding_mode;            /* shaderRoundingModeRTEFloat32 */
    bool is_portability;               /* VK_KHR_portability_subset must be enabled */
    VkPhysicalDeviceMemoryProperties memory;
};

struct rft_device {
    VkPhysicalDevice physical;
    struct vulkan_facts facts;
    struct rft_device_options options;
    VkDevice handle;
    struct VolkDeviceTable vk;
    VkQueue queue;
    VkCommandPool pool;
    VkSemaphore timeline;              /* its value n: submission n has finished */
    uint64_t n_submitted;
    bool is_lost;
    bool is_cpu;                       /* a software device: no watchdog, kernels for it */
    struct vulkan_queue *submissions;  /* vulkan_queue.c's */
    struct vulkan_memory *memory;      /* vulkan_memory.c's */
    struct vulkan_kernels *kernels;    /* vulkan_kernels.c's */
    double ns_per_work;                /* watchdog: measured, per unit of a dispatch's work; 0 = not known yet */
    struct rft_device_stats stats;
};

/* vulkan_device.c: the driver's error as a status, logged as "<device>: <what>: VK_ERROR_...". Out of device or host
 * memory of the driver becomes RFT_ERR_DEVICE_MEMORY; a lost device is remembered. VK_SUCCESS gives RFT_OK. */
enum rft_status vulkan_check(struct rft_device *device, VkResult result, const char *what);
const char *vulkan_result_name(VkResult result);
bool vulkan_is_out_of_memory(VkResult result);

/* vulkan_facts.c. missing: the needs it lacks, by Vulkan's names; "" = it can be used. */
enum rft_status vulkan_facts_read(VkPhysicalDevice physical, struct vulkan_facts *facts, char *missing,
                                  size_t missing_size);
void vulkan_facts_info(const struct vulkan_facts *facts, struct rft_device_info *info);
/* Its memory is the host's: an integrated GPU, or no GPU at all. */
bool vulkan_facts_share_memory(const struct vulkan_facts *facts);
/* A memory type for buffers like any other: not protected, not lazily allocated, not of a vendor's own kind. */
bool vulkan_facts_plain_type(const struct vulkan_facts *facts, uint32_t type);

/* vulkan_memory.c */
enum rft_status vulkan_memory_open(struct rft_device *device);
void vulkan_memory_close(struct rft_device *device);
enum rft_status vulkan_memory_report(struct rft_device *device, struct rft_memory *memory);
enum rft_status vulkan_block_create(struct rft_device *device, uint64_t bytes, enum rft_place place, const char *label,
                                    struct rft_block *block);
void vulkan_block_destroy(struct rft_device *device, struct rft_block *block);
enum rft_status vulkan_write(struct rft_device *device, struct rft_slice to, const void *from);
enum rft_status vulkan_read(struct rft_device *device, struct rft_slice from, void *to);

/* vulkan_exec.c */
enum rft_status vulkan_exec_create(struct rft_device *device, const struct rft_program *program,
                                   struct rft_exec **exec);
void vulkan_exec_destroy(struct rft_device *device, struct rft_exec *exec);
enum rft_status vulkan_run(struct rft_device *device, struct rft_exec *exec, uint32_t n_replays, uint64_t *ticket);
enum rft_status vulkan_wait(struct rft_device *device, uint64_t ticket);
enum rft_status vulkan_profile(struct rft_device *device, struct rft_exec *exec, float *node_us, uint32_t n_nodes);

/* vulkan_queue.c */
enum rft_status vulkan_queue_open(struct rft_device *device);
void vulkan_queue_close(struct rft_device *device);
/* Submits the command buffer behind everything before; *ticket is the timeline's value when it is done. */
enum rft_status vulkan_submit(struct rft_device *device, VkCommandBuffer commands, uint64_t *ticket);
/* Waits for all submissions; on a lost device not longer than a moment, and once. For what is about to be destroyed. */
void vulkan_drain(struct rft_device *device);

/* vulkan_kernels.c: what to record for a node. */
struct vulkan_call {
    VkPipeline pipeline;
    uint32_t n_groups;                 /* linear: the kernel numbers them (y << 15) + x */
    uint32_t args_bytes;               /* of push constants, from node->args */
    double work_per_group;             /* multiplications, about: for the watchdog */
};
enum rft_status vulkan_kernels_open(struct rft_device *device);
void vulkan_kernels_close(struct rft_device *device);
/* Makes the pipeline if it is not there yet, and compares it with the cpu's plain kernel before its first use. */
enum rft_status vulkan_kernels_call(struct rft_device *device, const struct rft_node *node, struct vulkan_call *call);
/* Hash of every kernel's SPIR-V and whatever else makes another build's pipelines differ: the key of cached files. */
uint64_t vulkan_kernels_build_hash(void);
/* The one pipeline layout: 128 bytes of push constants. */
VkPipelineLayout vulkan_kernels_layout(const struct rft_device *device);
enum rft_status vulkan_kernels_self_test(struct rft_device *device, uint32_t *n_kernels);
/* Every pipeline on every case, also those that this device would not choose, whatever was compared before. For tests. */
enum rft_status vulkan_kernels_test_all(struct rft_device *device);

/* vulkan_cache.c: a small file of the user's cache directory, valid for this device, driver version and build. */
enum vulkan_cache_kind { VULKAN_CACHE_PIPELINES, VULKAN_CACHE_TESTS };
/* What was stored, or an empty text: missing, damaged (the file's own checksum) or another driver's. Never fails but
 * for host memory. */
enum rft_status vulkan_cache_load(const struct rft_device *device, enum vulkan_cache_kind kind, struct rft_str *data);
/* Replaces the file at once and whole; a directory that cannot be written to is no error. */
void vulkan_cache_store(const struct rft_device *device, enum vulkan_cache_kind kind, const void *data, size_t n);

/* Where the loader is entered; NULL: the system's. A test puts itself between. */
extern PFN_vkGetInstanceProcAddr rft_vulkan_loader;

#endif
