/* SPDX-License-Identifier: MIT */
/* The job of tests/e2e/tiny.ini on a software Vulkan device, and a watch over its blocks. */
#ifndef RFT_VULKAN_JOB_H
#define RFT_VULKAN_JOB_H

#include "device_job.h"
#include "vulkan_interposer.h"

/* Chooses the device, Mesa's lavapipe if it is there, and gives the drivers cache directories of their own. False:
 * there is no software device, which is printed. */
bool rft_vk_job_init(void);
/* The job on this device; `set` is one more "section.key=value", or NULL. */
struct rft_test_job rft_vk_job(const char *set);

/* Records what Vulkan forbids, for tools/validate_vulkan.sh to prove that it would see it: "core" a fill of three
 * bytes, "sync" two copies to the same place without a barrier. Returns an exit code. */
int rft_vk_break_rules(const char *which);

/* Path of the backend's own file of the device, "pipelines" or "tests"; valid until the next call. NULL: there is
 * none. */
const char *rft_vk_cache_path(const char *kind);
void rft_vk_cache_clear(void);

/* A watch over the device's blocks; `vk` is the interposer's. */
struct rft_watch *rft_vk_watch_begin(const struct rft_interposer *vk);

#endif
