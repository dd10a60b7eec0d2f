/* SPDX-License-Identifier: MIT */
#include "vulkan_test.h"

#include "vulkan_memory.h"
#include "vulkan_queue.h"
#include "vulkan_upload.h"

#include "self_test.h"

#include <assert.h>
#include <stdio.h>

/* What is tested. */
struct tested {
    VkPipelineLayout layout;
    const struct vulkan_pipeline *pipeline;
};

static enum rft_status record(struct rft_device *device, VkPipelineLayout layout, const struct vulkan_call *call,
                              const struct rft_node *node, VkCommandBuffer commands)
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
    device->vk.vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0,
                                    1, &before, 0, NULL, 0, NULL);
    device->vk.vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, call->pipeline);
    device->vk.vkCmdPushConstants(commands, layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, call->args_bytes, node->args.bytes);
    /* In two pieces, as the watchdog cuts a call: a driver must number the groups of the second from where the first
     * ends. */
    if (half != 0)
        device->vk.vkCmdDispatchBase(commands, 0, 0, 0, half, 1, 1);
    device->vk.vkCmdDispatchBase(commands, half, 0, 0, call->n_groups - half, 1, 1);
    device->vk.vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                                    VK_PIPELINE_STAGE_TRANSFER_BIT | VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &after, 0, NULL,
                                    0, NULL);
    return vulkan_check(device, device->vk.vkEndCommandBuffer(commands), "vkEndCommandBuffer");
}

static enum rft_status run_call(struct rft_device *device, const void *kernel, const struct rft_node *node)
{
    const struct tested *tested = kernel;
    const struct vulkan_call call = vulkan_pipeline_call(tested->pipeline, node);
    const VkCommandBufferAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                              .commandPool = device->pool,
                                              .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                              .commandBufferCount = 1};
    VkCommandBuffer commands;
    uint64_t ticket;
    enum rft_status status;
    RFT_TRY(vulkan_check(device, device->vk.vkAllocateCommandBuffers(device->handle, &info, &commands),
                         "vkAllocateCommandBuffers"));
    status = record(device, tested->layout, &call, node, commands);
    if (status == RFT_OK)
        status = vulkan_submit(device, commands, &ticket);
    if (status == RFT_OK)
        status = vulkan_wait(device, ticket);
    if (status != RFT_OK)
        vulkan_drain(device); /* a wait that failed says nothing of the work */
    device->vk.vkFreeCommandBuffers(device->handle, device->pool, 1, &commands);
    return status;
}

/* Where memory is shared there is no other to fall back on. */
static enum rft_status create_block(struct rft_device *device, uint64_t bytes, enum rft_place place,
                                    struct rft_block *block)
{
    if (place == RFT_PLACE_HOST && vulkan_facts_share_memory(&device->facts))
        return RFT_ERR_DEVICE_MEMORY;
    return vulkan_block_create(device, bytes, place, "the self-test", block);
}

enum rft_status vulkan_test_pipeline(struct rft_device *device, VkPipelineLayout layout,
                                     const struct vulkan_pipeline *pipeline, const char *name, bool all)
{
    static const struct rft_self_test calls = {.align_bytes = VULKAN_ALIGN,
                                               .block_create = create_block,
                                               .block_destroy = vulkan_block_destroy,
                                               .write = vulkan_write,
                                               .read = vulkan_read,
                                               .run = run_call};
    static const enum rft_tested_formats formats[] = {[VULKAN_OF_ANY] = RFT_TESTED_ALL_FORMATS,
                                                      [VULKAN_OF_BF16] = RFT_TESTED_BF16,
                                                      [VULKAN_OF_INTEGERS] = RFT_TESTED_INTEGERS,
                                                      [VULKAN_OF_BYTES] = RFT_TESTED_INTEGERS};
    const struct tested tested = {layout, pipeline};
    const struct vulkan_facts *facts = &device->facts;
    char device_text[sizeof facts->name + sizeof facts->driver + sizeof facts->driver_info + 8];
    snprintf(device_text, sizeof device_text, "%s (%s %s)", facts->name, facts->driver, facts->driver_info);
    return rft_self_test_kernel(&calls, device, &tested,
                                &(struct rft_tested_kernel){.op = pipeline->op,
                                                            .name = name,
                                                            .device = device_text,
                                                            .all = all,
                                                            .formats = formats[pipeline->products]});
}
