/* SPDX-License-Identifier: MIT */
/* THE transformer: the decoder as a program, written once for all architectures, for prefill and for the decode step.
 */
#ifndef RFT_DECODE_H
#define RFT_DECODE_H

#include "op.h"
#include "weights.h"

/* Buffers that a program works in, for n_rows rows. */
struct rft_decode_buffers {
    uint32_t n_rows;
    struct rft_range batch;    /* struct rft_batch */
    struct rft_range rows;     /* [n_rows] struct rft_row */
    struct rft_range tables;   /* page tables, u32 */
    struct rft_range x;        /* [n_rows][dim] f32: the residual stream */
    struct rft_range h;        /* [n_rows][RFT_H_WORDS(dim)]: normed; after a program, each row's final hidden state */
    struct rft_range q;        /* [n_rows][n_heads head_dim] bf16 */
    struct rft_range attended; /* [n_rows][RFT_ROW_WORDS(n_heads head_dim)] */
    struct rft_range act;      /* [n_rows][RFT_ROW_WORDS(ffn_dim)] */
    struct rft_range heads;    /* [n_rows][(n_heads + 2 n_kv_heads) head_dim] f32; empty unless q and k are normed */
    struct rft_range alone;    /* [n_rows][dim] f32: what joins the stream through a norm; empty without such norms */
    struct rft_range scratch;  /* attention's */
    uint32_t scratch_floats;   /* of a piece */
    const struct rft_range *prompt_kv; /* [n_layers]: prompt pages */
    const struct rft_range *own_kv;    /* [n_layers]: own pages; NULL in a prefill */
};

/* Bytes of one KV page of one layer. */
uint64_t rft_kv_page_bytes(const struct rft_model_config *config);

/* Prefill: embeds the rows' tokens, stores their keys and values, leaves each row's final hidden state in h. The caller
 * finishes *program, also after a failure. */
enum rft_status rft_decode_prefill(const struct rft_weights *weights, const struct rft_decode_buffers *buffers,
                                   struct rft_program *program);

/* Step: from each row's hidden state in h to a token, and on through the transformer to the next hidden state. The
 * sampler's buffers are those that the sampling needs: with or without filters. */
enum rft_status rft_decode_step(const struct rft_weights *weights, const struct rft_decode_buffers *buffers,
                                const struct rft_sampler *sampler, const struct rft_sampling *sampling,
                                struct rft_program *program);

/* Logits of every row's hidden state in h: what the oracle tests read. */
enum rft_status rft_decode_logits(const struct rft_weights *weights, const struct rft_decode_buffers *buffers,
                                  struct rft_range logits, struct rft_program *program);

#endif
