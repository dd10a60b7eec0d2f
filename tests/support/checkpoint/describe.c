/* SPDX-License-Identifier: MIT */
#include "describe.h"

#include "alloc.h"
#include "hf_config.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum rft_status parse(const char *text, const struct rft_model_options *options, struct rft_model_config *config)
{
    const struct rft_arch *arch;
    return rft_hf_config_parse("config.json", rft_bytes_z(text), options, config, &arch);
}

static uint32_t n_lines(const char *text)
{
    uint32_t n = 0;
    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

struct rft_model_config rft_test_warn_config(const char *text, const struct rft_model_options *options,
                                             const char *message)
{
    struct rft_model_config config;
    rft_test_log_capture();
    enum rft_status status = parse(text, options, &config);
    const char *log = rft_test_log_text();
    if (status != RFT_OK || n_lines(log) != (message != NULL ? 1 : 0) ||
        (message != NULL && strstr(log, message) == NULL))
        fail_msg("%s: status %d, log \"%s\" instead of \"%s\"", text, (int)status, log, message != NULL ? message : "");
    rft_test_log_release();
    return config;
}

struct rft_model_config rft_test_describe(const char *text)
{
    return rft_test_warn_config(text, NULL, NULL);
}

struct rft_model_config rft_test_describe_json(const json_t *json)
{
    char *text = json_dumps(json, 0);
    assert_non_null(text);
    struct rft_model_config config = rft_test_describe(text);
    rft_free(text);
    return config;
}

void rft_test_refuse_config(const char *text, const struct rft_model_options *options, const char *message)
{
    static const struct rft_model_config zero;
    struct rft_model_config config;
    uint64_t n_live = rft_alloc_n_live();
    rft_test_log_capture();
    enum rft_status status = parse(text, options, &config);
    const char *log = rft_test_log_text();
    if (status == RFT_OK || strstr(log, message) == NULL || n_lines(log) != 1 || strlen(log) > 1000)
        fail_msg("%.300s: status %d, log \"%s\" without \"%s\"", text, (int)status, log, message);
    rft_test_log_release();
    assert_memory_equal(&config, &zero, sizeof config);
    assert_int_equal(rft_alloc_n_live(), n_live);
}

void rft_test_same_description(const char *what, const struct rft_model_config *a, const struct rft_model_config *b)
{
#define SAME(name)                                                                                                     \
    if (a->name != b->name)                                                                                            \
        fail_msg("%s: " #name " is %.17g, not %.17g", what, (double)a->name, (double)b->name);
#define SAME_ALL(name, n)                                                                                              \
    for (uint32_t i = 0; i < (n); i++)                                                                                 \
        if (a->name[i] != b->name[i])                                                                                  \
            fail_msg("%s: " #name "[%u] is %.17g, not %.17g", what, i, (double)a->name[i], (double)b->name[i]);
    RFT_MODEL_FIELDS(SAME, SAME, SAME, SAME, SAME_ALL, SAME_ALL)
#undef SAME
#undef SAME_ALL
}

json_t *rft_test_json(const char *path)
{
    char whole[512];
    json_error_t error;
    snprintf(whole, sizeof whole, "%s/%s", RFT_SOURCE_DIR, path);
    json_t *json = json_load_file(whole, 0, &error);
    if (json == NULL)
        fail_msg("%s: %s", whole, error.text);
    return json;
}
