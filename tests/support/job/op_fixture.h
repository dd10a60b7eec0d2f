/* SPDX-License-Identifier: MIT */
/* A call of every emitter, on buffers that are told apart by their addresses. */
#ifndef RFT_OP_FIXTURE_H
#define RFT_OP_FIXTURE_H

#include "op.h"

#define N_ROWS 3u

/* Buffers far from each other, each of a size of its own: buffer b is at (b + 1) << 32. */
enum buffer {
    BATCH,
    ROWS,
    TABLES,
    X,
    H,
    Q,
    Y,
    WEIGHT,
    WEIGHT_2,
    WEIGHT_3,
    NORM,
    Q_COS_SIN,
    K_COS_SIN,
    BIAS,
    ALONE,
    NORM_2,
    PROMPT,
    OWN,
    SCRATCH,
    LOGITS,
    MASK,
    CUTOFFS,
    CANDIDATES,
    EOS,
    TOKENS,
    SCORES,
    LOGPROBS,
    N_BUFFERS
};

struct rft_range buffer(enum buffer b);

/* Of an empty program: N_ROWS rows, 8 heads of 64, 2 key-value heads, dim 100, labelled "layer 7". */
struct rft_emit emitter(struct rft_program *program);

/* With filters; and without: no logits, no cutoffs, but a candidate for each tile. */
struct rft_sampler filtered_sampler(void);
struct rft_sampler draw_sampler(uint32_t vocab);

/* A matrix in one piece, in WEIGHT. */
struct rft_matrix matrix(uint32_t n, uint32_t k);

/* Emits one op with everything that it may have: bias, cap, window, two tables, a wide norm,
 * scores. */
void run_emitter(struct rft_emit *e, enum rft_op op);

#endif
