/* SPDX-License-Identifier: MIT */
#include "hf_layers.h"

#include "log.h"

#include <string.h>

#define WINDOW_MAX 0x7fffffffu

/* no_rope_layers: 1 for a layer with RoPE, in spite of its name; without it every interval-th has none. */
static enum rft_status read_unrotated(struct rft_hf_object *root, struct rft_model_config *config)
{
    static const char key[] = "no_rope_layers";
    const json_t *list = rft_hf_get(root, key);
    uint64_t interval = 4;
    RFT_TRY(rft_hf_u64(root, "no_rope_layer_interval", 1, RFT_LAYERS_MAX, &interval));
    if (list != NULL && (!json_is_array(list) || json_array_size(list) < config->n_layers))
        return rft_hf_refuse(root->file, key, list, "a list with a 0 or a 1 for each layer is");
    for (uint32_t i = 0; i < config->n_layers; i++) {
        const json_t *entry = json_array_get(list, i);
        bool is_rotated = list != NULL ? json_integer_value(entry) != 0 : (i + 1) % interval != 0;
        if (list != NULL && !json_is_integer(entry))
            return rft_hf_refuse(root->file, key, list, "a list with a 0 or a 1 for each layer is");
        config->rope_set[i] = is_rotated ? RFT_ROPE_MAIN : RFT_ROPE_NONE;
    }
    return RFT_OK;
}

/* sliding_window: absent, the class's; null, no window. */
static enum rft_status read_window(struct rft_hf_object *root, const struct rft_arch *arch,
                                   struct rft_model_config *config)
{
    static const char key[] = "sliding_window";
    uint64_t window = rft_hf_has(root, key) ? 0 : arch->of.window;
    RFT_TRY(rft_hf_u64(root, key, 1, WINDOW_MAX, &window));
    config->window = (uint32_t)window;
    return RFT_OK;
}

static enum rft_status read_types(struct rft_hf_object *root, const json_t *types, struct rft_model_config *config)
{
    static const char key[] = "layer_types";
    if (!json_is_array(types) || json_array_size(types) != config->n_layers)
        return rft_hf_refuse(root->file, key, types, "a list with an entry for each layer is");
    for (uint32_t i = 0; i < config->n_layers; i++) {
        const json_t *type = json_array_get(types, i);
        config->is_windowed[i] = rft_hf_is_text(type, "sliding_attention");
        if (!config->is_windowed[i] && !rft_hf_is_text(type, "full_attention") && !rft_hf_is_text(type, "attention"))
            return rft_hf_refuse(root->file, key, type,
                                 "layers of the types \"full_attention\" and \"sliding_attention\" are");
    }
    return RFT_OK;
}

/* layer_types is not given: the class's rule. */
static enum rft_status derive_types(struct rft_hf_object *root, const struct rft_arch *arch, bool is_on,
                                    struct rft_model_config *config)
{
    uint64_t pattern = arch->of.window_pattern, first = 28;
    if (arch->has_old_layer_keys)
        RFT_TRY(rft_hf_u64(root, "sliding_window_pattern", 1, RFT_LAYERS_MAX, &pattern));
    if (arch->window_rule == RFT_WINDOW_SWITCHED)
        RFT_TRY(rft_hf_u64(root, "max_window_layers", 0, RFT_LAYERS_MAX, &first));
    for (uint32_t i = 0; i < config->n_layers; i++) {
        if (arch->window_rule == RFT_WINDOW_TYPES)
            config->is_windowed[i] = pattern == 0 || (i + 1) % pattern != 0;
        else if (arch->has_unrotated_layers)
            config->is_windowed[i] = is_on && config->rope_set[i] == RFT_ROPE_NONE;
        else
            config->is_windowed[i] = is_on && i >= first;
        config->is_windowed[i] = config->is_windowed[i] && config->window != 0;
    }
    return RFT_OK;
}

enum rft_status rft_hf_layers_read(struct rft_hf_object *root, const struct rft_arch *arch,
                                   struct rft_model_config *config)
{
    bool is_on = false, any = false;
    if (arch->has_unrotated_layers)
        RFT_TRY(read_unrotated(root, config));
    if (arch->window_rule == RFT_WINDOW_NONE) {
        /* Other classes' keys, which this one passes over. */
        rft_hf_has(root, "layer_types");
        return RFT_OK;
    }
    RFT_TRY(read_window(root, arch, config));
    const json_t *types = rft_hf_get(root, "layer_types");
    RFT_TRY(rft_hf_bool(root, "use_sliding_window", &is_on));
    rft_hf_has(root, "max_window_layers");
    rft_hf_has(root, "_sliding_window_pattern");
    if (arch->has_old_layer_keys)
        rft_hf_has(root, "sliding_window_pattern");
    if (arch->window_rule == RFT_WINDOW_ALL)
        memset(config->is_windowed, config->window != 0, config->n_layers);
    else if (types != NULL)
        RFT_TRY(read_types(root, types, config));
    else
        RFT_TRY(derive_types(root, arch, is_on, config));
    for (uint32_t i = 0; i < config->n_layers; i++) {
        any = any || config->is_windowed[i];
        if (arch->has_rope_per_type && config->is_windowed[i])
            config->rope_set[i] = RFT_ROPE_LOCAL;
    }
    /* SmolLM3 looks at the types alone. */
    bool is_off = arch->window_rule == RFT_WINDOW_SWITCHED && !arch->has_unrotated_layers && !is_on;
    if (any && (config->window == 0 || is_off)) {
        rft_log_error("%s: layer_types has layers with a sliding window, but %s", root->file,
                      config->window == 0 ? "sliding_window is null" : "use_sliding_window is false");
        return RFT_ERR_INPUT;
    }
    if (!any)
        config->window = 0;
    return RFT_OK;
}
