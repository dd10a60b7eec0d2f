/* SPDX-License-Identifier: MIT */
/* Calls of every kernel on random data: shapes and values that kernels get wrong. */
#ifndef RFT_KERNEL_CASES_H
#define RFT_KERNEL_CASES_H

#include "fixture.h"

enum value_kind {
    VALUES_PLAIN, /* around 1 */
    VALUES_WIDE,  /* any magnitude, zeros of both signs among them */
    VALUES_BAD,   /* mostly plain; a few infinite, NaN or at least 2^60 */
    VALUES_TIES,  /* few different ones */
};

struct kernel_case {
    enum rft_op op;
    enum value_kind values;
    uint32_t rows;
    bool has_idle;    /* some rows are not running */
    bool is_prefill;  /* the rows are one prompt's neighbouring tokens */
    uint32_t n, k;    /* a matrix; n alone: dim, ffn_dim, vocab */
    uint32_t flags;
    uint32_t n_heads, n_kv_heads, head_dim;
    uint32_t n_prompt, n_own; /* keys: at most; rows differ */
    float temperature, min_p;
    uint32_t top_k, top_p_65536;
};

extern const struct kernel_case kernel_cases[];
extern const uint32_t n_kernel_cases;

/* Prepares the case's call. */
void kernel_case_build(struct fixture *f, const struct kernel_case *c);
/* "matmul rows 5 n 17 ...": what a failure says. Static text. */
const char *kernel_case_name(const struct kernel_case *c);

#endif
