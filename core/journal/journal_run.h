/* SPDX-License-Identifier: MIT */
/* What a run asks of its journal. */
#ifndef RFT_JOURNAL_RUN_H
#define RFT_JOURNAL_RUN_H

#include "fingerprint.h"
#include "question.h"

#include <stdint.h>

/* Borrowed as long as the journal is open. */
struct rft_journal_run {
    const struct rft_fingerprint *fingerprint;
    const struct rft_question *questions; /* [n_questions] */
    uint64_t n_questions;
    uint32_t n_samples; /* of each */
};

#endif
