/* SPDX-License-Identifier: MIT */
/* Where a completion states its answer on purpose: in a tag, in \boxed{}, or in words. All of it in linear time; what
 * is found are views into the text, without white space at both ends. docs/verification.md has the rules in words. */
#ifndef RFT_STATEMENT_H
#define RFT_STATEMENT_H

#include "str.h"

#include <stdbool.h>

struct rft_statement {
    struct rft_bytes text; /* data NULL: none was found */
    const char *begin;     /* of the words, tag or command that state it */
    const char *end;       /* behind them */
    bool is_denied;        /* words: "I do not think that the answer is ..." */
};

/* The inside of the last <answer>...</answer> that is closed. */
struct rft_statement rft_statement_tag(struct rft_bytes text);
/* The inside of the last \boxed{...} or \fbox{...} whose braces are balanced; "\{" and "\}" are none. */
struct rft_statement rft_statement_boxed(struct rft_bytes text);
/* What the rest of the line says behind the last "answer is", "Answer:" or the like; where nothing stands there, the
 * next line that is not blank. "the wrong answer is" and "if the answer is" state nothing. */
struct rft_statement rft_statement_words(struct rft_bytes text);

/* Whether the sentence before `at` takes back what is stated there: "if x = 1, ...", "at first glance ..."; not where a
 * "so" or "therefore" stands between. */
bool rft_statement_is_hedged(const char *begin, const char *at);

/* Without the marks at its end by which models end a text, such as "<|im_end|>", and without white space there. */
struct rft_bytes rft_statement_without_end(struct rft_bytes text);

/* The first of these three that is there; one in words without the marks around it and the period that ends it. */
struct rft_statement rft_statement_find(struct rft_bytes text);

/* Takes off what dresses all of a text: \boxed{}, \text{} and the like, $, \( \), **, `; at most 8 of them. */
struct rft_bytes rft_statement_undress(struct rft_bytes text);

#endif
