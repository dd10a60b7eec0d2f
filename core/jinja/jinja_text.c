/* SPDX-License-Identifier: MIT */
#include "jinja_text.h"

#include "jinja_run.h"

#include <string.h>

/* Room for n more bytes. The marks are taken with the bytes; texts without data do not keep them. */
static enum rft_status make_room(struct rft_jinja_run *run, struct rft_jinja_buffer *buffer, size_t n)
{
    void *bytes, *marks;
    if (n <= buffer->cap - buffer->len)
        return RFT_OK;
    size_t cap = buffer->cap == 0 ? 32 : buffer->cap * 2;
    if (cap - buffer->len < n)
        cap = buffer->len + n;
    RFT_TRY(rft_jinja_take(run, cap, 1, &bytes));
    RFT_TRY(rft_jinja_take(run, cap, 1, &marks));
    if (buffer->len != 0) {
        memcpy(bytes, buffer->bytes, buffer->len);
        memcpy(marks, buffer->marks, buffer->len);
    }
    buffer->bytes = bytes;
    buffer->marks = marks;
    buffer->cap = cap;
    return RFT_OK;
}

enum rft_status rft_jinja_put(struct rft_jinja_run *run, struct rft_jinja_buffer *buffer, struct rft_jinja_text text)
{
    if (text.len == 0)
        return RFT_OK;
    RFT_TRY(rft_jinja_work(run, 1 + text.len / 64));
    RFT_TRY(make_room(run, buffer, text.len));
    memcpy(buffer->bytes + buffer->len, text.bytes, text.len);
    if (text.marks != NULL) {
        memcpy(buffer->marks + buffer->len, text.marks, text.len);
        buffer->has_data = true;
    }
    buffer->len += text.len; /* fresh marks are 0 */
    return RFT_OK;
}

enum rft_status rft_jinja_put_bytes(struct rft_jinja_run *run, struct rft_jinja_buffer *buffer, const char *bytes,
                                    size_t n, bool is_data)
{
    size_t begin = buffer->len;
    RFT_TRY(rft_jinja_put(run, buffer, (struct rft_jinja_text){bytes, NULL, n}));
    if (is_data && n != 0) {
        memset(buffer->marks + begin, 1, n);
        buffer->has_data = true;
    }
    return RFT_OK;
}

enum rft_status rft_jinja_put_z(struct rft_jinja_run *run, struct rft_jinja_buffer *buffer, const char *z)
{
    return rft_jinja_put_bytes(run, buffer, z, strlen(z), false);
}

struct rft_jinja_text rft_jinja_built(const struct rft_jinja_buffer *buffer)
{
    return (struct rft_jinja_text){buffer->bytes != NULL ? buffer->bytes : "", buffer->has_data ? buffer->marks : NULL,
                                   buffer->len};
}

struct rft_jinja_text rft_jinja_part(struct rft_jinja_text text, size_t begin, size_t end)
{
    return (struct rft_jinja_text){text.bytes + begin, text.marks != NULL ? text.marks + begin : NULL, end - begin};
}

bool rft_jinja_is_data(struct rft_jinja_text text, size_t at)
{
    return text.marks != NULL && text.marks[at] != 0;
}

int32_t rft_jinja_next_char(struct rft_jinja_text text, size_t at, size_t *next)
{
    int32_t code_point;
    *next = at + rft_utf8_decode(text.bytes + at, text.bytes + text.len, &code_point);
    return code_point;
}

static bool begins_char(char byte)
{
    return ((unsigned char)byte & 0xc0u) != 0x80;
}

size_t rft_jinja_n_chars(struct rft_jinja_text text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += begins_char(text.bytes[i]);
    return n;
}

size_t rft_jinja_char_at(struct rft_jinja_text text, size_t n)
{
    size_t i = 0;
    for (; i < text.len; i++)
        if (begins_char(text.bytes[i]) && n-- == 0)
            break;
    return i;
}

size_t rft_jinja_find(struct rft_jinja_text text, size_t begin, size_t end, struct rft_bytes what)
{
    for (size_t at = begin; at <= end && end - at >= what.len; at++) {
        if (what.len == 0)
            return at;
        const char *first = memchr(text.bytes + at, what.data[0], end - at - what.len + 1);
        if (first == NULL)
            break;
        at = (size_t)(first - text.bytes);
        if (memcmp(first, what.data, what.len) == 0)
            return at;
    }
    return SIZE_MAX;
}

uint64_t rft_jinja_find_work(size_t text_len, size_t what_len)
{
    if (what_len > text_len)
        return 1;
    return 1 + text_len / 16 + (uint64_t)(text_len - what_len) * what_len / 256;
}

size_t rft_jinja_find_last(struct rft_jinja_text text, size_t begin, size_t end, struct rft_bytes what)
{
    if (end < begin || end - begin < what.len)
        return SIZE_MAX;
    for (size_t at = end - what.len + 1; at-- > begin;)
        if (what.len == 0 || memcmp(text.bytes + at, what.data, what.len) == 0)
            return at;
    return SIZE_MAX;
}

bool rft_jinja_is_space(int32_t c)
{
    return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

static bool is_stripped(struct rft_jinja_text text, size_t at, size_t next, int32_t c, struct rft_bytes chars)
{
    if (chars.data == NULL)
        return rft_jinja_is_space(c);
    struct rft_jinja_text set = {chars.data, NULL, chars.len};
    return rft_jinja_find(set, 0, set.len, (struct rft_bytes){text.bytes + at, next - at}) != SIZE_MAX;
}

uint64_t rft_jinja_strip_work(size_t text_len, size_t chars_len)
{
    return 1 + text_len / 16 + (uint64_t)text_len * chars_len / 64;
}

struct rft_jinja_text rft_jinja_strip(struct rft_jinja_text text, struct rft_bytes chars, unsigned sides)
{
    size_t begin = 0, end = text.len, next;
    while ((sides & RFT_JINJA_LEFT) != 0 && begin < end) {
        int32_t c = rft_jinja_next_char(text, begin, &next);
        if (!is_stripped(text, begin, next, c, chars))
            break;
        begin = next;
    }
    while ((sides & RFT_JINJA_RIGHT) != 0 && end > begin) {
        size_t at = end - 1;
        while (at > begin && !begins_char(text.bytes[at]))
            at--;
        int32_t c = rft_jinja_next_char(text, at, &next);
        if (!is_stripped(text, at, next, c, chars))
            break;
        end = at;
    }
    return rft_jinja_part(text, begin, end);
}
