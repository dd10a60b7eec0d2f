/* SPDX-License-Identifier: MIT */
/* What emitters share while they append a model's nodes to a program: its shapes, and where rows and tables lie. */
#ifndef RFT_EMIT_H
#define RFT_EMIT_H

#include "program.h"

/* The RMSNorm in front of a matmul: its factor is applied to the results. */
struct rft_norm {
    uint32_t dim;
    float eps;
    float post_eps; /* of norms behind a matmul, which see what it gives and not the stream */
};

struct rft_emit {
    struct rft_program *program;
    enum rft_status status;
    const char *label; /* of the nodes to come: "layer 3" */
    uint32_t n_rows;   /* rows the buffers have room for */
    uint32_t n_heads, n_kv_heads, head_dim;
    struct rft_norm norm;
    struct rft_range batch;  /* struct rft_batch */
    struct rft_range rows;   /* [n_rows] struct rft_row */
    struct rft_range tables; /* u32 */
};

#endif
