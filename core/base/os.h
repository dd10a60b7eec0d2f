/* SPDX-License-Identifier: MIT */
/* What the operating system gives: paths, cpus, time, signals. */
#ifndef RFT_OS_H
#define RFT_OS_H

#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stdint.h>

/* "dir/name", or name alone when it is absolute. Freed by the caller with rft_free; NULL when memory is short. */
char *rft_path_join(const char *dir, const char *name);
/* The directory part of path ("." if it has none). Freed by the caller. */
char *rft_path_dir(const char *path);
/* path with a leading "~/" or "$XDG_CACHE_HOME/" (default ~/.cache) replaced. Freed by the caller. */
char *rft_path_expand(const char *path);

/* Logs "<path>: cannot <verb>: <what errno says>"; RFT_ERR_IO. */
enum rft_status rft_os_error(const char *path, const char *verb);
/* Waits until something may be read from a descriptor (for_writing: written to it), or its other end is gone.
 * RFT_ERR_INTERRUPTED after a signal, also one that comes just before the wait; RFT_ERR_IO, with the path, if it cannot
 * be waited for. */
enum rft_status rft_os_wait(int fd, const char *path, bool for_writing);
/* A short rest between two tries; a signal may end it. */
void rft_os_rest(void);

uint32_t rft_os_n_cpus(void); /* cpus this process may run on, at least 1 */
double rft_os_seconds(void);  /* monotonic */

/* Makes sure that descriptors 0, 1 and 2 are open, so that no file of ours gets one of their numbers and with it what
 * is meant for the terminal. What was closed stays unusable. Call it before anything else is opened. */
enum rft_status rft_os_open_standard_streams(void);

/* SIGINT and SIGTERM set a flag instead of ending the process; a second one ends it at once. A file that grows beyond
 * the process's limit, and a pipe that nobody reads any more, are errors of the write and not the end of the
 * process. */
void rft_os_catch_interrupts(void);
bool rft_os_interrupted(void);
void rft_os_set_interrupted(bool on); /* for tests */

/* At the end of what was printed on stdout: RFT_ERR_IO, logged, if it did not get there. */
enum rft_status rft_os_flush_stdout(void);

#endif
