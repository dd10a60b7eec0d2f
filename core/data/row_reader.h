/* SPDX-License-Identifier: MIT */
/* Finds the fields of one row after the other, ["question", gold, ...] or an object. */
#ifndef RFT_ROW_READER_H
#define RFT_ROW_READER_H

#include "arena.h"
#include "json_path.h"
#include "question.h"
#include "status.h"

#include <stdbool.h>

/* What is looked for in a row. Of a row that is an array the first three are its elements. */
enum rft_row_field { RFT_ROW_QUESTION, RFT_ROW_GOLD, RFT_ROW_COMPLETION, RFT_ROW_ID, RFT_ROW_CHOICES, RFT_ROW_FIELDS };

/* Reads rows, one after the other; scratch memory is kept. Zero-initialise and set the first members. */
struct rft_row_reader {
    const struct rft_dataset_options *options;
    struct rft_arena *arena; /* gives lists, and texts that are put together */
    struct rft_str *why;     /* what is wrong with the row, one line; cleared by rft_row_open */
    bool has_completions;    /* rows hold one, too */
    /* The row at hand. */
    struct rft_json_value row;
    struct rft_json_members members;                   /* if it is an object */
    bool is_own;                                       /* rftgen wrote it: its gold answer is taken as it stands */
    bool is_own_json;                                  /* and says that its text is JSON */
    bool is_not_drawn;                                 /* and that there is no completion, as none was needed */
    const char *names[RFT_ROW_FIELDS];                 /* NULL or "": not asked for */
    struct rft_json_value fields[RFT_ROW_FIELDS];      /* data NULL: it has none */
    struct rft_json_value more[RFT_QUESTION_MORE_MAX]; /* the question's further fields */
    struct rft_json_value *spans;                      /* of lists' elements */
    size_t n_spans, spans_cap;
    struct rft_bytes valid_gold;       /* the last one that could be compared; data NULL: none yet */
    size_t completions, n_completions; /* those of a list of completions; n = 0: it is none */
};

/* Begins a row: its members are known then. */
enum rft_status rft_row_open(struct rft_row_reader *reader, const struct rft_json_value *row);
/* Finds its fields, by the names of the options. Nothing is unescaped yet. */
void rft_row_find(struct rft_row_reader *reader);
void rft_row_reader_finish(struct rft_row_reader *reader);

/* A field in the row at hand; data NULL: it has none. */
struct rft_json_value rft_row_field(const struct rft_row_reader *reader, const char *name);
/* A string's content, unescaped; of another value its source text. */
struct rft_bytes rft_row_text(const struct rft_json_value *value);
/* Puts a value behind reader->spans, or the elements of a field that is a list: texts, numbers, true, false. If they
 * are something else, or it has none, reader->why says so. */
enum rft_status rft_row_push(struct rft_row_reader *reader, const struct rft_json_value *value);
enum rft_status rft_row_push_list(struct rft_row_reader *reader, enum rft_row_field field,
                                  const struct rft_json_value *array, size_t *n);
/* Says what is wrong with a field. */
enum rft_status rft_row_bad_field(const struct rft_row_reader *reader, enum rft_row_field field, const char *fmt, ...)
    RFT_PRINTF(3, 4);

#endif
