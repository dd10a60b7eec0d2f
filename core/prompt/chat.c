/* SPDX-License-Identifier: MIT */
#include "chat.h"

#include "alloc.h"
#include "json.h"
#include "messages.h"

#include <inttypes.h>
#include <string.h>

/* What apply_chat_template gives to every template. */
static const char *const given[] = {"messages", "tools", "documents", "add_generation_prompt"};
enum { N_GIVEN = 4 };

enum rft_status rft_chat_log(const struct rft_chat *chat, const struct rft_jinja_error *error, enum rft_status status)
{
    if (status != RFT_ERR_INPUT && status != RFT_ERR_UNSUPPORTED)
        return status;
    if (error->is_raised)
        rft_log_error("%s: the chat template refuses this conversation: %s", chat->from, error->text);
    else if (error->line != 0)
        rft_log_error("%s: line %" PRIu32 ", column %" PRIu32 " of the template: %s", chat->from, error->line,
                      error->column, error->text);
    else
        rft_log_error("%s: %s", chat->from, error->text);
    return status;
}

static enum rft_status read_variables(const char *text, json_t **variables)
{
    if (*text == '\0') {
        *variables = json_object();
        return *variables != NULL ? RFT_OK : RFT_ERR_HOST_MEMORY;
    }
    enum rft_status status = rft_json_load("prompt.variables", rft_bytes_z(text), JSON_REJECT_DUPLICATES, variables);
    if (status == RFT_OK && !json_is_object(*variables)) {
        rft_log_error("prompt.variables = %s: give a JSON object, as {\"enable_thinking\": false}", text);
        status = RFT_ERR_CONFIG;
    }
    for (size_t i = 0; i < N_GIVEN && status == RFT_OK; i++)
        if (json_object_get(*variables, given[i]) != NULL && strcmp(given[i], "tools") != 0 &&
            strcmp(given[i], "documents") != 0) {
            rft_log_error("prompt.variables: \"%s\" is what rftgen itself gives to the template; leave it out",
                          given[i]);
            status = RFT_ERR_CONFIG;
        }
    return status == RFT_ERR_INPUT ? RFT_ERR_CONFIG : status;
}

static enum rft_status open_chat(const struct rft_chat_options *options, struct rft_chat *chat)
{
    struct rft_jinja_error error;
    chat->from = rft_strdup(options->from);
    if (chat->from == NULL)
        return RFT_ERR_HOST_MEMORY;
    RFT_TRY(read_variables(options->variables, &chat->variables));
    return rft_chat_log(chat, &error, rft_jinja_parse(options->template, &chat->template, &error));
}

enum rft_status rft_chat_open(const struct rft_chat_options *options, struct rft_chat *chat)
{
    *chat = (struct rft_chat){.tokens = json_incref((json_t *)(uintptr_t)options->tokens),
                              .messages = json_incref((json_t *)(uintptr_t)options->messages),
                              .date = options->date};
    enum rft_status status = open_chat(options, chat);
    if (status != RFT_OK)
        rft_chat_close(chat);
    return status;
}

void rft_chat_close(struct rft_chat *chat)
{
    rft_jinja_close(chat->template);
    rft_free(chat->from);
    json_decref(chat->tokens);
    json_decref(chat->messages);
    json_decref(chat->variables);
    *chat = (struct rft_chat){0};
}

static size_t add_variables(const json_t *object, bool is_trusted, struct rft_jinja_variable *to)
{
    const char *name;
    json_t *value;
    size_t n = 0;
    json_object_foreach((json_t *)(uintptr_t)object, name, value) to[n++] =
        (struct rft_jinja_variable){.name = name, .json = value, .is_trusted = is_trusted};
    return n;
}

static enum rft_status render(const struct rft_chat *chat, const json_t *messages, bool is_open,
                              struct rft_jinja_output *output, struct rft_jinja_error *error)
{
    size_t n = json_object_size(chat->tokens) + json_object_size(chat->variables) + N_GIVEN;
    struct rft_jinja_variable *variables = rft_alloc(n, sizeof *variables);
    json_t *open = json_boolean(is_open), *none = json_null();
    if (variables == NULL)
        return RFT_ERR_HOST_MEMORY;
    const json_t *const values[N_GIVEN] = {messages, none, none, open};
    for (n = 0; n < N_GIVEN; n++)
        variables[n] = (struct rft_jinja_variable){
            .name = given[n], .json = values[n], .trusted_key = values[n] == messages ? "role" : NULL};
    n += add_variables(chat->tokens, true, variables + n);
    n += add_variables(chat->variables, false, variables + n);
    const struct rft_jinja_input input = {.variables = variables, .n_variables = n, .date = chat->date};
    enum rft_status status = rft_jinja_render(chat->template, &input, output, error);
    rft_free(variables);
    return status;
}

enum rft_status rft_chat_render(const struct rft_chat *chat, struct rft_bytes question, struct rft_bytes answer,
                                bool is_open, struct rft_jinja_output *output, struct rft_jinja_error *error)
{
    json_t *messages = json_copy(chat->messages);
    *error = (struct rft_jinja_error){0};
    enum rft_status status = messages != NULL ? rft_messages_add(messages, "user", question) : RFT_ERR_HOST_MEMORY;
    if (status == RFT_OK && answer.data != NULL)
        status = rft_messages_add(messages, "assistant", answer);
    if (status == RFT_OK)
        status = render(chat, messages, is_open, output, error);
    json_decref(messages);
    return status;
}

/* ---- around an answer ---- */

/* A word that stands in no template, and that no template changes. */
static const char probe[] = "rftgensanswer";

static size_t find(const struct rft_str *text, const char *word)
{
    size_t n = strlen(word);
    for (size_t at = text->len; at >= n; at--)
        if (memcmp(text->data + at - n, word, n) == 0)
            return at - n;
    return SIZE_MAX;
}

static bool begins(const struct rft_str *text, const char *bytes, size_t n)
{
    return text->len >= n && (n == 0 || memcmp(text->data, bytes, n) == 0);
}

/* Where a thought begins that is not ended; the text's length if there is none. */
static size_t find_open_thought(struct rft_bytes text)
{
    static const char opening[] = "<think>", closing[] = "</think>";
    size_t found = text.len;
    for (size_t at = 0; at < text.len; at++) {
        const struct rft_bytes rest = {text.data + at, text.len - at};
        if (rft_bytes_begin(rest, opening))
            found = at;
        else if (rft_bytes_begin(rest, closing))
            found = text.len;
    }
    return found;
}

/* closed: up to the question; open: the same, and the model begins; whole: with an answer at `at`. */
static enum rft_status compare(const struct rft_str *closed, const struct rft_str *open,
                               const struct rft_jinja_output *whole, size_t at, struct rft_chat_turn *turn)
{
    size_t end = at + strlen(probe), n_head;
    RFT_TRY(rft_str_append(&turn->end.text, whole->text.data + end, whole->text.len - end));
    RFT_TRY(rft_str_append(&turn->end.marks, whole->marks.data + end, whole->marks.len - end));
    if (at < closed->len || !begins(open, closed->data, closed->len) ||
        !begins(&whole->text, closed->data, closed->len))
        return RFT_OK;
    n_head = at - closed->len; /* what stands before an answer that is given */
    const struct rft_str opening = {.data = open->data + closed->len, .len = open->len - closed->len};
    size_t thought = find_open_thought((struct rft_bytes){opening.data, opening.len});
    if (!begins(&opening, whole->text.data + closed->len, n_head)) /* an answer has an empty thought before it */
        n_head = thought;
    turn->is_thinking = thought < opening.len;
    return rft_str_append(&turn->prefill, opening.data + n_head, opening.len - n_head);
}

enum rft_status rft_chat_look_at_turn(const struct rft_chat *chat, struct rft_chat_turn *turn)
{
    struct rft_jinja_output closed = {0}, open = {0}, whole = {0};
    struct rft_jinja_error error;
    const struct rft_bytes question = rft_bytes_z("Hello"), none = {0};
    enum rft_status status = rft_chat_render(chat, question, none, false, &closed, &error);
    if (status == RFT_OK)
        status = rft_chat_render(chat, question, none, true, &open, &error);
    if (status == RFT_OK)
        status = rft_chat_render(chat, question, rft_bytes_z(probe), false, &whole, &error);
    size_t at = status == RFT_OK ? find(&whole.text, probe) : SIZE_MAX;
    if (at != SIZE_MAX)
        status = compare(&closed.text, &open.text, &whole, at, turn);
    rft_jinja_output_finish(&closed);
    rft_jinja_output_finish(&open);
    rft_jinja_output_finish(&whole);
    /* a template that cannot be asked says nothing */
    return status == RFT_ERR_HOST_MEMORY ? status : RFT_OK;
}

void rft_chat_turn_finish(struct rft_chat_turn *turn)
{
    rft_jinja_output_finish(&turn->end);
    rft_str_finish(&turn->prefill);
}
