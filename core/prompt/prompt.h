/* SPDX-License-Identifier: MIT */
/* A prompt template: a text file in UTF-8, used byte for byte (its final newline too, a byte order mark not), that
 * holds
 * "{question}" exactly once. */
#ifndef RFT_PROMPT_H
#define RFT_PROMPT_H

#include "status.h"
#include "str.h"
#include "tokenizer.h"

#include <stddef.h>

struct rft_prompt {
    struct rft_str text; /* the template without "{question}" */
    size_t slot;         /* where a question goes in */
};

/* Reads a template. "{question}" missing or more than once, or bytes that are no UTF-8, are RFT_ERR_CONFIG and name the
 * file. */
enum rft_status rft_prompt_open(const char *path, struct rft_prompt *prompt);
/* The same from bytes; path is for messages. */
enum rft_status rft_prompt_parse(const char *path, struct rft_bytes text, struct rft_prompt *prompt);
void rft_prompt_close(struct rft_prompt *prompt);

/* Appends the ids of the template with a question in its place. The substituted text is tokenized as one piece; special
 * tokens are recognised in the template and never in the question's span, where they are nothing but characters. The
 * tokenizer's prefix (BOS) stands first, unless the template itself begins with it. */
enum rft_status rft_prompt_encode(const struct rft_prompt *prompt, struct rft_tokenizer *tokenizer,
                                  struct rft_bytes question, struct rft_ids *ids);

#endif
