/* SPDX-License-Identifier: MIT */
/* A dataset without the parts of the file that nothing looks at any more. */
#ifndef RFT_DATASET_TRIM_H
#define RFT_DATASET_TRIM_H

#include "question.h"
#include "skipped.h"
#include "status.h"

/* What was made of a file, in the order of its rows. */
struct rft_parsed_rows {
    struct rft_question *questions; /* [n] */
    size_t n;
    struct rft_skipped *skipped; /* [n_skipped] */
    size_t n_skipped;
};

/* Moves the texts of the questions and of the rows that are left out together at the arena's beginning and gives the
 * rest of it back: what stands between them, other fields, rows that a filter or a limit passed over. Rows must stand
 * in the order of the file. RFT_ERR_HOST_MEMORY: the dataset can only be finished. */
enum rft_status rft_dataset_trim(const struct rft_parsed_rows *rows, struct rft_str *arena);

#endif
