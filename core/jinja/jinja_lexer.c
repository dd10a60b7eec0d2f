/* SPDX-License-Identifier: MIT */
#include "jinja_lexer.h"

#include "jinja_case.h"
#include "jinja_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lexer {
    struct rft_arena *arena;
    struct rft_bytes source; /* line ends are "\n" */
    size_t at;
    uint32_t line;      /* of at */
    size_t line_begin;  /* where it begins */
    bool line_starting; /* the last tag's match ended a line; true at the beginning */
    size_t cap;
    struct rft_jinja_tokens *tokens;
    struct rft_jinja_error *error;
};

enum rft_status rft_jinja_fail_at(struct rft_jinja_error *error, uint32_t line, uint32_t column, enum rft_status status,
                                  const char *fmt, ...)
{
    va_list args;
    error->line = line;
    error->column = column;
    error->is_raised = false;
    va_start(args, fmt);
    vsnprintf(error->text, sizeof error->text, fmt, args);
    va_end(args);
    return status;
}

static enum rft_status fail(const struct lexer *l, const char *what)
{
    return rft_jinja_fail_at(l->error, l->line, (uint32_t)(l->at - l->line_begin) + 1, RFT_ERR_INPUT, "%s", what);
}

/* Moves on, counting lines. */
static void advance(struct lexer *l, size_t to)
{
    for (; l->at < to; l->at++)
        if (l->source.data[l->at] == '\n') {
            l->line++;
            l->line_begin = l->at + 1;
        }
}

static enum rft_status add(struct lexer *l, enum rft_jinja_token_kind kind, struct rft_bytes text,
                           struct rft_jinja_token **added)
{
    struct rft_jinja_tokens *t = l->tokens;
    if (t->n == l->cap) {
        size_t cap = l->cap == 0 ? 256 : 2 * l->cap;
        struct rft_jinja_token *items = rft_arena_take(l->arena, cap, sizeof *items);
        if (items == NULL)
            return RFT_ERR_HOST_MEMORY;
        if (t->n != 0)
            memcpy(items, t->items, t->n * sizeof *items);
        t->items = items;
        l->cap = cap;
    }
    *added = &t->items[t->n++];
    **added = (struct rft_jinja_token){
        .kind = kind, .line = l->line, .column = (uint32_t)(l->at - l->line_begin) + 1, .text = text};
    return RFT_OK;
}

static bool is_at(const struct lexer *l, size_t at, const char *z)
{
    size_t n = strlen(z);
    return l->source.len - at >= n && memcmp(l->source.data + at, z, n) == 0;
}

static size_t skip_space(const struct lexer *l, size_t at)
{
    struct rft_jinja_text text = {l->source.data, NULL, l->source.len};
    size_t next;
    while (at < text.len && rft_jinja_is_space(rft_jinja_next_char(text, at, &next)))
        at = next;
    return at;
}

/* Where the next tag begins, or the end. */
static size_t find_tag(const struct lexer *l)
{
    const char *data = l->source.data;
    for (size_t i = l->at; i + 1 < l->source.len; i++)
        if (data[i] == '{' && (data[i + 1] == '{' || data[i + 1] == '%' || data[i + 1] == '#'))
            return i;
    return l->source.len;
}

/* Data up to a tag that opens with `sign` ('-', '+' or anything else): less the white space that its sign, or
 * lstrip_blocks, takes. */
static enum rft_status add_data(struct lexer *l, size_t end, char sign, bool is_print)
{
    struct rft_jinja_text text = {l->source.data + l->at, NULL, end - l->at};
    struct rft_jinja_token *token;
    size_t n = text.len;
    if (sign == '-') {
        n = rft_jinja_strip(text, (struct rft_bytes){0}, RFT_JINJA_RIGHT).len;
    } else if (sign != '+' && !is_print) {
        size_t begin = n;
        while (begin > 0 && text.bytes[begin - 1] != '\n')
            begin--;
        struct rft_jinja_text last = rft_jinja_part(text, begin, n);
        if ((begin > 0 || l->line_starting) && rft_jinja_strip(last, (struct rft_bytes){0}, RFT_JINJA_LEFT).len == 0)
            n = begin;
    }
    if (n != 0)
        RFT_TRY(add(l, RFT_JINJA_T_DATA, (struct rft_bytes){text.bytes, n}, &token));
    advance(l, end);
    return RFT_OK;
}

/* Behind a tag's end: white space that "-" takes, or the one line end that trim_blocks takes. */
static void pass_end(struct lexer *l, size_t end, bool is_minus, bool is_trimmed)
{
    if (is_minus)
        end = skip_space(l, end);
    else if (is_trimmed && end < l->source.len && l->source.data[end] == '\n')
        end++;
    l->line_starting = l->source.data[end - 1] == '\n';
    advance(l, end);
}

static enum rft_status pass_comment(struct lexer *l)
{
    size_t begin = l->at + 2;
    begin += begin < l->source.len && (l->source.data[begin] == '-' || l->source.data[begin] == '+');
    for (size_t i = begin; i + 1 < l->source.len; i++) {
        if (!is_at(l, i, "#}"))
            continue;
        char before = i > begin ? l->source.data[i - 1] : '\0';
        pass_end(l, i + 2, before == '-', before != '+');
        return RFT_OK;
    }
    return fail(l, "the comment is not closed: #} is missing");
}

/* "{% raw %}"'s end, or 0 if the tag at `at` is another one. */
static size_t raw_end(const struct lexer *l, size_t at, const char *word, bool *is_minus, bool *is_plus)
{
    size_t i = at + 2;
    i += i < l->source.len && (l->source.data[i] == '-' || l->source.data[i] == '+');
    i = skip_space(l, i);
    if (!is_at(l, i, word))
        return 0;
    i = skip_space(l, i + strlen(word));
    *is_minus = i < l->source.len && l->source.data[i] == '-';
    *is_plus = i < l->source.len && l->source.data[i] == '+';
    i += *is_minus || *is_plus;
    return is_at(l, i, "%}") ? i + 2 : 0;
}

/* Everything up to {% endraw %} as data. */
static enum rft_status pass_raw(struct lexer *l, size_t open_end, bool is_minus)
{
    bool is_plus;
    advance(l, is_minus ? skip_space(l, open_end) : open_end); /* a raw tag's end takes no line end */
    l->line_starting = l->source.data[l->at - 1] == '\n';
    for (size_t i = l->at; i + 1 < l->source.len; i++) {
        size_t end = is_at(l, i, "{%") ? raw_end(l, i, "endraw", &is_minus, &is_plus) : 0;
        if (end == 0)
            continue;
        RFT_TRY(add_data(l, i, l->source.data[i + 2], false));
        pass_end(l, end, is_minus, !is_plus);
        return RFT_OK;
    }
    return fail(l, "{% raw %} is not closed: {% endraw %} is missing");
}

/* ---- inside tags ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Where the name that begins here ends; at itself if none does. */
static size_t name_end(const struct lexer *l, size_t at)
{
    const struct rft_jinja_text text = {l->source.data, NULL, l->source.len};
    size_t next;
    while (at < text.len && rft_jinja_is_word(rft_jinja_next_char(text, at, &next)))
        at = next;
    return at;
}

static size_t digits_end(const struct lexer *l, size_t at, const char *digits)
{
    while (at < l->source.len && l->source.data[at] != '\0' &&
           (strchr(digits, l->source.data[at]) != NULL ||
            (l->source.data[at] == '_' && at + 1 < l->source.len && l->source.data[at + 1] != '\0' &&
             strchr(digits, l->source.data[at + 1]) != NULL)))
        at++;
    return at;
}

/* The number's text without underscores; false if it is longer than any number that fits. */
static bool copy_number(const struct lexer *l, size_t end, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = l->at; i < end; i++) {
        if (l->source.data[i] == '_')
            continue;
        if (n + 1 >= size)
            return false;
        out[n++] = l->source.data[i];
    }
    out[n] = '\0';
    return true;
}

static enum rft_status lex_number(struct lexer *l)
{
    static const char decimal[] = "0123456789", hex[] = "0123456789abcdefABCDEF";
    const char *data = l->source.data;
    char text[400];
    bool is_float = false, is_index = l->at > 0 && data[l->at - 1] == '.';
    size_t end = digits_end(l, l->at, decimal), exponent;
    int base = 10;
    struct rft_jinja_token *token;
    if (data[l->at] == '0' && l->at + 1 < l->source.len && strchr("xXoObB", data[l->at + 1]) != NULL) {
        char kind = (char)(data[l->at + 1] | 0x20);
        base = kind == 'x' ? 16 : kind == 'o' ? 8 : 2;
        end = digits_end(l, l->at + 2, kind == 'x' ? hex : kind == 'o' ? "01234567" : "01");
    } else if (!is_index) {
        if (end + 1 < l->source.len && data[end] == '.' && is_digit(data[end + 1])) {
            is_float = true;
            end = digits_end(l, end + 1, decimal);
        }
        exponent = end + 1;
        if (end < l->source.len && (data[end] | 0x20) == 'e') {
            exponent += exponent < l->source.len && (data[exponent] == '+' || data[exponent] == '-');
            if (exponent < l->source.len && is_digit(data[exponent])) {
                is_float = true;
                end = digits_end(l, exponent, decimal);
            }
        }
    }
    RFT_TRY(
        add(l, is_float ? RFT_JINJA_T_FLOAT : RFT_JINJA_T_INT, (struct rft_bytes){data + l->at, end - l->at}, &token));
    bool ok = copy_number(l, end, text, sizeof text);
    if (ok && is_float) {
        ok = rft_parse_double(text, &token->real);
    } else if (ok) {
        char *stop;
        unsigned long long value = strtoull(base == 10 ? text : text + 2, &stop, base);
        ok =
            value <= INT64_MAX && strlen(text) < 70 && *stop == '\0' && stop != text && (base == 10 || text[2] != '\0');
        token->integer = (int64_t)value;
        ok = ok && !(base == 10 && text[0] == '0' && value != 0);
    }
    if (!ok)
        return fail(l, "a number that is not understood, or beyond 64 bits");
    advance(l, end);
    return RFT_OK;
}

static bool read_hex(const char *p, const char *end, size_t n, uint32_t *value)
{
    *value = 0;
    for (size_t i = 0; i < n; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *d = p + i < end && p[i] != '\0' ? strchr(digits, is_digit(p[i]) ? p[i] : p[i] | 0x20) : NULL;
        if (d == NULL)
            return false;
        *value = *value << 4 | (uint32_t)(d - digits);
    }
    return true;
}

/* One escape at p, which stands on its backslash; where it ends, NULL if it is none that Python takes. */
static const char *unescape_one(const char *p, const char *end, char **out)
{
    static const char plain[] = "\\\\''\"\"a\ab\bf\fn\nr\rt\tv\v";
    uint32_t value = 0;
    size_t n = 0;
    char c = p[1];
    if (c == '\n')
        return p + 2;
    if (c == 'x' || c == 'u' || c == 'U') {
        n = c == 'x' ? 2 : c == 'u' ? 4 : 8;
        if (!read_hex(p + 2, end, n, &value) || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
            return NULL;
        *out += rft_utf8_encode(value, *out);
        return p + 2 + n;
    }
    if (c >= '0' && c <= '7') {
        while (n < 3 && p + 1 + n < end && p[1 + n] >= '0' && p[1 + n] <= '7')
            value = value * 8 + (uint32_t)(p[1 + n++] - '0');
        *out += rft_utf8_encode(value, *out);
        return p + 1 + n;
    }
    for (size_t i = 0; i < sizeof plain - 1; i += 2)
        if (plain[i] == c) {
            *(*out)++ = plain[i + 1];
            return p + 2;
        }
    if (c == 'N' || ((unsigned char)c & 0x80u) != 0)
        return NULL;
    *(*out)++ = '\\';
    *(*out)++ = c;
    return p + 2;
}

static enum rft_status lex_string(struct lexer *l)
{
    const char *p = l->source.data + l->at + 1, *end = l->source.data + l->source.len, *close = p;
    char quote = l->source.data[l->at];
    struct rft_jinja_token *token;
    while (close < end && *close != quote)
        close += *close == '\\' && close + 1 < end ? 2 : 1;
    if (close >= end)
        return fail(l, "a string is not closed");
    char *text = rft_arena_take(l->arena, (size_t)(close - p) + 1, 1), *out = text;
    if (text == NULL)
        return RFT_ERR_HOST_MEMORY;
    while (p < close) {
        if (*p != '\\') {
            *out++ = *p++;
            continue;
        }
        p = unescape_one(p, close, &out);
        if (p == NULL)
            return fail(l, "a string with an escape that is not understood");
    }
    RFT_TRY(add(l, RFT_JINJA_T_STRING, (struct rft_bytes){text, (size_t)(out - text)}, &token));
    advance(l, (size_t)(close + 1 - l->source.data));
    return RFT_OK;
}

static enum rft_status lex_operator(struct lexer *l, char *open, size_t *n_open, size_t open_max)
{
    static const char *const operators[] = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[",
                                            "]",  "(",  ")",  "{",  "}",  ">",  "<", "=", ".", ":", "|", ",", ";"};
    static const char pairs[] = "()[]{}";
    struct rft_jinja_token *token;
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (!is_at(l, l->at, operators[i]))
            continue;
        char c = operators[i][0];
        const char *pair = strchr(pairs, c);
        if (pair != NULL && (pair - pairs) % 2 == 0) {
            if (*n_open == open_max)
                return fail(l, "brackets are nested too deep");
            open[(*n_open)++] = pair[1];
        } else if (pair != NULL && (*n_open == 0 || open[--*n_open] != c)) {
            return fail(l, "a bracket closes what is not open");
        }
        RFT_TRY(add(l, RFT_JINJA_T_OPERATOR, rft_bytes_z(operators[i]), &token));
        advance(l, l->at + strlen(operators[i]));
        return RFT_OK;
    }
    return fail(l, "a character that has no meaning here");
}

/* The inside of a tag, with its end. */
static enum rft_status lex_tag(struct lexer *l, bool is_print)
{
    const char *end = is_print ? "}}" : "%}";
    char open[200];
    size_t n_open = 0;
    struct rft_jinja_token *token;
    for (;;) {
        if (n_open == 0) {
            char sign = l->at < l->source.len ? l->source.data[l->at] : '\0';
            bool is_minus = sign == '-' && is_at(l, l->at + 1, end);
            bool is_plus = !is_print && sign == '+' && is_at(l, l->at + 1, end);
            if (is_minus || is_plus || is_at(l, l->at, end)) {
                RFT_TRY(add(l, is_print ? RFT_JINJA_T_PRINT_END : RFT_JINJA_T_BLOCK_END, rft_bytes_z(end), &token));
                pass_end(l, l->at + 2 + (is_minus || is_plus), is_minus, !is_print && !is_plus);
                return RFT_OK;
            }
        }
        if (l->at >= l->source.len)
            return fail(l, is_print ? "the tag is not closed: }} is missing" : "the tag is not closed: %} is missing");
        char c = l->source.data[l->at];
        size_t space = skip_space(l, l->at), end_of_name = name_end(l, l->at);
        if (space > l->at) {
            advance(l, space);
        } else if (is_digit(c)) {
            RFT_TRY(lex_number(l));
        } else if (end_of_name > l->at) {
            RFT_TRY(add(l, RFT_JINJA_T_NAME, (struct rft_bytes){l->source.data + l->at, end_of_name - l->at}, &token));
            advance(l, end_of_name);
        } else if (c == '\'' || c == '"') {
            RFT_TRY(lex_string(l));
        } else {
            RFT_TRY(lex_operator(l, open, &n_open, sizeof open));
        }
    }
}

static enum rft_status lex_all(struct lexer *l)
{
    struct rft_jinja_token *token;
    while (l->at < l->source.len) {
        size_t tag = find_tag(l), end;
        char sign = tag + 2 < l->source.len ? l->source.data[tag + 2] : '\0';
        bool is_print = is_at(l, tag, "{{"), is_minus, is_plus;
        RFT_TRY(add_data(l, tag, tag == l->source.len ? '+' : sign, is_print));
        if (tag == l->source.len)
            break;
        if (is_at(l, tag, "{#")) {
            RFT_TRY(pass_comment(l));
            continue;
        }
        end = is_print ? 0 : raw_end(l, tag, "raw", &is_minus, &is_plus);
        if (end != 0 && !is_plus) {
            RFT_TRY(pass_raw(l, end, is_minus));
            continue;
        }
        RFT_TRY(add(l, is_print ? RFT_JINJA_T_PRINT_BEGIN : RFT_JINJA_T_BLOCK_BEGIN,
                    (struct rft_bytes){l->source.data + tag, 2}, &token));
        advance(l, tag + 2 + (sign == '-' || sign == '+'));
        RFT_TRY(lex_tag(l, is_print));
    }
    return add(l, RFT_JINJA_T_END, rft_bytes_z("the end of the template"), &token);
}

enum rft_status rft_jinja_lex(struct rft_arena *arena, struct rft_bytes source, struct rft_jinja_tokens *tokens,
                              struct rft_jinja_error *error)
{
    char *text = rft_arena_take(arena, source.len + 1, 1);
    size_t n = 0;
    *tokens = (struct rft_jinja_tokens){0};
    if (text == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (size_t i = 0; i < source.len; i++) {
        text[n++] = source.data[i] == '\r' ? '\n' : source.data[i];
        i += source.data[i] == '\r' && i + 1 < source.len && source.data[i + 1] == '\n';
    }
    n -= n > 0 && text[n - 1] == '\n';
    struct lexer l = {
        .arena = arena, .source = {text, n}, .line = 1, .line_starting = true, .tokens = tokens, .error = error};
    return lex_all(&l);
}
