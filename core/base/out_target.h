/* SPDX-License-Identifier: MIT */
/* Where an output goes, once every symbolic link is followed, and what stands there: known by what it is and not by how
 * it is called, so that two names of one file are seen to be one. */
#ifndef RFT_OUT_TARGET_H
#define RFT_OUT_TARGET_H

#include "file_id.h"
#include "status.h"

#include <stdbool.h>
#include <stdint.h>

enum rft_target_kind {
    RFT_TARGET_NONE,   /* nothing is written: an empty path, or /dev/null */
    RFT_TARGET_FILE,   /* a regular file, there or not */
    RFT_TARGET_STREAM, /* a pipe, or the standard output whatever it is: written through */
};

struct rft_target {
    enum rft_target_kind kind;
    const char *key;           /* the key that names it, for messages; not owned */
    char *path;                /* FILE: as given, or where the links lead that it is. STREAM: as given. NONE: NULL */
    char *dir;                 /* FILE: its directory */
    const char *name;          /* FILE: in path, behind the directory */
    bool is_stdout;            /* STREAM: descriptor 1 */
    struct rft_file_id dir_id; /* FILE */
    struct rft_file_id before; /* FILE: what stood there when it was resolved. STREAM: the stream itself */
};

/* Resolves the value of an output key. Refused, whatever is asked for otherwise: a directory, a device other than
 * /dev/null, a socket; a pipe or /dev/stdout unless may_stream; a directory that is not there or cannot be written to.
 * RFT_ERR_IO, with the key and the path. Nothing is created or opened. */
enum rft_status rft_target_resolve(const char *key, const char *given, bool may_stream, struct rft_target *target);
/* Zero-initialised is accepted. */
void rft_target_finish(struct rft_target *target);

/* Would writing to one touch the other? */
bool rft_target_is_same(const struct rft_target *a, const struct rft_target *b);

#endif
