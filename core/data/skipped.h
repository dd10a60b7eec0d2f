/* SPDX-License-Identifier: MIT */
/* A row of a file of questions that is no question of the run. */
#ifndef RFT_SKIPPED_H
#define RFT_SKIPPED_H

#include "sample.h"
#include "str.h"

#include <stdint.h>

/* Why a row of the file is no question of the run. */
enum rft_skip_reason { RFT_SKIP_BAD_ROW, RFT_SKIP_TOO_LONG };
#define RFT_SKIP_REASONS 2
const char *rft_skip_text(enum rft_skip_reason reason); /* "bad_row", "too_long" */

/* A row that is left out. All text is owned by the dataset. */
struct rft_skipped {
    uint64_t row;  /* ordinal in the file, from 0 */
    uint64_t line; /* 1-based */
    enum rft_skip_reason reason;
    char *detail;                    /* what is wrong, one line */
    struct rft_bytes question;       /* data NULL if the row has none */
    struct rft_bytes id;             /* data NULL if the row has none */
    const struct rft_origin *origin; /* of a row that was left out elsewhere; NULL: of this run */
};

#endif
