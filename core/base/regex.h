/* SPDX-License-Identifier: MIT */
/* Regular expressions by PCRE2, within bounds: no pattern and no text can hang the program or exhaust the machine. The
 * syntax is PCRE2's; who reads patterns of another library translates or refuses what means something else there. */
#ifndef RFT_REGEX_H
#define RFT_REGEX_H

#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stddef.h>

/* A compiled expression. Zero-initialised is valid to finish. */
struct rft_regex {
    void *code;       /* pcre2_code; NULL: none */
    void *match_data; /* pcre2_match_data */
    void *limits;     /* pcre2_match_context */
    void *work;       /* of a bounded one: what was done so far */
};

enum {
    RFT_REGEX_LINES = 1, /* "^" and "$" are a line's */
    RFT_REGEX_BEGIN = 2, /* a match begins where the search does */
    RFT_REGEX_END = 4,   /* a match ends where the text does */
    /* The pattern is anybody's and the text long: all searches since rft_regex_start together may take only so many
     * steps, counted alike on every machine, and groups can be asked for. "\C" is not allowed. */
    RFT_REGEX_BOUNDED = 8,
};

/* Compiles `regex`, UTF-8; "." stops at LF. Messages name `file` and the pattern as `shown`, and the byte where it is
 * not understood: RFT_ERR_UNSUPPORTED. */
enum rft_status rft_regex_compile(const char *file, struct rft_bytes shown, struct rft_bytes regex, unsigned flags,
                                  struct rft_regex *out);
void rft_regex_finish(struct rft_regex *regex);

/* Gives a bounded one all its steps again. */
void rft_regex_start(struct rft_regex *regex);

/* Bounded: the number of groups, and a group's number by its name; -1 if there is none, or several of that name. */
int rft_regex_n_groups(const struct rft_regex *regex);
int rft_regex_group_of(const struct rft_regex *regex, const char *name);
/* Bounded: the place of a group of the last match; false if it took no part. */
bool rft_regex_group(const struct rft_regex *regex, int group, size_t *begin, size_t *end);

/* What rft_regex_search found. */
struct rft_regex_match {
    bool found;
    size_t begin, end; /* both SIZE_MAX if nothing was */
};

/* First match at or behind `from` of a text that must be well-formed UTF-8. *error, not logged, is PCRE2's number if
 * RFT_ERR_INPUT: the text is too hard for the pattern. */
enum rft_status rft_regex_search(const struct rft_regex *regex, struct rft_bytes text, size_t from,
                                 struct rft_regex_match *match, int *error);

#endif
