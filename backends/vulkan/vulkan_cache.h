/* SPDX-License-Identifier: MIT */
/* Small files of the user's cache directory, each valid for this device, driver version and build. */
#ifndef RFT_VULKAN_CACHE_H
#define RFT_VULKAN_CACHE_H

#include "vulkan_context.h"

#include "str.h"

enum vulkan_cache_kind { VULKAN_CACHE_PIPELINES, VULKAN_CACHE_TESTS };
/* What was stored, or an empty text: missing, damaged (the file's own checksum) or another driver's. Never fails but
 * for host memory. */
enum rft_status vulkan_cache_load(const struct rft_device *device, enum vulkan_cache_kind kind, struct rft_str *data);
/* Replaces the file at once and whole; a directory that cannot be written to is no error. */
void vulkan_cache_store(const struct rft_device *device, enum vulkan_cache_kind kind, const void *data, size_t n);

#endif
