/* SPDX-License-Identifier: MIT */
/* What is in a value: attributes, items, slices. */
#include "jinja_eval.h"

#include <string.h>

static enum rft_status bind_method(struct rft_jinja_run *run, const struct rft_jinja_builtin *builtin,
                                   const struct rft_jinja_value *self, struct rft_jinja_value *member)
{
    void *taken;
    RFT_TRY(rft_jinja_take(run, 1, sizeof(struct rft_jinja_method), &taken));
    struct rft_jinja_method *method = taken;
    *method = (struct rft_jinja_method){.builtin = builtin, .self = *self};
    *member = (struct rft_jinja_value){.kind = RFT_JINJA_FUNCTION, .as.method = method};
    return RFT_OK;
}

static void loop_attribute(const struct rft_jinja_loop *loop, struct rft_bytes name, struct rft_jinja_value *member)
{
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {
        {"index", (int64_t)loop->index + 1},
        {"index0", (int64_t)loop->index},
        {"revindex", (int64_t)(loop->n - loop->index)},
        {"revindex0", (int64_t)(loop->n - loop->index) - 1},
        {"length", (int64_t)loop->n},
        {"depth", 1}, /* of recursion, which there is none of */
        {"depth0", 0},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (rft_bytes_equal(name, rft_bytes_z(numbers[i].name)))
            *member = rft_jinja_int(numbers[i].value);
    if (rft_bytes_equal(name, rft_bytes_z("first")))
        *member = rft_jinja_bool(loop->index == 0);
    else if (rft_bytes_equal(name, rft_bytes_z("last")))
        *member = rft_jinja_bool(loop->index + 1 == loop->n);
    else if (rft_bytes_equal(name, rft_bytes_z("previtem")) && loop->index > 0)
        *member = loop->items[loop->index - 1];
    else if (rft_bytes_equal(name, rft_bytes_z("nextitem")) && loop->index + 1 < loop->n)
        *member = loop->items[loop->index + 1];
}

/* The method of a value's type; NULL if it has none of this name. */
static const struct rft_jinja_builtin *method_of(const struct rft_jinja_value *value, struct rft_bytes name)
{
    switch (value->kind) {
    case RFT_JINJA_TEXT: return rft_jinja_builtin_find(&rft_jinja_text_methods, name);
    case RFT_JINJA_DICT: return rft_jinja_builtin_find(&rft_jinja_dict_methods, name);
    case RFT_JINJA_LOOP: return rft_jinja_loop_method(name);
    case RFT_JINJA_LIST:
    case RFT_JINJA_TUPLE:
        if (value->as.list->flavor == RFT_JINJA_PLAIN)
            return rft_jinja_builtin_find(&rft_jinja_list_methods, name);
        return NULL;
    default: return NULL;
    }
}

static enum rft_status is_undefined(struct rft_jinja_run *run, const struct rft_jinja_value *value,
                                    struct rft_bytes name)
{
    return rft_jinja_fail(run, "'%.*s' is undefined, so it has no '%.*s'", (int)value->as.name.len, value->as.name.data,
                          (int)(name.len < 80 ? name.len : 80), name.data);
}

/* What Python's numbers have, and nobody asks for in a template. */
static bool is_number_attribute(struct rft_bytes name)
{
    static const char *const names[] = {"real",       "imag",      "numerator", "denominator", "conjugate",
                                        "bit_length", "bit_count", "to_bytes",  "from_bytes",  "as_integer_ratio",
                                        "is_integer", "hex",       "fromhex"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (rft_bytes_equal(name, rft_bytes_z(names[i])))
            return true;
    return false;
}

enum rft_status rft_jinja_attribute(struct rft_jinja_run *run, const struct rft_jinja_value *value,
                                    struct rft_bytes name, struct rft_jinja_value *member)
{
    const struct rft_jinja_builtin *method = method_of(value, name);
    const struct rft_jinja_value *found = NULL;
    *member = rft_jinja_undefined(name);
    if (value->kind == RFT_JINJA_UNDEFINED)
        return is_undefined(run, value, name);
    if (value->kind == RFT_JINJA_TEXT && value->is_markup && method != NULL)
        return rft_jinja_refuse(run, "a method of what safe or e made");
    if (value->kind == RFT_JINJA_MACRO || (rft_jinja_is_number(value) && is_number_attribute(name)))
        return rft_jinja_refuse(run, "'%.*s' of a %s", (int)(name.len < 80 ? name.len : 80), name.data,
                                rft_jinja_type_name(value));
    if (method != NULL)
        return bind_method(run, method, value, member);
    if (value->kind == RFT_JINJA_DICT || value->kind == RFT_JINJA_NAMESPACE)
        found = rft_jinja_dict_find_name(value->as.dict, name);
    if (found != NULL)
        *member = *found;
    else if (value->kind == RFT_JINJA_LOOP)
        loop_attribute(value->as.loop, name, member);
    return RFT_OK;
}

/* An index as Python takes it: from the end if it is negative. False if it is beyond. */
static bool place_of(int64_t index, size_t n, size_t *place)
{
    if (index < 0)
        index += (int64_t)n;
    *place = (size_t)index;
    return index >= 0 && (uint64_t)index < n;
}

enum rft_status rft_jinja_item(struct rft_jinja_run *run, const struct rft_jinja_value *value,
                               const struct rft_jinja_value *key, struct rft_jinja_value *member)
{
    bool is_whole = key->kind == RFT_JINJA_INT || key->kind == RFT_JINJA_BOOL;
    struct rft_bytes name = key->kind == RFT_JINJA_TEXT ? rft_jinja_bytes(key) : (struct rft_bytes){"", 0};
    const struct rft_jinja_value *found;
    size_t place, next;
    *member = rft_jinja_undefined(name);
    if (value->kind == RFT_JINJA_UNDEFINED)
        return is_undefined(run, value, name);
    if (value->kind == RFT_JINJA_DICT) {
        RFT_TRY(rft_jinja_work(run, rft_jinja_find_key_work(value->as.dict, key)));
        found = rft_jinja_dict_find(value->as.dict, key);
        if (found != NULL) {
            *member = *found;
            return RFT_OK;
        }
    } else if (rft_jinja_is_list(value) && is_whole) {
        const struct rft_jinja_list *list = value->as.list;
        bool has_index = list->flavor == RFT_JINJA_PLAIN || list->flavor == RFT_JINJA_RANGE;
        if (has_index && place_of(rft_jinja_whole(key), list->n, &place))
            *member = list->items[place];
        return RFT_OK;
    } else if (value->kind == RFT_JINJA_TEXT && is_whole) {
        struct rft_jinja_text text = value->as.text;
        RFT_TRY(rft_jinja_work(run, text.len / 64));
        if (!place_of(rft_jinja_whole(key), rft_jinja_n_chars(text), &place))
            return RFT_OK;
        size_t at = rft_jinja_char_at(text, place);
        (void)rft_jinja_next_char(text, at, &next);
        *member = rft_jinja_text_value(rft_jinja_part(text, at, next));
        return RFT_OK;
    }
    return key->kind == RFT_JINJA_TEXT ? rft_jinja_attribute(run, value, name, member) : RFT_OK;
}

/* A slice of n items, as PySlice_AdjustIndices makes it: *count of them from *begin on. */
static enum rft_status resolve(struct rft_jinja_run *run, const struct rft_jinja_value bounds[3], size_t n,
                               int64_t *begin, int64_t *step, size_t *count)
{
    int64_t length = (int64_t)n, end;
    RFT_TRY(rft_jinja_take_int(run, &bounds[2], 1, step));
    if (*step == 0)
        return rft_jinja_fail(run, "slice step cannot be zero");
    if (*step > length + 1)
        *step = length + 1;
    if (*step < -length - 1)
        *step = -length - 1;
    int64_t low = *step < 0 ? -1 : 0, high = *step < 0 ? length - 1 : length;
    RFT_TRY(rft_jinja_take_int(run, &bounds[0], *step < 0 ? INT64_MAX : 0, begin));
    RFT_TRY(rft_jinja_take_int(run, &bounds[1], *step < 0 ? INT64_MIN : INT64_MAX, &end));
    *begin += *begin < 0 ? length : 0;
    *begin = *begin < low ? low : *begin > high ? high : *begin;
    if (end < 0 && bounds[1].kind != RFT_JINJA_NONE)
        end += length;
    end = end < low ? low : end > high ? high : end;
    int64_t distance = *step > 0 ? end - *begin : *begin - end, stride = *step > 0 ? *step : -*step;
    *count = distance > 0 ? (size_t)((distance + stride - 1) / stride) : 0;
    return RFT_OK;
}

static enum rft_status slice_text(struct rft_jinja_run *run, struct rft_jinja_text text,
                                  const struct rft_jinja_value bounds[3], struct rft_jinja_value *part)
{
    struct rft_jinja_value whole = rft_jinja_text_value(text);
    struct rft_jinja_list chars;
    struct rft_jinja_buffer buffer = {0};
    int64_t begin, step;
    size_t count;
    RFT_TRY(rft_jinja_work(run, text.len / 64));
    RFT_TRY(resolve(run, bounds, rft_jinja_n_chars(text), &begin, &step, &count));
    if (step == 1) {
        size_t at = rft_jinja_char_at(text, (size_t)begin);
        struct rft_jinja_text rest = rft_jinja_part(text, at, text.len);
        *part = rft_jinja_text_value(rft_jinja_part(rest, 0, rft_jinja_char_at(rest, count)));
        return RFT_OK;
    }
    RFT_TRY(rft_jinja_iterate(run, &whole, &chars));
    for (; count > 0; count--, begin += step)
        RFT_TRY(rft_jinja_put(run, &buffer, chars.items[begin].as.text));
    *part = rft_jinja_text_value(rft_jinja_built(&buffer));
    return RFT_OK;
}

enum rft_status rft_jinja_slice(struct rft_jinja_run *run, const struct rft_jinja_value *value,
                                const struct rft_jinja_value bounds[3], struct rft_jinja_value *part)
{
    int64_t begin, step;
    size_t count;
    if (value->kind == RFT_JINJA_TEXT)
        return slice_text(run, value->as.text, bounds, part);
    if (value->kind == RFT_JINJA_UNDEFINED)
        return is_undefined(run, value, rft_bytes_z("[:]"));
    if (rft_jinja_is_list(value) && value->as.list->flavor == RFT_JINJA_RANGE)
        return rft_jinja_refuse(run, "a slice of a range");
    if (!rft_jinja_is_list(value) || value->as.list->flavor == RFT_JINJA_GENERATOR ||
        value->as.list->flavor == RFT_JINJA_VIEW)
        return rft_jinja_fail(run, "'%s' object cannot be sliced", rft_jinja_type_name(value));
    RFT_TRY(resolve(run, bounds, value->as.list->n, &begin, &step, &count));
    RFT_TRY(rft_jinja_list_new(run, value->kind, part));
    RFT_TRY(rft_jinja_work(run, count));
    for (; count > 0; count--, begin += step)
        RFT_TRY(rft_jinja_list_add(run, part->as.list, value->as.list->items[begin]));
    return RFT_OK;
}
