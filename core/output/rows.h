/* SPDX-License-Identifier: MIT */
/* The rows of the dataset, in the shapes that trainers load. */
#ifndef RFT_ROWS_H
#define RFT_ROWS_H

#include "out_file.h"
#include "question.h"
#include "sample.h"
#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stdint.h>

/* rft_json: one JSON array, a row per line:
 *   [
 *     ["question", gold, "completion"],
 *     ...
 *   ]
 * with gold as it was read, a number or a string. The others are JSON lines, which load as tables. jsonl: {"id",
 * "repeat", "question", "gold", "sample", "completion", "prompt"}, with "mean_logprob", of a token, behind them if
 * log-probabilities are kept. messages: {"messages": [{"role", "content"}, ...]},
 * the completion as the assistant's; prompt_completion: the same in two lists, {"prompt": [...], "completion":
 * [...]}. alpaca: {"instruction", "input", "output"}, the texts of the user's and the assistant's turn, input always
 * "", with "system" behind them if there is a system message. pairs: {"prompt": [...], "chosen": [...], "rejected":
 * [...]}, each of the last two one message of the assistant's. */
enum rft_output_format {
    RFT_FORMAT_RFT_JSON,
    RFT_FORMAT_JSONL,
    RFT_FORMAT_MESSAGES,
    RFT_FORMAT_PROMPT_COMPLETION,
    RFT_FORMAT_ALPACA,
    RFT_FORMAT_PAIRS
};

/* What the model was asked, for rows and records. */
struct rft_output_prompt {
    const char *id; /* which prompt was used */
    const void *user;
    /* Appends the messages up to a question as JSON objects with commas between. */
    enum rft_status (*put_turns)(const void *user, struct rft_bytes question, struct rft_str *out);
    /* Appends the text of the user's turn: the last of these messages. */
    enum rft_status (*put_question)(const void *user, struct rft_bytes question, struct rft_str *out);
    struct rft_bytes system;  /* the system message; data NULL = none */
    struct rft_bytes prefill; /* what was put into the model's mouth: the beginning of its message */
};

struct rft_output_row {
    const struct rft_question *question;
    const struct rft_sample *sample;   /* the accepted one */
    const struct rft_sample *rejected; /* of a pair */
};

/* Where they go. Finish it. */
struct rft_rows {
    struct rft_out_file *out; /* open for writing */
    enum rft_output_format format;
    const struct rft_output_prompt *prompt;
    bool has_logprobs;
    uint64_t n;          /* written */
    struct rft_str line; /* the one at hand */
    struct rft_str text; /* of a turn */
};

/* Whether a row of this format is a pair. */
bool rft_rows_are_pairs(enum rft_output_format format);
/* What stands before the first row, a row, and what stands behind the last. */
enum rft_status rft_rows_begin(struct rft_rows *rows);
enum rft_status rft_rows_write(struct rft_rows *rows, const struct rft_output_row *row);
enum rft_status rft_rows_end(struct rft_rows *rows);
void rft_rows_finish(struct rft_rows *rows);

#endif
