/* SPDX-License-Identifier: MIT */
/* One row of a questions file, as a question. */
#ifndef RFT_DATASET_ROW_H
#define RFT_DATASET_ROW_H

#include "row_reader.h"

/* Text, gold answers, options and id of *question, what there is of them (data NULL: it has none), views of the row,
 * whose strings are unescaped in place. If it can be no question of the run, reader->why says so; else it stays
 * empty. One that says something already is kept. */
enum rft_status rft_row_read(struct rft_row_reader *reader, struct rft_question *question);

#endif
