/* SPDX-License-Identifier: MIT */
/* How each matrix of a model is packed (RFT_FORMAT_*, op_args.h): by the format that its tensors are stored in, and by
 * what the user asks for. It decides about the arithmetic (docs/arithmetic.md). */
#ifndef RFT_FORMATS_H
#define RFT_FORMATS_H

#include "checkpoint.h"

/* Values of model.compute. */
enum rft_compute {
    RFT_COMPUTE_AUTO, /* quantised formats as they are, the rest bf16 */
    RFT_COMPUTE_BF16, /* everything rounded to bf16 */
    RFT_COMPUTE_INT8, /* quantised formats as they are, the rest rounded to integers of 8 bits */
};

/* All zeros: bf16. Where q, k and v, or gate and up, cannot be stacked as they are, all of them have the same. */
struct rft_formats {
    uint32_t embedding, head;
    struct rft_layer_formats {
        uint32_t q, k, v, o, gate_up, down;
    } layers[RFT_LAYERS_MAX];
};

/* From a checkpoint with its adapters. */
void rft_formats_of(const struct rft_checkpoint *checkpoint, enum rft_compute compute, struct rft_formats *formats);

/* Whether any matrix is of integers. */
bool rft_formats_have_integers(const struct rft_formats *formats);

#endif
