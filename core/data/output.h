/* SPDX-License-Identifier: MIT */
/* The dataset and the records, written from a complete journal in input order, then sample number. Same samples, same
 * bytes. Each file appears under its final name only when complete. */
#ifndef RFT_OUTPUT_H
#define RFT_OUTPUT_H

#include "verifier.h"
#include "dataset.h"
#include "out_file.h"
#include "sample.h"
#include "status.h"

#include <stdint.h>

#define RFT_RECORDS_FORMAT 4

enum rft_output_format { RFT_FORMAT_RFT_JSON, RFT_FORMAT_JSONL, RFT_FORMAT_MESSAGES, RFT_FORMAT_PROMPT_COMPLETION };

/* What the model was asked, for rows and records. */
struct rft_output_prompt {
    const char *id; /* which prompt was used */
    const void *user;
    /* Appends the messages up to a question as JSON objects with commas between. */
    enum rft_status (*put_turns)(const void *user, struct rft_bytes question, struct rft_str *out);
    struct rft_bytes prefill; /* what was put into the model's mouth: the beginning of its message */
};

/* Judges a sample; called once for each, in the order of the outputs. What the verdict points to lives until the next
 * call. */
struct rft_output_judge {
    void *user;
    enum rft_status (*judge)(void *user, const struct rft_question *question, const struct rft_sample *sample,
                             struct rft_verdict *verdict);
};

struct rft_output_options {
    struct rft_out_file *rows; /* the dataset; neither it nor the records is open for writing yet */
    struct rft_out_file *records;
    enum rft_output_format format;
    uint32_t keep; /* RFT_KEEP_ALL or a count, see select.h */
    struct rft_samples samples;
    uint64_t seed;
    uint32_t arithmetic_version; /* in the records; 0: "unchecked" */
    struct rft_output_judge judge;
    struct rft_output_prompt prompt;
};

/* Totals over all samples, for the summary. */
struct rft_output_counts {
    uint64_t n_questions;
    uint64_t n_questions_solved; /* with at least one accepted sample */
    uint64_t n_samples;
    uint64_t n_accepted;
    uint64_t n_rows;   /* written to the dataset */
    uint64_t n_tokens; /* generated */
    uint64_t n_by_reason[RFT_REASON_COUNT];
    uint64_t n_by_decision[RFT_DECISIONS]; /* by enum rft_decision */
    uint64_t n_by_finish[3];               /* by enum rft_finish */
    uint64_t n_skipped[RFT_SKIP_REASONS];  /* rows of the file that were left out, by enum rft_skip_reason */
};

/* rft_json: one JSON array, a row per line:
 *   [
 *     ["question", gold, "completion"],
 *     ...
 *   ]
 * with gold as it was read, a number or a string. jsonl: {"id", "repeat", "question", "gold", "sample", "completion",
 * "prompt"} per line. messages: {"messages": [{"role", "content"}, ...]} per line, the completion as the assistant's;
 * prompt_completion: the same in two lists, {"prompt": [...], "completion": [...]}. records (JSON lines), per sample
 * {"id", "repeat", "question_index", "sample", "key" (16 hex digits), "accepted", "verdict", "reason", "detail",
 * "score", "finish", "tokens", "answer", "gold", "question", "completion", "prompt", "seed", "arithmetic", "format"};
 * per row that was left out the same with null for what it has not. Both load as tables: every line has the same
 * columns, and each column one type (gold is a string). */
enum rft_status rft_output_write(const struct rft_output_options *options, const struct rft_dataset *dataset,
                                 struct rft_output_counts *counts);

#endif
