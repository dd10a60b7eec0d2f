/* SPDX-License-Identifier: MIT */
#include "command.h"

#include "device.h"
#include "log.h"
#include "os.h"
#include "units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Keeps the first error that is logged, to be printed in its device's line. */
struct caught {
    char line[512];
};

static void catch_error(void *user, enum rft_log_level level, const char *line)
{
    static const char word[] = "error: ";
    struct caught *caught = user;
    if (level == RFT_LOG_ERROR && caught->line[0] == '\0')
        snprintf(caught->line, sizeof caught->line, "%s",
                 line + (strncmp(line, word, strlen(word)) == 0 ? strlen(word) : 0));
}

/* What an open device has left, and what its self-test says. A failure of the test is part of the list, not of the
 * command. */
static enum rft_status print_open_device(struct rft_dev *dev, struct caught *caught)
{
    struct rft_memory memory;
    uint32_t n_kernels = 0;
    enum rft_status status;
    RFT_TRY(rft_dev_memory(dev, &memory));
    printf("     memory: %s available now%s", rft_size_text(memory.available_bytes).text,
           memory.is_estimate ? " (an estimate)" : "");
    if (memory.host_available_bytes != 0)
        printf(", and %s of the host", rft_size_text(memory.host_available_bytes).text);
    printf("\n");
    if (dev->backend->self_test == NULL)
        return RFT_OK;
    (void)fflush(stdout);
    status = dev->backend->self_test(dev->handle, &n_kernels);
    if (status == RFT_OK)
        printf("     self-test: passed, %" PRIu32 " kernels\n", n_kernels);
    else
        printf("     self-test: failed: %s\n", caught->line[0] != '\0' ? caught->line : rft_status_text(status));
    return RFT_OK;
}

static enum rft_status print_device(const struct rft_backend *backend, uint32_t index,
                                    const struct rft_device_info *info)
{
    const struct rft_device_options options = {0};
    struct caught caught = {{0}};
    struct rft_dev dev;
    enum rft_status status;
    char name[sizeof info->name], detail[sizeof info->detail]; /* as drivers give them */
    rft_log_printable(info->name, name, sizeof name);
    rft_log_printable(info->detail, detail, sizeof detail);
    printf("  %" PRIu32 "  %-16s %s%s%s%s  %s%s%s\n", index, name, detail, info->uuid[0] != '\0' ? "  uuid " : "",
           info->uuid, info->is_software ? "  software" : "", rft_size_text(info->total_bytes).text,
           info->missing[0] != '\0' ? "  missing: " : "", info->missing);
    RFT_TRY(rft_os_flush_stdout());
    if (info->missing[0] != '\0')
        return RFT_OK;
    rft_log_set_sink(catch_error, &caught);
    status = rft_dev_open_at(backend, index, info, &options, &dev);
    if (status == RFT_OK)
        status = print_open_device(&dev, &caught);
    rft_dev_close(&dev);
    rft_log_set_sink(NULL, NULL);
    if (status != RFT_OK)
        printf("     cannot be used: %s\n", caught.line[0] != '\0' ? caught.line : rft_status_text(status));
    return rft_os_flush_stdout();
}

enum rft_status rft_command_devices(const struct rft_command_line *line, const struct rft_config *config)
{
    uint32_t n_backends;
    (void)line;
    (void)config;
    const struct rft_backend *const *backends = rft_dev_backends(&n_backends);
    for (uint32_t b = 0; b < n_backends; b++) {
        struct rft_device_info infos[RFT_DEVICES_MAX];
        const char *why = NULL;
        uint32_t n = 0, n_software = 0;
        RFT_TRY(backends[b]->enumerate(infos, RFT_DEVICES_MAX, &n));
        for (uint32_t i = 0; i < n && i < RFT_DEVICES_MAX; i++)
            n_software += infos[i].is_software;
        if (n == 0 && backends[b]->why_none != NULL)
            why = backends[b]->why_none();
        printf("%s: %" PRIu32 " device%s%s%s\n", backends[b]->name, n, n == 1 ? "" : "s", why != NULL ? ": " : "",
               why != NULL ? why : "");
        for (uint32_t i = 0; i < n && i < RFT_DEVICES_MAX; i++)
            RFT_TRY(rft_os_interrupted() ? RFT_ERR_INTERRUPTED : print_device(backends[b], i, &infos[i]));
        if (n != 0 && n_software == n)
            printf("  these are software devices, which are taken only when they are named: device.backend = %s\n",
                   backends[b]->name);
    }
    if (rft_backends_left_out()[0] != '\0')
        printf("%s\n", rft_backends_left_out());
    return rft_os_flush_stdout();
}
