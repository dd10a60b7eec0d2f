/* SPDX-License-Identifier: MIT */
/* The job of tests/e2e/tiny.ini on a device whose driver is made to fail or to lie: what comes of it, and a watch over
 * blocks. */
#ifndef RFT_DEVICE_JOB_H
#define RFT_DEVICE_JOB_H

#include "device.h"
#include "job.h"

/* Two questions, one after the other, with two chunks each. backend, device: settings "device.backend=...",
 * "device.device=..."; `set` is one more, or NULL. */
struct rft_test_job rft_device_job(const char *backend, const char *device, const char *set);
/* Appends what the cpu's plain form makes of it. */
void rft_device_job_wanted(const char *set, struct rft_str *bytes);
/* The job's bytes now, without running it, must be `wanted`. */
void rft_device_job_check(const struct rft_test_job *job, const struct rft_str *wanted, const char *what);

/* Blocks, as the core takes them: "chunk" is the label of what belongs to a chunk of samples. */
struct rft_watch {
    uint32_t n_chunks;        /* chunks whose blocks were all given back */
    uint32_t n_kept_back;     /* chunks after which the driver had more memory out than before */
    uint32_t n_moved;         /* chunks with as many blocks as the first one's, but elsewhere */
    uint32_t n_host;          /* blocks of RFT_PLACE_HOST */
    bool has_begun;           /* something was generated: blocks other than weights */
    uint64_t n_submits_first; /* submissions before the second chunk: afterwards the journal is not empty */
};
/* What is watched: what a driver has given out so far, in any unit, and how often work was submitted to it. */
struct rft_watched {
    const struct rft_backend *backend;
    uint64_t (*n_held)(void);
    uint64_t (*n_submits)(void);
};
/* Puts the watch into the place of all backends. */
struct rft_watch *rft_watch_begin(const struct rft_watched *watched);
/* Fails the test, with a message that begins with `what`, if a chunk's blocks were not given back, or if more than
 * n_kept_most chunks left memory behind: a block that a driver does not give up stays until the device is closed. */
void rft_watch_end(const char *what, uint32_t n_kept_most);

/* Runs with a fault in each, and what became of them. */
struct rft_fault_tally {
    uint32_t n_runs, n_not_met, n_recovered, n_errors;
};
struct rft_fault {
    const struct rft_test_job *job;
    const struct rft_str *wanted; /* its bytes without the fault */
    const char *what;             /* for messages */
    uint64_t n_failed;            /* calls that did fail */
    bool must_recover;
    const char *word; /* of the driver, in the message of a failed run; NULL: its own words will do */
    /* Runs the job again; nothing fails. */
    void (*run_again)(void *user, const char *what);
    void *user;
};
/* Judges a run that is over and whose log was captured: it gave the right bytes, or an error with a message, no output,
 * and the right bytes when it is run again. */
void rft_fault_judge(const struct rft_fault *fault, enum rft_status status, struct rft_fault_tally *tally);
/* The message that a failed run leaves. */
void rft_fault_check_message(const char *what, const char *word);
/* Fails the test if allocations leaked since there were n_live. */
void rft_fault_check_leaks(const char *what, uint64_t n_live);
/* The i-th of n calls to let fail out of n_calls: the first, the second, the last and others between them; from 1. */
uint64_t rft_fault_place(uint64_t i, uint64_t n, uint64_t n_calls);
void rft_fault_report(const char *name, const struct rft_fault_tally *tally, double seconds);

#endif
