/* SPDX-License-Identifier: MIT */
/* Judges that are programs (verify.kind = command): worker processes that read requests and write verdicts as lines of
 * JSON, and a journal of their verdicts, so that nothing is asked twice. docs/judges.md describes the protocol.
 *
 * A thread of its own feeds the workers; the calls below belong to one thread, the caller's, and what there is to say
 * is logged by them. Every request ends in exactly one verdict. Whatever a worker does wrong (it ends, it is too slow,
 * too large, it writes what is no answer) kills it, and each request that it had not answered is tried once more, alone
 * in a fresh process; if that fails too, the verdict is undecided, and its reason is what happened then. So verdicts
 * and reasons of a judge that is deterministic within its limits depend on no number of workers, no batch and no
 * moment. */
#ifndef RFT_JUDGES_H
#define RFT_JUDGES_H

#include "judge_types.h"
#include "status.h"

struct rft_judges;

/* Opens the journal, looks at the command and starts a first worker. RFT_ERR_CONFIG, naming verify.command, if it is
 * not there, not executable or cannot be started. The journal: one that was written under other settings, another
 * command file or other arguments (files among them count by their content) is started afresh with a word; a file that
 * is none of rftgen's is refused with RFT_ERR_INPUT and left alone; RFT_ERR_IO if another process has it. */
enum rft_status rft_judges_open(const struct rft_judge_options *options, struct rft_judges **judges);

/* Takes a request if there is room, or if it is known already; never waits. The texts are copied. */
enum rft_status rft_judges_offer(struct rft_judges *judges, const struct rft_judge_request *request, bool *is_taken);
/* The same, but waits for room. RFT_ERR_INTERRUPTED after a signal. */
enum rft_status rft_judges_push(struct rft_judges *judges, const struct rft_judge_request *request);
/* Waits until all that was taken is decided. RFT_ERR_INTERRUPTED after a signal; what is decided stays in the
 * journal. */
enum rft_status rft_judges_drain(struct rft_judges *judges);

/* The reply to a request, if it is decided. Its reason lives in *text, which is cleared first and finished by the
 * caller. */
enum rft_status rft_judges_look_up(struct rft_judges *judges, const struct rft_judge_request *request,
                                   struct rft_str *text, bool *is_decided, struct rft_judge_reply *reply);
void rft_judges_count(struct rft_judges *judges, struct rft_judge_counts *counts);

/* Ends: kills and reaps what runs (idle workers get a second to end by themselves), closes the journal. is_done: the
 * journal's file is removed. NULL is accepted. */
void rft_judges_close(struct rft_judges *judges, bool is_done);

#endif
