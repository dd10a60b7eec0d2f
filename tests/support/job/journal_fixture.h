/* SPDX-License-Identifier: MIT */
/* A journal of six samples of three questions, for the tests of journals. */
#ifndef RFT_JOURNAL_FIXTURE_H
#define RFT_JOURNAL_FIXTURE_H

#include "journal.h"

#include <stdbool.h>
#include <stddef.h>

#define RFT_JOURNAL_QUESTIONS 3
#define RFT_JOURNAL_SAMPLES 2
#define RFT_JOURNAL_ALL 6

extern const struct rft_sample rft_journal_samples[RFT_JOURNAL_ALL]; /* in the order in which they are appended */
extern char rft_journal_path[200];
/* The run that most tests are about, and another one. */
extern struct rft_fingerprint rft_journal_own, rft_journal_other;
extern const struct rft_question rft_journal_questions[RFT_JOURNAL_QUESTIONS];
/* rft_journal_open for a run with the fixture's questions. */
enum rft_status rft_journal_open_as(const char *path, const struct rft_fingerprint *fingerprint, uint32_t n_samples,
                                    bool force, struct rft_journal **journal);

/* Of the group and of each test, for cmocka. */
int rft_journal_set_up_all(void **state);
int rft_journal_tear_down_all(void **state);
int rft_journal_set_up(void **state);

struct rft_journal *rft_journal_opened(void);
/* Appends samples [from, to). */
void rft_journal_append_some(struct rft_journal *journal, size_t from, size_t to);
/* A journal file of the first n samples. */
void rft_journal_fill(size_t n);
/* Every sample that the journal says it has is the one that was put in; returns how many. */
uint64_t rft_journal_check(struct rft_journal *journal);
/* What stands in the file. */
struct rft_str rft_journal_content(void);
/* Opening fails with this status and a message that holds `message`. */
void rft_journal_check_refused(const struct rft_fingerprint *fingerprint, bool force, enum rft_status status,
                               const char *message);

#endif
