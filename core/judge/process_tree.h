/* SPDX-License-Identifier: MIT */
/* A process and what has come of it, as /proc tells: of Linux, with /proc/PID/task/TID/children (CONFIG_PROC_CHILDREN,
 * which distributions set). */
#ifndef RFT_PROCESS_TREE_H
#define RFT_PROCESS_TREE_H

#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct rft_process {
    pid_t pid;
    uint32_t depth; /* 1 = a child of the root */
};

/* Zero-initialise; finish with rft_process_tree_finish. */
struct rft_process_tree {
    struct rft_process *processes; /* [n], the root's children first */
    size_t n, cap;
};

/* Whether children can be seen at all. */
bool rft_process_tree_is_available(void);
/* The living descendants of a process, without itself. What ends or begins meanwhile may be missed. */
enum rft_status rft_process_tree_read(struct rft_process_tree *tree, pid_t root);
void rft_process_tree_finish(struct rft_process_tree *tree);

/* Bytes that the processes of depth_min and deeper hold in memory, if these are more than `limit`; else 0. Pages that
 * several share are counted once where the system says so (PSS), which is slow and asked only when it matters. */
uint64_t rft_process_tree_bytes_over(const struct rft_process_tree *tree, uint32_t depth_min, uint64_t limit);

/* Kills all of them with SIGKILL. */
void rft_process_tree_kill(const struct rft_process_tree *tree);

#endif
