/* SPDX-License-Identifier: MIT */
/* A file of rows: one JSON array of them, or JSON lines. */
#ifndef RFT_ROW_FILE_H
#define RFT_ROW_FILE_H

#include "json_text.h"

#define RFT_ROWS_BYTES_MAX (UINT64_C(1) << 32) /* of a file, and of what a compressed one holds */

/* Who takes the rows, in the file's order. */
struct rft_row_sink {
    void *user;
    enum rft_status (*take)(void *user, const struct rft_json_value *row);
    enum rft_status (*take_bad_line)(void *user, uint64_t line, const char *why); /* a line that is no JSON */
    bool (*wants_more)(void *user);
    bool (*has_any)(void *user); /* whether a row was what it should be */
};

/* Hands over each row of a file's text. A byte order mark and blank lines are passed over. Errors of the file name it,
 * the line and what to do: RFT_ERR_INPUT. */
enum rft_status rft_rows_walk(const char *path, struct rft_str *text, const struct rft_row_sink *sink);

#endif
