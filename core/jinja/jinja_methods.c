/* SPDX-License-Identifier: MIT */
/* Methods of texts: Python's str. */
#include "jinja_case.h"
#include "jinja_format.h"
#include "jinja_string.h"

#include <string.h>

RFT_JINJA_BUILTIN(upper)
{
    (void)args;
    return rft_jinja_string_case(run, self->as.text, RFT_JINJA_UPPER, result);
}

RFT_JINJA_BUILTIN(lower)
{
    (void)args;
    return rft_jinja_string_case(run, self->as.text, RFT_JINJA_LOWER, result);
}

RFT_JINJA_BUILTIN(capitalize)
{
    (void)args;
    return rft_jinja_string_capitalize(run, self->as.text, result);
}

/* A letter behind no letter becomes title case, every other one lower case. */
RFT_JINJA_BUILTIN(title)
{
    struct rft_jinja_text text = self->as.text;
    struct rft_jinja_buffer out = {0};
    bool is_inside = false;
    (void)args;
    for (size_t at = 0, next; at < text.len; at = next) {
        int32_t c = rft_jinja_next_char(text, at, &next);
        RFT_TRY(rft_jinja_put_case(run, &out, text, at, next, is_inside ? RFT_JINJA_LOWER : RFT_JINJA_TITLE));
        is_inside = rft_jinja_is_cased(c);
    }
    *result = rft_jinja_text_value(rft_jinja_built(&out));
    return RFT_OK;
}

RFT_JINJA_BUILTIN(swapcase)
{
    struct rft_jinja_text text = self->as.text;
    struct rft_jinja_buffer out = {0};
    (void)args;
    for (size_t at = 0, next; at < text.len; at = next) {
        int32_t c = rft_jinja_next_char(text, at, &next);
        RFT_TRY(
            rft_jinja_put_case(run, &out, text, at, next, rft_jinja_is_upper(c) ? RFT_JINJA_LOWER : RFT_JINJA_UPPER));
    }
    *result = rft_jinja_text_value(rft_jinja_built(&out));
    return RFT_OK;
}

static enum rft_status strip_sides(struct rft_jinja_run *run, const struct rft_jinja_value *self,
                                   const struct rft_jinja_arguments *args, unsigned sides,
                                   struct rft_jinja_value *result)
{
    const struct rft_jinja_value *chars = &args->items[0];
    struct rft_jinja_text set = {0};
    if (chars->kind != RFT_JINJA_ABSENT && chars->kind != RFT_JINJA_NONE)
        RFT_TRY(rft_jinja_need_text(run, chars, "what is stripped", &set));
    RFT_TRY(rft_jinja_work(run, rft_jinja_strip_work(self->as.text.len, set.len)));
    *result = rft_jinja_text_value(rft_jinja_strip(self->as.text, (struct rft_bytes){set.bytes, set.len}, sides));
    return RFT_OK;
}

RFT_JINJA_BUILTIN(strip)
{
    return strip_sides(run, self, args, RFT_JINJA_BOTH, result);
}

RFT_JINJA_BUILTIN(lstrip)
{
    return strip_sides(run, self, args, RFT_JINJA_LEFT, result);
}

RFT_JINJA_BUILTIN(rstrip)
{
    return strip_sides(run, self, args, RFT_JINJA_RIGHT, result);
}

RFT_JINJA_BUILTIN(splitlines)
{
    RFT_TRY(rft_jinja_list_new(run, RFT_JINJA_LIST, result));
    return rft_jinja_string_lines(run, self->as.text, rft_jinja_take_bool(&args->items[0], false), result->as.list);
}

static enum rft_status affix(struct rft_jinja_run *run, const struct rft_jinja_value *self,
                             const struct rft_jinja_value *arg, bool at_end, bool *found)
{
    struct rft_jinja_text text = self->as.text, part;
    *found = false;
    if (arg->kind == RFT_JINJA_TUPLE) {
        for (size_t i = 0; i < arg->as.list->n && !*found; i++)
            RFT_TRY(affix(run, self, &arg->as.list->items[i], at_end, found));
        return RFT_OK;
    }
    RFT_TRY(rft_jinja_need_text(run, arg, "a beginning or an end", &part));
    RFT_TRY(rft_jinja_work(run, 1 + part.len / 64));
    *found = part.len <= text.len &&
             (part.len == 0 || memcmp(text.bytes + (at_end ? text.len - part.len : 0), part.bytes, part.len) == 0);
    return RFT_OK;
}

RFT_JINJA_BUILTIN(startswith)
{
    bool found;
    RFT_TRY(affix(run, self, &args->items[0], false, &found));
    *result = rft_jinja_bool(found);
    return RFT_OK;
}

RFT_JINJA_BUILTIN(endswith)
{
    bool found;
    RFT_TRY(affix(run, self, &args->items[0], true, &found));
    *result = rft_jinja_bool(found);
    return RFT_OK;
}

RFT_JINJA_BUILTIN(removeprefix)
{
    struct rft_jinja_text part;
    bool found;
    RFT_TRY(rft_jinja_need_text(run, &args->items[0], "a beginning", &part));
    RFT_TRY(affix(run, self, &args->items[0], false, &found));
    *result = *self;
    if (found)
        result->as.text = rft_jinja_part(self->as.text, args->items[0].as.text.len, self->as.text.len);
    return RFT_OK;
}

RFT_JINJA_BUILTIN(removesuffix)
{
    struct rft_jinja_text part;
    bool found;
    RFT_TRY(rft_jinja_need_text(run, &args->items[0], "an end", &part));
    RFT_TRY(affix(run, self, &args->items[0], true, &found));
    *result = *self;
    if (found)
        result->as.text = rft_jinja_part(self->as.text, 0, self->as.text.len - args->items[0].as.text.len);
    return RFT_OK;
}

RFT_JINJA_BUILTIN(replace)
{
    struct rft_jinja_text from, to;
    int64_t count;
    RFT_TRY(rft_jinja_need_text(run, &args->items[0], "what is replaced", &from));
    RFT_TRY(rft_jinja_need_text(run, &args->items[1], "the replacement", &to));
    RFT_TRY(rft_jinja_take_int(run, &args->items[2], -1, &count));
    return rft_jinja_string_replace(run, self->as.text, from, to, count, result);
}

/* Where a text is found, in characters, between two bounds in characters; -1 if it is not. */
static enum rft_status find_within(struct rft_jinja_run *run, const struct rft_jinja_value *self,
                                   const struct rft_jinja_arguments *args, bool is_last, int64_t *place)
{
    struct rft_jinja_text text = self->as.text, what;
    int64_t n = (int64_t)rft_jinja_n_chars(text), begin, end;
    RFT_TRY(rft_jinja_need_text(run, &args->items[0], "what is looked for", &what));
    RFT_TRY(rft_jinja_take_int(run, &args->items[1], 0, &begin));
    RFT_TRY(rft_jinja_take_int(run, &args->items[2], n, &end));
    RFT_TRY(rft_jinja_work(run, rft_jinja_find_work(text.len, what.len)));
    begin += begin < 0 ? n : 0;
    end += end < 0 ? n : 0;
    begin = begin < 0 ? 0 : begin;
    end = end > n ? n : end;
    *place = -1;
    if (begin > end)
        return RFT_OK;
    size_t from = rft_jinja_char_at(text, (size_t)begin), to = rft_jinja_char_at(text, (size_t)end);
    struct rft_bytes bytes = {what.bytes, what.len};
    size_t at = is_last ? rft_jinja_find_last(text, from, to, bytes) : rft_jinja_find(text, from, to, bytes);
    if (at != SIZE_MAX)
        *place = (int64_t)rft_jinja_n_chars(rft_jinja_part(text, 0, at));
    return RFT_OK;
}

RFT_JINJA_BUILTIN(find)
{
    int64_t place;
    RFT_TRY(find_within(run, self, args, false, &place));
    *result = rft_jinja_int(place);
    return RFT_OK;
}

RFT_JINJA_BUILTIN(rfind)
{
    int64_t place;
    RFT_TRY(find_within(run, self, args, true, &place));
    *result = rft_jinja_int(place);
    return RFT_OK;
}

RFT_JINJA_BUILTIN(find_index)
{
    RFT_TRY(find(run, self, args, result));
    return result->as.integer < 0 ? rft_jinja_fail(run, "substring not found") : RFT_OK;
}

RFT_JINJA_BUILTIN(count)
{
    struct rft_jinja_text text = self->as.text, what;
    int64_t n = 0;
    RFT_TRY(rft_jinja_need_text(run, &args->items[0], "what is counted", &what));
    RFT_TRY(rft_jinja_work(run, rft_jinja_find_work(text.len, what.len)));
    if (what.len == 0)
        n = (int64_t)rft_jinja_n_chars(text) + 1;
    for (size_t at = 0; what.len != 0; at += what.len, n++) {
        at = rft_jinja_find(text, at, text.len, (struct rft_bytes){what.bytes, what.len});
        if (at == SIZE_MAX)
            break;
    }
    *result = rft_jinja_int(n);
    return RFT_OK;
}

RFT_JINJA_BUILTIN(join)
{
    struct rft_jinja_list members;
    struct rft_jinja_buffer out = {0};
    RFT_TRY(rft_jinja_iterate(run, &args->items[0], &members));
    for (size_t i = 0; i < members.n; i++) {
        struct rft_jinja_text part;
        RFT_TRY(rft_jinja_need_text(run, &members.items[i], "each item that is joined", &part));
        if (i != 0)
            RFT_TRY(rft_jinja_put(run, &out, self->as.text));
        RFT_TRY(rft_jinja_put(run, &out, part));
    }
    *result = rft_jinja_text_value(rft_jinja_built(&out));
    return RFT_OK;
}

RFT_JINJA_BUILTIN(format)
{
    return rft_jinja_format_braces(run, self->as.text, args, result);
}

static enum rft_status pad(struct rft_jinja_run *run, const struct rft_jinja_value *self,
                           const struct rft_jinja_arguments *args, unsigned sides, struct rft_jinja_value *result)
{
    struct rft_jinja_text fill = {" ", NULL, 1};
    int64_t width;
    RFT_TRY(rft_jinja_take_int(run, &args->items[0], 0, &width));
    if (args->items[1].kind != RFT_JINJA_ABSENT)
        RFT_TRY(rft_jinja_need_text(run, &args->items[1], "the fill character", &fill));
    return rft_jinja_string_pad(run, self->as.text, width, fill, sides, result);
}

RFT_JINJA_BUILTIN(ljust)
{
    return pad(run, self, args, RFT_JINJA_RIGHT, result);
}

RFT_JINJA_BUILTIN(rjust)
{
    return pad(run, self, args, RFT_JINJA_LEFT, result);
}

RFT_JINJA_BUILTIN(center)
{
    return pad(run, self, args, RFT_JINJA_BOTH, result);
}

RFT_JINJA_BUILTIN(zfill)
{
    struct rft_jinja_text text = self->as.text;
    struct rft_jinja_buffer out = {0};
    int64_t width;
    bool has_sign = text.len != 0 && (text.bytes[0] == '-' || text.bytes[0] == '+');
    RFT_TRY(rft_jinja_take_int(run, &args->items[0], 0, &width));
    RFT_TRY(rft_jinja_put(run, &out, rft_jinja_part(text, 0, has_sign)));
    RFT_TRY(rft_jinja_work(run, text.len / 16));
    for (int64_t n = (int64_t)rft_jinja_n_chars(text); n < width; n++)
        RFT_TRY(rft_jinja_put_z(run, &out, "0"));
    RFT_TRY(rft_jinja_put(run, &out, rft_jinja_part(text, has_sign, text.len)));
    *result = rft_jinja_text_value(rft_jinja_built(&out));
    return RFT_OK;
}

/* Whether all characters are of a kind, of which there is one at least. */
static struct rft_jinja_value all_are(const struct rft_jinja_value *self, bool (*is)(int32_t code_point))
{
    struct rft_jinja_text text = self->as.text;
    bool all = text.len != 0;
    for (size_t at = 0, next; at < text.len && all; at = next)
        all = is(rft_jinja_next_char(text, at, &next));
    return rft_jinja_bool(all);
}

static bool is_alnum(int32_t c)
{
    return rft_jinja_is_alpha(c) || rft_jinja_is_numeric(c);
}

#define QUESTION(name, is)                                                                                             \
    RFT_JINJA_BUILTIN(name)                                                                                            \
    {                                                                                                                  \
        (void)args;                                                                                                    \
        RFT_TRY(rft_jinja_work(run, self->as.text.len / 4));                                                           \
        *result = all_are(self, is);                                                                                   \
        return RFT_OK;                                                                                                 \
    }
QUESTION(all_digit, rft_jinja_is_decimal)
QUESTION(all_decimal, rft_jinja_is_decimal)
QUESTION(all_numeric, rft_jinja_is_numeric)
QUESTION(all_alpha, rft_jinja_is_alpha)
QUESTION(all_alnum, is_alnum)
QUESTION(all_space, rft_jinja_is_space)

static struct rft_jinja_value cased_are(const struct rft_jinja_value *self, bool (*is)(int32_t code_point))
{
    struct rft_jinja_text text = self->as.text;
    bool has_one = false;
    for (size_t at = 0, next; at < text.len; at = next) {
        int32_t c = rft_jinja_next_char(text, at, &next);
        if (rft_jinja_is_cased(c) && !is(c))
            return rft_jinja_bool(false);
        has_one = has_one || is(c);
    }
    return rft_jinja_bool(has_one);
}

RFT_JINJA_BUILTIN(all_upper)
{
    (void)args;
    RFT_TRY(rft_jinja_work(run, self->as.text.len / 4));
    *result = cased_are(self, rft_jinja_is_upper);
    return RFT_OK;
}

RFT_JINJA_BUILTIN(all_lower)
{
    (void)args;
    RFT_TRY(rft_jinja_work(run, self->as.text.len / 4));
    *result = cased_are(self, rft_jinja_is_lower);
    return RFT_OK;
}

static const struct rft_jinja_builtin methods[] = {
    {"capitalize", "", 0, capitalize},
    {"center", "width fillchar", 1, center},
    {"count", "sub", 1, count},
    {"endswith", "suffix", 1, endswith},
    {"find", "sub start end", 1, find},
    {"format", NULL, 0, format},
    {"index", "sub start end", 1, find_index},
    {"isalnum", "", 0, all_alnum},
    {"isalpha", "", 0, all_alpha},
    {"isdecimal", "", 0, all_decimal},
    {"isdigit", "", 0, all_digit},
    {"islower", "", 0, all_lower},
    {"isnumeric", "", 0, all_numeric},
    {"isspace", "", 0, all_space},
    {"isupper", "", 0, all_upper},
    {"join", "iterable", 1, join},
    {"ljust", "width fillchar", 1, ljust},
    {"lower", "", 0, lower},
    {"lstrip", "chars", 0, lstrip},
    {"partition", "sep", 1, rft_jinja_partition},
    {"removeprefix", "prefix", 1, removeprefix},
    {"removesuffix", "suffix", 1, removesuffix},
    {"replace", "old new count", 2, replace},
    {"rfind", "sub start end", 1, rfind},
    {"rjust", "width fillchar", 1, rjust},
    {"rpartition", "sep", 1, rft_jinja_rpartition},
    {"rsplit", "sep maxsplit", 0, rft_jinja_rsplit},
    {"rstrip", "chars", 0, rstrip},
    {"split", "sep maxsplit", 0, rft_jinja_split},
    {"splitlines", "keepends", 0, splitlines},
    {"startswith", "prefix", 1, startswith},
    {"strip", "chars", 0, strip},
    {"swapcase", "", 0, swapcase},
    {"title", "", 0, title},
    {"upper", "", 0, upper},
    {"zfill", "width", 1, zfill},
    {NULL, NULL, 0, NULL},
};
const struct rft_jinja_builtins rft_jinja_text_methods = {methods};
