/* SPDX-License-Identifier: MIT */
/* What a model's files say of its prompt: the chat template, and the texts of the special tokens that it names. */
#ifndef RFT_CHAT_SOURCE_H
#define RFT_CHAT_SOURCE_H

#include "status.h"
#include "str.h"

struct rft_gguf;
struct json_t;

struct rft_chat_source {
    struct rft_str template; /* Jinja; data NULL if the model has none */
    struct rft_str from;     /* where it stands, for messages: "DIR/tokenizer_config.json: chat_template" */
    struct json_t *tokens;   /* an object: "bos_token" and the like -> text; never NULL once opened */
};

/* Of a directory (gguf NULL), in this order: chat_template.jinja with additional_chat_templates/NAME.jinja, then
 * tokenizer_config.json's chat_template, a text or a list of {name, template}, then chat_template.json; tokens from
 * tokenizer_config.json and special_tokens_map.json. Of a GGUF file: tokenizer.chat_template, those named behind
 * "tokenizer.chat_template.", and the tokens' ids. name: which of several; "" = "default", else the first. A name that
 * is not there: RFT_ERR_CONFIG, with those that are. */
enum rft_status rft_chat_source_open(const char *path, const struct rft_gguf *gguf, const char *name,
                                     struct rft_chat_source *source);
/* Zero-initialised is accepted. */
void rft_chat_source_close(struct rft_chat_source *source);

#endif
