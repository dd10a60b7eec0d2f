/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* MAP_ANONYMOUS, madvise */
#include "file.h"

#include "alloc.h"
#include "log.h"
#include "os.h"

#include <inttypes.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES ((size_t)1 << 20) /* at once, at most */
#define PIPE_READ_BYTES ((uint64_t)1 << 16)

/* ---- maps ---- */

#define MAPS_MAX 1024

/* The maps that are open, for the handler of SIGBUS, which may take no lock. `begin` is set last and cleared first. */
static struct {
    atomic_bool is_taken;
    _Atomic uintptr_t begin; /* 0 = free */
    _Atomic uintptr_t end;
    atomic_bool is_broken;
} maps[MAPS_MAX];

/* A page of a map that the file does not hold any more reads as zeros from now on; who reads asks rft_map_check before
 * the zeros count. A SIGBUS from elsewhere ends the process as ever. */
static void on_bus_error(int number, siginfo_t *info, void *context)
{
    const uintptr_t address = (uintptr_t)info->si_addr, page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
    int saved_errno = errno;
    (void)context;
    for (int i = 0; i < MAPS_MAX; i++) {
        uintptr_t begin = atomic_load(&maps[i].begin);
        if (begin == 0 || address < begin || address >= atomic_load(&maps[i].end))
            continue;
        void *page = (void *)(address / page_bytes * page_bytes);
        atomic_store(&maps[i].is_broken, true);
        if (mmap(page, page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page) {
            errno = saved_errno;
            return;
        }
    }
    signal(number, SIG_DFL);
    raise(number);
}

/* At every map anew: libraries set handlers of their own. */
static void catch_bus_errors(void)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}

static enum rft_status take_slot(struct rft_map *map)
{
    for (uint32_t i = 0; i < MAPS_MAX; i++) {
        if (atomic_exchange(&maps[i].is_taken, true))
            continue;
        map->slot = i;
        atomic_store(&maps[i].is_broken, false);
        atomic_store(&maps[i].end, (uintptr_t)map->data + (uintptr_t)map->bytes);
        atomic_store(&maps[i].begin, (uintptr_t)map->data);
        return RFT_OK;
    }
    rft_log_error("%s: more than %d files at once", map->path, MAPS_MAX);
    return RFT_ERR_UNSUPPORTED;
}

static enum rft_status map_file(struct rft_map *map)
{
    void *data;
    map->opened = rft_file_id_of_fd(map->fd);
    if (!map->opened.exists)
        return rft_os_error(map->path, "read");
    if (!S_ISREG(map->opened.mode)) {
        rft_log_error("%s: not a regular file", map->path);
        return RFT_ERR_INPUT;
    }
    map->bytes = map->opened.bytes;
    if (map->bytes == 0)
        return RFT_OK;
    data = mmap(NULL, (size_t)map->bytes, PROT_READ, MAP_PRIVATE, map->fd, 0);
    if (data == MAP_FAILED)
        return rft_os_error(map->path, "map");
    map->data = data;
    return take_slot(map);
}

enum rft_status rft_map_open(const char *path, struct rft_map *map)
{
    enum rft_status status;
    *map = (struct rft_map){.fd = -1, .slot = MAPS_MAX};
    catch_bus_errors();
    map->path = rft_strdup(path);
    if (map->path == NULL)
        return RFT_ERR_HOST_MEMORY;
    map->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    status = map->fd >= 0 ? map_file(map) : rft_os_error(path, "open");
    if (status == RFT_OK && map->data == NULL) { /* an empty file: nothing to watch */
        close(map->fd);
        map->fd = -1;
    }
    if (status != RFT_OK)
        rft_map_close(map);
    return status;
}

void rft_map_close(struct rft_map *map)
{
    bool is_listed = map->data != NULL && map->slot < MAPS_MAX;
    if (is_listed)
        atomic_store(&maps[map->slot].begin, 0);
    if (map->data != NULL)
        munmap((void *)(uintptr_t)map->data, (size_t)map->bytes);
    if (is_listed)
        atomic_store(&maps[map->slot].is_taken, false);
    if (map->path != NULL && map->fd >= 0)
        close(map->fd);
    rft_free(map->path);
    *map = (struct rft_map){0};
}

void rft_map_forget(const struct rft_map *map, uint64_t end)
{
    const uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    const uint64_t bytes = (end < map->bytes ? end : map->bytes) / page_bytes * page_bytes;
    if (bytes != 0)
        (void)madvise((void *)(uintptr_t)map->data, (size_t)bytes, MADV_DONTNEED); /* a refusal costs memory alone */
}

enum rft_status rft_map_check(const struct rft_map *map)
{
    if (map->data == NULL)
        return RFT_OK;
    const struct rft_file_id now = rft_file_id_of_fd(map->fd);
    if (!now.exists)
        return rft_os_error(map->path, "read");
    if (atomic_load(&maps[map->slot].is_broken) || now.bytes < map->bytes) {
        rft_log_error(
            "%s: was cut short, or could not be read, while rftgen used it; put it back and run the same command again",
            map->path);
        return RFT_ERR_IO;
    }
    if (!rft_file_id_is_unchanged(&now, &map->opened)) {
        rft_log_error("%s: was changed while rftgen used it; run the same command again", map->path);
        return RFT_ERR_IO;
    }
    return RFT_OK;
}

/* ---- whole files ---- */

/* Makes room for n more bytes and reads them; *n_read = 0 at the end. */
static enum rft_status read_some(int fd, const char *path, size_t n, struct rft_str *text, size_t *n_read)
{
    void *data = text->data;
    ssize_t got;
    if (rft_grow(&data, &text->cap, text->len + n + 1, 1) != 0)
        return RFT_ERR_HOST_MEMORY;
    text->data = data;
    do
        got = read(fd, text->data + text->len, n);
    while (got < 0 && errno == EINTR && !rft_os_interrupted());
    *n_read = got > 0 ? (size_t)got : 0;
    text->len += *n_read;
    text->data[text->len] = 0;
    if (got < 0 && errno == EAGAIN)
        *n_read = 1; /* a pipe: somebody else was quicker; wait again */
    else if (got < 0)
        return errno == EINTR ? RFT_ERR_INTERRUPTED : rft_os_error(path, "read");
    return RFT_OK;
}

/* `size`: of a regular file, as far as the system says. */
static enum rft_status read_all(int fd, const char *path, bool is_pipe, uint64_t size, uint64_t bytes_max,
                                struct rft_str *text)
{
    for (size_t n_read = 1; n_read != 0;) {
        if (rft_os_interrupted())
            return RFT_ERR_INTERRUPTED;
        if (is_pipe)
            RFT_TRY(rft_os_wait(fd, path, false));
        /* One byte more than there should be, to see the end. */
        uint64_t left = size > text->len ? size - text->len + 1 : text->len == size && size != 0 ? 1 : PIPE_READ_BYTES;
        RFT_TRY(read_some(fd, path, left < READ_BYTES ? (size_t)left : READ_BYTES, text, &n_read));
        if (text->len > bytes_max) {
            rft_log_error("%s: larger than %" PRIu64 " bytes%s", path, bytes_max,
                          is_pipe && bytes_max == RFT_PIPE_BYTES_MAX
                              ? ", which is the most that is read from a pipe; give a file"
                              : "");
            return RFT_ERR_INPUT;
        }
    }
    return RFT_OK;
}

static enum rft_status check_kind(const char *path, const struct stat *info, uint64_t bytes_max)
{
    if (S_ISREG(info->st_mode) && (uint64_t)info->st_size > bytes_max) {
        rft_log_error("%s: larger than %" PRIu64 " bytes", path, bytes_max);
        return RFT_ERR_INPUT;
    }
    if (S_ISREG(info->st_mode) || S_ISFIFO(info->st_mode))
        return RFT_OK;
    rft_log_error("%s: is %s; give a file", path,
                  S_ISDIR(info->st_mode)                             ? "a directory"
                  : S_ISCHR(info->st_mode) || S_ISBLK(info->st_mode) ? "a device"
                                                                     : "no regular file");
    return S_ISDIR(info->st_mode) ? RFT_ERR_IO : RFT_ERR_INPUT;
}

enum rft_status rft_file_read(const char *path, uint64_t bytes_max, struct rft_str *text)
{
    struct stat info;
    *text = (struct rft_str){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return rft_os_error(path, "open");
    enum rft_status status = fstat(fd, &info) == 0 ? check_kind(path, &info, bytes_max) : rft_os_error(path, "read");
    if (status == RFT_OK) {
        bool is_pipe = S_ISFIFO(info.st_mode);
        bytes_max = is_pipe && bytes_max > RFT_PIPE_BYTES_MAX ? RFT_PIPE_BYTES_MAX : bytes_max;
        status = read_all(fd, path, is_pipe, is_pipe ? 0 : (uint64_t)info.st_size, bytes_max, text);
    }
    close(fd);
    if (status != RFT_OK)
        rft_str_finish(text);
    return status;
}

bool rft_file_exists(const char *path)
{
    return rft_file_id_of(path, true).exists;
}

bool rft_file_is_directory(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

enum rft_status rft_file_read_optional(const char *path, uint64_t bytes_max, struct rft_str *text)
{
    struct stat found;
    *text = (struct rft_str){0};
    if (lstat(path, &found) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return RFT_OK;
    if (stat(path, &found) != 0) {
        rft_log_error("%s: cannot open: %s", path, strerror(errno));
        return RFT_ERR_IO;
    }
    if (!S_ISREG(found.st_mode)) {
        rft_log_error("%s: is no regular file", path);
        return RFT_ERR_INPUT;
    }
    return rft_file_read(path, bytes_max, text);
}
