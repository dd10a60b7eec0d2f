/* SPDX-License-Identifier: MIT */
/* What to say of a row that lacks a field: what it has, and which key to set. */
#ifndef RFT_DATASET_MISSING_H
#define RFT_DATASET_MISSING_H

#include "row_reader.h"

/* Writes it to reader->why. */
enum rft_status rft_row_missing_field(const struct rft_row_reader *reader, enum rft_row_field field);

#endif
