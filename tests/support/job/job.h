/* SPDX-License-Identifier: MIT */
/* The whole run, in this process: the job of tests/e2e/tiny.ini with some keys changed. */
#ifndef RFT_JOB_H
#define RFT_JOB_H

#include "run.h"
#include "str.h"

#define RFT_JOB_SETS_MAX 24

struct rft_test_job {
    const char *name;                   /* of its output files, in the test's temporary directory */
    const char *sets[RFT_JOB_SETS_MAX]; /* "section.key=value", up to the first NULL */
    bool force;
};

/* Runs it, quietly. */
enum rft_status rft_test_job_run(const struct rft_test_job *job);

/* "<dir>/<name>.json" + suffix; for instance ".journal". Valid until exit. */
const char *rft_test_job_path(const struct rft_test_job *job, const char *suffix);

/* Appends the bytes of the output and the records; fails the test if there are none. */
void rft_test_job_bytes(const struct rft_test_job *job, struct rft_str *bytes);

/* Removes output, records, journal and temporary files. Fails the test if a temporary file was left. */
void rft_test_job_clean(const struct rft_test_job *job);

/* Runs it afresh and appends its bytes; it must succeed. */
void rft_test_job_once(const struct rft_test_job *job, struct rft_str *bytes);

/* Runs it afresh; its bytes must be `wanted`. `what` is for messages. */
void rft_test_job_expect(const struct rft_test_job *job, const struct rft_str *wanted, const char *what);

/* What fn writes to the standard output, appended to `text`; its status. */
enum rft_status rft_test_stdout_of(enum rft_status (*fn)(void *user), void *user, struct rft_str *text);

/* Fails the test, naming the first line that differs. */
void rft_test_same_bytes(const struct rft_str *got, const struct rft_str *wanted, const char *what);

#endif
