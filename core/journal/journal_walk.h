/* SPDX-License-Identifier: MIT */
/* Finds out what a journal's file holds, and whose it is. */
#ifndef RFT_JOURNAL_WALK_H
#define RFT_JOURNAL_WALK_H

#include "file.h"
#include "journal_run.h"
#include "status.h"

#include <stdbool.h>

/* What a walk over the file's lines found. */
struct rft_journal_found {
    bool is_known;          /* a header line is whole */
    uint64_t fingerprint;   /* of that header */
    struct rft_bytes lines; /* its lines, escaped: a view of the file */
    uint64_t n_samples;     /* lines of this run */
    uint64_t n_unasked;     /* of them are of other questions, or beyond the number of samples */
    uint64_t first;         /* where the first of them begins */
    uint64_t n_damaged;     /* lines before the last of them that are neither header nor of this run */
    uint64_t end;           /* of the last whole line: what is behind it is torn */
};

/* Hands over every whole line of a sample that the run asks for, whatever stands before it: each carries the proof that
 * it is this run's. `at`: where the line begins. One sample may come twice. */
enum rft_status rft_journal_walk(const struct rft_map *map, const struct rft_journal_run *run,
                                 void (*take)(void *user, uint64_t question, uint32_t sample, uint64_t at), void *user,
                                 struct rft_journal_found *found);

/* Whether the run may have the file. *fresh: nothing in it counts, and it may be overwritten, for it is blank or
 * `force` says so. RFT_ERR_INPUT, logged with what differs: it is another run's, or no journal. n_asked: samples that
 * the run asks for. Warns of what is damaged, torn or not asked for in a file that is the run's. */
enum rft_status rft_journal_judge(const char *path, const struct rft_journal_run *run, const struct rft_map *map,
                                  const struct rft_journal_found *found, uint64_t n_asked, bool force, bool *fresh);

#endif
