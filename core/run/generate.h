/* SPDX-License-Identifier: MIT */
/* Draws every sample that is needed and that the journal does not hold yet (drawing.h), and judges it; committed after
 * each chunk and every second. Nothing is lost when a run ends early. */
#ifndef RFT_GENERATE_H
#define RFT_GENERATE_H

#include "drawing.h"
#include "journal.h"
#include "judging.h"
#include "needed.h"

/* What a run draws with, and where its samples go; nothing is owned. */
struct rft_generate_job {
    struct rft_setup *setup;
    struct rft_journal *journal;
    struct rft_judging *judging;
    struct rft_needed *needed;
};

/* What a run has drawn. */
struct rft_generated {
    struct rft_draw_totals drawn;
    double seconds;      /* that it took */
    uint64_t n_accepted; /* of its samples and those before, as far as the rule answers at once */
};

/* Judges what the journal holds, and notes in job->needed what that leaves to do. Where a number of accepted samples is
 * enough it may be called again, once a command has answered. */
enum rft_status rft_generate_count(const struct rft_generate_job *job, struct rft_generated *generated);

/* After that: draws what is left. Every sample that has ended is judged. By the setup's plan, on its engine, which is
 * loaded. RFT_ERR_INTERRUPTED after Ctrl-C, with everything that ended committed. */
enum rft_status rft_generate(const struct rft_generate_job *job, bool is_quiet, struct rft_generated *generated);

#endif
