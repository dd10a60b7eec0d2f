/* SPDX-License-Identifier: MIT */
/* Calls of every kernel on random data: shapes and values that kernels get wrong. A device's self-test and the conformance
 * tests take them from here. To check one case on a device:
 *
 *     expected.n_scratch = image.n_scratch = caps.n_scratch, and align_bytes the same
 *     kernel_case_build(&expected, c, 0), cpu_reference_run(&expected.node)
 *     block of kernel_case_bytes(c, n_scratch, align_bytes) bytes, kernel_case_build(&image, c, block.address)
 *     write image.bytes [image.used] to the block; run image.node; read the block back into `after`
 *     rft_call_is_right(&image, after, &expected, text) */
#ifndef RFT_KERNEL_CASES_H
#define RFT_KERNEL_CASES_H

#include "calls.h"

enum rft_values {
    RFT_VALUES_PLAIN, /* around 1 */
    RFT_VALUES_WIDE,  /* any magnitude, zeros of both signs among them */
    RFT_VALUES_BAD,   /* plain, but a third of the rows meets values that are infinite, NaN or at least 2^60 */
    RFT_VALUES_TIES,  /* few different ones; pairs of outputs that are equal, so that a fused operation leaves a rest */
    RFT_VALUES_TINY,  /* around 2^-26: products are around 2^-50, where flushing begins */
    RFT_VALUES_ZERO,  /* all +0: logits that leave the noise alone to be seen */
};

struct rft_kernel_case {
    enum rft_op op;
    enum rft_values values;
    bool is_quick;    /* at most a million products, for devices that are checked before each use */
    bool has_idle;    /* some rows are not running */
    bool is_prefill;  /* the rows are one prompt's neighbouring tokens */
    uint32_t rows;    /* in use; buffers have room for up to three more, which must be left alone */
    uint32_t n, k;    /* the matrix is [n][k]; gate_up: ffn_dim is n; qkv: k alone; n alone: vocab, parts */
    uint32_t first;   /* of a matrix in parts */
    uint32_t flags;
    uint32_t n_heads, n_kv_heads, head_dim;
    uint32_t n_prompt, n_own; /* keys: at most; rows differ */
    float temperature, min_p;
    uint32_t top_k, top_p_65536;
};

extern const struct rft_kernel_case kernel_cases[];
extern const uint32_t n_kernel_cases;

/* Rows that the case's buffers have room for. */
uint32_t kernel_case_capacity(const struct rft_kernel_case *c);

/* What kernel_case_build will make image->used. */
uint64_t kernel_case_bytes(const struct rft_kernel_case *c, uint32_t n_scratch, uint32_t align_bytes);

/* Prepares the case's call in image, for n_scratch and align_bytes as they are set there, at this base address; 0 stands for
 * the image's own bytes, so that the node can be run in place. An image can be built again and again. */
enum rft_status kernel_case_build(struct rft_call_image *image, const struct rft_kernel_case *c, uint64_t base);

/* "logits, rows 5, n 17 ...": what a failure says. */
void kernel_case_name(const struct rft_kernel_case *c, char text[RFT_CALL_TEXT_MAX]);

#endif
