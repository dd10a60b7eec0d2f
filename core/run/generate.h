/* SPDX-License-Identifier: MIT */
/* Draws every sample that the journal does not hold yet: group after group of questions, chunk after chunk of samples,
 * committed after each chunk and every second. Memory that turns out short leads to a smaller plan, a lost device is opened again;
 * nothing is lost. */
#ifndef RFT_GENERATE_H
#define RFT_GENERATE_H

#include "budget.h"
#include "config.h"
#include "engine.h"
#include "inputs.h"
#include "journal.h"
#include "prefix.h"
#include "progress.h"

struct rft_generation {
    const struct rft_config *config;
    struct rft_inputs *inputs;
    struct rft_journal *journal;
    struct rft_engine *engine;    /* loaded */
    struct rft_plan plan;
    uint32_t *n_left;             /* [questions]: samples to draw */
    struct rft_progress progress;
    struct rft_progress_state state;
    struct rft_prefix prefix;     /* of all prompts */
    struct rft_str text;          /* of a sample, while it is looked at */
    uint64_t n_tokens;            /* of the samples that ended */
    uint64_t n_prompt_tokens;     /* that went through the model */
    double seconds;               /* spent generating */
    double commit_seconds;        /* when the journal was last committed, or a chunk begun */
    bool commit_failed;           /* within a chunk, and said: it is not tried again */
    uint64_t first_question;      /* all before it are done */
    uint32_t n_lost;              /* times the device was lost since the last chunk that ended well */
};

/* RFT_ERR_INTERRUPTED after Ctrl-C, with everything that ended committed. */
enum rft_status rft_generate(struct rft_generation *generation);

#endif
