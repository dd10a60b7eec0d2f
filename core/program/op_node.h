/* SPDX-License-Identifier: MIT */
/* What emitters have in common: a node begins, is told what it reads and writes, and ends. */
#ifndef RFT_OP_NODE_H
#define RFT_OP_NODE_H

#include "op.h"

void node_begin(struct rft_emit *e, struct rft_node *node, enum rft_op op);
void node_end(struct rft_emit *e, struct rft_node *node, const void *args, size_t args_bytes);

/* The range's address; it has at least this many bytes. */
uint64_t reads(struct rft_node *node, struct rft_range range, uint64_t bytes);
uint64_t writes(struct rft_node *node, struct rft_range range, uint64_t bytes);
/* The same of one part of a matrix. */
uint64_t reads_matrix(struct rft_node *node, const struct rft_matrix *w, uint32_t part);

/* Bytes of [rows][n] elements of this many bytes; of normed rows. */
uint64_t rows_of(const struct rft_emit *e, uint64_t n, uint64_t element_bytes);
uint64_t h_bytes(const struct rft_emit *e);

/* Rows of a matrix's part. */
uint32_t part_rows(const struct rft_matrix *w, uint32_t part);

/* f32 of 1 / n, and of 1 / cap: 0 for no cap. */
uint32_t inverse_bits(uint64_t n);
uint32_t inverse_cap_bits(float cap);

#endif
