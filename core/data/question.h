/* SPDX-License-Identifier: MIT */
/* A question, and how questions are read. */
#ifndef RFT_QUESTION_H
#define RFT_QUESTION_H

#include "verifier.h"
#include "str.h"

#include <stdbool.h>
#include <stdint.h>

#define RFT_QUESTION_MORE_MAX 15
#define RFT_FILTER_MAX 16

struct rft_dataset_options {
    const char *path;                 /* JSON array of ["question", gold, ...] or of objects, or JSON lines of either */
    const char *question_field;       /* for objects, as all fields: names as in json_path.h */
    const char *const *question_more; /* [n_question_more] fields whose texts follow it with blank lines between */
    size_t n_question_more;           /* at most RFT_QUESTION_MORE_MAX */
    const char *answer_field;         /* "" = there is no gold answer; completions: NULL = "gold", else "answer" */
    const char *answer_after;         /* "" = the whole field; else gold is what follows its last occurrence, trimmed */
    const char *id_field;             /* "" = the question's text is its id */
    const char *choices_field;        /* NULL or "" = questions have no options of their own */
    const char *completion_field;     /* completions: NULL or "" = the first of the usual names that is a string */
    const char *const *filter;        /* [n_filter] "field=value": rows of which one does not hold are passed over */
    size_t n_filter;                  /* at most RFT_FILTER_MAX */
    uint64_t limit;          /* the first N rows that pass the filter, those that are left out counted; 0 = all */
    const char *answer_mark; /* with answer_after "": where this is in the field, gold follows it; NULL = none */
    const struct rft_verify_options *verify; /* gold answers must be what these can compare; NULL = any */
    bool skip_bad_rows;                      /* rows that are no questions are left out; else they are refused */
    bool are_drawn; /* completions: what was drawn counts alone; gold answers may differ from row to row */
};

/* One question. All text is owned by the dataset. There may be millions: members stand so that none is padded. */
struct rft_question {
    struct rft_bytes text;
    struct rft_bytes gold; /* source text: of a number its characters in the file ("6000.0"), of a string its content;
                              of a list the first; data NULL: there is none */
    struct rft_bytes id;   /* explicit id (a number's source text), else the question's text */
    const struct rft_bytes *golds;   /* [n_golds] of a list all of them; NULL: gold alone */
    const struct rft_bytes *choices; /* [n_choices] the options of a multiple choice; NULL: it has none of its own */
    uint64_t row;                    /* ordinal in the file, from 0 */
    uint64_t line;                   /* 1-based line in the file, for messages */
    uint32_t n_golds;
    uint32_t n_choices;
    uint32_t repeat;   /* ordinal among rows of the same id text, also such as are left out: 0 for the first; always 0
                          with id_field */
    bool gold_is_json; /* gold is JSON text: a number, or for a command a list or an object; it is written back as such
                        */
};

/* All accepted answers of a question, and the options that it brings along. */
struct rft_texts rft_question_golds(const struct rft_question *question);
struct rft_texts rft_question_choices(const struct rft_question *question);
/* Appends the options as a JSON list; the gold answer as JSON: a number or a string as it was read, a list, or null. */
enum rft_status rft_question_put_choices(const struct rft_question *question, struct rft_str *out);
enum rft_status rft_question_put_gold(const struct rft_question *question, struct rft_str *out);

/* Random key of a question: XXH64 over its id's bytes and its repeat (little-endian u32), seeded with `seed`. Its place
 * in the file does not matter. */
uint64_t rft_question_key(const struct rft_question *question, uint64_t seed);
/* What tells a question's samples from all others', as far as the question is concerned: XXH64 over its text, seeded
 * with its key of seed 0. */
uint64_t rft_question_identity(const struct rft_question *question);
/* XXH64 over all that is in a question, seeded with the one before it. */
uint64_t rft_question_hash(const struct rft_question *question, uint64_t seed);

#endif
