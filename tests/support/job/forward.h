/* SPDX-License-Identifier: MIT */
/* Logits after every position of a token sequence, by the programs that rftgen runs. */
#ifndef RFT_FORWARD_H
#define RFT_FORWARD_H

#include "checkpoint.h"
#include "engine.h"
#include "status.h"

#include <stdbool.h>
#include <stdint.h>

/* logits: [n][vocab_size] f32. device: a device of the cpu backend ("" = the fastest). */
enum rft_status rft_test_forward(const struct rft_checkpoint *checkpoint, const char *device, const uint32_t *ids,
                                 uint32_t n, float *logits);

/* A sequence as a sample is made: n_prompt tokens at once, the others one after another, with their keys and values in
 * own pages. */
struct rft_test_sequence {
    const uint32_t *ids; /* [n] */
    uint32_t n_prompt, n;
    bool is_long; /* RoPE's long factors, from the first token on */
};

/* Logits of a sequence, on a device that is open and stays so; nothing is loaded before or behind. */
enum rft_status rft_test_decode_on(struct rft_engine *engine, const struct rft_checkpoint *checkpoint,
                                   const struct rft_test_sequence *sequence, float *logits);
/* The same on the cpu backend. */
enum rft_status rft_test_decode(const struct rft_checkpoint *checkpoint, const char *device,
                                const struct rft_test_sequence *sequence, float *logits);

#endif
