/* SPDX-License-Identifier: MIT */
/* Which samples of a run are needed, and which of them are still to be drawn. All are; or, where a number of accepted
 * ones is enough, those up to the one that completes it in sample order. While verdicts before that one are missing it
 * may come to be an earlier one, never a later one: what is behind it is needed no more. In the end the bound depends
 * on texts and verdicts alone, not on what was drawn when. */
#ifndef RFT_NEEDED_H
#define RFT_NEEDED_H

#include "sample.h"
#include "select.h"
#include "status.h"

#include <stdbool.h>
#include <stdint.h>

struct rft_needed_question;

/* Zero-initialise; finish it. */
struct rft_needed {
    uint64_t n_questions;
    uint32_t n_samples;                    /* of each */
    uint32_t n_enough;                     /* accepted ones of a question that are enough; 0: all samples are needed */
    enum rft_distinct distinct;            /* of accepted ones that are equal the first alone counts */
    uint32_t *n_left_of;                   /* [n_questions] samples to draw */
    struct rft_needed_question *questions; /* [n_questions]; NULL: all samples are needed */
    uint64_t n_left;                       /* samples to draw */
    uint64_t n_questions_left;             /* with samples to draw */
};

enum rft_status rft_needed_init(struct rft_needed *needed, uint64_t n_questions, uint32_t n_samples, uint32_t n_enough,
                                enum rft_distinct distinct);
void rft_needed_finish(struct rft_needed *needed);
/* Bytes of what is kept for all questions; those in flight take some more. */
uint64_t rft_needed_bytes(uint64_t n_questions, uint32_t n_enough);

/* A sample was drawn. To be said once; where a number is enough, again does nothing. */
enum rft_status rft_needed_note_drawn(struct rft_needed *needed, uint64_t question, uint32_t sample);
/* Its verdict is known. Again does nothing. */
enum rft_status rft_needed_note_verdict(struct rft_needed *needed, const struct rft_sample *sample, bool is_accepted);

/* As far as is known the samples before it are needed; n_samples while there is no bound. */
uint32_t rft_needed_end(const struct rft_needed *needed, uint64_t question);
/* How many of those are to be drawn. */
uint32_t rft_needed_n_left(const struct rft_needed *needed, uint64_t question);
/* Where a number is enough: whether the sample's verdict is known, or cannot matter any more. */
bool rft_needed_is_judged(const struct rft_needed *needed, uint64_t question, uint32_t sample);
/* Whether the end is final: every verdict before the end is known, or all samples are needed. */
bool rft_needed_is_final(const struct rft_needed *needed, uint64_t question);

/* A run's samples without those that are not needed: they are is_not_drawn, whether they were drawn or not. */
struct rft_needed_samples {
    const struct rft_needed *needed;
    struct rft_samples all;
};
struct rft_samples rft_needed_as_samples(struct rft_needed_samples *samples);

#endif
