/* SPDX-License-Identifier: MIT */
/* One chunk: a list of samples to draw, on slots that take the next sample of the list when one ends. Its pool is
 * opened at the beginning and given back whole at the end. */
#ifndef RFT_CHUNK_H
#define RFT_CHUNK_H

#include "verdict.h"
#include "group.h"
#include "slots.h"

/* A sample that has ended. */
struct rft_drawn {
    const struct rft_flight *flight;
    uint32_t sample; /* its number */
    const uint32_t *tokens;
    const float *logprobs; /* [n_tokens] of each token; NULL: they were not asked for */
    uint32_t n_tokens;     /* drawn, an end token counted */
    uint32_t n_text;       /* this many of them, from the first, are its text's */
    enum rft_finish finish;
};

/* What happens with tokens; called between bursts. */
struct rft_chunk_sink {
    void *user;
    /* Is there an end that only text shows (a stop string) among tokens [n_before, n)? Sets *n_kept to the tokens up to
     * and with the one that completes it, or to 0. */
    enum rft_status (*cut)(void *user, const uint32_t *tokens, uint32_t n_before, uint32_t n, uint32_t *n_kept);
    enum rft_status (*ended)(void *user, const struct rft_drawn *drawn);
    /* n_tokens more were drawn since the last call. Anything but RFT_OK: stop with it, keeping what has ended. */
    enum rft_status (*go_on)(void *user, uint32_t n_tokens);
    /* Is a sample that has not ended still wanted? If not it is done without having ended. NULL: all are. */
    enum rft_status (*is_wanted)(void *user, const struct rft_flight *flight, uint32_t sample, bool *is_wanted);
};

/* Draws every sample that is asked for and not done, and marks it. On a failure (out of device memory, device lost,
 * interrupted) the requests marked done have been handed to the sink, or were not wanted, the others have not; every
 * block has been given back. */
enum rft_status rft_chunk_run(struct rft_engine *engine, const struct rft_plan *plan, const struct rft_group *group,
                              struct rft_request *requests, uint32_t n_requests, const struct rft_chunk_sink *sink);

#endif
