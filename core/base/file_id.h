/* SPDX-License-Identifier: MIT */
/* Files known by what they are and not by how they are called. */
#ifndef RFT_FILE_ID_H
#define RFT_FILE_ID_H

#include <stdbool.h>
#include <stdint.h>

/* What a name stood for when it was looked at. */
struct rft_file_id {
    bool exists; /* the rest is zero if not */
    uint32_t mode;
    uint32_t uid, gid;
    uint64_t dev, ino;
    uint64_t bytes;
    int64_t mtime_s, mtime_ns;
};

/* Looks at `path`; a last symbolic link is followed or not. A name that cannot be looked at counts as absent. */
struct rft_file_id rft_file_id_of(const char *path, bool follow);
struct rft_file_id rft_file_id_of_fd(int fd);
/* The same file, whatever it is called and holds. */
bool rft_file_id_is_same(const struct rft_file_id *a, const struct rft_file_id *b);
/* The same file, or both absent, and neither size nor time of change has moved. */
bool rft_file_id_is_unchanged(const struct rft_file_id *a, const struct rft_file_id *b);

#endif
