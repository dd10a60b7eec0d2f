/* SPDX-License-Identifier: MIT */
/* The queue: submissions, each a value of the timeline semaphore; waiting for them; and how long those of programs
 * took, by timestamps around them or, where the queue has none, by the host's clock. */
#include "vulkan_queue.h"

#include "alloc.h"
#include "log.h"
#include "os.h"

#include <string.h>

#define STAMPS 8u
#define WAIT_NS 1000000000u /* of one wait of the driver's: the loop around it looks whether anything moved */
#define SILENT_WAITS 60u    /* a GPU that finishes nothing in this many of them is lost: submissions last 0.1 s */
#define DRAIN_LOST_NS 2000000000u

/* A submission that is being measured. */
struct stamp {
    VkCommandBuffer begin, end; /* write the stamp's two timestamps; NULL without timestamps */
    uint64_t ticket;            /* 0 = the stamp is free */
    struct vulkan_measure measure;
    double start_s; /* host clock; 0: the queue was not idle, so it says nothing */
};

struct vulkan_queue {
    VkQueryPool queries;
    struct stamp stamps[STAMPS];
    uint32_t next;
    uint64_t n_done;    /* submissions known to be finished */
    uint64_t bursts[2]; /* tickets of the last bursts, the older first */
    bool is_drained;    /* after a loss */
};

bool vulkan_has_timestamps(const struct rft_device *device)
{
    return device->submissions->queries != VK_NULL_HANDLE;
}

/* Records the command buffer that writes timestamp `query`, when everything before it is done. */
static enum rft_status record_timestamp(struct rft_device *device, VkCommandBuffer commands, uint32_t query,
                                        uint32_t n_reset)
{
    VkCommandBufferBeginInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    VkQueryPool queries = device->submissions->queries;
    RFT_TRY(vulkan_check(device, device->vk.vkBeginCommandBuffer(commands, &info), "vkBeginCommandBuffer"));
    if (n_reset != 0)
        device->vk.vkCmdResetQueryPool(commands, queries, query, n_reset);
    device->vk.vkCmdWriteTimestamp(commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, queries, query);
    return vulkan_check(device, device->vk.vkEndCommandBuffer(commands), "vkEndCommandBuffer");
}

static enum rft_status open_stamps(struct rft_device *device)
{
    struct vulkan_queue *queue = device->submissions;
    VkCommandBuffer commands[2 * STAMPS];
    VkCommandBufferAllocateInfo allocate = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                            .commandPool = device->pool,
                                            .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                            .commandBufferCount = 2 * STAMPS};
    VkQueryPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                  .queryType = VK_QUERY_TYPE_TIMESTAMP,
                                  .queryCount = 2 * STAMPS};
    VkResult result;
    RFT_TRY(vulkan_check(device, device->vk.vkAllocateCommandBuffers(device->handle, &allocate, commands),
                         "vkAllocateCommandBuffers"));
    result = device->vk.vkCreateQueryPool(device->handle, &info, NULL, &queue->queries);
    if (result != VK_SUCCESS) {
        queue->queries = VK_NULL_HANDLE;
        return vulkan_check(device, result, "vkCreateQueryPool");
    }
    for (uint32_t i = 0; i < STAMPS; i++) {
        queue->stamps[i].begin = commands[2 * i];
        queue->stamps[i].end = commands[2 * i + 1];
        RFT_TRY(record_timestamp(device, commands[2 * i], 2 * i, 2));
        RFT_TRY(record_timestamp(device, commands[2 * i + 1], 2 * i + 1, 0));
    }
    return RFT_OK;
}

enum rft_status vulkan_queue_open(struct rft_device *device)
{
    device->submissions = rft_alloc(1, sizeof *device->submissions);
    if (device->submissions == NULL)
        return RFT_ERR_HOST_MEMORY;
    return device->facts.timestamp_ns > 0.0f ? open_stamps(device) : RFT_OK;
}

void vulkan_queue_close(struct rft_device *device)
{
    if (device->submissions == NULL)
        return;
    if (device->submissions->queries != VK_NULL_HANDLE)
        device->vk.vkDestroyQueryPool(device->handle, device->submissions->queries, NULL);
    rft_free(device->submissions);
    device->submissions = NULL;
}

/* How long the stamp's submission took; 0 = nobody knows. */
static double stamp_ns(struct rft_device *device, uint32_t i)
{
    const struct stamp *stamp = &device->submissions->stamps[i];
    uint64_t times[2] = {0, 0};
    VkResult result;
    uint64_t mask = device->facts.timestamp_bits < 64 ? (UINT64_C(1) << device->facts.timestamp_bits) - 1 : UINT64_MAX;
    if (stamp->begin == NULL) /* only a wait for this very submission ended when it did */
        return stamp->start_s > 0 && stamp->ticket == device->submissions->n_done
                   ? 1e9 * (rft_os_seconds() - stamp->start_s)
                   : 0;
    result = device->vk.vkGetQueryPoolResults(device->handle, device->submissions->queries, 2 * i, 2, sizeof times,
                                              times, sizeof times[0], VK_QUERY_RESULT_64_BIT);
    if (result == VK_ERROR_DEVICE_LOST)
        (void)vulkan_check(device, result, "vkGetQueryPoolResults");
    if (result != VK_SUCCESS) /* not measured, then */
        return 0;
    return (double)((times[1] - times[0]) & mask) * (double)device->facts.timestamp_ns;
}

/* Reports the submissions that are done and frees their stamps. */
static void harvest(struct rft_device *device)
{
    struct vulkan_queue *queue = device->submissions;
    for (uint32_t i = 0; i < STAMPS; i++) {
        struct stamp *stamp = &queue->stamps[i];
        if (stamp->ticket == 0 || stamp->ticket > queue->n_done)
            continue;
        if (stamp->measure.exec != NULL)
            stamp->measure.measured(device, &stamp->measure, stamp_ns(device, i));
        stamp->ticket = 0;
    }
}

void vulkan_forget(struct rft_device *device, const struct rft_exec *exec)
{
    for (uint32_t i = 0; i < STAMPS; i++)
        if (device->submissions->stamps[i].measure.exec == exec)
            device->submissions->stamps[i].measure.exec = NULL;
}

/* A wait ran out. Lost, if a GPU finished no submission for long; a software device takes what time it needs. */
static enum rft_status look_for_progress(struct rft_device *device, uint64_t *seen, uint32_t *n_silent)
{
    uint64_t value = 0;
    RFT_TRY(vulkan_check(device, device->vk.vkGetSemaphoreCounterValue(device->handle, device->timeline, &value),
                         "vkGetSemaphoreCounterValue"));
    *n_silent = value == *seen ? *n_silent + 1 : 0;
    *seen = value;
    if (device->is_cpu || *n_silent < SILENT_WAITS)
        return RFT_OK;
    rft_log_error("%s: no progress for %u s: taken for lost (VK_TIMEOUT)", device->facts.name, SILENT_WAITS);
    device->is_lost = true;
    return RFT_ERR_DEVICE_LOST;
}

enum rft_status vulkan_wait(struct rft_device *device, uint64_t ticket)
{
    struct vulkan_queue *queue = device->submissions;
    uint64_t seen = queue->n_done, value = ticket < device->n_submitted ? ticket : device->n_submitted;
    uint32_t n_silent = 0;
    VkSemaphoreWaitInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
                                .semaphoreCount = 1,
                                .pSemaphores = &device->timeline,
                                .pValues = &value};
    if (device->is_lost)
        return RFT_ERR_DEVICE_LOST;
    if (value <= queue->n_done)
        return RFT_OK;
    for (;;) {
        VkResult result = device->vk.vkWaitSemaphores(device->handle, &info, WAIT_NS);
        if (result == VK_SUCCESS)
            break;
        if (result != VK_TIMEOUT)
            return vulkan_check(device, result, "vkWaitSemaphores");
        RFT_TRY(look_for_progress(device, &seen, &n_silent));
    }
    queue->n_done = value;
    harvest(device);
    return RFT_OK;
}

void vulkan_drain(struct rft_device *device)
{
    struct vulkan_queue *queue = device->submissions;
    VkSemaphoreWaitInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
                                .semaphoreCount = 1,
                                .pSemaphores = &device->timeline,
                                .pValues = &device->n_submitted};
    VkResult result;
    if (queue == NULL || queue->is_drained || vulkan_wait(device, device->n_submitted) == RFT_OK)
        return;
    /* A lost device may still be at work for a moment, and what it works on is about to go. A driver that knows of the
     * loss returns at once, and may not hang here; one that does not is not waited for longer. */
    result = device->vk.vkWaitSemaphores(device->handle, &info, DRAIN_LOST_NS);
    if (result != VK_SUCCESS && result != VK_TIMEOUT)
        (void)device->vk.vkDeviceWaitIdle(device->handle);
    queue->is_drained = device->is_lost;
}

static enum rft_status submit(struct rft_device *device, const VkCommandBuffer *list, uint32_t n, uint64_t *ticket)
{
    uint64_t value = device->n_submitted + 1;
    VkTimelineSemaphoreSubmitInfo timeline = {.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                                              .signalSemaphoreValueCount = 1,
                                              .pSignalSemaphoreValues = &value};
    VkSubmitInfo info = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                         .pNext = &timeline,
                         .commandBufferCount = n,
                         .pCommandBuffers = list,
                         .signalSemaphoreCount = 1,
                         .pSignalSemaphores = &device->timeline};
    *ticket = 0;
    if (device->is_lost)
        return RFT_ERR_DEVICE_LOST;
    RFT_TRY(vulkan_check(device, device->vk.vkQueueSubmit(device->queue, 1, &info, VK_NULL_HANDLE), "vkQueueSubmit"));
    device->n_submitted = value;
    device->stats.n_submissions++;
    *ticket = value;
    return RFT_OK;
}

enum rft_status vulkan_submit(struct rft_device *device, VkCommandBuffer commands, uint64_t *ticket)
{
    *ticket = 0;
    return submit(device, &commands, 1, ticket);
}

enum rft_status vulkan_submit_measured(struct rft_device *device, VkCommandBuffer commands, uint32_t n_times,
                                       const struct vulkan_measure *measure, uint64_t *ticket)
{
    struct vulkan_queue *queue = device->submissions;
    struct stamp *stamp = &queue->stamps[queue->next];
    VkCommandBuffer list[VULKAN_REPEAT_MAX + 2];
    uint32_t n = 0;
    *ticket = 0;
    if (stamp->ticket != 0) /* so that a long burst, too, is queued only some submissions ahead */
        RFT_TRY(vulkan_wait(device, stamp->ticket));
    if (stamp->begin != NULL)
        list[n++] = stamp->begin;
    for (uint32_t i = 0; i < n_times; i++)
        list[n++] = commands;
    if (stamp->end != NULL)
        list[n++] = stamp->end;
    stamp->start_s = queue->n_done == device->n_submitted ? rft_os_seconds() : 0;
    RFT_TRY(submit(device, list, n, ticket));
    stamp->ticket = *ticket;
    stamp->measure = *measure;
    queue->next = (queue->next + 1) % STAMPS;
    return RFT_OK;
}

enum rft_status vulkan_burst_begin(struct rft_device *device)
{
    return vulkan_wait(device, device->submissions->bursts[0]);
}

void vulkan_burst_end(struct rft_device *device)
{
    device->submissions->bursts[0] = device->submissions->bursts[1];
    device->submissions->bursts[1] = device->n_submitted;
}
