/* SPDX-License-Identifier: MIT */
/* What a configuration says that the defaults do not: for programs, and as a file for whoever gets the outputs. */
#include "config.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRED "[model]\npath = \"a b/m\"\n[data]\nquestions = ../q.json\n[output]\npath = out/rows.jsonl\n"

static enum rft_status parse(const char *text, const char *const *sets, size_t n, struct rft_config *config)
{
    rft_test_log_capture();
    enum rft_status status = rft_config_parse("dir/a.ini", rft_bytes_z(text), sets, n, RFT_USE_TO_DRAW, config);
    rft_test_log_release();
    return status;
}

#define PATHS "\"model.path\": \"a b/m\", \"data.questions\": \"../q.json\", "
#define OUT "\"output.path\": \"out/rows.jsonl\"}"

static void test_json(void **state)
{
    (void)state;
    static const struct {
        const char *set, *json;
    } cases[] = {
        {NULL, "{\"model.path\": \"a b/m\", \"data.questions\": \"../q.json\", " OUT},
        {"generate.samples=10", "{" PATHS OUT}, /* the default */
        {"generate.temperature=0.70", "{" PATHS OUT},
        {"output.records=", "{" PATHS OUT},
        {"generate.temperature=0.25", "{" PATHS "\"generate.temperature\": 0.25, " OUT},
        {"generate.seed=9223372036854775807", "{" PATHS "\"generate.seed\": 9223372036854775807, " OUT},
        {"generate.seed=9223372036854775808", "{" PATHS "\"generate.seed\": \"9223372036854775808\", " OUT},
        {"generate.chunk=auto", "{" PATHS "\"generate.chunk\": \"auto\", " OUT},
        {"generate.top_k=7", "{" PATHS "\"generate.top_k\": 7, " OUT},
        {"generate.stop=[\"a\", \";\"]", "{" PATHS "\"generate.stop\": [\"a\", \";\"], " OUT},
        {"verify.fractions=yes", "{" PATHS "\"verify.fractions\": \"yes\", " OUT},
        {"memory.reserve=5%", "{" PATHS "\"memory.reserve\": \"5%\", " OUT},
        {"model.adapter=[\"~/x\", \"y/\"]",
         "{\"model.path\": \"a b/m\", \"model.adapter\": [\"~/x\", \"y/\"], \"data.questions\": \"../q.json\", " OUT},
        {"prompt.template=$XDG_CACHE_HOME/t", "{" PATHS "\"prompt.template\": \"$XDG_CACHE_HOME/t\", " OUT},
        {"output.path=~/rows.jsonl", "{" PATHS "\"output.path\": \"~/rows.jsonl\"}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_config config;
        struct rft_str json = {0};
        assert_int_equal(parse(REQUIRED, &cases[i].set, cases[i].set != NULL, &config), RFT_OK);
        assert_int_equal(rft_config_put_json(&config, &json), RFT_OK);
        if (strcmp(json.data, cases[i].json) != 0)
            fail_msg("case %zu: %s\nand not %s", i, json.data, cases[i].json);
        rft_str_finish(&json);
        rft_config_finish(&config);
    }
}

static char long_set[300];

/* Paths by their names, nothing of this machine's; what begins a comment is escaped; what is too long stands apart. */
static void test_ini(void **state)
{
    (void)state;
    const char *const sets[] = {"generate.samples=3",
                                "generate.chunk=1",
                                "device.threads=7",
                                "device.backend=cpu",
                                "memory.budget=5GB",
                                "device.arithmetic=unchecked",
                                "prompt.system=be brief; no #tags [none] = \"none\"",
                                "generate.stop=[\"; \", \" # \"]",
                                "model.adapter=[\"~/one/\", \"/x/two\", \"three\"]",
                                "prompt.template=.",
                                "verify.command=./judge #1.py",
                                long_set};
    struct rft_config config, again;
    struct rft_str ini = {0}, apart = {0}, ini_again = {0}, apart_again = {0};
    snprintf(long_set, sizeof long_set, "prompt.variables={\"a\": \"%0200d\"}", 7);
    assert_int_equal(parse(REQUIRED, sets, sizeof sets / sizeof *sets, &config), RFT_OK);
    assert_int_equal(rft_config_put_ini(&config, &ini, &apart), RFT_OK);
    assert_string_equal(ini.data, "[model]\npath = \"m\"\nadapter = [\"one\", \"two\", \"three\"]\n\n"
                                  "[data]\nquestions = \"q.json\"\n\n"
                                  "[prompt]\ntemplate = \".\"\n"
                                  "system = \"be brief\\u003b no \\u0023tags [none] = \\\"none\\\"\"\n\n"
                                  "[generate]\nsamples = 3\nstop = [\"\\u003b \", \" \\u0023 \"]\n\n"
                                  "[verify]\ncommand = \"judge \\u00231.py\"\n\n"
                                  "[device]\narithmetic = unchecked\n\n"
                                  "[output]\npath = \"rows.jsonl\"\n");
    assert_true(apart.len > 200 && strncmp(apart.data, "prompt.variables=\"{\\\"a\\\": \\\"000", 29) == 0);
    apart.data[--apart.len] = '\0'; /* the line's end */
    assert_int_equal(parse(ini.data, (const char *const *)&apart.data, 1, &again), RFT_OK);
    assert_int_equal(rft_config_put_ini(&again, &ini_again, &apart_again), RFT_OK);
    assert_string_equal(ini_again.data, ini.data);
    assert_string_equal(again.prompt_variables, config.prompt_variables);
    assert_string_equal(again.prompt_system, config.prompt_system);
    rft_str_finish(&ini);
    rft_str_finish(&apart);
    rft_str_finish(&ini_again);
    rft_str_finish(&apart_again);
    rft_config_finish(&config);
    rft_config_finish(&again);
}

static enum rft_status put_both(void *user)
{
    struct rft_str json = {0}, ini = {0}, sets = {0};
    enum rft_status status = rft_config_put_json(user, &json);
    if (status == RFT_OK)
        status = rft_config_put_ini(user, &ini, &sets);
    rft_str_finish(&json);
    rft_str_finish(&ini);
    rft_str_finish(&sets);
    return status;
}

static void test_alloc_faults(void **state)
{
    (void)state;
    const char *const sets[] = {"generate.stop=[\"a\", \"b\"]", "prompt.system=s"};
    struct rft_config config;
    assert_int_equal(parse(REQUIRED, sets, 2, &config), RFT_OK);
    assert_true(rft_test_alloc_faults(put_both, &config) > 20);
    rft_config_finish(&config);
}

int main(int argc, char **argv)
{
    rft_alloc_hook_json();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_ini),
        cmocka_unit_test(test_alloc_faults),
    };
    setenv("HOME", "/home/somebody", 1);
    return RFT_TEST_RUN(tests, NULL, NULL);
}
