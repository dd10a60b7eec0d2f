/* SPDX-License-Identifier: MIT */
#include "job.h"

#include "file.h"
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RECORDS ".records"
#define RECORDS_LOCK RECORDS RFT_OUT_LOCK_SUFFIX
static const char *const suffixes[] = {"", RECORDS, ".journal", RFT_OUT_LOCK_SUFFIX, RECORDS_LOCK};

static void path_of(const struct rft_test_job *job, const char *suffix, char path[256])
{
    snprintf(path, 256, "%s/%s.json%s", rft_test_tmp_dir(), job->name, suffix);
}

const char *rft_test_job_path(const struct rft_test_job *job, const char *suffix)
{
    static char paths[8][256];
    static int next;
    char *path = paths[next++ % 8];
    path_of(job, suffix, path);
    return path;
}

enum rft_status rft_test_job_run(const struct rft_test_job *job)
{
    static const char *ini;
    char output[280], records[280];
    const char *sets[RFT_JOB_SETS_MAX + 2] = {output, records};
    size_t n_sets = 2;
    struct rft_config config;
    enum rft_status status;
    if (ini == NULL)
        ini = rft_test_path("tests/e2e/tiny.ini");
    rft_log_set_level(RFT_LOG_WARN);
    snprintf(output, sizeof output, "output.path=%s", rft_test_job_path(job, ""));
    snprintf(records, sizeof records, "output.records=%s", rft_test_job_path(job, ".records"));
    for (size_t i = 0; i < RFT_JOB_SETS_MAX && job->sets[i] != NULL; i++)
        sets[n_sets++] = job->sets[i];
    RFT_TRY(rft_config_load(ini, sets, n_sets, RFT_USE_TO_DRAW, &config));
    status = rft_run(&config, job->force, true);
    rft_config_finish(&config);
    return status;
}

void rft_test_job_bytes(const struct rft_test_job *job, struct rft_str *bytes)
{
    for (int i = 0; i < 2; i++) {
        struct rft_str text;
        assert_int_equal(rft_file_read(rft_test_job_path(job, suffixes[i]), UINT64_MAX, &text), RFT_OK);
        assert_int_equal(rft_str_append(bytes, text.data, text.len), RFT_OK);
        rft_str_finish(&text);
    }
}

void rft_test_job_clean(const struct rft_test_job *job)
{
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char path[256];
        path_of(job, suffixes[i], path);
        unlink(path);
    }
    rft_test_no_leftovers();
}

void rft_test_job_once(const struct rft_test_job *job, struct rft_str *bytes)
{
    rft_test_job_clean(job);
    assert_int_equal(rft_test_job_run(job), RFT_OK);
    assert_false(rft_file_exists(rft_test_job_path(job, ".journal")));
    rft_test_job_bytes(job, bytes);
}

enum rft_status rft_test_stdout_of(enum rft_status (*fn)(void *user), void *user, struct rft_str *text)
{
    char path[256];
    int saved, file;
    enum rft_status status;
    struct rft_str written;
    snprintf(path, sizeof path, "%s/stdout", rft_test_tmp_dir());
    fflush(stdout);
    saved = dup(STDOUT_FILENO);
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(saved >= 0 && file >= 0 && dup2(file, STDOUT_FILENO) >= 0);
    status = fn(user);
    fflush(stdout);
    assert_true(dup2(saved, STDOUT_FILENO) >= 0);
    close(saved);
    close(file);
    assert_int_equal(rft_file_read(path, UINT64_MAX, &written), RFT_OK);
    assert_int_equal(rft_str_append(text, written.data, written.len), RFT_OK);
    rft_str_finish(&written);
    unlink(path);
    return status;
}

void rft_test_same_bytes(const struct rft_str *got, const struct rft_str *wanted, const char *what)
{
    size_t line = 1;
    if (rft_bytes_equal((struct rft_bytes){got->data, got->len}, (struct rft_bytes){wanted->data, wanted->len}))
        return;
    for (size_t i = 0; i < got->len && i < wanted->len && got->data[i] == wanted->data[i]; i++)
        line += got->data[i] == '\n';
    fail_msg("%s: %zu bytes, %zu were expected; line %zu is the first that differs", what, got->len, wanted->len, line);
}

void rft_test_job_expect(const struct rft_test_job *job, const struct rft_str *wanted, const char *what)
{
    struct rft_str got = {0};
    rft_test_job_once(job, &got);
    rft_test_same_bytes(&got, wanted, what);
    rft_str_finish(&got);
}
