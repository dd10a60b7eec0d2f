/* SPDX-License-Identifier: MIT */
/* Functions that every template can call, and the methods of dicts, lists and loops. */
#include "jinja_eval.h"
#include "jinja_format.h"

#include <stdio.h>
#include <string.h>

/* transformers' sandbox allows ranges no longer than this. */
#define RANGE_MAX 100000

RFT_JINJA_BUILTIN(range)
{
    int64_t begin = 0, end, step;
    (void)self;
    RFT_TRY(rft_jinja_take_int(run, &args->items[0], 0, &end));
    if (args->items[1].kind != RFT_JINJA_ABSENT) {
        begin = end;
        RFT_TRY(rft_jinja_take_int(run, &args->items[1], 0, &end));
    }
    RFT_TRY(rft_jinja_take_int(run, &args->items[2], 1, &step));
    if (step == 0)
        return rft_jinja_fail(run, "range() arg 3 must not be zero");
    RFT_TRY(rft_jinja_list_new(run, RFT_JINJA_LIST, result));
    result->as.list->flavor = RFT_JINJA_RANGE;
    for (int64_t i = begin; step > 0 ? i < end : i > end;) {
        if (result->as.list->n == RANGE_MAX)
            return rft_jinja_fail(run, "a range of more than %d numbers", RANGE_MAX);
        RFT_TRY(rft_jinja_work(run, 1));
        RFT_TRY(rft_jinja_list_add(run, result->as.list, rft_jinja_int(i)));
        if (__builtin_add_overflow(i, step, &i))
            break;
    }
    return RFT_OK;
}

/* A dict of a dict's pairs, or of pairs, and of keyword arguments. */
RFT_JINJA_BUILTIN(make_dict)
{
    struct rft_jinja_list pairs;
    (void)self;
    RFT_TRY(rft_jinja_dict_new(run, result));
    if (args->n > 1)
        return rft_jinja_fail(run, "dict takes 1 argument at most, %zu are given", args->n);
    if (args->n == 1 && args->items[0].kind == RFT_JINJA_DICT) {
        const struct rft_jinja_dict *from = args->items[0].as.dict;
        for (size_t i = 0; i < from->n; i++)
            RFT_TRY(rft_jinja_dict_set(run, result->as.dict, from->pairs[i].key, from->pairs[i].value));
    } else if (args->n == 1) {
        RFT_TRY(rft_jinja_iterate(run, &args->items[0], &pairs));
        for (size_t i = 0; i < pairs.n; i++) {
            const struct rft_jinja_value *pair = &pairs.items[i];
            if (!rft_jinja_is_list(pair) || pair->as.list->n != 2)
                return rft_jinja_fail(run, "dict needs pairs of key and value");
            RFT_TRY(rft_jinja_dict_set(run, result->as.dict, pair->as.list->items[0], pair->as.list->items[1]));
        }
    }
    return rft_jinja_take_keywords(run, args, result->as.dict);
}

RFT_JINJA_BUILTIN(make_namespace)
{
    RFT_TRY(make_dict(run, self, args, result));
    for (size_t i = 0; i < result->as.dict->n; i++) {
        const struct rft_jinja_value *key = &result->as.dict->pairs[i].key;
        if (key->kind == RFT_JINJA_TEXT && key->as.text.len != 0 && key->as.text.bytes[0] == '_')
            return rft_jinja_fail(run, "a namespace takes no name that begins with _");
    }
    result->kind = RFT_JINJA_NAMESPACE;
    return RFT_OK;
}

RFT_JINJA_BUILTIN(raise_exception)
{
    struct rft_jinja_text text;
    (void)self;
    (void)result;
    RFT_TRY(rft_jinja_take_text(run, &args->items[0], &text));
    (void)rft_jinja_fail(run, "%.*s", (int)(text.len < 380 ? text.len : 380), text.bytes);
    run->error->is_raised = true;
    return RFT_ERR_INPUT;
}

RFT_JINJA_BUILTIN(strftime_now)
{
    struct rft_jinja_text format;
    (void)self;
    RFT_TRY(rft_jinja_need_text(run, &args->items[0], "a date's format", &format));
    return rft_jinja_format_date(run, format, result);
}

static const struct rft_jinja_builtin functions[] = {
    {"dict", NULL, 0, make_dict},
    {"namespace", NULL, 0, make_namespace},
    {"raise_exception", "message", 1, raise_exception},
    {"range", "start stop step", 1, range},
    {"strftime_now", "format", 1, strftime_now},
    {NULL, NULL, 0, NULL},
};
const struct rft_jinja_builtins rft_jinja_functions = {functions};

/* ---- dicts ---- */

RFT_JINJA_BUILTIN(dict_get)
{
    const struct rft_jinja_value *found;
    RFT_TRY(rft_jinja_work(run, rft_jinja_find_key_work(self->as.dict, &args->items[0])));
    found = rft_jinja_dict_find(self->as.dict, &args->items[0]);
    *result = found != NULL ? *found : args->items[1].kind != RFT_JINJA_ABSENT ? args->items[1] : rft_jinja_none();
    return RFT_OK;
}

static enum rft_status view(struct rft_jinja_run *run, const struct rft_jinja_dict *dict, bool has_key, bool has_value,
                            struct rft_jinja_value *result)
{
    RFT_TRY(rft_jinja_list_new(run, RFT_JINJA_LIST, result));
    result->as.list->flavor = RFT_JINJA_VIEW;
    for (size_t i = 0; i < dict->n; i++) {
        struct rft_jinja_value member = has_key ? dict->pairs[i].key : dict->pairs[i].value;
        if (has_key && has_value) {
            RFT_TRY(rft_jinja_list_new(run, RFT_JINJA_TUPLE, &member));
            RFT_TRY(rft_jinja_list_add(run, member.as.list, dict->pairs[i].key));
            RFT_TRY(rft_jinja_list_add(run, member.as.list, dict->pairs[i].value));
        }
        RFT_TRY(rft_jinja_list_add(run, result->as.list, member));
    }
    return RFT_OK;
}

RFT_JINJA_BUILTIN(dict_items)
{
    (void)args;
    return view(run, self->as.dict, true, true, result);
}

RFT_JINJA_BUILTIN(dict_keys)
{
    (void)args;
    return view(run, self->as.dict, true, false, result);
}

RFT_JINJA_BUILTIN(dict_values)
{
    (void)args;
    return view(run, self->as.dict, false, true, result);
}

/* What is never changed needs no copy. */
RFT_JINJA_BUILTIN(copy)
{
    (void)run;
    (void)args;
    *result = *self;
    return RFT_OK;
}

/* Methods that would change what they belong to: the sandbox refuses them. */
RFT_JINJA_BUILTIN(change)
{
    (void)args;
    (void)result;
    return rft_jinja_fail(run, "a template must not change a %s", rft_jinja_type_name(self));
}

static const struct rft_jinja_builtin dict_methods[] = {
    {"clear", NULL, 0, change},     {"copy", "", 0, copy},           {"get", "key default", 1, dict_get},
    {"items", "", 0, dict_items},   {"keys", "", 0, dict_keys},      {"pop", NULL, 0, change},
    {"popitem", NULL, 0, change},   {"setdefault", NULL, 0, change}, {"update", NULL, 0, change},
    {"values", "", 0, dict_values}, {NULL, NULL, 0, NULL},
};
const struct rft_jinja_builtins rft_jinja_dict_methods = {dict_methods};

/* ---- lists ---- */

RFT_JINJA_BUILTIN(list_count)
{
    int64_t n = 0;
    RFT_TRY(rft_jinja_work(run, rft_jinja_weight(self)));
    for (size_t i = 0; i < self->as.list->n; i++)
        n += rft_jinja_equal(&self->as.list->items[i], &args->items[0]);
    *result = rft_jinja_int(n);
    return RFT_OK;
}

RFT_JINJA_BUILTIN(list_index)
{
    RFT_TRY(rft_jinja_work(run, rft_jinja_weight(self)));
    for (size_t i = 0; i < self->as.list->n; i++)
        if (rft_jinja_equal(&self->as.list->items[i], &args->items[0])) {
            *result = rft_jinja_int((int64_t)i);
            return RFT_OK;
        }
    return rft_jinja_fail(run, "the value is not in the list");
}

static const struct rft_jinja_builtin list_methods[] = {
    {"append", NULL, 0, change},       {"clear", NULL, 0, change},  {"copy", "", 0, copy},
    {"count", "value", 1, list_count}, {"extend", NULL, 0, change}, {"index", "value", 1, list_index},
    {"insert", NULL, 0, change},       {"pop", NULL, 0, change},    {"remove", NULL, 0, change},
    {"reverse", NULL, 0, change},      {"sort", NULL, 0, change},   {NULL, NULL, 0, NULL},
};
const struct rft_jinja_builtins rft_jinja_list_methods = {list_methods};

/* ---- loops ---- */

RFT_JINJA_BUILTIN(loop_cycle)
{
    if (args->n == 0)
        return rft_jinja_fail(run, "no items for cycling given");
    *result = args->items[self->as.loop->index % args->n];
    return RFT_OK;
}

RFT_JINJA_BUILTIN(loop_changed)
{
    struct rft_jinja_value now;
    RFT_TRY(rft_jinja_list_new(run, RFT_JINJA_TUPLE, &now));
    for (size_t i = 0; i < args->n; i++)
        RFT_TRY(rft_jinja_list_add(run, now.as.list, args->items[i]));
    RFT_TRY(rft_jinja_work(run, rft_jinja_weight(&now)));
    *result = rft_jinja_bool(!rft_jinja_equal(&self->as.loop->seen, &now));
    self->as.loop->seen = now;
    return RFT_OK;
}

const struct rft_jinja_builtin *rft_jinja_loop_method(struct rft_bytes name)
{
    static const struct rft_jinja_builtin methods[] = {
        {"cycle", NULL, 0, loop_cycle}, {"changed", NULL, 0, loop_changed}, {NULL, NULL, 0, NULL}};
    static const struct rft_jinja_builtins table = {methods};
    return rft_jinja_builtin_find(&table, name);
}
