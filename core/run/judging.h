/* SPDX-License-Identifier: MIT */
/* The verdicts of a run's samples: each sample is judged once, when it ends, and the outputs take the verdict from
 * here. */
#ifndef RFT_JUDGING_H
#define RFT_JUDGING_H

#include "dataset.h"
#include "output.h"
#include "verify.h"

#include <stdbool.h>
#include <stdint.h>

struct rft_judged; /* a verdict in a few bytes */

/* Zero-initialise; close it. */
struct rft_judging {
    struct rft_verify *verify;
    struct rft_judged *judged; /* [n_questions][n_samples] */
    uint64_t n_questions;
    uint32_t n_samples;
};

/* The options borrow their texts. n_samples 0: nothing is kept, since every sample is asked for once. */
enum rft_status rft_judging_open(const struct rft_verify_options *options, uint64_t n_questions, uint32_t n_samples,
                                 struct rft_judging *judging);
void rft_judging_close(struct rft_judging *judging);
/* Bytes of what is kept. */
uint64_t rft_judging_bytes(uint64_t n_questions, uint32_t n_samples);

/* The verdict of a sample of a question; judges it if that has not been done. */
enum rft_status rft_judging_judge(struct rft_judging *judging, const struct rft_question *question,
                                  const struct rft_sample *sample, struct rft_verdict *verdict);
/* The same for the writer of outputs. */
struct rft_output_judge rft_judging_for_output(struct rft_judging *judging);

#endif
