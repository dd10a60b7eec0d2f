/* SPDX-License-Identifier: MIT */
/* Which spelling wins, and what a key that is left out means, follows transformers 5: modeling_rope_utils.py, and the
 * configuration files of phi3, gemma3 and olmo3. */
#include "hf_rope.h"

#include "frequencies.h"
#include "host_math.h"
#include "log.h"

#include <string.h>

static const char scaling_key[] = "rope_scaling", parameters_key[] = "rope_parameters";
static const char original_key[] = "original_max_position_embeddings";
static const char full_key[] = "full_attention", sliding_key[] = "sliding_attention";

/* The context that was trained for: a key at the top wins over one inside, and without both it is the whole context. An
 * entry for a type of layer has its own alone. */
static enum rft_status read_original(struct rft_hf_object *root, struct rft_hf_object *entry,
                                     const struct rft_arch *arch, const struct rft_model_config *config,
                                     double *original)
{
    *original = config->n_positions;
    RFT_TRY(rft_hf_double(entry, original_key, 1.0, 2147483647.0, original));
    if (arch->of.original_positions != 0)
        *original = arch->of.original_positions;
    return arch->has_rope_per_type ? RFT_OK : rft_hf_double(root, original_key, 1.0, 2147483647.0, original);
}

static enum rft_status read_llama3(struct rft_hf_object *entry, struct rft_rope_scaling *s)
{
    s->kind = RFT_ROPE_LLAMA3;
    RFT_TRY(rft_hf_need_double(entry, "factor", 1.0, 1e6, &s->factor));
    RFT_TRY(rft_hf_need_double(entry, "low_freq_factor", 1e-6, 1e6, &s->low_freq_factor));
    RFT_TRY(rft_hf_need_double(entry, "high_freq_factor", 1e-6, 1e6, &s->high_freq_factor));
    if (s->high_freq_factor > s->low_freq_factor)
        return RFT_OK;
    rft_log_error("%s: rope scaling's high_freq_factor must be above its low_freq_factor", entry->file);
    return RFT_ERR_UNSUPPORTED;
}

static enum rft_status read_yarn(struct rft_hf_object *entry, bool is_per_type, const struct rft_model_config *config,
                                 struct rft_rope_scaling *s, double *scale)
{
    double mscale = 0.0, mscale_all_dim = 0.0;
    bool is_truncated = true;
    s->kind = RFT_ROPE_YARN;
    s->factor = (double)config->n_positions / s->original_positions;
    s->beta_fast = s->beta_slow = 0.0;
    RFT_TRY(rft_hf_double(entry, "factor", 1e-3, 1e6, &s->factor));
    RFT_TRY(rft_hf_double(entry, "beta_fast", 0.0, 1e6, &s->beta_fast));
    RFT_TRY(rft_hf_double(entry, "beta_slow", 0.0, 1e6, &s->beta_slow));
    RFT_TRY(rft_hf_double(entry, "mscale", 0.0, 1e6, &mscale));
    RFT_TRY(rft_hf_double(entry, "mscale_all_dim", 0.0, 1e6, &mscale_all_dim));
    RFT_TRY(rft_hf_bool(entry, "truncate", &is_truncated));
    s->beta_fast = s->beta_fast != 0.0 ? s->beta_fast : 32.0;
    s->beta_slow = s->beta_slow != 0.0 ? s->beta_slow : 1.0;
    s->is_untruncated = !is_truncated && !is_per_type; /* looked up beside the entries, where nobody writes it */
    *scale = rft_yarn_scale(s->factor, 1.0);
    if (mscale != 0.0 && mscale_all_dim != 0.0)
        *scale = rft_yarn_scale(s->factor, mscale) / rft_yarn_scale(s->factor, mscale_all_dim);
    return rft_hf_double(entry, "attention_factor", 1e-3, 1e3, scale);
}

static enum rft_status read_factors(struct rft_hf_object *entry, const char *key, uint32_t n, const double *plain,
                                    double *frequencies)
{
    const json_t *factors = rft_hf_get(entry, key);
    if (!json_is_array(factors) || json_array_size(factors) != n) {
        rft_log_error("%s: %s must be a list of %u numbers, half of the rotated dimensions of a head", entry->file, key,
                      n);
        return RFT_ERR_INPUT;
    }
    for (uint32_t i = 0; i < n; i++) {
        const json_t *factor = json_array_get(factors, i);
        double value = json_is_number(factor) ? json_number_value(factor) : 0.0;
        if (!(value >= 1e-3 && value <= 1e6)) {
            rft_log_error("%s: %s: element %u must be a number from 0.001 to 1000000", entry->file, key, i);
            return RFT_ERR_INPUT;
        }
        frequencies[i] = plain[i] / value;
    }
    return RFT_OK;
}

/* LongRoPE (Ding et al. 2024): each frequency has a factor of its own, one for samples within the original context and
 * one for longer ones. */
static enum rft_status read_long(struct rft_hf_object *entry, const struct rft_rope_scaling *s,
                                 struct rft_model_config *config)
{
    double plain[RFT_PAIRS_MAX], factor = (double)config->n_positions / s->original_positions;
    const uint32_t n = config->n_rotated / 2;
    RFT_TRY(rft_hf_double(entry, "factor", 1e-3, 1e6, &factor));
    double scale = 1.0;
    if (factor > 1.0 && s->original_positions > 1.0) {
        double square = 1.0 + rft_host_log(factor) / rft_host_log(s->original_positions);
        scale = square * rft_host_inverse_sqrt(square);
    }
    RFT_TRY(rft_hf_double(entry, "attention_factor", 1e-3, 1e3, &scale));
    rft_rope_frequencies(s, config->n_rotated, plain);
    config->has_long_rope = true;
    config->rope_original = (uint32_t)s->original_positions;
    for (uint32_t span = 0; span < RFT_ROPE_SPANS; span++) {
        config->rope_scale[(uint32_t)RFT_ROPE_MAIN * RFT_ROPE_SPANS + span] = scale;
        RFT_TRY(read_factors(entry, span == RFT_ROPE_SHORT ? "short_factor" : "long_factor", n, plain,
                             rft_model_frequencies(config, RFT_ROPE_MAIN, (enum rft_rope_span)span)));
    }
    return RFT_OK;
}

/* Reads an entry of some rope_type into one set of frequencies. */
static enum rft_status read_entry(struct rft_hf_object *root, struct rft_hf_object *entry, const struct rft_arch *arch,
                                  double theta, enum rft_rope_set set, struct rft_model_config *config)
{
    const json_t *type = rft_hf_get(entry, "rope_type"), *old_type = rft_hf_get(entry, "type");
    struct rft_rope_scaling s = {.kind = RFT_ROPE_PLAIN, .theta = theta, .factor = 1.0};
    double *scale = &config->rope_scale[(uint32_t)set * RFT_ROPE_SPANS];
    type = type != NULL ? type : old_type;
    RFT_TRY(rft_hf_double(entry, "rope_theta", 1.0, 1e15, &s.theta));
    RFT_TRY(read_original(root, entry, arch, config, &s.original_positions));
    bool is_long = arch->has_long_rope && (rft_hf_is_text(type, "longrope") || rft_hf_is_text(type, "su") ||
                                           rft_hf_is_text(type, "yarn")); /* two old names of Phi-3's */
    if (is_long)
        return read_long(entry, &s, config);
    if (arch->has_other_ropes && rft_hf_is_text(type, "linear")) {
        s.kind = RFT_ROPE_LINEAR;
        RFT_TRY(rft_hf_need_double(entry, "factor", 1e-3, 1e6, &s.factor));
    } else if (arch->has_other_ropes && rft_hf_is_text(type, "llama3")) {
        RFT_TRY(read_llama3(entry, &s));
    } else if (arch->has_other_ropes && rft_hf_is_text(type, "yarn")) {
        RFT_TRY(read_yarn(entry, arch->has_rope_per_type, config, &s, scale));
    } else if (arch->has_other_ropes && rft_hf_is_text(type, "dynamic")) {
        /* Changes nothing up to max_position_embeddings, beyond which no sample goes. */
        RFT_TRY(rft_hf_need_double(entry, "factor", 1e-3, 1e6, &s.factor));
    } else if (type != NULL && !rft_hf_is_text(type, "default")) {
        return rft_hf_refuse(entry->file, "rope_type", type,
                             arch->has_long_rope ? "\"default\" and \"longrope\" are"
                                                 : "\"default\", \"linear\", \"dynamic\", \"llama3\" and \"yarn\" are");
    } else if (type == NULL && rft_hf_get(entry, "factor") != NULL) {
        rft_log_error("%s: RoPE's scaling has a factor but no rope_type", entry->file);
        return RFT_ERR_INPUT;
    }
    rft_rope_frequencies(&s, config->n_rotated, rft_model_frequencies(config, set, RFT_ROPE_SHORT));
    return RFT_OK;
}

/* Keys that transformers does not look at, either. */
static void pass_over(struct rft_hf_object *entry)
{
    static const char *const keys[] = {"finetuned",    "attn_factor", "extrapolation_factor",
                                       "short_mscale", "long_mscale", "max_position_embeddings"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        rft_hf_has(entry, keys[i]);
}

/* The share of a head that is rotated. */
static enum rft_status read_rotary(struct rft_hf_object *root, struct rft_hf_object *entry, const struct rft_arch *arch,
                                   struct rft_model_config *config)
{
    double share = 1.0;
    RFT_TRY(rft_hf_double(root, "partial_rotary_factor", 0.0, 1.0, &share));
    RFT_TRY(rft_hf_double(entry, "partial_rotary_factor", 0.0, 1.0, &share));
    config->n_rotated = (uint32_t)((double)config->head_dim * share);
    if (share == 1.0 || (arch->has_partial_rotary && config->n_rotated >= 2 && config->n_rotated % 2 == 0))
        return RFT_OK;
    rft_log_error("%s: partial_rotary_factor = %g is not supported: %s", root->file, share,
                  arch->has_partial_rotary ? "it must leave an even number of dimensions"
                                           : "this architecture rotates whole heads");
    return RFT_ERR_UNSUPPORTED;
}

static enum rft_status read_flat(struct rft_hf_object *root, const json_t *object, const struct rft_arch *arch,
                                 const struct rft_model_options *options, struct rft_model_config *config)
{
    struct rft_hf_object entry = {.file = root->file, .object = object};
    double theta = arch->of.rope_theta;
    RFT_TRY(read_rotary(root, &entry, arch, config));
    RFT_TRY(rft_hf_double(root, "rope_theta", 1.0, 1e15, &theta));
    RFT_TRY(read_entry(root, &entry, arch, theta, RFT_ROPE_MAIN, config));
    if (arch->has_query_scale) {
        RFT_TRY(rft_hf_double(&entry, "llama_4_scaling_beta", 0.0, 1e3, &config->query_beta));
        RFT_TRY(read_original(root, &entry, arch, config, &config->query_period));
    }
    pass_over(&entry);
    return rft_hf_check_rest(&entry, options);
}

/* An entry for each type of layer; in the old spelling rope_scaling is the one of layers without a window. */
static enum rft_status read_per_type(struct rft_hf_object *root, const json_t *scaling, const json_t *parameters,
                                     const struct rft_arch *arch, const struct rft_model_options *options,
                                     struct rft_model_config *config)
{
    const json_t *full = json_object_get(parameters, full_key), *sliding = json_object_get(parameters, sliding_key);
    struct rft_hf_object entries[2] = {{.file = root->file, .object = json_is_object(full) ? full : NULL},
                                       {.file = root->file, .object = json_is_object(sliding) ? sliding : NULL}};
    double theta = arch->of.rope_theta, local = arch->of.local_rope_theta;
    if (json_is_object(parameters) && json_object_size(parameters) != 0 && full == NULL && sliding == NULL)
        return rft_hf_refuse(root->file, parameters_key, parameters,
                             "this architecture has an entry for each type of layer, full_attention and "
                             "sliding_attention");
    if (json_object_size(scaling) != 0) {
        if (entries[0].object != NULL)
            return rft_hf_refuse(root->file, scaling_key, scaling, "rope_parameters says the same: leave one of them");
        if (json_object_get(scaling, "rope_type") == NULL && json_object_get(scaling, "type") != NULL)
            return rft_hf_refuse(root->file, scaling_key, scaling,
                                 "its type is passed over by transformers; name it rope_type, or leave it out");
        entries[0].object = scaling;
    }
    RFT_TRY(rft_hf_double(root, "rope_theta", 1.0, 1e15, &theta));
    if (arch->has_old_layer_keys)
        RFT_TRY(rft_hf_double(root, "rope_local_base_freq", 1.0, 1e15, &local));
    RFT_TRY(read_rotary(root, &entries[0], arch, config));
    RFT_TRY(read_entry(root, &entries[0], arch, theta, RFT_ROPE_MAIN, config));
    RFT_TRY(read_entry(root, &entries[1], arch, local, RFT_ROPE_LOCAL, config));
    for (uint32_t i = 0; i < 2; i++) {
        pass_over(&entries[i]);
        RFT_TRY(rft_hf_check_rest(&entries[i], options));
    }
    return RFT_OK;
}

/* Where the class has an entry for configurations that have none. */
static enum rft_status read_default(struct rft_hf_object *root, const struct rft_arch *arch,
                                    const struct rft_model_options *options, struct rft_model_config *config)
{
    json_t *object;
    RFT_TRY(rft_json_load(root->file, rft_bytes_z(arch->default_rope), 0, &object));
    enum rft_status status = read_flat(root, object, arch, options, config);
    json_decref(object);
    return status;
}

enum rft_status rft_hf_rope_read(struct rft_hf_object *root, const struct rft_arch *arch,
                                 const struct rft_model_options *options, struct rft_model_config *config)
{
    const json_t *scaling = rft_hf_get(root, scaling_key), *parameters = rft_hf_get(root, parameters_key);
    if (scaling != NULL && !json_is_object(scaling))
        return rft_hf_refuse(root->file, scaling_key, scaling, "an object or null is");
    if (parameters != NULL && !json_is_object(parameters))
        return rft_hf_refuse(root->file, parameters_key, parameters, "an object or null is");
    if (arch->has_rope_per_type)
        return read_per_type(root, scaling, parameters, arch, options, config);
    const json_t *object = json_object_size(scaling) != 0 ? scaling : parameters;
    if (object == NULL && arch->default_rope != NULL)
        return read_default(root, arch, options, config);
    if (json_object_get(object, full_key) != NULL || json_object_get(object, sliding_key) != NULL)
        return rft_hf_refuse(root->file, parameters_key, object, "this architecture rotates all layers alike");
    return read_flat(root, object, arch, options, config);
}
