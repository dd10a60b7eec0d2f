/* SPDX-License-Identifier: MIT */
/* The job of tests/e2e/tiny.ini on a software Vulkan device, and a watch over its blocks. */
#ifndef RFT_VULKAN_JOB_H
#define RFT_VULKAN_JOB_H

#include "device.h"
#include "job.h"
#include "vulkan_interposer.h"

/* Chooses the device, Mesa's lavapipe if it is there, and gives the drivers cache directories of their own. False: there is no
 * software device, which is printed. */
bool rft_vk_job_init(void);
/* Two questions, one after the other, with two chunks each; `set` is one more "section.key=value", or NULL. */
struct rft_test_job rft_vk_job(const char *set);
/* Appends what the cpu's plain form makes of it. */
void rft_vk_job_wanted(const char *set, struct rft_str *bytes);

/* Records what Vulkan forbids, for tools/validate_vulkan.sh to prove that it would see it: "core" a fill of three bytes, "sync"
 * two copies to the same place without a barrier. Returns an exit code. */
int rft_vk_break_rules(const char *which);

/* Path of the backend's own file of the device, "pipelines" or "tests"; valid until the next call. NULL: there is none. */
const char *rft_vk_cache_path(const char *kind);
void rft_vk_cache_clear(void);

/* Blocks, as the core takes them: "chunk" is the label of what belongs to a chunk of samples. */
struct rft_vk_watch {
    uint32_t n_chunks;        /* chunks whose blocks were all given back */
    uint32_t n_kept_back;     /* chunks after which the driver had more memory out than before */
    uint32_t n_host;          /* blocks of RFT_PLACE_HOST */
    bool has_begun;           /* something was generated: blocks other than weights */
    uint64_t n_submits_first; /* vkQueueSubmit calls before the second chunk: afterwards the journal is not empty */
};
/* Puts the watch into the place of all backends; `vk` is the interposer's. */
struct rft_vk_watch *rft_vk_watch_begin(const struct rft_interposer *vk);
void rft_vk_watch_end(void);

#endif
