/* SPDX-License-Identifier: MIT */
/* One case: a kernel, its shape and its values. */
#ifndef RFT_KERNEL_CASE_H
#define RFT_KERNEL_CASE_H

#include "program.h"

#include <stdbool.h>
#include <stdint.h>

enum rft_values {
    RFT_VALUES_PLAIN, /* around 1 */
    RFT_VALUES_WIDE,  /* any magnitude, zeros of both signs among them */
    RFT_VALUES_BAD,   /* plain, but a third of the rows meets values that are infinite, NaN or at least 2^60 */
    RFT_VALUES_TIES,  /* few different ones; pairs of outputs that are equal, so that a fused operation leaves a rest */
    RFT_VALUES_TINY,  /* around 2^-26: products are around 2^-50, where flushing begins */
    RFT_VALUES_LOGITS, /* -40 to 40: some exponentials count, some do not */
    RFT_VALUES_ZERO,   /* all +0: logits that leave the noise alone to be seen */
};

struct rft_kernel_case {
    enum rft_op op;
    enum rft_values values;
    bool is_quick;   /* at most a million products, for devices that are checked before each use */
    bool has_idle;   /* some rows are not running */
    bool is_prefill; /* the rows are one prompt's neighbouring tokens */
    uint32_t rows;   /* in use; buffers have room for up to three more, which must be left alone */
    uint32_t n, k;   /* the matrix is [n][k]; gate_up: ffn_dim is n; qkv: k alone; n alone: vocab, parts */
    uint32_t format; /* RFT_FORMAT_* of the matrix */
    uint32_t first;  /* of a matrix in parts; score: entries before it have no token */
    uint32_t flags;
    uint32_t n_heads, n_kv_heads, head_dim;
    uint32_t n_prompt, n_own; /* keys: at most; rows differ */
    uint32_t window;          /* of keys; 0 = none */
    uint32_t act;             /* RFT_ACT_* */
    float cap;                /* 0 = none */
    bool has_bias;
    bool is_scored;      /* advance: log-probabilities of k parts */
    bool has_two_tables; /* queries and keys are rotated by different ones; heads: are normed all together, too */
    float temperature, min_p;
    bool is_sweep; /* some rows have another temperature, some are greedy */
    uint32_t top_k, top_p_65536;
};

#endif
