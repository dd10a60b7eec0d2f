/* SPDX-License-Identifier: MIT */
#include "jinja_builtin.h"

#include "jinja_print.h"

#include <string.h>

#define PARAMS_MAX 6

static const struct rft_jinja_builtin *find_in(const struct rft_jinja_builtins *table, struct rft_bytes name)
{
    for (const struct rft_jinja_builtin *b = table->items; b->name != NULL; b++)
        if (rft_bytes_equal(rft_bytes_z(b->name), name))
            return b;
    return NULL;
}

const struct rft_jinja_builtin *rft_jinja_builtin_find(const struct rft_jinja_builtins *table, struct rft_bytes name)
{
    const struct rft_jinja_builtin *found = find_in(table, name);
    return found == NULL && table == &rft_jinja_filters ? find_in(&rft_jinja_list_filters, name) : found;
}

/* The place of a parameter among "a b c"; PARAMS_MAX if there is none of this name. */
static size_t place_of(const char *params, struct rft_bytes name)
{
    for (size_t place = 0; *params != '\0'; place++) {
        size_t n = strcspn(params, " ");
        if (rft_bytes_equal(name, (struct rft_bytes){params, n}))
            return place;
        params += n + (params[n] == ' ');
    }
    return PARAMS_MAX;
}

static size_t n_params(const char *params)
{
    size_t n = *params != '\0';
    for (; *params != '\0'; params++)
        n += *params == ' ';
    return n;
}

enum rft_status rft_jinja_invoke(struct rft_jinja_run *run, const struct rft_jinja_builtin *builtin,
                                 const struct rft_jinja_value *self, const struct rft_jinja_arguments *args,
                                 struct rft_jinja_value *result)
{
    struct rft_jinja_value items[PARAMS_MAX] = {0};
    struct rft_jinja_arguments bound = {.items = items};
    if (builtin->params == NULL)
        return builtin->call(run, self, args, result);
    bound.n = n_params(builtin->params);
    if (args->n > bound.n)
        return rft_jinja_fail(run, "%s takes %zu arguments at most, %zu are given", builtin->name, bound.n, args->n);
    for (size_t i = 0; i < args->n; i++)
        items[i] = args->items[i];
    for (size_t i = 0; i < args->n_keywords; i++) {
        struct rft_bytes name = args->keywords[i].name;
        size_t place = place_of(builtin->params, name);
        if (place == PARAMS_MAX || items[place].kind != RFT_JINJA_ABSENT)
            return rft_jinja_fail(run, "%s: the argument '%.*s' is not known, or given twice", builtin->name,
                                  (int)name.len, name.data);
        items[place] = args->keywords[i].value;
    }
    for (size_t i = 0; i < builtin->n_required; i++)
        if (items[i].kind == RFT_JINJA_ABSENT)
            return rft_jinja_fail(run, "%s needs %u argument%s", builtin->name, builtin->n_required,
                                  builtin->n_required == 1 ? "" : "s");
    return builtin->call(run, self, &bound, result);
}

enum rft_status rft_jinja_take_keywords(struct rft_jinja_run *run, const struct rft_jinja_arguments *args,
                                        struct rft_jinja_dict *dict)
{
    for (size_t i = 0; i < args->n_keywords; i++)
        RFT_TRY(rft_jinja_dict_set(run, dict, rft_jinja_name_value(args->keywords[i].name), args->keywords[i].value));
    return RFT_OK;
}

enum rft_status rft_jinja_take_int(struct rft_jinja_run *run, const struct rft_jinja_value *arg, int64_t fallback,
                                   int64_t *value)
{
    *value = fallback;
    if (arg->kind == RFT_JINJA_ABSENT || arg->kind == RFT_JINJA_NONE)
        return RFT_OK;
    if (arg->kind != RFT_JINJA_INT && arg->kind != RFT_JINJA_BOOL)
        return rft_jinja_fail(run, "'%s' object cannot be interpreted as an integer", rft_jinja_type_name(arg));
    *value = rft_jinja_whole(arg);
    return RFT_OK;
}

bool rft_jinja_take_bool(const struct rft_jinja_value *arg, bool fallback)
{
    return arg->kind == RFT_JINJA_ABSENT ? fallback : rft_jinja_is_true(arg);
}

enum rft_status rft_jinja_take_text(struct rft_jinja_run *run, const struct rft_jinja_value *arg,
                                    struct rft_jinja_text *text)
{
    struct rft_jinja_buffer buffer = {0};
    *text = arg->as.text;
    if (arg->kind == RFT_JINJA_TEXT)
        return RFT_OK;
    RFT_TRY(rft_jinja_print(run, &buffer, arg));
    *text = rft_jinja_built(&buffer);
    return RFT_OK;
}

enum rft_status rft_jinja_need_text(struct rft_jinja_run *run, const struct rft_jinja_value *arg, const char *what,
                                    struct rft_jinja_text *text)
{
    if (arg->kind != RFT_JINJA_TEXT)
        return rft_jinja_fail(run, "%s must be a str, not %s", what, rft_jinja_type_name(arg));
    *text = arg->as.text;
    return RFT_OK;
}
