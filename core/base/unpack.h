/* SPDX-License-Identifier: MIT */
/* Files that may be compressed: gzip (RFC 1952) and zstd (RFC 8878), told by their first bytes. */
#ifndef RFT_UNPACK_H
#define RFT_UNPACK_H

#include "status.h"
#include "str.h"

#include <stdint.h>

/* The whole file as rft_file_read gives it, or what it holds if it is compressed: all members of a gzip file, all
 * frames of a zstd file, one after the other. bytes_max bounds both the file and what it holds. RFT_ERR_INPUT with one
 * line if it is larger, cut short or damaged. */
enum rft_status rft_file_read_unpacked(const char *path, uint64_t bytes_max, struct rft_str *text);

/* The same of a file's bytes; what is not compressed stays as it is. On failure *text is empty. */
enum rft_status rft_unpack(const char *path, uint64_t bytes_max, struct rft_str *text);

#endif
