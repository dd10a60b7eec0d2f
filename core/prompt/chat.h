/* SPDX-License-Identifier: MIT */
/* A conversation rendered by a model's chat template. */
#ifndef RFT_CHAT_H
#define RFT_CHAT_H

#include "jinja.h"
#include "status.h"
#include "str.h"

#include <stdbool.h>

struct json_t;

struct rft_chat_options {
    struct rft_bytes template;     /* Jinja */
    const char *from;              /* where it stands, for messages; copied */
    const struct json_t *tokens;   /* special tokens by the names of their variables; a reference is kept */
    const struct json_t *messages; /* what stands before every question; a reference is kept */
    const char *variables;         /* "" or a JSON object's text: variables of the user's */
    struct rft_jinja_date date;    /* of strftime_now */
};

struct rft_chat {
    struct rft_jinja_template *template;
    char *from;
    struct json_t *tokens, *messages, *variables;
    struct rft_jinja_date date;
};

/* Parses the template. RFT_ERR_CONFIG if the variables are no object or take the name of what every template is given;
 * else the interpreter's errors, logged with the template's place. */
enum rft_status rft_chat_open(const struct rft_chat_options *options, struct rft_chat *chat);
/* Zero-initialised is accepted. */
void rft_chat_close(struct rft_chat *chat);

/* The conversation up to a question, or, if answer.data is not NULL, up to an answer of the model's; is_open: with what
 * makes the model answer (add_generation_prompt). Errors go to *error and are not logged. */
enum rft_status rft_chat_render(const struct rft_chat *chat, struct rft_bytes question, struct rft_bytes answer,
                                bool is_open, struct rft_jinja_output *output, struct rft_jinja_error *error);
/* Logs such an error; returns status. */
enum rft_status rft_chat_log(const struct rft_chat *chat, const struct rft_jinja_error *error, enum rft_status status);

/* What the template does around an answer, found out by rendering one. Zero-initialise; finish it. */
struct rft_chat_turn {
    struct rft_jinja_output end; /* what stands behind an answer; empty if the template does not say */
    struct rft_str prefill;      /* what stands before an answer when the model begins, but not before one that is
                                    given: words put into the model's mouth, such as "<think>\n" */
    bool is_thinking;            /* the model begins within a thought, "<think>" stands before it */
};
enum rft_status rft_chat_look_at_turn(const struct rft_chat *chat, struct rft_chat_turn *turn);
void rft_chat_turn_finish(struct rft_chat_turn *turn);

#endif
