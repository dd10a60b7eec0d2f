/* SPDX-License-Identifier: MIT */
/* Questions and gold answers in. Knows nothing of models. */
#ifndef RFT_DATASET_H
#define RFT_DATASET_H

#include "arena.h"
#include "question.h"
#include "sample.h"
#include "skipped.h"
#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rft_dataset {
    struct rft_question *questions; /* [n] in input order */
    size_t n;
    struct rft_skipped *skipped; /* [n_skipped] in input order */
    size_t n_skipped;
    struct rft_str arena;   /* backing of the texts: what is needed of the file, its strings unescaped in place */
    struct rft_arena lists; /* backing of lists, and of texts that were put together */
    uint64_t content_hash;  /* over text, gold answers, options, id and repeat of all n in order: part of the run's
                               fingerprint */
};

/* Reads and checks the whole file. Rows that are no questions (a wrong shape, a missing field, an empty question, a
 * gold answer that is no text or that cannot be compared, answer_after not found, an id given twice, in JSON lines a
 * line that is no JSON) are left out with skip_bad_rows, or refused: RFT_ERR_INPUT with their number
 * and the first three. Errors of the file name it, the line and what to do: no such file, no JSON, another format, no
 * questions. Strings may hold U+0000. Nothing is dropped silently: only what `filter` and `limit` leave out and blank
 * lines are not looked at; a filter that nothing passes is an error. A file may be compressed (unpack.h). */
enum rft_status rft_dataset_load(const struct rft_dataset_options *options, struct rft_dataset *dataset);
/* The same out of the file's text in memory, which is taken over; options->path only names it in messages. */
enum rft_status rft_dataset_parse(const struct rft_dataset_options *options, struct rft_str *text,
                                  struct rft_dataset *dataset);
void rft_dataset_finish(struct rft_dataset *dataset);

/* Leaves out the questions that have a detail: details[n], taken over, NULL = stays. */
enum rft_status rft_dataset_skip(struct rft_dataset *dataset, enum rft_skip_reason reason, char **details);

/* Refuses the rows that were left out so far, or, with skip_bad_rows, warns of them. `n_rows`: of the file. */
enum rft_status rft_dataset_check_skipped(const struct rft_dataset *dataset, const struct rft_dataset_options *options,
                                          uint64_t n_rows);
/* What a reader of rows ends with: the rows that were left out in input order, and the hash of what is there. */
void rft_dataset_sort_skipped(struct rft_dataset *dataset);
void rft_dataset_hash(struct rft_dataset *dataset);

/* Appends the first few of the rows that were left out for a reason, for a message: "row 2 (line 3): is empty; row 5
 * (line 8): ...". The first one's line is left away for a message that begins with it. */
enum rft_status rft_dataset_list_skipped(const struct rft_dataset *dataset, enum rft_skip_reason reason,
                                         bool with_first_line, struct rft_str *out);

#endif
