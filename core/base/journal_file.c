/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* flock, mkostemp, pread, pwrite */
#include "journal_file.h"

#include "alloc.h"
#include "file_id.h"
#include "log.h"
#include "os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

bool rft_journal_file_is_in_place(const char *path, int fd)
{
    struct rft_file_id named = rft_file_id_of(path, false), opened = rft_file_id_of_fd(fd);
    return rft_file_id_is_same(&named, &opened);
}

/* Anything else is not even opened. */
static enum rft_status check_regular(const char *path, uint32_t mode)
{
    if (S_ISREG(mode))
        return RFT_OK;
    rft_log_error("%s: %s; move it away, or give another output path", path,
                  S_ISLNK(mode) ? "is a symbolic link, which a journal may not be" : "not a regular file");
    return RFT_ERR_INPUT;
}

enum rft_status rft_journal_file_open(const char *path, int *fd)
{
    struct rft_file_id before = rft_file_id_of(path, false);
    struct stat info;
    if (before.exists)
        RFT_TRY(check_regular(path, before.mode));
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (*fd < 0)
        return rft_os_error(path, "open");
    /* A file system without locks is no reason to stop. */
    bool taken = flock(*fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (fstat(*fd, &info) != 0)
        return rft_os_error(path, "read");
    RFT_TRY(check_regular(path, info.st_mode));
    /* No links: the other process ended, and removed it, between our open and our lock. */
    if (taken || info.st_nlink == 0) {
        rft_log_error("%s: another rftgen is writing it; wait for it to end, or give another output path", path);
        return RFT_ERR_IO;
    }
    return RFT_OK;
}

enum rft_status rft_journal_file_open_anonymous(int *fd)
{
    const char *const dirs[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs && *fd < 0; i++) {
        char name[] = "rftgen.XXXXXX", *path;
        if (dirs[i] == NULL || !*dirs[i])
            continue;
        path = rft_path_join(dirs[i], name);
        if (path == NULL)
            return RFT_ERR_HOST_MEMORY;
        *fd = mkostemp(path, O_CLOEXEC);
        if (*fd >= 0)
            unlink(path);
        rft_free(path);
    }
    if (*fd >= 0)
        return RFT_OK;
    rft_log_error("the temporary journal: cannot create a file in TMPDIR, /var/tmp or /tmp: %s", strerror(errno));
    return RFT_ERR_IO;
}

bool rft_journal_file_write(int fd, uint64_t at, const char *data, size_t n)
{
    size_t done = 0;
    while (done < n) {
        ssize_t wrote = pwrite(fd, data + done, n - done, (off_t)(at + done));
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        done += (size_t)wrote;
    }
    return true;
}

enum rft_status rft_journal_file_read_line(int fd, const char *path, uint64_t at, struct rft_str *line)
{
    char buffer[4096];
    rft_str_clear(line);
    for (;;) {
        ssize_t n = pread(fd, buffer, sizeof buffer, (off_t)(at + line->len));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return rft_os_error(path, "read");
        const char *newline = n ? memchr(buffer, '\n', (size_t)n) : NULL;
        RFT_TRY(rft_str_append(line, buffer, newline != NULL ? (size_t)(newline - buffer) : (size_t)n));
        if (newline != NULL || !n)
            return RFT_OK;
    }
}
