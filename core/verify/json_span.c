/* SPDX-License-Identifier: MIT */
#include "json_span.h"

#include "number_words.h"
#include "scan.h"
#include "utf8.h"

#include <string.h>

/* ---- tokens: each returns its end, NULL if there is none at p ---- */

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    return p;
}

static const char *string_end(const char *p, const char *end)
{
    if (p == end || *p != '"')
        return NULL;
    for (p++; p < end && (unsigned char)*p >= 0x20; p++) {
        if (*p == '"')
            return p + 1;
        if (*p == '\\' && (++p == end || *p == '\0' || strchr("\"\\/bfnrtu", *p) == NULL))
            return NULL;
    }
    return NULL;
}

static const char *digits_end(const char *p, const char *end)
{
    const char *begin = p;
    while (p < end && rft_is_digit(*p))
        p++;
    return p > begin ? p : NULL;
}

static const char *number_end(const char *p, const char *end)
{
    p += p < end && *p == '-';
    const char *last = p < end && *p == '0' ? p + 1 : digits_end(p, end);
    if (last != NULL && last < end && *last == '.')
        last = digits_end(last + 1, end);
    if (last != NULL && last < end && (*last | 0x20) == 'e') {
        last++;
        last += last < end && (*last == '+' || *last == '-');
        last = digits_end(last, end);
    }
    return last;
}

static const char *scalar_end(const char *p, const char *end)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (rft_scan_begins(p, end, words[i]))
            return p + strlen(words[i]);
    return number_end(p, end);
}

/* ---- the last value of a text ---- */

struct walk {
    const char *p, *end;
    const char *string;      /* the last string that was begun */
    struct rft_bytes closed; /* the container that was closed last */
    size_t depth;
    const char *open[RFT_JSON_DEPTH_MAX]; /* where the containers begin that are not closed */
};

enum expected { VALUE, VALUE_OR_END, NAME, NAME_OR_END, COLON, COMMA_OR_END, NOTHING };

static bool is_object(const struct walk *w)
{
    return w->depth != 0 && *w->open[w->depth - 1] == '{';
}

static enum expected close_container(struct walk *w)
{
    const char *begin = w->open[--w->depth];
    w->closed = (struct rft_bytes){begin, (size_t)(++w->p - begin)};
    return w->depth != 0 ? COMMA_OR_END : NOTHING;
}

/* Passes one token. False: it is not what JSON has there. */
static bool step(struct walk *w, enum expected *expected)
{
    bool is_value = *expected == VALUE || *expected == VALUE_OR_END, may_end = *expected != VALUE && *expected != NAME;
    const char *last;
    char c = *w->p;
    if (c == (is_object(w) ? '}' : ']') && may_end && *expected != COLON && w->depth != 0) {
        *expected = close_container(w);
        return true;
    }
    if (*expected == COLON || *expected == COMMA_OR_END) {
        if (c != (*expected == COLON ? ':' : ','))
            return false;
        *expected = *expected == COLON || !is_object(w) ? VALUE : NAME;
        w->p++;
        return true;
    }
    if (is_value && (c == '{' || c == '[')) {
        if (w->depth == RFT_JSON_DEPTH_MAX)
            return false;
        w->open[w->depth++] = w->p++;
        *expected = c == '{' ? NAME_OR_END : VALUE_OR_END;
        return true;
    }
    if (c == '"')
        w->string = w->p;
    last = c == '"' ? string_end(w->p, w->end) : is_value ? scalar_end(w->p, w->end) : NULL;
    if (last == NULL)
        return false;
    *expected = is_value ? COMMA_OR_END : COLON;
    w->p = last;
    return true;
}

/* From a bracket on, as far as it is JSON. */
static void walk(struct walk *w)
{
    enum expected expected = VALUE;
    w->depth = 0;
    w->string = NULL;
    for (; w->p < w->end && step(w, &expected) && expected != NOTHING;)
        w->p = skip_space(w->p, w->end);
    if (expected == NOTHING)
        w->string = NULL;
}

/* Where a walk ends, those from all brackets that are open there would end, too, and need not be tried. Only a bracket
 * within its last string might begin something, and strings do not hold bare quotation marks: every byte is passed only
 * a few times. */
struct rft_bytes rft_json_span_last(struct rft_bytes text)
{
    struct walk w = {.p = text.data, .end = text.data + text.len};
    while (w.p < w.end) {
        if (*w.p != '{' && *w.p != '[') {
            w.p++;
            continue;
        }
        walk(&w);
        if (w.string != NULL)
            w.p = w.string + 1;
    }
    return w.closed;
}

/* ---- a field ---- */

/* The end of the value at p, of text that is JSON. */
static const char *value_end(const char *p, const char *end)
{
    size_t depth = 0;
    if (*p != '{' && *p != '[')
        return *p == '"' ? string_end(p, end) : scalar_end(p, end);
    do {
        depth += *p == '{' || *p == '[';
        depth -= *p == '}' || *p == ']';
        p = *p == '"' ? string_end(p, end) : p + 1;
    } while (depth != 0 && p < end);
    return p;
}

static uint32_t hex4(const char *p)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++)
        value = value * 16 + (uint32_t)(rft_is_digit(p[i]) ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
    return value;
}

static bool is_hex4(const char *p, const char *end)
{
    for (int i = 0; i < 4; i++)
        if (p + i >= end || (!rft_is_digit(p[i]) && ((p[i] | 0x20) < 'a' || (p[i] | 0x20) > 'f')))
            return false;
    return true;
}

/* What the escape behind the backslash at p stands for, and its length; 0: nothing. */
static size_t unescape(const char *p, const char *end, char out[4], size_t *n_out)
{
    static const char letters[] = "bfnrt", controls[] = "\b\f\n\r\t";
    const char *letter = p[1] != '\0' ? strchr(letters, p[1]) : NULL;
    *n_out = 1;
    if (p[1] != 'u') {
        out[0] = letter != NULL ? controls[letter - letters] : p[1];
        return 2;
    }
    if (!is_hex4(p + 2, end))
        return 0;
    uint32_t c = hex4(p + 2), low = 0;
    bool is_pair = (c & 0xfc00) == 0xd800 && rft_scan_begins(p + 6, end, "\\u") && is_hex4(p + 8, end);
    if (is_pair)
        low = hex4(p + 8);
    if (is_pair && (low & 0xfc00) == 0xdc00)
        c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
    *n_out = rft_utf8_encode(c, out);
    return c >= 0x10000 ? 12 : 6;
}

/* Whether the inside of a string says that name. */
static bool is_name(struct rft_bytes key, struct rft_bytes name)
{
    const char *p = key.data, *end = p + key.len, *q = name.data, *q_end = q + name.len;
    while (p < end) {
        char c[4] = {*p};
        size_t n = 1, n_read = *p == '\\' ? unescape(p, end, c, &n) : 1;
        if (n_read == 0 || (size_t)(q_end - q) < n || memcmp(q, c, n) != 0)
            return false;
        p += n_read;
        q += n;
    }
    return q == q_end;
}

static struct rft_bytes member(struct rft_bytes object, struct rft_bytes name)
{
    const char *end = object.data + object.len;
    struct rft_bytes found = {NULL, 0}, none = {NULL, 0};
    for (const char *p = skip_space(object.data + 1, end); *p == '"';) {
        const char *last = string_end(p, end);
        struct rft_bytes key = {p + 1, (size_t)(last - p) - 2};
        p = skip_space(skip_space(last, end) + 1, end);
        const char *behind = value_end(p, end);
        if (is_name(key, name)) {
            if (found.data != NULL)
                return none;
            found = (struct rft_bytes){p, (size_t)(behind - p)};
        }
        p = skip_space(behind, end);
        p = skip_space(p + (*p == ','), end);
    }
    return found;
}

static struct rft_bytes element(struct rft_bytes array, struct rft_bytes place)
{
    const char *end = array.data + array.len;
    char digits[24] = "";
    uint64_t index;
    if (place.len < sizeof digits)
        memcpy(digits, place.data, place.len);
    if (!rft_parse_u64(digits, &index))
        return (struct rft_bytes){NULL, 0};
    for (const char *p = skip_space(array.data + 1, end); *p != ']';) {
        const char *behind = value_end(p, end);
        if (index-- == 0)
            return (struct rft_bytes){p, (size_t)(behind - p)};
        p = skip_space(behind, end);
        p = skip_space(p + (*p == ','), end);
    }
    return (struct rft_bytes){NULL, 0};
}

struct rft_bytes rft_json_span_field(struct rft_bytes value, struct rft_bytes path)
{
    const char *p = path.data, *end = path.data + path.len;
    while (p < end && value.data != NULL) {
        const char *dot = memchr(p, '.', (size_t)(end - p));
        struct rft_bytes part = {p, (size_t)((dot != NULL ? dot : end) - p)};
        value = *value.data == '{'   ? member(value, part)
                : *value.data == '[' ? element(value, part)
                                     : (struct rft_bytes){NULL, 0};
        p = dot != NULL ? dot + 1 : end;
    }
    return value;
}
