/* SPDX-License-Identifier: MIT */
/* The self-test: a pipeline against the cpu's plain kernel. */
#ifndef RFT_VULKAN_TEST_H
#define RFT_VULKAN_TEST_H

#include "vulkan_context.h"
#include "vulkan_pipelines.h"

/* Compares the pipeline with the cpu's plain kernel on the quick cases of its op, or on all of them.
 * RFT_ERR_UNSUPPORTED if a bit differs, with what differs logged. */
enum rft_status vulkan_test_pipeline(struct rft_device *device, VkPipelineLayout layout,
                                     const struct vulkan_pipeline *pipeline, const char *name, bool all);

#endif
