/* SPDX-License-Identifier: MIT */
#include "pairs.h"

#include "alloc.h"

#include <xxhash.h>

struct rft_pair_use {
    size_t n;    /* pairs that the text is in */
    size_t pair; /* the last one, counted from 1, for which it was found that its right text has had this one */
};

struct rft_pair_text rft_pair_text_of(uint32_t index, struct rft_bytes text)
{
    return (struct rft_pair_text){index, text.len, XXH64(text.data, text.len, 0)};
}

void rft_pairs_clear(struct rft_pairs *pairs)
{
    pairs->n_chosen = pairs->n_rejected = pairs->n = 0;
}

static bool holds(const struct rft_pair_text *texts, size_t n, struct rft_pair_text text)
{
    for (size_t i = 0; i < n; i++)
        if (texts[i].hash == text.hash && texts[i].n_bytes == text.n_bytes)
            return true;
    return false;
}

static enum rft_status add(struct rft_pair_text text, struct rft_pair_text **texts, size_t *n, size_t *cap)
{
    void *grown = *texts;
    if (rft_grow(&grown, cap, *n + 1, sizeof **texts) != 0)
        return RFT_ERR_HOST_MEMORY;
    *texts = grown;
    (*texts)[(*n)++] = text;
    return RFT_OK;
}

enum rft_status rft_pairs_add_chosen(struct rft_pairs *pairs, struct rft_pair_text text)
{
    if (holds(pairs->chosen, pairs->n_chosen, text))
        return RFT_OK;
    return add(text, &pairs->chosen, &pairs->n_chosen, &pairs->chosen_cap);
}

enum rft_status rft_pairs_add_rejected(struct rft_pairs *pairs, struct rft_pair_text text)
{
    if (holds(pairs->chosen, pairs->n_chosen, text) || holds(pairs->rejected, pairs->n_rejected, text))
        return RFT_OK;
    return add(text, &pairs->rejected, &pairs->n_rejected, &pairs->rejected_cap);
}

static enum rft_status make_room(struct rft_pairs *pairs, size_t n)
{
    void *grown = pairs->pairs;
    if (rft_grow(&grown, &pairs->pairs_cap, n, sizeof *pairs->pairs) != 0)
        return RFT_ERR_HOST_MEMORY;
    pairs->pairs = grown;
    grown = pairs->uses;
    if (rft_grow(&grown, &pairs->uses_cap, pairs->n_rejected, sizeof *pairs->uses) != 0)
        return RFT_ERR_HOST_MEMORY;
    pairs->uses = grown;
    for (size_t i = 0; i < pairs->n_rejected; i++)
        pairs->uses[i] = (struct rft_pair_use){0};
    return RFT_OK;
}

/* Whether a is the better partner of a right text of n_bytes. */
static bool is_better(enum rft_pair_by by, size_t n_bytes, const struct rft_pair_text *a, const struct rft_pair_text *b)
{
    size_t to_a = a->n_bytes > n_bytes ? a->n_bytes - n_bytes : n_bytes - a->n_bytes;
    size_t to_b = b->n_bytes > n_bytes ? b->n_bytes - n_bytes : n_bytes - b->n_bytes;
    return by == RFT_PAIR_FIRST ? false : by == RFT_PAIR_NEAREST ? to_a < to_b : to_a > to_b;
}

/* The wrong text for the next pair of right text c. There is one, as long as not all pairs are made. */
static size_t find_partner(const struct rft_pairs *pairs, enum rft_pair_by by, size_t c)
{
    const struct rft_pair_use *uses = pairs->uses;
    size_t best = pairs->n_rejected;
    for (size_t i = pairs->n; i >= pairs->n_chosen; i -= pairs->n_chosen) /* c's earlier turns */
        pairs->uses[pairs->pairs[i - pairs->n_chosen].rejected].pair = pairs->n + 1;
    for (size_t i = 0; i < pairs->n_rejected; i++) {
        if (uses[i].pair == pairs->n + 1)
            continue;
        if (best == pairs->n_rejected || uses[i].n < uses[best].n ||
            (uses[i].n == uses[best].n &&
             is_better(by, pairs->chosen[c].n_bytes, &pairs->rejected[i], &pairs->rejected[best])))
            best = i;
    }
    return best;
}

enum rft_status rft_pairs_make(struct rft_pairs *pairs, enum rft_pair_by by, uint32_t n_max)
{
    uint64_t n = (uint64_t)pairs->n_chosen * pairs->n_rejected; /* of all */
    if (n_max != RFT_PAIRS_ALL && n > n_max)
        n = n_max;
    pairs->n = 0;
    if (n == 0)
        return RFT_OK;
    RFT_TRY(make_room(pairs, n));
    while (pairs->n < n) {
        size_t c = pairs->n % pairs->n_chosen, r = find_partner(pairs, by, c);
        pairs->uses[r].n++;
        pairs->pairs[pairs->n++] = (struct rft_pair){(uint32_t)c, (uint32_t)r};
    }
    for (size_t i = 0; i < pairs->n; i++) /* from places in the lists to samples */
        pairs->pairs[i] = (struct rft_pair){pairs->chosen[pairs->pairs[i].chosen].index,
                                            pairs->rejected[pairs->pairs[i].rejected].index};
    return RFT_OK;
}

void rft_pairs_finish(struct rft_pairs *pairs)
{
    rft_free(pairs->chosen);
    rft_free(pairs->rejected);
    rft_free(pairs->pairs);
    rft_free(pairs->uses);
    *pairs = (struct rft_pairs){0};
}
