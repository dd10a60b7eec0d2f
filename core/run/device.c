/* SPDX-License-Identifier: MIT */
#include "device.h"

#include "log.h"
#include "str.h"

#include <stdio.h>
#include <string.h>

#define DEVICES_MAX 32u

static const struct rft_backend *const *override_backends;
static uint32_t n_override_backends;

void rft_dev_override_backends(const struct rft_backend *const *backends, uint32_t n)
{
    override_backends = backends;
    n_override_backends = n;
}

const struct rft_backend *const *rft_dev_backends(uint32_t *n)
{
    if (override_backends == NULL)
        return rft_backends(n);
    *n = n_override_backends;
    return override_backends;
}

static bool is_named(const struct rft_device_info *info, uint32_t index, const char *text)
{
    char number[16];
    snprintf(number, sizeof number, "%u", index);
    return strcmp(text, number) == 0 || strcmp(text, info->name) == 0 || (info->uuid[0] != '\0' && strcmp(text, info->uuid) == 0);
}

/* Finds a device of one backend. *found is false if it has none that fits. */
static enum rft_status find_device(const struct rft_backend *backend, const char *device, bool software_too, struct rft_dev *dev,
                                   bool *found)
{
    struct rft_device_info infos[DEVICES_MAX];
    uint32_t n = 0;
    *found = false;
    RFT_TRY(backend->enumerate(infos, DEVICES_MAX, &n));
    for (uint32_t i = 0; i < n && i < DEVICES_MAX && !*found; i++) {
        bool fits = device[0] != '\0' ? is_named(&infos[i], i, device) : software_too || !infos[i].is_software;
        if (!fits)
            continue;
        *dev = (struct rft_dev){.backend = backend, .index = i, .info = infos[i]};
        *found = true;
    }
    return RFT_OK;
}

static enum rft_status refuse(const char *backend, const char *device)
{
    uint32_t n;
    const struct rft_backend *const *backends = rft_dev_backends(&n);
    char names[128] = "";
    bool is_known = strcmp(backend, "auto") == 0;
    for (uint32_t i = 0; i < n; i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i == 0 ? "" : ", ", backends[i]->name);
        is_known = is_known || strcmp(backend, backends[i]->name) == 0;
    }
    if (!is_known) {
        rft_log_error("[device] backend = %s: this build has no such backend; it has: auto, %s", backend, names);
        return RFT_ERR_CONFIG;
    }
    rft_log_error("[device] backend = %s, device = %s: no such device; `rftgen devices` lists what there is", backend,
                  device[0] != '\0' ? device : "(any)");
    return RFT_ERR_CONFIG;
}

static enum rft_status open_chosen(struct rft_dev *dev)
{
    RFT_TRY(dev->backend->open(dev->index, &dev->options, &dev->handle));
    dev->backend->caps(dev->handle, &dev->caps);
    return RFT_OK;
}

enum rft_status rft_dev_open(const char *backend, const char *device, const struct rft_device_options *options,
                             struct rft_dev *dev)
{
    uint32_t n;
    const struct rft_backend *const *backends = rft_dev_backends(&n);
    bool is_auto = strcmp(backend, "auto") == 0;
    bool found = false;
    enum rft_status status;
    *dev = (struct rft_dev){0};
    for (uint32_t i = 0; i < n && !found; i++)
        if (is_auto || strcmp(backends[i]->name, backend) == 0)
            RFT_TRY(find_device(backends[i], device, !is_auto, dev, &found));
    if (!found)
        return refuse(backend, device);
    dev->options = *options;
    status = open_chosen(dev);
    if (status != RFT_OK)
        *dev = (struct rft_dev){0};
    return status;
}

void rft_dev_close(struct rft_dev *dev)
{
    if (dev->backend != NULL)
        dev->backend->close(dev->handle);
    *dev = (struct rft_dev){0};
}

enum rft_status rft_dev_reopen(struct rft_dev *dev)
{
    dev->backend->close(dev->handle);
    dev->handle = NULL;
    dev->live_bytes = 0;
    dev->n_live_blocks = 0;
    return open_chosen(dev);
}

enum rft_status rft_dev_available(struct rft_dev *dev, uint64_t *bytes)
{
    struct rft_memory memory = {0};
    *bytes = 0;
    RFT_TRY(dev->backend->memory(dev->handle, &memory));
    *bytes = memory.available_bytes;
    return RFT_OK;
}

enum rft_status rft_dev_block_create(struct rft_dev *dev, uint64_t bytes, const char *label, struct rft_block *block)
{
    RFT_TRY(dev->backend->block_create(dev->handle, bytes, label, block));
    dev->live_bytes += bytes;
    dev->n_live_blocks++;
    if (dev->live_bytes > dev->peak_bytes)
        dev->peak_bytes = dev->live_bytes;
    return RFT_OK;
}

void rft_dev_block_destroy(struct rft_dev *dev, struct rft_block *block)
{
    if (block->bytes == 0)
        return;
    dev->live_bytes -= block->bytes;
    dev->n_live_blocks--;
    dev->backend->block_destroy(dev->handle, block);
    *block = (struct rft_block){0};
}

enum rft_status rft_dev_write(struct rft_dev *dev, struct rft_slice to, const void *from)
{
    return to.bytes == 0 ? RFT_OK : dev->backend->write(dev->handle, to, from);
}

enum rft_status rft_dev_read(struct rft_dev *dev, struct rft_slice from, void *to)
{
    return from.bytes == 0 ? RFT_OK : dev->backend->read(dev->handle, from, to);
}

struct rft_slice rft_slice_part(struct rft_slice slice, uint64_t offset, uint64_t bytes)
{
    return (struct rft_slice){slice.block, slice.offset + offset, bytes};
}

struct rft_range rft_slice_range(struct rft_slice slice)
{
    return (struct rft_range){(slice.block != NULL ? slice.block->address : 0) + slice.offset, slice.bytes};
}

enum rft_status rft_dev_exec_create(struct rft_dev *dev, const struct rft_program *program, struct rft_exec **exec)
{
    return dev->backend->exec_create(dev->handle, program, exec);
}

void rft_dev_exec_destroy(struct rft_dev *dev, struct rft_exec *exec)
{
    if (exec != NULL)
        dev->backend->exec_destroy(dev->handle, exec);
}

enum rft_status rft_dev_run(struct rft_dev *dev, struct rft_exec *exec, uint32_t n_replays)
{
    uint64_t ticket;
    RFT_TRY(dev->backend->run(dev->handle, exec, n_replays, &ticket));
    return dev->backend->wait(dev->handle, ticket);
}
