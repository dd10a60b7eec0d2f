/* SPDX-License-Identifier: MIT */
/* A tokenizer from a GGUF file's metadata. */
#ifndef RFT_TOKENIZER_GGUF_H
#define RFT_TOKENIZER_GGUF_H

#include "tokenizer.h"

struct rft_gguf;

/* From GGUF metadata: tokenizer.ggml.model "gpt2" (byte-level BPE; the split pattern that tokenizer.ggml.pre names) and
 * "llama" (SentencePiece-style BPE with byte fallback by scores). An unknown pattern is refused by name. Tokens of type
 * control and unknown are special added tokens, user-defined ones are added and not special. */
enum rft_status rft_tokenizer_open_gguf(const struct rft_gguf *gguf, const char *path,
                                        struct rft_tokenizer **tokenizer);

#endif
