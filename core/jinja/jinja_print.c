/* SPDX-License-Identifier: MIT */
#include "jinja_print.h"

#include "jinja_case.h"
#include "jinja_run.h"
#include "jinja_run.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void rft_jinja_float_text(double x, char *out)
{
    char digits[40];
    int precision = 1;
    if (!isfinite(x)) {
        strcpy(out, isnan(x) ? "nan" : x < 0 ? "-inf" : "inf");
        return;
    }
    do /* the fewest digits that read back as the same number */
        snprintf(digits, sizeof digits, "%.*e", precision - 1, x);
    while (strtod(digits, NULL) != x && precision++ < 17);
    int exponent = atoi(strchr(digits, 'e') + 1);
    if (exponent >= 16 || exponent < -4) {
        strcpy(out, digits); /* "1e+16", "1.5e-05": as C writes it */
        return;
    }
    int places = precision - 1 - exponent;
    snprintf(out, 40, "%.*f", places > 1 ? places : 1, x);
}

/* ---- repr ---- */

static enum rft_status put_escaped(struct rft_jinja_run *run, struct rft_jinja_buffer *out, int32_t c, char quote,
                                   bool is_data)
{
    char text[12] = {'\\', (char)c, '\0'};
    size_t n = 2;
    if (c == '\n' || c == '\r' || c == '\t')
        text[1] = c == '\n' ? 'n' : c == '\r' ? 'r' : 't';
    else if (c != '\\' && c != quote)
        n = (size_t)snprintf(text, sizeof text,
                             c < 0x100     ? "\\x%02x"
                             : c < 0x10000 ? "\\u%04x"
                                           : "\\U%08x",
                             (unsigned)c);
    return rft_jinja_put_bytes(run, out, text, n, is_data);
}

static enum rft_status repr_text(struct rft_jinja_run *run, struct rft_jinja_buffer *out, struct rft_jinja_text text)
{
    bool has_single = text.len != 0 && memchr(text.bytes, '\'', text.len) != NULL;
    bool has_double = text.len != 0 && memchr(text.bytes, '"', text.len) != NULL;
    char quote = has_single && !has_double ? '"' : '\'';
    RFT_TRY(rft_jinja_put_bytes(run, out, &quote, 1, false));
    for (size_t at = 0, next; at < text.len; at = next) {
        int32_t c = rft_jinja_next_char(text, at, &next);
        if (c == '\\' || c == quote || !rft_jinja_is_printable(c))
            RFT_TRY(put_escaped(run, out, c, quote, rft_jinja_is_data(text, at)));
        else
            RFT_TRY(rft_jinja_put(run, out, rft_jinja_part(text, at, next)));
    }
    return rft_jinja_put_bytes(run, out, &quote, 1, false);
}

static enum rft_status repr_list(struct rft_jinja_run *run, struct rft_jinja_buffer *out,
                                 const struct rft_jinja_value *value)
{
    const struct rft_jinja_list *list = value->as.list;
    bool is_tuple = value->kind == RFT_JINJA_TUPLE;
    if (list->flavor != RFT_JINJA_PLAIN)
        return rft_jinja_refuse(run, "printing a %s", rft_jinja_type_name(value));
    RFT_TRY(rft_jinja_put_z(run, out, is_tuple ? "(" : "["));
    for (size_t i = 0; i < list->n; i++) {
        RFT_TRY(rft_jinja_put_z(run, out, i != 0 ? ", " : ""));
        RFT_TRY(rft_jinja_print_repr(run, out, &list->items[i]));
    }
    return rft_jinja_put_z(run, out, !is_tuple ? "]" : list->n == 1 ? ",)" : ")");
}

static enum rft_status repr_dict(struct rft_jinja_run *run, struct rft_jinja_buffer *out,
                                 const struct rft_jinja_dict *dict)
{
    RFT_TRY(rft_jinja_put_z(run, out, "{"));
    for (size_t i = 0; i < dict->n; i++) {
        RFT_TRY(rft_jinja_put_z(run, out, i != 0 ? ", " : ""));
        RFT_TRY(rft_jinja_print_repr(run, out, &dict->pairs[i].key));
        RFT_TRY(rft_jinja_put_z(run, out, ": "));
        RFT_TRY(rft_jinja_print_repr(run, out, &dict->pairs[i].value));
    }
    return rft_jinja_put_z(run, out, "}");
}

enum rft_status rft_jinja_print_repr(struct rft_jinja_run *run, struct rft_jinja_buffer *out,
                                     const struct rft_jinja_value *value)
{
    char number[40];
    RFT_TRY(rft_jinja_work(run, 1));
    switch (value->kind) {
    case RFT_JINJA_ABSENT:
    case RFT_JINJA_UNDEFINED: return rft_jinja_put_z(run, out, "Undefined");
    case RFT_JINJA_NONE: return rft_jinja_put_z(run, out, "None");
    case RFT_JINJA_BOOL: return rft_jinja_put_z(run, out, value->as.boolean ? "True" : "False");
    case RFT_JINJA_INT:
        snprintf(number, sizeof number, "%" PRId64, value->as.integer);
        return rft_jinja_put_z(run, out, number);
    case RFT_JINJA_FLOAT: rft_jinja_float_text(value->as.real, number); return rft_jinja_put_z(run, out, number);
    case RFT_JINJA_TEXT:
        if (value->is_markup)
            return rft_jinja_refuse(run, "printing a list of what safe or e made");
        return repr_text(run, out, value->as.text);
    case RFT_JINJA_LIST:
    case RFT_JINJA_TUPLE:
    case RFT_JINJA_DICT:
        return value->kind == RFT_JINJA_DICT ? repr_dict(run, out, value->as.dict) : repr_list(run, out, value);
    case RFT_JINJA_NAMESPACE:
    case RFT_JINJA_LOOP:
    case RFT_JINJA_MACRO:
    case RFT_JINJA_FUNCTION: break;
    }
    return rft_jinja_refuse(run, "printing a %s", rft_jinja_type_name(value));
}

enum rft_status rft_jinja_print(struct rft_jinja_run *run, struct rft_jinja_buffer *out,
                                const struct rft_jinja_value *value)
{
    if (value->kind == RFT_JINJA_TEXT)
        return rft_jinja_put(run, out, value->as.text);
    return value->kind == RFT_JINJA_UNDEFINED ? RFT_OK : rft_jinja_print_repr(run, out, value);
}

/* ---- JSON ---- */

static enum rft_status json_char(struct rft_jinja_run *run, struct rft_jinja_buffer *out, int32_t c, bool is_data)
{
    static const char plain[] = "\"\"\\\\\nn\rr\tt\bb\ff";
    char text[16] = {'\\', '\0', '\0'};
    for (size_t i = 0; i < sizeof plain - 1; i += 2)
        if (plain[i] == c)
            text[1] = plain[i + 1];
    size_t n = 2;
    if (text[1] == '\0' && c < 0x10000)
        n = (size_t)snprintf(text, sizeof text, "\\u%04x", (unsigned)c);
    else if (text[1] == '\0')
        n = (size_t)snprintf(text, sizeof text, "\\u%04x\\u%04x", 0xd800 + (((unsigned)c - 0x10000) >> 10),
                             0xdc00 + (((unsigned)c - 0x10000) & 0x3ff));
    return rft_jinja_put_bytes(run, out, text, n, is_data);
}

static enum rft_status json_text(struct rft_jinja_run *run, struct rft_jinja_buffer *out, struct rft_jinja_text text,
                                 bool is_ascii)
{
    size_t done = 0;
    RFT_TRY(rft_jinja_put_z(run, out, "\""));
    for (size_t at = 0, next; at < text.len; at = next) {
        int32_t c = rft_jinja_next_char(text, at, &next);
        if (c >= 0x20 && c != '"' && c != '\\' && !(is_ascii && c > 0x7e))
            continue;
        RFT_TRY(rft_jinja_put(run, out, rft_jinja_part(text, done, at)));
        RFT_TRY(json_char(run, out, c, rft_jinja_is_data(text, at)));
        done = next;
    }
    RFT_TRY(rft_jinja_put(run, out, rft_jinja_part(text, done, text.len)));
    return rft_jinja_put_z(run, out, "\"");
}

static enum rft_status json_line(struct rft_jinja_run *run, struct rft_jinja_buffer *out,
                                 const struct rft_jinja_json_style *style, uint32_t level)
{
    if (!style->is_indented)
        return RFT_OK;
    RFT_TRY(rft_jinja_put_z(run, out, "\n"));
    for (uint32_t i = 0; i < level; i++)
        RFT_TRY(rft_jinja_put(run, out, style->indent));
    return RFT_OK;
}

static enum rft_status json_value(struct rft_jinja_run *run, struct rft_jinja_buffer *out,
                                  const struct rft_jinja_value *value, const struct rft_jinja_json_style *style,
                                  uint32_t level);

static enum rft_status json_list(struct rft_jinja_run *run, struct rft_jinja_buffer *out,
                                 const struct rft_jinja_list *list, const struct rft_jinja_json_style *style,
                                 uint32_t level)
{
    RFT_TRY(rft_jinja_put_z(run, out, "["));
    for (size_t i = 0; i < list->n; i++) {
        if (i != 0)
            RFT_TRY(rft_jinja_put(run, out, style->comma));
        RFT_TRY(json_line(run, out, style, level + 1));
        RFT_TRY(json_value(run, out, &list->items[i], style, level + 1));
    }
    if (list->n != 0)
        RFT_TRY(json_line(run, out, style, level));
    return rft_jinja_put_z(run, out, "]");
}

/* A key as JSON has it: a string. */
static enum rft_status json_key(struct rft_jinja_run *run, struct rft_jinja_buffer *out,
                                const struct rft_jinja_value *key, const struct rft_jinja_json_style *style)
{
    if (key->kind == RFT_JINJA_TEXT)
        return json_text(run, out, key->as.text, style->is_ascii);
    if (!rft_jinja_is_number(key) && key->kind != RFT_JINJA_NONE)
        return rft_jinja_fail(run, "keys must be str, int, float, bool or None, not %s", rft_jinja_type_name(key));
    RFT_TRY(rft_jinja_put_z(run, out, "\""));
    RFT_TRY(json_value(run, out, key, style, 0));
    return rft_jinja_put_z(run, out, "\"");
}

static int compare_keys(const void *a, const void *b)
{
    const struct rft_jinja_pair *x = a, *y = b;
    int order;
    (void)rft_jinja_compare(&x->key, &y->key, &order);
    return order;
}

static enum rft_status json_dict(struct rft_jinja_run *run, struct rft_jinja_buffer *out,
                                 const struct rft_jinja_dict *dict, const struct rft_jinja_json_style *style,
                                 uint32_t level)
{
    const struct rft_jinja_pair *pairs = dict->pairs;
    void *sorted;
    if (style->is_sorted && dict->n != 0) {
        RFT_TRY(rft_jinja_take(run, dict->n, sizeof *pairs, &sorted));
        memcpy(sorted, pairs, dict->n * sizeof *pairs);
        qsort(sorted, dict->n, sizeof *pairs, compare_keys);
        pairs = sorted;
    }
    RFT_TRY(rft_jinja_put_z(run, out, "{"));
    for (size_t i = 0; i < dict->n; i++) {
        if (i != 0)
            RFT_TRY(rft_jinja_put(run, out, style->comma));
        RFT_TRY(json_line(run, out, style, level + 1));
        RFT_TRY(json_key(run, out, &pairs[i].key, style));
        RFT_TRY(rft_jinja_put(run, out, style->colon));
        RFT_TRY(json_value(run, out, &pairs[i].value, style, level + 1));
    }
    if (dict->n != 0)
        RFT_TRY(json_line(run, out, style, level));
    return rft_jinja_put_z(run, out, "}");
}

static enum rft_status json_value(struct rft_jinja_run *run, struct rft_jinja_buffer *out,
                                  const struct rft_jinja_value *value, const struct rft_jinja_json_style *style,
                                  uint32_t level)
{
    RFT_TRY(rft_jinja_work(run, 1));
    switch (value->kind) {
    case RFT_JINJA_NONE: return rft_jinja_put_z(run, out, "null");
    case RFT_JINJA_BOOL: return rft_jinja_put_z(run, out, value->as.boolean ? "true" : "false");
    case RFT_JINJA_INT: return rft_jinja_print_repr(run, out, value);
    case RFT_JINJA_FLOAT:
        if (isfinite(value->as.real))
            return rft_jinja_print_repr(run, out, value);
        return rft_jinja_put_z(run, out, isnan(value->as.real) ? "NaN" : value->as.real < 0 ? "-Infinity" : "Infinity");
    case RFT_JINJA_TEXT: return json_text(run, out, value->as.text, style->is_ascii);
    case RFT_JINJA_LIST:
    case RFT_JINJA_TUPLE:
        if (value->as.list->flavor == RFT_JINJA_PLAIN)
            return json_list(run, out, value->as.list, style, level);
        break;
    case RFT_JINJA_DICT: return json_dict(run, out, value->as.dict, style, level);
    default: break;
    }
    return rft_jinja_fail(run, "an object of type %s is not JSON serializable", rft_jinja_type_name(value));
}

enum rft_status rft_jinja_print_json(struct rft_jinja_run *run, struct rft_jinja_buffer *out,
                                     const struct rft_jinja_value *value, const struct rft_jinja_json_style *style)
{
    return json_value(run, out, value, style, 0);
}
