/* SPDX-License-Identifier: MIT */
/* Buffers of a kernel case, filled: what the builders of kernel_cases.c are made of. Each returns the buffer's address.
 * A buffer that a kernel only writes starts as bits that no kernel writes, so that a store left out shows; padding is
 * zero. */
#ifndef RFT_KERNEL_CASE_INPUTS_H
#define RFT_KERNEL_CASE_INPUTS_H

#include "kernel_case_values.h"

uint64_t rft_case_batch(const struct rft_build *b);
/* Rows in groups of four that share a prompt; their places differ. n_tokens: of the vocabulary; 0 = tokens do not
 * matter. */
uint64_t rft_case_rows(const struct rft_build *b, uint32_t n_tokens);
/* Page numbers in no order. */
uint64_t rft_case_tables(const struct rft_build *b);
/* A packed matrix [n][k] of the case's format. */
uint64_t rft_case_matrix(const struct rft_build *b, uint32_t n, uint32_t k);
/* f32 [rows][n]. */
uint64_t rft_case_floats(const struct rft_build *b, const char *name, enum rft_call_kind kind, uint32_t n);
/* The weight of a norm. */
uint64_t rft_case_norm(const struct rft_build *b, uint32_t dim);
/* A bias for n packed rows, or 0 where the case has none. */
uint64_t rft_case_bias(const struct rft_build *b, uint32_t n);
uint64_t rft_case_queries(const struct rft_build *b);
/* Activation rows of k elements, quantised where the case's matrix is of integers. */
uint64_t rft_case_activations(const struct rft_build *b, const char *name, enum rft_call_kind kind, uint32_t k);
uint64_t rft_case_normed(const struct rft_build *b, enum rft_call_kind kind, uint32_t dim);
/* Twice as many positions as the case has: some rows' tables begin at the second half. */
uint64_t rft_case_cos_sin(const struct rft_build *b, const char *name);
/* Pages of keys and values: is_own ? the rows' own pages : prompt pages. */
uint64_t rft_case_pages(const struct rft_build *b, enum rft_call_kind kind, bool is_own);
/* The vocabulary has all but a few tokens. */
uint64_t rft_case_mask(const struct rft_build *b, uint32_t vocab);

/* Only written: rows of n elements of this many bytes, the first n_used of which are to be written. */
uint64_t rft_case_output(const struct rft_build *b, const char *name, uint32_t n, uint32_t n_used,
                         uint32_t element_bytes);
/* Activation rows of k elements, and normed rows; their quantised parts, too. */
uint64_t rft_case_row_output(const struct rft_build *b, uint32_t k);
uint64_t rft_case_normed_output(const struct rft_build *b, uint32_t dim);

#endif
