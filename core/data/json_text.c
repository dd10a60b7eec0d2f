/* SPDX-License-Identifier: MIT */
#include "json_text.h"

#include <string.h>

/* Between valid values commas and colons say nothing that the order does not. */
static void skip_separators(struct rft_json_cursor *cursor)
{
    for (;; cursor->at++) {
        if (*cursor->at == '\n')
            cursor->line++;
        else if (!*cursor->at || strchr(" \t\r,:", *cursor->at) == NULL)
            return;
    }
}

static char *string_end(char *quote)
{
    char *p = quote + 1;
    while (*p && *p != '"')
        p += p[0] == '\\' && p[1] ? 2 : 1;
    return *p ? p + 1 : p;
}

static char *container_end(char *bracket, uint64_t *line)
{
    char *p = bracket;
    size_t depth = 0;
    do {
        char c = *p;
        if (!c)
            return p;
        p = c == '"' ? string_end(p) : p + 1;
        if (c == '[' || c == '{')
            depth++;
        else if (c == ']' || c == '}')
            depth--;
        else if (c == '\n')
            ++*line;
    } while (depth);
    return p;
}

struct rft_json_value rft_json_next(struct rft_json_cursor *cursor)
{
    skip_separators(cursor);
    char *at = cursor->at, *end;
    struct rft_json_value value = {.data = at, .line = cursor->line};
    if (*at == '"') {
        value.kind = RFT_JSON_STRING;
        end = string_end(at);
    } else if (*at == '[' || *at == '{') {
        value.kind = *at == '[' ? RFT_JSON_ARRAY : RFT_JSON_OBJECT;
        end = container_end(at, &cursor->line);
    } else {
        value.kind = *at == '-' || (*at >= '0' && *at <= '9') ? RFT_JSON_NUMBER : RFT_JSON_WORD;
        end = at + strcspn(at, " \t\r\n,:]}");
    }
    value.len = (size_t)(end - at);
    cursor->at = end;
    return value;
}

struct rft_json_cursor rft_json_inside(const struct rft_json_value *container)
{
    return (struct rft_json_cursor){.at = container->data + 1, .line = container->line};
}

bool rft_json_more(struct rft_json_cursor *cursor)
{
    skip_separators(cursor);
    return *cursor->at && *cursor->at != ']' && *cursor->at != '}';
}

/* The four hex digits of \uXXXX. */
static uint32_t hex4(const char *p)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        uint32_t c = (unsigned char)p[i];
        value = value << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value & 0xffff;
}

/* The character behind a backslash, whose place *p is, as UTF-8; *p moves behind it. Returns its bytes. */
static size_t decode_escape(const char **p, char *out)
{
    static const char escapes[] = "b\bf\fn\nr\rt\t";
    const char *at = *p + 1;
    if (*at != 'u') {
        const char *pair = strchr(escapes, *at);
        *out = pair != NULL ? pair[1] : *at;
        *p = at + 1;
        return 1;
    }
    uint32_t code_point = hex4(at + 1);
    at += 5;
    if (code_point >= 0xd800 && code_point <= 0xdbff) {
        code_point = 0x10000 + ((code_point & 0x3ff) << 10) + (hex4(at + 2) & 0x3ff);
        at += 6;
    }
    *p = at;
    return rft_utf8_encode(code_point, out);
}

/* An unescaped string is shorter than it was: its first quote becomes a mark, what is left at its end is filled.
 * Neither byte stands in JSON text. */
#define UNESCAPED '\x01'
#define FILLER '\xff'

struct rft_bytes rft_json_unescape(const struct rft_json_value *string)
{
    char *begin = string->data + 1, *end = string->data + string->len - 1;
    char *out = string->len > 2 ? memchr(begin, '\\', string->len - 2) : NULL;
    if (*string->data == UNESCAPED) {
        for (end++; end[-1] == FILLER; end--)
            continue;
        return (struct rft_bytes){begin, (size_t)(end - begin)};
    }
    if (out == NULL)
        return (struct rft_bytes){begin, (size_t)(end - begin)};
    for (const char *p = out; p < end;) {
        if (*p == '\\')
            out += decode_escape(&p, out);
        else
            *out++ = *p++;
    }
    memset(out, FILLER, (size_t)(end - out) + 1);
    *string->data = UNESCAPED;
    return (struct rft_bytes){begin, (size_t)(out - begin)};
}

bool rft_json_is(const struct rft_json_value *value, struct rft_bytes text)
{
    if (value->kind == RFT_JSON_ARRAY || value->kind == RFT_JSON_OBJECT || value->data == NULL)
        return false;
    const char *p = value->data, *end = value->data + value->len;
    if (value->kind != RFT_JSON_STRING)
        return rft_bytes_equal((struct rft_bytes){p, value->len}, text);
    p++, end--;
    if ((size_t)(end - p) <= text.len) /* with an escape it would say something shorter */
        return rft_bytes_equal((struct rft_bytes){p, (size_t)(end - p)}, text) &&
               (text.len == 0 || memchr(p, '\\', text.len) == NULL);
    while (p < end) {
        char one[4];
        size_t n = 1;
        if (*p == '\\')
            n = decode_escape(&p, one);
        else
            one[0] = *p++;
        if (n > text.len || memcmp(one, text.data, n) != 0)
            return false;
        text = (struct rft_bytes){text.data + n, text.len - n};
    }
    return text.len == 0;
}

bool rft_json_is_null(const struct rft_json_value *value)
{
    return value->kind == RFT_JSON_WORD && *value->data == 'n';
}

const char *rft_json_kind_text(enum rft_json_kind kind)
{
    static const char *const texts[] = {
        [RFT_JSON_STRING] = "a string",  [RFT_JSON_NUMBER] = "a number",          [RFT_JSON_ARRAY] = "an array",
        [RFT_JSON_OBJECT] = "an object", [RFT_JSON_WORD] = "true, false or null",
    };
    return texts[kind];
}
