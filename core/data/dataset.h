/* SPDX-License-Identifier: MIT */
/* Questions and gold answers in. Knows nothing of models. */
#ifndef RFT_DATASET_H
#define RFT_DATASET_H

#include "status.h"
#include "str.h"

#include <stddef.h>
#include <stdint.h>

struct rft_dataset_options {
    const char *path; /* JSON array of ["question", gold, ...], JSON array of objects, or JSON lines of objects */
    const char *question_field; /* for objects */
    const char *answer_field;   /* for objects */
    const char *answer_after;   /* "" = the whole field; else gold is what follows its last occurrence, trimmed */
    const char *id_field;       /* "" = the question's text is its id */
    uint64_t limit;             /* first so many questions; 0 = all */
};

/* One question. All text is owned by the dataset. */
struct rft_question {
    struct rft_bytes text;
    struct rft_bytes gold; /* source text: of a number its characters in the file ("6000.0"), of a string its content */
    bool gold_is_number;   /* gold stood as a JSON number: it is written back as one */
    struct rft_bytes id;   /* explicit id (a number's source text), else the question's text */
    uint32_t repeat;       /* ordinal among questions of the same id text: 0 for the first; always 0 with id_field */
    uint64_t line;         /* 1-based line in the file, for messages */
};

struct rft_dataset {
    struct rft_question *questions; /* [n] in input order */
    size_t n;
    struct rft_str arena;  /* backing of the texts: the file, its strings unescaped in place */
    uint64_t content_hash; /* over text, gold and id of all n in order: part of the run's fingerprint */
};

/* Reads and checks the whole file. Errors name file and line or entry and field: no such file, not JSON, a row of the
 * wrong shape, a missing field, an empty question, a gold that is neither number nor string, an id given twice,
 * answer_after not found or nothing behind it, no questions. Strings may hold U+0000. Nothing is dropped silently: only
 * what `limit` leaves out and blank lines are not looked at. */
enum rft_status rft_dataset_load(const struct rft_dataset_options *options, struct rft_dataset *dataset);
/* The same out of the file's text in memory, which is taken over; options->path only names it in messages. */
enum rft_status rft_dataset_parse(const struct rft_dataset_options *options, struct rft_str *text,
                                  struct rft_dataset *dataset);
void rft_dataset_finish(struct rft_dataset *dataset);

/* Random key of a question: XXH64 over its id's bytes and its repeat (little-endian u32), seeded with `seed`. Its place
 * in the file does not matter. */
uint64_t rft_question_key(const struct rft_question *question, uint64_t seed);

#endif
