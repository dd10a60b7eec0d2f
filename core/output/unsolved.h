/* SPDX-License-Identifier: MIT */
/* The questions that no sample solved: their gold answers may be wrong, so a person should look at them, and at what
 * the model answered most. */
#ifndef RFT_UNSOLVED_H
#define RFT_UNSOLVED_H

#include "out_file.h"
#include "question.h"
#include "status.h"
#include "str.h"

#include <stddef.h>
#include <stdint.h>

/* Where they go, and the answers to the question at hand. Zero-initialise but for `out`; finish it. */
struct rft_unsolved {
    struct rft_out_file *out; /* open for writing */
    struct rft_str line;
    struct rft_str texts; /* the answers, one behind the other */
    struct rft_unsolved_answer *answers;
    size_t n, cap;
};

/* Begins the next question. */
void rft_unsolved_clear(struct rft_unsolved *unsolved);
/* A sample's answer; data NULL: none was found. Answers are equal if they are as they are written, in UTF-8. */
enum rft_status rft_unsolved_add(struct rft_unsolved *unsolved, struct rft_bytes answer);
/* Writes the question's line: {"id", "repeat", "question_index", "question", "gold", "samples", "answer",
 * "answer_count"}. `answer` is the text that most samples have, of several the one that stood first; null and 0 if none
 * has any. Columns and their types are those of the records. */
enum rft_status rft_unsolved_write(struct rft_unsolved *unsolved, const struct rft_question *question,
                                   uint32_t n_samples);
void rft_unsolved_finish(struct rft_unsolved *unsolved);

#endif
