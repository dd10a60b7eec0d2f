/* SPDX-License-Identifier: MIT */
#include "chat_source.h"

#include "alloc.h"
#include "file.h"
#include "gguf_values.h"
#include "json.h"
#include "os.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_BYTES_MAX (64u << 20)

/* The templates that were found, by name, while one is chosen. */
struct choice {
    const char *wanted; /* "" = default, else the first */
    struct rft_chat_source *source;
    struct rft_str names; /* "a, b", for a message */
    bool has_default;     /* the template taken is the one that is wanted */
};

/* Takes the template if it is the wanted one, or nothing better was found. */
static enum rft_status offer(struct choice *choice, struct rft_bytes name, struct rft_bytes text, const char *path,
                             const char *key)
{
    bool is_wanted = *choice->wanted != '\0' ? rft_bytes_equal(name, rft_bytes_z(choice->wanted))
                                             : rft_bytes_equal(name, rft_bytes_z("default"));
    RFT_TRY(rft_str_printf(&choice->names, "%s%.*s", choice->names.len != 0 ? ", " : "", (int)name.len, name.data));
    if (choice->has_default || (!is_wanted && (*choice->wanted != '\0' || choice->source->template.data != NULL)))
        return RFT_OK;
    choice->has_default = is_wanted;
    rft_str_clear(&choice->source->template);
    rft_str_clear(&choice->source->from);
    RFT_TRY(rft_str_append(&choice->source->template, text.data, text.len));
    return rft_str_printf(&choice->source->from, "%s%s%s", path, *key != '\0' ? ": " : "", key);
}

static struct rft_bytes text_of(const json_t *json)
{
    return (struct rft_bytes){json_string_value(json), json_string_length(json)};
}

/* ---- a directory ---- */

/* *json stays NULL if there is no such file. */
static enum rft_status read_json(const char *dir, const char *name, struct rft_str *path, json_t **json)
{
    struct rft_str text = {0};
    *json = NULL;
    rft_str_clear(path);
    RFT_TRY(rft_str_printf(path, "%s/%s", dir, name));
    enum rft_status status = rft_file_read_optional(path->data, CONFIG_BYTES_MAX, &text);
    if (status == RFT_OK && text.data != NULL)
        status = rft_json_load(path->data, (struct rft_bytes){text.data, text.len},
                               JSON_DECODE_INT_AS_REAL /* model_max_length may be 10^30 */, json);
    rft_str_finish(&text);
    if (status == RFT_OK && *json != NULL && !json_is_object(*json)) {
        rft_log_error("%s: is no JSON object", path->data);
        json_decref(*json);
        *json = NULL;
        status = RFT_ERR_INPUT;
    }
    return status;
}

/* A file that may be absent. */
static enum rft_status offer_file(struct choice *choice, const char *path, struct rft_bytes name)
{
    struct rft_str text = {0};
    enum rft_status status = rft_file_read_optional(path, CONFIG_BYTES_MAX, &text);
    if (status == RFT_OK && text.data != NULL)
        status = offer(choice, name, (struct rft_bytes){text.data, text.len}, path, "");
    rft_str_finish(&text);
    return status;
}

static int compare_entries(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_jinja(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return n > 6 && strcmp(entry->d_name + n - 6, ".jinja") == 0;
}

static enum rft_status offer_files(struct choice *choice, const char *dir, struct rft_str *path)
{
    struct dirent **entries = NULL;
    enum rft_status status = RFT_OK;
    rft_str_clear(path);
    RFT_TRY(rft_str_printf(path, "%s/chat_template.jinja", dir));
    RFT_TRY(offer_file(choice, path->data, rft_bytes_z("default")));
    rft_str_clear(path);
    RFT_TRY(rft_str_printf(path, "%s/additional_chat_templates", dir));
    int n = scandir(path->data, &entries, is_jinja, compare_entries);
    if (n < 0 && errno != ENOENT) {
        rft_log_error("%s: cannot open: %s", path->data, strerror(errno));
        return RFT_ERR_IO;
    }
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        rft_str_clear(path);
        if (status == RFT_OK)
            status = rft_str_printf(path, "%s/additional_chat_templates/%s", dir, name);
        if (status == RFT_OK)
            status = offer_file(choice, path->data, (struct rft_bytes){name, strlen(name) - 6});
        free(entries[i]); /* scandir's own memory */
    }
    free(entries);
    return status;
}

/* "chat_template": a text, or [{"name": ..., "template": ...}, ...]. */
static enum rft_status offer_json(struct choice *choice, const char *path, const json_t *value)
{
    static const char key[] = "chat_template";
    if (json_is_string(value))
        return offer(choice, rft_bytes_z("default"), text_of(value), path, key);
    if (value != NULL && !json_is_null(value) && !json_is_array(value)) {
        rft_log_error("%s: %s is neither a text nor a list of named ones", path, key);
        return RFT_ERR_INPUT;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i), *name = json_object_get(item, "name"),
                     *template = json_object_get(item, "template");
        if (!json_is_string(name) || !json_is_string(template)) {
            rft_log_error("%s: %s: each of a list needs a \"name\" and a \"template\"", path, key);
            return RFT_ERR_INPUT;
        }
        RFT_TRY(offer(choice, text_of(name), text_of(template), path, key));
    }
    return RFT_OK;
}

/* Every "..._token" of an object: a text, or an object with a "content". What is there already stays. */
static enum rft_status take_tokens(const json_t *object, json_t *tokens)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        json_t *text = json_is_object(value) ? json_object_get(value, "content") : value;
        if (rft_ends_with(key, "_token") && json_is_string(text) && json_object_get(tokens, key) == NULL &&
            json_object_set(tokens, key, text) != 0)
            return RFT_ERR_HOST_MEMORY;
    }
    return RFT_OK;
}

static enum rft_status take_directory(struct choice *choice, const char *dir, struct rft_str *path)
{
    json_t *tokenizer, *map = NULL, *legacy = NULL, *tokens = choice->source->tokens;
    RFT_TRY(offer_files(choice, dir, path));
    RFT_TRY(read_json(dir, "tokenizer_config.json", path, &tokenizer));
    enum rft_status status = RFT_OK;
    if (!choice->has_default)
        status = offer_json(choice, path->data, json_object_get(tokenizer, "chat_template"));
    if (status == RFT_OK)
        status = take_tokens(tokenizer, tokens);
    if (status == RFT_OK)
        status = read_json(dir, "special_tokens_map.json", path, &map);
    if (status == RFT_OK)
        status = take_tokens(map, tokens);
    if (status == RFT_OK && choice->source->template.data == NULL) {
        status = read_json(dir, "chat_template.json", path, &legacy);
        if (status == RFT_OK)
            status = offer_json(choice, path->data, json_object_get(legacy, "chat_template"));
    }
    json_decref(tokenizer);
    json_decref(map);
    json_decref(legacy);
    return status;
}

/* ---- a GGUF file ---- */

static enum rft_status take_gguf_token(const struct rft_gguf *gguf, const char *key, const char *name, json_t *tokens)
{
    uint64_t id;
    struct rft_bytes text;
    if (!rft_gguf_get_u64(gguf, key, &id) || !rft_gguf_array_string(gguf, "tokenizer.ggml.tokens", id, &text))
        return RFT_OK;
    json_t *value = json_stringn(text.data, text.len); /* NULL where it is no UTF-8: then it is no word of a template */
    return value == NULL || json_object_set_new(tokens, name, value) == 0 ? RFT_OK : RFT_ERR_HOST_MEMORY;
}

static enum rft_status take_gguf(struct choice *choice, const char *path, const struct rft_gguf *gguf)
{
    static const char key[] = "tokenizer.chat_template", names[] = "tokenizer.chat_templates";
    static const struct {
        const char *key, *name;
    } tokens[] = {{"tokenizer.ggml.bos_token_id", "bos_token"},       {"tokenizer.ggml.eos_token_id", "eos_token"},
                  {"tokenizer.ggml.unknown_token_id", "unk_token"},   {"tokenizer.ggml.padding_token_id", "pad_token"},
                  {"tokenizer.ggml.seperator_token_id", "sep_token"}, {"tokenizer.ggml.cls_token_id", "cls_token"},
                  {"tokenizer.ggml.mask_token_id", "mask_token"}};
    struct rft_bytes text, name;
    uint64_t n = 0;
    if (rft_gguf_get_string(gguf, key, &text))
        RFT_TRY(offer(choice, rft_bytes_z("default"), text, path, key));
    (void)rft_gguf_get_array(gguf, names, &n);
    for (uint64_t i = 0; i < n; i++) {
        char full[200];
        if (!rft_gguf_array_string(gguf, names, i, &name) || name.len > 100)
            continue;
        snprintf(full, sizeof full, "%s.%.*s", key, (int)name.len, name.data);
        if (rft_gguf_get_string(gguf, full, &text))
            RFT_TRY(offer(choice, name, text, path, full));
    }
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        RFT_TRY(take_gguf_token(gguf, tokens[i].key, tokens[i].name, choice->source->tokens));
    return RFT_OK;
}

static enum rft_status check_name(const char *path, const struct choice *choice)
{
    if (*choice->wanted == '\0' || choice->has_default)
        return RFT_OK;
    rft_log_error("%s: there is no chat template \"%s\" (prompt.template_name); there is %s", path, choice->wanted,
                  choice->names.len != 0 ? choice->names.data : "none");
    return RFT_ERR_CONFIG;
}

enum rft_status rft_chat_source_open(const char *path, const struct rft_gguf *gguf, const char *name,
                                     struct rft_chat_source *source)
{
    struct rft_str scratch = {0};
    struct choice choice = {.wanted = name, .source = source};
    *source = (struct rft_chat_source){.tokens = json_object()};
    enum rft_status status = source->tokens == NULL ? RFT_ERR_HOST_MEMORY
                             : gguf != NULL         ? take_gguf(&choice, path, gguf)
                                                    : take_directory(&choice, path, &scratch);
    if (status == RFT_OK)
        status = check_name(path, &choice);
    rft_str_finish(&scratch);
    rft_str_finish(&choice.names);
    if (status != RFT_OK)
        rft_chat_source_close(source);
    return status;
}

void rft_chat_source_close(struct rft_chat_source *source)
{
    rft_str_finish(&source->template);
    rft_str_finish(&source->from);
    json_decref(source->tokens);
    *source = (struct rft_chat_source){0};
}
