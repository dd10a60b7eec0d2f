/* SPDX-License-Identifier: MIT */
/* The keys of [prompt] and the model's files together: the prompt of a run, and what goes with it. */
#ifndef RFT_PROMPT_CHOICE_H
#define RFT_PROMPT_CHOICE_H

#include "verifier.h"
#include "config.h"
#include "prompt.h"
#include "tokenizer.h"

struct rft_gguf;

/* gguf: NULL for a directory. tokenizer: NULL if there is none. */
enum rft_status rft_prompt_choose(const struct rft_config *config, const struct rft_gguf *gguf,
                                  struct rft_tokenizer *tokenizer, struct rft_prompt *prompt);

/* The keys of [verify] for such a prompt: verify.after = auto resolved. Good as long as the configuration is. */
struct rft_verify_options rft_prompt_verify(const struct rft_config *config, const struct rft_prompt *prompt);

#endif
