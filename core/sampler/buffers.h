/* SPDX-License-Identifier: MIT */
/* Which buffers a pool holds: one list for the plan, for the allocation (pool.h) and for a dump. */
#ifndef RFT_BUFFERS_H
#define RFT_BUFFERS_H

#include "decode.h"
#include "pool.h"

/* What a program's buffers are sized by, beside the model. */
struct rft_work_shape {
    uint32_t n_rows;
    uint32_t n_keys_max; /* longest sequence, in tokens */
    uint32_t n_scratch;  /* pieces of attention's scratch, as the device's caps say */
    uint64_t n_table_entries;
    uint32_t n_own_pages; /* 0 in a prefill */
    uint32_t n_eos;
    uint32_t n_new_max; /* 0 in a prefill: no sampler */
    bool is_filtered;   /* the sampler filters: it has logits and cutoffs */
    bool is_scored;     /* the sampler scores: it has logits, scores and log-probabilities */
};

/* The buffers of one program. The slices are for the host's reads and writes, `decode` and `sampler` for emitters. */
struct rft_work {
    struct rft_slice batch, rows, tables, h, mask, eos, tokens, logits, logprobs;
    struct rft_range *own_kv;         /* [n_layers]; NULL without own pages */
    struct rft_decode_buffers decode; /* prompt_kv is the caller's to fill in */
    struct rft_sampler sampler;
};

/* One of them. */
struct rft_work_buffer {
    const char *name;
    struct rft_range *range; /* in work->decode or work->sampler */
    struct rft_slice *slice; /* in work; NULL: the host neither reads nor writes it */
    uint64_t bytes;
};
#define RFT_WORK_BUFFERS_MAX 19

/* Lists all but the own pages in the order in which they lie, and returns how many there are: a prefill has no
 * sampler's. */
size_t rft_work_list(const struct rft_model_config *config, const struct rft_work_shape *shape, struct rft_work *work,
                     struct rft_work_buffer list[RFT_WORK_BUFFERS_MAX]);
/* Takes the buffers; all but work->own_kv is set anew. own_kv: [n_layers] of the caller's, to be filled in; NULL if
 * there are no own pages, or while measuring. */
enum rft_status rft_work_take(struct rft_pool *pool, const struct rft_model_config *config,
                              const struct rft_work_shape *shape, struct rft_work *work);
/* Bytes of one row's normed hidden state. */
uint64_t rft_h_bytes(uint32_t dim);

/* Weights and RoPE table: fills in the ranges of `weights`. The last n_host_layers layers' weights are taken from
 * `host`, a pool of RFT_PLACE_HOST. RFT_ERR_UNSUPPORTED, naming the tensor, when a matrix is too large for the device's
 * blocks and cannot lie in parts. */
enum rft_status rft_weights_take(struct rft_pool *pool, struct rft_pool *host, uint32_t n_host_layers,
                                 struct rft_weights *weights);

/* KV pages: a buffer for each layer, into ranges [n_layers]; NULL while measuring. */
enum rft_status rft_pages_take(struct rft_pool *pool, const struct rft_model_config *config, uint64_t n_pages,
                               struct rft_range *ranges);

/* Pages that hold this many tokens. */
uint32_t rft_pages_for(uint32_t n_tokens);

#endif
