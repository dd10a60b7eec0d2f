/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* setenv */
#include "support.h"

#include "vulkan_job.h"

#include "call_runner.h"
#include "vulkan_allocation.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct rft_backend rft_backend_vulkan;

static char device_set[64];
static char cache_dir[96];

/* Of several drivers in the environment's list, lavapipe or else the first: lies are told of every software device
 * alike, and devices are kept from run to run, so there must be only one. */
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
    return rft_device_job("device.backend=vulkan", device_set, set);
}

int rft_vk_break_rules(const char *which)
{
    const struct rft_device_options options = {.access = RFT_ACCESS_STAGED};
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    const VkBufferCopy copy = {.dstOffset = 256, .size = 64};
    VkCommandBufferAllocateInfo allocate = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                            .commandBufferCount = 1};
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

static uint64_t n_held(void)
{
    return (uint64_t)interposer->live[RFT_VK_MEMORY];
}

static uint64_t n_submits(void)
{
    return interposer->n_calls[RFT_VK_QueueSubmit];
}

struct rft_watch *rft_vk_watch_begin(const struct rft_interposer *vk)
{
    static const struct rft_watched watched = {&rft_backend_vulkan, n_held, n_submits};
    interposer = vk;
    return rft_watch_begin(&watched);
}
