/* SPDX-License-Identifier: MIT */
/* The ways to split a text that a GGUF file names in tokenizer.ggml.pre. */
#ifndef RFT_TOKENIZER_GGUF_SPLIT_H
#define RFT_TOKENIZER_GGUF_SPLIT_H

#include "str.h"

#include <stdbool.h>

#define RFT_TOK_GGUF_PATTERNS_MAX 6

/* One way to split: patterns that are applied one after the other, each to what the one before left in one piece. */
struct rft_tok_gguf_split {
    const char *names; /* values of tokenizer.ggml.pre, each between spaces */
    const char *patterns[RFT_TOK_GGUF_PATTERNS_MAX];
    bool whole_words; /* words that are tokens are not put together by merges */
    bool adds_bos;    /* unless the file says otherwise */
};

/* NULL for a name that is not known. */
const struct rft_tok_gguf_split *rft_tok_gguf_split_find(struct rft_bytes name);

#endif
