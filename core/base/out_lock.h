/* SPDX-License-Identifier: MIT */
/* Who writes an output: "<output>.rftgen-lock" beside it, locked (flock) while the run lasts and removed at its end.
 * The text in it names the process, the temporary file that the output is being written to, and what was last put under
 * the output's name. So a second run of the same output is refused with the first one's process; what a killed run left
 * is found by the next one, which removes that and nothing else; and a file that such a run had finished is told from
 * one that is somebody else's. A lock file that no process holds is stale, whatever it says. */
#ifndef RFT_OUT_LOCK_H
#define RFT_OUT_LOCK_H

#include "out_target.h"
#include "status.h"
#include "str.h"

#define RFT_OUT_LOCK_SUFFIX ".rftgen-lock"

struct rft_out_lock {
    int fd; /* -1: not taken */
    char *path;
    char *temporary; /* last name of the file being written; NULL = none */
    struct rft_file_id
        written; /* what a run put, or was about to put, under the output's name; exists = false: nothing */
    struct rft_file_id earlier; /* what a run had put there before that: it is still there if the run was killed */
};

/* Takes the lock of target->path, which must be a FILE, and removes a temporary file that a killed run left. RFT_ERR_IO
 * if another process has it, which is named, or if a file of the lock's name is none of rftgen's, which is left
 * alone. */
enum rft_status rft_out_lock_take(const struct rft_target *target, struct rft_out_lock *lock);
/* Writes down the temporary's name (taken over; NULL = none any more) before such a file is created. */
enum rft_status rft_out_lock_note_temporary(struct rft_out_lock *lock, char *name);
/* Writes down what is about to be put under the output's name, in the place of what is there. */
enum rft_status rft_out_lock_note_written(struct rft_out_lock *lock, const struct rft_file_id *written,
                                          const struct rft_file_id *there);
/* Whether a run put this file under the output's name. */
bool rft_out_lock_has_written(const struct rft_out_lock *lock, const struct rft_file_id *id);
/* Forgets what was put there. */
void rft_out_lock_forget_written(struct rft_out_lock *lock);
/* Gives the lock back. The file goes, unless `keep` and there is something in it that the next run must know. A lock
 * that was not taken is accepted. */
void rft_out_lock_give(struct rft_out_lock *lock, bool keep);

#endif
