/* SPDX-License-Identifier: MIT */
/* Which devices there are and what they lack, open and close. */
#include "cuda_backend.h"

#include "alloc.h"
#include "log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Devices, and why there are none. */
static const char *why_none;

static uint32_t count_devices(void)
{
    int n = 0;
    CUresult result;
    why_none = cuda_driver_open();
    if (why_none != NULL)
        return 0;
    result = cuda.device_count(&n);
    if (result != CUDA_SUCCESS)
        rft_log_debug("cuda: cuDeviceGetCount: %s", cuda_result_name(result));
    if (result != CUDA_SUCCESS || n <= 0) {
        why_none = "there is no NVIDIA GPU that this process may use";
        return 0;
    }
    return (uint32_t)n;
}

static int attribute(CUdevice handle, CUdevice_attribute name)
{
    int value = 0;
    return cuda.device_attribute(&value, name, handle) == CUDA_SUCCESS ? value : 0;
}

static void add_missing(char *missing, size_t size, const char *text)
{
    size_t used = strlen(missing);
    if (used < size)
        snprintf(missing + used, size - used, "%s%s", used == 0 ? "" : ", ", text);
}

/* missing: what keeps this build from using the device; "" = nothing. */
static void find_missing(CUdevice handle, const struct cuda_facts *facts, char *missing, size_t size)
{
    int oldest, needed = cuda_modules_driver_version(facts, &oldest);
    missing[0] = '\0';
    if (needed == 0)
        snprintf(missing, size, "kernels for compute capability %d.%d (this build: %d.%d and newer)", facts->major,
                 facts->minor, oldest / 10, oldest % 10);
    else if (facts->driver_version < needed)
        snprintf(missing, size, "a driver for CUDA %d.%d (it is for %d.%d)", needed / 1000, needed % 1000 / 10,
                 facts->driver_version / 1000, facts->driver_version % 1000 / 10);
    if (attribute(handle, CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED) == 0)
        add_missing(missing, size, "virtual memory management");
    if (attribute(handle, CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING) == 0)
        add_missing(missing, size, "unified addressing");
    if (attribute(handle, CU_DEVICE_ATTRIBUTE_COMPUTE_MODE) == CU_COMPUTEMODE_PROHIBITED)
        add_missing(missing, size, "a compute mode other than prohibited");
}

static CUresult read_facts(uint32_t index, CUdevice *handle, struct cuda_facts *facts)
{
    CUresult result;
    size_t total = 0;
    memset(facts, 0, sizeof *facts);
    result = cuda.device_get(handle, (int)index);
    if (result == CUDA_SUCCESS)
        result = cuda.device_name(facts->name, (int)sizeof facts->name, *handle);
    if (result == CUDA_SUCCESS)
        result = cuda.device_uuid(&facts->uuid, *handle);
    if (result == CUDA_SUCCESS)
        result = cuda.device_memory(&total, *handle);
    if (result == CUDA_SUCCESS)
        result = cuda.driver_version(&facts->driver_version);
    if (result != CUDA_SUCCESS)
        return result;
    facts->name[sizeof facts->name - 1] = '\0';
    for (char *c = facts->name; *c != '\0'; c++) /* a name is also a value of the configuration, which is one line */
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = ' ';
    facts->total_bytes = total;
    facts->major = attribute(*handle, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
    facts->minor = attribute(*handle, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    facts->n_multiprocessors = (uint32_t)attribute(*handle, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
    if (facts->n_multiprocessors == 0) /* grids are cut by it */
        facts->n_multiprocessors = 1;
    facts->is_integrated = attribute(*handle, CU_DEVICE_ATTRIBUTE_INTEGRATED) != 0;
    facts->has_watchdog = attribute(*handle, CU_DEVICE_ATTRIBUTE_KERNEL_EXEC_TIMEOUT) != 0;
    return CUDA_SUCCESS;
}

static void fill_info(CUdevice handle, const struct cuda_facts *facts, struct rft_device_info *info)
{
    *info = (struct rft_device_info){.total_bytes = facts->total_bytes};
    snprintf(info->name, sizeof info->name, "%.*s", (int)sizeof info->name - 1, facts->name);
    for (size_t i = 0; i < sizeof facts->uuid.bytes; i++)
        snprintf(info->uuid + 2 * i, 3, "%02x", (unsigned)(unsigned char)facts->uuid.bytes[i]);
    snprintf(info->detail, sizeof info->detail,
             "compute capability %d.%d, %" PRIu32 " multiprocessors, driver for CUDA %d.%d%s%s", facts->major,
             facts->minor, facts->n_multiprocessors, facts->driver_version / 1000, facts->driver_version % 1000 / 10,
             facts->is_integrated ? ", integrated" : "", facts->has_watchdog ? ", watchdog" : "");
    find_missing(handle, facts, info->missing, sizeof info->missing);
}

static enum rft_status device_enumerate(struct rft_device_info *infos, uint32_t cap, uint32_t *n_infos)
{
    uint32_t n = count_devices();
    *n_infos = 0;
    for (uint32_t i = 0; i < n && i < cap; i++) {
        struct cuda_facts facts;
        CUdevice handle;
        CUresult result = read_facts(i, &handle, &facts);
        if (result == CUDA_SUCCESS) {
            fill_info(handle, &facts, &infos[i]);
            continue;
        }
        /* One broken GPU does not keep the others from being used. */
        infos[i] = (struct rft_device_info){0};
        snprintf(infos[i].name, sizeof infos[i].name, "GPU %" PRIu32, i);
        snprintf(infos[i].missing, sizeof infos[i].missing, "an answer from its driver: %.60s",
                 cuda_result_name(result));
    }
    *n_infos = n;
    return RFT_OK;
}

static const char *device_why_none(void)
{
    return why_none != NULL ? why_none : "there are devices";
}

/* The device of this index, if it can be used. */
static enum rft_status choose(struct rft_device *device, uint32_t index)
{
    char missing[RFT_DEVICE_NAME_MAX];
    uint32_t n = count_devices();
    CUresult result;
    if (n == 0) {
        rft_log_error("cuda: %s", why_none);
        return RFT_ERR_UNSUPPORTED;
    }
    if (index >= n) {
        rft_log_error("cuda: no device %" PRIu32 ": there are %" PRIu32, index, n);
        return RFT_ERR_UNSUPPORTED;
    }
    result = read_facts(index, &device->handle, &device->facts);
    if (result != CUDA_SUCCESS) {
        rft_log_error("cuda: device %" PRIu32 ": %s", index, cuda_result_name(result));
        return RFT_ERR_DEVICE;
    }
    find_missing(device->handle, &device->facts, missing, sizeof missing);
    if (missing[0] == '\0')
        return RFT_OK;
    rft_log_error("%s: cannot be used: it lacks %s", device->facts.name, missing);
    return RFT_ERR_UNSUPPORTED;
}

static enum rft_status create_context(struct rft_device *device)
{
    CUresult result = cuda.context_create(&device->context, CU_CTX_SCHED_AUTO | CU_CTX_MAP_HOST, device->handle);
    if (result != CUDA_SUCCESS) {
        device->context = NULL; /* what a failed call leaves there is not defined */
        return cuda_check(device, result, "cuCtxCreate");
    }
    result = cuda.stream_create(&device->stream, CU_STREAM_NON_BLOCKING);
    if (result != CUDA_SUCCESS)
        device->stream = NULL;
    return cuda_check(device, result, "cuStreamCreate");
}

/* Accepts NULL and whatever open left half done. A dead context fails each call at once, which changes nothing: its end
 * ends what is left in it, and only then memory that it may be at work on is given back. A lost device is not waited
 * for: copies that could not be waited for before must not be made now, when the host's side of them is gone. */
static void device_close(struct rft_device *device)
{
    if (device == NULL)
        return;
    if (device->context != NULL) {
        (void)cuda.context_set(device->context);
        if (device->stream != NULL && !device->is_lost && cuda.stream_synchronize(device->stream) == CUDA_SUCCESS)
            cuda_memory_release(device);
        cuda_modules_close(device);
        if (device->stream != NULL)
            (void)cuda.stream_destroy(device->stream);
        (void)cuda.context_destroy(device->context);
        cuda_memory_close(device);
    }
    rft_free(device);
}

static enum rft_status device_open(uint32_t index, const struct rft_device_options *options, struct rft_device **out)
{
    struct rft_device *device;
    enum rft_status status;
    *out = NULL;
    device = rft_alloc(1, sizeof *device);
    if (device == NULL)
        return RFT_ERR_HOST_MEMORY;
    device->backend = &rft_backend_cuda;
    device->options = *options;
    RFT_TRY_GOTO(choose(device, index));
    RFT_TRY_GOTO(create_context(device));
    RFT_TRY_GOTO(cuda_memory_open(device));
    RFT_TRY_GOTO(cuda_modules_open(device));
    *out = device;
    return RFT_OK;
fail:
    device_close(device);
    return status;
}

static void device_caps(const struct rft_device *device, struct rft_caps *caps)
{
    *caps = (struct rft_caps){.block_bytes_max = cuda_block_bytes_max(device),
                              .align_bytes = CUDA_ALIGN,
                              .n_scratch = 0,
                              .prefill_rows = 512,
                              .slots_wanted = 256,
                              .burst_steps = 8};
}

static void device_stats(const struct rft_device *device, struct rft_device_stats *stats)
{
    *stats = device->stats;
}

const struct rft_backend rft_backend_cuda = {
    .name = "cuda",
    .enumerate = device_enumerate,
    .open = device_open,
    .close = device_close,
    .caps = device_caps,
    .memory = cuda_memory_report,
    .block_create = cuda_block_create,
    .block_destroy = cuda_block_destroy,
    .write = cuda_write,
    .read = cuda_read,
    .exec_create = cuda_exec_create,
    .exec_destroy = cuda_exec_destroy,
    .run = cuda_run,
    .wait = cuda_wait,
    .profile = cuda_profile,
    .why_none = device_why_none,
    .stats = device_stats,
    .self_test = cuda_modules_self_test,
};
