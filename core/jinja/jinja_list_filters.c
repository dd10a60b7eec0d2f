/* SPDX-License-Identifier: MIT */
/* Filters of many values: lists, texts as lists of characters, dicts. */
#include "jinja_case.h"
#include "jinja_eval.h"
#include "jinja_print.h"

#include <string.h>

/* A list of a flavor out of members. */
static enum rft_status make_list(struct rft_jinja_run *run, const struct rft_jinja_list *members,
                                 enum rft_jinja_flavor flavor, struct rft_jinja_value *result)
{
    RFT_TRY(rft_jinja_list_new(run, RFT_JINJA_LIST, result));
    for (size_t i = 0; i < members->n; i++)
        RFT_TRY(rft_jinja_list_add(run, result->as.list, members->items[i]));
    result->as.list->flavor = flavor;
    return RFT_OK;
}

RFT_JINJA_BUILTIN(length)
{
    (void)args;
    RFT_TRY(rft_jinja_work(run, self->kind == RFT_JINJA_TEXT ? self->as.text.len / 64 : 1));
    if (self->kind == RFT_JINJA_TEXT)
        *result = rft_jinja_int((int64_t)rft_jinja_n_chars(self->as.text));
    else if (self->kind == RFT_JINJA_UNDEFINED)
        *result = rft_jinja_int(0);
    else if (self->kind == RFT_JINJA_DICT)
        *result = rft_jinja_int((int64_t)self->as.dict->n);
    else if (self->kind == RFT_JINJA_LOOP)
        *result = rft_jinja_int((int64_t)self->as.loop->n);
    else if (rft_jinja_is_list(self) && self->as.list->flavor != RFT_JINJA_GENERATOR)
        *result = rft_jinja_int((int64_t)self->as.list->n);
    else
        return rft_jinja_fail(run, "object of type '%s' has no len()", rft_jinja_type_name(self));
    return RFT_OK;
}

RFT_JINJA_BUILTIN(list)
{
    struct rft_jinja_list members;
    (void)args;
    RFT_TRY(rft_jinja_iterate(run, self, &members));
    return make_list(run, &members, RFT_JINJA_PLAIN, result);
}

RFT_JINJA_BUILTIN(first)
{
    struct rft_jinja_list members;
    (void)args;
    RFT_TRY(rft_jinja_iterate(run, self, &members));
    *result = members.n != 0 ? members.items[0] : rft_jinja_undefined(rft_bytes_z("first"));
    return RFT_OK;
}

RFT_JINJA_BUILTIN(last)
{
    struct rft_jinja_list members;
    (void)args;
    if (rft_jinja_is_list(self) && self->as.list->flavor == RFT_JINJA_GENERATOR)
        return rft_jinja_fail(run, "'generator' object is not reversible");
    RFT_TRY(rft_jinja_iterate(run, self, &members));
    *result = members.n != 0 ? members.items[members.n - 1] : rft_jinja_undefined(rft_bytes_z("last"));
    return RFT_OK;
}

RFT_JINJA_BUILTIN(reverse)
{
    struct rft_jinja_list members;
    struct rft_jinja_buffer out = {0};
    (void)args;
    RFT_TRY(rft_jinja_iterate(run, self, &members));
    if (self->kind == RFT_JINJA_TEXT) {
        for (size_t i = members.n; i-- > 0;)
            RFT_TRY(rft_jinja_put(run, &out, members.items[i].as.text));
        *result = rft_jinja_text_value(rft_jinja_built(&out));
        return RFT_OK;
    }
    RFT_TRY(rft_jinja_list_new(run, RFT_JINJA_LIST, result));
    for (size_t i = members.n; i-- > 0;)
        RFT_TRY(rft_jinja_list_add(run, result->as.list, members.items[i]));
    result->as.list->flavor = RFT_JINJA_GENERATOR;
    return RFT_OK;
}

RFT_JINJA_BUILTIN(items)
{
    (void)args;
    RFT_TRY(rft_jinja_list_new(run, RFT_JINJA_LIST, result));
    result->as.list->flavor = RFT_JINJA_GENERATOR;
    if (self->kind == RFT_JINJA_UNDEFINED)
        return RFT_OK;
    if (self->kind != RFT_JINJA_DICT)
        return rft_jinja_fail(run, "can only get item pairs from a mapping");
    for (size_t i = 0; i < self->as.dict->n; i++) {
        struct rft_jinja_value pair;
        RFT_TRY(rft_jinja_list_new(run, RFT_JINJA_TUPLE, &pair));
        RFT_TRY(rft_jinja_list_add(run, pair.as.list, self->as.dict->pairs[i].key));
        RFT_TRY(rft_jinja_list_add(run, pair.as.list, self->as.dict->pairs[i].value));
        RFT_TRY(rft_jinja_list_add(run, result->as.list, pair));
    }
    return RFT_OK;
}

/* ---- by an attribute ---- */

/* item["a"]["b"][0] for "a.b.0"; the item itself if attribute is ABSENT or None. fallback: for what is undefined. */
static enum rft_status get_attribute(struct rft_jinja_run *run, const struct rft_jinja_value *item,
                                     const struct rft_jinja_value *attribute, const struct rft_jinja_value *fallback,
                                     struct rft_jinja_value *result)
{
    *result = *item;
    if (attribute->kind == RFT_JINJA_ABSENT || attribute->kind == RFT_JINJA_NONE)
        return RFT_OK;
    if (attribute->kind != RFT_JINJA_TEXT)
        return rft_jinja_item(run, item, attribute, result);
    struct rft_bytes name = rft_jinja_bytes(attribute);
    for (size_t begin = 0, end; begin <= name.len; begin = end + 1) {
        char digits[20] = "";
        uint64_t place;
        struct rft_jinja_value from = *result, key;
        for (end = begin; end < name.len && name.data[end] != '.';)
            end++;
        if (end - begin < sizeof digits && end > begin)
            memcpy(digits, name.data + begin, end - begin);
        key = rft_parse_u64(digits, &place)
                  ? rft_jinja_int((int64_t)place)
                  : rft_jinja_text_value((struct rft_jinja_text){name.data + begin, NULL, end - begin});
        RFT_TRY(rft_jinja_item(run, &from, &key, result));
        if (result->kind == RFT_JINJA_UNDEFINED && fallback->kind != RFT_JINJA_ABSENT)
            *result = *fallback;
    }
    return RFT_OK;
}

RFT_JINJA_BUILTIN(join)
{
    struct rft_jinja_list members;
    struct rft_jinja_buffer out = {0};
    const struct rft_jinja_value none = {0};
    RFT_TRY(rft_jinja_iterate(run, self, &members));
    for (size_t i = 0; i < members.n; i++) {
        struct rft_jinja_value member;
        RFT_TRY(get_attribute(run, &members.items[i], &args->items[1], &none, &member));
        if (i != 0 && args->items[0].kind != RFT_JINJA_ABSENT)
            RFT_TRY(rft_jinja_print(run, &out, &args->items[0]));
        RFT_TRY(rft_jinja_print(run, &out, &member));
    }
    *result = rft_jinja_text_value(rft_jinja_built(&out));
    return RFT_OK;
}

static const struct rft_jinja_value *keyword(const struct rft_jinja_arguments *args, const char *name)
{
    static const struct rft_jinja_value none;
    for (size_t i = 0; i < args->n_keywords; i++)
        if (rft_bytes_equal(args->keywords[i].name, rft_bytes_z(name)))
            return &args->keywords[i].value;
    return &none;
}

/* The filter or test that an argument names. */
static enum rft_status named(struct rft_jinja_run *run, const struct rft_jinja_builtins *table, const char *kind,
                             const struct rft_jinja_value *name, const struct rft_jinja_builtin **builtin)
{
    struct rft_jinja_text text;
    RFT_TRY(rft_jinja_need_text(run, name, kind, &text));
    *builtin = rft_jinja_builtin_find(table, (struct rft_bytes){text.bytes, text.len});
    if (*builtin == NULL)
        return rft_jinja_refuse(run, "the %s \"%.*s\"", kind, (int)(text.len < 80 ? text.len : 80), text.bytes);
    return RFT_OK;
}

/* The members; none of what is false, even where it has none to go through, as None. */
static enum rft_status go_through(struct rft_jinja_run *run, const struct rft_jinja_value *self,
                                  struct rft_jinja_list *members)
{
    *members = (struct rft_jinja_list){0};
    return rft_jinja_is_true(self) ? rft_jinja_iterate(run, self, members) : RFT_OK;
}

/* map("filter", arguments) or map(attribute="name", default=...). */
RFT_JINJA_BUILTIN(map)
{
    struct rft_jinja_list members;
    const struct rft_jinja_value *attribute = keyword(args, "attribute");
    const struct rft_jinja_builtin *filter = NULL;
    struct rft_jinja_arguments rest = *args;
    RFT_TRY(go_through(run, self, &members));
    RFT_TRY(rft_jinja_list_new(run, RFT_JINJA_LIST, result));
    result->as.list->flavor = RFT_JINJA_GENERATOR;
    if (args->n == 0 && attribute->kind == RFT_JINJA_ABSENT)
        return rft_jinja_fail(run, "map needs a filter or an attribute");
    if (args->n != 0) {
        RFT_TRY(named(run, &rft_jinja_filters, "filter", &args->items[0], &filter));
        rest.items++;
        rest.n--;
    }
    for (size_t i = 0; i < members.n; i++) {
        struct rft_jinja_value member;
        RFT_TRY(rft_jinja_work(run, 1));
        if (filter != NULL)
            RFT_TRY(rft_jinja_invoke(run, filter, &members.items[i], &rest, &member));
        else
            RFT_TRY(get_attribute(run, &members.items[i], attribute, keyword(args, "default"), &member));
        RFT_TRY(rft_jinja_list_add(run, result->as.list, member));
    }
    return RFT_OK;
}

/* The members whose test (of themselves, or of an attribute) comes out as wanted. */
static enum rft_status choose(struct rft_jinja_run *run, const struct rft_jinja_value *self,
                              const struct rft_jinja_arguments *args, bool has_attribute, bool wanted,
                              struct rft_jinja_value *result)
{
    const struct rft_jinja_value none = {0};
    const struct rft_jinja_builtin *test = NULL;
    struct rft_jinja_arguments rest = *args;
    struct rft_jinja_list members;
    RFT_TRY(go_through(run, self, &members));
    RFT_TRY(rft_jinja_list_new(run, RFT_JINJA_LIST, result));
    result->as.list->flavor = RFT_JINJA_GENERATOR;
    if (has_attribute && args->n == 0)
        return rft_jinja_fail(run, "the name of an attribute is missing");
    rest.items += has_attribute;
    rest.n -= has_attribute;
    if (rest.n != 0) {
        RFT_TRY(named(run, &rft_jinja_tests, "test", &rest.items[0], &test));
        rest.items++;
        rest.n--;
    }
    for (size_t i = 0; i < members.n; i++) {
        struct rft_jinja_value member, holds;
        RFT_TRY(rft_jinja_work(run, 1));
        RFT_TRY(get_attribute(run, &members.items[i], has_attribute ? &args->items[0] : &none, &none, &member));
        holds = member;
        if (test != NULL)
            RFT_TRY(rft_jinja_invoke(run, test, &member, &rest, &holds));
        if (rft_jinja_is_true(&holds) == wanted)
            RFT_TRY(rft_jinja_list_add(run, result->as.list, members.items[i]));
    }
    return RFT_OK;
}

RFT_JINJA_BUILTIN(select)
{
    return choose(run, self, args, false, true, result);
}

RFT_JINJA_BUILTIN(reject)
{
    return choose(run, self, args, false, false, result);
}

RFT_JINJA_BUILTIN(selectattr)
{
    return choose(run, self, args, true, true, result);
}

RFT_JINJA_BUILTIN(rejectattr)
{
    return choose(run, self, args, true, false, result);
}

RFT_JINJA_BUILTIN(sum)
{
    struct rft_jinja_list members;
    const struct rft_jinja_value none = {0};
    RFT_TRY(rft_jinja_iterate(run, self, &members));
    *result = args->items[1].kind == RFT_JINJA_ABSENT ? rft_jinja_int(0) : args->items[1];
    for (size_t i = 0; i < members.n; i++) {
        struct rft_jinja_value member, sum = *result;
        RFT_TRY(get_attribute(run, &members.items[i], &args->items[0], &none, &member));
        RFT_TRY(rft_jinja_binary(run, rft_bytes_z("+"), &sum, &member, result));
    }
    return RFT_OK;
}

/* ---- by order ---- */

/* What a member is ordered by: its attribute, texts in lower case unless case counts. */
static enum rft_status order_key(struct rft_jinja_run *run, const struct rft_jinja_value *item,
                                 const struct rft_jinja_value *attribute, bool is_case_sensitive,
                                 struct rft_jinja_value *key)
{
    const struct rft_jinja_value none = {0};
    struct rft_jinja_buffer out = {0};
    RFT_TRY(get_attribute(run, item, attribute, &none, key));
    if (key->kind != RFT_JINJA_TEXT || is_case_sensitive)
        return RFT_OK;
    RFT_TRY(rft_jinja_put_case(run, &out, key->as.text, 0, key->as.text.len, RFT_JINJA_LOWER));
    *key = rft_jinja_text_value(rft_jinja_built(&out));
    return RFT_OK;
}

static enum rft_status precedes(struct rft_jinja_run *run, const struct rft_jinja_value *a,
                                const struct rft_jinja_value *b, bool is_reverse, bool *before)
{
    int order;
    RFT_TRY(rft_jinja_work(run, rft_jinja_weight(a)));
    if (!rft_jinja_compare(a, b, &order))
        return rft_jinja_fail(run, "'%s' and '%s' cannot be ordered", rft_jinja_type_name(a), rft_jinja_type_name(b));
    *before = is_reverse ? order > 0 : order < 0;
    return RFT_OK;
}

/* Sorts items by keys, equals staying in order: by insertion, which a template's few members do not mind. */
static enum rft_status sort_by(struct rft_jinja_run *run, const struct rft_jinja_list *keys, bool is_reverse,
                               struct rft_jinja_list *items)
{
    for (size_t i = 1; i < items->n; i++) {
        struct rft_jinja_value item = items->items[i], key = keys->items[i];
        size_t at = i;
        for (bool before = true; at > 0; at--) {
            RFT_TRY(rft_jinja_work(run, 1));
            RFT_TRY(precedes(run, &key, &keys->items[at - 1], is_reverse, &before));
            if (!before)
                break;
            items->items[at] = items->items[at - 1];
            keys->items[at] = keys->items[at - 1];
        }
        items->items[at] = item;
        keys->items[at] = key;
    }
    return RFT_OK;
}

static enum rft_status make_keys(struct rft_jinja_run *run, const struct rft_jinja_list *members,
                                 const struct rft_jinja_value *attribute, bool is_case_sensitive,
                                 struct rft_jinja_list *keys)
{
    *keys = (struct rft_jinja_list){0};
    for (size_t i = 0; i < members->n; i++) {
        struct rft_jinja_value key;
        RFT_TRY(order_key(run, &members->items[i], attribute, is_case_sensitive, &key));
        RFT_TRY(rft_jinja_list_add(run, keys, key));
    }
    return RFT_OK;
}

/* sort(reverse=false, case_sensitive=false, attribute=none). */
RFT_JINJA_BUILTIN(sort)
{
    struct rft_jinja_list members, keys;
    RFT_TRY(rft_jinja_iterate(run, self, &members));
    RFT_TRY(make_list(run, &members, RFT_JINJA_PLAIN, result));
    RFT_TRY(make_keys(run, result->as.list, &args->items[2], rft_jinja_take_bool(&args->items[1], false), &keys));
    return sort_by(run, &keys, rft_jinja_take_bool(&args->items[0], false), result->as.list);
}

/* dictsort(case_sensitive=false, by="key", reverse=false). */
RFT_JINJA_BUILTIN(dictsort)
{
    struct rft_jinja_value pairs, place = rft_jinja_int(0);
    struct rft_jinja_list keys;
    if (self->kind != RFT_JINJA_DICT)
        return rft_jinja_fail(run, "dictsort needs a dict, not %s", rft_jinja_type_name(self));
    if (args->items[1].kind == RFT_JINJA_TEXT &&
        rft_bytes_equal(rft_jinja_bytes(&args->items[1]), rft_bytes_z("value")))
        place = rft_jinja_int(1);
    RFT_TRY(items(run, self, args, &pairs));
    RFT_TRY(make_list(run, pairs.as.list, RFT_JINJA_PLAIN, result));
    RFT_TRY(make_keys(run, result->as.list, &place, rft_jinja_take_bool(&args->items[0], false), &keys));
    return sort_by(run, &keys, rft_jinja_take_bool(&args->items[2], false), result->as.list);
}

/* unique(case_sensitive=false, attribute=none). */
RFT_JINJA_BUILTIN(unique)
{
    struct rft_jinja_list members, keys;
    RFT_TRY(rft_jinja_iterate(run, self, &members));
    RFT_TRY(make_keys(run, &members, &args->items[1], rft_jinja_take_bool(&args->items[0], false), &keys));
    RFT_TRY(rft_jinja_list_new(run, RFT_JINJA_LIST, result));
    result->as.list->flavor = RFT_JINJA_GENERATOR;
    for (size_t i = 0; i < members.n; i++) {
        bool is_new = true;
        if (!rft_jinja_is_hashable(&keys.items[i]))
            return rft_jinja_fail(run, "unhashable type: '%s'", rft_jinja_type_name(&keys.items[i]));
        RFT_TRY(rft_jinja_work(run, 1 + i / 8 + i * (rft_jinja_weight(&keys.items[i]) - 1)));
        for (size_t k = 0; k < i && is_new; k++)
            is_new = !rft_jinja_equal(&keys.items[i], &keys.items[k]);
        if (is_new)
            RFT_TRY(rft_jinja_list_add(run, result->as.list, members.items[i]));
    }
    return RFT_OK;
}

static enum rft_status extreme(struct rft_jinja_run *run, const struct rft_jinja_value *self,
                               const struct rft_jinja_arguments *args, bool is_max, struct rft_jinja_value *result)
{
    struct rft_jinja_list members, keys;
    size_t best = 0;
    RFT_TRY(rft_jinja_iterate(run, self, &members));
    RFT_TRY(make_keys(run, &members, &args->items[1], rft_jinja_take_bool(&args->items[0], false), &keys));
    *result = rft_jinja_undefined(rft_bytes_z(is_max ? "max" : "min"));
    for (size_t i = 0; i < members.n; i++) {
        bool is_better = false;
        if (i != 0)
            RFT_TRY(precedes(run, &keys.items[i], &keys.items[best], is_max, &is_better));
        if (i == 0 || is_better)
            *result = members.items[best = i];
    }
    return RFT_OK;
}

RFT_JINJA_BUILTIN(max)
{
    return extreme(run, self, args, true, result);
}

RFT_JINJA_BUILTIN(min)
{
    return extreme(run, self, args, false, result);
}

static const struct rft_jinja_builtin filters[] = {
    {"count", "", 0, length},
    {"dictsort", "case_sensitive by reverse", 0, dictsort},
    {"first", "", 0, first},
    {"items", "", 0, items},
    {"join", "d attribute", 0, join},
    {"last", "", 0, last},
    {"length", "", 0, length},
    {"list", "", 0, list},
    {"map", NULL, 0, map},
    {"max", "case_sensitive attribute", 0, max},
    {"min", "case_sensitive attribute", 0, min},
    {"reject", NULL, 0, reject},
    {"rejectattr", NULL, 0, rejectattr},
    {"reverse", "", 0, reverse},
    {"select", NULL, 0, select},
    {"selectattr", NULL, 0, selectattr},
    {"sort", "reverse case_sensitive attribute", 0, sort},
    {"sum", "attribute start", 0, sum},
    {"unique", "case_sensitive attribute", 0, unique},
    {NULL, NULL, 0, NULL},
};
const struct rft_jinja_builtins rft_jinja_list_filters = {filters};
