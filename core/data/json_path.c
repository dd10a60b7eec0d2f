/* SPDX-License-Identifier: MIT */
#include "json_path.h"

#include "alloc.h"

#include <string.h>

static const struct rft_json_value nothing = {.data = NULL};

/* Takes the first of a name's segments off it; all of it if there is no dot. */
static struct rft_bytes take_segment(struct rft_bytes *name)
{
    const char *dot = name->len != 0 ? memchr(name->data, '.', name->len) : NULL;
    struct rft_bytes first = {name->data, dot != NULL ? (size_t)(dot - name->data) : name->len};
    size_t n = first.len + (dot != NULL);
    *name = (struct rft_bytes){name->data + n, name->len - n};
    return first;
}

static struct rft_json_value find_member(const struct rft_json_value *object, struct rft_bytes key)
{
    struct rft_json_value found = nothing;
    for (struct rft_json_cursor at = rft_json_inside(object); rft_json_more(&at);) {
        struct rft_json_value name = rft_json_next(&at), value = rft_json_next(&at);
        if (rft_json_is(&name, key))
            found = value;
    }
    return found;
}

/* A whole number with or without a sign; false: it is none, or no array is so long. */
static bool read_index(struct rft_bytes text, uint64_t *index, bool *is_from_end)
{
    *is_from_end = text.len != 0 && text.data[0] == '-';
    size_t i = *is_from_end;
    if (i == text.len || text.len > 15)
        return false;
    for (*index = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        *index = *index * 10 + (uint64_t)(text.data[i] - '0');
    }
    return true;
}

static struct rft_json_value element_at(const struct rft_json_value *array, uint64_t index)
{
    struct rft_json_cursor at = rft_json_inside(array);
    for (uint64_t i = 0; rft_json_more(&at); i++) {
        struct rft_json_value value = rft_json_next(&at);
        if (i == index)
            return value;
    }
    return nothing;
}

static uint64_t count_elements(const struct rft_json_value *array)
{
    uint64_t n = 0;
    for (struct rft_json_cursor at = rft_json_inside(array); rft_json_more(&at); n++)
        rft_json_next(&at);
    return n;
}

/* The first object of an array that has a key with this value. */
static struct rft_json_value object_with(const struct rft_json_value *array, struct rft_bytes key,
                                         struct rft_bytes value)
{
    for (struct rft_json_cursor at = rft_json_inside(array); rft_json_more(&at);) {
        struct rft_json_value one = rft_json_next(&at);
        struct rft_json_value has = one.kind == RFT_JSON_OBJECT ? find_member(&one, key) : nothing;
        if (rft_json_is(&has, value))
            return one;
    }
    return nothing;
}

static struct rft_json_value find_element(const struct rft_json_value *array, struct rft_bytes segment)
{
    const char *equals = segment.len != 0 ? memchr(segment.data, '=', segment.len) : NULL;
    uint64_t index;
    bool is_from_end;
    if (equals != NULL) {
        size_t n = (size_t)(equals - segment.data);
        return object_with(array, (struct rft_bytes){segment.data, n},
                           (struct rft_bytes){equals + 1, segment.len - n - 1});
    }
    if (!read_index(segment, &index, &is_from_end))
        return nothing;
    if (!is_from_end)
        return element_at(array, index);
    uint64_t n = count_elements(array);
    return index != 0 && index <= n ? element_at(array, n - index) : nothing;
}

struct rft_json_value rft_json_find(const struct rft_json_value *inside, struct rft_bytes name)
{
    struct rft_json_value at = *inside;
    do {
        const struct rft_bytes whole = name;
        struct rft_bytes segment = take_segment(&name);
        if (at.kind == RFT_JSON_ARRAY) {
            at = find_element(&at, segment);
        } else if (at.kind == RFT_JSON_OBJECT) {
            struct rft_json_value exact = find_member(&at, whole);
            if (exact.data != NULL || name.len == 0)
                return exact;
            at = find_member(&at, segment);
        } else {
            return nothing;
        }
    } while (at.data != NULL && name.len != 0);
    return at;
}

enum rft_status rft_json_members_read(const struct rft_json_value *object, struct rft_json_members *members)
{
    members->n = 0;
    for (struct rft_json_cursor at = rft_json_inside(object); rft_json_more(&at);) {
        void *grown = members->items;
        if (rft_grow(&grown, &members->cap, members->n + 1, sizeof *members->items) != 0)
            return RFT_ERR_HOST_MEMORY;
        members->items = grown;
        struct rft_json_value key = rft_json_next(&at);
        members->items[members->n++] = (struct rft_json_member){key, rft_json_next(&at)};
    }
    return RFT_OK;
}

void rft_json_members_finish(struct rft_json_members *members)
{
    rft_free(members->items);
    *members = (struct rft_json_members){0};
}

struct rft_json_value rft_json_member(const struct rft_json_members *members, struct rft_bytes key)
{
    for (size_t i = members->n; i-- > 0;)
        if (rft_json_is(&members->items[i].key, key))
            return members->items[i].value;
    return nothing;
}

struct rft_json_value rft_json_members_find(const struct rft_json_members *members, struct rft_bytes name)
{
    struct rft_json_value exact = rft_json_member(members, name);
    struct rft_bytes segment = take_segment(&name);
    if (exact.data != NULL || name.len == 0)
        return exact;
    struct rft_json_value first = rft_json_member(members, segment);
    return first.data != NULL ? rft_json_find(&first, name) : nothing;
}
