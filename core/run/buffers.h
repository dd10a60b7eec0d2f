/* SPDX-License-Identifier: MIT */
/* Which buffers a pool holds: one list for the plan and for the allocation (pool.h). */
#ifndef RFT_BUFFERS_H
#define RFT_BUFFERS_H

#include "decode.h"
#include "pool.h"

/* What a program's buffers are sized by. */
struct rft_work_shape {
    const struct rft_model_config *config;
    const struct rft_caps *caps;
    uint32_t n_rows;
    uint32_t n_keys_max;       /* longest sequence, in tokens */
    uint64_t n_table_entries;
    uint64_t n_own_pages;      /* 0 in a prefill */
    uint32_t n_eos;
    uint32_t n_new_max;        /* 0 in a prefill: no sampler */
};

/* The buffers of one program. The slices are for the host's reads and writes, `decode` and `sampler` for emitters. */
struct rft_work {
    struct rft_slice batch, rows, tables, h, mask, eos, tokens, logits, own_kv;
    struct rft_decode_buffers decode; /* prompt_kv is the caller's to fill in */
    struct rft_sampler sampler;
};

enum rft_status rft_work_take(struct rft_pool *pool, const struct rft_work_shape *shape, struct rft_work *work);

/* Weights and RoPE table: fills in the ranges of `weights` and the slices, [weights->n] of them, then the table's. */
enum rft_status rft_weights_take(struct rft_pool *pool, struct rft_weights *weights, struct rft_slice *slices,
                                 struct rft_slice *cos_sin);

/* KV pages of all layers. */
enum rft_status rft_pages_take(struct rft_pool *pool, const struct rft_model_config *config, uint64_t n_pages,
                               struct rft_slice *pages);

/* Pages that hold so many tokens. */
uint32_t rft_pages_for(uint32_t n_tokens);

#endif
