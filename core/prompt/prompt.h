/* SPDX-License-Identifier: MIT */
/* What the model is asked: by its own chat template, or by a text that holds all markup itself. */
#ifndef RFT_PROMPT_H
#define RFT_PROMPT_H

#include "chat.h"
#include "prompt_kind.h"
#include "prompt_text.h"
#include "status.h"
#include "str.h"
#include "tokenizer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The keys of [prompt], and what the model's files say. Texts are never NULL, "" = not given. */
struct rft_prompt_options {
    const char *model_path;        /* for messages */
    const char *text_path;         /* prompt.template */
    const char *examples_path;     /* prompt.examples */
    const char *system;            /* prompt.system */
    const char *system_path;       /* prompt.system_file */
    const char *variables;         /* prompt.variables */
    const char *date;              /* prompt.date, "2026-01-31" */
    enum rft_prompt_format format; /* prompt.format */
    enum rft_prompt_bos bos;       /* prompt.bos */
    struct rft_bytes template;     /* the model's chat template; data NULL = none */
    const char *template_from;     /* where it stands */
    const struct json_t *tokens;   /* texts of special tokens by their variables' names */
};

struct rft_prompt {
    bool is_chat;
    bool knows_thoughts; /* the chat template knows </think> */
    enum rft_prompt_bos bos;
    struct rft_prompt_text text; /* raw: the whole prompt; chat: the user's turn */
    struct rft_chat chat;        /* only of a chat prompt */
    struct rft_chat_turn turn;   /* the same */
    uint64_t hash;               /* of all that a prompt is made of but the question */
};

/* Chooses (auto: chat if the model has a template, unless the text holds special tokens itself) and reads what is
 * needed; the log says what was chosen and why. tokenizer: NULL if there is none, then no text holds its tokens.
 * RFT_ERR_CONFIG names the key: chat without a template, raw without a text, a system message or examples for a raw
 * prompt, both texts of the system message. */
enum rft_status rft_prompt_open(const struct rft_prompt_options *options, struct rft_tokenizer *tokenizer,
                                struct rft_prompt *prompt);
/* What stands before every question of a chat, by the options alone: an array of {"role", "content"}, which the caller
 * gives back. */
enum rft_status rft_prompt_messages(const struct rft_prompt_options *options, struct json_t **messages);
/* Zero-initialised is accepted. */
void rft_prompt_close(struct rft_prompt *prompt);

/* A prompt as text, and an enum rft_tok_mark for each byte. Both are cleared first. A chat template's errors are
 * logged. */
struct rft_rendered {
    struct rft_str text, marks;
};
enum rft_status rft_prompt_render(const struct rft_prompt *prompt, struct rft_bytes question,
                                  struct rft_rendered *rendered);
void rft_rendered_finish(struct rft_rendered *rendered);

/* Appends the ids of a prompt. Raw: the text is one piece; special tokens are recognised in it and never in the
 * question's span; the tokenizer's prefix (BOS) stands first, unless the text itself begins with it. Chat: the ids of
 * apply_chat_template(tokenize=True), where no data holds a special token's text; no prefix. bos = yes adds the prefix
 * wherever the prompt does not begin with it, no never. */
enum rft_status rft_prompt_encode(const struct rft_prompt *prompt, struct rft_tokenizer *tokenizer,
                                  struct rft_bytes question, struct rft_ids *ids);

/* The special token that the chat template closes an answer with; false if there is none. */
bool rft_prompt_end_of_turn(const struct rft_prompt *prompt, const struct rft_tokenizer *tokenizer, uint32_t *id);

#endif
