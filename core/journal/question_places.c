/* SPDX-License-Identifier: MIT */
#include "question_places.h"

#include "alloc.h"

/* Where one stands, or would be put. */
static uint64_t *find_slot(const struct rft_question_places *places, uint64_t identity)
{
    uint64_t i = identity & places->mask;
    while (places->slots[i] != 0 && rft_question_identity(&places->questions[places->slots[i] - 1]) != identity)
        i = (i + 1) & places->mask;
    return &places->slots[i];
}

enum rft_status rft_question_places_init(struct rft_question_places *places, const struct rft_question *questions,
                                         uint64_t n)
{
    places->questions = questions;
    places->mask = 63;
    while (places->mask < n * 2)
        places->mask = places->mask * 2 + 1;
    places->slots = rft_alloc(places->mask + 1, sizeof *places->slots);
    if (places->slots == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (uint64_t q = 0; q < n; q++)
        *find_slot(places, rft_question_identity(&questions[q])) = q + 1;
    return RFT_OK;
}

bool rft_question_places_find(const struct rft_question_places *places, uint64_t identity, uint64_t *place)
{
    const uint64_t at = *find_slot(places, identity);
    *place = at - 1;
    return at != 0;
}

void rft_question_places_finish(struct rft_question_places *places)
{
    rft_free(places->slots);
    *places = (struct rft_question_places){0};
}
