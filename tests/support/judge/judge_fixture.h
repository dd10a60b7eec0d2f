/* SPDX-License-Identifier: MIT */
/* Requests to the judge misjudge.c, and what is left of its processes. */
#ifndef RFT_JUDGE_FIXTURE_H
#define RFT_JUDGE_FIXTURE_H

#include "judges.h"

/* Options for misjudge; its processes carry a tag that only this test program has. limits: generous. */
struct rft_judge_options rft_judge_fixture_options(void);
/* A request whose completion is this text. */
struct rft_judge_request rft_judge_fixture_request(const char *completion);

/* Opens, pushes, drains; the judges are the caller's to close. */
struct rft_judges *rft_judge_fixture_opened(const struct rft_judge_options *options);
void rft_judge_fixture_ask(struct rft_judges *judges, const char *const *completions, size_t n);
/* The reply as a text: "right", "wrong: off by one (-0.25)", "undecided [time limit]: time limit". */
const char *rft_judge_fixture_reply(struct rft_judges *judges, const char *completion);

/* Processes of the tag that live, now or after a second. */
unsigned rft_judge_fixture_n_left(void);
/* Fails if any is left, or a child of ours. */
void rft_judge_fixture_check_nothing_left(void);
/* The tag of another process, by its environment; see test_judges_end.c. */
const char *rft_judge_fixture_tag(void);

/* To be called at the start of main: true if the process is not a test but a judge's parent; its exit code then. */
bool rft_judge_fixture_is_helper(int argc, char **argv, int *code);

#endif
