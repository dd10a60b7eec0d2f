/* SPDX-License-Identifier: MIT */
/* config.json and generation_config.json of a Hugging Face directory. */
#ifndef RFT_HF_CONFIG_H
#define RFT_HF_CONFIG_H

#include "arch.h"
#include "model.h"
#include "model_options.h"
#include "status.h"
#include "str.h"

#include <stddef.h>

/* From the text of config.json; `file` names it in messages. options may be NULL. *arch: the row of the table that it is
 * of. Whatever would change the model's arithmetic and is not supported is refused by key and value. */
enum rft_status rft_hf_config_parse(const char *file, struct rft_bytes text, const struct rft_model_options *options,
                                    struct rft_model_config *config, const struct rft_arch **arch);

/* eos_token_id (absent, null, a number or a list of numbers below vocab_size) of either file. *ids, freed by the
 * caller, is NULL if there is none. */
enum rft_status rft_hf_eos_parse(const char *file, struct rft_bytes text, uint32_t vocab_size, uint32_t **ids,
                                 size_t *n);

#endif
