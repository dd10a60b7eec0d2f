/* SPDX-License-Identifier: MIT */
/* Draws samples of somebody's records again, on whatever device is there, and says of each whether it is the same, byte
 * for byte. Nothing is written but to stdout. */
#ifndef RFT_REPLAY_H
#define RFT_REPLAY_H

#include "config.h"
#include "status.h"

#include <stdbool.h>

/* config->data_questions: the records; questions come from there, and no other key of [data] counts. lines, fraction:
 * which of them (replay_choice.h), NULL = all. What a record says of model, prompt, settings, seed, temperature and
 * arithmetic is compared first, and where it is not this configuration's the sample counts as different without being
 * drawn. Records of samples that were not drawn, and of rows that were left out, are passed over. RFT_ERR_DIFFERENT if
 * any sample is not the same; else as rft_run. */
enum rft_status rft_replay(const struct rft_config *config, const char *lines, const char *fraction, bool is_quiet);

#endif
