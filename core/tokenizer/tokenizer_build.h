/* SPDX-License-Identifier: MIT */
/* Making a tokenizer: empty at first, filled by a reader, sealed at the end. */
#ifndef RFT_TOKENIZER_BUILD_H
#define RFT_TOKENIZER_BUILD_H

#include "tokenizer_data.h"

struct rft_tokenizer *rft_tok_create(void); /* empty; NULL when memory is short */

/* The last act of loading: normalises the added tokens' texts and sorts them. `added` holds them all before. */
enum rft_status rft_tok_seal(struct rft_tokenizer *tokenizer);

#endif
