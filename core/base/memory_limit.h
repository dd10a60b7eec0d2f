/* SPDX-License-Identifier: MIT */
/* What memory there is: of the machine, and what the process's control groups leave of it. */
#ifndef RFT_MEMORY_LIMIT_H
#define RFT_MEMORY_LIMIT_H

#include <stdint.h>

/* Bytes a process may still take: the smaller of MemAvailable and what its control groups leave. 0 if unknown. */
uint64_t rft_os_memory_available_bytes(void);
uint64_t rft_os_memory_total_bytes(void);
uint64_t rft_os_peak_rss_bytes(void);

/* What the process's control groups leave: the least of its own group and of every ancestor that can be seen, in
 * versions 1 (memory.limit_in_bytes, hierarchical_memory_limit) and 2 (memory.max, memory.high), wherever they are
 * mounted. Pages of files that the kernel would drop count as free. UINT64_MAX: no limit. `root` is put before every
 * path, "" but in tests. */
uint64_t rft_memory_limit_left(const char *root);

#endif
