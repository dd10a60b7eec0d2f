/* SPDX-License-Identifier: MIT */
#include "row_turns.h"

#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static enum rft_status put_turn(struct rft_str *out, const char *role, struct rft_bytes content)
{
    RFT_TRY(rft_str_append_z(out, "{\"role\": "));
    RFT_TRY(rft_str_append_json(out, role, strlen(role)));
    RFT_TRY(rft_str_append_z(out, ", \"content\": "));
    RFT_TRY(rft_str_append_json(out, content.data, content.len));
    return rft_str_append_z(out, "}");
}

static enum rft_status put_head(const json_t *messages, bool has_examples, struct rft_row_turns *turns)
{
    for (size_t i = 0; i < json_array_size(messages); i++) {
        const json_t *message = json_array_get(messages, i), *content = json_object_get(message, "content");
        const char *role = json_string_value(json_object_get(message, "role"));
        const struct rft_bytes text = {json_string_value(content), json_string_length(content)};
        bool is_system = strcmp(role, "system") == 0;
        if (!has_examples && !is_system)
            continue;
        if (is_system)
            RFT_TRY(rft_str_append(&turns->system, text.data, text.len));
        RFT_TRY(put_turn(&turns->head, role, text));
        RFT_TRY(rft_str_append_z(&turns->head, ", "));
    }
    return RFT_OK;
}

enum rft_status rft_row_turns_init(const struct rft_prompt *prompt, bool has_examples, struct rft_row_turns *turns)
{
    const struct rft_str *prefill = &prompt->turn.prefill;
    *turns = (struct rft_row_turns){.text = prompt->is_chat ? &prompt->text : NULL,
                                    .prefill = {prefill->data != NULL ? prefill->data : "", prefill->len}};
    snprintf(turns->prompt_id, sizeof turns->prompt_id, "%s:%016" PRIx64, prompt->is_chat ? "chat" : "raw",
             prompt->hash);
    return put_head(prompt->is_chat ? prompt->chat.messages : NULL, has_examples, turns);
}

enum rft_status rft_row_turns_init_alone(const struct rft_config *config, bool is_chat, struct rft_prompt_text *text,
                                         struct rft_row_turns *turns)
{
    const struct rft_prompt_options options = {.examples_path = config->prompt_examples,
                                               .system = config->prompt_system,
                                               .system_path = config->prompt_system_file};
    json_t *messages;
    *turns = (struct rft_row_turns){.text = is_chat ? text : NULL, .prefill = {"", 0}};
    *text = (struct rft_prompt_text){0};
    if (config->prompt_format == RFT_PROMPT_RAW)
        return RFT_OK;
    if (is_chat && *config->prompt_template != '\0')
        RFT_TRY(rft_prompt_text_open(config->prompt_template, text));
    RFT_TRY(rft_prompt_messages(&options, &messages));
    enum rft_status status = put_head(messages, config->output_examples, turns);
    json_decref(messages);
    return status;
}

void rft_row_turns_finish(struct rft_row_turns *turns)
{
    rft_str_finish(&turns->head);
    rft_str_finish(&turns->system);
    *turns = (struct rft_row_turns){0};
}

/* The user's turn of a raw prompt is the question: its markup is the model's affair. */
static enum rft_status put_question(const void *user, struct rft_bytes question, struct rft_str *out)
{
    const struct rft_row_turns *turns = user;
    if (turns->text != NULL)
        return rft_prompt_text_fill(turns->text, question, out);
    return rft_str_append(out, question.data, question.len);
}

static enum rft_status put_turns(const void *user, struct rft_bytes question, struct rft_str *out)
{
    const struct rft_row_turns *turns = user;
    struct rft_str text = {0};
    enum rft_status status = rft_str_append(out, turns->head.data != NULL ? turns->head.data : "", turns->head.len);
    if (status == RFT_OK)
        status = put_question(user, question, &text);
    if (status == RFT_OK)
        status = put_turn(out, "user", (struct rft_bytes){text.data, text.len});
    rft_str_finish(&text);
    return status;
}

struct rft_output_prompt rft_row_turns_for_output(const struct rft_row_turns *turns)
{
    return (struct rft_output_prompt){.id = turns->prompt_id,
                                      .user = turns,
                                      .put_turns = put_turns,
                                      .put_question = put_question,
                                      .system = {turns->system.data, turns->system.len},
                                      .prefill = turns->prefill};
}
