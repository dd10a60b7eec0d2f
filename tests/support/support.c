/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* mkdtemp, nftw */
#include "support.h"
#include "file.h"

#include <ftw.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char log_text[65536];
static size_t log_len;

/* Paths handed out live until exit: chained, so that a leak checker does not report them. */
struct kept_path {
    struct kept_path *next;
    char text[];
};
static struct kept_path *kept_paths;

static const char *join_and_keep(const char *root, const char *relative)
{
    size_t n = strlen(root) + strlen(relative) + 2;
    struct kept_path *path = malloc(sizeof *path + n);
    assert_non_null(path);
    snprintf(path->text, n, "%s/%s", root, relative);
    path->next = kept_paths;
    kept_paths = path;
    return path->text;
}

const char *rft_test_path(const char *relative)
{
    return join_and_keep(RFT_SOURCE_DIR, relative);
}

const char *rft_test_shared(const char *relative)
{
    const char *root = getenv("RFTGEN_SHARED_DATA");
    if (root == NULL || !*root)
        return NULL;
    const char *path = join_and_keep(root, relative);
    return rft_file_exists(path) ? path : NULL;
}

static char tmp_dir[64];

static int remove_entry(const char *path, const struct stat *info, int flag, struct FTW *walk)
{
    (void)info;
    (void)flag;
    (void)walk;
    return remove(path);
}

static void remove_tmp_dir(void)
{
    nftw(tmp_dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *rft_test_tmp_dir(void)
{
    if (!tmp_dir[0]) {
        snprintf(tmp_dir, sizeof tmp_dir, "/tmp/rftgen-test-XXXXXX");
        assert_non_null(mkdtemp(tmp_dir));
        atexit(remove_tmp_dir);
    }
    return tmp_dir;
}

const char *rft_test_tmp_path(const char *name)
{
    static char paths[8][256];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", rft_test_tmp_dir(), name);
    return path;
}

void rft_test_write_file(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void keep_line(void *user, enum rft_log_level level, const char *line)
{
    (void)user;
    size_t n = strlen(line);
    if (level > RFT_LOG_WARN || n + 2 > sizeof log_text)
        return;
    if (log_len + n + 2 > sizeof log_text)
        log_len = 0;
    memcpy(log_text + log_len, line, n);
    log_text[log_len + n] = '\n';
    log_text[log_len + n + 1] = 0;
    log_len += n + 1;
}

void rft_test_log_capture(void)
{
    log_len = 0;
    log_text[0] = 0;
    rft_log_set_sink(keep_line, NULL);
}

const char *rft_test_log_text(void)
{
    return log_text;
}

uint32_t rft_test_log_count(const char *part)
{
    uint32_t n = 0;
    for (const char *at = log_text; (at = strstr(at, part)) != NULL; at++)
        n++;
    return n;
}

void rft_test_log_release(void)
{
    rft_log_set_sink(NULL, NULL);
}

uint64_t rft_test_alloc_faults(enum rft_status (*fn)(void *user), void *user)
{
    assert_int_equal(fn(user), RFT_OK);
    rft_test_log_capture();
    uint64_t n = 0;
    for (;;) {
        uint64_t live = rft_alloc_n_live(), before = rft_alloc_count();
        rft_alloc_fail_at(n + 1, 0);
        enum rft_status status = fn(user);
        rft_alloc_fail_at(0, 0);
        uint64_t asked = rft_alloc_count() - before;
        if (rft_alloc_n_live() != live)
            fail_msg("allocation %llu failed and %lld allocations leaked", (unsigned long long)n + 1,
                     (long long)(rft_alloc_n_live() - live));
        if (asked <= n) { /* the run was too short to meet the failure: all were tried */
            assert_int_equal(status, RFT_OK);
            break;
        }
        n++;
    }
    rft_test_log_release();
    return n;
}

struct rft_out_file rft_test_out(const char *path)
{
    struct rft_out_file out;
    assert_int_equal(rft_out_open("output.path", path, true, &out), RFT_OK);
    assert_int_equal(rft_out_claim(&out), RFT_OK);
    out.may_replace = true;
    return out;
}

void rft_test_no_leftovers(void)
{
    DIR *dir = opendir(rft_test_tmp_dir());
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        size_t n = strlen(entry->d_name);
        if (n > 4 && strcmp(entry->d_name + n - 4, ".tmp") == 0)
            fail_msg("%s was left", entry->d_name);
    }
    closedir(dir);
}
