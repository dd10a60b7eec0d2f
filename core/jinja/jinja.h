/* SPDX-License-Identifier: MIT */
/* Chat templates: an interpreter of Jinja (https://jinja.palletsprojects.com/templates) as far as the templates of
 * language models use it, with the settings, functions and sandbox that transformers gives them (apply_chat_template):
 * trim_blocks, lstrip_blocks, break and continue, {% generation %}, tojson without escaping, raise_exception,
 * strftime_now. What renders at all renders to the same text.
 *
 * What it does not know is refused: statements, filters and tests when the template is parsed, functions and methods
 * when they are called. A template cannot change what it is given, and is bounded in time, depth and memory. */
#ifndef RFT_JINJA_H
#define RFT_JINJA_H

#include "jinja_date.h"
#include "jinja_error.h"
#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stdint.h>

struct json_t;

struct rft_jinja_template;

/* Parses; the source is copied. RFT_ERR_INPUT (no Jinja) or RFT_ERR_UNSUPPORTED (Jinja that is not known here) with
 * *error; nothing is logged. The template is freed with rft_jinja_close (NULL is accepted). */
enum rft_status rft_jinja_parse(struct rft_bytes source, struct rft_jinja_template **template,
                                struct rft_jinja_error *error);
void rft_jinja_close(struct rft_jinja_template *template);

/* A variable of a template. Strings in `json` are data, but for what is trusted. */
struct rft_jinja_variable {
    const char *name;
    const struct json_t *json; /* NULL: undefined, whatever else defines the name */
    bool is_trusted;           /* all its strings count as the template's own, as those of special tokens do */
    const char *trusted_key; /* of an array of objects: the string under this key of each does ("role"); NULL = none */
};

/* What a rendering is given. Nothing is owned. */
struct rft_jinja_input {
    const struct rft_jinja_variable *variables; /* [n_variables]; the last of a name counts */
    size_t n_variables;
    struct rft_jinja_date date;
};

/* What comes out: text, and a mark for each of its bytes, 0 for the template's own and 1 for data. Both are cleared
 * first, and finished by the caller. */
struct rft_jinja_output {
    struct rft_str text, marks;
};

/* Renders. RFT_ERR_INPUT or RFT_ERR_UNSUPPORTED with *error; nothing is logged. */
enum rft_status rft_jinja_render(const struct rft_jinja_template *template, const struct rft_jinja_input *input,
                                 struct rft_jinja_output *output, struct rft_jinja_error *error);
void rft_jinja_output_finish(struct rft_jinja_output *output);

#endif
