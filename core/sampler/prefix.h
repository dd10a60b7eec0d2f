/* SPDX-License-Identifier: MIT */
/* The keys and values of the tokens that all prompts begin with (a few-shot template's examples), computed once by the
 * first prefill and kept on the host: later prompts get them by a copy instead of a prefill. Bits do not depend on it,
 * because a key's value depends on nothing but the tokens up to it. Lifetime: the run. */
#ifndef RFT_PREFIX_H
#define RFT_PREFIX_H

#include "engine.h"
#include "tokenizer.h"

struct rft_prefix {
    struct rft_ids ids; /* what all prompts begin with: a multiple of a page, and shorter than the shortest prompt */
    /* [n_layers][pages of ids][page] as on the device; NULL until kept. LongRoPE makes other keys for long samples: by
     * the span of the prompt's tables. */
    uint8_t *kv[RFT_ROPE_SPANS];
};

/* Takes the first n_shared ids, cut down to whole pages. */
enum rft_status rft_prefix_init(struct rft_prefix *prefix, const uint32_t *ids, uint32_t n_shared);
void rft_prefix_finish(struct rft_prefix *prefix);

/* Tokens of a prompt that need no prefill: 0 before the prefix was kept, or for a prompt that begins otherwise. */
uint32_t rft_prefix_n_known(const struct rft_prefix *prefix, enum rft_rope_span span, const struct rft_ids *prompt);

/* Is there one to be kept? */
bool rft_prefix_is_wanted(const struct rft_prefix *prefix, enum rft_rope_span span);
/* Keeps the prefix, or, where the host has no memory for it, does without from now on. Reads its pages, which begin at
 * first_page of each layer's pages, ranges of `pool`, from a finished prefill. */
enum rft_status rft_prefix_keep(struct rft_prefix *prefix, enum rft_rope_span span, struct rft_engine *engine,
                                const struct rft_pool *pool, const struct rft_range *pages, uint32_t first_page);
/* Writes them where another prompt wants them. */
enum rft_status rft_prefix_place(const struct rft_prefix *prefix, enum rft_rope_span span, struct rft_engine *engine,
                                 const struct rft_pool *pool, const struct rft_range *pages, uint32_t first_page);

#endif
