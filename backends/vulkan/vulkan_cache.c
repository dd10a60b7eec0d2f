/* SPDX-License-Identifier: MIT */
/* Small files of the user's cache directory. A file is used only if it is whole and of this build, this device and this
 * driver's version; anything else counts as missing and is replaced by the next store. Nothing here is ever an error:
 * what a cache lacks is made anew. */
#include "vulkan_cache.h"

#include "vulkan_pipelines.h"

#include "alloc.h"
#include "arith.h"
#include "kernel_cases.h"
#include "log.h"
#include "os.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define FORMAT_VERSION 1u
#define FILE_BYTES_MAX (64u << 20)

/* What a file belongs to beside the device: this build, with its kernels and their tests, and the driver's compiler,
 * which can change under the same driver version (LLVM under llvmpipe). */
static uint64_t build_of(const struct rft_device *device)
{
    const struct vulkan_facts *f = &device->facts;
    const uint32_t numbers[] = {RFT_ARITHMETIC_VERSION, f->driver_id, f->api_version};
    uint64_t hash = XXH64(RFT_VERSION, sizeof RFT_VERSION, vulkan_pipelines_hash());
    hash = XXH64(kernel_cases, n_kernel_cases * sizeof *kernel_cases, hash);
    hash = XXH64(numbers, sizeof numbers, hash);
    hash = XXH64(f->cache_uuid, sizeof f->cache_uuid, hash);
    hash = XXH64(f->driver, strlen(f->driver), hash);
    return XXH64(f->driver_info, strlen(f->driver_info), hash);
}

/* In this machine's byte order: the file belongs to it. */
struct header {
    char magic[8];
    uint32_t format;
    uint32_t kind;
    uint64_t build;
    uint8_t device_uuid[VK_UUID_SIZE];
    uint32_t vendor_id, device_id;
    uint32_t driver_version;
    uint32_t unused;
    uint64_t payload_bytes;
    uint64_t payload_hash;
};

static struct header header_of(const struct rft_device *device, enum vulkan_cache_kind kind, const void *data, size_t n)
{
    struct header h;
    memset(&h, 0, sizeof h);
    memcpy(h.magic, "RFTVKC\r\n", sizeof h.magic);
    h.format = FORMAT_VERSION;
    h.kind = (uint32_t)kind;
    h.build = build_of(device);
    memcpy(h.device_uuid, device->facts.uuid, sizeof h.device_uuid);
    h.vendor_id = device->facts.vendor_id;
    h.device_id = device->facts.device_id;
    h.driver_version = device->facts.driver_version;
    h.payload_bytes = n;
    h.payload_hash = XXH64(data, n, 0);
    return h;
}

/* The file's path, owned by the caller; NULL when memory is short. */
static char *path_of(const struct rft_device *device, enum vulkan_cache_kind kind)
{
    static const char *const kinds[] = {[VULKAN_CACHE_PIPELINES] = "pipelines", [VULKAN_CACHE_TESTS] = "tests"};
    char uuid[2 * VK_UUID_SIZE + 1];
    struct rft_str name = {0};
    char *path = NULL;
    for (size_t i = 0; i < VK_UUID_SIZE; i++)
        snprintf(uuid + 2 * i, 3, "%02x", device->facts.uuid[i]);
    if (rft_str_printf(&name, "$XDG_CACHE_HOME/rftgen/vulkan-%s-%s-%08" PRIx32, kinds[kind], uuid,
                       device->facts.driver_version) == RFT_OK)
        path = rft_path_expand(name.data);
    rft_str_finish(&name);
    return path;
}

/* The whole file, appended; false when there is none that can be read. */
static enum rft_status read_whole(const char *path, struct rft_str *text, bool *is_read)
{
    char part[16384];
    enum rft_status status = RFT_OK;
    FILE *f = fopen(path, "rb");
    size_t n = 1;
    *is_read = false;
    if (f == NULL)
        return RFT_OK;
    while (status == RFT_OK && n != 0 && text->len <= FILE_BYTES_MAX) {
        n = fread(part, 1, sizeof part, f);
        status = rft_str_append(text, part, n);
    }
    *is_read = status == RFT_OK && n == 0 && ferror(f) == 0;
    fclose(f);
    return status;
}

enum rft_status vulkan_cache_load(const struct rft_device *device, enum vulkan_cache_kind kind, struct rft_str *data)
{
    struct rft_str text = {0};
    enum rft_status status;
    bool is_read;
    char *path = path_of(device, kind);
    rft_str_clear(data);
    if (path == NULL)
        return RFT_ERR_HOST_MEMORY;
    status = read_whole(path, &text, &is_read);
    if (status == RFT_OK && is_read) {
        size_t n = text.len < sizeof(struct header) ? 0 : text.len - sizeof(struct header);
        const char *payload = text.data == NULL ? "" : text.data + (text.len - n);
        struct header wanted = header_of(device, kind, payload, n);
        if (text.len >= sizeof wanted && memcmp(text.data, &wanted, sizeof wanted) == 0)
            status = rft_str_append(data, payload, n);
        else
            rft_log_debug("%s: damaged, or of another build or driver: not used", path);
    }
    rft_str_finish(&text);
    rft_free(path);
    return status;
}

/* Makes the file's directory, and the one it is in. */
static void make_directory(const char *path)
{
    char *dir = rft_path_dir(path);
    char *parent = dir == NULL ? NULL : rft_path_dir(dir);
    if (parent != NULL)
        (void)mkdir(parent, 0700); /* what fails here fails again, with a message, when the file is opened */
    if (dir != NULL)
        (void)mkdir(dir, 0700);
    rft_free(parent);
    rft_free(dir);
}

/* A file of a name that nobody else has; NULL with errno set. */
static FILE *open_temporary(char *path)
{
    int fd = mkstemp(path);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "wb");
    if (fd >= 0 && f == NULL) {
        close(fd);
        remove(path);
    }
    return f;
}

static bool write_whole(FILE *f, const struct header *header, const void *data, size_t n)
{
    bool ok = fwrite(header, sizeof *header, 1, f) == 1;
    ok = ok && (n == 0 || fwrite(data, n, 1, f) == 1);
    return fclose(f) == 0 && ok;
}

void vulkan_cache_store(const struct rft_device *device, enum vulkan_cache_kind kind, const void *data, size_t n)
{
    struct header header = header_of(device, kind, data, n);
    struct rft_str temporary = {0};
    char *path = path_of(device, kind);
    FILE *f;
    if (path == NULL || n > FILE_BYTES_MAX ||
        rft_str_printf(&temporary, "%s.%ld.XXXXXX", path, (long)getpid()) != RFT_OK)
        goto done;
    make_directory(path);
    f = open_temporary(temporary.data);
    if (f == NULL) {
        rft_log_debug("%s: not stored: %s", path, strerror(errno));
        goto done;
    }
    /* Whoever reads at this moment gets the old file or the new one; of two who write, the last stays. Nothing is
     * synced: a file that a crash cut is found out by its hash. */
    if (!write_whole(f, &header, data, n) || rename(temporary.data, path) != 0) {
        rft_log_debug("%s: not stored: %s", path, strerror(errno));
        remove(temporary.data);
    }
done:
    rft_str_finish(&temporary);
    rft_free(path);
}
