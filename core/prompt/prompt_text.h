/* SPDX-License-Identifier: MIT */
/* A text with a place for a question: a file in UTF-8, used byte for byte (its final newline too, a byte order mark
 * not), that holds "{question}" exactly once. */
#ifndef RFT_PROMPT_TEXT_H
#define RFT_PROMPT_TEXT_H

#include "status.h"
#include "str.h"

#include <stddef.h>

/* Zero-initialised: the question alone. */
struct rft_prompt_text {
    struct rft_str text; /* without "{question}" */
    size_t slot;         /* where a question goes in */
};

/* Reads a text. "{question}" missing or more than once, or bytes that are no UTF-8, are RFT_ERR_CONFIG and name the
 * file. */
enum rft_status rft_prompt_text_open(const char *path, struct rft_prompt_text *prompt);
/* The same from bytes; path is for messages. */
enum rft_status rft_prompt_text_parse(const char *path, struct rft_bytes text, struct rft_prompt_text *prompt);
/* Passes over a byte order mark, and refuses what is no UTF-8: RFT_ERR_CONFIG, with file and line. */
enum rft_status rft_prompt_text_check(const char *path, struct rft_bytes *text);
void rft_prompt_text_close(struct rft_prompt_text *prompt);
/* Appends the text with a question in its place. */
enum rft_status rft_prompt_text_fill(const struct rft_prompt_text *prompt, struct rft_bytes question,
                                     struct rft_str *text);

#endif
