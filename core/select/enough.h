/* SPDX-License-Identifier: MIT */
/* When a question has enough accepted samples, of which some may not be known yet. */
#ifndef RFT_ENOUGH_H
#define RFT_ENOUGH_H

#include "path.h"
#include "select.h"
#include "status.h"

/* Zero-initialise; rft_enough_init fills it. */
struct rft_enough {
    struct rft_enough_first *firsts; /* [n] of accepted samples that count, the first ones, by number */
    uint32_t n;
    uint32_t n_wanted;
    enum rft_distinct distinct;
    struct rft_str scratch;
};

/* n_enough accepted samples are enough, at least 1; distinct: of equal ones the first alone counts. The memory grows
 * with n_enough. */
enum rft_status rft_enough_init(struct rft_enough *enough, enum rft_distinct distinct, uint32_t n_enough);
void rft_enough_finish(struct rft_enough *enough); /* zero-initialised is accepted */

/* An accepted sample of the question; in any order, each once. text: the completion. */
enum rft_status rft_enough_add(struct rft_enough *enough, uint32_t sample, struct rft_bytes text);

/* The least number at or before which enough of the samples that were added stand; UINT32_MAX: there are not enough. It
 * only falls as samples are added, and is final once every accepted sample before it was added. */
uint32_t rft_enough_bound(const struct rft_enough *enough);

#endif
