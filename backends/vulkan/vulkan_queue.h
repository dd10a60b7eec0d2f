/* SPDX-License-Identifier: MIT */
/* The queue: submissions, each a value of the timeline semaphore; waiting for them; how long they took. */
#ifndef RFT_VULKAN_QUEUE_H
#define RFT_VULKAN_QUEUE_H

#include "vulkan_context.h"

enum rft_status vulkan_queue_open(struct rft_device *device);
void vulkan_queue_close(struct rft_device *device);
/* Submits the command buffer behind everything before; *ticket is the timeline's value when it is done. */
enum rft_status vulkan_submit(struct rft_device *device, VkCommandBuffer commands, uint64_t *ticket);
/* Waits for all submissions; on a lost device not longer than a moment, and once. For what is about to be destroyed. */
void vulkan_drain(struct rft_device *device);
/* Waits for the submission of this ticket, and reports what was measured up to it. */
enum rft_status vulkan_wait(struct rft_device *device, uint64_t ticket);

/* What a submission of an exec is measured for. */
struct vulkan_measure {
    struct rft_exec *exec;
    /* Told how long the submission took, when it is known to be done. */
    void (*measured)(struct rft_device *device, const struct vulkan_measure *measure, double ns);
    double work; /* as in struct vulkan_call, summed */
    double n_dispatches;
};

#define VULKAN_REPEAT_MAX 64u /* command buffers of one submission */

/* As vulkan_submit; n_times is at most VULKAN_REPEAT_MAX. When the submission is known to be done, measure->measured is
 * called. Waits for old submissions if too many are being measured. */
enum rft_status vulkan_submit_measured(struct rft_device *device, VkCommandBuffer commands, uint32_t n_times,
                                       const struct vulkan_measure *measure, uint64_t *ticket);
/* Nothing of the exec is reported any more: it goes. */
void vulkan_forget(struct rft_device *device, const struct rft_exec *exec);
bool vulkan_has_timestamps(const struct rft_device *device);
/* At most two bursts are in flight: begin waits for the one before the last. */
enum rft_status vulkan_burst_begin(struct rft_device *device);
void vulkan_burst_end(struct rft_device *device);

#endif
