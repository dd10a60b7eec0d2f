/* SPDX-License-Identifier: MIT */
/* A matrix in the packed layout (op_args.h), and where it lies. */
#ifndef RFT_MATRIX_H
#define RFT_MATRIX_H

#include "program.h"

/* A packed matrix in device memory (op_args.h): in one piece, or, if that is larger than a block of the device, in
 * parts of part_rows rows each. Only the matrices over the vocabulary may have more than one part. */
#define RFT_MATRIX_PARTS_MAX 16u
struct rft_matrix {
    uint32_t n;      /* rows: outputs */
    uint32_t k;      /* columns: inputs */
    uint32_t format; /* RFT_FORMAT_* */
    uint32_t n_parts;
    uint32_t part_rows; /* a multiple of 16; the last part may have fewer */
    struct rft_range parts[RFT_MATRIX_PARTS_MAX];
};

/* Bytes of a packed matrix [n][k] of this format, padded as op_args.h says. */
uint64_t rft_packed_bytes(uint64_t n, uint64_t k, uint32_t format);

#endif
