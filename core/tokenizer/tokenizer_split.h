/* SPDX-License-Identifier: MIT */
/* Splitting a piece of text. */
#ifndef RFT_TOKENIZER_SPLIT_H
#define RFT_TOKENIZER_SPLIT_H

#include "tokenizer_step.h"
#include "tokenizer_text.h"

/* Splits one piece into next_pieces at a pattern's matches. */
enum rft_status rft_tok_split(const struct rft_tok_step *step, struct rft_tok_work *work, struct rft_tok_piece piece);

#endif
