/* SPDX-License-Identifier: MIT */
/* How each matrix of a model is packed (RFT_FORMAT_*, op_args.h): by the format that its tensors are stored in, and by
 * what the user asks for. It decides about the arithmetic (docs/arithmetic.md). */
#ifndef RFT_FORMATS_H
#define RFT_FORMATS_H

#include "model.h"

#include <stdbool.h>
#include <stdint.h>

/* All zeros: bf16. Where q, k and v, or gate and up, cannot be stacked as they are, all of them have the same. */
struct rft_formats {
    uint32_t embedding, head;
    struct rft_layer_formats {
        uint32_t q, k, v, o, gate_up, down;
    } layers[RFT_LAYERS_MAX];
};

/* Whether any matrix is of integers. */
bool rft_formats_have_integers(const struct rft_formats *formats);

/* XXH64 over the names (RFT_FORMAT_LIST) of what is not bf16, each with its place: the same whatever their layout. */
uint64_t rft_formats_hash(const struct rft_formats *formats);

#endif
