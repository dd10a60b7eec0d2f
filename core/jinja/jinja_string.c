/* SPDX-License-Identifier: MIT */
#include "jinja_string.h"

enum rft_status rft_jinja_string_replace(struct rft_jinja_run *run, struct rft_jinja_text text,
                                         struct rft_jinja_text from, struct rft_jinja_text to, int64_t count,
                                         struct rft_jinja_value *result)
{
    struct rft_jinja_buffer out = {0};
    size_t done = 0, at = 0;
    RFT_TRY(rft_jinja_work(run, rft_jinja_find_work(text.len, from.len)));
    for (; count != 0; count--) {
        at = rft_jinja_find(text, at, text.len, (struct rft_bytes){from.bytes, from.len});
        if (at == SIZE_MAX)
            break;
        RFT_TRY(rft_jinja_put(run, &out, rft_jinja_part(text, done, at)));
        RFT_TRY(rft_jinja_put(run, &out, to));
        done = at + from.len;
        if (from.len == 0) { /* before every character, and at the end */
            if (at == text.len)
                break;
            (void)rft_jinja_next_char(text, at, &at);
        } else {
            at = done;
        }
    }
    RFT_TRY(rft_jinja_put(run, &out, rft_jinja_part(text, done, text.len)));
    *result = rft_jinja_text_value(rft_jinja_built(&out));
    return RFT_OK;
}

static bool is_line_end(int32_t c)
{
    return (c >= 0x0a && c <= 0x0d) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

enum rft_status rft_jinja_string_lines(struct rft_jinja_run *run, struct rft_jinja_text text, bool keep_ends,
                                       struct rft_jinja_list *lines)
{
    size_t begin = 0;
    *lines = (struct rft_jinja_list){0};
    RFT_TRY(rft_jinja_work(run, text.len / 16));
    for (size_t at = 0, next; at < text.len; at = next) {
        int32_t c = rft_jinja_next_char(text, at, &next);
        if (!is_line_end(c))
            continue;
        next += c == '\r' && next < text.len && text.bytes[next] == '\n';
        struct rft_jinja_text line = rft_jinja_part(text, begin, keep_ends ? next : at);
        RFT_TRY(rft_jinja_list_add(run, lines, rft_jinja_text_value(line)));
        begin = next;
    }
    if (begin == text.len)
        return RFT_OK;
    return rft_jinja_list_add(run, lines, rft_jinja_text_value(rft_jinja_part(text, begin, text.len)));
}

enum rft_status rft_jinja_string_case(struct rft_jinja_run *run, struct rft_jinja_text text, enum rft_jinja_case wanted,
                                      struct rft_jinja_value *result)
{
    struct rft_jinja_buffer out = {0};
    RFT_TRY(rft_jinja_put_case(run, &out, text, 0, text.len, wanted));
    *result = rft_jinja_text_value(rft_jinja_built(&out));
    return RFT_OK;
}

enum rft_status rft_jinja_string_capitalize(struct rft_jinja_run *run, struct rft_jinja_text text,
                                            struct rft_jinja_value *result)
{
    struct rft_jinja_buffer out = {0};
    size_t first = rft_jinja_char_at(text, 1);
    RFT_TRY(rft_jinja_put_case(run, &out, text, 0, first, RFT_JINJA_TITLE));
    RFT_TRY(rft_jinja_put_case(run, &out, text, first, text.len, RFT_JINJA_LOWER));
    *result = rft_jinja_text_value(rft_jinja_built(&out));
    return RFT_OK;
}

enum rft_status rft_jinja_string_pad(struct rft_jinja_run *run, struct rft_jinja_text text, int64_t width,
                                     struct rft_jinja_text fill, unsigned sides, struct rft_jinja_value *result)
{
    struct rft_jinja_buffer out = {0};
    int64_t n_chars = (int64_t)rft_jinja_n_chars(text), n = width > n_chars ? width - n_chars : 0, left = n;
    if (rft_jinja_n_chars(fill) != 1)
        return rft_jinja_fail(run, "the fill character must be exactly one character long");
    RFT_TRY(rft_jinja_work(run, text.len / 16));
    if (sides == RFT_JINJA_BOTH) /* as str.center divides */
        left = n > 0 ? n / 2 + (n & width & 1) : 0;
    else if (sides == RFT_JINJA_RIGHT)
        left = 0;
    for (int64_t i = 0; i < left; i++)
        RFT_TRY(rft_jinja_put(run, &out, fill));
    RFT_TRY(rft_jinja_put(run, &out, text));
    for (int64_t i = left; i < n; i++)
        RFT_TRY(rft_jinja_put(run, &out, fill));
    *result = rft_jinja_text_value(rft_jinja_built(&out));
    return RFT_OK;
}

/* ---- methods that take a text apart ---- */

/* Words between white space; n_max < 0: all. */
static enum rft_status split_words(struct rft_jinja_run *run, struct rft_jinja_text text, int64_t n_max,
                                   struct rft_jinja_list *parts)
{
    text = rft_jinja_strip(text, (struct rft_bytes){0}, RFT_JINJA_LEFT);
    while (text.len != 0) {
        size_t at = 0, next;
        if (n_max-- == 0) {
            text = rft_jinja_strip(text, (struct rft_bytes){0}, RFT_JINJA_RIGHT);
            return rft_jinja_list_add(run, parts, rft_jinja_text_value(text));
        }
        while (at < text.len && !rft_jinja_is_space(rft_jinja_next_char(text, at, &next)))
            at = next;
        RFT_TRY(rft_jinja_list_add(run, parts, rft_jinja_text_value(rft_jinja_part(text, 0, at))));
        text = rft_jinja_strip(rft_jinja_part(text, at, text.len), (struct rft_bytes){0}, RFT_JINJA_LEFT);
    }
    return RFT_OK;
}

enum rft_status rft_jinja_split(struct rft_jinja_run *run, const struct rft_jinja_value *self,
                                const struct rft_jinja_arguments *args, struct rft_jinja_value *result)
{
    struct rft_jinja_text text = self->as.text, separator;
    int64_t n_max;
    RFT_TRY(rft_jinja_take_int(run, &args->items[1], -1, &n_max));
    RFT_TRY(rft_jinja_list_new(run, RFT_JINJA_LIST, result));
    RFT_TRY(rft_jinja_work(run, text.len / 16));
    if (args->items[0].kind == RFT_JINJA_ABSENT || args->items[0].kind == RFT_JINJA_NONE)
        return split_words(run, text, n_max, result->as.list);
    RFT_TRY(rft_jinja_need_text(run, &args->items[0], "a separator", &separator));
    if (separator.len == 0)
        return rft_jinja_fail(run, "empty separator");
    RFT_TRY(rft_jinja_work(run, rft_jinja_find_work(text.len, separator.len)));
    for (size_t begin = 0;;) {
        size_t at = n_max-- == 0
                        ? SIZE_MAX
                        : rft_jinja_find(text, begin, text.len, (struct rft_bytes){separator.bytes, separator.len});
        struct rft_jinja_text part = rft_jinja_part(text, begin, at == SIZE_MAX ? text.len : at);
        RFT_TRY(rft_jinja_list_add(run, result->as.list, rft_jinja_text_value(part)));
        if (at == SIZE_MAX)
            return RFT_OK;
        begin = at + separator.len;
    }
}

enum rft_status rft_jinja_rsplit(struct rft_jinja_run *run, const struct rft_jinja_value *self,
                                 const struct rft_jinja_arguments *args, struct rft_jinja_value *result)
{
    struct rft_jinja_text text = self->as.text, separator;
    struct rft_jinja_list *list;
    int64_t n_max;
    size_t end = text.len, at;
    RFT_TRY(rft_jinja_take_int(run, &args->items[1], -1, &n_max));
    if (n_max < 0)
        return rft_jinja_split(run, self, args, result);
    if (args->items[0].kind == RFT_JINJA_ABSENT || args->items[0].kind == RFT_JINJA_NONE)
        return rft_jinja_refuse(run, "rsplit with a maximum and without a separator");
    RFT_TRY(rft_jinja_need_text(run, &args->items[0], "a separator", &separator));
    if (separator.len == 0)
        return rft_jinja_fail(run, "empty separator");
    RFT_TRY(rft_jinja_work(run, rft_jinja_find_work(text.len, separator.len)));
    RFT_TRY(rft_jinja_list_new(run, RFT_JINJA_LIST, result));
    list = result->as.list;
    do {
        at = n_max-- == 0 ? SIZE_MAX
                          : rft_jinja_find_last(text, 0, end, (struct rft_bytes){separator.bytes, separator.len});
        struct rft_jinja_text part = rft_jinja_part(text, at == SIZE_MAX ? 0 : at + separator.len, end);
        RFT_TRY(rft_jinja_list_add(run, list, rft_jinja_text_value(part)));
        end = at;
    } while (at != SIZE_MAX);
    for (size_t i = 0; i < list->n / 2; i++) {
        struct rft_jinja_value swapped = list->items[i];
        list->items[i] = list->items[list->n - 1 - i];
        list->items[list->n - 1 - i] = swapped;
    }
    return RFT_OK;
}

static enum rft_status partition_at(struct rft_jinja_run *run, struct rft_jinja_text text, size_t at, size_t n,
                                    bool is_last, struct rft_jinja_value *result)
{
    size_t begin = at, end = at + n;
    RFT_TRY(rft_jinja_list_new(run, RFT_JINJA_TUPLE, result));
    if (at == SIZE_MAX)
        begin = end = is_last ? 0 : text.len;
    RFT_TRY(rft_jinja_list_add(run, result->as.list, rft_jinja_text_value(rft_jinja_part(text, 0, begin))));
    RFT_TRY(rft_jinja_list_add(run, result->as.list, rft_jinja_text_value(rft_jinja_part(text, begin, end))));
    return rft_jinja_list_add(run, result->as.list, rft_jinja_text_value(rft_jinja_part(text, end, text.len)));
}

static enum rft_status partition_by(struct rft_jinja_run *run, const struct rft_jinja_value *self,
                                    const struct rft_jinja_arguments *args, bool is_last,
                                    struct rft_jinja_value *result)
{
    struct rft_jinja_text text = self->as.text, by;
    RFT_TRY(rft_jinja_need_text(run, &args->items[0], "a separator", &by));
    if (by.len == 0)
        return rft_jinja_fail(run, "empty separator");
    RFT_TRY(rft_jinja_work(run, rft_jinja_find_work(text.len, by.len)));
    struct rft_bytes bytes = {by.bytes, by.len};
    size_t at = is_last ? rft_jinja_find_last(text, 0, text.len, bytes) : rft_jinja_find(text, 0, text.len, bytes);
    return partition_at(run, text, at, by.len, is_last, result);
}

enum rft_status rft_jinja_partition(struct rft_jinja_run *run, const struct rft_jinja_value *self,
                                    const struct rft_jinja_arguments *args, struct rft_jinja_value *result)
{
    return partition_by(run, self, args, false, result);
}

enum rft_status rft_jinja_rpartition(struct rft_jinja_run *run, const struct rft_jinja_value *self,
                                     const struct rft_jinja_arguments *args, struct rft_jinja_value *result)
{
    return partition_by(run, self, args, true, result);
}
