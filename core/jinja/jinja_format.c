/* SPDX-License-Identifier: MIT */
#include "jinja_format.h"

#include "jinja_print.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- % ---- */

/* "%-08.3f", taken apart. */
struct directive {
    char flags[8];
    int64_t width, precision; /* -1: not given */
    char letter;
};

struct percent {
    struct rft_jinja_run *run;
    struct rft_jinja_text format;
    size_t at;
    const struct rft_jinja_value *values;
    size_t n_used; /* of a tuple's */
    struct rft_jinja_buffer out;
};

static char peek(const struct percent *p)
{
    return p->at < p->format.len ? p->format.bytes[p->at] : '\0';
}

static enum rft_status next_value(struct percent *p, struct rft_jinja_value *value)
{
    bool is_tuple = p->values->kind == RFT_JINJA_TUPLE;
    size_t n = is_tuple ? p->values->as.list->n : 1;
    if (p->n_used >= n)
        return rft_jinja_fail(p->run, "not enough arguments for format string");
    *value = is_tuple ? p->values->as.list->items[p->n_used] : *p->values;
    p->n_used++;
    return RFT_OK;
}

static enum rft_status named_value(struct percent *p, struct rft_jinja_value *value)
{
    size_t end = rft_jinja_find(p->format, p->at, p->format.len, rft_bytes_z(")"));
    if (end == SIZE_MAX || p->values->kind != RFT_JINJA_DICT)
        return rft_jinja_fail(p->run, "%%(name) in a format takes its value from a dict");
    struct rft_bytes name = {p->format.bytes + p->at, end - p->at};
    const struct rft_jinja_value *found = rft_jinja_dict_find_name(p->values->as.dict, name);
    if (found == NULL)
        return rft_jinja_fail(p->run, "the format's '%.*s' is not in the dict", (int)name.len, name.data);
    *value = *found;
    p->at = end + 1;
    return RFT_OK;
}

static int64_t take_number(struct percent *p)
{
    int64_t n = 0;
    while (peek(p) >= '0' && peek(p) <= '9' && n < 1000000)
        n = n * 10 + (p->format.bytes[p->at++] - '0');
    return n;
}

static enum rft_status put_padded(struct percent *p, const struct directive *d, struct rft_jinja_text text)
{
    size_t n = rft_jinja_n_chars(text), width = d->width > 0 ? (size_t)d->width : 0;
    bool is_left = strchr(d->flags, '-') != NULL;
    if (is_left)
        RFT_TRY(rft_jinja_put(p->run, &p->out, text));
    for (; n < width; n++)
        RFT_TRY(rft_jinja_put_z(p->run, &p->out, " "));
    return is_left ? RFT_OK : rft_jinja_put(p->run, &p->out, text);
}

static enum rft_status put_text(struct percent *p, const struct directive *d, const struct rft_jinja_value *value)
{
    struct rft_jinja_buffer buffer = {0};
    if (d->letter == 'r')
        RFT_TRY(rft_jinja_print_repr(p->run, &buffer, value));
    else
        RFT_TRY(rft_jinja_print(p->run, &buffer, value));
    struct rft_jinja_text text = rft_jinja_built(&buffer);
    if (d->letter == 'c' && (value->kind != RFT_JINJA_TEXT || rft_jinja_n_chars(text) != 1))
        return rft_jinja_refuse(p->run, "%%c of anything but one character");
    if (d->precision >= 0)
        text = rft_jinja_part(text, 0, rft_jinja_char_at(text, (size_t)d->precision));
    return put_padded(p, d, text);
}

static enum rft_status put_number(struct percent *p, const struct directive *d, const struct rft_jinja_value *value)
{
    char spec[48], text[400];
    bool is_real = strchr("eEfFgG", d->letter) != NULL;
    if (!rft_jinja_is_number(value))
        return rft_jinja_fail(p->run, "%%%c format: a number is required, not %s", d->letter,
                              rft_jinja_type_name(value));
    bool is_hex = strchr("xXo", d->letter) != NULL;
    if (is_hex && value->kind == RFT_JINJA_FLOAT)
        return rft_jinja_fail(p->run, "%%%c format: an integer is required, not float", d->letter);
    if (!is_real && ((value->kind == RFT_JINJA_FLOAT && !(fabs(value->as.real) < 9e18)) || d->precision >= 0 ||
                     (is_hex && rft_jinja_whole(value) < 0)))
        return rft_jinja_refuse(p->run, "such a number as %%%c in a format", d->letter);
    if (d->width > 300 || d->precision > 60 || (is_real && !(rft_jinja_real(value) < 1e60)))
        return rft_jinja_refuse(p->run, "a number that wide in a format");
    int n = snprintf(spec, sizeof spec, "%%%s%s", d->flags, d->width >= 0 ? "*" : "");
    n += snprintf(spec + n, sizeof spec - (size_t)n, "%s", d->precision >= 0 ? ".*" : "");
    if (is_real)
        snprintf(spec + n, sizeof spec - (size_t)n, "%c", d->letter);
    else
        snprintf(spec + n, sizeof spec - (size_t)n, "%s",
                 d->letter == 'x'   ? PRIx64
                 : d->letter == 'X' ? PRIX64
                 : d->letter == 'o' ? PRIo64
                                    : PRId64);
    int64_t whole = value->kind == RFT_JINJA_FLOAT ? (int64_t)value->as.real : rft_jinja_whole(value);
    int w = (int)d->width, q = (int)d->precision;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (is_real && w >= 0)
        n = q >= 0 ? snprintf(text, sizeof text, spec, w, q, rft_jinja_real(value))
                   : snprintf(text, sizeof text, spec, w, rft_jinja_real(value));
    else if (is_real)
        n = q >= 0 ? snprintf(text, sizeof text, spec, q, rft_jinja_real(value))
                   : snprintf(text, sizeof text, spec, rft_jinja_real(value));
    else if (w >= 0)
        n = q >= 0 ? snprintf(text, sizeof text, spec, w, q, whole) : snprintf(text, sizeof text, spec, w, whole);
    else
        n = q >= 0 ? snprintf(text, sizeof text, spec, q, whole) : snprintf(text, sizeof text, spec, whole);
#pragma GCC diagnostic pop
    return rft_jinja_put_bytes(p->run, &p->out, text, (size_t)n, false);
}

static enum rft_status put_directive(struct percent *p)
{
    struct directive d = {.width = -1, .precision = -1};
    struct rft_jinja_value value = {0};
    size_t n_flags = 0;
    if (peek(p) == '(') {
        p->at++;
        RFT_TRY(named_value(p, &value));
    }
    while (peek(p) != '\0' && strchr("#0- +", peek(p)) != NULL && n_flags < sizeof d.flags - 1)
        d.flags[n_flags++] = p->format.bytes[p->at++];
    if (peek(p) >= '0' && peek(p) <= '9')
        d.width = take_number(p);
    if (peek(p) == '.') {
        p->at++;
        d.precision = take_number(p);
    }
    d.letter = peek(p);
    p->at++;
    if (d.letter == '%')
        return rft_jinja_put_z(p->run, &p->out, "%");
    if (d.letter == '\0' || strchr("srdiuxXoeEfFgGc", d.letter) == NULL)
        return rft_jinja_refuse(p->run, "%%%c in a format", d.letter == '\0' ? ' ' : d.letter);
    if (value.kind == RFT_JINJA_ABSENT)
        RFT_TRY(next_value(p, &value));
    return strchr("src", d.letter) != NULL ? put_text(p, &d, &value) : put_number(p, &d, &value);
}

enum rft_status rft_jinja_format_percent(struct rft_jinja_run *run, struct rft_jinja_text format,
                                         const struct rft_jinja_value *values, struct rft_jinja_value *result)
{
    struct percent p = {.run = run, .format = format, .values = values};
    while (p.at < format.len) {
        size_t sign = rft_jinja_find(format, p.at, format.len, rft_bytes_z("%"));
        size_t end = sign == SIZE_MAX ? format.len : sign;
        RFT_TRY(rft_jinja_put(run, &p.out, rft_jinja_part(format, p.at, end)));
        p.at = end + 1;
        if (sign != SIZE_MAX)
            RFT_TRY(put_directive(&p));
    }
    bool is_mapping = values->kind == RFT_JINJA_DICT || values->kind == RFT_JINJA_LIST ||
                      values->kind == RFT_JINJA_UNDEFINED; /* to Python: what can be asked for members */
    if (!is_mapping && p.n_used < (values->kind == RFT_JINJA_TUPLE ? values->as.list->n : 1))
        return rft_jinja_fail(run, "not all arguments converted during string formatting");
    *result = rft_jinja_text_value(rft_jinja_built(&p.out));
    return RFT_OK;
}

/* ---- {} ---- */

static enum rft_status put_field(struct rft_jinja_run *run, struct rft_bytes field,
                                 const struct rft_jinja_arguments *args, size_t *n_used, struct rft_jinja_buffer *out)
{
    uint64_t place = field.len == 0 ? (*n_used)++ : 0;
    char digits[20] = "";
    for (size_t i = 0; i < field.len; i++)
        if (strchr("!:.[{", field.data[i]) != NULL)
            return rft_jinja_refuse(run, "the field {%.*s} of format", (int)(field.len < 60 ? field.len : 60),
                                    field.data);
    if (field.len != 0 && field.len < sizeof digits)
        memcpy(digits, field.data, field.len);
    if (field.len == 0 || rft_parse_u64(digits, &place)) {
        if (place >= args->n)
            return rft_jinja_fail(run, "format has no argument %" PRIu64, place);
        return rft_jinja_print(run, out, &args->items[place]);
    }
    for (size_t i = 0; i < args->n_keywords; i++)
        if (rft_bytes_equal(args->keywords[i].name, field))
            return rft_jinja_print(run, out, &args->keywords[i].value);
    return rft_jinja_fail(run, "format has no argument '%.*s'", (int)(field.len < 60 ? field.len : 60), field.data);
}

enum rft_status rft_jinja_format_braces(struct rft_jinja_run *run, struct rft_jinja_text format,
                                        const struct rft_jinja_arguments *args, struct rft_jinja_value *result)
{
    struct rft_jinja_buffer out = {0};
    size_t n_used = 0;
    for (size_t at = 0, next; at < format.len; at = next) {
        char c = format.bytes[at];
        next = at + 1;
        if (c != '{' && c != '}') {
            RFT_TRY(rft_jinja_put(run, &out, rft_jinja_part(format, at, next)));
            continue;
        }
        if (next < format.len && format.bytes[next] == c) {
            RFT_TRY(rft_jinja_put(run, &out, rft_jinja_part(format, at, next)));
            next++;
            continue;
        }
        size_t end = rft_jinja_find(format, next, format.len, rft_bytes_z("}"));
        if (c == '}' || end == SIZE_MAX)
            return rft_jinja_fail(run, "a single '%c' stands in a format", c);
        RFT_TRY(put_field(run, (struct rft_bytes){format.bytes + next, end - next}, args, &n_used, &out));
        next = end + 1;
    }
    *result = rft_jinja_text_value(rft_jinja_built(&out));
    return RFT_OK;
}

/* ---- dates ---- */

enum rft_status rft_jinja_format_date(struct rft_jinja_run *run, struct rft_jinja_text format,
                                      struct rft_jinja_value *result)
{
    struct rft_jinja_buffer out = {0};
    for (size_t at = 0, next; at < format.len; at = next) {
        char text[64];
        next = at + 1;
        if (format.bytes[at] != '%') {
            RFT_TRY(rft_jinja_put(run, &out, rft_jinja_part(format, at, next)));
            continue;
        }
        bool is_short = next < format.len && format.bytes[next] == '-';
        next += is_short;
        char letter = next < format.len ? format.bytes[next++] : ' ';
        size_t n = rft_jinja_date_format(&run->date, letter, is_short, text, sizeof text);
        if (n == 0)
            return rft_jinja_refuse(run, "%%%c in strftime_now", letter);
        RFT_TRY(rft_jinja_put_bytes(run, &out, text, n, false));
    }
    *result = rft_jinja_text_value(rft_jinja_built(&out));
    return RFT_OK;
}
