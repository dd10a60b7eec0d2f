/* SPDX-License-Identifier: MIT */
/* Filters of single values: texts and numbers. */
#include "jinja_case.h"
#include "jinja_eval.h"
#include "jinja_format.h"
#include "jinja_print.h"
#include "jinja_string.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

RFT_JINJA_BUILTIN(as_string)
{
    struct rft_jinja_text text;
    (void)args;
    RFT_TRY(rft_jinja_take_text(run, self, &text));
    *result = rft_jinja_text_value(text);
    return RFT_OK;
}

RFT_JINJA_BUILTIN(safe)
{
    RFT_TRY(as_string(run, self, args, result));
    result->is_markup = true;
    return RFT_OK;
}

static enum rft_status change_case(struct rft_jinja_run *run, const struct rft_jinja_value *self,
                                   enum rft_jinja_case wanted, struct rft_jinja_value *result)
{
    struct rft_jinja_text text;
    RFT_TRY(rft_jinja_take_text(run, self, &text));
    return rft_jinja_string_case(run, text, wanted, result);
}

RFT_JINJA_BUILTIN(upper)
{
    (void)args;
    return change_case(run, self, RFT_JINJA_UPPER, result);
}

RFT_JINJA_BUILTIN(lower)
{
    (void)args;
    return change_case(run, self, RFT_JINJA_LOWER, result);
}

RFT_JINJA_BUILTIN(capitalize)
{
    struct rft_jinja_text text;
    (void)args;
    RFT_TRY(rft_jinja_take_text(run, self, &text));
    return rft_jinja_string_capitalize(run, text, result);
}

/* The first letter of each word in upper case, the others in lower case; Jinja's words end at white space and at
 * - ( { [ <. */
RFT_JINJA_BUILTIN(title)
{
    struct rft_jinja_text text;
    struct rft_jinja_buffer out = {0};
    bool is_first = true;
    (void)args;
    RFT_TRY(rft_jinja_take_text(run, self, &text));
    for (size_t at = 0, next; at < text.len; at = next) {
        int32_t c = rft_jinja_next_char(text, at, &next);
        RFT_TRY(rft_jinja_put_case(run, &out, text, at, next, is_first ? RFT_JINJA_UPPER : RFT_JINJA_LOWER));
        is_first = rft_jinja_is_space(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<';
    }
    *result = rft_jinja_text_value(rft_jinja_built(&out));
    return RFT_OK;
}

RFT_JINJA_BUILTIN(trim)
{
    struct rft_jinja_text text, chars = {0};
    RFT_TRY(rft_jinja_take_text(run, self, &text));
    if (args->items[0].kind != RFT_JINJA_ABSENT && args->items[0].kind != RFT_JINJA_NONE)
        RFT_TRY(rft_jinja_need_text(run, &args->items[0], "what is trimmed", &chars));
    RFT_TRY(rft_jinja_work(run, rft_jinja_strip_work(text.len, chars.len)));
    *result = rft_jinja_text_value(rft_jinja_strip(text, (struct rft_bytes){chars.bytes, chars.len}, RFT_JINJA_BOTH));
    return RFT_OK;
}

RFT_JINJA_BUILTIN(replace)
{
    struct rft_jinja_text text, from, to;
    int64_t count;
    RFT_TRY(rft_jinja_take_text(run, self, &text));
    RFT_TRY(rft_jinja_take_text(run, &args->items[0], &from));
    RFT_TRY(rft_jinja_take_text(run, &args->items[1], &to));
    RFT_TRY(rft_jinja_take_int(run, &args->items[2], -1, &count));
    return rft_jinja_string_replace(run, text, from, to, count, result);
}

static enum rft_status put_escaped(struct rft_jinja_run *run, struct rft_jinja_buffer *out, struct rft_jinja_text text)
{
    static const char *const escapes[] = {"&&amp;", "<&lt;", ">&gt;", "'&#39;", "\"&#34;"};
    for (size_t at = 0; at < text.len; at++) {
        const char *as = NULL;
        for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
            if (escapes[i][0] == text.bytes[at])
                as = escapes[i] + 1;
        if (as != NULL)
            RFT_TRY(rft_jinja_put_bytes(run, out, as, strlen(as), rft_jinja_is_data(text, at)));
        else
            RFT_TRY(rft_jinja_put(run, out, rft_jinja_part(text, at, at + 1)));
    }
    return RFT_OK;
}

RFT_JINJA_BUILTIN(escape)
{
    struct rft_jinja_text text;
    struct rft_jinja_buffer out = {0};
    (void)args;
    *result = *self;
    if (self->kind == RFT_JINJA_TEXT && self->is_markup)
        return RFT_OK;
    RFT_TRY(rft_jinja_take_text(run, self, &text));
    RFT_TRY(put_escaped(run, &out, text));
    *result = rft_jinja_text_value(rft_jinja_built(&out));
    result->is_markup = true;
    return RFT_OK;
}

/* What one level is indented by: a text, or so many spaces. */
static enum rft_status take_indent(struct rft_jinja_run *run, const struct rft_jinja_value *arg, int64_t fallback,
                                   struct rft_jinja_text *by)
{
    struct rft_jinja_buffer spaces = {0};
    int64_t width;
    *by = arg->as.text;
    if (arg->kind == RFT_JINJA_TEXT)
        return RFT_OK;
    RFT_TRY(rft_jinja_take_int(run, arg, fallback, &width));
    for (; width > 0; width--)
        RFT_TRY(rft_jinja_put_z(run, &spaces, " "));
    *by = rft_jinja_built(&spaces);
    return RFT_OK;
}

/* indent(width=4, first=false, blank=false). */
RFT_JINJA_BUILTIN(indent)
{
    struct rft_jinja_text text, by;
    struct rft_jinja_list lines;
    struct rft_jinja_buffer out = {0};
    bool first = rft_jinja_take_bool(&args->items[1], false), blank = rft_jinja_take_bool(&args->items[2], false);
    RFT_TRY(rft_jinja_need_text(run, self, "what is indented", &text));
    RFT_TRY(take_indent(run, &args->items[0], 4, &by));
    RFT_TRY(rft_jinja_put(run, &out, text));
    RFT_TRY(rft_jinja_put_z(run, &out, "\n"));
    RFT_TRY(rft_jinja_string_lines(run, rft_jinja_built(&out), false, &lines));
    out = (struct rft_jinja_buffer){0};
    if (first)
        RFT_TRY(rft_jinja_put(run, &out, by));
    for (size_t i = 0; i < lines.n; i++) {
        const struct rft_jinja_text line = lines.items[i].as.text;
        if (i != 0)
            RFT_TRY(rft_jinja_put_z(run, &out, "\n"));
        if (i != 0 && (line.len != 0 || blank))
            RFT_TRY(rft_jinja_put(run, &out, by));
        RFT_TRY(rft_jinja_put(run, &out, line));
    }
    *result = rft_jinja_text_value(rft_jinja_built(&out));
    return RFT_OK;
}

RFT_JINJA_BUILTIN(center)
{
    struct rft_jinja_text text;
    int64_t width;
    RFT_TRY(rft_jinja_take_text(run, self, &text));
    RFT_TRY(rft_jinja_take_int(run, &args->items[0], 80, &width));
    return rft_jinja_string_pad(run, text, width, (struct rft_jinja_text){" ", NULL, 1}, RFT_JINJA_BOTH, result);
}

RFT_JINJA_BUILTIN(format)
{
    struct rft_jinja_value values;
    struct rft_jinja_text text;
    RFT_TRY(rft_jinja_take_text(run, self, &text));
    if (self->is_markup)
        return rft_jinja_refuse(run, "format of what safe or e made");
    if (args->n != 0 && args->n_keywords != 0)
        return rft_jinja_fail(run, "format takes its values by place or by name, not both");
    if (args->n_keywords == 0) {
        RFT_TRY(rft_jinja_list_new(run, RFT_JINJA_TUPLE, &values));
        for (size_t i = 0; i < args->n; i++)
            RFT_TRY(rft_jinja_list_add(run, values.as.list, args->items[i]));
    } else {
        RFT_TRY(rft_jinja_dict_new(run, &values));
        RFT_TRY(rft_jinja_take_keywords(run, args, values.as.dict));
    }
    return rft_jinja_format_percent(run, text, &values, result);
}

RFT_JINJA_BUILTIN(wordcount)
{
    struct rft_jinja_text text;
    int64_t n = 0;
    bool is_inside = false;
    (void)args;
    RFT_TRY(rft_jinja_take_text(run, self, &text));
    RFT_TRY(rft_jinja_work(run, text.len / 4));
    for (size_t at = 0, next; at < text.len; at = next) {
        int32_t c = rft_jinja_next_char(text, at, &next);
        bool is_word = rft_jinja_is_alpha(c) || rft_jinja_is_numeric(c) || c == '_';
        n += is_word && !is_inside;
        is_inside = is_word;
    }
    *result = rft_jinja_int(n);
    return RFT_OK;
}

/* tojson(ensure_ascii=false, indent=none, separators=none, sort_keys=false), as transformers defines it. */
RFT_JINJA_BUILTIN(tojson)
{
    const struct rft_jinja_value *indent = &args->items[1], *separators = &args->items[2];
    struct rft_jinja_json_style style = {.is_indented =
                                             indent->kind != RFT_JINJA_ABSENT && indent->kind != RFT_JINJA_NONE,
                                         .comma = {", ", NULL, 2},
                                         .colon = {": ", NULL, 2},
                                         .is_ascii = rft_jinja_take_bool(&args->items[0], false),
                                         .is_sorted = rft_jinja_take_bool(&args->items[3], false)};
    struct rft_jinja_buffer out = {0};
    RFT_TRY(take_indent(run, indent, 0, &style.indent));
    if (style.is_indented)
        style.comma.len = 1;
    if (separators->kind != RFT_JINJA_ABSENT && separators->kind != RFT_JINJA_NONE) {
        if (!rft_jinja_is_list(separators) || separators->as.list->n != 2)
            return rft_jinja_fail(run, "separators of tojson are two texts");
        RFT_TRY(rft_jinja_need_text(run, &separators->as.list->items[0], "a separator", &style.comma));
        RFT_TRY(rft_jinja_need_text(run, &separators->as.list->items[1], "a separator", &style.colon));
    }
    RFT_TRY(rft_jinja_print_json(run, &out, self, &style));
    *result = rft_jinja_text_value(rft_jinja_built(&out));
    return RFT_OK;
}

/* ---- numbers ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The number that a text is, as Python's int() and float() read it; ABSENT if it is none. */
static enum rft_status number_of(struct rft_jinja_run *run, struct rft_jinja_text text, bool is_real,
                                 struct rft_jinja_value *number)
{
    char digits[400];
    size_t n = 0;
    uint64_t whole;
    *number = (struct rft_jinja_value){0};
    RFT_TRY(rft_jinja_work(run, text.len / 16));
    text = rft_jinja_strip(text, (struct rft_bytes){0}, RFT_JINJA_BOTH);
    for (size_t i = 0; i < text.len; i++) {
        if (text.bytes[i] == '_' && i > 0 && i + 1 < text.len && is_digit(text.bytes[i - 1]) &&
            is_digit(text.bytes[i + 1]))
            continue;
        if (((unsigned char)text.bytes[i] & 0x80u) != 0)
            return rft_jinja_refuse(run, "a number with digits of other scripts");
        if (n + 1 >= sizeof digits)
            return rft_jinja_refuse(run, "a number of that many digits");
        digits[n++] = text.bytes[i];
    }
    digits[n] = '\0';
    const char *unsigned_part = digits + (digits[0] == '-' || digits[0] == '+');
    if (!is_real && unsigned_part[strspn(unsigned_part, "0123456789")] == '\0' && *unsigned_part != '\0') {
        if (!rft_parse_u64(unsigned_part, &whole) || whole > INT64_MAX)
            return rft_jinja_refuse(run, "a whole number beyond 64 bits");
        *number = rft_jinja_int(digits[0] == '-' ? -(int64_t)whole : (int64_t)whole);
    } else if (strchr("0123456789.", *unsigned_part) != NULL || is_real) {
        char *end;
        double real = strtod(digits, &end); /* what Python's float reads, and hexadecimal, which it does not */
        bool is_hex = strpbrk(unsigned_part, "xX(") != NULL;
        if (*end == '\0' && n != 0 && !is_hex && *unsigned_part != '-' && *unsigned_part != '+')
            *number = rft_jinja_float(real);
    }
    return RFT_OK;
}

static enum rft_status convert(struct rft_jinja_run *run, const struct rft_jinja_value *self, bool is_real,
                               struct rft_jinja_value fallback, struct rft_jinja_value *result)
{
    struct rft_jinja_value number = *self;
    if (self->kind == RFT_JINJA_UNDEFINED)
        return rft_jinja_fail(run, "'%.*s' is undefined", (int)self->as.name.len, self->as.name.data);
    if (self->kind == RFT_JINJA_TEXT)
        RFT_TRY(number_of(run, self->as.text, is_real, &number));
    if (!rft_jinja_is_number(&number))
        *result = fallback;
    else if (is_real)
        *result = rft_jinja_float(rft_jinja_real(&number));
    else if (number.kind != RFT_JINJA_FLOAT)
        *result = rft_jinja_int(rft_jinja_whole(&number));
    else if (!(fabs(number.as.real) < 9e18))
        return rft_jinja_refuse(run, "a whole number beyond 64 bits");
    else
        *result = rft_jinja_int((int64_t)number.as.real);
    return RFT_OK;
}

RFT_JINJA_BUILTIN(as_int)
{
    int64_t base;
    RFT_TRY(rft_jinja_take_int(run, &args->items[1], 10, &base));
    if (base != 10)
        return rft_jinja_refuse(run, "int with a base other than 10");
    return convert(run, self, false, args->items[0].kind == RFT_JINJA_ABSENT ? rft_jinja_int(0) : args->items[0],
                   result);
}

RFT_JINJA_BUILTIN(as_float)
{
    return convert(run, self, true, args->items[0].kind == RFT_JINJA_ABSENT ? rft_jinja_float(0) : args->items[0],
                   result);
}

RFT_JINJA_BUILTIN(absolute)
{
    (void)args;
    if (self->kind == RFT_JINJA_FLOAT) {
        *result = rft_jinja_float(fabs(self->as.real));
        return RFT_OK;
    }
    if (rft_jinja_is_number(self) && rft_jinja_real(self) >= 0)
        return rft_jinja_sign(run, false, self, result);
    return rft_jinja_sign(run, true, self, result);
}

/* round(precision=0, method="common"): halves to the even neighbour of the exact binary value, as Python does. */
RFT_JINJA_BUILTIN(rounded)
{
    int64_t precision;
    char text[400];
    double value, scale;
    struct rft_bytes method = rft_bytes_z("common");
    if (args->items[1].kind == RFT_JINJA_TEXT)
        method = rft_jinja_bytes(&args->items[1]);
    RFT_TRY(rft_jinja_take_int(run, &args->items[0], 0, &precision));
    if (!rft_jinja_is_number(self))
        return rft_jinja_fail(run, "round needs a number, not %s", rft_jinja_type_name(self));
    value = rft_jinja_real(self);
    if (precision < 0 || precision > 50)
        return rft_jinja_refuse(run, "round to %d places", (int)precision);
    if (self->kind != RFT_JINJA_FLOAT && rft_bytes_equal(method, rft_bytes_z("common")))
        return rft_jinja_sign(run, false, self, result);
    scale = pow(10, (double)precision);
    if (rft_bytes_equal(method, rft_bytes_z("ceil"))) {
        value = ceil(value * scale) / scale;
    } else if (rft_bytes_equal(method, rft_bytes_z("floor"))) {
        value = floor(value * scale) / scale;
    } else if (!rft_bytes_equal(method, rft_bytes_z("common"))) {
        return rft_jinja_fail(run, "method must be common, ceil or floor");
    } else if (isfinite(value)) {
        snprintf(text, sizeof text, "%.*f", (int)precision, value);
        value = strtod(text, NULL);
    }
    *result = rft_jinja_float(value);
    return RFT_OK;
}

/* ---- any value ---- */

RFT_JINJA_BUILTIN(fall_back)
{
    bool is_boolean = rft_jinja_take_bool(&args->items[1], false);
    *result = *self;
    (void)run;
    if (self->kind == RFT_JINJA_UNDEFINED || (is_boolean && !rft_jinja_is_true(self)))
        *result = args->items[0].kind == RFT_JINJA_ABSENT ? rft_jinja_literal("") : args->items[0];
    return RFT_OK;
}

RFT_JINJA_BUILTIN(attribute)
{
    struct rft_jinja_text name;
    RFT_TRY(rft_jinja_need_text(run, &args->items[0], "a name", &name));
    RFT_TRY(rft_jinja_attribute(run, self, (struct rft_bytes){name.bytes, name.len}, result));
    if (self->kind == RFT_JINJA_DICT && result->kind != RFT_JINJA_FUNCTION) /* its methods, never what is in it */
        *result = rft_jinja_undefined((struct rft_bytes){name.bytes, name.len});
    return RFT_OK;
}

static const struct rft_jinja_builtin filters[] = {
    {"abs", "", 0, absolute},
    {"attr", "name", 1, attribute},
    {"capitalize", "", 0, capitalize},
    {"center", "width", 0, center},
    {"d", "default_value boolean", 0, fall_back},
    {"default", "default_value boolean", 0, fall_back},
    {"e", "", 0, escape},
    {"escape", "", 0, escape},
    {"float", "default", 0, as_float},
    {"format", NULL, 0, format},
    {"indent", "width first blank", 0, indent},
    {"int", "default base", 0, as_int},
    {"lower", "", 0, lower},
    {"replace", "old new count", 2, replace},
    {"round", "precision method", 0, rounded},
    {"safe", "", 0, safe},
    {"string", "", 0, as_string},
    {"title", "", 0, title},
    {"tojson", "ensure_ascii indent separators sort_keys", 0, tojson},
    {"trim", "chars", 0, trim},
    {"upper", "", 0, upper},
    {"wordcount", "", 0, wordcount},
    {NULL, NULL, 0, NULL},
};
const struct rft_jinja_builtins rft_jinja_filters = {filters};
