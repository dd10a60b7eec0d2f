/* SPDX-License-Identifier: MIT */
#include "adapter_match.h"

#include "host_math.h"
#include "json.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

static enum rft_status search(const struct rft_adapter_config *config, const struct rft_regex *regex,
                              const char *module, struct rft_regex_match *match)
{
    int error;
    enum rft_status status = rft_regex_search(regex, rft_bytes_z(module), 0, match, &error);
    if (status == RFT_ERR_INPUT)
        rft_log_error("%s: a pattern gave up on the module %s (PCRE2 error %d)", config->file, module, error);
    return status;
}

/* Whether a list names the module: by its whole name, or, unless whole, by what follows one of its dots. */
static bool is_listed(const json_t *list, const char *module, bool whole)
{
    size_t n = strlen(module);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        size_t n_name = strlen(name);
        if (rft_ends_with(module, name) && (n == n_name || (!whole && module[n - n_name - 1] == '.')))
            return true;
    }
    return false;
}

static enum rft_status is_named(const struct rft_adapter_config *config, const struct rft_adapter_names *names,
                                const char *module, bool *is)
{
    struct rft_regex_match match = {0};
    if (names->is_regex)
        RFT_TRY(search(config, &names->regex, module, &match));
    *is = names->is_regex ? match.found : is_listed(names->list, module, false);
    return RFT_OK;
}

static bool is_layer_wanted(const struct rft_adapter_config *config, uint64_t layer)
{
    const json_t *layers = config->layers;
    if (json_is_integer(layers))
        return json_integer_value(layers) == (json_int_t)layer;
    for (size_t i = 0; i < json_array_size(layers); i++)
        if (json_integer_value(json_array_get(layers, i)) == (json_int_t)layer)
            return true;
    return false;
}

/* The layer's number of "<anything>.<layers>.<number>.": the first of them, -1 if there is none. */
static int64_t first_number(const char *module)
{
    int n_dots = 0;
    for (const char *p = module; (p = strchr(p, '.')) != NULL; n_dots++) {
        size_t n = strspn(++p, "0123456789");
        if (n_dots > 0 && n > 0 && n < 10 && p[n] == '.')
            return (int64_t)strtoul(p, NULL, 10);
    }
    return -1;
}

static enum rft_status layer_of(const struct rft_adapter_config *config, const char *module, int64_t *layer)
{
    *layer = config->layer_patterns.n == 0 ? first_number(module) : -1;
    for (size_t i = 0; i < config->layer_patterns.n && *layer < 0; i++) {
        struct rft_regex_match match;
        RFT_TRY(search(config, &config->layer_patterns.items[i].regex, module, &match));
        if (match.found && match.end - match.begin < 10)
            *layer = (int64_t)strtoul(module + match.begin, NULL, 10);
    }
    return RFT_OK;
}

enum rft_status rft_adapter_targets(const struct rft_adapter_config *config, const char *module, bool is_inner_linear,
                                    bool *is_target)
{
    bool is_excluded;
    int64_t layer;
    *is_target = false;
    RFT_TRY(is_named(config, &config->excluded, module, &is_excluded));
    for (size_t i = 0; i < config->saving.n && !is_excluded; i++) {
        struct rft_regex_match match;
        RFT_TRY(search(config, &config->saving.items[i].regex, module, &match));
        is_excluded = match.found;
    }
    if (is_excluded)
        return RFT_OK;
    if (config->targets_all_linear)
        *is_target = is_inner_linear;
    else
        RFT_TRY(is_named(config, &config->targets, module, is_target));
    if (!*is_target || config->layers == NULL)
        return RFT_OK;
    if (!config->targets_all_linear && !config->targets.is_regex && is_listed(config->targets.list, module, true))
        return RFT_OK; /* a whole name counts in whatever layer */
    RFT_TRY(layer_of(config, module, &layer));
    *is_target = layer >= 0 && is_layer_wanted(config, (uint64_t)layer);
    return RFT_OK;
}

bool rft_adapter_saves(const struct rft_adapter_config *config, const char *module)
{
    for (size_t i = 0; i < json_array_size(config->saved); i++)
        if (rft_ends_with(module, json_string_value(json_array_get(config->saved, i))))
            return true;
    return false;
}

static enum rft_status value_of(const struct rft_adapter_config *config, const struct rft_adapter_rules *rules,
                                const char *module, double *value)
{
    for (size_t i = 0; i < rules->n; i++) {
        struct rft_regex_match match;
        RFT_TRY(search(config, &rules->items[i].regex, module, &match));
        if (match.found) {
            *value = rules->items[i].value;
            break;
        }
    }
    return RFT_OK;
}

enum rft_status rft_adapter_rank(const struct rft_adapter_config *config, const char *module, uint32_t *rank,
                                 double *scale)
{
    double r = config->r, alpha = config->alpha;
    RFT_TRY(value_of(config, &config->ranks, module, &r));
    RFT_TRY(value_of(config, &config->alphas, module, &alpha));
    *rank = (uint32_t)r;
    *scale = config->use_rslora ? alpha * rft_host_inverse_sqrt((double)*rank) : alpha / r;
    return RFT_OK;
}
