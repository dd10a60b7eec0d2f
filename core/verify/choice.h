/* SPDX-License-Identifier: MIT */
/* Multiple choice: the options of a question, and which of them a text names. Views only, in linear time. */
#ifndef RFT_CHOICE_H
#define RFT_CHOICE_H

#include "verifier.h"

#include <stdbool.h>
#include <stdint.h>

#define RFT_CHOICES_MAX 10 /* A to J */

/* The options' texts, A first; n = 0: they are not known. */
struct rft_choices {
    struct rft_bytes texts[RFT_CHOICES_MAX];
    int n;
};

/* Those of the case, or else the longest run of consecutive marks from A in the question: "A) ", "(A) ", "A. " or
 * "A: ", one a line or all in one. */
struct rft_choices rft_choices_of(const struct rft_verify_case *c);

/* The option whose text begins at p, whole, in capitals or not, with nothing behind it that could belong to it;
 * the longest one. -1: none, or several. *behind: where it ends. */
int rft_choices_match(const struct rft_choices *choices, const char *p, const char *end, const char **behind);

/* The same whatever stands behind it, for texts of some letters and no digits; the longest one, of twins the first. */
int rft_choices_begin(const struct rft_choices *choices, const char *p, const char *end, const char **behind);

/* Whether a text is that option's, but for capitals, white space and a last period. */
bool rft_choices_is_text(struct rft_bytes option, struct rft_bytes text);

/* What a text says about options. */
struct rft_choice {
    enum rft_choice_kind {
        RFT_CHOICE_NONE,    /* no option is named */
        RFT_CHOICE_REFUSED, /* several are, or one is denied */
        RFT_CHOICE_ONE,
    } kind;
    int letter;            /* ONE: 0 = A */
    struct rft_bytes text; /* ONE: where it is named */
    const char *behind;    /* ONE: behind the letter and its option's text */
};

/* Reads a statement: "B", "(B)", "option B", "B) its text", "B because ...", or an option's whole text. */
struct rft_choice rft_choice_read(const struct rft_choices *choices, struct rft_bytes statement);
/* The letter of an option that stands at p of a text by itself; -1: none. "E.coli", "D-glucose" and "C++" are none. */
int rft_choice_letter_at(const char *begin, const char *p, const char *end);
/* Whether what stands behind a statement of that letter takes it back, or says that another one is the answer: "This is
 * false.", "No. C!", "But C is the correct one." With is_all the rest is all of the text, in which the statement is one
 * clause: then only other answers count. */
bool rft_choice_is_disputed(const struct rft_choices *choices, int letter, struct rft_bytes rest, bool is_all);
/* What all clauses like "option B is correct." and "B is the correct answer." in a text agree upon. */
struct rft_choice rft_choice_read_subject(const struct rft_choices *choices, struct rft_bytes text);
/* The last of "I would choose B", "I will go with B" and "the solution is B". */
struct rft_choice rft_choice_read_chosen(const struct rft_choices *choices, struct rft_bytes text);
/* A statement that is a line of a letter and nothing else. */
struct rft_choice rft_choice_read_bare(struct rft_bytes line);
/* Whether a line is that option's letter, its text, or both, and nothing else. Where the options are not known, a text
 * behind the letter's mark may be any without another sentence or letter. */
bool rft_choice_is_all(const struct rft_choices *choices, int letter, struct rft_bytes line);
/* Two or more letters and nothing else, such as "A, C", "A and C" or "AC", as bits; 0 if the text is none. */
unsigned rft_choice_read_list(struct rft_bytes text);

#endif
