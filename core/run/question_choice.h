/* SPDX-License-Identifier: MIT */
/* The keys of [data] as the readers of questions and completions take them. */
#ifndef RFT_QUESTION_CHOICE_H
#define RFT_QUESTION_CHOICE_H

#include "completions.h"
#include "config.h"
#include "dataset.h"

/* Reads the questions; see rft_dataset_load. */
enum rft_status rft_questions_load(const struct rft_config *config, struct rft_dataset *dataset);
/* Reads completions of another file; see rft_completions_load. */
enum rft_status rft_completions_read(const struct rft_config *config, const char *path,
                                     struct rft_completions *completions);
/* Records of a run, or rows that pass for them: read by their own fields, whatever [data] says. */
enum rft_status rft_records_read(const char *path, struct rft_completions *completions);

#endif
