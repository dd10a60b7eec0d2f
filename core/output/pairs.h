/* SPDX-License-Identifier: MIT */
/* Which wrong text is set against which right one: rows of preference training (DPO; Rafailov et al. 2023,
 * arXiv:2305.18290), several pairs of a question as in iterative reasoning preference optimisation (Pang et al. 2024,
 * arXiv:2404.19733). */
#ifndef RFT_PAIRS_H
#define RFT_PAIRS_H

#include "status.h"
#include "str.h"

#include <stddef.h>
#include <stdint.h>

#define RFT_PAIRS_ALL UINT32_MAX

/* The wrong text that a right one is paired with: by the number of its sample, or by the distance of their lengths in
 * bytes, as preference training learns from lengths, too. */
enum rft_pair_by { RFT_PAIR_FIRST, RFT_PAIR_NEAREST, RFT_PAIR_FARTHEST };

/* A sample's text as it is written, in UTF-8, as far as pairs depend on it. Texts of one length and hash are taken for
 * equal: two that are not could only cost a pair. */
struct rft_pair_text {
    uint32_t index; /* of the sample */
    size_t n_bytes;
    uint64_t hash;
};
struct rft_pair_text rft_pair_text_of(uint32_t index, struct rft_bytes text);

struct rft_pair {
    uint32_t chosen, rejected; /* samples */
};

/* The pairs of a question. Zero-initialise, use again for the next, finish. */
struct rft_pairs {
    struct rft_pair_text *chosen, *rejected; /* [n_chosen], [n_rejected]: different texts */
    size_t n_chosen, n_rejected;
    struct rft_pair *pairs; /* [n] */
    size_t n;
    /* inner */
    size_t chosen_cap, rejected_cap, pairs_cap, uses_cap;
    struct rft_pair_use *uses; /* [n_rejected] */
};

/* Empties it for the next question; memory is kept. */
void rft_pairs_clear(struct rft_pairs *pairs);
/* Right texts in the order of the rows, then wrong ones in the order of their samples. One that was added before, right
 * or wrong, is passed over. */
enum rft_status rft_pairs_add_chosen(struct rft_pairs *pairs, struct rft_pair_text text);
enum rft_status rft_pairs_add_rejected(struct rft_pairs *pairs, struct rft_pair_text text);
/* Makes up to n_max pairs (RFT_PAIRS_ALL: every right text with every wrong one), the first n_max of all. The right
 * texts take turns in their order. The partner is, of the wrong texts that this right one has not had, one of those
 * that were used least; among them `by` decides, and where that leaves several, the first of them. So no text is used
 * twice before every one of its kind was used once, and no pair twice. */
enum rft_status rft_pairs_make(struct rft_pairs *pairs, enum rft_pair_by by, uint32_t n_max);
void rft_pairs_finish(struct rft_pairs *pairs);

#endif
