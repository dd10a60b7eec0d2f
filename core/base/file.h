/* SPDX-License-Identifier: MIT */
/* Files that are read: whole into memory, or mapped. A signal ends every wait, and nothing is read without a bound. */
#ifndef RFT_FILE_H
#define RFT_FILE_H

#include "file_id.h"
#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stdint.h>

/* The most that is read from a pipe, whose size nobody knows. */
#define RFT_PIPE_BYTES_MAX ((uint64_t)256 << 20)

/* The most that is read of a JSON file that configures a model, a tokenizer or an adapter. */
#define RFT_CONFIG_BYTES_MAX (16u << 20)

/* A file mapped read-only. Zero-initialised is valid to close. */
struct rft_map {
    const uint8_t *data;
    uint64_t bytes;
    char *path;    /* owned */
    int fd;        /* open as long as data is not NULL */
    uint32_t slot; /* in the table of maps */
    struct rft_file_id opened;
};

/* Maps a regular file; anything else is refused. */
enum rft_status rft_map_open(const char *path, struct rft_map *map);
void rft_map_close(struct rft_map *map);
/* Gives back the memory of what stands before `end`, for who walks over a large file once: what was read counts as the
 * process's memory as long as it stays. Asked again, it is read again. */
void rft_map_forget(const struct rft_map *map, uint64_t end);
/* Whether what was read from the map so far was the file as it was opened: RFT_ERR_IO, with the path, if the file was
 * cut short (the missing part reads as zeros, rather than to end the process with SIGBUS) or changed since. To be asked
 * before anything that was computed from a map is used. */
enum rft_status rft_map_check(const struct rft_map *map);

/* The whole file, NUL added behind it; refused above bytes_max, before memory is taken where the size is known. A pipe
 * is read to its end, RFT_PIPE_BYTES_MAX at most; a directory, a device or a socket is refused. RFT_ERR_INTERRUPTED
 * after a signal. *text is finished by the caller. */
enum rft_status rft_file_read(const char *path, uint64_t bytes_max, struct rft_str *text);
bool rft_file_exists(const char *path);
bool rft_file_is_directory(const char *path);
/* A file that may be absent: *text stays empty, its data NULL, if nothing stands there. What does is read like
 * rft_file_read reads it, but must be a regular file: a link that leads nowhere is an error, as is a pipe. */
enum rft_status rft_file_read_optional(const char *path, uint64_t bytes_max, struct rft_str *text);

#endif
