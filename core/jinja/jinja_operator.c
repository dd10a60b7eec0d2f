/* SPDX-License-Identifier: MIT */
/* Operators, with Python's rules for numbers, texts and lists. Whole numbers have 64 bits: what would not fit fails. */
#include "jinja_eval.h"
#include "jinja_format.h"

#include <math.h>

static enum rft_status wrong_types(struct rft_jinja_run *run, struct rft_bytes operator,
                                   const struct rft_jinja_value * a, const struct rft_jinja_value *b)
{
    const struct rft_jinja_value *undefined = a->kind == RFT_JINJA_UNDEFINED   ? a
                                              : b->kind == RFT_JINJA_UNDEFINED ? b
                                                                               : NULL;
    if (undefined != NULL)
        return rft_jinja_fail(run, "'%.*s' is undefined", (int)undefined->as.name.len, undefined->as.name.data);
    return rft_jinja_fail(run, "unsupported operand types for %.*s: '%s' and '%s'", (int)operator.len, operator.data,
                          rft_jinja_type_name(a), rft_jinja_type_name(b));
}

static enum rft_status overflow(struct rft_jinja_run *run)
{
    return rft_jinja_refuse(run, "a whole number beyond 64 bits");
}

static enum rft_status by_zero(struct rft_jinja_run *run)
{
    return rft_jinja_fail(run, "division by zero");
}

static enum rft_status power(struct rft_jinja_run *run, int64_t base, int64_t exponent, int64_t *result)
{
    *result = 1;
    if (exponent > 64 && (base > 1 || base < -1))
        return overflow(run);
    if (base >= -1 && base <= 1)
        exponent = base == -1 ? exponent & 1 : exponent != 0;
    for (; exponent > 0; exponent--)
        if (__builtin_mul_overflow(*result, base, result))
            return overflow(run);
    return RFT_OK;
}

/* Rounded down, as Python does; b is not 0. */
static int64_t floor_divide(int64_t a, int64_t b)
{
    int64_t quotient = a / b;
    return quotient - (a % b != 0 && (a < 0) != (b < 0));
}

static enum rft_status binary_whole(struct rft_jinja_run *run, struct rft_bytes operator, int64_t a, int64_t b,
                                    struct rft_jinja_value *result)
{
    int64_t r = 0;
    bool is_double = operator.len == 2;
    switch (operator.data[0]) {
    case '+':
        if (__builtin_add_overflow(a, b, &r))
            return overflow(run);
        break;
    case '-':
        if (__builtin_sub_overflow(a, b, &r))
            return overflow(run);
        break;
    case '*':
        if (is_double && b < 0) {
            if (a == 0)
                return by_zero(run);
            *result = rft_jinja_float(pow((double)a, (double)b));
            return RFT_OK;
        }
        if (is_double)
            RFT_TRY(power(run, a, b, &r));
        else if (__builtin_mul_overflow(a, b, &r))
            return overflow(run);
        break;
    default: /* / // % */
        if (b == 0)
            return by_zero(run);
        if (operator.data[0] == '/' && !is_double) {
            *result = rft_jinja_float((double)a / (double)b);
            return RFT_OK;
        }
        if (b == -1 && a == INT64_MIN)
            return overflow(run);
        r = operator.data[0] == '/' ? floor_divide(a, b) : a - floor_divide(a, b) * b;
    }
    *result = rft_jinja_int(r);
    return RFT_OK;
}

/* As Python's floats are divided: by way of the remainder, which is exact. */
static double floor_divide_real(double a, double b)
{
    double remainder = fmod(a, b), quotient = (a - remainder) / b;
    if (remainder != 0 && (remainder < 0) != (b < 0))
        quotient -= 1;
    if (quotient == 0)
        return copysign(0, a / b);
    double below = floor(quotient);
    return quotient - below > 0.5 ? below + 1 : below;
}

static enum rft_status binary_real(struct rft_jinja_run *run, struct rft_bytes operator, double a, double b,
                                   struct rft_jinja_value *result)
{
    double r = 0;
    bool is_double = operator.len == 2;
    if ((operator.data[0] == '/' || operator.data[0] == '%') && b == 0)
        return by_zero(run);
    switch (operator.data[0]) {
    case '+': r = a + b; break;
    case '-': r = a - b; break;
    case '*': r = is_double ? pow(a, b) : a * b; break;
    case '/': r = is_double ? floor_divide_real(a, b) : a / b; break;
    default:
        r = fmod(a, b);
        if (r == 0)
            r = copysign(0, b);
        else if ((r < 0) != (b < 0))
            r += b;
    }
    if (is_double && operator.data[0] == '*' && !isfinite(r) && isfinite(a) && isfinite(b))
        return rft_jinja_refuse(run, "a power that is no double");
    *result = rft_jinja_float(r);
    return RFT_OK;
}

/* "ab" * 3, [0] * 3. */
static enum rft_status repeat(struct rft_jinja_run *run, const struct rft_jinja_value *what, int64_t n,
                              struct rft_jinja_value *result)
{
    struct rft_jinja_buffer buffer = {0};
    if (what->kind == RFT_JINJA_TEXT) {
        for (int64_t i = 0; i < n && what->as.text.len != 0; i++)
            RFT_TRY(rft_jinja_put(run, &buffer, what->as.text));
        *result = rft_jinja_text_value(rft_jinja_built(&buffer));
        return RFT_OK;
    }
    RFT_TRY(rft_jinja_list_new(run, what->kind, result));
    for (int64_t i = 0; i < n && what->as.list->n != 0; i++) {
        RFT_TRY(rft_jinja_work(run, what->as.list->n));
        for (size_t k = 0; k < what->as.list->n; k++)
            RFT_TRY(rft_jinja_list_add(run, result->as.list, what->as.list->items[k]));
    }
    return RFT_OK;
}

static bool is_plain_list(const struct rft_jinja_value *value)
{
    return rft_jinja_is_list(value) && value->as.list->flavor == RFT_JINJA_PLAIN;
}

static enum rft_status join(struct rft_jinja_run *run, const struct rft_jinja_value *a, const struct rft_jinja_value *b,
                            struct rft_jinja_value *result)
{
    const struct rft_jinja_value *both[2] = {a, b};
    struct rft_jinja_buffer buffer = {0};
    if (a->kind == RFT_JINJA_TEXT) {
        RFT_TRY(rft_jinja_put(run, &buffer, a->as.text));
        RFT_TRY(rft_jinja_put(run, &buffer, b->as.text));
        *result = rft_jinja_text_value(rft_jinja_built(&buffer));
        return RFT_OK;
    }
    RFT_TRY(rft_jinja_list_new(run, a->kind, result));
    RFT_TRY(rft_jinja_work(run, a->as.list->n + b->as.list->n));
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < both[k]->as.list->n; i++)
            RFT_TRY(rft_jinja_list_add(run, result->as.list, both[k]->as.list->items[i]));
    return RFT_OK;
}

static bool is_whole(const struct rft_jinja_value *value)
{
    return value->kind == RFT_JINJA_BOOL || value->kind == RFT_JINJA_INT;
}

enum rft_status rft_jinja_binary(struct rft_jinja_run *run, struct rft_bytes operator, const struct rft_jinja_value * a,
                                 const struct rft_jinja_value *b, struct rft_jinja_value *result)
{
    char sign = operator.len == 1 ? operator.data[0] : '\0';
    if ((a->kind == RFT_JINJA_TEXT && a->is_markup) || (b->kind == RFT_JINJA_TEXT && b->is_markup))
        return rft_jinja_refuse(run, "%.*s with what safe or e made", (int)operator.len, operator.data);
    if (is_whole(a) && is_whole(b))
        return binary_whole(run, operator, rft_jinja_whole(a), rft_jinja_whole(b), result);
    if (rft_jinja_is_number(a) && rft_jinja_is_number(b))
        return binary_real(run, operator, rft_jinja_real(a), rft_jinja_real(b), result);
    if (sign == '+' && a->kind == b->kind && (a->kind == RFT_JINJA_TEXT || (is_plain_list(a) && is_plain_list(b))))
        return join(run, a, b, result);
    if (sign == '*' && (a->kind == RFT_JINJA_TEXT || is_plain_list(a)) && is_whole(b))
        return repeat(run, a, rft_jinja_whole(b), result);
    if (sign == '*' && (b->kind == RFT_JINJA_TEXT || is_plain_list(b)) && is_whole(a))
        return repeat(run, b, rft_jinja_whole(a), result);
    if (sign == '%' && a->kind == RFT_JINJA_TEXT)
        return rft_jinja_format_percent(run, a->as.text, b, result);
    return wrong_types(run, operator, a, b);
}

enum rft_status rft_jinja_sign(struct rft_jinja_run *run, bool is_negative, const struct rft_jinja_value *a,
                               struct rft_jinja_value *result)
{
    if (a->kind == RFT_JINJA_FLOAT)
        *result = rft_jinja_float(is_negative ? -a->as.real : a->as.real);
    else if (!is_whole(a))
        return wrong_types(run, rft_bytes_z(is_negative ? "-" : "+"), a, a);
    else if (is_negative && rft_jinja_whole(a) == INT64_MIN)
        return overflow(run);
    else
        *result = rft_jinja_int(is_negative ? -rft_jinja_whole(a) : rft_jinja_whole(a));
    return RFT_OK;
}

enum rft_status rft_jinja_contains(struct rft_jinja_run *run, const struct rft_jinja_value *container,
                                   const struct rft_jinja_value *item, bool *contains)
{
    struct rft_jinja_list members;
    *contains = false;
    if (container->kind == RFT_JINJA_DICT) {
        if (!rft_jinja_is_hashable(item))
            return rft_jinja_fail(run, "unhashable type: '%s'", rft_jinja_type_name(item));
        RFT_TRY(rft_jinja_work(run, rft_jinja_find_key_work(container->as.dict, item)));
        *contains = rft_jinja_dict_find(container->as.dict, item) != NULL;
        return RFT_OK;
    }
    if (container->kind == RFT_JINJA_TEXT) {
        if (item->kind != RFT_JINJA_TEXT)
            return rft_jinja_fail(run, "'in' looks for a str in a str, not for a %s", rft_jinja_type_name(item));
        RFT_TRY(rft_jinja_work(run, rft_jinja_find_work(container->as.text.len, item->as.text.len)));
        *contains = rft_jinja_find(container->as.text, 0, container->as.text.len, rft_jinja_bytes(item)) != SIZE_MAX;
        return RFT_OK;
    }
    RFT_TRY(rft_jinja_work(run, rft_jinja_weight(container)));
    RFT_TRY(rft_jinja_iterate(run, container, &members));
    for (size_t i = 0; i < members.n && !*contains; i++)
        *contains = rft_jinja_equal(&members.items[i], item);
    return RFT_OK;
}

enum rft_status rft_jinja_compare_by(struct rft_jinja_run *run, struct rft_bytes operator,
                                     const struct rft_jinja_value * a, const struct rft_jinja_value *b, bool *holds)
{
    char first = operator.data[0], last = operator.data[operator.len - 1];
    int order;
    RFT_TRY(rft_jinja_work(run, rft_jinja_weight(a)));
    if (first == '=' || first == '!') {
        *holds = rft_jinja_equal(a, b) == (first == '=');
        return RFT_OK;
    }
    if (last == 'n') { /* in, not in */
        RFT_TRY(rft_jinja_contains(run, b, a, holds));
        *holds = *holds == (first == 'i');
        return RFT_OK;
    }
    if (!rft_jinja_compare(a, b, &order))
        return wrong_types(run, operator, a, b);
    *holds = (order < 0 && first == '<') || (order > 0 && first == '>') || (order == 0 && last == '=');
    if (rft_jinja_is_number(a) && (isnan(rft_jinja_real(a)) || isnan(rft_jinja_real(b))))
        *holds = false;
    return RFT_OK;
}
