/* SPDX-License-Identifier: MIT */
/* The verdicts of a run's samples: each sample is judged once, when it ends, and the outputs take the verdict from
 * here. A rule that is a command is asked while the run goes on, as far as its queue has room. */
#ifndef RFT_JUDGING_H
#define RFT_JUDGING_H

#include "config.h"
#include "dataset.h"
#include "judges.h"
#include "output.h"
#include "verify.h"

#include <stdbool.h>
#include <stdint.h>

struct rft_judged; /* a verdict in a few bytes */

/* Zero-initialise; close it. */
struct rft_judging {
    struct rft_verify *verify;
    struct rft_judges *judges; /* kind = command; else NULL */
    struct rft_judged *judged; /* [n_questions][n_samples]; NULL: nothing is kept */
    uint32_t n_samples;
    struct rft_str gold, reason; /* scratch */
};

struct rft_judging_options {
    const struct rft_verify_options *verify; /* texts are borrowed */
    uint64_t n_questions;
    uint32_t n_samples;        /* 0: every sample is asked for once, and nothing is kept */
    const char *verdicts_path; /* where a command's verdicts are kept meanwhile; NULL: nowhere */
};

/* Whether [verify] can be opened: to be known before a model is read. Errors name the key. */
enum rft_status rft_judging_check(const struct rft_config *config);
/* The same errors. */
enum rft_status rft_judging_open(const struct rft_config *config, const struct rft_judging_options *options,
                                 struct rft_judging *judging);
/* is_done: the outputs are written, and a command's verdicts are not needed any more. */
void rft_judging_close(struct rft_judging *judging, bool is_done);
/* Bytes of what is kept, and of a command's queue. */
uint64_t rft_judging_bytes(const struct rft_config *config, uint64_t n_questions, uint32_t n_samples);

/* The verdict of a sample of a question; judges it if that has not been done. A command is asked if it has room, never
 * waited for: as long as it has not answered, the verdict says must_ask. */
enum rft_status rft_judging_judge(struct rft_judging *judging, const struct rft_question *question,
                                  const struct rft_sample *sample, struct rft_verdict *verdict);
/* Asks the command for all samples that it was not asked for, and waits for its verdicts. RFT_ERR_INTERRUPTED after a
 * signal; what is decided by then is kept. */
enum rft_status rft_judging_settle(struct rft_judging *judging, const struct rft_dataset *dataset,
                                   const struct rft_samples *samples);
/* Samples that a command has accepted since it was asked; 0 for other rules, which answer at once. */
uint64_t rft_judging_n_later(const struct rft_judging *judging);
/* The verdicts for the writer of outputs, once all are settled. */
struct rft_output_judge rft_judging_for_output(struct rft_judging *judging);

#endif
