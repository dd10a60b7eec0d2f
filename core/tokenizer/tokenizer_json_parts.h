/* SPDX-License-Identifier: MIT */
/* The component lists of a tokenizer.json as steps. */
#ifndef RFT_TOKENIZER_JSON_PARTS_H
#define RFT_TOKENIZER_JSON_PARTS_H

#include "tokenizer_step.h"

/* Component lists of a tokenizer.json, as json_t pointers. NULL or null: nothing. */
struct json_t;
enum rft_status rft_tok_json_normalizer(const char *path, const struct json_t *json, struct rft_tok_steps *steps);
enum rft_status rft_tok_json_pre_tokenizer(const char *path, const struct json_t *json, struct rft_tok_steps *steps);
enum rft_status rft_tok_json_decoder(const char *path, const struct json_t *json, struct rft_tok_steps *steps);

#endif
