/* SPDX-License-Identifier: MIT */
#include "json_text.h"

#include "json.h"

#include <string.h>

enum rft_status rft_json_check(const char *text, size_t len, struct rft_json_problem *problem)
{
    /* jansson passes over NUL bytes between tokens, where the walk would stop. */
    const char *nul = len ? memchr(text, 0, len) : NULL;
    json_t *tree;
    if (nul != NULL) {
        *problem = (struct rft_json_problem){
            .line = 1, .text = "a NUL byte; save a file in UTF-16 as UTF-8; JSON writes the character as \\u0000"};
        for (const char *p = text; p < nul; p++)
            problem->line += *p == '\n';
        return RFT_ERR_INPUT;
    }
    /* Numbers are read as text later: as reals, whole numbers of any length are valid. */
    RFT_TRY(rft_json_try((struct rft_bytes){text, len}, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &tree, problem));
    json_decref(tree);
    return RFT_OK;
}

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

struct rft_bytes rft_json_unescape(const struct rft_json_value *string)
{
    char *out = string->data + 1;
    const char *p = out, *end = string->data + string->len - 1;
    while (p < end) {
        static const char escapes[] = "b\bf\fn\nr\rt\t";
        if (*p != '\\') {
            *out++ = *p++;
            continue;
        }
        p++;
        if (*p != 'u') {
            const char *pair = strchr(escapes, *p);
            *out++ = pair != NULL ? pair[1] : *p;
            p++;
            continue;
        }
        uint32_t code_point = hex4(p + 1);
        p += 5;
        if (code_point >= 0xd800 && code_point <= 0xdbff) {
            code_point = 0x10000 + ((code_point & 0x3ff) << 10) + (hex4(p + 2) & 0x3ff);
            p += 6;
        }
        out += rft_utf8_encode(code_point, out);
    }
    return (struct rft_bytes){string->data + 1, (size_t)(out - string->data) - 1};
}

const char *rft_json_kind_text(enum rft_json_kind kind)
{
    static const char *const texts[] = {
        [RFT_JSON_STRING] = "a string",  [RFT_JSON_NUMBER] = "a number",          [RFT_JSON_ARRAY] = "an array",
        [RFT_JSON_OBJECT] = "an object", [RFT_JSON_WORD] = "true, false or null",
    };
    return texts[kind];
}
