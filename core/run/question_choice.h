/* SPDX-License-Identifier: MIT */
/* The keys of [data] as the reader of questions takes them. */
#ifndef RFT_QUESTION_CHOICE_H
#define RFT_QUESTION_CHOICE_H

#include "config.h"
#include "dataset.h"

/* Reads the questions; see rft_dataset_load. */
enum rft_status rft_questions_load(const struct rft_config *config, struct rft_dataset *dataset);

#endif
