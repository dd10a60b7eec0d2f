/* SPDX-License-Identifier: MIT */
#include "adapter_config.h"

#include "alloc.h"
#include "json.h"
#include "log.h"
#include "python_regex.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define RANK_MAX (1 << 16)

/* What is done with a key of the file. */
enum treatment {
    READ,    /* by read_all */
    IGNORED, /* says nothing of the merged weights */
    EMPTY    /* must be null, false, 0 or empty */
};

static const struct {
    const char *key;
    enum treatment treatment;
    const char *what; /* EMPTY: what it would be */
} keys[] = {
    {"peft_type", READ, NULL},
    {"r", READ, NULL},
    {"lora_alpha", READ, NULL},
    {"use_rslora", READ, NULL},
    {"rank_pattern", READ, NULL},
    {"alpha_pattern", READ, NULL},
    {"target_modules", READ, NULL},
    {"exclude_modules", READ, NULL},
    {"layers_to_transform", READ, NULL},
    {"layers_pattern", READ, NULL},
    {"modules_to_save", READ, NULL},
    {"bias", READ, NULL},
    {"fan_in_fan_out", READ, NULL},
    {"init_lora_weights", READ, NULL},
    {"ensure_weight_tying", READ, NULL},
    {"base_model_name_or_path", READ, NULL},
    {"auto_mapping", IGNORED, NULL},
    {"peft_version", IGNORED, NULL},
    {"revision", IGNORED, NULL},
    {"task_type", IGNORED, NULL},
    {"inference_mode", IGNORED, NULL},
    {"lora_dropout", IGNORED, NULL},
    {"runtime_config", IGNORED, NULL},
    {"megatron_core", IGNORED, NULL},
    {"qalora_group_size", IGNORED, NULL},
    {"velora_config", IGNORED, NULL}, /* of the backward pass */
    {"loftq_config", IGNORED, NULL},  /* these four say how weights began: init_lora_weights tells which counts */
    {"eva_config", IGNORED, NULL},
    {"corda_config", IGNORED, NULL},
    {"lora_ga_config", IGNORED, NULL},
    {"use_dora", EMPTY, "DoRA, which scales what it merges by norms"},
    {"lora_bias", EMPTY, "a bias of its own in each delta"},
    {"trainable_token_indices", EMPTY, "single rows of the embedding"},
    {"megatron_config", EMPTY, "Megatron's layers"},
    {"target_parameters", EMPTY, "deltas of parameters that are no modules (experts)"},
    {"layer_replication", EMPTY, "a model with copies of its layers"},
    {"alora_invocation_tokens", EMPTY, "an activated LoRA, which cannot be merged"},
    {"use_qalora", EMPTY, "QALoRA, which pools its inputs"},
    {"use_bdlora", EMPTY, "block-diagonal factors"},
    {"arrow_config", EMPTY, "a routing of several adapters"},
    {"kasa_config", EMPTY, "KaSA, which changes the base's weights"},
    {"monteclora_config", EMPTY, "MonteCLoRA, which draws its weights"},
};

static enum rft_status refuse_value(const char *file, const char *key, const json_t *value, const char *instead)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    rft_log_error("%s: %s = %.200s is not supported; %s", file, key, text != NULL ? text : "(unknown)", instead);
    if (text != NULL)
        rft_free(text);
    return RFT_ERR_UNSUPPORTED;
}

static enum rft_status wrong(const char *file, const char *key, const char *problem)
{
    rft_log_error("%s: %s %s", file, key, problem);
    return RFT_ERR_INPUT;
}

/* NULL for a key that is missing or null. */
static json_t *get(const struct rft_adapter_config *config, const char *key)
{
    json_t *value = json_object_get(config->root, key);
    return json_is_null(value) ? NULL : value;
}

static bool is_empty(const json_t *value)
{
    return json_is_null(value) || json_is_false(value) || (json_is_number(value) && json_number_value(value) == 0) ||
           (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_object(value) && json_object_size(value) == 0);
}

static enum rft_status check_key(const char *file, const char *key, const json_t *value)
{
    size_t i = 0, n = sizeof keys / sizeof *keys;
    char instead[200];
    while (i < n && strcmp(keys[i].key, key) != 0)
        i++;
    if (i < n && (keys[i].treatment != EMPTY || is_empty(value)))
        return RFT_OK;
    if (i < n) {
        snprintf(instead, sizeof instead, "it asks for %s; merge the adapter with PEFT (merge_and_unload)",
                 keys[i].what);
        return refuse_value(file, key, value, instead);
    }
    if (!is_empty(value))
        return refuse_value(file, key, value, "this key is not known; merge the adapter with PEFT (merge_and_unload)");
    rft_log_warn("%s: the key %s is not known; its value says nothing, so it is passed over", file, key);
    return RFT_OK;
}

static enum rft_status read_flag(const struct rft_adapter_config *config, const char *key, bool *flag)
{
    const json_t *value = get(config, key);
    *flag = json_is_true(value);
    return value == NULL || json_is_boolean(value) ? RFT_OK : wrong(config->file, key, "must be true or false");
}

static bool is_rank(const json_t *value)
{
    return json_is_integer(value) && json_integer_value(value) >= 1 && json_integer_value(value) <= RANK_MAX;
}

static bool is_alpha(const json_t *value)
{
    return json_is_number(value) && json_number_value(value) > -1e15 && json_number_value(value) < 1e15;
}

static enum rft_status read_numbers(struct rft_adapter_config *config)
{
    const json_t *r = get(config, "r"), *alpha = get(config, "lora_alpha");
    if (!is_rank(r))
        return wrong(config->file, "r", r == NULL ? "is missing" : "must be a whole number from 1 to 65536");
    if (!is_alpha(alpha))
        return wrong(config->file, "lora_alpha", alpha == NULL ? "is missing" : "must be a number below 10^15");
    config->r = (uint32_t)json_integer_value(r);
    config->alpha = json_number_value(alpha);
    RFT_TRY(read_flag(config, "use_rslora", &config->use_rslora));
    return read_flag(config, "ensure_weight_tying", &config->ties_weights);
}

/* Values that say which kind of adapter this is. */
static enum rft_status read_kind(struct rft_adapter_config *config)
{
    static const char *const harmless[] = {"gaussian", "eva", "orthogonal", "mica"};
    static const char *const biases[] = {"none", "all", "lora_only"};
    const json_t *type = get(config, "peft_type"), *init = get(config, "init_lora_weights"),
                 *bias = get(config, "bias");
    bool is_known = init == NULL || json_is_boolean(init), is_turned;
    size_t i = 0;
    if (!json_is_string(type) || strcmp(json_string_value(type), "LORA") != 0)
        return type == NULL ? wrong(config->file, "peft_type", "is missing")
                            : refuse_value(config->file, "peft_type", type, "only \"LORA\" is");
    for (size_t k = 0; json_is_string(init) && k < sizeof harmless / sizeof *harmless; k++)
        is_known |= strcmp(json_string_value(init), harmless[k]) == 0;
    if (!is_known)
        return refuse_value(config->file, "init_lora_weights", init,
                            "such an adapter belongs to a changed base; save it with "
                            "path_initial_model_for_weight_conversion, which makes it one of the base itself");
    while (json_is_string(bias) && i < 3 && strcmp(json_string_value(bias), biases[i]) != 0)
        i++;
    if (bias != NULL && (!json_is_string(bias) || i == 3))
        return refuse_value(config->file, "bias", bias, "\"none\", \"all\" and \"lora_only\" are");
    config->bias = (enum rft_adapter_bias)i;
    RFT_TRY(read_flag(config, "fan_in_fan_out", &is_turned));
    if (is_turned)
        rft_log_warn("%s: fan_in_fan_out = true says nothing of linear layers; it is passed over, as PEFT does",
                     config->file);
    return RFT_OK;
}

static bool is_list_of_names(const json_t *value)
{
    bool ok = json_is_array(value);
    for (size_t i = 0; ok && i < json_array_size(value); i++)
        ok = json_is_string(json_array_get(value, i));
    return ok;
}

/* A list, or a text that is a regular expression; an empty value says nothing. */
static enum rft_status read_names(struct rft_adapter_config *config, const char *key, struct rft_adapter_names *names)
{
    const json_t *value = get(config, key);
    if (value == NULL || is_empty(value))
        return RFT_OK;
    names->is_regex = json_is_string(value);
    if (names->is_regex)
        return rft_python_regex(config->file, key,
                                "(?:", (struct rft_bytes){json_string_value(value), json_string_length(value)}, ")",
                                RFT_REGEX_BEGIN | RFT_REGEX_END, &names->regex);
    names->list = value;
    return is_list_of_names(value) ? RFT_OK : wrong(config->file, key, "must be a text or a list of texts");
}

static enum rft_status read_targets(struct rft_adapter_config *config)
{
    static const char key[] = "target_modules";
    const json_t *value = get(config, key);
    if (value == NULL)
        return wrong(config->file, key, "is missing; PEFT writes it when it saves an adapter");
    config->targets_all_linear = json_is_string(value) && strcasecmp(json_string_value(value), "all-linear") == 0;
    return config->targets_all_linear ? RFT_OK : read_names(config, key, &config->targets);
}

static enum rft_status add_rule(const struct rft_adapter_config *config, const char *key, const char *before,
                                const char *pattern, const char *behind, double value, struct rft_adapter_rules *rules)
{
    struct rft_adapter_rule *rule = &rules->items[rules->n];
    RFT_TRY(rft_python_regex(config->file, key, before, rft_bytes_z(pattern), behind, RFT_REGEX_BEGIN, &rule->regex));
    rule->value = value;
    rules->n++;
    return RFT_OK;
}

/* {"pattern": number}: the end of a name from a point on. */
static enum rft_status read_rules(struct rft_adapter_config *config, const char *key,
                                  bool (*is_value)(const json_t *value), struct rft_adapter_rules *rules)
{
    json_t *object = get(config, key), *value;
    const char *pattern;
    if (object == NULL)
        return RFT_OK;
    if (!json_is_object(object))
        return wrong(config->file, key, "must be an object of patterns and numbers");
    rules->items = rft_alloc(json_object_size(object), sizeof *rules->items);
    if (rules->items == NULL)
        return RFT_ERR_HOST_MEMORY;
    json_object_foreach(object, pattern, value)
    {
        if (!is_value(value))
            return wrong(config->file, key, "holds a value that is no possible rank or alpha");
        RFT_TRY(add_rule(config, key, "(.*\\.)?(", pattern, ")$", json_number_value(value), rules));
    }
    return RFT_OK;
}

/* A pattern for each text of a list, or for the one text. */
static enum rft_status read_patterns(struct rft_adapter_config *config, const char *key, const char *before,
                                     const char *behind, struct rft_adapter_rules *rules)
{
    const json_t *value = get(config, key);
    size_t n = json_is_string(value) ? 1 : json_array_size(value);
    if (value == NULL || is_empty(value))
        return RFT_OK;
    if (!json_is_string(value) && !is_list_of_names(value))
        return wrong(config->file, key, "must be a text or a list of texts");
    rules->items = rft_alloc(n, sizeof *rules->items);
    if (rules->items == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_is_string(value) ? value : json_array_get(value, i);
        RFT_TRY(add_rule(config, key, before, json_string_value(item), behind, 0, rules));
    }
    return RFT_OK;
}

static enum rft_status read_layers(struct rft_adapter_config *config)
{
    static const char key[] = "layers_to_transform";
    const json_t *value = get(config, key);
    bool ok = value == NULL || json_is_integer(value) || json_is_array(value);
    for (size_t i = 0; ok && i < json_array_size(value); i++)
        ok = json_is_integer(json_array_get(value, i));
    if (!ok)
        return wrong(config->file, key, "must be a number or a list of numbers");
    config->layers = json_is_array(value) && json_array_size(value) == 0 ? NULL : value;
    if (config->layers != NULL && (config->targets.is_regex || config->targets_all_linear))
        return wrong(config->file, key, "cannot go with target_modules that are one text");
    return read_patterns(config, "layers_pattern", "(?:^|.*?\\.)", "\\.\\K\\d+(?=\\.)", &config->layer_patterns);
}

static enum rft_status read_saved(struct rft_adapter_config *config)
{
    static const char key[] = "modules_to_save";
    const json_t *value = get(config, key);
    if (value == NULL || is_empty(value))
        return RFT_OK;
    if (!is_list_of_names(value))
        return wrong(config->file, key, "must be a list of texts");
    config->saved = value;
    return read_patterns(config, key, "(?:^|.*\\.)", "(?:$|\\..*)", &config->saving);
}

static enum rft_status read_all(struct rft_adapter_config *config)
{
    const char *key;
    json_t *value;
    if (!json_is_object(config->root)) {
        rft_log_error("%s: not a JSON object", config->file);
        return RFT_ERR_INPUT;
    }
    RFT_TRY(read_kind(config));
    json_object_foreach(config->root, key, value) RFT_TRY(check_key(config->file, key, value));
    RFT_TRY(read_numbers(config));
    RFT_TRY(read_targets(config));
    RFT_TRY(read_names(config, "exclude_modules", &config->excluded));
    RFT_TRY(read_rules(config, "rank_pattern", is_rank, &config->ranks));
    RFT_TRY(read_rules(config, "alpha_pattern", is_alpha, &config->alphas));
    RFT_TRY(read_layers(config));
    RFT_TRY(read_saved(config));
    config->base = json_string_value(get(config, "base_model_name_or_path"));
    return RFT_OK;
}

enum rft_status rft_adapter_config_parse(const char *file, struct rft_bytes text, struct rft_adapter_config *config)
{
    *config = (struct rft_adapter_config){.file = file};
    enum rft_status status = rft_json_load(file, text, JSON_REJECT_DUPLICATES, &config->root);
    if (status == RFT_OK)
        status = read_all(config);
    if (status != RFT_OK)
        rft_adapter_config_finish(config);
    return status;
}

static void finish_rules(struct rft_adapter_rules *rules)
{
    for (size_t i = 0; i < rules->n; i++)
        rft_regex_finish(&rules->items[i].regex);
    rft_free(rules->items);
}

void rft_adapter_config_finish(struct rft_adapter_config *config)
{
    rft_regex_finish(&config->targets.regex);
    rft_regex_finish(&config->excluded.regex);
    finish_rules(&config->ranks);
    finish_rules(&config->alphas);
    finish_rules(&config->saving);
    finish_rules(&config->layer_patterns);
    json_decref(config->root);
    *config = (struct rft_adapter_config){0};
}
