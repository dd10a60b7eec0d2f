/* SPDX-License-Identifier: MIT */
/* What the directories of model.adapter bring along beside weights: a tokenizer, a chat template. What they have
 * replaces the model's; of several the last one counts. */
#ifndef RFT_ADAPTER_CHOICE_H
#define RFT_ADAPTER_CHOICE_H

#include "chat_source.h"
#include "checkpoint.h"
#include "config.h"
#include "status.h"

/* Merges the adapters of the configuration into the open checkpoint. */
enum rft_status rft_adapters_open(const struct rft_config *config, struct rft_checkpoint *checkpoint);

/* *dir: the directory whose tokenizer.json is to be used, the configuration's own text; NULL: no adapter has one. The
 * log says which, and warns if another adapter has another tokenizer. */
enum rft_status rft_adapters_tokenizer(const struct rft_config *config, const char **dir);

/* The model's chat source with what adapters have in its place. gguf: NULL for a directory. */
enum rft_status rft_adapters_chat_source(const struct rft_config *config, const struct rft_gguf *gguf,
                                         struct rft_chat_source *source);

#endif
