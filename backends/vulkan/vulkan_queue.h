/* SPDX-License-Identifier: MIT */
/* What vulkan_queue.c and vulkan_exec.c share. */
#ifndef RFT_VULKAN_QUEUE_H
#define RFT_VULKAN_QUEUE_H

#include "vulkan.h"

/* What a submission of an exec is measured for. */
struct vulkan_measure {
    struct rft_exec *exec;
    double work;              /* as in struct vulkan_call, summed */
    double n_dispatches;
};

#define VULKAN_REPEAT_MAX 64u /* command buffers of one submission */

/* As vulkan_submit; n_times is at most VULKAN_REPEAT_MAX. When the submission is known to be done, vulkan_exec_measured
 * is told how long it took. Waits for old submissions if too many are being measured. */
enum rft_status vulkan_submit_measured(struct rft_device *device, VkCommandBuffer commands, uint32_t n_times,
                                       const struct vulkan_measure *measure, uint64_t *ticket);
/* Nothing of the exec is reported any more: it goes. */
void vulkan_forget(struct rft_device *device, const struct rft_exec *exec);
bool vulkan_has_timestamps(const struct rft_device *device);
/* At most two bursts are in flight: begin waits for the one before the last. */
enum rft_status vulkan_burst_begin(struct rft_device *device);
void vulkan_burst_end(struct rft_device *device);

/* vulkan_exec.c */
void vulkan_exec_measured(struct rft_device *device, const struct vulkan_measure *measure, double ns);

#endif
