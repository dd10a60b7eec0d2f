/* SPDX-License-Identifier: MIT */
/* The tokens that end a sample. */
#ifndef RFT_END_TOKENS_H
#define RFT_END_TOKENS_H

#include "checkpoint.h"
#include "config.h"
#include "ids.h"
#include "prompt.h"
#include "tokenizer.h"

/* Appends their ids, each once: the model's end-of-sequence ids, the token that its chat template closes an answer with
 * (the log says so if it is none of them), generate.end_tokens, and those of generate.stop that are special tokens.
 * RFT_ERR_CONFIG if a text of generate.end_tokens is no token. */
enum rft_status rft_end_tokens_find(const struct rft_config *config, const struct rft_checkpoint *checkpoint,
                                    const struct rft_prompt *prompt, const struct rft_tokenizer *tokenizer,
                                    struct rft_ids *ids);

#endif
