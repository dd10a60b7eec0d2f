/* SPDX-License-Identifier: MIT */
/* Draws every sample that the journal does not hold yet: group after group of questions, chunk after chunk of samples,
 * committed after each chunk and every second. Memory that turns out short leads to a smaller plan, a lost device is
 * opened again; nothing is lost. */
#ifndef RFT_GENERATE_H
#define RFT_GENERATE_H

#include "journal.h"
#include "judging.h"
#include "setup.h"

/* What a run has drawn. */
struct rft_generated {
    uint64_t n_tokens;        /* of the samples that ended */
    uint64_t n_prompt_tokens; /* that went through the model */
    double seconds;           /* that it took */
};

/* Every sample that has ended is judged. By the setup's plan, on its engine, which is loaded. RFT_ERR_INTERRUPTED after
 * Ctrl-C, with everything that ended committed. */
enum rft_status rft_generate(const struct rft_config *config, struct rft_setup *setup, struct rft_journal *journal,
                             struct rft_judging *judging, bool is_quiet, struct rft_generated *generated);

#endif
