/* SPDX-License-Identifier: MIT */
#include "jinja_value.h"

#include "jinja_run.h"
#include "jinja_text.h"

#include <string.h>

struct rft_jinja_value rft_jinja_none(void)
{
    return (struct rft_jinja_value){.kind = RFT_JINJA_NONE};
}

struct rft_jinja_value rft_jinja_bool(bool boolean)
{
    return (struct rft_jinja_value){.kind = RFT_JINJA_BOOL, .as.boolean = boolean};
}

struct rft_jinja_value rft_jinja_int(int64_t integer)
{
    return (struct rft_jinja_value){.kind = RFT_JINJA_INT, .as.integer = integer};
}

struct rft_jinja_value rft_jinja_float(double real)
{
    return (struct rft_jinja_value){.kind = RFT_JINJA_FLOAT, .as.real = real};
}

struct rft_jinja_value rft_jinja_undefined(struct rft_bytes name)
{
    return (struct rft_jinja_value){.kind = RFT_JINJA_UNDEFINED, .as.name = name};
}

struct rft_jinja_value rft_jinja_text_value(struct rft_jinja_text text)
{
    return (struct rft_jinja_value){.kind = RFT_JINJA_TEXT, .as.text = text};
}

struct rft_jinja_value rft_jinja_name_value(struct rft_bytes name)
{
    return rft_jinja_text_value((struct rft_jinja_text){name.data, NULL, name.len});
}

struct rft_jinja_value rft_jinja_literal(const char *z)
{
    return rft_jinja_text_value((struct rft_jinja_text){z, NULL, strlen(z)});
}

enum rft_status rft_jinja_list_new(struct rft_jinja_run *run, enum rft_jinja_kind kind, struct rft_jinja_value *list)
{
    void *taken;
    RFT_TRY(rft_jinja_take(run, 1, sizeof(struct rft_jinja_list), &taken));
    *list = (struct rft_jinja_value){.kind = kind, .as.list = taken};
    return RFT_OK;
}

enum rft_status rft_jinja_dict_new(struct rft_jinja_run *run, struct rft_jinja_value *dict)
{
    void *taken;
    RFT_TRY(rft_jinja_take(run, 1, sizeof(struct rft_jinja_dict), &taken));
    *dict = (struct rft_jinja_value){.kind = RFT_JINJA_DICT, .as.dict = taken};
    return RFT_OK;
}

/* Room for one more of *n elements; what was there is copied. */
static enum rft_status grow(struct rft_jinja_run *run, void **items, size_t n, size_t *cap, size_t size)
{
    void *taken;
    if (n < *cap)
        return RFT_OK;
    size_t more = *cap == 0 ? 4 : *cap * 2;
    RFT_TRY(rft_jinja_take(run, more, size, &taken));
    if (n != 0)
        memcpy(taken, *items, n * size);
    *items = taken;
    *cap = more;
    return RFT_OK;
}

uint64_t rft_jinja_weight(const struct rft_jinja_value *value)
{
    if (value->kind == RFT_JINJA_TEXT)
        return 1 + value->as.text.len / 64;
    if (rft_jinja_is_list(value))
        return 1 + value->as.list->weight;
    if (value->kind == RFT_JINJA_FUNCTION)
        return 1 + rft_jinja_weight(&value->as.method->self);
    return value->kind == RFT_JINJA_DICT ? 1 + value->as.dict->weight : 1;
}

uint64_t rft_jinja_find_key_work(const struct rft_jinja_dict *dict, const struct rft_jinja_value *key)
{
    uint64_t weight = rft_jinja_weight(key);
    return 1 + dict->n / 8 + (weight > 1 ? (uint64_t)dict->n * (weight < UINT32_MAX ? weight : UINT32_MAX) : 0);
}

/* What holds a value is nested one deeper, and weighs as much more. */
static enum rft_status nest(struct rft_jinja_run *run, const struct rft_jinja_value *item, uint32_t *nesting,
                            uint64_t *weight)
{
    uint32_t inner = rft_jinja_is_list(item)        ? item->as.list->nesting
                     : item->kind == RFT_JINJA_DICT ? item->as.dict->nesting
                                                    : 0;
    if (inner >= RFT_JINJA_NESTING_MAX)
        return rft_jinja_fail(run, "values are nested too deep");
    if (*nesting < inner + 1)
        *nesting = inner + 1;
    if (*weight > UINT64_MAX / 4 || rft_jinja_weight(item) > UINT64_MAX / 4)
        *weight = UINT64_MAX / 4;
    else
        *weight += rft_jinja_weight(item);
    return RFT_OK;
}

enum rft_status rft_jinja_list_add(struct rft_jinja_run *run, struct rft_jinja_list *list, struct rft_jinja_value item)
{
    void *items = list->items;
    RFT_TRY(nest(run, &item, &list->nesting, &list->weight));
    RFT_TRY(grow(run, &items, list->n, &list->cap, sizeof item));
    list->items = items;
    list->items[list->n++] = item;
    return RFT_OK;
}

bool rft_jinja_is_hashable(const struct rft_jinja_value *key)
{
    return key->kind != RFT_JINJA_LIST && key->kind != RFT_JINJA_DICT;
}

enum rft_status rft_jinja_dict_set(struct rft_jinja_run *run, struct rft_jinja_dict *dict, struct rft_jinja_value key,
                                   struct rft_jinja_value value)
{
    if (!rft_jinja_is_hashable(&key))
        return rft_jinja_fail(run, "unhashable type: '%s'", rft_jinja_type_name(&key));
    RFT_TRY(rft_jinja_work(run, rft_jinja_find_key_work(dict, &key)));
    RFT_TRY(nest(run, &key, &dict->nesting, &dict->weight));
    RFT_TRY(nest(run, &value, &dict->nesting, &dict->weight));
    dict->weight += dict->n / 8; /* comparing two dicts looks for each key of the one in the other */
    struct rft_jinja_value *found = rft_jinja_dict_find(dict, &key);
    if (found != NULL) {
        *found = value;
        return RFT_OK;
    }
    void *pairs = dict->pairs;
    RFT_TRY(grow(run, &pairs, dict->n, &dict->cap, sizeof *dict->pairs));
    dict->pairs = pairs;
    dict->pairs[dict->n++] = (struct rft_jinja_pair){key, value};
    return RFT_OK;
}

struct rft_jinja_value *rft_jinja_dict_find(const struct rft_jinja_dict *dict, const struct rft_jinja_value *key)
{
    for (size_t i = 0; i < dict->n; i++)
        if (rft_jinja_equal(&dict->pairs[i].key, key))
            return &dict->pairs[i].value;
    return NULL;
}

struct rft_jinja_value *rft_jinja_dict_find_name(const struct rft_jinja_dict *dict, struct rft_bytes name)
{
    for (size_t i = 0; i < dict->n; i++) {
        const struct rft_jinja_value *key = &dict->pairs[i].key;
        if (key->kind == RFT_JINJA_TEXT && rft_bytes_equal(rft_jinja_bytes(key), name))
            return &dict->pairs[i].value;
    }
    return NULL;
}

bool rft_jinja_is_list(const struct rft_jinja_value *value)
{
    return value->kind == RFT_JINJA_LIST || value->kind == RFT_JINJA_TUPLE;
}

bool rft_jinja_is_true(const struct rft_jinja_value *value)
{
    switch (value->kind) {
    case RFT_JINJA_ABSENT:
    case RFT_JINJA_UNDEFINED:
    case RFT_JINJA_NONE: return false;
    case RFT_JINJA_BOOL: return value->as.boolean;
    case RFT_JINJA_INT: return value->as.integer != 0;
    case RFT_JINJA_FLOAT: return value->as.real != 0;
    case RFT_JINJA_TEXT: return value->as.text.len != 0;
    case RFT_JINJA_LIST:
    case RFT_JINJA_TUPLE: return value->as.list->n != 0 || value->as.list->flavor == RFT_JINJA_GENERATOR;
    case RFT_JINJA_DICT: return value->as.dict->n != 0;
    case RFT_JINJA_NAMESPACE:
    case RFT_JINJA_LOOP:
    case RFT_JINJA_MACRO:
    case RFT_JINJA_FUNCTION: break;
    }
    return true;
}

bool rft_jinja_is_number(const struct rft_jinja_value *value)
{
    return value->kind == RFT_JINJA_BOOL || value->kind == RFT_JINJA_INT || value->kind == RFT_JINJA_FLOAT;
}

int64_t rft_jinja_whole(const struct rft_jinja_value *number)
{
    return number->kind == RFT_JINJA_BOOL ? (int64_t)number->as.boolean : number->as.integer;
}

double rft_jinja_real(const struct rft_jinja_value *number)
{
    return number->kind == RFT_JINJA_FLOAT ? number->as.real : (double)rft_jinja_whole(number);
}

/* Whole numbers of 64 bits and doubles in one type that holds both exactly, as every long double of 64 bits of mantissa
 * does. */
static long double exact(const struct rft_jinja_value *number)
{
    return number->kind == RFT_JINJA_FLOAT ? (long double)number->as.real : (long double)rft_jinja_whole(number);
}

struct rft_bytes rft_jinja_bytes(const struct rft_jinja_value *text)
{
    return (struct rft_bytes){text->as.text.bytes, text->as.text.len};
}

static bool equal_lists(const struct rft_jinja_list *a, const struct rft_jinja_list *b)
{
    bool equal = a == b || (a->n == b->n && a->flavor == RFT_JINJA_PLAIN && b->flavor == RFT_JINJA_PLAIN);
    for (size_t i = 0; i < a->n && equal && a != b; i++)
        equal = rft_jinja_equal(&a->items[i], &b->items[i]);
    return equal;
}

static bool equal_dicts(const struct rft_jinja_dict *a, const struct rft_jinja_dict *b)
{
    bool equal = a == b || a->n == b->n;
    for (size_t i = 0; i < a->n && equal && a != b; i++) {
        const struct rft_jinja_value *other = rft_jinja_dict_find(b, &a->pairs[i].key);
        equal = other != NULL && rft_jinja_equal(&a->pairs[i].value, other);
    }
    return equal;
}

bool rft_jinja_equal(const struct rft_jinja_value *a, const struct rft_jinja_value *b)
{
    if (rft_jinja_is_number(a) && rft_jinja_is_number(b))
        return exact(a) == exact(b);
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case RFT_JINJA_TEXT: return rft_bytes_equal(rft_jinja_bytes(a), rft_jinja_bytes(b));
    case RFT_JINJA_LIST:
    case RFT_JINJA_TUPLE: return equal_lists(a->as.list, b->as.list);
    case RFT_JINJA_DICT: return equal_dicts(a->as.dict, b->as.dict);
    case RFT_JINJA_NAMESPACE: return a->as.dict == b->as.dict;
    case RFT_JINJA_LOOP: return a->as.loop == b->as.loop;
    case RFT_JINJA_MACRO: return a->as.macro == b->as.macro;
    case RFT_JINJA_FUNCTION:
        return a->as.method->builtin == b->as.method->builtin &&
               rft_jinja_equal(&a->as.method->self, &b->as.method->self);
    case RFT_JINJA_ABSENT:
    case RFT_JINJA_UNDEFINED:
    case RFT_JINJA_NONE:
    case RFT_JINJA_BOOL:
    case RFT_JINJA_INT:
    case RFT_JINJA_FLOAT: break;
    }
    return true;
}

static int order_of(bool less, bool greater)
{
    return (int)greater - (int)less;
}

/* UTF-8 keeps the order of code points. */
static int compare_texts(struct rft_jinja_text a, struct rft_jinja_text b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n != 0 ? memcmp(a.bytes, b.bytes, n) : 0;
    return order != 0 ? order : order_of(a.len<b.len, a.len> b.len);
}

static bool compare_lists(const struct rft_jinja_list *a, const struct rft_jinja_list *b, int *order)
{
    for (size_t i = 0; i < a->n && i < b->n; i++)
        if (!rft_jinja_equal(&a->items[i], &b->items[i]))
            return rft_jinja_compare(&a->items[i], &b->items[i], order);
    *order = order_of(a->n<b->n, a->n> b->n);
    return true;
}

bool rft_jinja_compare(const struct rft_jinja_value *a, const struct rft_jinja_value *b, int *order)
{
    *order = 0;
    if (rft_jinja_is_number(a) && rft_jinja_is_number(b)) {
        *order = order_of(exact(a) < exact(b), exact(a) > exact(b));
        return true;
    }
    if (a->kind == RFT_JINJA_TEXT && b->kind == RFT_JINJA_TEXT)
        *order = compare_texts(a->as.text, b->as.text);
    else if (rft_jinja_is_list(a) && a->kind == b->kind && a->as.list->flavor == RFT_JINJA_PLAIN &&
             b->as.list->flavor == RFT_JINJA_PLAIN)
        return compare_lists(a->as.list, b->as.list, order);
    else
        return false;
    return true;
}

const char *rft_jinja_type_name(const struct rft_jinja_value *value)
{
    static const char *const names[] = {
        [RFT_JINJA_ABSENT] = "nothing",   [RFT_JINJA_UNDEFINED] = "Undefined",
        [RFT_JINJA_NONE] = "NoneType",    [RFT_JINJA_BOOL] = "bool",
        [RFT_JINJA_INT] = "int",          [RFT_JINJA_FLOAT] = "float",
        [RFT_JINJA_TEXT] = "str",         [RFT_JINJA_LIST] = "list",
        [RFT_JINJA_TUPLE] = "tuple",      [RFT_JINJA_DICT] = "dict",
        [RFT_JINJA_LOOP] = "LoopContext", [RFT_JINJA_NAMESPACE] = "Namespace",
        [RFT_JINJA_MACRO] = "Macro",      [RFT_JINJA_FUNCTION] = "function",
    };
    static const char *const flavors[] = {
        [RFT_JINJA_GENERATOR] = "generator", [RFT_JINJA_RANGE] = "range", [RFT_JINJA_VIEW] = "dict view"};
    if (value->kind == RFT_JINJA_LIST && value->as.list->flavor != RFT_JINJA_PLAIN)
        return flavors[value->as.list->flavor];
    return names[value->kind];
}

static enum rft_status add_chars(struct rft_jinja_run *run, struct rft_jinja_text text, struct rft_jinja_list *members)
{
    RFT_TRY(rft_jinja_work(run, text.len));
    for (size_t at = 0, next; at < text.len; at = next) {
        (void)rft_jinja_next_char(text, at, &next);
        RFT_TRY(rft_jinja_list_add(run, members, rft_jinja_text_value(rft_jinja_part(text, at, next))));
    }
    return RFT_OK;
}

enum rft_status rft_jinja_iterate(struct rft_jinja_run *run, const struct rft_jinja_value *value,
                                  struct rft_jinja_list *members)
{
    *members = (struct rft_jinja_list){0};
    switch (value->kind) {
    case RFT_JINJA_UNDEFINED: return RFT_OK;
    case RFT_JINJA_TEXT: return add_chars(run, value->as.text, members);
    case RFT_JINJA_LIST:
    case RFT_JINJA_TUPLE:
        *members = *value->as.list;
        members->cap = members->n; /* whoever adds to it copies first */
        if (value->as.list->flavor == RFT_JINJA_GENERATOR)
            value->as.list->n = 0;
        return RFT_OK;
    case RFT_JINJA_DICT:
        for (size_t i = 0; i < value->as.dict->n; i++)
            RFT_TRY(rft_jinja_list_add(run, members, value->as.dict->pairs[i].key));
        return RFT_OK;
    default: return rft_jinja_fail(run, "'%s' object is not iterable", rft_jinja_type_name(value));
    }
}
