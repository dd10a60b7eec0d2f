/* SPDX-License-Identifier: MIT */
/* Writing an output. A file appears under its name only when it is complete: written to a temporary file of an
 * unpredictable name in the same directory, synced to the disk and put in place, and it never replaces what it must
 * not. A stream is written through. Every write error (disk full) is reported with the path by the function that met
 * it. */
#ifndef RFT_OUT_FILE_H
#define RFT_OUT_FILE_H

#include "out_lock.h"
#include "out_target.h"
#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stddef.h>

/* An output from the run's beginning to its end. Zero-initialised is an output that is not written: every call does
 * nothing. */
struct rft_out_file {
    struct rft_target target;
    struct rft_out_lock lock; /* FILE */
    bool may_replace;         /* FILE: what stood there at the beginning may be replaced, and nothing else */
    int fd;                   /* while it is written; else -1 */
    char *tmp_path;           /* FILE: while it is written */
    struct rft_str buffer;    /* not written yet */
};

/* Resolves the value of an output key (rft_target_resolve). Nothing is created. */
enum rft_status rft_out_open(const char *key, const char *path, bool may_stream, struct rft_out_file *out);
/* Takes the output's lock (rft_out_lock_take). */
enum rft_status rft_out_claim(struct rft_out_file *out);
/* RFT_OK if what stands under the name is what stood there at the beginning. */
enum rft_status rft_out_check_unchanged(const struct rft_out_file *out);

/* Begins to write: creates the temporary file, or opens the stream, which waits for a pipe's reader. */
enum rft_status rft_out_begin(struct rft_out_file *out);
enum rft_status rft_out_write(struct rft_out_file *out, const void *bytes, size_t n);
/* Ends it: afterwards the file stands under its name, or, after a failure, nothing of it is left. A file that came into
 * being or was changed since the beginning is not replaced. Modes of a replaced file stay, and its owner where that is
 * allowed. */
enum rft_status rft_out_commit(struct rft_out_file *out);
/* Ends it without a file. */
void rft_out_abandon(struct rft_out_file *out);
/* All of it at once. */
enum rft_status rft_out_write_all(struct rft_out_file *out, struct rft_bytes bytes);

/* Gives everything back. is_done: the run is complete, and the next one need know nothing of it. */
void rft_out_close(struct rft_out_file *out, bool is_done);

#endif
