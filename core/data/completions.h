/* SPDX-License-Identifier: MIT */
/* Completions that exist already, to be judged: rows that hold a question, its gold answer and a completion. */
#ifndef RFT_COMPLETIONS_H
#define RFT_COMPLETIONS_H

#include "completion.h"
#include "dataset.h"

struct rft_completions {
    struct rft_dataset dataset;   /* the questions, in the order in which they first appear */
    struct rft_completion *items; /* [n] in the order of the rows */
    size_t n;
    size_t *order;              /* [n] items by question, then in the order of the rows */
    size_t *first;              /* [dataset.n + 1] where a question's begin in `order` */
    uint32_t n_max;             /* of any question */
    enum rft_logprobs logprobs; /* of the rows those that have most */
};

/* Reads a file of rows, in the forms that questions have (dataset.h):
 *
 * - rftgen's records, and its rows in jsonl: told by their fields id, repeat, sample, question, gold, completion and
 *   prompt, which say everything; of the options only skip_bad_rows, verify, limit and filter matter. Id and repeat
 *   tell questions apart. Records of rows that were left out become dataset.skipped, with an origin; of samples that
 * were not drawn, completions without a text.
 * - ["question", gold, "completion"], as rftgen writes rft_json.
 * - Other objects: the question by question_field and question_more; the gold answer by answer_field, or where that is
 *   NULL "gold", or "answer" where there is no "gold"; the completion by completion_field, or where that is NULL or ""
 *   the first of completion, response, generation, output, prediction and model_output that is a string. A list of
 *   strings (completion_field, or "completion") holds several. id_field, or the question's text, tells questions apart.
 *   "finish" counts if it is one of rftgen's words; else it is stop.
 *
 * Rows of one question must have one gold answer; with are_drawn, which asks for samples and not for verdicts, they may
 * have several, and another text is another question. A question's row is what its record says (question_index), or the
 * ordinal of its first row in the file; a bad row's is its ordinal. Bad rows are refused, or with skip_bad_rows left
 * out, as in rft_dataset_load; a row without completion is bad. `limit` counts questions: rows of later ones are passed
 * over. Records that rftgen wrote, and the rows made of them, can be written again byte for byte. */
enum rft_status rft_completions_load(const struct rft_dataset_options *options, struct rft_completions *completions);
/* The same out of the file's text in memory, which is taken over. */
enum rft_status rft_completions_parse(const struct rft_dataset_options *options, struct rft_str *text,
                                      struct rft_completions *completions);
void rft_completions_finish(struct rft_completions *completions);

/* To be read like drawn ones. Valid as long as the completions are. */
struct rft_samples rft_completions_as_samples(struct rft_completions *completions);

#endif
