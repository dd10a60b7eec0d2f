/* SPDX-License-Identifier: MIT */
/* Byte pair encoding. */
#ifndef RFT_TOKENIZER_BPE_H
#define RFT_TOKENIZER_BPE_H

#include "tokenizer_data.h"

/* One piece of text to ids (BPE: known characters, then merges in order of rank, leftmost first). */
enum rft_status rft_tok_bpe(const struct rft_tokenizer *tokenizer, struct rft_bytes word, struct rft_ids *ids);
/* Adds the merge of two texts; *known = false, and nothing added, if one of them or their join is no token. */
enum rft_status rft_tok_add_merge(struct rft_tokenizer *tokenizer, struct rft_bytes left, struct rft_bytes right,
                                  uint32_t rank, struct rft_str *scratch, bool *known);
/* Fills byte_ids from the vocabulary. */
void rft_tok_find_byte_ids(struct rft_tokenizer *tokenizer);

#endif
