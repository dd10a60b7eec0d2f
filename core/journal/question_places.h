/* SPDX-License-Identifier: MIT */
/* Where questions stand in a dataset, by their identities: for what was written down under other places. */
#ifndef RFT_QUESTION_PLACES_H
#define RFT_QUESTION_PLACES_H

#include "question.h"
#include "status.h"

#include <stdbool.h>
#include <stdint.h>

/* Zero-initialise; finish. */
struct rft_question_places {
    const struct rft_question *questions; /* borrowed */
    uint64_t *slots;                      /* [mask + 1] place + 1; 0 = free */
    uint64_t mask;
};

enum rft_status rft_question_places_init(struct rft_question_places *places, const struct rft_question *questions,
                                         uint64_t n);
/* The place of the question with this rft_question_identity; false if there is none. */
bool rft_question_places_find(const struct rft_question_places *places, uint64_t identity, uint64_t *place);
void rft_question_places_finish(struct rft_question_places *places);

#endif
