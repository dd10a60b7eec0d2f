/* SPDX-License-Identifier: MIT */
/* Logits after every position of a token sequence, by the programs that rftgen runs. */
#ifndef RFT_FORWARD_H
#define RFT_FORWARD_H

#include "checkpoint.h"
#include "status.h"

#include <stdint.h>

/* logits: [n][vocab_size] f32. device: a device of the cpu backend ("" = the fastest). */
enum rft_status rft_test_forward(const struct rft_checkpoint *checkpoint, const char *device, const uint32_t *ids,
                                 uint32_t n, float *logits);

/* The same, as a sample is made: the first n_prompt tokens are a prompt, computed at once, and the others come one
 * after another, with their keys and values in own pages. */
enum rft_status rft_test_decode(const struct rft_checkpoint *checkpoint, const char *device, const uint32_t *ids,
                                uint32_t n_prompt, uint32_t n, float *logits);

#endif
