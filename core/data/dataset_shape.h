/* SPDX-License-Identifier: MIT */
/* Files that are no questions files, and what to make of them. */
#ifndef RFT_DATASET_SHAPE_H
#define RFT_DATASET_SHAPE_H

#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stdint.h>

/* Says what a file is that is no array of rows and no JSON lines of them; RFT_ERR_INPUT. */
enum rft_status rft_dataset_refuse_file(const char *path, uint64_t line, struct rft_bytes text);
/* If the file is one object, not a row of a questions file, says what to make of it: RFT_ERR_INPUT; RFT_OK if it is
 * not. Of one that stands in a single line only rows inside it, or columns, are looked for. */
enum rft_status rft_dataset_refuse_object(const char *path, uint64_t line, struct rft_bytes text, bool is_single_line);

#endif
