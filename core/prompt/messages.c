/* SPDX-License-Identifier: MIT */
#include "messages.h"

#include "file.h"
#include "json.h"

#include <string.h>

#define EXAMPLES_BYTES_MAX (64u << 20)

enum rft_status rft_messages_add(json_t *messages, const char *role, struct rft_bytes content)
{
    json_t *message = json_object(), *text = json_stringn(content.data != NULL ? content.data : "", content.len);
    if (message == NULL || json_object_set_new(message, "role", json_string(role)) != 0 || text == NULL ||
        json_object_set(message, "content", text) != 0 || json_array_append(messages, message) != 0) {
        json_decref(message);
        json_decref(text);
        return RFT_ERR_HOST_MEMORY;
    }
    json_decref(message);
    json_decref(text);
    return RFT_OK;
}

static enum rft_status wrong(const char *path, size_t i, const char *what)
{
    rft_log_error("%s: message %zu: %s", path, i, what);
    return RFT_ERR_CONFIG;
}

/* Roles are joined with a template's own text to special tokens ("<|" + role + "|>"), so they are words. */
static bool is_role(const json_t *role)
{
    const char *text = json_string_value(role);
    return text != NULL && *text != '\0' && strlen(text) == json_string_length(role) &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] == '\0';
}

static enum rft_status check_message(const char *path, size_t i, const json_t *message, bool has_system)
{
    const json_t *role = json_object_get(message, "role");
    if (!json_is_object(message))
        return wrong(path, i, "is no object with a \"role\" and a \"content\"");
    if (!is_role(role))
        return wrong(path, i, "needs a \"role\": user, assistant, or another word");
    if (!json_is_string(json_object_get(message, "content")))
        return wrong(path, i, "needs a \"content\", a string");
    if (strcmp(json_string_value(role), "system") == 0 && has_system)
        return wrong(path, i, "is a second system message; leave out this one, or prompt.system");
    if (strcmp(json_string_value(role), "system") == 0 && i != 0)
        return wrong(path, i, "is a system message, which must be the first");
    return RFT_OK;
}

/* What was thought before an answer has three names; templates look for the first or the last. As in transformers. */
static int alias_reasoning(json_t *message)
{
    static const char *const names[] = {"reasoning_content", "thinking", "reasoning"};
    json_t *text = NULL;
    for (size_t i = 0; i < 3 && text == NULL; i++)
        text = json_object_get(message, names[i]);
    if (text == NULL)
        return 0;
    if (json_object_get(message, "thinking") == NULL && json_object_set(message, "thinking", text) != 0)
        return -1;
    return json_object_set(message, "reasoning_content", text);
}

static enum rft_status take_example(const json_t *example, json_t *messages)
{
    json_t *message = json_object(), *value;
    const char *key;
    int failed = message == NULL;
    json_object_foreach((json_t *)(uintptr_t)example, key, value)
    {
        if (!failed && !json_is_null(value))
            failed = json_object_set(message, key, value);
    }
    failed = failed || alias_reasoning(message) != 0 || json_array_append(messages, message) != 0;
    json_decref(message);
    return failed ? RFT_ERR_HOST_MEMORY : RFT_OK;
}

static enum rft_status take_examples(const char *path, struct rft_bytes text, json_t *messages)
{
    json_t *examples;
    bool has_system = json_array_size(messages) != 0;
    enum rft_status status = rft_json_load(path, text, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &examples);
    if (status == RFT_OK && (!json_is_array(examples) || json_array_size(examples) == 0)) {
        rft_log_error("%s: examples are a JSON array of messages, as [{\"role\": \"user\", \"content\": \"...\"}, "
                      "{\"role\": \"assistant\", \"content\": \"...\"}]",
                      path);
        status = RFT_ERR_CONFIG;
    }
    for (size_t i = 0; i < json_array_size(examples) && status == RFT_OK; i++) {
        status = check_message(path, i, json_array_get(examples, i), has_system);
        if (status == RFT_OK)
            status = take_example(json_array_get(examples, i), messages);
    }
    json_decref(examples);
    return status == RFT_ERR_INPUT ? RFT_ERR_CONFIG : status;
}

enum rft_status rft_messages_read(struct rft_bytes system, const char *examples_path, json_t **messages)
{
    struct rft_str text = {0};
    json_t *array = json_array();
    enum rft_status status = array != NULL ? RFT_OK : RFT_ERR_HOST_MEMORY;
    *messages = NULL;
    if (status == RFT_OK && system.data != NULL)
        status = rft_messages_add(array, "system", system);
    if (status == RFT_OK && *examples_path != '\0') {
        status = rft_file_read(examples_path, EXAMPLES_BYTES_MAX, &text);
        if (status == RFT_OK)
            status = take_examples(examples_path, (struct rft_bytes){text.data, text.len}, array);
        rft_str_finish(&text);
    }
    if (status != RFT_OK)
        json_decref(array);
    else
        *messages = array;
    return status;
}
