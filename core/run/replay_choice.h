/* SPDX-License-Identifier: MIT */
/* Which records of a file are drawn again: all, some lines, or a share of them that a hash picks, the same everywhere.
 */
#ifndef RFT_REPLAY_CHOICE_H
#define RFT_REPLAY_CHOICE_H

#include "question.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rft_line_range {
    uint64_t first, last;
};

/* Zero-initialised it takes all. Finish it. */
struct rft_replay_choice {
    struct rft_line_range *lines; /* [n_lines]; none: any line */
    size_t n_lines;
    double fraction; /* 0: all of them */
};

/* lines: "1,5,10-20", counted from 1; fraction: a number above 0 and at most 1. NULL: not given. RFT_ERR_USAGE says
 * what is wrong. */
enum rft_status rft_replay_choice_read(const char *lines, const char *fraction, struct rft_replay_choice *choice);
void rft_replay_choice_finish(struct rft_replay_choice *choice);

/* Whether a line is among those that may be taken. */
bool rft_replay_has_line(const struct rft_replay_choice *choice, uint64_t line);
/* A sample's place between 0 and 1 (never 1): XXH64 over the question's id and repeat, seeded with the sample's number
 * (rft_question_key), the upper 53 bits over 2^53. Those below the fraction are taken. */
double rft_replay_place(const struct rft_question *question, uint32_t sample);

#endif
