/* SPDX-License-Identifier: MIT */
#include "enough.h"

#include "alloc.h"

#include <string.h>

struct rft_enough_first {
    uint32_t sample;
    struct rft_text_hash key; /* of its path or text; of samples that all count, nothing */
};

enum rft_status rft_enough_init(struct rft_enough *enough, enum rft_distinct distinct, uint32_t n_enough)
{
    *enough = (struct rft_enough){.n_wanted = n_enough, .distinct = distinct};
    enough->firsts = rft_alloc(n_enough, sizeof *enough->firsts);
    return enough->firsts != NULL ? RFT_OK : RFT_ERR_HOST_MEMORY;
}

void rft_enough_finish(struct rft_enough *enough)
{
    rft_free(enough->firsts);
    rft_str_finish(&enough->scratch);
    *enough = (struct rft_enough){0};
}

/* Puts a sample, which is at or before the bound, in its place; what then is one too many stands behind enough others
 * and cannot matter any more. */
static void insert(struct rft_enough *enough, struct rft_enough_first first)
{
    uint32_t at = enough->n;
    while (at > 0 && enough->firsts[at - 1].sample > first.sample)
        at--;
    enough->n += enough->n < enough->n_wanted;
    memmove(&enough->firsts[at + 1], &enough->firsts[at], (enough->n - at - 1) * sizeof first);
    enough->firsts[at] = first;
}

static void remove_at(struct rft_enough *enough, uint32_t at)
{
    enough->n--;
    memmove(&enough->firsts[at], &enough->firsts[at + 1], (enough->n - at) * sizeof *enough->firsts);
}

enum rft_status rft_enough_add(struct rft_enough *enough, uint32_t sample, struct rft_bytes text)
{
    struct rft_enough_first first = {.sample = sample};
    if (sample > rft_enough_bound(enough))
        return RFT_OK;
    if (enough->distinct != RFT_DISTINCT_NO) {
        RFT_TRY(rft_distinct_key(enough->distinct, text, &enough->scratch, &first.key));
        for (uint32_t i = 0; i < enough->n; i++) {
            if (!rft_text_hash_equal(enough->firsts[i].key, first.key))
                continue;
            if (enough->firsts[i].sample < sample)
                return RFT_OK;
            remove_at(enough, i);
            break;
        }
    }
    insert(enough, first);
    return RFT_OK;
}

uint32_t rft_enough_bound(const struct rft_enough *enough)
{
    return enough->n == enough->n_wanted ? enough->firsts[enough->n - 1].sample : UINT32_MAX;
}
