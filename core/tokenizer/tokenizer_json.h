/* SPDX-License-Identifier: MIT */
/* A tokenizer from Hugging Face's tokenizer.json. */
#ifndef RFT_TOKENIZER_JSON_H
#define RFT_TOKENIZER_JSON_H

#include "tokenizer.h"

/* Reads <dir>/tokenizer.json and, where its post-processor does not say what stands before a text, add_bos_token of
 * tokenizer_config.json. Errors name file and key; an unknown component type (a normalizer, a pre-tokenizer, a decoder,
 * a model other than BPE) and a pattern that PCRE2 would read in another way are refused by name. */
enum rft_status rft_tokenizer_open(const char *dir, struct rft_tokenizer **tokenizer);
/* Loads the text of a tokenizer.json; dir (may be NULL) is where tokenizer_config.json would be. */
enum rft_status rft_tok_load_json(const char *path, struct rft_bytes text, const char *dir,
                                  struct rft_tokenizer **tokenizer);

#endif
