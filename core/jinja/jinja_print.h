/* SPDX-License-Identifier: MIT */
/* Values as text: Python's str() and repr(), and JSON as json.dumps writes it. */
#ifndef RFT_JINJA_PRINT_H
#define RFT_JINJA_PRINT_H

#include "jinja_text.h"
#include "jinja_value.h"

/* str(value): what {{ }} and ~ put out. What is undefined is nothing. */
enum rft_status rft_jinja_print(struct rft_jinja_run *run, struct rft_jinja_buffer *out,
                                const struct rft_jinja_value *value);
/* repr(value). */
enum rft_status rft_jinja_print_repr(struct rft_jinja_run *run, struct rft_jinja_buffer *out,
                                     const struct rft_jinja_value *value);

/* How json.dumps is to write. */
struct rft_jinja_json_style {
    bool is_indented;
    struct rft_jinja_text indent;       /* of one level */
    struct rft_jinja_text comma, colon; /* between items, and behind keys */
    bool is_ascii, is_sorted;
};
enum rft_status rft_jinja_print_json(struct rft_jinja_run *run, struct rft_jinja_buffer *out,
                                     const struct rft_jinja_value *value, const struct rft_jinja_json_style *style);

/* The shortest decimal that reads back as x, as Python writes it ("1.0", "1e+16"). out holds 40 bytes. */
void rft_jinja_float_text(double x, char *out);

#endif
