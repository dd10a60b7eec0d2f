/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sched_getaffinity */
#include "os.h"

#include "alloc.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static enum rft_status io_error(const char *verb, const char *path)
{
    rft_log_error("%s: cannot %s: %s", path, verb, strerror(errno));
    return RFT_ERR_IO;
}

enum rft_status rft_map_open(const char *path, struct rft_map *map)
{
    *map = (struct rft_map){ 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    enum rft_status status = RFT_OK;
    if (fd < 0)
        return io_error("open", path);
    if (fstat(fd, &info) != 0) {
        status = io_error("read", path);
    } else if (!S_ISREG(info.st_mode)) {
        rft_log_error("%s: not a regular file", path);
        status = RFT_ERR_INPUT;
    } else {
        map->bytes = (uint64_t)info.st_size;
        map->path = rft_strdup(path);
        void *data = map->bytes ? mmap(NULL, (size_t)map->bytes, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
        if (!map->path)
            status = RFT_ERR_HOST_MEMORY;
        else if (data == MAP_FAILED)
            status = io_error("map", path);
        map->data = data == MAP_FAILED ? NULL : data;
    }
    close(fd);
    if (status != RFT_OK)
        rft_map_close(map);
    return status;
}

void rft_map_close(struct rft_map *map)
{
    if (map->data)
        munmap((void *)(uintptr_t)map->data, (size_t)map->bytes);
    rft_free(map->path);
    *map = (struct rft_map){ 0 };
}

enum rft_status rft_file_read(const char *path, uint64_t bytes_max, struct rft_str *text)
{
    *text = (struct rft_str){ 0 };
    FILE *f = fopen(path, "rbe");
    if (!f)
        return io_error("open", path);
    enum rft_status status = RFT_OK;
    char buffer[1 << 14];
    size_t n;
    while (status == RFT_OK && (n = fread(buffer, 1, sizeof buffer, f)) > 0) {
        if (text->len + n > bytes_max) {
            rft_log_error("%s: larger than %llu bytes", path, (unsigned long long)bytes_max);
            status = RFT_ERR_INPUT;
        } else {
            status = rft_str_append(text, buffer, n);
        }
    }
    if (status == RFT_OK && ferror(f))
        status = io_error("read", path);
    if (status == RFT_OK && !text->data)
        status = rft_str_append(text, "", 0);
    fclose(f);
    if (status != RFT_OK)
        rft_str_finish(text);
    return status;
}

bool rft_file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

char *rft_path_join(const char *dir, const char *name)
{
    struct rft_str s = { 0 };
    enum rft_status status = name[0] == '/' ? rft_str_append_z(&s, name) : rft_str_printf(&s, "%s/%s", dir, name);
    if (status != RFT_OK)
        rft_str_finish(&s);
    return s.data;
}

char *rft_path_dir(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return rft_strdup(".");
    return rft_strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

char *rft_path_expand(const char *path)
{
    static const char cache[] = "$XDG_CACHE_HOME/";
    const char *home = getenv("HOME"), *xdg = getenv("XDG_CACHE_HOME");
    struct rft_str s = { 0 };
    enum rft_status status;
    if (!home)
        home = "";
    if (strncmp(path, "~/", 2) == 0)
        status = rft_str_printf(&s, "%s/%s", home, path + 2);
    else if (strncmp(path, cache, sizeof cache - 1) != 0)
        status = rft_str_append_z(&s, path);
    else if (xdg && *xdg)
        status = rft_str_printf(&s, "%s/%s", xdg, path + sizeof cache - 1);
    else
        status = rft_str_printf(&s, "%s/.cache/%s", home, path + sizeof cache - 1);
    if (status != RFT_OK)
        rft_str_finish(&s);
    return s.data;
}

/* First number after `key` in a small text file of the kernel's; UINT64_MAX if there is none. */
static uint64_t number_in_file(const char *path, const char *key)
{
    char text[8192];
    FILE *f = fopen(path, "re");
    if (!f)
        return UINT64_MAX;
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = 0;
    const char *at = strstr(text, key);
    if (!at)
        return UINT64_MAX;
    at += strlen(key);
    char *end;
    errno = 0;
    unsigned long long value = strtoull(at, &end, 10);
    return end == at || errno ? UINT64_MAX : value;
}

/* Path of this process's cgroup (version 2) below /sys/fs/cgroup; false if it has none. */
static bool cgroup_path(char *path, size_t size)
{
    char line[1024];
    bool found = false;
    FILE *f = fopen("/proc/self/cgroup", "re");
    if (!f)
        return false;
    while (!found && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "0::", 3) == 0) {
            snprintf(path, size, "/sys/fs/cgroup%s", strcmp(line + 3, "/") == 0 ? "" : line + 3);
            found = true;
        }
    }
    fclose(f);
    return found;
}

/* What a limit leaves. Pages of files count as used by the group but go when memory is asked for, so they are added. */
static uint64_t left_below(uint64_t max, uint64_t used, uint64_t files)
{
    if (max == UINT64_MAX || used == UINT64_MAX)
        return UINT64_MAX;
    used -= files == UINT64_MAX ? 0 : files < used ? files : used;
    return max > used ? max - used : 0;
}

static uint64_t cgroup_left_bytes(void)
{
    char dir[1040], file[1100];
    uint64_t left = UINT64_MAX;
    if (cgroup_path(dir, sizeof dir)) {
        /* A limit may sit on any ancestor. */
        while (strlen(dir) >= strlen("/sys/fs/cgroup")) {
            snprintf(file, sizeof file, "%s/memory.max", dir);
            uint64_t max = number_in_file(file, "");
            snprintf(file, sizeof file, "%s/memory.current", dir);
            uint64_t current = number_in_file(file, "");
            snprintf(file, sizeof file, "%s/memory.stat", dir);
            uint64_t below = left_below(max, current, number_in_file(file, "inactive_file "));
            left = below < left ? below : left;
            *strrchr(dir, '/') = 0;
        }
    }
    uint64_t v1_max = number_in_file("/sys/fs/cgroup/memory/memory.limit_in_bytes", "");
    uint64_t v1_used = number_in_file("/sys/fs/cgroup/memory/memory.usage_in_bytes", "");
    uint64_t v1_files = number_in_file("/sys/fs/cgroup/memory/memory.stat", "total_inactive_file ");
    uint64_t below = left_below(v1_max, v1_used, v1_files);
    return below < left ? below : left;
}

uint64_t rft_os_memory_available_bytes(void)
{
    uint64_t kib = number_in_file("/proc/meminfo", "MemAvailable:");
    uint64_t bytes = kib == UINT64_MAX ? 0 : kib * 1024;
    uint64_t left = cgroup_left_bytes();
    return bytes && left < bytes ? left : bytes;
}

uint64_t rft_os_memory_total_bytes(void)
{
    uint64_t kib = number_in_file("/proc/meminfo", "MemTotal:");
    return kib == UINT64_MAX ? 0 : kib * 1024;
}

uint64_t rft_os_peak_rss_bytes(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}

uint32_t rft_os_n_cpus(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return (uint32_t)CPU_COUNT(&set);
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (uint32_t)n : 1;
}

double rft_os_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    if (interrupted) {
        signal(number, SIG_DFL);
        raise(number);
    }
    interrupted = 1;
}

enum rft_status rft_os_open_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        /* The lowest free number is taken, which is this one. Opened the wrong way round, so that its use is an error. */
        int flags = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
        if (open("/dev/null", flags) < 0 && open("/", O_RDONLY | O_DIRECTORY) < 0)
            return RFT_ERR_IO;
    }
    return RFT_OK;
}

void rft_os_catch_interrupts(void)
{
    struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = SA_RESTART };
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN); /* a reader that went away: write() says so */
    signal(SIGXFSZ, SIG_IGN); /* a file at its size limit: write() says so, with a message of ours */
}

bool rft_os_interrupted(void)
{
    return interrupted != 0;
}

void rft_os_set_interrupted(bool on)
{
    interrupted = on;
}
