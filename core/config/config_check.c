/* SPDX-License-Identifier: MIT */
#include "config_check.h"

#include "config_keys.h"
#include "config_options.h"
#include "log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* "rft.ini:3: ", long paths cut. */
struct where {
    char text[512];
};

/* Where key `name` of a section got its value: "rft.ini:3: ", or "--set: ". */
static struct where where_given(const struct rft_config_source *from, const char *full_name)
{
    struct where w;
    uint64_t line = 0;
    for (size_t i = 0; i < rft_n_keys; i++)
        if (strcmp(rft_keys[i].full_name, full_name) == 0)
            line = from->lines[i];
    if (line == RFT_LINE_SET)
        snprintf(w.text, sizeof w.text, "--set: ");
    else if (line != 0)
        snprintf(w.text, sizeof w.text, "%.480s:%" PRIu64 ": ", from->path, line);
    else
        snprintf(w.text, sizeof w.text, "%.480s: ", from->path);
    return w;
}

/* Names all keys that are missing, not one after the other. */
static enum rft_status check_required(const struct rft_config_source *from)
{
    char names[400] = "";
    const char *help = NULL;
    size_t n = 0;
    for (size_t i = 0; i < rft_n_keys; i++) {
        bool is_needed = !(rft_keys[i].flags & RFT_KEY_ONLY_TO_DRAW) || from->use == RFT_USE_TO_DRAW;
        if (!(rft_keys[i].flags & RFT_KEY_REQUIRED) || !is_needed || from->lines[i])
            continue;
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", n++ ? ", " : "", rft_keys[i].full_name);
        help = rft_keys[i].help;
    }
    if (n == 1)
        rft_log_error("%s: %s is missing: %s", from->path, names, help);
    else if (n > 1)
        rft_log_error("%s: these keys are missing: %s; rftgen --help-config tells what they mean", from->path, names);
    return n ? RFT_ERR_CONFIG : RFT_OK;
}

/* What can be said before the model is looked at. */
static enum rft_status check_prompt(const struct rft_config *config, const struct rft_config_source *from)
{
    const char *extra = *config->prompt_system != '\0'        ? "prompt.system"
                        : *config->prompt_system_file != '\0' ? "prompt.system_file"
                        : *config->prompt_examples != '\0'    ? "prompt.examples"
                                                              : NULL;
    if (config->prompt_format == RFT_PROMPT_RAW && *config->prompt_template == '\0') {
        rft_log_error("%sprompt.format = raw needs prompt.template, a text that holds {question}",
                      where_given(from, "prompt.format").text);
        return RFT_ERR_CONFIG;
    }
    if (config->prompt_format != RFT_PROMPT_RAW || extra == NULL)
        return RFT_OK;
    rft_log_error("%s%s has no place in a raw prompt; write it into the template %s, or set prompt.format = chat",
                  where_given(from, extra).text, extra, config->prompt_template);
    return RFT_ERR_CONFIG;
}

/* Below, a logit over the temperature could leave the numbers that the arithmetic contract is made for. */
#define TEMPERATURE_MIN 1e-6

static enum rft_status check_temperature(const struct rft_config *config, const struct rft_config_source *from)
{
    const struct rft_reals *temperatures = &config->generate_temperature;
    for (size_t i = 0; i < temperatures->n; i++) {
        double temperature = temperatures->items[i];
        if (temperature == 0 || temperature >= TEMPERATURE_MIN)
            continue;
        rft_log_error("%sgenerate.temperature = %g: not allowed; give 0 for the most likely token, or %g to 100",
                      where_given(from, "generate.temperature").text, temperature, TEMPERATURE_MIN);
        return RFT_ERR_CONFIG;
    }
    return RFT_OK;
}

static enum rft_status check_adapters(const struct rft_config *config, const struct rft_config_source *from)
{
    size_t n = config->model_adapter.n, n_scales = config->model_adapter_scale.n;
    if (n_scales == 1 || n_scales == n)
        return RFT_OK;
    rft_log_error("%smodel.adapter_scale has %zu numbers, model.adapter %zu adapters; give one number for all, or one "
                  "for each",
                  where_given(from, "model.adapter_scale").text, n_scales, n);
    return RFT_ERR_CONFIG;
}

static enum rft_status check_verify(const struct rft_config *config, const struct rft_config_source *from)
{
    bool has_command = *config->verify_command != '\0', is_command = config->verify_kind == RFT_VERIFY_COMMAND;
    if (is_command && !has_command) {
        rft_log_error("%sverify.kind = command needs verify.command, the program that judges",
                      where_given(from, "verify.kind").text);
        return RFT_ERR_CONFIG;
    }
    if (is_command && config->verify_compat != RFT_COMPAT_NONE) {
        rft_log_error("%sverify.compat = homework is a rule by itself; leave out verify.kind = command, or compat",
                      where_given(from, "verify.compat").text);
        return RFT_ERR_CONFIG;
    }
    if (config->verify_memory_limit.kind == RFT_AMOUNT_PERCENT) {
        rft_log_error("%sverify.memory_limit: a percentage is not allowed; give bytes, as 4GiB, or auto for no limit",
                      where_given(from, "verify.memory_limit").text);
        return RFT_ERR_CONFIG;
    }
    return RFT_OK;
}

static enum rft_status check_select(const struct rft_config *config, const struct rft_config_source *from)
{
    if (config->select_quota == RFT_QUOTA_DIFFICULTY && config->select_keep == RFT_KEEP_ALL) {
        rft_log_error("%sselect.quota = difficulty is a part of select.keep, which must then be a number, not all",
                      where_given(from, "select.quota").text);
        return RFT_ERR_CONFIG;
    }
    if (config->select_min_solve_rate > config->select_max_solve_rate) {
        rft_log_error(
            "%sselect.min_solve_rate = %g is more than select.max_solve_rate = %g, which no question can meet",
            where_given(from, "select.min_solve_rate").text, config->select_min_solve_rate,
            config->select_max_solve_rate);
        return RFT_ERR_CONFIG;
    }
    return RFT_OK;
}

static enum rft_status check_data(const struct rft_config *config, const struct rft_config_source *from)
{
    const struct rft_strings *filter = &config->data_filter;
    if (config->data_question_field.n == 0) {
        rft_log_error("%sdata.question_field is empty; name the field that holds the question",
                      where_given(from, "data.question_field").text);
        return RFT_ERR_CONFIG;
    }
    for (size_t i = 0; i < filter->n; i++)
        if (strchr(filter->items[i] + 1, '=') == NULL) {
            rft_log_error("%sdata.filter = %.200s: not allowed; give field=value, as in level=Level 5",
                          where_given(from, "data.filter").text, filter->items[i]);
            return RFT_ERR_CONFIG;
        }
    return RFT_OK;
}

/* What is drawn no more must not be able to change the rows. */
static enum rft_status check_stop_when_enough(const struct rft_config *config, const struct rft_config_source *from)
{
    const struct rft_select_options select = rft_config_select(config);
    const char *why = NULL;
    if (from->use != RFT_USE_TO_DRAW || config->generate_stop_when_enough == 0)
        return RFT_OK;
    if (rft_rows_are_pairs(config->output_format))
        why = "output.format = pairs may set a later sample against an earlier one; give another format";
    if (why == NULL && rft_select_can_stop(&select, config->generate_stop_when_enough, &why))
        return RFT_OK;
    rft_log_error("%sgenerate.stop_when_enough = %" PRIu32 ": %s, or set it to off",
                  where_given(from, "generate.stop_when_enough").text, config->generate_stop_when_enough, why);
    return RFT_ERR_CONFIG;
}

enum rft_status rft_config_check(const struct rft_config *config, const struct rft_config_source *from)
{
    RFT_TRY(check_required(from));
    RFT_TRY(check_data(config, from));
    RFT_TRY(check_adapters(config, from));
    RFT_TRY(check_prompt(config, from));
    RFT_TRY(check_verify(config, from));
    RFT_TRY(check_select(config, from));
    RFT_TRY(check_temperature(config, from));
    return check_stop_when_enough(config, from);
}
