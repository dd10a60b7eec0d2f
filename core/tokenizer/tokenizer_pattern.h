/* SPDX-License-Identifier: MIT */
/* Patterns that texts are split or changed at. */
#ifndef RFT_TOKENIZER_PATTERN_H
#define RFT_TOKENIZER_PATTERN_H

#include "regex.h"
#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stddef.h>

/* A regular expression, or a plain string. */
struct rft_tok_pattern {
    struct rft_regex regex; /* its code NULL for a string */
    struct rft_str literal;
};

/* A regular expression in the syntax that tokenizer.json uses (Oniguruma's); what PCRE2 would read differently is
 * translated or refused. path is for messages. */
enum rft_status rft_tok_pattern_regex(const char *path, struct rft_bytes regex, struct rft_tok_pattern *pattern);
/* A text that matches itself; it is copied. RFT_ERR_HOST_MEMORY. */
enum rft_status rft_tok_pattern_literal(struct rft_bytes literal, struct rft_tok_pattern *pattern);
/* Zero-initialised is accepted. */
void rft_tok_pattern_finish(struct rft_tok_pattern *pattern);

/* Walks the matches of one text. Zero-initialise. */
struct rft_tok_match {
    size_t begin, end;
    size_t from; /* where the search goes on */
    bool found, over;
};
/* Finds the next match; match->found says whether there was one. Empty matches right behind a match are passed over.
 * The text must be well-formed UTF-8. RFT_ERR_INPUT when the text is too hard for the pattern (PCRE2's limits). */
enum rft_status rft_tok_pattern_next(const struct rft_tok_pattern *pattern, struct rft_bytes text,
                                     struct rft_tok_match *match);

#endif
