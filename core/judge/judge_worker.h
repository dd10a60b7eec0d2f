/* SPDX-License-Identifier: MIT */
/* One worker: a judge's process below its helper (judge_helper.h), the pipes to it, and what it was asked. Nothing here
 * waits, but for the reaping of a helper that has ended. */
#ifndef RFT_JUDGE_WORKER_H
#define RFT_JUDGE_WORKER_H

#include "judge_helper.h"
#include "judge_line.h"

#include <poll.h>
#include <sys/types.h>

/* A request on its way. */
struct rft_judge_item {
    struct rft_judge_item *next;
    struct rft_judge_key key;
    struct rft_str line; /* as it is sent */
    bool is_lone;        /* a second try: alone, in a fresh process */
};

enum rft_judge_worker_state {
    RFT_JUDGE_WORKER_NONE,
    RFT_JUDGE_WORKER_RUNNING,
    RFT_JUDGE_WORKER_ENDING, /* told to end; what it writes no longer counts */
};

#define RFT_JUDGE_WORDS_BYTES 400
#define RFT_JUDGE_FAILURE_BYTES 120

struct rft_judge_worker {
    enum rft_judge_worker_state state;
    enum rft_judge_mode mode;
    pid_t pid;                         /* the helper's */
    int input, output, errors, status; /* our ends; -1 = closed */
    struct rft_str to_send;            /* from n_sent on */
    size_t n_sent;
    struct rft_str received;           /* a line that has not ended, and what follows */
    size_t n_read;                     /* of it, lines that were handed out */
    char words[RFT_JUDGE_WORDS_BYTES]; /* the last of its stderr */
    size_t n_words;
    struct rft_judge_item **items; /* [n_items] not answered yet; owned by the worker */
    size_t n_items;
    uint64_t n_answers, n_idle_lines;
    bool has_started, is_ready;
    pid_t group;                /* the judge's, as its namespace counts */
    struct rft_judge_event end; /* kind 0: not told, or not yet */
    bool is_lone;               /* its item is a second try */
    double deadline;            /* of the next answer, where items are left; of the end, where it is ending */
    const char *closed;         /* "closed its output", or its input before all was read; NULL = neither */
    double closed_at;
    enum rft_judge_cause cause; /* why it failed; NONE: it did not */
    char failure[RFT_JUDGE_FAILURE_BYTES];
};

/* None, with places for so many items as will be sent at once; they stay the caller's. */
void rft_judge_worker_init(struct rft_judge_worker *worker, struct rft_judge_item **items);
/* Starts the helper. command: ends with NULL; helper: the executable. RFT_ERR_IO with errno, not logged. */
enum rft_status rft_judge_worker_start(struct rft_judge_worker *worker, const char *helper, enum rft_judge_mode mode,
                                       char *const *command);
/* Runs the helper to its end to find the mode that works. */
enum rft_judge_mode rft_judge_worker_probe(const char *helper);

/* Hands an item over; room for it is the caller's. On a failure the item stays the caller's. */
enum rft_status rft_judge_worker_send(struct rft_judge_worker *worker, struct rft_judge_item *item);

#define RFT_JUDGE_N_POLLED 4
/* What to wait for; `fds` has RFT_JUDGE_N_POLLED places. */
void rft_judge_worker_poll(const struct rft_judge_worker *worker, struct pollfd *fds);
/* Writes and reads what can be, without waiting. */
enum rft_status rft_judge_worker_move(struct rft_judge_worker *worker, const struct pollfd *fds, double now);
/* The next whole line that was received, without its newline; false if there is none. Good until the next call of
 * rft_judge_worker_move. A line over the bound is a failure of the worker. */
bool rft_judge_worker_next_line(struct rft_judge_worker *worker, struct rft_bytes *line);

/* Notes why the worker failed; the first cause stays. */
void rft_judge_worker_fail(struct rft_judge_worker *worker, enum rft_judge_cause cause, const char *format, ...)
    RFT_PRINTF(3, 4);
/* The same by what the helper told of its end: when everything that the worker wrote was read, as that comes first. */
void rft_judge_worker_fail_by_end(struct rft_judge_worker *worker);
/* Tells the helper to end everything. */
void rft_judge_worker_kill(struct rft_judge_worker *worker, double now);
/* For one that did not end then: kills what can be found. */
void rft_judge_worker_kill_hard(struct rft_judge_worker *worker);
/* Nothing more comes: a judge ends then. */
void rft_judge_worker_close_input(struct rft_judge_worker *worker);
/* Whether the helper is gone, and everything with it: reaps it. */
bool rft_judge_worker_has_ended(struct rft_judge_worker *worker);
/* Gives back what is left, after the end: none again. Items are the caller's to take away before. */
void rft_judge_worker_finish(struct rft_judge_worker *worker);

#endif
