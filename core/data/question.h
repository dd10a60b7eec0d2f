/* SPDX-License-Identifier: MIT */
/* A question, and how questions are read. */
#ifndef RFT_QUESTION_H
#define RFT_QUESTION_H

#include "answer.h"
#include "str.h"

#include <stdbool.h>
#include <stdint.h>

struct rft_dataset_options {
    const char *path;           /* JSON array of ["question", gold, ...] or of objects, or JSON lines of either */
    const char *question_field; /* for objects */
    const char *answer_field;   /* for objects */
    const char *answer_after;   /* "" = the whole field; else gold is what follows its last occurrence, trimmed */
    const char *id_field;       /* "" = the question's text is its id */
    uint64_t limit;             /* the first N rows, those that are left out counted; 0 = all */
    const char *answer_mark;    /* with answer_after "": where this is in the field, gold follows it; NULL = none */
    const struct rft_verify_options *verify; /* gold answers must be what these can compare; NULL = any */
    bool skip_bad_rows;                      /* rows that are no questions are left out; else they are refused */
};

/* One question. All text is owned by the dataset. */
struct rft_question {
    struct rft_bytes text;
    struct rft_bytes gold; /* source text: of a number its characters in the file ("6000.0"), of a string its content */
    bool gold_is_number;   /* gold stood as a JSON number: it is written back as one */
    struct rft_bytes id;   /* explicit id (a number's source text), else the question's text */
    uint32_t repeat; /* ordinal among rows of the same id text, also such as are left out: 0 for the first; always 0
                        with id_field */
    uint64_t row;    /* ordinal in the file, from 0 */
    uint64_t line;   /* 1-based line in the file, for messages */
};

#endif
