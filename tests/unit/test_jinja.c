/* SPDX-License-Identifier: MIT */
/* The interpreter of chat templates, where no reference says what is right: marks, places of errors, bounds. What
 * templates render to is in oracle_jinja. */
#include "support.h"

#include "jinja.h"
#include "json.h"

#include <inttypes.h>
#include <string.h>

struct rendered {
    enum rft_status status;
    struct rft_jinja_output output;
    struct rft_jinja_error error;
};

/* Renders with messages and two tokens. finish() it. */
static struct rendered render(const char *source)
{
    static const char text[] =
        "[{\"role\": \"user\", \"content\": \"say </s> <b>\", \"n\": 1.5, \"inner\": {\"role\": \"</s>\"}}]";
    struct rendered r = {0};
    struct rft_jinja_template *template;
    struct rft_json_problem problem;
    json_t *messages, *token = json_string("</s>");
    r.status = token != NULL ? rft_json_try(rft_bytes_z(text), 0, &messages, &problem) : RFT_ERR_HOST_MEMORY;
    if (r.status != RFT_OK) {
        json_decref(token);
        return r;
    }
    const struct rft_jinja_variable variables[] = {{.name = "messages", .json = messages, .trusted_key = "role"},
                                                   {.name = "eos_token", .json = token, .is_trusted = true}};
    const struct rft_jinja_input input = {.variables = variables, .n_variables = 2, .date = {2024, 2, 29}};
    r.status = rft_jinja_parse(rft_bytes_z(source), &template, &r.error);
    if (r.status == RFT_OK)
        r.status = rft_jinja_render(template, &input, &r.output, &r.error);
    rft_jinja_close(template);
    json_decref(messages);
    json_decref(token);
    return r;
}

static void finish(struct rendered *r)
{
    rft_jinja_output_finish(&r->output);
}

/* marks: a character for each byte of what comes out, '.' for the template's own and 'd' for data. */
static void check_marks(const char *source, const char *text, const char *marks)
{
    struct rendered r = render(source);
    if (r.status != RFT_OK)
        fail_msg("%s: %s", source, r.error.text);
    assert_string_equal(r.output.text.data, text);
    assert_int_equal(r.output.marks.len, strlen(marks));
    for (size_t i = 0; i < strlen(marks); i++)
        if ((r.output.marks.data[i] != 0) != (marks[i] == 'd'))
            fail_msg("%s: byte %zu of \"%s\" is marked wrongly", source, i, text);
    finish(&r);
}

static void bytes_know_where_they_came_from(void **state)
{
    (void)state;
    check_marks("</s>{{ eos_token }}", "</s></s>", "........");
    check_marks("[{{ messages[0].content }}]", "[say </s> <b>]", ".dddddddddddd.");
    check_marks("{{ '<|' + messages[0].role + '|>' }}", "<|user|>", "........");
    check_marks("{{ messages[0].inner.role }}{{ messages[0].inner|tojson }}", "</s>{\"role\": \"</s>\"}",
                "dddd..dddd....dddd..");
    check_marks("{{ '<' ~ messages[0].content[4:8] ~ '>' }}", "<</s>>", ".dddd.");
    check_marks("{{ messages[0].content.split(' ')[1] }}", "</s>", "dddd");
    check_marks("{{ messages[0].content|replace('</s>', eos_token) }}", "say </s> <b>", "dddd....dddd");
    check_marks("{{ 'x </s>'|replace('x', messages[0].content[:3]) }}", "say </s>", "ddd.....");
    check_marks("{{ messages[0].content|upper|trim|title }}", "Say </s> <B>", "dddddddddddd");
    check_marks("{{ messages[0].content|e }}", "say &lt;/s&gt; &lt;b&gt;", "dddddddddddddddddddddddd");
    check_marks("{{ messages[0].content|tojson }}", "\"say </s> <b>\"", ".dddddddddddd.");
    check_marks("{{ [messages[0].content] }}", "['say </s> <b>']", "..dddddddddddd..");
    check_marks("{{ messages[0].content|list|join('-') }}", "s-a-y- -<-/-s->- -<-b->", "d.d.d.d.d.d.d.d.d.d.d.d");
    check_marks("{{ messages[0].content[4:8][::-1] }}", ">s/<", "dddd");
    check_marks("{{ '%s|%5s' % (messages[0].content[4:8], 'a') }}", "</s>|    a", "dddd......");
    check_marks("{{ '{}!'.format(messages[0].content[4:8]) }}", "</s>!", "dddd.");
    check_marks("{% set c %}<{{ messages[0].content[4:8] }}>{% endset %}{{ c }}", "<</s>>", ".dddd.");
    check_marks("{% macro m(x) %}[{{ x }}]{% endmacro %}{{ m(messages[0].content[4:8]) }}", "[</s>]", ".dddd.");
    check_marks("{% filter upper %}a{{ messages[0].content[:3] }}{% endfilter %}", "ASAY", ".ddd");
    check_marks("{{ messages[0].content[4:6] ~ 's>' }}", "</s>", "dd..");
    check_marks("{{ (messages[0].keys()|list)[2] ~ messages[0].n }}", "n1.5", "d...");
}

/* place: "line:column". */
static void check_refused(const char *source, enum rft_status status, const char *place, const char *part)
{
    char where[40];
    struct rendered r = render(source);
    if (r.status == RFT_OK)
        fail_msg("%.60s: renders as \"%.100s\"", source, r.output.text.data != NULL ? r.output.text.data : "");
    snprintf(where, sizeof where, "%" PRIu32 ":%" PRIu32, r.error.line, r.error.column);
    if (r.status != status || strcmp(where, place) != 0 || strstr(r.error.text, part) == NULL)
        fail_msg("%.60s: status %d, %s: %s", source, (int)r.status, where, r.error.text);
    finish(&r);
}

static void errors_name_their_place_and_construct(void **state)
{
    (void)state;
    check_refused("a\n  {{ 1 + }}", RFT_ERR_INPUT, "2:10", "\"}}\" stands where an expression is expected");
    check_refused("{{ x|nosuch }}", RFT_ERR_UNSUPPORTED, "1:6", "the filter \"nosuch\" is not known");
    check_refused("\n\n{{ x is nosuch }}", RFT_ERR_UNSUPPORTED, "3:9", "the test \"nosuch\" is not known");
    check_refused("{% for x in y recursive %}{% endfor %}", RFT_ERR_UNSUPPORTED, "1:15", "a recursive loop");
    check_refused("{% include 'a' %}", RFT_ERR_UNSUPPORTED, "1:4", "{% include %} is not supported");
    check_refused("{% block a %}{% endblock %}", RFT_ERR_UNSUPPORTED, "1:4", "{% block %}");
    check_refused("{{ f(*x) }}", RFT_ERR_UNSUPPORTED, "1:6", "a call with * or **");
    check_refused("{% if x %}", RFT_ERR_INPUT, "1:11", "{% endif %} is expected");
    check_refused("{% for x in y %}{% else %}", RFT_ERR_INPUT, "1:27", "{% endfor %} is expected");
    check_refused("{% macro m() %}", RFT_ERR_INPUT, "1:16", "{% endmacro %} is expected");
    check_refused("{{ 'a", RFT_ERR_INPUT, "1:4", "a string is not closed");
    check_refused("{# a", RFT_ERR_INPUT, "1:1", "#} is missing");
    check_refused("{{ a", RFT_ERR_INPUT, "1:5", "}} is missing");
    check_refused("{{ $ }}", RFT_ERR_INPUT, "1:4", "no meaning");
    check_refused("{{ 99999999999999999999 }}", RFT_ERR_INPUT, "1:4", "64 bits");
    check_refused("a\n{{ nosuch() }}", RFT_ERR_INPUT, "2:10", "'nosuch' is undefined");
    check_refused("{{ messages[0].role.nosuch.x }}", RFT_ERR_INPUT, "1:27", "'nosuch' is undefined");
    check_refused("{{ messages.append(1) }}", RFT_ERR_INPUT, "1:19", "must not change a list");
    check_refused("{{ range }}", RFT_ERR_UNSUPPORTED, "1:4", "printing a function");
    check_refused("{{ strftime_now('%Q') }}", RFT_ERR_UNSUPPORTED, "1:16", "%Q in strftime_now");
    check_refused("{{ ('a'|safe) + 'b' }}", RFT_ERR_UNSUPPORTED, "1:15", "what safe or e made");
    check_refused("{% for x in y %}{% set z %}{% break %}{% endset %}{% endfor %}", RFT_ERR_INPUT, "1:31",
                  "no loop is open");
    check_refused("{% macro m() %}{{ varargs }}{% endmacro %}", RFT_ERR_UNSUPPORTED, "1:19", "varargs or kwargs");
    check_refused("{{ joiner() }}", RFT_ERR_UNSUPPORTED, "1:4", "joiner");
    check_refused("{{ a\xe2\x86\x92"
                  "b }}",
                  RFT_ERR_INPUT, "1:5", "no meaning");
    check_refused("{{ [1] is sameas [1] }}", RFT_ERR_UNSUPPORTED, "1:11", "sameas of a list");
    check_refused("{{ 9223372036854775807 + 1 }}", RFT_ERR_UNSUPPORTED, "1:24", "beyond 64 bits");
    check_refused("\xff", RFT_ERR_INPUT, "0:0", "no UTF-8");
}

static void a_template_raises_its_own_message(void **state)
{
    struct rendered r = render("{{ raise_exception('Only ' ~ messages[0].role ~ ' turns') }}");
    (void)state;
    assert_int_equal(r.status, RFT_ERR_INPUT);
    assert_true(r.error.is_raised);
    assert_string_equal(r.error.text, "Only user turns");
    finish(&r);
    r = render("{{ missing.x }}");
    assert_false(r.error.is_raised);
    finish(&r);
}

static void dates_come_from_outside(void **state)
{
    struct rft_jinja_date date;
    (void)state;
    check_marks("{{ strftime_now('%d %b %Y %A %j') }}", "29 Feb 2024 Thursday 060", "........................");
    assert_true(rft_jinja_date_read("2024-02-29", &date) && date.year == 2024 && date.month == 2 && date.day == 29);
    static const char *const wrong[] = {"2023-02-29", "2024-13-01", "2024-00-01", "2024-1-1",   "2024-01-01x",
                                        "",           "20240101",   "1899-01-01", "2024-04-31", "2024/01/01"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(rft_jinja_date_read(wrong[i], &date));
}

/* Templates that would never end, or take all memory, or all stack: each ends with a line. */
static void hostile_templates_are_stopped(void **state)
{
    static const char *const hostile[] = {
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{{ 'a' * 10**9 }}",
        "{{ [0] * 10**9 }}",
        "{{ 10**10**10 }}",
        "{{ 2**63 }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% set n = namespace(s='ab') %}{% for i in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}",
        "{% set n = namespace(a=[]) %}{% for i in range(999) %}{% set n.a = [n.a] %}{% endfor %}{{ n.a }}",
        "{% set n = namespace(a=[1], b=[1]) %}{% for i in range(60) %}{% set n.a = [n.a, n.a] %}"
        "{% set n.b = [n.b, n.b] %}{% endfor %}{{ n.a == n.b }}",
        "{{ range(100000)|join('x' * 9000) }}",
        "{{ ('a' * 300000).find('a' * 150000 ~ 'b') }}",
        "{{ 'a'.center(10**9) }}",
        "{{ 'a\nb'|indent(10**9) }}",
        "{{ [1]|tojson(indent=10**9) }}",
        "{{ '%999999999s' % 1 }}",
        "{% set s = ' ' * 1000000 %}{% for i in range(100000) %}{{ s.strip() }}{% endfor %}",
        "{% set s = 'ab' * 400000 %}{{ s.strip(s) }}",
        "{% set s = 'a' * 1000000 %}{% for i in range(100000) %}{{ s.startswith(s) }}{{ s.isalpha() }}{{ s is lower }}"
        "{% endfor %}",
        "{% set n = namespace(a=[1], b=[1]) %}{% for i in range(60) %}{% set n.a = [n.a, n.a] %}"
        "{% set n.b = [n.b, n.b] %}{% endfor %}{% set a = n.a %}{% set b = n.b %}{{ a.index == b.index }}",
        "{% set k = 'a' * 16000 %}{% set d = {k ~ 1: 1, k ~ 2: 2, k ~ 3: 3, k ~ 4: 4} %}{% for i in range(100000) %}"
        "{{ d[k] }}{% endfor %}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        struct rendered r = render(hostile[i]);
        if (r.status != RFT_ERR_INPUT && r.status != RFT_ERR_UNSUPPORTED)
            fail_msg("%s: status %d", hostile[i], (int)r.status);
        finish(&r);
    }
}

static void nesting_is_bounded(void **state)
{
    static const struct {
        const char *open, *middle, *close;
    } shapes[] = {{"(", "1", ")"}, {"[", "1", "]"},           {"{1: ", "1", "}"}, {"not ", "1", ""},
                  {"-", "1", ""},  {"1 if 1 else ", "1", ""}, {"f(", "1", ")"},   {"x[", "1", "]"}};
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct rft_str source = {0};
        assert_int_equal(rft_str_append_z(&source, "{{ "), RFT_OK);
        for (int k = 0; k < 20000; k++)
            assert_int_equal(rft_str_append_z(&source, shapes[i].open), RFT_OK);
        assert_int_equal(rft_str_append_z(&source, shapes[i].middle), RFT_OK);
        for (int k = 0; k < 20000; k++)
            assert_int_equal(rft_str_append_z(&source, shapes[i].close), RFT_OK);
        assert_int_equal(rft_str_append_z(&source, " }}"), RFT_OK);
        struct rendered r = render(source.data);
        assert_int_equal(r.status, RFT_ERR_INPUT);
        assert_non_null(strstr(r.error.text, "nested too deep"));
        finish(&r);
        rft_str_finish(&source);
    }
}

static enum rft_status render_one(void *user)
{
    struct rendered r = render(user);
    finish(&r);
    return r.status;
}

static void short_memory_is_an_error(void **state)
{
    (void)state;
    assert_true(rft_test_alloc_faults(render_one,
                                      "{% macro m(x) %}[{{ x|upper }}]{% endmacro %}{% for m2 in messages * 50 %}"
                                      "{{ m(m2.content * 100) }}{{ m2|tojson }}{% endfor %}") > 3);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_know_where_they_came_from),   cmocka_unit_test(errors_name_their_place_and_construct),
        cmocka_unit_test(a_template_raises_its_own_message), cmocka_unit_test(dates_come_from_outside),
        cmocka_unit_test(hostile_templates_are_stopped),     cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(short_memory_is_an_error),
    };
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
