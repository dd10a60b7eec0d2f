/* SPDX-License-Identifier: MIT */
/* Running a list of steps. */
#ifndef RFT_TOKENIZER_STEPS_H
#define RFT_TOKENIZER_STEPS_H

#include "tokenizer_step.h"
#include "tokenizer_text.h"

/* Runs the steps over the pieces of the text, in order. RFT_ERR_INPUT when a pattern gives up on the text. */
enum rft_status rft_tok_steps_run(const struct rft_tok_steps *steps, struct rft_tok_work *work);

#endif
