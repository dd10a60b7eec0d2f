/* SPDX-License-Identifier: MIT */
/* One row of a questions file, ["question", gold, ...] or an object. */
#ifndef RFT_DATASET_ROW_H
#define RFT_DATASET_ROW_H

#include "json_text.h"
#include "question.h"
#include "status.h"

#include <stdbool.h>

/* Reads a row: text, gold and id of *question, what there is of them (data NULL: it has none), views of the row, whose
 * strings are unescaped in place. If it can be no question of the run, *why says so in one line; else *why stays
 * empty. */
enum rft_status rft_dataset_read_row(const struct rft_dataset_options *options, const struct rft_json_value *source,
                                     struct rft_question *question, struct rft_str *why);

/* Whether one line is a whole row that is an array, as in JSON lines of arrays: its first element is no row itself. */
bool rft_dataset_is_row(const char *line, size_t len);

#endif
