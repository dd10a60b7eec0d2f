/* SPDX-License-Identifier: MIT */
#include "prompt.h"

#include "file.h"
#include "json.h"
#include "marks.h"
#include "messages.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define SYSTEM_BYTES_MAX (64u << 20)

/* ---- which of the two ---- */

/* The first special token that a text holds; len 0 if it holds none. */
static struct rft_bytes find_special(const struct rft_tokenizer *tokenizer, struct rft_bytes text)
{
    uint32_t id;
    size_t len;
    for (size_t at = 0; at < text.len && tokenizer != NULL; at++)
        if (rft_tokenizer_special_at(tokenizer, (struct rft_bytes){text.data + at, text.len - at}, &id, &len))
            return (struct rft_bytes){text.data + at, len};
    return (struct rft_bytes){0};
}

static enum rft_status no_place(const char *key, const struct rft_prompt_options *o)
{
    rft_log_error("%s has no place in a raw prompt; write it into the template %s, or set prompt.format = chat", key,
                  o->text_path);
    return RFT_ERR_CONFIG;
}

/* Settles prompt->is_chat, and says why. The text is read. */
static enum rft_status choose(const struct rft_prompt_options *o, const struct rft_tokenizer *tokenizer,
                              struct rft_prompt *prompt)
{
    bool has_template = o->template.data != NULL, has_text = *o->text_path != '\0';
    struct rft_bytes text = {prompt->text.text.data, prompt->text.text.len};
    struct rft_bytes special = find_special(tokenizer, text);
    prompt->is_chat =
        o->format == RFT_PROMPT_CHAT || (o->format == RFT_PROMPT_AUTO && has_template && special.len == 0);
    if (prompt->is_chat && !has_template) {
        rft_log_error("%s: the model has no chat template, and prompt.format = chat; set it to raw, with the markup in "
                      "prompt.template",
                      o->model_path);
        return RFT_ERR_CONFIG;
    }
    if (!prompt->is_chat && !has_text) {
        rft_log_error("prompt.template is missing: %s",
                      has_template ? "prompt.format = raw asks for a text that holds {question}"
                                   : "the model has no chat template; give a text that holds {question}");
        return RFT_ERR_CONFIG;
    }
    if (prompt->is_chat) {
        rft_log_info("prompt: the chat template of %s%s", o->template_from,
                     o->format == RFT_PROMPT_AUTO ? " (prompt.format = auto)" : "");
        if (special.len != 0)
            rft_log_warn("%s: \"%.*s\" stays text, as the prompt is a chat's; a text with markup of its own is for "
                         "prompt.format = raw",
                         o->text_path, (int)special.len, special.data);
        return RFT_OK;
    }
    const char *why = o->format == RFT_PROMPT_RAW ? "prompt.format = raw" : "the model has no chat template";
    if (o->format == RFT_PROMPT_AUTO && has_template)
        rft_log_info("prompt: %s is the whole prompt, as it holds the special token %.*s (prompt.format = auto)",
                     o->text_path, (int)special.len, special.data);
    else
        rft_log_info("prompt: %s is the whole prompt (%s)", o->text_path, why);
    if (*o->system != '\0' || *o->system_path != '\0')
        return no_place(*o->system != '\0' ? "prompt.system" : "prompt.system_file", o);
    return *o->examples_path != '\0' ? no_place("prompt.examples", o) : RFT_OK;
}

/* ---- a chat ---- */

/* prompt.system, or what stands in prompt.system_file; *system stays empty without either. */
static enum rft_status read_system(const struct rft_prompt_options *o, struct rft_str *system)
{
    if (*o->system != '\0' && *o->system_path != '\0') {
        rft_log_error("prompt.system and prompt.system_file are both given; leave out one");
        return RFT_ERR_CONFIG;
    }
    if (*o->system != '\0')
        return rft_str_append_z(system, o->system);
    if (*o->system_path == '\0')
        return RFT_OK;
    struct rft_str file;
    RFT_TRY(rft_file_read(o->system_path, SYSTEM_BYTES_MAX, &file));
    struct rft_bytes text = {file.data, file.len};
    enum rft_status status = rft_prompt_text_check(o->system_path, &text);
    if (status == RFT_OK)
        status = rft_str_append(system, text.data, text.len);
    rft_str_finish(&file);
    return status;
}

static enum rft_status open_with(const struct rft_prompt_options *o, const json_t *messages, struct rft_prompt *prompt)
{
    struct rft_chat_options options = {.template = o->template,
                                       .from = o->template_from,
                                       .tokens = o->tokens,
                                       .messages = messages,
                                       .variables = o->variables};
    if (!rft_jinja_date_read(o->date, &options.date)) {
        rft_log_error("prompt.date = %s: give a day as YYYY-MM-DD", o->date);
        return RFT_ERR_CONFIG;
    }
    RFT_TRY(rft_chat_open(&options, &prompt->chat));
    return rft_chat_look_at_turn(&prompt->chat, &prompt->turn);
}

enum rft_status rft_prompt_messages(const struct rft_prompt_options *o, json_t **messages)
{
    struct rft_str system = {0};
    *messages = NULL;
    enum rft_status status = read_system(o, &system);
    if (status == RFT_OK)
        status = rft_messages_read((struct rft_bytes){system.data, system.len}, o->examples_path, messages);
    rft_str_finish(&system);
    return status;
}

static enum rft_status open_chat(const struct rft_prompt_options *o, struct rft_prompt *prompt)
{
    json_t *messages;
    RFT_TRY(rft_prompt_messages(o, &messages));
    enum rft_status status = open_with(o, messages, prompt);
    json_decref(messages);
    return status;
}

/* ---- opening ---- */

static enum rft_status hash_json(const json_t *json, uint64_t *hash)
{
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    if (json != NULL && text == NULL)
        return RFT_ERR_HOST_MEMORY;
    *hash = text != NULL ? XXH64(text, strlen(text), *hash) : *hash;
    json_free_t release;
    json_get_alloc_funcs(NULL, &release);
    if (text != NULL)
        release(text);
    return RFT_OK;
}

static enum rft_status take_hash(const struct rft_prompt_options *o, struct rft_prompt *prompt)
{
    const struct rft_str *text = &prompt->text.text;
    prompt->hash = XXH64(text->data != NULL ? text->data : "", text->len, prompt->text.slot);
    if (prompt->is_chat) {
        prompt->hash = XXH64(o->template.data, o->template.len, prompt->hash);
        prompt->hash = XXH64(&prompt->chat.date, sizeof prompt->chat.date, prompt->hash);
        RFT_TRY(hash_json(prompt->chat.messages, &prompt->hash));
        RFT_TRY(hash_json(prompt->chat.variables, &prompt->hash));
        RFT_TRY(hash_json(prompt->chat.tokens, &prompt->hash));
    }
    return RFT_OK;
}

/* The tokenizer would put a prefix before a text, and the chat template does not: somebody should know. */
static enum rft_status look_at_prefix(const struct rft_prompt *prompt, struct rft_tokenizer *tokenizer)
{
    size_t n;
    const uint32_t *prefix = rft_tokenizer_prefix(tokenizer, &n);
    struct rft_ids ids = {0};
    if (n == 0 && prompt->bos == RFT_BOS_YES)
        rft_log_warn("prompt.bos = yes: the tokenizer names no token that begins a text, so there is none");
    if (n == 0 || !prompt->is_chat || prompt->bos == RFT_BOS_NO)
        return RFT_OK;
    enum rft_status status = rft_prompt_encode(prompt, tokenizer, rft_bytes_z("Hello"), &ids);
    if (status == RFT_OK && (ids.n < n || memcmp(ids.ids, prefix, n * sizeof *prefix) != 0))
        rft_log_info("prompt: the tokenizer puts a beginning-of-sequence token before a text, the chat template does "
                     "not, so there is none; prompt.bos = yes puts it there");
    rft_ids_finish(&ids);
    return status;
}

static enum rft_status open_prompt(const struct rft_prompt_options *o, const struct rft_tokenizer *tokenizer,
                                   struct rft_prompt *prompt)
{
    if (*o->text_path != '\0')
        RFT_TRY(rft_prompt_text_open(o->text_path, &prompt->text));
    RFT_TRY(choose(o, tokenizer, prompt));
    if (prompt->is_chat)
        RFT_TRY(open_chat(o, prompt));
    return take_hash(o, prompt);
}

enum rft_status rft_prompt_open(const struct rft_prompt_options *options, struct rft_tokenizer *tokenizer,
                                struct rft_prompt *prompt)
{
    *prompt = (struct rft_prompt){.bos = options->bos};
    enum rft_status status = open_prompt(options, tokenizer, prompt);
    if (status == RFT_OK && tokenizer != NULL)
        status = look_at_prefix(prompt, tokenizer);
    if (status != RFT_OK)
        rft_prompt_close(prompt);
    return status;
}

void rft_prompt_close(struct rft_prompt *prompt)
{
    rft_prompt_text_close(&prompt->text);
    rft_chat_turn_finish(&prompt->turn);
    rft_chat_close(&prompt->chat);
    *prompt = (struct rft_prompt){0};
}

/* ---- using it ---- */

static enum rft_status render_raw(const struct rft_prompt_text *text, struct rft_bytes question,
                                  struct rft_rendered *rendered)
{
    RFT_TRY(rft_prompt_text_fill(text, question, &rendered->text));
    RFT_TRY(rft_str_append(&rendered->marks, rendered->text.data, rendered->text.len)); /* room for as many */
    for (size_t i = 0; i < rendered->marks.len; i++) {
        bool is_question = i >= text->slot && i - text->slot < question.len;
        rendered->marks.data[i] = is_question ? RFT_TOK_PLAIN : RFT_TOK_TEMPLATE;
    }
    return RFT_OK;
}

static enum rft_status render_chat(const struct rft_prompt *prompt, struct rft_bytes question,
                                   struct rft_rendered *rendered)
{
    struct rft_str turn = {0};
    struct rft_jinja_output output = {rendered->text, rendered->marks};
    struct rft_jinja_error error = {0};
    const struct rft_bytes none = {0};
    enum rft_status status = rft_prompt_text_fill(&prompt->text, question, &turn);
    if (status == RFT_OK)
        status = rft_chat_render(&prompt->chat, (struct rft_bytes){turn.data, turn.len}, none, true, &output, &error);
    *rendered = (struct rft_rendered){output.text, output.marks};
    for (size_t i = 0; i < rendered->marks.len && status == RFT_OK; i++)
        rendered->marks.data[i] = rendered->marks.data[i] != 0 ? RFT_TOK_DATA : RFT_TOK_TEMPLATE;
    rft_str_finish(&turn);
    return rft_chat_log(&prompt->chat, &error, status);
}

enum rft_status rft_prompt_render(const struct rft_prompt *prompt, struct rft_bytes question,
                                  struct rft_rendered *rendered)
{
    rft_str_clear(&rendered->text);
    rft_str_clear(&rendered->marks);
    return prompt->is_chat ? render_chat(prompt, question, rendered) : render_raw(&prompt->text, question, rendered);
}

void rft_rendered_finish(struct rft_rendered *rendered)
{
    rft_str_finish(&rendered->text);
    rft_str_finish(&rendered->marks);
}

/* Puts the tokenizer's prefix in front, unless what stands before the question begins with it. */
static enum rft_status append_prefix(const struct rft_prompt *prompt, const struct rft_rendered *rendered,
                                     struct rft_tokenizer *tokenizer, struct rft_ids *ids)
{
    size_t n, n_head = prompt->is_chat ? rendered->text.len : prompt->text.slot;
    const uint32_t *prefix = rft_tokenizer_prefix(tokenizer, &n);
    struct rft_ids head = {0};
    if (n == 0 || prompt->bos == RFT_BOS_NO || (prompt->is_chat && prompt->bos == RFT_BOS_AUTO))
        return RFT_OK;
    enum rft_status status = rft_tokenizer_encode_marked(tokenizer, (struct rft_bytes){rendered->text.data, n_head},
                                                         (const unsigned char *)rendered->marks.data, &head);
    bool there = head.n >= n && memcmp(head.ids, prefix, n * sizeof *prefix) == 0;
    for (size_t i = 0; i < n && !there && status == RFT_OK; i++)
        status = rft_ids_append(ids, prefix[i]);
    rft_ids_finish(&head);
    return status;
}

enum rft_status rft_prompt_encode(const struct rft_prompt *prompt, struct rft_tokenizer *tokenizer,
                                  struct rft_bytes question, struct rft_ids *ids)
{
    struct rft_rendered rendered = {0};
    size_t n_before = ids->n;
    enum rft_status status = rft_prompt_render(prompt, question, &rendered);
    if (status == RFT_OK)
        status = append_prefix(prompt, &rendered, tokenizer, ids);
    if (status == RFT_OK)
        status = rft_tokenizer_encode_marked(tokenizer, (struct rft_bytes){rendered.text.data, rendered.text.len},
                                             (const unsigned char *)rendered.marks.data, ids);
    if (status != RFT_OK)
        ids->n = n_before;
    rft_rendered_finish(&rendered);
    return status;
}

bool rft_prompt_end_of_turn(const struct rft_prompt *prompt, const struct rft_tokenizer *tokenizer, uint32_t *id)
{
    const struct rft_jinja_output *end = &prompt->turn.end;
    size_t len;
    for (size_t at = 0; at < end->text.len; at++)
        if (rft_tokenizer_special_at(tokenizer, (struct rft_bytes){end->text.data + at, end->text.len - at}, id,
                                     &len) &&
            memchr(end->marks.data + at, 1, len) == NULL)
            return true;
    return false;
}
