/* SPDX-License-Identifier: MIT */
/* The records: a JSON line for every sample, with its verdict, and for every row that was left out. */
#ifndef RFT_RECORDS_H
#define RFT_RECORDS_H

#include "dataset.h"
#include "out_file.h"
#include "provenance.h"
#include "question.h"
#include "sample.h"
#include "status.h"
#include "str.h"
#include "verifier.h"

#include <stdint.h>

#define RFT_RECORDS_FORMAT 5

/* Where they go, and what all of a run have in common. Finish it. */
struct rft_records {
    struct rft_out_file *out;                /* open for writing */
    const char *prompt_id;                   /* which prompt was used */
    const struct rft_provenance *provenance; /* NULL: the samples were drawn elsewhere, and say it themselves */
    enum rft_logprobs logprobs;              /* the columns that there are */
    struct rft_str line;                     /* the one at hand */
};

/* Writes a line per sample: {"id", "repeat", "question_index", "sample", "key" (16 hex digits), "accepted", "verdict",
 * "reason", "detail", "score", "finish", "tokens", "answer", "gold", "gold_is_json", "choices", "question",
 * "completion", "prompt", "prompt_hash", "model", "settings", "seed", "temperature", "arithmetic", "logprob" and
 * "logprobs" where they are kept, "format"} (provenance.h). They load as a table: every line has the same columns, and
 * each column one type (gold is a string). Of a sample that was not drawn verdict may be NULL; its record has null for
 * what it has not. */
enum rft_status rft_records_write(struct rft_records *records, const struct rft_question *question,
                                  const struct rft_sample *sample, const struct rft_verdict *verdict);
/* A row that was left out: the same columns, null for what it has not. */
enum rft_status rft_records_write_skipped(struct rft_records *records, const struct rft_skipped *skipped);
void rft_records_finish(struct rft_records *records);

#endif
