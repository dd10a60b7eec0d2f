/* SPDX-License-Identifier: MIT */
/* Columns of a JSON line: each appends a label, which brings its quotes and what stands around it (", \"gold\": "), and
 * the value. */
#ifndef RFT_COLUMNS_H
#define RFT_COLUMNS_H

#include "question.h"
#include "status.h"
#include "str.h"

/* A string. */
enum rft_status rft_put_text(struct rft_str *line, const char *label, struct rft_bytes text);
/* A string; data NULL is written as null. */
enum rft_status rft_put_text_or_null(struct rft_str *line, const char *label, struct rft_bytes text);
/* A number with a point or an exponent in every line, so that the column is of one type. */
enum rft_status rft_put_real(struct rft_str *line, const char *label, double value);
/* JSON text as it stood elsewhere; data NULL is written as null. */
enum rft_status rft_put_json_or_null(struct rft_str *line, const char *label, struct rft_bytes json);
/* A gold answer as it was read: a number, a string, a list of them, or null. */
enum rft_status rft_put_gold(struct rft_str *line, const char *label, const struct rft_question *question);
/* A gold answer where a column must have one type: always a string, or null; a list as the JSON text that it is. */
enum rft_status rft_put_gold_text(struct rft_str *line, const char *label, const struct rft_question *question);
/* A question's own options as the text of a JSON list, or null. */
enum rft_status rft_put_choices(struct rft_str *line, const char *label, const struct rft_question *question);

#endif
