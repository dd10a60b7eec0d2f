/* SPDX-License-Identifier: MIT */
/* What the caller's side (judges.c) and the thread that feeds the workers (judge_thread.c) share. */
#ifndef RFT_JUDGE_THREAD_H
#define RFT_JUDGE_THREAD_H

#include "judge_worker.h"
#include "judge_types.h"
#include "process_tree.h"
#include "verdicts.h"

#include <pthread.h>

struct rft_judge_list {
    struct rft_judge_item *first, **end; /* end: where the next one is hung; NULL = at first */
    size_t n;
};

/* What the thread has to say, for the caller's side to log. */
enum { RFT_JUDGE_N_WARNINGS = 10, RFT_JUDGE_MESSAGE_BYTES = 800 };

struct rft_judges {
    /* Set once. */
    struct rft_judge_options options; /* its texts are not used after the opening */
    char **command;                   /* the file, arguments, NULL */
    char *helper;
    enum rft_judge_mode mode;
    uint64_t seed;
    bool watches_memory;
    int wake; /* eventfd: there is something to do */
    bool has_thread;
    pthread_t thread;
    bool has_lock; /* lock and changed */
    pthread_mutex_t lock;
    pthread_cond_t changed; /* something was decided, has failed, or is to be said */

    /* Under the lock. */
    struct rft_verdicts *verdicts;
    struct rft_judge_list queue, again; /* to be asked, and to be asked alone */
    uint64_t n_items, n_bytes;          /* taken and not decided */
    struct rft_judge_counts counts;
    bool stops, has_begun;  /* has_begun: the first worker runs */
    enum rft_status status; /* why the thread gave up; RFT_OK = it has not */
    int write_error;        /* errno of the journal */
    char start_error[RFT_JUDGE_MESSAGE_BYTES];
    char warnings[RFT_JUDGE_N_WARNINGS][RFT_JUDGE_MESSAGE_BYTES];
    unsigned n_warnings, n_said;

    /* The thread's. */
    struct rft_judge_worker *workers; /* [n_workers] */
    struct rft_judge_item **places;   /* [n_workers][batch] of their items */
    struct pollfd *fds;               /* of the wake, and of every worker */
    struct rft_process_tree tree;
    double next_look; /* at the memory */
    bool warned_duplicate;
};

void rft_judge_list_append(struct rft_judge_list *list, struct rft_judge_item *item);
/* NULL if it is empty. */
struct rft_judge_item *rft_judge_list_take(struct rft_judge_list *list);
void rft_judge_item_free(struct rft_judge_item *item);

/* The thread; ends when judges->stops is set, or with judges->status. Kills and reaps all workers first. */
void *rft_judge_thread(void *judges);

#endif
