/* SPDX-License-Identifier: MIT */
/* Templates against what transformers makes of them: data/jinja.json, by make_jinja.py beside this file. */
#include "support.h"

#include "jinja.h"
#include "json.h"
#include "marks.h"
#include "tokenizer_json.h"

#define VARIABLES_MAX 40

static json_t *read_cases(void)
{
    json_error_t error;
    json_t *json = json_load_file(rft_test_path("tests/oracle/data/jinja.json"), JSON_ALLOW_NUL, &error);
    if (json == NULL)
        fail_msg("jinja.json:%d: %s", error.line, error.text);
    return json;
}

static size_t take_variables(const json_t *objects, bool is_trusted, struct rft_jinja_variable *to)
{
    size_t n = 0;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)objects, name, value)
    {
        assert_true(n < VARIABLES_MAX);
        to[n++] = (struct rft_jinja_variable){.name = name, .json = value, .is_trusted = is_trusted};
    }
    return n;
}

static enum rft_status render(struct rft_bytes source, const struct rft_jinja_input *input,
                              struct rft_jinja_output *output, struct rft_jinja_error *error)
{
    struct rft_jinja_template *template;
    enum rft_status status = rft_jinja_parse(source, &template, error);
    if (status == RFT_OK)
        status = rft_jinja_render(template, input, output, error);
    rft_jinja_close(template);
    return status;
}

static void check_case(const json_t *pair, const struct rft_jinja_input *input)
{
    const json_t *source = json_array_get(pair, 0), *expected = json_array_get(pair, 1);
    struct rft_bytes text = {json_string_value(source), json_string_length(source)};
    struct rft_jinja_output output = {0};
    struct rft_jinja_error error;
    enum rft_status status = render(text, input, &output, &error);
    if (json_is_null(expected) && status == RFT_OK)
        fail_msg("%s: renders as \"%s\", and the reference refuses it", text.data, output.text.data);
    if (json_is_null(expected))
        assert_true((status == RFT_ERR_INPUT || status == RFT_ERR_UNSUPPORTED) && error.text[0] != '\0');
    else if (status != RFT_OK)
        fail_msg("%s: refused: %u:%u: %s", text.data, error.line, error.column, error.text);
    else if (!rft_bytes_equal((struct rft_bytes){output.text.data, output.text.len},
                              (struct rft_bytes){json_string_value(expected), json_string_length(expected)}))
        fail_msg("%s: renders as\n%s\nand not as\n%s", text.data, output.text.data, json_string_value(expected));
    else
        assert_int_equal(output.marks.len, output.text.len);
    rft_jinja_output_finish(&output);
}

static void templates_render_as_with_transformers(void **state)
{
    json_t *json = read_cases(), *cases = json_object_get(json, "cases");
    struct rft_jinja_variable variables[2 * VARIABLES_MAX];
    struct rft_jinja_input input = {.variables = variables, .date = {2026, 1, 31}};
    (void)state;
    input.n_variables = take_variables(json_object_get(json, "variables"), false, variables);
    input.n_variables += take_variables(json_object_get(json, "tokens"), true, variables + input.n_variables);
    assert_true(json_array_size(cases) > 4000);
    for (size_t i = 0; i < json_array_size(cases); i++)
        check_case(json_array_get(cases, i), &input);
    json_decref(json);
}

/* ---- published goldens: the text and the ids that another implementation made of SmolLM2's template ---- */

static void check_golden(struct rft_tokenizer *tokenizer, const struct rft_jinja_template *template,
                         const json_t *golden)
{
    const struct rft_jinja_variable variables[] = {
        {.name = "messages", .json = json_object_get(golden, "messages"), .trusted_key = "role"},
        {.name = "add_generation_prompt", .json = json_object_get(golden, "add_generation_prompt")}};
    const struct rft_jinja_input input = {.variables = variables, .n_variables = 2};
    const json_t *expected = json_object_get(golden, "ids");
    struct rft_jinja_output output = {0};
    struct rft_jinja_error error;
    struct rft_ids ids = {0};
    assert_int_equal(rft_jinja_render(template, &input, &output, &error), RFT_OK);
    assert_string_equal(output.text.data, json_string_value(json_object_get(golden, "rendered")));
    for (size_t i = 0; i < output.marks.len; i++)
        output.marks.data[i] = output.marks.data[i] != 0 ? RFT_TOK_DATA : RFT_TOK_TEMPLATE;
    assert_int_equal(rft_tokenizer_encode_marked(tokenizer, (struct rft_bytes){output.text.data, output.text.len},
                                                 (const unsigned char *)output.marks.data, &ids),
                     RFT_OK);
    assert_int_equal(ids.n, json_array_size(expected));
    for (size_t i = 0; i < ids.n; i++)
        assert_int_equal(ids.ids[i], json_integer_value(json_array_get(expected, i)));
    rft_ids_finish(&ids);
    rft_jinja_output_finish(&output);
}

static void smollm2_chats(void **state)
{
    const char *path = rft_test_shared("goldens/chat_template_cases.json"),
               *dir = rft_test_shared("checkpoints/smollm2-instruct");
    struct rft_jinja_template *template;
    struct rft_jinja_error jinja_error;
    struct rft_tokenizer *tokenizer;
    json_error_t error;
    (void)state;
    if (path == NULL || dir == NULL)
        RFT_SKIP("RFTGEN_SHARED_DATA has no goldens");
    json_t *json = json_load_file(path, 0, &error), *cases = json_object_get(json, "cases");
    const json_t *source = json_object_get(json, "chat_template");
    assert_int_equal(rft_tokenizer_open(dir, &tokenizer), RFT_OK);
    assert_int_equal(rft_jinja_parse((struct rft_bytes){json_string_value(source), json_string_length(source)},
                                     &template, &jinja_error),
                     RFT_OK);
    assert_true(json_array_size(cases) >= 6);
    for (size_t i = 0; i < json_array_size(cases); i++)
        check_golden(tokenizer, template, json_array_get(cases, i));
    rft_jinja_close(template);
    rft_tokenizer_close(tokenizer);
    json_decref(json);
}

int main(int argc, char **argv)
{
    rft_alloc_hook_json();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_render_as_with_transformers),
        RFT_OPTIONAL(smollm2_chats, "test data of RFTGEN_SHARED_DATA"),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
