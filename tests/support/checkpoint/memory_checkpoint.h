/* SPDX-License-Identifier: MIT */
/* A checkpoint of any description, without files: its tensors in F32, with the builder's weights (rft_test_weight). */
#ifndef RFT_MEMORY_CHECKPOINT_H
#define RFT_MEMORY_CHECKPOINT_H

#include "checkpoint.h"

void rft_test_memory_checkpoint(const struct rft_model_config *config, uint64_t seed,
                                struct rft_checkpoint *checkpoint);
void rft_test_memory_checkpoint_finish(struct rft_checkpoint *checkpoint);

/* The elements of a tensor, to change. */
float *rft_test_memory_values(const struct rft_checkpoint *checkpoint, const char *name);

/* Puts random blocks of a quantised type in place of every tensor whose name holds `part`: any integers, scales such
 * that a row's products with numbers around 1 are around 1. */
void rft_test_memory_quantise(struct rft_checkpoint *checkpoint, const char *part, enum rft_dtype dtype);

#endif
