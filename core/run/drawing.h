/* SPDX-License-Identifier: MIT */
/* Draws samples of an open setup's questions: group after group of questions, chunk after chunk of samples. Whoever
 * wants them says which, and takes each when it has ended. Memory that turns out short leads to a smaller plan, a lost
 * device is opened again; what has ended is not drawn again. */
#ifndef RFT_DRAWING_H
#define RFT_DRAWING_H

#include "chunk.h"
#include "setup.h"

/* Who wants samples; called between bursts, on one thread. */
struct rft_draw_job {
    void *user;
    /* Of a question the first sample from request->sample on that is wanted and has not ended: sets sample, key and
     * temperature; *found is false if there is none. */
    enum rft_status (*next)(void *user, uint64_t question, struct rft_request *request, bool *found);
    /* Whether a sample that is being drawn is still wanted; asked between bursts. NULL: it is. */
    enum rft_status (*is_wanted)(void *user, uint64_t question, uint32_t sample, bool *is_wanted);
    /* A sample has ended; text: of its tokens, up to a stop string. Both live until it returns. */
    enum rft_status (*ended)(void *user, const struct rft_drawn *drawn, struct rft_bytes text);
    /* A chunk is over, with this status; returns it, or what failed when the job kept what has ended. */
    enum rft_status (*end_chunk)(void *user, enum rft_status status);
    /* n_tokens more were drawn since the last call. Anything but RFT_OK: stop with it, keeping what has ended. */
    enum rft_status (*go_on)(void *user, uint32_t n_tokens);
};

/* What it took. */
struct rft_draw_totals {
    uint64_t n_tokens;        /* of the samples that ended, or were given up */
    uint64_t n_prompt_tokens; /* that went through the model */
};

/* Until `next` has no more for any question. By the setup's plan, on its engine, which is loaded. RFT_ERR_INTERRUPTED
 * after Ctrl-C. The totals count, too, what was drawn before a failure. */
enum rft_status rft_draw(struct rft_setup *setup, const struct rft_draw_job *job, struct rft_draw_totals *totals);

#endif
