/* SPDX-License-Identifier: MIT */
#include "out_target.h"

#include "alloc.h"
#include "log.h"
#include "os.h"
#include "str.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel allows */

static enum rft_status refuse(const char *key, const char *path, const char *why)
{
    rft_log_error("%s = %s: %s", key, path, why);
    return RFT_ERR_IO;
}

static bool is_stdout(const char *path)
{
    return strcmp(path, "/dev/stdout") == 0 || strcmp(path, "/dev/fd/1") == 0 || strcmp(path, "/proc/self/fd/1") == 0;
}

static enum rft_status resolve_stream(const char *given, bool may_stream, struct rft_target *target)
{
    if (!may_stream)
        return refuse(target->key, given,
                      "is a pipe or the standard output, which only the dataset, the records and the unsolved "
                      "questions may be; give the name of a file");
    if (!target->before.exists)
        return refuse(target->key, given, "the standard output is closed; open it, or give the name of a file");
    target->kind = RFT_TARGET_STREAM;
    target->path = rft_strdup(given);
    return target->path != NULL ? RFT_OK : RFT_ERR_HOST_MEMORY;
}

/* Takes a path apart: its directory, which must be there, and its last name. */
static enum rft_status take_apart(struct rft_target *target)
{
    const char *slash = strrchr(target->path, '/');
    target->name = slash != NULL ? slash + 1 : target->path;
    if (*target->name == '\0' || strcmp(target->name, ".") == 0 || strcmp(target->name, "..") == 0)
        return refuse(target->key, target->path, "is a directory; give the name of a file");
    rft_free(target->dir);
    target->dir = rft_path_dir(target->path);
    if (target->dir == NULL)
        return RFT_ERR_HOST_MEMORY;
    target->dir_id = rft_file_id_of(target->dir, true);
    if (target->dir_id.exists && S_ISDIR(target->dir_id.mode))
        return RFT_OK;
    rft_log_error("%s = %s: the directory %s does not exist; create it, or give another path", target->key,
                  target->path, target->dir);
    return RFT_ERR_IO;
}

/* Follows links to where a file would be written: there may be none yet. */
static enum rft_status follow(const char *given, struct rft_target *target)
{
    char link[PATH_MAX];
    target->path = rft_strdup(given);
    if (target->path == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (int i = 0; i <= LINKS_MAX; i++) {
        char *next;
        ssize_t n;
        RFT_TRY(take_apart(target));
        n = readlink(target->path, link, sizeof link - 1);
        if (n < 0)
            return RFT_OK; /* no link */
        link[n] = '\0';
        next = rft_path_join(target->dir, link);
        if (next == NULL)
            return RFT_ERR_HOST_MEMORY;
        rft_free(target->path);
        target->path = next;
    }
    return refuse(target->key, given, "its symbolic links go round in a circle");
}

/* Why a thing that stands there cannot be replaced; NULL if it can. */
static const char *why_not(uint32_t mode)
{
    if (S_ISREG(mode))
        return NULL;
    if (S_ISDIR(mode))
        return "is a directory; give the name of a file";
    if (S_ISCHR(mode) || S_ISBLK(mode))
        return "is a device, and only regular files are replaced; give another path, or /dev/null for no such output";
    return "is not a regular file, and nothing else is replaced; give another path";
}

static bool is_null_device(const struct rft_target *target)
{
    const struct rft_file_id dev = rft_file_id_of("/dev", true);
    return strcmp(target->name, "null") == 0 && rft_file_id_is_same(&dev, &target->dir_id);
}

static enum rft_status resolve_file(const char *given, struct rft_target *target)
{
    const struct rft_file_id seen = target->before; /* behind all links, as the system finds it */
    const char *why;
    RFT_TRY(follow(given, target));
    if (is_null_device(target)) {
        rft_target_finish(target);
        return RFT_OK;
    }
    target->kind = RFT_TARGET_FILE;
    target->before = rft_file_id_of(target->path, false);
    why = target->before.exists ? why_not(target->before.mode) : NULL;
    if (why != NULL)
        return refuse(target->key, given, why);
    if (seen.exists && !rft_file_id_is_same(&seen, &target->before))
        return refuse(target->key, given, "does not lead to a file that has a name; give another path");
    if (access(target->dir, W_OK | X_OK) != 0) {
        rft_log_error("%s = %s: nothing can be written to the directory %s: %s", target->key, given, target->dir,
                      strerror(errno));
        return RFT_ERR_IO;
    }
    return RFT_OK;
}

enum rft_status rft_target_resolve(const char *key, const char *given, bool may_stream, struct rft_target *target)
{
    enum rft_status status;
    *target = (struct rft_target){.key = key, .is_stdout = is_stdout(given)};
    if (*given == '\0')
        return RFT_OK;
    target->before = target->is_stdout ? rft_file_id_of_fd(STDOUT_FILENO) : rft_file_id_of(given, true);
    if (target->is_stdout || (target->before.exists && S_ISFIFO(target->before.mode)))
        status = resolve_stream(given, may_stream, target);
    else
        status = resolve_file(given, target);
    if (status != RFT_OK)
        rft_target_finish(target);
    return status;
}

void rft_target_finish(struct rft_target *target)
{
    rft_free(target->path);
    rft_free(target->dir);
    *target = (struct rft_target){0};
}

bool rft_target_is_same(const struct rft_target *a, const struct rft_target *b)
{
    if (a->kind == RFT_TARGET_NONE || b->kind == RFT_TARGET_NONE)
        return false;
    if (rft_file_id_is_same(&a->before, &b->before))
        return true;
    return a->kind == RFT_TARGET_FILE && b->kind == RFT_TARGET_FILE && rft_file_id_is_same(&a->dir_id, &b->dir_id) &&
           strcmp(a->name, b->name) == 0;
}
