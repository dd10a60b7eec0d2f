/* SPDX-License-Identifier: MIT */
#include "hash_set.h"

#include "alloc.h"

#define PLACES_MIN 64

static bool is_free(struct rft_text_hash place)
{
    return place.low == 0 && place.high == 0;
}

/* Where the hash stands, or would. There is a free place. */
static struct rft_text_hash *find(const struct rft_hash_set *set, struct rft_text_hash hash)
{
    size_t at = (size_t)hash.low & (set->n_places - 1);
    while (!is_free(set->places[at]) && !rft_text_hash_equal(set->places[at], hash))
        at = (at + 1) & (set->n_places - 1);
    return &set->places[at];
}

static enum rft_status grow(struct rft_hash_set *set)
{
    struct rft_hash_set larger = {.n_places = set->n_places != 0 ? set->n_places * 2 : PLACES_MIN, .n = set->n};
    larger.places = rft_alloc(larger.n_places, sizeof *larger.places);
    if (larger.places == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (size_t i = 0; i < set->n_places; i++)
        if (!is_free(set->places[i]))
            *find(&larger, set->places[i]) = set->places[i];
    rft_hash_set_finish(set);
    *set = larger;
    return RFT_OK;
}

enum rft_status rft_hash_set_add(struct rft_hash_set *set, struct rft_text_hash hash, bool *is_new)
{
    if (is_free(hash))
        hash.low = 1;
    *is_new = false;
    if (set->n + 1 > set->n_places / 4 * 3)
        RFT_TRY(grow(set));
    struct rft_text_hash *place = find(set, hash);
    *is_new = is_free(*place);
    *place = hash;
    set->n += *is_new;
    return RFT_OK;
}

void rft_hash_set_finish(struct rft_hash_set *set)
{
    rft_free(set->places);
    *set = (struct rft_hash_set){0};
}
