/* SPDX-License-Identifier: MIT */
/* Takes over what a finished run drew: generate.extend. */
#ifndef RFT_EXTEND_H
#define RFT_EXTEND_H

#include "config.h"
#include "inputs.h"
#include "journal.h"

/* Puts the samples of the records at generate.extend into the journal, as far as this run asks for them and has not
 * drawn them; nothing if the key is not set. Records of other questions, and numbers beyond generate.samples, are
 * passed over, as are texts that JSON could not hold as they were: these are drawn again. RFT_ERR_INPUT, naming the
 * line and what differs, when the records were drawn by another model, prompt, seed or the like, do not say how they
 * were drawn, or lack log-probabilities that this run keeps. */
enum rft_status rft_extend(const struct rft_config *config, const struct rft_inputs *inputs,
                           struct rft_journal *journal);

#endif
