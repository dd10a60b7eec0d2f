/* SPDX-License-Identifier: MIT */
#include "file_id.h"

#include <sys/stat.h>

static struct rft_file_id id_of(const struct stat *info)
{
    return (struct rft_file_id){
        .exists = true,
        .mode = info->st_mode,
        .uid = info->st_uid,
        .gid = info->st_gid,
        .dev = info->st_dev,
        .ino = info->st_ino,
        .bytes = (uint64_t)info->st_size,
        .mtime_s = info->st_mtim.tv_sec,
        .mtime_ns = info->st_mtim.tv_nsec,
    };
}

struct rft_file_id rft_file_id_of(const char *path, bool follow)
{
    struct stat info;
    if ((follow ? stat(path, &info) : lstat(path, &info)) != 0)
        return (struct rft_file_id){0};
    return id_of(&info);
}

struct rft_file_id rft_file_id_of_fd(int fd)
{
    struct stat info;
    return fstat(fd, &info) == 0 ? id_of(&info) : (struct rft_file_id){0};
}

bool rft_file_id_is_same(const struct rft_file_id *a, const struct rft_file_id *b)
{
    return a->exists && b->exists && a->dev == b->dev && a->ino == b->ino;
}

bool rft_file_id_is_unchanged(const struct rft_file_id *a, const struct rft_file_id *b)
{
    if (!a->exists || !b->exists)
        return a->exists == b->exists;
    return rft_file_id_is_same(a, b) && a->bytes == b->bytes && a->mtime_s == b->mtime_s && a->mtime_ns == b->mtime_ns;
}
