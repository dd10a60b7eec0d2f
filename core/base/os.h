/* SPDX-License-Identifier: MIT */
/* What the operating system gives: files, memory, time, signals. */
#ifndef RFT_OS_H
#define RFT_OS_H

#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A file mapped read-only. `path` is owned. Zero-initialised is valid to close. */
struct rft_map {
    const uint8_t *data;
    uint64_t bytes;
    char *path;
};
enum rft_status rft_map_open(const char *path, struct rft_map *map);
void rft_map_close(struct rft_map *map);

/* The whole file, NUL added behind it; refused above bytes_max. *text is finished by the caller. */
enum rft_status rft_file_read(const char *path, uint64_t bytes_max, struct rft_str *text);
bool rft_file_exists(const char *path);

/* A file that appears under its final name only when complete: written to "<path>.tmp", flushed, synced, renamed, and the
 * directory synced. Every write error (disk full) is reported with the path by the function that met it; abandon removes
 * the temporary file. Zero-initialised is valid to abandon. */
struct rft_out_file {
    FILE *stream;
    char *path;
    char *tmp_path;
};
/* Could a file of this name be written? Nothing is created: for what is written only after long work. */
enum rft_status rft_out_check(const char *path);
enum rft_status rft_out_open(const char *path, struct rft_out_file *out);
enum rft_status rft_out_write(struct rft_out_file *out, const void *bytes, size_t n);
enum rft_status rft_out_commit(struct rft_out_file *out);
void rft_out_abandon(struct rft_out_file *out);

/* "dir/name", or name alone when it is absolute. Freed by the caller with rft_free; NULL when memory is short. */
char *rft_path_join(const char *dir, const char *name);
/* The directory part of path ("." if it has none). Freed by the caller. */
char *rft_path_dir(const char *path);
/* path with a leading "~/" or "$XDG_CACHE_HOME/" (default ~/.cache) replaced. Freed by the caller. */
char *rft_path_expand(const char *path);

/* Bytes a process may still take: the smaller of MemAvailable and what the memory cgroup leaves. 0 if unknown. */
uint64_t rft_os_memory_available_bytes(void);
uint64_t rft_os_memory_total_bytes(void);
uint64_t rft_os_peak_rss_bytes(void);
uint32_t rft_os_n_cpus(void); /* cpus this process may run on, at least 1 */
double rft_os_seconds(void);  /* monotonic */

/* SIGINT and SIGTERM set a flag instead of ending the process; a second one ends it at once. A file that grows beyond the
 * process's limit is an error of the write and not the end of the process. */
void rft_os_catch_interrupts(void);
bool rft_os_interrupted(void);
void rft_os_set_interrupted(bool on); /* for tests */

#endif
