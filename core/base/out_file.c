/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* renameat2 */
#include "out_file.h"

#include "alloc.h"
#include "log.h"
#include "os.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_BYTES ((size_t)1 << 16)
#define NAME_BYTES_MAX 200 /* of the output's name in the temporary's */

enum rft_status rft_out_open(const char *key, const char *path, bool may_stream, struct rft_out_file *out)
{
    *out = (struct rft_out_file){.fd = -1, .lock = {.fd = -1}};
    return rft_target_resolve(key, path, may_stream, &out->target);
}

enum rft_status rft_out_claim(struct rft_out_file *out)
{
    if (out->target.kind != RFT_TARGET_FILE)
        return RFT_OK;
    RFT_TRY(rft_out_lock_take(&out->target, &out->lock));
    /* Whoever had the lock until now may have put it there. */
    out->target.before = rft_file_id_of(out->target.path, false);
    return RFT_OK;
}

static enum rft_status refuse_changed(const struct rft_out_file *out, bool was_there)
{
    rft_log_error("%s %s while the run lasted, and is not replaced; move it away and run the same command again, or "
                  "give --force with it",
                  out->target.path, was_there ? "was changed" : "came into being");
    return RFT_ERR_IO;
}

enum rft_status rft_out_check_unchanged(const struct rft_out_file *out)
{
    struct rft_file_id now;
    if (out->target.kind != RFT_TARGET_FILE)
        return RFT_OK;
    now = rft_file_id_of(out->target.path, false);
    if (!now.exists || (out->may_replace && rft_file_id_is_unchanged(&now, &out->target.before)))
        return RFT_OK;
    return refuse_changed(out, out->target.before.exists);
}

/* Opens a pipe, which waits for its reader: asked for again and again, so that a signal ends the wait. */
static enum rft_status open_stream(struct rft_out_file *out)
{
    const char *path = out->target.path;
    if (out->target.is_stdout) {
        out->fd = dup(STDOUT_FILENO);
        return out->fd >= 0 ? RFT_OK : rft_os_error(path, "write");
    }
    for (bool is_said = false;; is_said = true) {
        if (rft_os_interrupted())
            return RFT_ERR_INTERRUPTED;
        out->fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        if (out->fd >= 0)
            return RFT_OK;
        if (errno != ENXIO && errno != EINTR)
            return rft_os_error(path, "open");
        if (!is_said)
            rft_log_info("%s: waiting for a reader of this pipe", path);
        rft_os_rest();
    }
}

/* ".<name>.<16 random digits>.tmp", so that nobody has a file of that name. */
static enum rft_status make_name(const char *name, struct rft_str *out)
{
    uint64_t number;
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
        return rft_os_error(name, "make a temporary name");
    return rft_str_printf(out, ".%.*s.%016" PRIx64 ".tmp", NAME_BYTES_MAX, name, number);
}

/* What stood there keeps its modes, and its owner where this process may give files away. */
static enum rft_status take_modes(struct rft_out_file *out)
{
    const struct rft_file_id *before = &out->target.before;
    const struct rft_file_id own = rft_file_id_of_fd(out->fd);
    if (!out->may_replace || !before->exists)
        return RFT_OK;
    if ((own.uid != before->uid || own.gid != before->gid) && fchown(out->fd, before->uid, before->gid) != 0)
        rft_log_debug("%s: its owner changes: %s", out->target.path, strerror(errno));
    return fchmod(out->fd, before->mode & 07777) == 0 ? RFT_OK : rft_os_error(out->tmp_path, "set the modes of");
}

static enum rft_status create_temporary(struct rft_out_file *out)
{
    struct rft_str name = {0};
    enum rft_status status = make_name(out->target.name, &name);
    if (status == RFT_OK) {
        out->tmp_path = rft_path_join(out->target.dir, name.data);
        status = out->tmp_path != NULL ? rft_out_lock_note_temporary(&out->lock, name.data) : RFT_ERR_HOST_MEMORY;
        if (out->tmp_path != NULL)
            name = (struct rft_str){0}; /* the lock's now */
    }
    rft_str_finish(&name);
    RFT_TRY(status);
    out->fd = open(out->tmp_path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    return out->fd >= 0 ? take_modes(out) : rft_os_error(out->tmp_path, "create");
}

enum rft_status rft_out_begin(struct rft_out_file *out)
{
    enum rft_status status;
    if (out->target.kind == RFT_TARGET_NONE)
        return RFT_OK;
    status = out->target.kind == RFT_TARGET_STREAM ? open_stream(out) : create_temporary(out);
    if (status != RFT_OK)
        rft_out_abandon(out);
    return status;
}

/* What is written next does not block. */
static enum rft_status wait_writable(const struct rft_out_file *out)
{
    enum rft_status status = rft_os_wait(out->fd, out->target.path, true);
    if (status == RFT_ERR_INTERRUPTED)
        rft_log_warn("%s: interrupted; a stream cannot be gone on with", out->target.path);
    return status;
}

static enum rft_status write_out(struct rft_out_file *out)
{
    const bool is_stream = out->target.kind == RFT_TARGET_STREAM;
    const char *p = out->buffer.data;
    size_t left = out->buffer.len;
    while (left != 0) {
        size_t n = is_stream && left > PIPE_BUF ? PIPE_BUF : left;
        ssize_t wrote;
        if (is_stream)
            RFT_TRY(wait_writable(out));
        wrote = write(out->fd, p, n);
        if (wrote < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (wrote <= 0)
            return rft_os_error(is_stream ? out->target.path : out->tmp_path, "write");
        p += wrote;
        left -= (size_t)wrote;
    }
    rft_str_clear(&out->buffer);
    return RFT_OK;
}

enum rft_status rft_out_write(struct rft_out_file *out, const void *bytes, size_t n)
{
    if (out->target.kind == RFT_TARGET_NONE)
        return RFT_OK;
    RFT_TRY(rft_str_append(&out->buffer, bytes, n));
    return out->buffer.len < BUFFER_BYTES ? RFT_OK : write_out(out);
}

static void sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Some file systems cannot sync a directory; the file is in its place, so that is no failure. */
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

/* Puts the temporary file under a name that nothing stands under; errno EEXIST if something does. */
static int put_new(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    /* A file system that cannot do that in one step. */
    if (link(from, to) == 0)
        return unlink(from);
    if (errno == EEXIST)
        return -1;
    if (rft_file_id_of(to, false).exists) {
        errno = EEXIST;
        return -1;
    }
    return rename(from, to);
}

static enum rft_status put_in_place(struct rft_out_file *out)
{
    const struct rft_file_id now = rft_file_id_of(out->target.path, false);
    int result;
    RFT_TRY(rft_out_check_unchanged(out));
    result = now.exists ? rename(out->tmp_path, out->target.path) : put_new(out->tmp_path, out->target.path);
    if (result == 0)
        return RFT_OK;
    return errno == EEXIST ? refuse_changed(out, false) : rft_os_error(out->tmp_path, "rename to its final name");
}

static enum rft_status commit_file(struct rft_out_file *out)
{
    struct rft_file_id id;
    int fd;
    RFT_TRY(write_out(out));
    if (fsync(out->fd) != 0)
        return rft_os_error(out->tmp_path, "write");
    id = rft_file_id_of_fd(out->fd);
    fd = out->fd;
    out->fd = -1; /* closed, even if that fails */
    if (close(fd) != 0)
        return rft_os_error(out->tmp_path, "write");
    RFT_TRY(rft_out_lock_note_written(&out->lock, &id, &out->target.before));
    RFT_TRY(put_in_place(out));
    rft_free(out->tmp_path);
    out->tmp_path = NULL;
    out->may_replace = true; /* it is ours now */
    out->target.before = id;
    sync_dir(out->target.dir);
    return rft_out_lock_note_temporary(&out->lock, NULL);
}

enum rft_status rft_out_commit(struct rft_out_file *out)
{
    enum rft_status status = RFT_OK;
    if (out->target.kind != RFT_TARGET_NONE)
        status = out->target.kind == RFT_TARGET_FILE ? commit_file(out) : write_out(out);
    rft_out_abandon(out);
    return status;
}

void rft_out_abandon(struct rft_out_file *out)
{
    if (out->target.kind == RFT_TARGET_NONE)
        return;
    if (out->fd >= 0)
        close(out->fd);
    out->fd = -1;
    if (out->tmp_path != NULL) {
        unlink(out->tmp_path);
        rft_free(out->tmp_path);
        out->tmp_path = NULL;
        (void)rft_out_lock_note_temporary(&out->lock, NULL);
    }
    rft_str_finish(&out->buffer);
}

enum rft_status rft_out_write_all(struct rft_out_file *out, struct rft_bytes bytes)
{
    enum rft_status status = rft_out_begin(out);
    if (status == RFT_OK)
        status = rft_out_write(out, bytes.data, bytes.len);
    if (status == RFT_OK)
        status = rft_out_commit(out);
    rft_out_abandon(out);
    return status;
}

void rft_out_close(struct rft_out_file *out, bool is_done)
{
    rft_out_abandon(out);
    rft_out_lock_give(&out->lock, !is_done);
    rft_target_finish(&out->target);
    *out = (struct rft_out_file){.fd = -1, .lock = {.fd = -1}};
}
