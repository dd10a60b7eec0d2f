/* SPDX-License-Identifier: MIT */
#include "device.h"

#include "log.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct rft_backend *const *override_backends;
static uint32_t n_override_backends;

void rft_dev_override_backends(const struct rft_backend *const *backends, uint32_t n)
{
    override_backends = backends;
    n_override_backends = n;
}

/* Whether a backend has every function that is not optional. */
static bool is_whole(const struct rft_backend *b)
{
    return b->name != NULL && b->enumerate != NULL && b->open != NULL && b->close != NULL && b->caps != NULL &&
           b->memory != NULL && b->block_create != NULL && b->block_destroy != NULL && b->write != NULL &&
           b->read != NULL && b->exec_create != NULL && b->exec_destroy != NULL && b->run != NULL && b->wait != NULL;
}

const struct rft_backend *const *rft_dev_backends(uint32_t *n)
{
    static bool is_checked;
    if (override_backends == NULL) {
        const struct rft_backend *const *backends = rft_backends(n);
        for (uint32_t i = 0; i < *n && !is_checked; i++) {
            bool whole = is_whole(backends[i]);
            assert(whole);
            (void)whole;
        }
        is_checked = true;
        return backends;
    }
    *n = n_override_backends;
    return override_backends;
}

/* How well a device fits what was asked for. */
enum match { MATCH_NONE, MATCH_PREFIX, MATCH_EXACT };

static bool is_index(uint32_t index, const char *text)
{
    char number[16];
    snprintf(number, sizeof number, "%u", index);
    return strcmp(text, number) == 0;
}

static enum match match_of(const struct rft_device_info *info, uint32_t index, const char *text)
{
    if (is_index(index, text) || strcmp(text, info->name) == 0 ||
        (info->uuid[0] != '\0' && strcasecmp(text, info->uuid) == 0))
        return MATCH_EXACT;
    return strncasecmp(text, info->name, strlen(text)) == 0 ? MATCH_PREFIX : MATCH_NONE;
}

/* A choice in progress. */
struct choice {
    const char *backend, *device; /* as asked for */
    bool is_auto;
    enum match match;       /* of `dev`; NONE = none found yet */
    struct rft_dev dev;     /* not open */
    struct rft_dev lacking; /* the first device passed over for what it lacks */
    const char *why_none;   /* of the backend that was named */
};

static void take(struct choice *c, const struct rft_backend *backend, uint32_t index,
                 const struct rft_device_info *info, enum match match)
{
    c->dev = (struct rft_dev){.backend = backend, .index = index, .info = *info};
    c->match = match;
}

static void pass_over(struct choice *c, const struct rft_backend *backend, uint32_t index,
                      const struct rft_device_info *info)
{
    rft_log_info("%s: %s is passed over: it lacks %s", backend->name, info->name, info->missing);
    if (c->lacking.backend == NULL)
        c->lacking = (struct rft_dev){.backend = backend, .index = index, .info = *info};
}

/* Looks at one device; with none asked for, the first that can be used is as good as asked for. A device asked for by
 * name may be another backend's, too, which needs less of it; an index is another device there. */
static void consider(struct choice *c, const struct rft_backend *backend, uint32_t index,
                     const struct rft_device_info *info)
{
    if (c->device[0] != '\0') {
        enum match match = match_of(info, index, c->device);
        if (match <= c->match)
            return;
        if (c->is_auto && info->missing[0] != '\0' && !is_index(index, c->device))
            pass_over(c, backend, index, info);
        else
            take(c, backend, index, info, match);
    } else if (c->match != MATCH_NONE) {
        return;
    } else if (info->missing[0] != '\0') {
        pass_over(c, backend, index, info);
    } else if (!c->is_auto || !info->is_software) {
        take(c, backend, index, info, MATCH_EXACT);
    }
}

/* Looks at a backend's devices. */
static enum rft_status consider_all(struct choice *c, const struct rft_backend *backend)
{
    struct rft_device_info infos[RFT_DEVICES_MAX];
    uint32_t n = 0;
    const char *why = NULL;
    RFT_TRY(backend->enumerate(infos, RFT_DEVICES_MAX, &n));
    for (uint32_t i = 0; i < n && i < RFT_DEVICES_MAX; i++)
        consider(c, backend, i, &infos[i]);
    if (n == 0 && backend->why_none != NULL)
        why = backend->why_none();
    if (!c->is_auto)
        c->why_none = why;
    else if (n == 0)
        rft_log_debug("%s: no device%s%s", backend->name, why != NULL ? ": " : "", why != NULL ? why : "");
    else if (c->match == MATCH_NONE && c->device[0] == '\0' && c->lacking.backend != backend)
        rft_log_debug("%s: there are only software devices, which are taken when named; `rftgen devices` lists them",
                      backend->name);
    return RFT_OK;
}

static enum rft_status refuse_lacking(const struct rft_dev *dev)
{
    rft_log_error("[device] %s: %s lacks %s; another driver may have it, and backend = cpu needs none",
                  dev->backend->name, dev->info.name, dev->info.missing);
    return RFT_ERR_UNSUPPORTED;
}

static enum rft_status refuse(const struct choice *c)
{
    uint32_t n;
    const struct rft_backend *const *backends = rft_dev_backends(&n);
    char names[128] = "";
    bool is_known = c->is_auto;
    for (uint32_t i = 0; i < n; i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i == 0 ? "" : ", ", backends[i]->name);
        is_known = is_known || strcmp(c->backend, backends[i]->name) == 0;
    }
    if (!is_known)
        rft_log_error("[device] backend = %s: this build has no such backend; it has: auto, %s", c->backend, names);
    else if (c->lacking.backend != NULL)
        return refuse_lacking(&c->lacking);
    else if (c->why_none != NULL)
        rft_log_error("[device] backend = %s: there is no device: %s", c->backend, c->why_none);
    else
        rft_log_error("[device] backend = %s, device = %s: no such device; `rftgen devices` lists what there is",
                      c->backend, c->device[0] != '\0' ? c->device : "(any)");
    return RFT_ERR_CONFIG;
}

static enum rft_status open_chosen(struct rft_dev *dev)
{
    RFT_TRY(dev->backend->open(dev->index, &dev->options, &dev->handle));
    dev->backend->caps(dev->handle, &dev->caps);
    return RFT_OK;
}

enum rft_status rft_dev_open_at(const struct rft_backend *backend, uint32_t index, const struct rft_device_info *info,
                                const struct rft_device_options *options, struct rft_dev *dev)
{
    enum rft_status status;
    *dev = (struct rft_dev){.backend = backend, .index = index, .info = *info, .options = *options};
    status = open_chosen(dev);
    if (status != RFT_OK)
        *dev = (struct rft_dev){0};
    return status;
}

/* A device that auto chose cannot be used: nothing slower is taken unasked. */
static void hint_at_cpu(const struct choice *c, enum rft_status status)
{
    bool is_memory = status == RFT_ERR_DEVICE_MEMORY || status == RFT_ERR_HOST_MEMORY;
    if (c->is_auto && !is_memory && strcmp(c->dev.backend->name, "cpu") != 0)
        rft_log_warn("%s: %s cannot be used; [device] backend = cpu works without it", c->dev.backend->name,
                     c->dev.info.name);
}

enum rft_status rft_dev_open(const char *backend, const char *device, const struct rft_device_options *options,
                             struct rft_dev *dev)
{
    uint32_t n;
    const struct rft_backend *const *backends = rft_dev_backends(&n);
    struct choice c = {.backend = backend, .device = device, .is_auto = strcmp(backend, "auto") == 0};
    enum rft_status status;
    *dev = (struct rft_dev){0};
    for (uint32_t i = 0; i < n && c.match != MATCH_EXACT; i++)
        if (c.is_auto || strcmp(backends[i]->name, backend) == 0)
            RFT_TRY(consider_all(&c, backends[i]));
    if (c.match == MATCH_NONE)
        return refuse(&c);
    if (c.dev.info.missing[0] != '\0')
        return refuse_lacking(&c.dev);
    status = rft_dev_open_at(c.dev.backend, c.dev.index, &c.dev.info, options, dev);
    if (status != RFT_OK)
        hint_at_cpu(&c, status);
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
    dev->host_bytes = 0;
    dev->n_live_blocks = 0;
    return open_chosen(dev);
}

enum rft_status rft_dev_memory(struct rft_dev *dev, struct rft_memory *memory)
{
    *memory = (struct rft_memory){0};
    return dev->backend->memory(dev->handle, memory);
}

void rft_dev_stats(const struct rft_dev *dev, struct rft_device_stats *stats)
{
    *stats = (struct rft_device_stats){0};
    if (dev->backend->stats != NULL)
        dev->backend->stats(dev->handle, stats);
}

enum rft_status rft_dev_block_create(struct rft_dev *dev, uint64_t bytes, enum rft_place place, const char *label,
                                     struct rft_block *block)
{
    RFT_TRY(dev->backend->block_create(dev->handle, bytes, place, label, block));
    dev->n_live_blocks++;
    if (place == RFT_PLACE_HOST)
        dev->host_bytes += bytes;
    else
        dev->live_bytes += bytes;
    if (dev->live_bytes > dev->peak_bytes)
        dev->peak_bytes = dev->live_bytes;
    return RFT_OK;
}

void rft_dev_block_destroy(struct rft_dev *dev, enum rft_place place, struct rft_block *block)
{
    if (block->bytes == 0)
        return;
    dev->n_live_blocks--;
    if (place == RFT_PLACE_HOST)
        dev->host_bytes -= block->bytes;
    else
        dev->live_bytes -= block->bytes;
    dev->backend->block_destroy(dev->handle, block);
    *block = (struct rft_block){0};
}

/* No backend is asked to touch what is not there, whatever went wrong above. */
static enum rft_status check_bounds(const struct rft_dev *dev, struct rft_slice slice, const char *what)
{
    uint64_t block_bytes = slice.block != NULL ? slice.block->bytes : 0;
    if (slice.offset <= block_bytes && slice.bytes <= block_bytes - slice.offset)
        return RFT_OK;
    rft_log_error("%s: a %s of %" PRIu64 " bytes at %" PRIu64 " is not within its block of %" PRIu64
                  " bytes; this is a bug of rftgen",
                  dev->info.name, what, slice.bytes, slice.offset, block_bytes);
    return RFT_ERR_DEVICE;
}

enum rft_status rft_dev_write(struct rft_dev *dev, struct rft_slice to, const void *from)
{
    if (to.bytes == 0)
        return RFT_OK;
    RFT_TRY(check_bounds(dev, to, "write"));
    return dev->backend->write(dev->handle, to, from);
}

enum rft_status rft_dev_read(struct rft_dev *dev, struct rft_slice from, void *to)
{
    if (from.bytes == 0)
        return RFT_OK;
    RFT_TRY(check_bounds(dev, from, "read"));
    return dev->backend->read(dev->handle, from, to);
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
