/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* getline */
#include "memory_limit.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* First number after `key` in a small text file of the kernel's; UINT64_MAX if there is none. */
static uint64_t number_in_file(const char *path, const char *key)
{
    char text[8192];
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return UINT64_MAX;
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = 0;
    const char *at = strstr(text, key);
    if (at == NULL)
        return UINT64_MAX;
    at += strlen(key);
    char *end;
    errno = 0;
    unsigned long long value = strtoull(at, &end, 10);
    return end == at || errno ? UINT64_MAX : value;
}

static uint64_t number_in(const char *dir, const char *name, const char *key)
{
    char path[3 * PATH_MAX + 64]; /* dir is left_in_mount's */
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return number_in_file(path, key);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* What a limit leaves. Pages of files count as used by the group but go when memory is asked for, so they are added. */
static uint64_t left_below(uint64_t limit, uint64_t used, uint64_t files)
{
    if (limit == UINT64_MAX || used == UINT64_MAX)
        return UINT64_MAX;
    used -= files == UINT64_MAX ? 0 : least(files, used);
    return limit > used ? limit - used : 0;
}

static uint64_t left_in_group_1(const char *dir)
{
    uint64_t used = number_in(dir, "memory.usage_in_bytes", "");
    uint64_t files = number_in(dir, "memory.stat", "total_inactive_file ");
    uint64_t own = left_below(number_in(dir, "memory.limit_in_bytes", ""), used, files);
    /* The least of all ancestors' limits, also of those that cannot be seen from inside a container. */
    return least(own, left_below(number_in(dir, "memory.stat", "hierarchical_memory_limit "), used, files));
}

static uint64_t left_in_group_2(const char *dir)
{
    uint64_t limit = least(number_in(dir, "memory.max", ""), number_in(dir, "memory.high", ""));
    return left_below(limit, number_in(dir, "memory.current", ""), number_in(dir, "memory.stat", "inactive_file "));
}

/* A mounted hierarchy. */
struct mount {
    bool is_version_2;
    char root[PATH_MAX];  /* the group that is mounted: not "/" in a container */
    char point[PATH_MAX]; /* where */
};

/* \040 and the like. */
static void unescape(char *text)
{
    char *out = text;
    for (const char *p = text; *p; out++) {
        bool is_escape =
            p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' && p[3] >= '0' && p[3] <= '7';
        int c = is_escape ? (p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0') : *p;
        *out = (char)c;
        p += is_escape ? 4 : 1;
    }
    *out = 0;
}

/* Whether a list "rw,memory" holds the word. */
static bool has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = list; at; at = strchr(at, ',') != NULL ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, word, n) == 0 && (at[n] == ',' || at[n] == 0 || at[n] == '\n'))
            return true;
    return false;
}

/* One line of mountinfo: "id parent dev root point options ... - type source options". */
static bool parse_mount(char *line, struct mount *mount)
{
    char *save = NULL, *fields[5] = {0}, *behind = strstr(line, " - ");
    char *type, *options;
    if (behind == NULL)
        return false;
    *behind = 0;
    for (int i = 0; i < 5; i++) {
        fields[i] = strtok_r(i ? NULL : line, " ", &save);
        if (fields[i] == NULL)
            return false;
    }
    type = strtok_r(behind + 3, " ", &save);
    (void)strtok_r(NULL, " ", &save);
    options = strtok_r(NULL, " \n", &save);
    if (type == NULL)
        return false;
    mount->is_version_2 = strcmp(type, "cgroup2") == 0;
    if (!mount->is_version_2 && !(strcmp(type, "cgroup") == 0 && options != NULL && has_word(options, "memory")))
        return false;
    snprintf(mount->root, sizeof mount->root, "%s", fields[3]);
    snprintf(mount->point, sizeof mount->point, "%s", fields[4]);
    unescape(mount->root);
    unescape(mount->point);
    return true;
}

/* The group of this process in a hierarchy, as /proc/self/cgroup names it: "0::/path", "4:memory:/path". */
static bool find_group(const char *root, bool is_version_2, char *group, size_t size)
{
    char path[PATH_MAX], *line = NULL;
    size_t cap = 0;
    bool found = false;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *f = fopen(path, "re");
    while (f != NULL && !found && getline(&line, &cap, f) > 0) {
        char *controllers = strchr(line, ':'), *name = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
        if (name == NULL)
            continue;
        *name++ = 0;
        name[strcspn(name, "\n")] = 0;
        found = is_version_2 ? strncmp(line, "0:", 2) == 0 && !controllers[1] : has_word(controllers + 1, "memory");
        if (found)
            snprintf(group, size, "%s", name);
    }
    free(line);
    if (f != NULL)
        fclose(f);
    return found;
}

/* The least that the process's group and its ancestors leave, as far as the mount shows them. */
static uint64_t left_in_mount(const char *root, const struct mount *mount)
{
    char group[PATH_MAX], dir[3 * PATH_MAX];
    size_t n_root = strcmp(mount->root, "/") == 0 ? 0 : strlen(mount->root);
    uint64_t left = UINT64_MAX;
    const char *below = "";
    if (!find_group(root, mount->is_version_2, group, sizeof group))
        return UINT64_MAX;
    /* A group that is not below what is mounted here (another name space): what is mounted is all there is to see. */
    if (strncmp(group, mount->root, n_root) == 0 && (group[n_root] == '/' || group[n_root] == 0) &&
        strstr(group, "..") == NULL)
        below = strcmp(group + n_root, "/") == 0 ? "" : group + n_root;
    size_t n_point = (size_t)snprintf(dir, sizeof dir, "%s%s", root, mount->point);
    snprintf(dir + n_point, sizeof dir - n_point, "%s", below);
    for (;;) {
        left = least(left, mount->is_version_2 ? left_in_group_2(dir) : left_in_group_1(dir));
        char *slash = strrchr(dir, '/');
        if (slash == NULL || strlen(dir) <= n_point)
            return left;
        *slash = 0;
    }
}

uint64_t rft_memory_limit_left(const char *root)
{
    char path[PATH_MAX], *line = NULL;
    size_t cap = 0;
    uint64_t left = UINT64_MAX;
    snprintf(path, sizeof path, "%s/proc/self/mountinfo", root);
    FILE *f = fopen(path, "re");
    while (f != NULL && getline(&line, &cap, f) > 0) {
        static struct mount mount; /* large */
        if (parse_mount(line, &mount))
            left = least(left, left_in_mount(root, &mount));
    }
    free(line);
    if (f != NULL)
        fclose(f);
    return left;
}

uint64_t rft_os_memory_available_bytes(void)
{
    uint64_t kib = number_in_file("/proc/meminfo", "MemAvailable:");
    uint64_t bytes = kib == UINT64_MAX ? 0 : kib * 1024;
    return bytes ? least(bytes, rft_memory_limit_left("")) : 0;
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
