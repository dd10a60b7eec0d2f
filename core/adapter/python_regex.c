/* SPDX-License-Identifier: MIT */
#include "python_regex.h"

#include <string.h>

/* Letters that Python knows behind a backslash and PCRE2 reads in the same way, for names of ASCII in one line. */
static const char same_escapes[] = "AbBdDsSwWafnrtvxZ";

static enum rft_status refuse(const char *file, const char *key, struct rft_bytes pattern, const char *what)
{
    rft_log_error("%s: %s: the pattern \"%.*s\" uses %s, which is not supported", file, key, (int)pattern.len,
                  pattern.data, what);
    return RFT_ERR_UNSUPPORTED;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The pattern as PCRE2 must have it; *what is what cannot be said. */
static enum rft_status translate(struct rft_bytes pattern, struct rft_str *out, const char **what)
{
    bool in_class = false;
    for (size_t i = 0; i < pattern.len; i++) {
        const char c = pattern.data[i], next = i + 1 < pattern.len ? pattern.data[i + 1] : '\0';
        size_t n = 1;
        if (c == '\\') {
            if (is_letter(next) && strchr(same_escapes, next) == NULL)
                *what = "a backslash before a letter that Python's re does not know, or \\u, \\U, \\N";
            n = i + 1 < pattern.len ? 2 : 1;
        } else if (in_class) {
            if (c == '[' && (next == ':' || next == '.' || next == '='))
                *what = "[ and a colon inside a class";
            in_class = c != ']';
        } else if (c == '[') {
            in_class = true;
            n += next == '^';
            n += i + n < pattern.len && pattern.data[i + n] == ']'; /* the first one does not end the class */
        } else if (c == '(' && next == '*') {
            *what = "\"(*\"";
        } else if (c == '{' && next == ',') {
            RFT_TRY(rft_str_append_z(out, "{0"));
            continue;
        }
        RFT_TRY(rft_str_append(out, pattern.data + i, n));
        i += n - 1;
    }
    return RFT_OK;
}

enum rft_status rft_python_regex(const char *file, const char *key, const char *before, struct rft_bytes pattern,
                                 const char *behind, unsigned flags, struct rft_regex *out)
{
    struct rft_str text = {0};
    const char *what = NULL;
    *out = (struct rft_regex){0};
    enum rft_status status = rft_str_append_z(&text, before);
    if (status == RFT_OK)
        status = translate(pattern, &text, &what);
    if (status == RFT_OK && what != NULL)
        status = refuse(file, key, pattern, what);
    if (status == RFT_OK)
        status = rft_str_append_z(&text, behind);
    if (status == RFT_OK)
        status = rft_regex_compile(file, pattern, (struct rft_bytes){text.data, text.len}, flags, out);
    rft_str_finish(&text);
    return status;
}
