/* SPDX-License-Identifier: MIT */
/* What a configuration says that the defaults do not. */
#include "config.h"

#include "config_keys.h"

#include <stdint.h>
#include <string.h>

static bool is_path(const struct rft_key *key)
{
    return key->type == RFT_KEY_IN_PATH || key->type == RFT_KEY_OUT_PATH || key->type == RFT_KEY_IN_PATHS;
}

/* A key of paths as one of texts: so it is read as it was given, and not made complete. */
static struct rft_key as_text(const struct rft_key *key)
{
    struct rft_key text = *key;
    text.type = key->type == RFT_KEY_IN_PATHS ? RFT_KEY_TEXTS : RFT_KEY_TEXT;
    return text;
}

/* Leaves of a path its last name. */
static void shorten(char *path)
{
    size_t n = strlen(path), from;
    while (n > 1 && path[n - 1] == '/')
        path[--n] = '\0';
    for (from = n; from != 0 && path[from - 1] != '/'; from--)
        ;
    if (from != n)
        memmove(path, path + from, n - from + 1);
}

static void shorten_all(const struct rft_key *text, struct rft_config *config)
{
    void *field = (char *)config + text->offset;
    struct rft_strings *list = field;
    if (text->type == RFT_KEY_TEXT)
        shorten(*(char **)field);
    for (size_t i = 0; text->type == RFT_KEY_TEXTS && i < list->n; i++)
        shorten(list->items[i]);
}

/* Appends what a key would be if `text` were given; NULL: nothing. Paths stay as they are, or become names. */
static enum rft_status print_as_if(const struct rft_key *key, const char *text, bool has_names, struct rft_str *out)
{
    const struct rft_key plain = is_path(key) ? as_text(key) : *key;
    struct rft_config config = {0};
    if (text == NULL)
        return RFT_OK;
    enum rft_status status = rft_key_read(&plain, "", NULL, text, &config);
    if (status == RFT_OK && is_path(key) && has_names)
        shorten_all(&plain, &config);
    if (status == RFT_OK)
        status = rft_key_print(&plain, &config, out);
    rft_key_finish(&plain, &config);
    return status;
}

/* Sets *value to a key's value, or empties it if it is the default. */
static enum rft_status print_changed(const struct rft_config *config, size_t index, bool has_names,
                                     struct rft_str *value)
{
    const struct rft_key *key = &rft_keys[index];
    struct rft_str fallback = {0};
    rft_str_clear(value);
    enum rft_status status = print_as_if(key, key->fallback, has_names, &fallback);
    if (status == RFT_OK && is_path(key))
        status = print_as_if(key, config->given[index], has_names, value);
    else if (status == RFT_OK)
        status = rft_key_print(key, config, value);
    if (status == RFT_OK && fallback.data != NULL && value->data != NULL && strcmp(fallback.data, value->data) == 0)
        rft_str_clear(value);
    rft_str_finish(&fallback);
    return status;
}

/* Numbers, texts and lists are printed as JSON; words, amounts, and what readers of JSON would round, are quoted. */
static enum rft_status append_as_json(const struct rft_key *key, const char *value, struct rft_str *out)
{
    uint64_t number;
    bool is_word = key->type == RFT_KEY_CHOICE || key->type == RFT_KEY_AMOUNT ||
                   ((key->type == RFT_KEY_WHOLE || key->type == RFT_KEY_WHOLES) && value[0] != '[' &&
                    (!rft_parse_u64(value, &number) || number > INT64_MAX));
    return is_word ? rft_str_append_json(out, value, strlen(value)) : rft_str_append_z(out, value);
}

enum rft_status rft_config_put_json(const struct rft_config *config, struct rft_str *out)
{
    struct rft_str value = {0};
    enum rft_status status = rft_str_append_z(out, "{");
    for (size_t i = 0, n = 0; i < rft_n_keys && status == RFT_OK; i++) {
        status = print_changed(config, i, false, &value);
        if (status != RFT_OK || value.len == 0)
            continue;
        status = rft_str_printf(out, "%s\"%s\": ", n++ != 0 ? ", " : "", rft_keys[i].full_name);
        if (status == RFT_OK)
            status = append_as_json(&rft_keys[i], value.data, out);
    }
    rft_str_finish(&value);
    return status == RFT_OK ? rft_str_append_z(out, "}") : status;
}

/* What begins a comment in a file stands in a text as JSON's escape. */
static enum rft_status append_escaped(const char *value, struct rft_str *out)
{
    bool is_text = value[0] == '"' || value[0] == '[';
    for (; *value != '\0'; value++)
        if (is_text && (*value == ';' || *value == '#'))
            RFT_TRY(rft_str_printf(out, "\\u%04x", (unsigned)*value));
        else
            RFT_TRY(rft_str_append(out, value, 1));
    return RFT_OK;
}

/* Appends a key's line to what it belongs to. */
static enum rft_status append_line(const struct rft_key *key, const char *value, const char **section,
                                   struct rft_str *out, struct rft_str *sets)
{
    struct rft_str line = {0};
    enum rft_status status = rft_str_printf(&line, "%s = ", key->name);
    if (status == RFT_OK)
        status = append_escaped(value, &line);
    if (status == RFT_OK && line.len > RFT_CONFIG_LINE_BYTES_MAX) {
        status = rft_str_printf(sets, "%s=%s\n", key->full_name, value);
    } else if (status == RFT_OK) {
        if (*section == NULL || strcmp(*section, key->section) != 0)
            status = rft_str_printf(out, "%s[%s]\n", *section != NULL ? "\n" : "", key->section);
        if (status == RFT_OK)
            status = rft_str_printf(out, "%s\n", line.data);
        *section = key->section;
    }
    rft_str_finish(&line);
    return status;
}

enum rft_status rft_config_put_ini(const struct rft_config *config, struct rft_str *out, struct rft_str *sets)
{
    struct rft_str value = {0};
    const char *section = NULL;
    enum rft_status status = RFT_OK;
    for (size_t i = 0; i < rft_n_keys && status == RFT_OK; i++) {
        if (rft_keys[i].flags & RFT_KEY_ONLY_HERE)
            continue;
        status = print_changed(config, i, true, &value);
        if (status == RFT_OK && value.len != 0)
            status = append_line(&rft_keys[i], value.data, &section, out, sets);
    }
    rft_str_finish(&value);
    return status;
}
