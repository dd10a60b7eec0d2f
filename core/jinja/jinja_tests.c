/* SPDX-License-Identifier: MIT */
/* Tests: what may stand behind "is". */
#include "jinja_case.h"
#include "jinja_eval.h"

#define TEST(name, holds)                                                                                              \
    RFT_JINJA_BUILTIN(name)                                                                                            \
    {                                                                                                                  \
        (void)run;                                                                                                     \
        (void)args;                                                                                                    \
        *result = rft_jinja_bool(holds);                                                                               \
        return RFT_OK;                                                                                                 \
    }

static bool is_iterable(const struct rft_jinja_value *value)
{
    return value->kind == RFT_JINJA_TEXT || value->kind == RFT_JINJA_DICT || value->kind == RFT_JINJA_UNDEFINED ||
           value->kind == RFT_JINJA_LOOP || rft_jinja_is_list(value);
}

static bool is_sequence(const struct rft_jinja_value *value)
{
    if (rft_jinja_is_list(value))
        return value->as.list->flavor == RFT_JINJA_PLAIN || value->as.list->flavor == RFT_JINJA_RANGE;
    return value->kind == RFT_JINJA_TEXT || value->kind == RFT_JINJA_DICT || value->kind == RFT_JINJA_UNDEFINED;
}

TEST(is_defined, self->kind != RFT_JINJA_UNDEFINED)
TEST(is_undefined, self->kind == RFT_JINJA_UNDEFINED)
TEST(is_none, self->kind == RFT_JINJA_NONE)
TEST(is_boolean, self->kind == RFT_JINJA_BOOL)
TEST(is_true, self->kind == RFT_JINJA_BOOL && self->as.boolean)
TEST(is_false, self->kind == RFT_JINJA_BOOL && !self->as.boolean)
TEST(is_integer, self->kind == RFT_JINJA_INT)
TEST(is_float, self->kind == RFT_JINJA_FLOAT)
TEST(is_number, rft_jinja_is_number(self))
TEST(is_string, self->kind == RFT_JINJA_TEXT)
TEST(is_mapping, self->kind == RFT_JINJA_DICT)
TEST(is_sequence_test, is_sequence(self))
TEST(is_iterable_test, is_iterable(self))
TEST(is_escaped, self->kind == RFT_JINJA_TEXT && self->is_markup)
TEST(is_callable,
     self->kind == RFT_JINJA_MACRO || self->kind == RFT_JINJA_FUNCTION || self->kind == RFT_JINJA_UNDEFINED)

/* Which of equal values are one object is Python's secret, but for these. */
RFT_JINJA_BUILTIN(is_sameas)
{
    const struct rft_jinja_value *other = &args->items[0];
    bool is_single = self->kind == RFT_JINJA_NONE || self->kind == RFT_JINJA_BOOL;
    if (self->kind == other->kind && !is_single)
        return rft_jinja_refuse(run, "sameas of a %s", rft_jinja_type_name(self));
    *result = rft_jinja_bool(self->kind == other->kind && rft_jinja_equal(self, other));
    return RFT_OK;
}

/* Tests that are operators. */
#define COMPARISON(name, text)                                                                                         \
    RFT_JINJA_BUILTIN(name)                                                                                            \
    {                                                                                                                  \
        bool holds;                                                                                                    \
        RFT_TRY(rft_jinja_compare_by(run, rft_bytes_z(text), self, &args->items[0], &holds));                          \
        *result = rft_jinja_bool(holds);                                                                               \
        return RFT_OK;                                                                                                 \
    }
COMPARISON(is_equal, "==")
COMPARISON(is_unequal, "!=")
COMPARISON(is_less, "<")
COMPARISON(is_at_most, "<=")
COMPARISON(is_greater, ">")
COMPARISON(is_at_least, ">=")
COMPARISON(is_in, "in")

static enum rft_status remainder_is(struct rft_jinja_run *run, const struct rft_jinja_value *self,
                                    const struct rft_jinja_value *divisor, int64_t wanted,
                                    struct rft_jinja_value *result)
{
    struct rft_jinja_value remainder, number = rft_jinja_int(wanted);
    RFT_TRY(rft_jinja_binary(run, rft_bytes_z("%"), self, divisor, &remainder));
    *result = rft_jinja_bool(rft_jinja_equal(&remainder, &number));
    return RFT_OK;
}

RFT_JINJA_BUILTIN(is_odd)
{
    const struct rft_jinja_value two = rft_jinja_int(2);
    (void)args;
    return remainder_is(run, self, &two, 1, result);
}

RFT_JINJA_BUILTIN(is_even)
{
    const struct rft_jinja_value two = rft_jinja_int(2);
    (void)args;
    return remainder_is(run, self, &two, 0, result);
}

RFT_JINJA_BUILTIN(is_divisible)
{
    return remainder_is(run, self, &args->items[0], 0, result);
}

/* str(value).islower() and isupper(). */
static enum rft_status case_is(struct rft_jinja_run *run, const struct rft_jinja_value *self, const char *method,
                               struct rft_jinja_value *result)
{
    struct rft_jinja_text text;
    const struct rft_jinja_arguments none = {0};
    RFT_TRY(rft_jinja_take_text(run, self, &text));
    const struct rft_jinja_value value = rft_jinja_text_value(text);
    return rft_jinja_invoke(run, rft_jinja_builtin_find(&rft_jinja_text_methods, rft_bytes_z(method)), &value, &none,
                            result);
}

RFT_JINJA_BUILTIN(is_lower)
{
    (void)args;
    return case_is(run, self, "islower", result);
}

RFT_JINJA_BUILTIN(is_upper)
{
    (void)args;
    return case_is(run, self, "isupper", result);
}

/* Whether there is a filter, or a test, of this name. */
static enum rft_status name_is_known(struct rft_jinja_run *run, const struct rft_jinja_value *self,
                                     const struct rft_jinja_builtins *table, struct rft_jinja_value *result)
{
    if (self->kind != RFT_JINJA_TEXT || rft_jinja_builtin_find(table, rft_jinja_bytes(self)) == NULL)
        return rft_jinja_refuse(run, "asking for a filter or a test that is not known here");
    *result = rft_jinja_bool(true);
    return RFT_OK;
}

RFT_JINJA_BUILTIN(is_filter)
{
    (void)args;
    return name_is_known(run, self, &rft_jinja_filters, result);
}

RFT_JINJA_BUILTIN(is_test)
{
    (void)args;
    return name_is_known(run, self, &rft_jinja_tests, result);
}

static const struct rft_jinja_builtin tests[] = {
    {"!=", "other", 1, is_unequal},
    {"<", "other", 1, is_less},
    {"<=", "other", 1, is_at_most},
    {"==", "other", 1, is_equal},
    {">", "other", 1, is_greater},
    {">=", "other", 1, is_at_least},
    {"boolean", "", 0, is_boolean},
    {"callable", "", 0, is_callable},
    {"defined", "", 0, is_defined},
    {"divisibleby", "num", 1, is_divisible},
    {"eq", "other", 1, is_equal},
    {"equalto", "other", 1, is_equal},
    {"escaped", "", 0, is_escaped},
    {"even", "", 0, is_even},
    {"false", "", 0, is_false},
    {"filter", "", 0, is_filter},
    {"float", "", 0, is_float},
    {"ge", "other", 1, is_at_least},
    {"greaterthan", "other", 1, is_greater},
    {"gt", "other", 1, is_greater},
    {"in", "seq", 1, is_in},
    {"integer", "", 0, is_integer},
    {"iterable", "", 0, is_iterable_test},
    {"le", "other", 1, is_at_most},
    {"lessthan", "other", 1, is_less},
    {"lower", "", 0, is_lower},
    {"lt", "other", 1, is_less},
    {"mapping", "", 0, is_mapping},
    {"ne", "other", 1, is_unequal},
    {"none", "", 0, is_none},
    {"number", "", 0, is_number},
    {"odd", "", 0, is_odd},
    {"sameas", "other", 1, is_sameas},
    {"sequence", "", 0, is_sequence_test},
    {"string", "", 0, is_string},
    {"test", "", 0, is_test},
    {"true", "", 0, is_true},
    {"undefined", "", 0, is_undefined},
    {"upper", "", 0, is_upper},
    {NULL, NULL, 0, NULL},
};
const struct rft_jinja_builtins rft_jinja_tests = {tests};
