/* SPDX-License-Identifier: MIT */
/* One row of a questions file, ["question", gold, ...] or an object; and files that are none of these. */
#ifndef RFT_DATASET_ROW_H
#define RFT_DATASET_ROW_H

#include "dataset.h"
#include "json_text.h"

#include <stdbool.h>

/* Reads a row: text, gold and id of *question, what there is of them (data NULL: it has none), views of the row, whose strings are
 * unescaped in place. If it can be no question of the run, *why says so in one line; else *why stays empty. */
enum rft_status rft_dataset_read_row(const struct rft_dataset_options *options, const struct rft_json_value *source,
                                     struct rft_question *question, struct rft_str *why);

/* Whether one line is a whole row that is an array, as in JSON lines of arrays: its first element is no row itself. */
bool rft_dataset_is_row(const char *line, size_t len);

/* Says what a file is that is no array of rows and no JSON lines of them; RFT_ERR_INPUT. */
enum rft_status rft_dataset_refuse_file(const char *path, uint64_t line, struct rft_bytes text);
/* If the file is one object, not a row of a questions file, says what to make of it: RFT_ERR_INPUT; RFT_OK if it is not. Of one
 * that stands in a single line only rows inside it, or columns, are looked for. */
enum rft_status rft_dataset_refuse_object(const char *path, uint64_t line, struct rft_bytes text, bool is_single_line);

#endif
