/* SPDX-License-Identifier: MIT */
/* Keys that are lists of paths or of numbers: one, or a JSON array. */
#include "config.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PATHS "[data]\nquestions = q\n[output]\npath = o\n"

static const char text[] = "[model]\npath = m\nadapter = [\"a\", \"/b\", \"$XDG_CACHE_HOME/c\"]\n"
                           "adapter_scale = [1, -0.5, 2e-1] ; c\n" PATHS;

static enum rft_status parse(const char *ini, const char *set, struct rft_config *config)
{
    rft_test_log_capture();
    enum rft_status status =
        rft_config_parse("dir/a.ini", rft_bytes_z(ini), &set, set != NULL, RFT_USE_TO_DRAW, config);
    rft_test_log_release();
    return status;
}

static int set_up(void **state)
{
    (void)state;
    return setenv("XDG_CACHE_HOME", "/cache", 1);
}

/* Every path of a list is an input, complete like a single one. */
static void test_inputs(void **state)
{
    static const struct rft_config_path inputs[] = {
        {"the configuration", "dir/a.ini"}, {"model.path", "dir/m"},
        {"model.adapter", "dir/a"},         {"model.adapter", "/b"},
        {"model.adapter", "/cache/c"},      {"data.questions", "dir/q"},
    };
    struct rft_config config;
    struct rft_config_path input;
    size_t n = 0;
    (void)state;
    assert_int_equal(parse(text, NULL, &config), RFT_OK);
    for (size_t i = 0; rft_config_input_at(&config, i, &input); i++) {
        if (*input.path == '\0')
            continue;
        assert_true(n < sizeof inputs / sizeof *inputs);
        assert_string_equal(input.path, inputs[n].path);
        assert_string_equal(input.key, inputs[n++].key);
    }
    assert_int_equal(n, sizeof inputs / sizeof *inputs);
    rft_config_finish(&config);
}

static void test_values(void **state)
{
    struct rft_config config;
    struct rft_str out = {0};
    (void)state;
    assert_int_equal(parse(text, NULL, &config), RFT_OK);
    assert_int_equal(config.model_adapter_scale.n, 3);
    assert_int_equal(rft_config_dump(&config, &out), RFT_OK);
    assert_non_null(strstr(out.data, "model.adapter=[\"dir/a\", \"/b\", \"/cache/c\"]\n"
                                     "model.adapter_scale=[1, -0.5, 0.2]\n"));
    rft_str_finish(&out);
    rft_config_finish(&config);
    assert_int_equal(parse(text, "model.adapter_scale=-2.5", &config), RFT_OK); /* one for all */
    assert_true(config.model_adapter_scale.n == 1 && config.model_adapter_scale.items[0] == -2.5);
    rft_config_finish(&config);
    assert_int_equal(parse(text, "generate.temperature=[-0.0, 1]", &config), RFT_OK);
    assert_false(signbit(config.generate_temperature.items[0])); /* -0 is 0, in fingerprint and records, too */
    rft_config_finish(&config);
    assert_int_equal(parse("[model]\npath = m\nadapter = \"a [b\"\n" PATHS, NULL, &config), RFT_OK);
    assert_true(config.model_adapter.n == 1 && strcmp(config.model_adapter.items[0], "dir/a [b") == 0);
    assert_true(config.model_adapter_scale.n == 1 && config.model_adapter_scale.items[0] == 1);
    rft_config_finish(&config);
    assert_int_equal(parse(text, "model.adapter=", &config), RFT_ERR_CONFIG); /* three scales, no adapter */
    assert_int_equal(parse("[model]\npath = m\n" PATHS, NULL, &config), RFT_OK);
    assert_int_equal(config.model_adapter.n, 0);
    rft_config_finish(&config);
    assert_int_equal(parse(text, "generate.seed=[7, 0, 9223372036854775807]", &config), RFT_OK);
    assert_int_equal(config.generate_seed.n, 3);
    assert_true(config.generate_seed.items[0] == 7 && config.generate_seed.items[2] == INT64_MAX);
    assert_int_equal(rft_config_dump(&config, &out), RFT_OK);
    assert_non_null(strstr(out.data, "generate.seed=[7, 0, 9223372036854775807]\n"));
    assert_non_null(strstr(out.data, "generate.temperature=0.7\n"));
    rft_str_finish(&out);
    rft_config_finish(&config);
    assert_int_equal(parse(text, "generate.temperature=[0, 1e-6, 100]", &config), RFT_OK);
    assert_true(config.generate_temperature.n == 3 && config.generate_temperature.items[2] == 100);
    rft_config_finish(&config);
}

/* Fields of questions and filters, in the file and by --set. */
static void test_fields(void **state)
{
    static const char ini[] = "[model]\npath = m\n[output]\npath = o\n[data]\nquestions = q\n"
                              "question_field = [\"instruction\", \"input\"]\nfilter = level=Level 5\n";
    struct rft_config config;
    (void)state;
    assert_int_equal(parse(ini, NULL, &config), RFT_OK);
    assert_int_equal(config.data_question_field.n, 2);
    assert_string_equal(config.data_question_field.items[1], "input");
    assert_int_equal(config.data_filter.n, 1);
    assert_string_equal(config.data_filter.items[0], "level=Level 5");
    assert_true(rft_config_is_given(&config, "data.filter") && !rft_config_is_given(&config, "data.answer_field"));
    rft_config_finish(&config);
    assert_int_equal(parse(ini, "data.filter=[\"a=1\", \"b.role=user.c=\"]", &config), RFT_OK);
    assert_int_equal(config.data_filter.n, 2);
    assert_string_equal(config.data_filter.items[1], "b.role=user.c=");
    rft_config_finish(&config);
    assert_int_equal(parse(ini, "data.question_field=messages.role=user.content", &config), RFT_OK);
    assert_int_equal(config.data_question_field.n, 1);
    assert_string_equal(config.data_question_field.items[0], "messages.role=user.content");
    rft_config_finish(&config);
}

static void test_refusals(void **state)
{
    static const char *const bad[] = {
        "model.adapter_scale=[1, 2, 3]]",
        "model.adapter_scale=[1, 2, \"3\"]",
        "model.adapter_scale=nan",
        "model.adapter_scale=0x1",
        "model.adapter_scale=--1",
        "model.adapter_scale=+1",
        "model.adapter_scale=",
        "model.adapter_scale=[]",
        "model.adapter_scale=[1, 2]",
        "model.adapter_scale=1000001",
        "model.adapter_scale=[1, 2, -1000001]",
        "generate.seed=[]",
        "generate.seed=[1, 2",
        "generate.seed=[1, 2.0]",
        "generate.seed=[1, -2]",
        "generate.seed=[1, [2]]",
        "generate.seed=[1, \"2\"]",
        "generate.seed=[9223372036854775808]",
        "generate.seed=1, 2",
        "generate.seed=[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]",
        "generate.temperature=[]",
        "generate.temperature=[0.7, -1]",
        "generate.temperature=[0.7, 100.5]",
        "generate.temperature=[0.7, 1e-7]",
        "model.adapter=[1]",
        "model.adapter=[\"\"]",
        "model.adapter=[\"a\", \"b\", \"~other/x\"]",
        "model.adapter=[\"a\", \"b\", \"$NONE/x\"]",
        "data.question_field=",
        "data.question_field=[]",
        "data.filter=level",
        "data.filter==x",
        "data.filter=[\"a=1\", \"b\"]",
    };
    struct rft_config config;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (parse(text, bad[i], &config) != RFT_ERR_CONFIG)
            fail_msg("%s is allowed", bad[i]);
    assert_int_equal(parse("[model]\npath = m\nadapter = a # c\n" PATHS, NULL, &config), RFT_ERR_CONFIG);
}

static enum rft_status parse_all(void *user)
{
    struct rft_config config;
    (void)user;
    RFT_TRY(rft_config_parse("dir/a.ini", rft_bytes_z(text), NULL, 0, RFT_USE_TO_DRAW, &config));
    rft_config_finish(&config);
    return RFT_OK;
}

static void test_alloc_faults(void **state)
{
    (void)state;
    assert_true(rft_test_alloc_faults(parse_all, NULL) > 50);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inputs),   cmocka_unit_test(test_values),       cmocka_unit_test(test_fields),
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_alloc_faults),
    };
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, set_up, NULL);
}
