/* SPDX-License-Identifier: MIT */
/* Unicode normalisation. */
#ifndef RFT_TOKENIZER_FORM_H
#define RFT_TOKENIZER_FORM_H

#include "tokenizer_step.h"
#include "tokenizer_text.h"

/* Unicode normalisation of one piece into next_text. */
enum rft_status rft_tok_form(const struct rft_tok_step *step, const struct rft_tok_text *text,
                             struct rft_tok_piece piece, struct rft_tok_text *out);

#endif
