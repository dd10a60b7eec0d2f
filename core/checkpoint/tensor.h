/* SPDX-License-Identifier: MIT */
/* A tensor of a checkpoint. */
#ifndef RFT_TENSOR_H
#define RFT_TENSOR_H

#include "delta.h"
#include "tensor_list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a tensor's bytes lie. Names are Hugging Face names ("model.layers.0.self_attn.q_proj.weight") in both
 * containers: the GGUF reader translates its own. */
struct rft_tensor {
    char *name;
    enum rft_dtype dtype;
    uint32_t n_dims;
    uint64_t dims[RFT_TENSOR_DIMS_MAX]; /* outermost first: [rows][columns] */
    const uint8_t *data;                /* in a map of the checkpoint's */
    uint64_t bytes;
    uint32_t rope_heads;      /* non-zero: rows are permuted per head as llama.cpp does for q and k; undo them */
    struct rft_delta *deltas; /* [n_deltas] what adapters add to the rows, in this order; owned by the checkpoint */
    size_t n_deltas;
    bool is_adapted; /* an adapter replaced its bytes or added a delta */
};

/* Rows [row_0, row_0 + n_rows) of a matrix (a vector is one row) as f32 into dst [n_rows][columns], row permutation
 * undone, adapters merged. */
void rft_tensor_rows_f32(const struct rft_tensor *tensor, uint64_t row_0, uint64_t n_rows, float *dst);

/* The bytes of one row of a matrix as the file has them, row permutation undone, without what adapters add. */
const uint8_t *rft_tensor_row(const struct rft_tensor *tensor, uint64_t row);

/* The format (RFT_FORMAT_*) that holds a matrix as it is stored; RFT_FORMAT_BF16 if none does, or if an adapter adds to
 * its rows: then it is no longer what the file's blocks say. */
uint32_t rft_tensor_format(const struct rft_tensor *tensor);

#endif
