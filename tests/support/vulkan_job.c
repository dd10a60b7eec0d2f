/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* setenv */
#include "support.h"

#ifdef RFT_VULKAN /* without the backend this file is empty */
#include "vulkan_job.h"

#include "call_runner.h"
#include "vulkan_memory.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_BLOCKS_MAX 64u

extern const struct rft_backend rft_backend_vulkan;

/* Short, but with a page of tokens that all prompts begin with. */
static const char template[] = "Once upon a time {question}\n";

static char device_set[64], template_set[192];
static char cache_dir[96];

/* Of several drivers in the environment's list, lavapipe or else the first: lies are told of every software device alike, and
 * devices are kept from run to run, so there must be only one. */
static void choose_driver(void)
{
    static const char *const names[] = {"VK_DRIVER_FILES", "VK_ICD_FILENAMES"};
    for (int i = 0; i < 2; i++) {
        char list[1024], *driver, *rest = list;
        const char *chosen = NULL;
        snprintf(list, sizeof list, "%s", getenv(names[i]) != NULL ? getenv(names[i]) : "");
        while ((driver = strtok_r(rest, ":", &rest)) != NULL)
            chosen = chosen == NULL || strstr(driver, "lvp") != NULL ? driver : chosen;
        if (chosen != NULL)
            setenv(names[i], chosen, 1);
    }
}

bool rft_vk_job_init(void)
{
    static struct rft_test_device devices[RFT_TEST_DEVICES_MAX];
    const struct rft_test_device *best = NULL;
    char path[128];
    uint32_t n;
    choose_driver();
    snprintf(cache_dir, sizeof cache_dir, "%s/cache", rft_test_tmp_dir());
    snprintf(path, sizeof path, "%s/drivers", rft_test_tmp_dir());
    setenv("XDG_CACHE_HOME", cache_dir, 1);
    setenv("MESA_SHADER_CACHE_DIR", path, 1);
    setenv("LP_NUM_THREADS", "0", 0); /* lavapipe: the job is too small for more than one thread */
    snprintf(path, sizeof path, "%s/template", rft_test_tmp_dir());
    rft_test_write_file(path, template, sizeof template - 1);
    snprintf(template_set, sizeof template_set, "prompt.template=%s", path);
    n = rft_test_devices(devices);
    for (uint32_t i = 0; i < n; i++)
        if (devices[i].backend == &rft_backend_vulkan && devices[i].info.is_software &&
            (best == NULL || strstr(devices[i].name, "llvmpipe") != NULL))
            best = &devices[i];
    if (best == NULL) {
        print_message("SKIPPED: there is no software Vulkan device (package mesa-vulkan-drivers)\n");
        return false;
    }
    print_message("on %s\n", best->name);
    snprintf(device_set, sizeof device_set, "device.device=%s", best->info.uuid);
    return true;
}

struct rft_test_job rft_vk_job(const char *set)
{
    return (struct rft_test_job){"vulkan",
                                 {"data.limit=2", "generate.samples=3", "generate.max_new_tokens=10",
                                  "generate.questions_in_flight=1", template_set, "device.backend=vulkan", device_set, set},
                                 false};
}

void rft_vk_job_wanted(const char *set, struct rft_str *bytes)
{
    struct rft_test_job job = rft_vk_job(set);
    job.sets[5] = "device.backend=cpu";
    job.sets[6] = "device.device=plain";
    rft_test_job_once(&job, bytes);
    rft_test_job_clean(&job);
}

int rft_vk_break_rules(const char *which)
{
    const struct rft_device_options options = {.access = RFT_ACCESS_STAGED};
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    const VkBufferCopy copy = {.dstOffset = 256, .size = 64};
    VkCommandBufferAllocateInfo allocate = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO, .commandBufferCount = 1};
    struct rft_device *d;
    struct rft_block block;
    VkCommandBuffer commands;
    VkBuffer buffer;
    if (rft_backend_vulkan.open(0, &options, &d) != RFT_OK ||
        rft_backend_vulkan.block_create(d, 4096, RFT_PLACE_DEVICE, "a test", &block) != RFT_OK)
        return 1;
    buffer = ((const struct vulkan_block *)block.handle)->buffer;
    allocate.commandPool = d->pool;
    if (d->vk.vkAllocateCommandBuffers(d->handle, &allocate, &commands) != VK_SUCCESS ||
        d->vk.vkBeginCommandBuffer(commands, &begin) != VK_SUCCESS)
        return 1;
    if (strcmp(which, "core") == 0)
        d->vk.vkCmdFillBuffer(commands, buffer, 0, 3, 0);
    for (int i = 0; i < 2 && strcmp(which, "sync") == 0; i++)
        d->vk.vkCmdCopyBuffer(commands, buffer, buffer, 1, &copy);
    (void)d->vk.vkEndCommandBuffer(commands);
    rft_backend_vulkan.block_destroy(d, &block);
    rft_backend_vulkan.close(d);
    return 0;
}

const char *rft_vk_cache_path(const char *kind)
{
    static char path[512];
    char dir_path[160], prefix[64];
    const struct dirent *entry;
    DIR *dir;
    bool found = false;
    snprintf(dir_path, sizeof dir_path, "%s/rftgen", cache_dir);
    snprintf(prefix, sizeof prefix, "vulkan-%s-", kind);
    dir = opendir(dir_path);
    while (dir != NULL && !found && (entry = readdir(dir)) != NULL) {
        found = strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
        if (found)
            snprintf(path, sizeof path, "%s/%s", dir_path, entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
    return found ? path : NULL;
}

void rft_vk_cache_clear(void)
{
    const char *path;
    while ((path = rft_vk_cache_path("pipelines")) != NULL || (path = rft_vk_cache_path("tests")) != NULL)
        assert_int_equal(unlink(path), 0);
}

static const struct rft_interposer *interposer;
static struct rft_vk_watch watch;
static const void *chunk_blocks[CHUNK_BLOCKS_MAX];
static uint32_t n_chunk_blocks;
static int64_t n_before; /* memory objects before the chunk's first block */

static enum rft_status watch_create(struct rft_device *device, uint64_t bytes, enum rft_place place, const char *label,
                                    struct rft_block *block)
{
    bool is_chunk = strcmp(label, "chunk") == 0;
    int64_t n = interposer->live[RFT_VK_MEMORY];
    enum rft_status status;
    watch.has_begun |= strncmp(label, "weights", 7) != 0;
    if (is_chunk && watch.n_chunks == 1 && watch.n_submits_first == 0)
        watch.n_submits_first = interposer->n_calls[RFT_VK_QueueSubmit];
    status = rft_backend_vulkan.block_create(device, bytes, place, label, block);
    watch.n_host += status == RFT_OK && place == RFT_PLACE_HOST;
    if (status == RFT_OK && is_chunk && n_chunk_blocks < CHUNK_BLOCKS_MAX) {
        if (n_chunk_blocks == 0)
            n_before = n;
        chunk_blocks[n_chunk_blocks++] = block->handle;
    }
    return status;
}

static void watch_destroy(struct rft_device *device, struct rft_block *block)
{
    const void *handle = block == NULL ? NULL : block->handle;
    rft_backend_vulkan.block_destroy(device, block);
    for (uint32_t i = 0; handle != NULL && i < n_chunk_blocks; i++) {
        if (chunk_blocks[i] != handle)
            continue;
        chunk_blocks[i] = chunk_blocks[--n_chunk_blocks];
        if (n_chunk_blocks == 0) {
            watch.n_chunks++;
            watch.n_kept_back += interposer->live[RFT_VK_MEMORY] != n_before;
        }
        return;
    }
}

struct rft_vk_watch *rft_vk_watch_begin(const struct rft_interposer *vk)
{
    static struct rft_backend watched;
    static const struct rft_backend *const backends[] = {&watched};
    watched = rft_backend_vulkan;
    watched.block_create = watch_create;
    watched.block_destroy = watch_destroy;
    interposer = vk;
    memset(&watch, 0, sizeof watch);
    n_chunk_blocks = 0;
    rft_dev_override_backends(backends, 1);
    return &watch;
}

void rft_vk_watch_end(void)
{
    rft_dev_override_backends(NULL, 0);
    assert_int_equal(n_chunk_blocks, 0);
    assert_int_equal(watch.n_kept_back, 0);
}
#endif
