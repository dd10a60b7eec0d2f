/* SPDX-License-Identifier: MIT */
/* The files that a run makes: dataset, records, unsolved questions, summary, card. What they may not be is found out
 * before anything is read: one another, a name that the run itself makes, or a file that it reads, however they are
 * called. */
#ifndef RFT_OUTPUTS_H
#define RFT_OUTPUTS_H

#include "config.h"
#include "out_file.h"
#include "output.h"
#include "status.h"

#include <stdbool.h>

enum rft_output_role {
    RFT_OUTPUT_ROWS,
    RFT_OUTPUT_RECORDS,
    RFT_OUTPUT_UNSOLVED,
    RFT_OUTPUT_SUMMARY,
    RFT_OUTPUT_CARD,
    RFT_OUTPUT_COUNT
};

struct rft_outputs {
    struct rft_out_file files[RFT_OUTPUT_COUNT];
    char *verdicts_path; /* beside the journal: a command's verdicts; NULL as for the journal */
    char *journal_path;  /* beside the dataset's file; NULL: the dataset is no file, and the run cannot be resumed */
};

/* Resolves the paths and compares them with each other, with the names made from them (journal, locks) and with
 * every file that is read. RFT_ERR_CONFIG names both keys. */
enum rft_status rft_outputs_open(const struct rft_config *config, struct rft_outputs *outputs);
/* Takes their locks: a second run that shares one of them is refused, with this process's name. */
enum rft_status rft_outputs_claim(struct rft_outputs *outputs);
/* Settles what may be replaced: with `force` what stands there now; else only what this very run put there before it
 * was stopped, which can be if its journal is complete. Anything else that exists is refused: RFT_ERR_CONFIG. */
enum rft_status rft_outputs_settle(struct rft_outputs *outputs, bool force, bool is_journal_complete);
/* Whether an output goes anywhere. */
bool rft_outputs_has(const struct rft_outputs *outputs, enum rft_output_role role);
/* What the writer of rows and records is told by the configuration alone. */
struct rft_output_options rft_outputs_options(const struct rft_config *config, struct rft_outputs *outputs);
/* Whether all are still as they were: before the first is written. */
enum rft_status rft_outputs_check_unchanged(const struct rft_outputs *outputs);
/* is_done: the run is complete. Zero-initialised is accepted. */
void rft_outputs_close(struct rft_outputs *outputs, bool is_done);

#endif
