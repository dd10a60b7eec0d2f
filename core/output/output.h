/* SPDX-License-Identifier: MIT */
/* The dataset and the records, written from a complete journal in input order, then sample number. Same samples, same
 * bytes. Each file appears under its final name only when complete. */
#ifndef RFT_OUTPUT_H
#define RFT_OUTPUT_H

#include "verifier.h"
#include "dataset.h"
#include "out_file.h"
#include "pairs.h"
#include "records.h"
#include "rows.h"
#include "sample.h"
#include "selector.h"
#include "status.h"
#include "unsolved.h"

#include <stdbool.h>
#include <stdint.h>

/* Judges a sample; called once for each, in the order of the outputs. What the verdict points to lives until the next
 * call. */
struct rft_output_judge {
    void *user;
    enum rft_status (*judge)(void *user, const struct rft_question *question, const struct rft_sample *sample,
                             struct rft_verdict *verdict);
};

struct rft_output_options {
    struct rft_out_file *rows; /* the dataset; none of the three is open for writing yet */
    struct rft_out_file *records;
    struct rft_out_file *unsolved;
    enum rft_output_format format;
    struct rft_select_options select;
    uint32_t n_pairs; /* of a question: RFT_PAIRS_ALL or a count, see pairs.h */
    enum rft_pair_by pair_by;
    bool pairs_cut_off; /* whether wrong texts that did not end by themselves are taken for pairs, too */
    struct rft_samples samples;
    const struct rft_provenance
        *provenance;            /* of the samples; NULL: they were drawn elsewhere, and say it themselves */
    enum rft_logprobs logprobs; /* what the records are to hold of them */
    struct rft_output_judge judge;
    struct rft_output_prompt prompt;
};

/* Totals over all samples, for the summary. */
struct rft_output_counts {
    uint64_t n_questions;
    uint64_t n_questions_solved; /* with at least one accepted sample */
    uint64_t n_samples;          /* that were drawn and needed; those below are of these */
    uint64_t n_not_drawn;        /* and that were not, as enough accepted ones stand before them */
    uint64_t n_questions_short;  /* with some of those, of which other keys than the run's may have made rows */
    uint64_t n_accepted;
    uint64_t n_rows;     /* written to the dataset */
    uint64_t n_unpaired; /* pairs: questions with rows to choose, and nothing wrong to set against them */
    uint64_t n_tokens;   /* generated */
    uint64_t n_by_reason[RFT_REASON_COUNT];
    uint64_t n_by_decision[RFT_DECISIONS];   /* by enum rft_decision */
    uint64_t n_by_finish[3];                 /* by enum rft_finish */
    uint64_t n_skipped[RFT_SKIP_REASONS];    /* rows of the file that were left out, by enum rft_skip_reason */
    uint64_t n_left_out[RFT_LEFT_OUT_COUNT]; /* accepted samples that are no rows, by enum rft_left_out */
};

/* Judges every sample, writes its record, and the rows that selection keeps: of pairs the kept ones against samples
 * whose verdict is wrong; undecided ones are never taken for wrong. Questions that no sample solved are listed. */
enum rft_status rft_output_write(const struct rft_output_options *options, const struct rft_dataset *dataset,
                                 struct rft_output_counts *counts);

#endif
