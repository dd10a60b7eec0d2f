/* SPDX-License-Identifier: MIT */
/* A sample that was drawn again against its record: byte for byte what would be written. */
#ifndef RFT_REPLAY_COMPARE_H
#define RFT_REPLAY_COMPARE_H

#include "chunk.h"
#include "completion.h"
#include "tokenizer.h"

/* Appends for a person what the first difference is: "another text from token 5 (byte 17) on: ...", both counted from
 * 1; else how it ended, its number of tokens, its log-probabilities, each as far as the record has it. Nothing if they
 * are the same. text: of the drawn tokens, up to a stop string. */
enum rft_status rft_replay_compare(struct rft_tokenizer *tokenizer, const struct rft_completion *record,
                                   const struct rft_drawn *drawn, struct rft_bytes text, struct rft_str *out);

#endif
