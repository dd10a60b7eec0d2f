/* SPDX-License-Identifier: MIT */
/* Draws every sample that the journal does not hold yet (drawing.h), and judges it; committed after each chunk and
 * every second. Nothing is lost when a run ends early. */
#ifndef RFT_GENERATE_H
#define RFT_GENERATE_H

#include "drawing.h"
#include "journal.h"
#include "judging.h"

/* What a run has drawn. */
struct rft_generated {
    struct rft_draw_totals drawn;
    double seconds; /* that it took */
};

/* Every sample that has ended is judged. By the setup's plan, on its engine, which is loaded. RFT_ERR_INTERRUPTED after
 * Ctrl-C, with everything that ended committed. */
enum rft_status rft_generate(const struct rft_config *config, struct rft_setup *setup, struct rft_journal *journal,
                             struct rft_judging *judging, bool is_quiet, struct rft_generated *generated);

#endif
