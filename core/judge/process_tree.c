/* SPDX-License-Identifier: MIT */
#include "process_tree.h"

#include "alloc.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No tree of processes is larger for us: what a bomb of them holds is over any limit long before. */
#define N_PROCESSES_MAX 65536

/* Reads a file of /proc into a buffer, as far as it fits, and ends it with NUL. false: the process is gone. */
static bool read_small(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t n = 0;
    for (ssize_t got; n < size - 1 && (got = read(fd, text + n, size - 1 - n)) > 0;)
        n += (size_t)got;
    close(fd);
    text[n] = '\0';
    return true;
}

bool rft_process_tree_is_available(void)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
    return access(path, R_OK) == 0;
}

static enum rft_status add_process(struct rft_process_tree *tree, pid_t pid, uint32_t depth)
{
    void *processes = tree->processes;
    if (rft_grow(&processes, &tree->cap, tree->n + 1, sizeof *tree->processes) != 0)
        return RFT_ERR_HOST_MEMORY;
    tree->processes = processes;
    tree->processes[tree->n++] = (struct rft_process){pid, depth};
    return RFT_OK;
}

/* The children that one thread has. */
static enum rft_status add_children(struct rft_process_tree *tree, const char *path, uint32_t depth)
{
    static const size_t part_bytes = 4096;
    char text[4096 + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum rft_status status = RFT_OK;
    size_t n = 0; /* of a number that the last part tore */
    for (ssize_t got; fd >= 0 && status == RFT_OK && (got = read(fd, text + n, part_bytes - n)) > 0;) {
        char *at = text, *end;
        n += (size_t)got;
        text[n] = '\0';
        for (char *space; status == RFT_OK && (space = strchr(at, ' ')) != NULL; at = space + 1) {
            long pid = strtol(at, &end, 10);
            if (pid > 1 && end == space && tree->n < N_PROCESSES_MAX)
                status = add_process(tree, (pid_t)pid, depth);
        }
        n = (size_t)(text + n - at);
        memmove(text, at, n);
    }
    if (fd >= 0)
        close(fd);
    return status;
}

static enum rft_status add_children_of(struct rft_process_tree *tree, pid_t pid, uint32_t depth)
{
    char path[300];
    snprintf(path, sizeof path, "/proc/%ld/task", (long)pid);
    DIR *tasks = opendir(path);
    enum rft_status status = RFT_OK;
    if (tasks == NULL)
        return RFT_OK;
    for (const struct dirent *task; status == RFT_OK && (task = readdir(tasks)) != NULL;) {
        if (task->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%ld/task/%.20s/children", (long)pid, task->d_name);
        status = add_children(tree, path, depth);
    }
    closedir(tasks);
    return status;
}

enum rft_status rft_process_tree_read(struct rft_process_tree *tree, pid_t root)
{
    tree->n = 0;
    RFT_TRY(add_children_of(tree, root, 1));
    for (size_t i = 0; i < tree->n; i++)
        RFT_TRY(add_children_of(tree, tree->processes[i].pid, tree->processes[i].depth + 1));
    return RFT_OK;
}

void rft_process_tree_finish(struct rft_process_tree *tree)
{
    rft_free(tree->processes);
    *tree = (struct rft_process_tree){0};
}

static uint64_t resident_bytes(pid_t pid)
{
    char path[64], text[128];
    unsigned long long pages = 0;
    snprintf(path, sizeof path, "/proc/%ld/statm", (long)pid);
    if (!read_small(path, text, sizeof text) || sscanf(text, "%*u %llu", &pages) != 1)
        return 0;
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Where it is not told, what is resident. */
static uint64_t proportional_bytes(pid_t pid)
{
    char path[64], text[2048];
    unsigned long long kib;
    snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", (long)pid);
    const char *line = read_small(path, text, sizeof text) ? strstr(text, "\nPss:") : NULL;
    return line != NULL && sscanf(line, " Pss: %llu", &kib) == 1 ? (uint64_t)kib << 10 : resident_bytes(pid);
}

uint64_t rft_process_tree_bytes_over(const struct rft_process_tree *tree, uint32_t depth_min, uint64_t limit)
{
    uint64_t resident = 0, proportional = 0;
    for (size_t i = 0; i < tree->n; i++)
        if (tree->processes[i].depth >= depth_min)
            resident += resident_bytes(tree->processes[i].pid);
    if (resident <= limit)
        return 0;
    for (size_t i = 0; i < tree->n; i++)
        if (tree->processes[i].depth >= depth_min)
            proportional += proportional_bytes(tree->processes[i].pid);
    return proportional > limit ? proportional : 0;
}

void rft_process_tree_kill(const struct rft_process_tree *tree)
{
    for (size_t i = 0; i < tree->n; i++)
        kill(tree->processes[i].pid, SIGKILL);
}
