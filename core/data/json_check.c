/* SPDX-License-Identifier: MIT */
#include "json_check.h"

#include <string.h>

#define DEPTH_MAX 64         /* of containers: a bit each */
#define WHOLE_DIGITS_MAX 200 /* with an exponent of two digits still far from a double's end */

static const char *pass_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

static const char *pass_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* Behind a number that no reader finds too large; NULL: who knows. */
static const char *pass_number(const char *p, const char *end)
{
    const char *begin = p += p < end && *p == '-';
    p = pass_digits(p, end);
    if (p == begin || (*begin == '0' && p - begin > 1) || p - begin > WHOLE_DIGITS_MAX)
        return NULL;
    if (p < end && *p == '.') {
        begin = p + 1;
        p = pass_digits(begin, end);
        if (p == begin)
            return NULL;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        begin = p + 1 + (p + 1 < end && (p[1] == '+' || p[1] == '-'));
        p = pass_digits(begin, end);
        if (p == begin || p - begin > 2)
            return NULL;
    }
    return p;
}

/* Whether \uXXXX stands here; *digits: its digits. */
static bool is_unicode_escape(const char *p, const char *end, const char **digits)
{
    static const char hex[] = "0123456789abcdefABCDEF";
    *digits = p + 2;
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return false;
    for (int i = 2; i < 6; i++)
        if (memchr(hex, p[i], sizeof hex - 1) == NULL)
            return false;
    return true;
}

/* Behind an escape that is no half of a pair alone. */
static const char *pass_escape(const char *p, const char *end)
{
    static const char simple[] = "\"\\/bfnrt";
    const char *digits;
    if (end - p >= 2 && p[1] != 'u')
        return memchr(simple, p[1], sizeof simple - 1) != NULL ? p + 2 : NULL;
    if (!is_unicode_escape(p, end, &digits))
        return NULL;
    if ((digits[0] != 'd' && digits[0] != 'D') || digits[1] < '8')
        return p + 6;
    if (strchr("89abAB", digits[1]) == NULL || !is_unicode_escape(p + 6, end, &digits))
        return NULL;
    return (digits[0] == 'd' || digits[0] == 'D') && strchr("cdefCDEF", digits[1]) != NULL ? p + 12 : NULL;
}

static const char *pass_string(const char *p, const char *end, bool is_key)
{
    if (p == end || *p != '"')
        return NULL;
    for (p++; p < end && *p != '"';) {
        unsigned char c = (unsigned char)*p;
        if (c == '\\' && !is_key) { /* NUL, which a key may not have, can only be escaped */
            p = pass_escape(p, end);
            if (p == NULL)
                return NULL;
        } else if (c >= 0x80) {
            int32_t code_point;
            p += rft_utf8_decode(p, end, &code_point);
            if (code_point < 0)
                return NULL;
        } else if (c < 0x20 || c == '\\') {
            return NULL;
        } else {
            p++;
        }
    }
    return p < end ? p + 1 : NULL;
}

static const char *pass_key(const char *p, const char *end)
{
    p = pass_string(pass_space(p, end), end, true);
    if (p == NULL)
        return NULL;
    p = pass_space(p, end);
    return p < end && *p == ':' ? p + 1 : NULL;
}

static const char *pass_scalar(const char *p, const char *end)
{
    static const char *const words[] = {"true", "false", "null"};
    if (*p == '"')
        return pass_string(p, end, false);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (rft_bytes_begin((struct rft_bytes){p, (size_t)(end - p)}, words[i]))
            return p + strlen(words[i]);
    return pass_number(p, end);
}

/* Whether the text is an array or object for sure. */
static bool is_surely_json(const char *p, const char *end)
{
    uint64_t objects = 0; /* a bit for each container that is open, the innermost the lowest */
    unsigned depth = 0;
    p = pass_space(p, end);
    if (p == end || (*p != '[' && *p != '{'))
        return false;
    while (p != NULL && (p = pass_space(p, end)) < end) {
        bool opens = *p == '[' || *p == '{';
        if (opens && depth == DEPTH_MAX)
            return false;
        if (opens) {
            objects = objects << 1 | (*p == '{');
            depth++;
            p = pass_space(p + 1, end);
            if (p < end && *p != (objects & 1 ? '}' : ']')) { /* not empty: its first value is next */
                p = objects & 1 ? pass_key(p, end) : p;
                continue;
            }
        } else {
            p = pass_scalar(p, end);
        }
        /* A value has ended, or an empty container is about to. */
        for (; p != NULL && (p = pass_space(p, end)) < end && *p == (objects & 1 ? '}' : ']'); p++) {
            objects >>= 1;
            if (--depth == 0)
                return pass_space(p + 1, end) == end;
        }
        if (p == NULL || p == end || *p != ',')
            return false;
        p = objects & 1 ? pass_key(p + 1, end) : p + 1;
    }
    return false;
}

enum rft_status rft_json_check(const char *text, size_t len, struct rft_json_problem *problem)
{
    json_t *tree;
    if (is_surely_json(text, text + len))
        return RFT_OK;
    /* jansson passes over NUL bytes between tokens, where the walk would stop. */
    const char *nul = len ? memchr(text, 0, len) : NULL;
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
