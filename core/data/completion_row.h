/* SPDX-License-Identifier: MIT */
/* One row that holds a completion (completions.h). */
#ifndef RFT_COMPLETION_ROW_H
#define RFT_COMPLETION_ROW_H

#include "completion.h"
#include "dataset.h"
#include "row_reader.h"

/* What a row says; texts are views of it, unescaped in place. */
struct rft_completion_row {
    struct rft_question question;     /* row: if has_index */
    struct rft_completion completion; /* sample: if has_sample; text: rft_completion_row_text */
    size_t n_completions;
    bool has_index, has_sample;
    bool is_skipped; /* the record of a row that was left out */
    enum rft_skip_reason reason;
    struct rft_bytes detail;
    enum rft_logprobs logprobs; /* what the row has a place for */
};

/* Looks at the row that the reader has opened: rftgen's or not, which reader->is_own says from then on. */
void rft_completion_row_begin(struct rft_row_reader *reader);
/* Reads it. If it is bad, reader->why says so. */
enum rft_status rft_completion_row_read(struct rft_row_reader *reader, struct rft_completion_row *row);
/* The text of its i-th completion, until the next row is opened. */
struct rft_bytes rft_completion_row_text(const struct rft_row_reader *reader, size_t i);

#endif
