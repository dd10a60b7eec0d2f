/* SPDX-License-Identifier: MIT */
/* The journal of verdicts: replies by the keys of their requests, in an append-only file of hashed lines
 * (hashed_line.h) that are seeded with the settings' hash, and an index of 24 bytes an entry and its free places. It is
 * a cache: what is torn or damaged in it is asked again. Calls are not safe against each other. */
#ifndef RFT_VERDICTS_H
#define RFT_VERDICTS_H

#include "judge_line.h"

struct rft_verdicts;

enum rft_verdict_state { RFT_VERDICT_UNKNOWN, RFT_VERDICT_PENDING, RFT_VERDICT_DECIDED };

/* Opens or creates; see rft_judges_open. path NULL: a file without a name. */
enum rft_status rft_verdicts_open(const char *path, uint64_t settings_hash, bool skips_undecided,
                                  struct rft_verdicts **verdicts);
/* Closes; is_done: and removes the file, unless something else has come to stand under its name. NULL is accepted. */
void rft_verdicts_close(struct rft_verdicts *verdicts, bool is_done);

uint64_t rft_verdicts_n_decided(const struct rft_verdicts *verdicts);
enum rft_verdict_state rft_verdicts_state(const struct rft_verdicts *verdicts, struct rft_judge_key key);
/* Notes that an unknown request will be decided. */
enum rft_status rft_verdicts_note_pending(struct rft_verdicts *verdicts, struct rft_judge_key key);
/* Decides a pending one, and writes its line. RFT_ERR_IO, with errno, is left to the caller to report, as this is
 * called by a thread that logs nothing (rft_verdicts_report). */
enum rft_status rft_verdicts_decide(struct rft_verdicts *verdicts, struct rft_judge_key key,
                                    const struct rft_judge_reply *reply);
/* Logs that the journal cannot be written; `error` is errno's value. */
void rft_verdicts_report(const struct rft_verdicts *verdicts, int error);
/* Reads the reply of a decided one; its reason lives in *text. */
enum rft_status rft_verdicts_read(struct rft_verdicts *verdicts, struct rft_judge_key key, struct rft_str *text,
                                  struct rft_judge_reply *reply);

/* A line of the file without its newline: the reason stays escaped, a view of it. For the fuzz target, too. */
bool rft_verdicts_parse_line(struct rft_bytes line, uint64_t settings_hash, struct rft_judge_key *key,
                             struct rft_judge_reply *reply);

#endif
