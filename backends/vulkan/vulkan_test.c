/* SPDX-License-Identifier: MIT */
/* The self-test: a pipeline against the cpu's plain kernel, on the quick cases of its op. A device whose driver reorders, fuses
 * or flushes where the contract does not allow it is found out here, before it makes a dataset that differs. */
#include "vulkan_pipelines.h"

#include "alloc.h"
#include "cpu_reference.h"
#include "kernel_cases.h"
#include "log.h"

#include <assert.h>

static enum rft_status record(struct rft_device *device, const struct vulkan_call *call, const struct rft_node *node,
                              VkCommandBuffer commands)
{
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    const VkMemoryBarrier before = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                    .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
                                    .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT};
    const VkMemoryBarrier after = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                   .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
                                   .dstAccessMask = VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_HOST_READ_BIT};
    const uint32_t half = call->n_groups / 2;
    assert(call->n_groups < VULKAN_WIDTH);
    RFT_TRY(vulkan_check(device, device->vk.vkBeginCommandBuffer(commands, &begin), "vkBeginCommandBuffer"));
    device->vk.vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0, 1, &before, 0,
                                    NULL, 0, NULL);
    device->vk.vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, call->pipeline);
    device->vk.vkCmdPushConstants(commands, vulkan_kernels_layout(device), VK_SHADER_STAGE_COMPUTE_BIT, 0, call->args_bytes,
                                  node->args.bytes);
    /* In two pieces, as the watchdog cuts a call: a driver must number the groups of the second from where the first ends. */
    if (half != 0)
        device->vk.vkCmdDispatchBase(commands, 0, 0, 0, half, 1, 1);
    device->vk.vkCmdDispatchBase(commands, half, 0, 0, call->n_groups - half, 1, 1);
    device->vk.vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                                    VK_PIPELINE_STAGE_TRANSFER_BIT | VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &after, 0, NULL, 0, NULL);
    return vulkan_check(device, device->vk.vkEndCommandBuffer(commands), "vkEndCommandBuffer");
}

static enum rft_status run_call(struct rft_device *device, const struct vulkan_pipeline *pipeline, const struct rft_node *node)
{
    const struct vulkan_call call = vulkan_pipeline_call(pipeline, node);
    const VkCommandBufferAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                              .commandPool = device->pool,
                                              .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                              .commandBufferCount = 1};
    VkCommandBuffer commands;
    uint64_t ticket;
    enum rft_status status;
    RFT_TRY(vulkan_check(device, device->vk.vkAllocateCommandBuffers(device->handle, &info, &commands), "vkAllocateCommandBuffers"));
    status = record(device, &call, node, commands);
    if (status == RFT_OK)
        status = vulkan_submit(device, commands, &ticket);
    if (status == RFT_OK)
        status = vulkan_wait(device, ticket);
    if (status != RFT_OK)
        vulkan_drain(device); /* a wait that failed says nothing of the work */
    device->vk.vkFreeCommandBuffers(device->handle, device->pool, 1, &commands);
    return status;
}

/* One case: what the device makes of it, and what it should. */
struct comparison {
    struct rft_call_image image;
    struct rft_call_image expected;
    struct rft_block block;
    uint8_t *after;
};

/* Beside a plan that fills the device the test takes the host's memory: what it needs is not in the plan. */
static enum rft_status take_block(struct rft_device *device, uint64_t bytes, struct rft_block *block)
{
    enum rft_status status = vulkan_block_create(device, bytes, RFT_PLACE_DEVICE, "the self-test", block);
    if (status == RFT_ERR_DEVICE_MEMORY && !vulkan_facts_share_memory(&device->facts))
        status = vulkan_block_create(device, bytes, RFT_PLACE_HOST, "the self-test", block);
    return status;
}

static enum rft_status compare(struct rft_device *device, const struct vulkan_pipeline *pipeline, const char *name,
                               const struct rft_kernel_case *c, struct comparison *x)
{
    char case_name[RFT_CALL_TEXT_MAX], difference[RFT_CALL_TEXT_MAX];
    struct rft_slice all;
    RFT_TRY(kernel_case_build(&x->expected, c, 0));
    cpu_reference_run(&x->expected.node);
    RFT_TRY(take_block(device, kernel_case_bytes(c, 0, x->image.align_bytes), &x->block));
    RFT_TRY(kernel_case_build(&x->image, c, x->block.address));
    x->after = rft_alloc((size_t)x->image.used, 1);
    if (x->after == NULL)
        return RFT_ERR_HOST_MEMORY;
    all = (struct rft_slice){&x->block, 0, x->image.used};
    RFT_TRY(vulkan_write(device, all, x->image.bytes));
    RFT_TRY(run_call(device, pipeline, &x->image.node));
    RFT_TRY(vulkan_read(device, all, x->after));
    if (rft_call_is_right(&x->image, x->after, &x->expected, difference))
        return RFT_OK;
    kernel_case_name(c, case_name);
    rft_log_error("%s (%s %s): kernel %s does not give the bits of the arithmetic contract: %s: %s; take another device or "
                  "driver, or [device] arithmetic = unchecked",
                  device->facts.name, device->facts.driver, device->facts.driver_info, name, case_name, difference);
    return RFT_ERR_UNSUPPORTED;
}

enum rft_status vulkan_test_pipeline(struct rft_device *device, const struct vulkan_pipeline *pipeline, const char *name, bool all)
{
    enum rft_status status = RFT_OK;
    uint32_t n_compared = 0;
    for (uint32_t i = 0; i < n_kernel_cases && status == RFT_OK; i++) {
        struct comparison x = {.image = {.align_bytes = VULKAN_ALIGN}, .expected = {.align_bytes = VULKAN_ALIGN}};
        if (kernel_cases[i].op != pipeline->op || !(kernel_cases[i].is_quick || all))
            continue;
        n_compared++;
        status = compare(device, pipeline, name, &kernel_cases[i], &x);
        vulkan_block_destroy(device, &x.block);
        rft_call_finish(&x.image);
        rft_call_finish(&x.expected);
        rft_free(x.after);
    }
    assert(n_compared != 0 || status != RFT_OK);
    (void)n_compared;
    return status;
}
