/* SPDX-License-Identifier: MIT */
/* The file of a journal, a text that only grows: found, opened and locked, its lines written and read. */
#ifndef RFT_JOURNAL_FILE_H
#define RFT_JOURNAL_FILE_H

#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opens or creates the file, and locks it until it is closed. RFT_ERR_INPUT if anything but a regular file stands
 * there, which is left alone; RFT_ERR_IO if another process has it. After an error *fd may be open, and the caller's to
 * close; it is -1 before. */
enum rft_status rft_journal_file_open(const char *path, int *fd);
/* A file without a name, in TMPDIR, /var/tmp or /tmp, which goes when it is closed. */
enum rft_status rft_journal_file_open_anonymous(int *fd);
/* Whether the file still stands under its name: what stands there instead is somebody's. */
bool rft_journal_file_is_in_place(const char *path, int fd);

/* Writes n bytes at `at`. False, with errno, if that fails, which is the caller's to report; some may be written. */
bool rft_journal_file_write(int fd, uint64_t at, const char *data, size_t n);
/* The line at `at` without its newline, or what there is of it, into *line, which is cleared first. */
enum rft_status rft_journal_file_read_line(int fd, const char *path, uint64_t at, struct rft_str *line);

#endif
