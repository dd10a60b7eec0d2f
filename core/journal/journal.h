/* SPDX-License-Identifier: MIT */
/* What makes a run survive kill -9: finished samples in an append-only file beside the output, "<output>.journal".
 *
 * The file is text: two equal header lines with the run's fingerprint, then one line per sample; every line ends in a
 * hash of what stands before it that is seeded with the fingerprint. So each line proves by itself that it is whole and
 * this run's, and every such line counts, whatever has become of the rest: a torn end (the process died while writing)
 * is cut off when the journal is opened, damaged lines are passed over, both with a warning, and a damaged header is
 * written anew. Samples come in any order; each (question, sample) at most once. A line names its question by what it
 * is, not by its place: a run may ask for more questions or samples, or in another order, and goes on from there. */
#ifndef RFT_JOURNAL_H
#define RFT_JOURNAL_H

#include "journal_run.h"
#include "sample.h"
#include "status.h"
#include "str.h"

#include <stdint.h>

struct rft_journal; /* owns the file, and an index of what it holds */

/* Opens or creates. path NULL: a temporary file without a name, for a run that cannot be resumed. If the file is
 * another run's: RFT_ERR_INPUT, naming what differs and what to do (another output path, or --force, which starts
 * afresh). So is a journal of which no sample is of the run's questions, that is damaged beyond knowing whose it is, or
 * of format 1 or 2. With `force` such a file is overwritten, but a journal that fits is still gone on from: its samples
 * would come out the same. What is no journal, or no regular file, is refused and left alone whatever `force` says. A
 * file that another process has open is refused, with RFT_ERR_IO. Samples that the file holds and the run does not ask
 * for are not counted; a warning says that they go with it. */
enum rft_status rft_journal_open(const char *path, const struct rft_journal_run *run, bool force,
                                 struct rft_journal **journal);
/* Bytes of the index. */
uint64_t rft_journal_index_bytes(uint64_t n_questions, uint32_t n_samples);
/* Closes without removing the file; NULL is accepted. */
void rft_journal_close(struct rft_journal *journal);
/* Closes and removes: the run is complete. What has come to stand under the file's name meanwhile stays. */
enum rft_status rft_journal_remove(struct rft_journal *journal);

/* Queues one sample; nothing counts as done before the next commit. */
enum rft_status rft_journal_append(struct rft_journal *journal, const struct rft_sample *sample);
/* Writes what was queued and syncs it to the disk. On a failure (disk full) the file is cut back to its last
 * commit and the samples stay queued, so that the same call may succeed later. */
enum rft_status rft_journal_commit(struct rft_journal *journal);

/* Whether the file is still under its name. If it was moved, removed or replaced, it cannot be gone on from. */
bool rft_journal_is_in_place(struct rft_journal *journal);
/* Neither committed nor queued, and asked for. */
bool rft_journal_lacks(const struct rft_journal *journal, uint64_t question, uint32_t sample);
bool rft_journal_is_pending(const struct rft_journal *journal);                              /* something is queued */
bool rft_journal_has(const struct rft_journal *journal, uint64_t question, uint32_t sample); /* committed */
uint64_t rft_journal_n_done(const struct rft_journal *journal);

/* Reads a committed sample back; its text lives in *text (cleared first), which the caller finishes; its
 * log-probabilities in the journal, until the next one is read. */
enum rft_status rft_journal_read(struct rft_journal *journal, uint64_t question, uint32_t sample, struct rft_str *text,
                                 struct rft_sample *out);
/* The same for whoever reads all samples; every one must be there. */
struct rft_samples rft_journal_as_samples(struct rft_journal *journal);

#endif
