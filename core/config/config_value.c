/* SPDX-License-Identifier: MIT */
/* One key's value, from text. */
#include "config_keys.h"

#include "alloc.h"
#include "json.h"
#include "log.h"
#include "os.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void *field_of(const struct rft_key *key, struct rft_config *config)
{
    return (char *)config + key->offset;
}

/* The one message for a value that is not allowed. */
static enum rft_status bad_value(const struct rft_key *key, const char *where, const char *text)
{
    struct rft_str allowed = {0};
    enum rft_status status = rft_key_allowed(key, &allowed);
    if (status == RFT_OK)
        rft_log_error("%s%s.%s = %s: not allowed; give %s", where, key->section, key->name, text, allowed.data);
    rft_str_finish(&allowed);
    return status == RFT_OK ? RFT_ERR_CONFIG : status;
}

/* Fields of 1, 4 and 8 bytes: bool, enum or uint32_t, uint64_t. */
_Static_assert(sizeof(bool) == 1 && sizeof(enum rft_verify_kind) == 4, "enums and bools are stored by their size");

static void store_whole(const struct rft_key *key, struct rft_config *config, uint64_t value)
{
    void *field = field_of(key, config);
    if (key->size == sizeof(bool))
        *(bool *)field = value != 0;
    else if (key->size == sizeof(uint32_t))
        memcpy(field, &(uint32_t){(uint32_t)value}, sizeof(uint32_t));
    else
        memcpy(field, &value, sizeof value);
}

static const struct rft_word *find_word(const struct rft_key *key, const char *text)
{
    for (const struct rft_word *w = key->words; w != NULL && w->word != NULL; w++)
        if (strcmp(w->word, text) == 0)
            return w;
    return NULL;
}

static enum rft_status read_whole(const struct rft_key *key, const char *where, const char *text,
                                  struct rft_config *config)
{
    const struct rft_word *word = find_word(key, text);
    uint64_t value = word != NULL ? word->value : 0;
    if (word == NULL && (key->type == RFT_KEY_CHOICE || !rft_parse_u64(text, &value) || (double)value < key->low ||
                         (double)value > key->high))
        return bad_value(key, where, text);
    store_whole(key, config, value);
    return RFT_OK;
}

/* Decimal digits and what belongs to them: neither "inf" nor "0x1p3" nor "+1" is a number here. */
static bool read_number(const char *text, double *value)
{
    return text[strspn(text, "0123456789.eE+-")] == 0 && text[0] != '+' && text[0] != '-' &&
           rft_parse_double(text, value);
}

/* The same with a sign. */
static bool read_signed(const char *text, double *value)
{
    bool is_negative = text[0] == '-';
    bool ok = read_number(text + is_negative, value);
    *value = is_negative && ok ? -*value : *value;
    return ok;
}

static enum rft_status read_real(const struct rft_key *key, const char *where, const char *text,
                                 struct rft_config *config)
{
    double value;
    if (!read_number(text, &value) || value < key->low || value > key->high ||
        ((key->flags & RFT_KEY_ABOVE_LOW) && value <= key->low) ||
        ((key->flags & RFT_KEY_BELOW_HIGH) && value >= key->high))
        return bad_value(key, where, text);
    memcpy(field_of(key, config), &value, sizeof value);
    return RFT_OK;
}

static const struct {
    const char *suffix;
    double bytes;
} units[] = {
    {"", 1},      {"B", 1},      {"KB", 1e3},      {"MB", 1e6},         {"GB", 1e9},
    {"TB", 1e12}, {"KiB", 1024}, {"MiB", 1048576}, {"GiB", 1073741824}, {"TiB", 1099511627776},
};

static enum rft_status read_amount(const struct rft_key *key, const char *where, const char *text,
                                   struct rft_config *config)
{
    struct rft_amount amount = {.kind = RFT_AMOUNT_AUTO};
    char number[32] = "";
    size_t n = strspn(text, "0123456789."), unit = 0, n_units = sizeof units / sizeof *units;
    const char *suffix = text + n + strspn(text + n, " ");
    double value;
    if (find_word(key, text) != NULL) {
        memcpy(field_of(key, config), &amount, sizeof amount);
        return RFT_OK;
    }
    if (n < sizeof number)
        memcpy(number, text, n);
    if (!read_number(number, &value))
        return bad_value(key, where, text);
    if (strcmp(suffix, "%") == 0) {
        amount = (struct rft_amount){.kind = RFT_AMOUNT_PERCENT, .percent = value};
        if (value > 100)
            return bad_value(key, where, text);
    } else {
        while (unit < n_units && strcmp(suffix, units[unit].suffix) != 0)
            unit++;
        /* A budget of nothing is a mistake; a reserve of nothing is a choice, and the word auto tells them apart. */
        if (unit == n_units || value * units[unit].bytes > 1e18)
            return bad_value(key, where, text);
        amount = (struct rft_amount){.kind = RFT_AMOUNT_BYTES, .bytes = (uint64_t)(value * units[unit].bytes)};
    }
    if (key->words != NULL && amount.bytes == 0 && !(amount.percent > 0))
        return bad_value(key, where, text);
    memcpy(field_of(key, config), &amount, sizeof amount);
    return RFT_OK;
}

static enum rft_status read_json(const struct rft_key *key, const char *where, const char *text, json_t **tree)
{
    struct rft_str name = {0};
    enum rft_status status = rft_str_printf(&name, "%s%s.%s", where, key->section, key->name);
    if (status == RFT_OK)
        status = rft_json_load(name.data, rft_bytes_z(text), JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, tree);
    rft_str_finish(&name);
    return status == RFT_ERR_INPUT ? RFT_ERR_CONFIG : status;
}

/* A value as it stands, or, if it begins with a double quote, a JSON string. */
static enum rft_status read_text(const struct rft_key *key, const char *where, const char *text, char **value)
{
    json_t *tree = NULL;
    if (text[0] == '"')
        RFT_TRY(read_json(key, where, text, &tree));
    *value = rft_strdup(tree != NULL ? json_string_value(tree) : text);
    json_decref(tree);
    return *value ? RFT_OK : RFT_ERR_HOST_MEMORY;
}

/* What stands for a directory at a path's beginning must be known. */
static enum rft_status check_expandable(const struct rft_key *key, const char *where, const char *path)
{
    static const char cache[] = "$XDG_CACHE_HOME/";
    const char *home = getenv("HOME"), *xdg = getenv("XDG_CACHE_HOME"), *why = NULL;
    bool has_home = home != NULL && *home, is_cache = strncmp(path, cache, sizeof cache - 1) == 0;
    if (path[0] == '~' && path[1] != '/' && path[1] != 0)
        why = "only ~/ is known, not another user's home directory; give the whole path";
    else if (path[0] == '~' && !has_home)
        why = "HOME is not set, so ~ stands for nothing; give the whole path";
    else if (is_cache && !has_home && !(xdg != NULL && *xdg))
        why = "neither XDG_CACHE_HOME nor HOME is set; give the whole path";
    else if (path[0] == '$' && !is_cache)
        why = "only $XDG_CACHE_HOME/ and ~/ are replaced, no other variable; give the path itself";
    if (why == NULL)
        return RFT_OK;
    rft_log_error("%s%s = %s: %s", where, key->full_name, path, why);
    return RFT_ERR_CONFIG;
}

/* Makes a path complete; *plain, which is freed, becomes *value. */
static enum rft_status complete_path(const struct rft_key *key, const char *where, const char *dir, char *plain,
                                     char **value)
{
    char *expanded = NULL;
    if (!*plain || ((key->flags & RFT_KEY_PROGRAM) && strchr(plain, '/') == NULL)) {
        *value = plain;
        return RFT_OK;
    }
    enum rft_status status = check_expandable(key, where, plain);
    if (status == RFT_OK)
        expanded = rft_path_expand(plain);
    rft_free(plain);
    if (expanded == NULL)
        return status != RFT_OK ? status : RFT_ERR_HOST_MEMORY;
    if (key->type == RFT_KEY_OUT_PATH || dir == NULL || strcmp(dir, ".") == 0) {
        *value = expanded;
        return RFT_OK;
    }
    *value = rft_path_join(dir, expanded);
    rft_free(expanded);
    return *value ? RFT_OK : RFT_ERR_HOST_MEMORY;
}

static enum rft_status read_path(const struct rft_key *key, const char *where, const char *dir, const char *text,
                                 char **value)
{
    char *plain = NULL;
    RFT_TRY(read_text(key, where, text, &plain));
    return complete_path(key, where, dir, plain, value);
}

static enum rft_status read_string(const struct rft_key *key, const char *where, const char *dir, const char *text,
                                   struct rft_config *config)
{
    char **field = field_of(key, config), *value = NULL;
    if (key->type == RFT_KEY_TEXT)
        RFT_TRY(read_text(key, where, text, &value));
    else
        RFT_TRY(read_path(key, where, dir, text, &value));
    if (!*value && (key->flags & RFT_KEY_REQUIRED)) {
        rft_free(value);
        return bad_value(key, where, "(nothing)");
    }
    rft_free(*field);
    *field = value;
    return RFT_OK;
}

static void finish_strings(struct rft_strings *strings)
{
    for (size_t i = 0; i < strings->n; i++)
        rft_free(strings->items[i]);
    rft_free(strings->items);
    *strings = (struct rft_strings){0};
}

/* One text of a list, not empty: as it stands, or a path made complete. */
static enum rft_status take_item(const struct rft_key *key, const char *where, const char *dir, const char *item,
                                 struct rft_strings *strings)
{
    char **at = &strings->items[strings->n], *copy = rft_strdup(item);
    if (copy == NULL)
        return RFT_ERR_HOST_MEMORY;
    if (key->type == RFT_KEY_IN_PATHS)
        RFT_TRY(complete_path(key, where, dir, copy, at));
    else
        *at = copy;
    strings->n++;
    return RFT_OK;
}

static enum rft_status take_strings(const struct rft_key *key, const char *where, const char *dir, const char *text,
                                    const json_t *array, struct rft_strings *strings)
{
    size_t n = json_array_size(array);
    if (!json_is_array(array) || n > RFT_KEY_ITEMS_MAX)
        return bad_value(key, where, text);
    strings->items = rft_alloc(n, sizeof *strings->items);
    if (strings->items == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (size_t i = 0; i < n; i++) {
        const char *item = json_string_value(json_array_get(array, i));
        if (item == NULL || !*item)
            return bad_value(key, where, text);
        RFT_TRY(take_item(key, where, dir, item, strings));
    }
    return RFT_OK;
}

static enum rft_status take_string(const struct rft_key *key, const char *where, const char *dir, const char *text,
                                   struct rft_strings *strings)
{
    char *item;
    strings->items = rft_alloc(1, sizeof *strings->items);
    if (strings->items == NULL)
        return RFT_ERR_HOST_MEMORY;
    RFT_TRY(read_text(key, where, text, &item));
    enum rft_status status = *item ? take_item(key, where, dir, item, strings) : bad_value(key, where, text);
    rft_free(item);
    return status;
}

static enum rft_status read_strings(const struct rft_key *key, const char *where, const char *dir, const char *text,
                                    struct rft_config *config)
{
    struct rft_strings strings = {0};
    enum rft_status status = RFT_OK;
    json_t *array = NULL;
    if (text[0] == '[') {
        status = read_json(key, where, text, &array);
        if (status == RFT_OK)
            status = take_strings(key, where, dir, text, array, &strings);
        json_decref(array);
    } else if (text[0]) {
        status = take_string(key, where, dir, text, &strings);
    }
    if (status != RFT_OK) {
        finish_strings(&strings);
        return status;
    }
    finish_strings(field_of(key, config));
    memcpy(field_of(key, config), &strings, sizeof strings);
    return RFT_OK;
}

/* A number of either kind. */
union number {
    double real;
    uint64_t whole;
};
/* struct rft_reals, or struct rft_wholes. */
struct numbers {
    void *items; /* [n] */
    size_t n;
};
_Static_assert(sizeof(struct numbers) == sizeof(struct rft_reals) &&
                   sizeof(struct numbers) == sizeof(struct rft_wholes),
               "lists of numbers differ in what they are lists of alone");

/* item: of a JSON array, which knows whole numbers up to 2^63; NULL: the text is the number. */
static bool take_number(const struct rft_key *key, const char *text, const json_t *item, union number *number)
{
    double value;
    bool ok;
    if (key->type == RFT_KEY_WHOLES) {
        ok =
            item != NULL ? json_is_integer(item) && json_integer_value(item) >= 0 : rft_parse_u64(text, &number->whole);
        if (ok && item != NULL)
            number->whole = (uint64_t)json_integer_value(item);
        value = ok ? (double)number->whole : 0;
    } else {
        ok = item != NULL ? json_is_number(item) : read_signed(text, &number->real);
        if (ok && item != NULL)
            number->real = json_number_value(item);
        value = ok ? number->real + 0.0 : 0; /* -0 becomes 0 */
        number->real = value;
    }
    return ok && value >= key->low && value <= key->high;
}

/* Numbers of an array, or the one number; list->items NULL when memory is short. */
static bool take_numbers(const struct rft_key *key, const char *text, const json_t *array, struct numbers *list)
{
    const size_t n = array != NULL ? json_array_size(array) : 1;
    union number number;
    if (n < 1 || n > RFT_KEY_ITEMS_MAX)
        return false;
    list->items = rft_alloc(n, sizeof number);
    for (; list->items != NULL && list->n < n; list->n++) {
        if (!take_number(key, text, json_array_get(array, list->n), &number))
            return false;
        memcpy((char *)list->items + list->n * sizeof number, &number, sizeof number);
    }
    return true;
}

/* One number, or a JSON array of them. */
static enum rft_status read_numbers(const struct rft_key *key, const char *where, const char *text,
                                    struct rft_config *config)
{
    struct numbers before, list = {0};
    json_t *array = NULL;
    if (text[0] == '[')
        RFT_TRY(read_json(key, where, text, &array));
    bool ok = take_numbers(key, text, array, &list);
    json_decref(array);
    if (!ok || list.items == NULL) {
        rft_free(list.items);
        return ok ? RFT_ERR_HOST_MEMORY : bad_value(key, where, text);
    }
    memcpy(&before, field_of(key, config), sizeof before);
    rft_free(before.items);
    memcpy(field_of(key, config), &list, sizeof list);
    return RFT_OK;
}

enum rft_status rft_key_read(const struct rft_key *key, const char *where, const char *dir, const char *text,
                             struct rft_config *config)
{
    switch (key->type) {
    case RFT_KEY_TEXT:
    case RFT_KEY_IN_PATH:
    case RFT_KEY_OUT_PATH: return read_string(key, where, dir, text, config);
    case RFT_KEY_WHOLE:
    case RFT_KEY_CHOICE: return read_whole(key, where, text, config);
    case RFT_KEY_REAL: return read_real(key, where, text, config);
    case RFT_KEY_AMOUNT: return read_amount(key, where, text, config);
    case RFT_KEY_REALS:
    case RFT_KEY_WHOLES: return read_numbers(key, where, text, config);
    case RFT_KEY_TEXTS:
    case RFT_KEY_IN_PATHS: break;
    }
    return read_strings(key, where, dir, text, config);
}

static void finish_numbers(void *field)
{
    struct numbers list;
    memcpy(&list, field, sizeof list);
    rft_free(list.items);
}

void rft_key_finish(const struct rft_key *key, struct rft_config *config)
{
    void *field = field_of(key, config);
    if (key->type == RFT_KEY_TEXT || key->type == RFT_KEY_IN_PATH || key->type == RFT_KEY_OUT_PATH)
        rft_free(*(char **)field);
    else if (key->type == RFT_KEY_TEXTS || key->type == RFT_KEY_IN_PATHS)
        finish_strings(field);
    else if (key->type == RFT_KEY_REALS || key->type == RFT_KEY_WHOLES)
        finish_numbers(field);
}
