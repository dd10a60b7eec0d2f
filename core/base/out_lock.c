/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* flock */
#include "out_lock.h"

#include "alloc.h"
#include "log.h"
#include "os.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The text, as small as it is, is written at once. */
#define TEXT_BYTES_MAX 2048
#define TRIES_MAX 100

static const char magic[] = "rftgen-lock 1\n";

struct text {
    char bytes[TEXT_BYTES_MAX];
    size_t len;
};

static bool is_ours(const struct text *text)
{
    size_t n = sizeof magic - 1;
    return memcmp(text->bytes, magic, text->len < n ? text->len : n) == 0; /* a killed run may have left a part of it */
}

static enum rft_status read_text(const struct rft_out_lock *lock, struct text *text)
{
    ssize_t n = pread(lock->fd, text->bytes, sizeof text->bytes - 1, 0);
    text->len = n > 0 ? (size_t)n : 0;
    text->bytes[text->len] = '\0';
    return n >= 0 ? RFT_OK : rft_os_error(lock->path, "read");
}

/* Appends a line at n; returns the new length. */
static int put_id(struct text *text, int n, const char *word, const struct rft_file_id *id)
{
    if (!id->exists)
        return n;
    return n + snprintf(text->bytes + n, sizeof text->bytes - (size_t)n,
                        "%s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRId64 " %" PRId64 "\n", word, id->dev, id->ino,
                        id->bytes, id->mtime_s, id->mtime_ns);
}

static enum rft_status write_text(const struct rft_out_lock *lock)
{
    struct text text;
    char host[65] = "";
    int n;
    if (gethostname(host, sizeof host - 1) != 0)
        host[0] = '\0';
    n = snprintf(text.bytes, sizeof text.bytes, "%sprocess %ld%s%s\n", magic, (long)getpid(), *host ? " on " : "",
                 host);
    if (lock->temporary != NULL)
        n += snprintf(text.bytes + n, sizeof text.bytes - (size_t)n, "temporary %s\n", lock->temporary);
    n = put_id(&text, n, "written", &lock->written);
    n = put_id(&text, n, "earlier", &lock->earlier);
    text.len = (size_t)n;
    if (pwrite(lock->fd, text.bytes, text.len, 0) != (ssize_t)text.len || ftruncate(lock->fd, (off_t)text.len) != 0 ||
        fdatasync(lock->fd) != 0)
        return rft_os_error(lock->path, "write");
    return RFT_OK;
}

/* The value of a whole line "<word> <value>"; false if there is none. */
static bool find_line(const struct text *text, const char *word, char *value, size_t size)
{
    size_t n = strlen(word);
    for (const char *line = text->bytes, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        if (strncmp(line, word, n) != 0 || line[n] != ' ')
            continue;
        snprintf(value, size, "%.*s", (int)(end - line - (ptrdiff_t)n - 1), line + n + 1);
        return true;
    }
    return false;
}

static enum rft_status refuse_taken(const struct rft_target *target, const struct rft_out_lock *lock)
{
    struct text text;
    char owner[160] = "";
    RFT_TRY(read_text(lock, &text));
    (void)find_line(&text, "process", owner, sizeof owner);
    rft_log_error(
        "%s = %s: another rftgen is writing it (process %s, says %s); wait for it to end, or give another path",
        target->key, target->path, owner[0] != '\0' ? owner : "unknown", lock->path);
    return RFT_ERR_IO;
}

static enum rft_status refuse_foreign(const struct rft_target *target, const struct rft_out_lock *lock)
{
    rft_log_error("%s: is no lock file of rftgen, and is left alone; move it away, or give another %s", lock->path,
                  target->key);
    return RFT_ERR_IO;
}

/* Opens and locks. *again: the file was removed by its owner, between our open and our lock. */
static enum rft_status try_lock(const struct rft_target *target, struct rft_out_lock *lock, bool *again)
{
    struct rft_file_id id, there;
    *again = false;
    lock->fd = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (lock->fd < 0)
        return rft_os_error(lock->path, "open");
    id = rft_file_id_of_fd(lock->fd);
    if (!S_ISREG(id.mode))
        return refuse_foreign(target, lock);
    /* A file system without locks is no reason to stop. */
    if (flock(lock->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return refuse_taken(target, lock);
    there = rft_file_id_of(lock->path, false);
    *again = !rft_file_id_is_same(&id, &there);
    return RFT_OK;
}

/* Only names that rft_out_file makes are believed: the text might be torn. */
static bool is_temporary_name(const char *name)
{
    size_t n = strlen(name);
    return name[0] == '.' && strchr(name, '/') == NULL && n > 22 && strcmp(name + n - 4, ".tmp") == 0 &&
           strspn(name + n - 20, "0123456789abcdef") == 16 && name[n - 21] == '.';
}

static enum rft_status remove_leftover(const struct rft_target *target, const char *name)
{
    char *path = is_temporary_name(name) ? rft_path_join(target->dir, name) : NULL;
    struct rft_file_id id;
    if (path == NULL)
        return is_temporary_name(name) ? RFT_ERR_HOST_MEMORY : RFT_OK;
    id = rft_file_id_of(path, false);
    if (id.exists && S_ISREG(id.mode) && unlink(path) == 0)
        rft_log_info("%s: what an interrupted run left of it is removed", path);
    rft_free(path);
    return RFT_OK;
}

static void take_id(const struct text *text, const char *word, struct rft_file_id *id)
{
    char value[TEXT_BYTES_MAX];
    if (find_line(text, word, value, sizeof value))
        id->exists = sscanf(value, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNd64 " %" SCNd64, &id->dev, &id->ino,
                            &id->bytes, &id->mtime_s, &id->mtime_ns) == 5;
}

/* Takes over what an earlier run left in the file. */
static enum rft_status take_over(const struct rft_target *target, struct rft_out_lock *lock)
{
    struct text text;
    char value[TEXT_BYTES_MAX];
    RFT_TRY(read_text(lock, &text));
    if (!is_ours(&text))
        return refuse_foreign(target, lock);
    if (find_line(&text, "temporary", value, sizeof value))
        RFT_TRY(remove_leftover(target, value));
    take_id(&text, "written", &lock->written);
    take_id(&text, "earlier", &lock->earlier);
    return write_text(lock);
}

/* Closes without a word to the next run: the file stays as it is. */
static void drop(struct rft_out_lock *lock)
{
    if (lock->fd >= 0)
        close(lock->fd);
    rft_free(lock->path);
    rft_free(lock->temporary);
    *lock = (struct rft_out_lock){.fd = -1};
}

enum rft_status rft_out_lock_take(const struct rft_target *target, struct rft_out_lock *lock)
{
    struct rft_str path = {0};
    bool again = true;
    enum rft_status status = rft_str_printf(&path, "%s%s", target->path, RFT_OUT_LOCK_SUFFIX);
    *lock = (struct rft_out_lock){.fd = -1, .path = path.data};
    for (int i = 0; status == RFT_OK && again && i < TRIES_MAX; i++) {
        if (lock->fd >= 0)
            close(lock->fd);
        status = try_lock(target, lock, &again);
    }
    if (status == RFT_OK)
        status = take_over(target, lock);
    if (status != RFT_OK)
        drop(lock);
    return status;
}

enum rft_status rft_out_lock_note_temporary(struct rft_out_lock *lock, char *name)
{
    rft_free(lock->temporary);
    lock->temporary = name;
    return write_text(lock);
}

bool rft_out_lock_has_written(const struct rft_out_lock *lock, const struct rft_file_id *id)
{
    return rft_file_id_is_unchanged(&lock->written, id) || rft_file_id_is_unchanged(&lock->earlier, id);
}

enum rft_status rft_out_lock_note_written(struct rft_out_lock *lock, const struct rft_file_id *written,
                                          const struct rft_file_id *there)
{
    bool is_ours = there->exists && rft_out_lock_has_written(lock, there);
    lock->earlier = is_ours ? *there : (struct rft_file_id){0};
    lock->written = *written;
    return write_text(lock);
}

void rft_out_lock_forget_written(struct rft_out_lock *lock)
{
    lock->written = lock->earlier = (struct rft_file_id){0};
}

void rft_out_lock_give(struct rft_out_lock *lock, bool keep)
{
    struct rft_file_id own, there;
    if (lock->path == NULL)
        return;
    own = rft_file_id_of_fd(lock->fd);
    there = rft_file_id_of(lock->path, false);
    /* While it is locked: who has opened it already finds that it is gone, and makes another. */
    if ((!keep || (lock->temporary == NULL && !lock->written.exists)) && rft_file_id_is_same(&own, &there))
        unlink(lock->path);
    drop(lock);
}
