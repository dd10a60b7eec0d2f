/* SPDX-License-Identifier: MIT */
/* Patterns of normalizers, pre-tokenizers and decoders: plain strings, or regular expressions by PCRE2.
 *
 * The tokenizers library matches with Oniguruma in Ruby's syntax. Where PCRE2 means something else by the same text, it
 * is written anew (\s \S \w \W \uXXXX [:name:] {,n}) or refused by name (sets within sets, "{n,m}+", \h, (?m)), never
 * misread. */
#include "tokenizer_pattern.h"

#include "log.h"

#include <string.h>

/* Oniguruma's \w in a class, and standing alone: then the fractions and raised digits of Latin-1 are of it, too. */
#define WORD_CHARS "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}"
#define LONE_WORD_CHARS WORD_CHARS "\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}"

struct translation {
    const char *path;
    struct rft_bytes regex;
    size_t at;
    bool in_class;
    struct rft_str out;
};

static enum rft_status refuse(const struct translation *t, const char *what)
{
    rft_log_error("%s: the pattern \"%.*s\" uses %s, which is not supported", t->path, (int)t->regex.len, t->regex.data,
                  what);
    return RFT_ERR_UNSUPPORTED;
}

/* A backslash and what it escapes. */
static enum rft_status translate_escape(struct translation *t)
{
    const char *p = t->regex.data + t->at;
    size_t left = t->regex.len - t->at;
    char c = left > 1 ? p[1] : 0;
    t->at += left > 1 ? 2 : 1;
    switch (c) {
    case 's': return rft_str_append_z(&t->out, "\\p{White_Space}");
    case 'S': return rft_str_append_z(&t->out, "\\P{White_Space}");
    case 'w': return rft_str_append_z(&t->out, t->in_class ? WORD_CHARS : "[" LONE_WORD_CHARS "]");
    case 'W':
        return t->in_class ? refuse(t, "\\W inside a class") : rft_str_append_z(&t->out, "[^" LONE_WORD_CHARS "]");
    case 'h':
    case 'H': return refuse(t, "\\h (a hexadecimal digit)");
    case 'u':
        if (left < 6)
            return refuse(t, "an incomplete \\u");
        t->at += 4;
        return rft_str_printf(&t->out, "\\x{%.4s}", p + 2);
    default: return rft_str_append(&t->out, p, left > 1 ? 2 : 1);
    }
}

/* "[" outside a class: the class's opening with a "^" and a first "]", which do not end it. */
static enum rft_status translate_class_open(struct translation *t)
{
    const char *p = t->regex.data + t->at;
    size_t left = t->regex.len - t->at, n = 1;
    n += n < left && p[n] == '^';
    n += n < left && p[n] == ']';
    t->in_class = true;
    t->at += n;
    return rft_str_append(&t->out, p, n);
}

/* A class's "[": "[:name:]" or a set inside the set. */
static enum rft_status translate_nested(struct translation *t)
{
    static const struct {
        const char *name, *as;
    } sets[] = {
        {"[:alpha:]", "\\p{Alphabetic}"},  {"[:alnum:]", "\\p{Alphabetic}\\p{Nd}"},
        {"[:upper:]", "\\p{Uppercase}"},   {"[:lower:]", "\\p{Lowercase}"},
        {"[:digit:]", "\\p{Nd}"},          {"[:punct:]", "\\p{P}\\p{S}"},
        {"[:space:]", "\\p{White_Space}"}, {"[:word:]", WORD_CHARS},
    };
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        size_t n = strlen(sets[i].name);
        if (n <= t->regex.len - t->at && memcmp(t->regex.data + t->at, sets[i].name, n) == 0) {
            t->at += n;
            return rft_str_append_z(&t->out, sets[i].as);
        }
    }
    return refuse(t, "a class inside a class");
}

static bool is_interval_plus(const struct translation *t)
{
    size_t open = t->at;
    if (t->at + 1 >= t->regex.len || t->regex.data[t->at + 1] != '+')
        return false;
    while (open > 0 && strchr("0123456789,", t->regex.data[open - 1]) != NULL && t->regex.data[open - 1])
        open--;
    return open > 0 && open < t->at && t->regex.data[open - 1] == '{';
}

/* "(?m)", alone or among other options: the dot takes newlines in Ruby, "^" and "$" change in PCRE2. */
static bool is_option_m(struct rft_bytes rest)
{
    for (size_t i = 2;
         i < rest.len && rest.data[0] == '(' && rest.data[1] == '?' && strchr("imx-", rest.data[i]) != NULL; i++)
        if (rest.data[i] == 'm')
            return true;
    return false;
}

static enum rft_status translate(struct translation *t)
{
    while (t->at < t->regex.len) {
        const char *p = t->regex.data + t->at;
        char next = t->at + 1 < t->regex.len ? p[1] : 0;
        if (*p == '\\') {
            RFT_TRY(translate_escape(t));
        } else if (*p == '[') {
            RFT_TRY(t->in_class ? translate_nested(t) : translate_class_open(t));
        } else if (t->in_class && *p == '&' && next == '&') {
            return refuse(t, "&& in a class");
        } else if (!t->in_class && *p == '}' && is_interval_plus(t)) {
            return refuse(t, "\"{n,m}+\"");
        } else if (!t->in_class && is_option_m((struct rft_bytes){p, t->regex.len - t->at})) {
            return refuse(t, "(?m)");
        } else if (!t->in_class && *p == '{' && next == ',') {
            t->at++;
            RFT_TRY(rft_str_append_z(&t->out, "{0"));
        } else {
            t->in_class = t->in_class && *p != ']';
            t->at++;
            RFT_TRY(rft_str_append(&t->out, p, 1));
        }
    }
    return RFT_OK;
}

enum rft_status rft_tok_pattern_regex(const char *path, struct rft_bytes regex, struct rft_tok_pattern *pattern)
{
    struct translation t = {.path = path, .regex = regex};
    *pattern = (struct rft_tok_pattern){0};
    enum rft_status status = rft_str_append(&t.out, "", 0);
    if (status == RFT_OK)
        status = translate(&t);
    if (status == RFT_OK) /* Ruby's "." stops at LF alone, its "^" and "$" are a line's */
        status =
            rft_regex_compile(path, regex, (struct rft_bytes){t.out.data, t.out.len}, RFT_REGEX_LINES, &pattern->regex);
    rft_str_finish(&t.out);
    return status;
}

enum rft_status rft_tok_pattern_literal(struct rft_bytes literal, struct rft_tok_pattern *pattern)
{
    *pattern = (struct rft_tok_pattern){0};
    return rft_str_append(&pattern->literal, literal.data, literal.len);
}

void rft_tok_pattern_finish(struct rft_tok_pattern *pattern)
{
    rft_regex_finish(&pattern->regex);
    rft_str_finish(&pattern->literal);
    *pattern = (struct rft_tok_pattern){0};
}

static struct rft_bytes search_literal(struct rft_bytes text, size_t from, struct rft_bytes what)
{
    const char *p = text.data + from, *end = text.data + text.len;
    while (what.len && (size_t)(end - p) >= what.len) {
        p = memchr(p, what.data[0], (size_t)(end - p) - what.len + 1);
        if (p == NULL)
            break;
        if (memcmp(p, what.data, what.len) == 0)
            return (struct rft_bytes){p, what.len};
        p++;
    }
    return (struct rft_bytes){0};
}

/* First match at or behind `from`; *begin = SIZE_MAX if there is none. An empty string matches nothing. */
static enum rft_status search(const struct rft_tok_pattern *pattern, struct rft_bytes text, size_t from, size_t *begin,
                              size_t *end)
{
    *begin = *end = SIZE_MAX;
    if (pattern->regex.code == NULL) {
        struct rft_bytes hit =
            search_literal(text, from, (struct rft_bytes){pattern->literal.data, pattern->literal.len});
        if (hit.data != NULL) {
            *begin = (size_t)(hit.data - text.data);
            *end = *begin + hit.len;
        }
        return RFT_OK;
    }
    struct rft_regex_match match;
    int error;
    enum rft_status status = rft_regex_search(&pattern->regex, text, from, &match, &error);
    if (status == RFT_ERR_INPUT)
        rft_log_error("the tokenizer's pattern gave up on a text of %zu bytes (PCRE2 error %d); shorten the text",
                      text.len, error);
    *begin = match.begin;
    *end = match.end;
    return status;
}

enum rft_status rft_tok_pattern_next(const struct rft_tok_pattern *pattern, struct rft_bytes text,
                                     struct rft_tok_match *match)
{
    bool had = match->found;
    size_t last = match->end;
    match->found = false;
    while (!match->over && match->from <= text.len) {
        size_t begin, end;
        RFT_TRY(search(pattern, text, match->from, &begin, &end));
        if (begin == SIZE_MAX)
            break;
        if (begin == end && had && end == last) {
            int32_t code_point;
            const char *p = text.data + match->from;
            match->from += match->from < text.len ? rft_utf8_decode(p, text.data + text.len, &code_point) : 1;
            continue;
        }
        *match = (struct rft_tok_match){.begin = begin, .end = end, .from = end, .found = true};
        return RFT_OK;
    }
    match->over = true;
    return RFT_OK;
}
