/* SPDX-License-Identifier: MIT */
/* Judging without drawing: completions that exist already, ours or anybody's, under [verify]. */
#ifndef RFT_JUDGE_ROWS_H
#define RFT_JUDGE_ROWS_H

#include "config.h"
#include "status.h"

#include <stdbool.h>

/* Reads config->data_questions as completions (completions.h), judges each, writes rows, records and summary as a run
 * does, and prints the table of verdicts on stdout (to the log if an output goes through stdout). The records of a run,
 * judged again by its own configuration, give its records and rows byte for byte. force: replace existing outputs. */
enum rft_status rft_judge_rows(const struct rft_config *config, bool force);

#endif
