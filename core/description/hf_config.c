/* SPDX-License-Identifier: MIT */
#include "hf_config.h"

#include "arch.h"
#include "hf_layers.h"
#include "hf_object.h"
#include "hf_rope.h"
#include "host_math.h"
#include "log.h"
#include "model_config.h"
#include "op_args.h"

#include <stdio.h>
#include <string.h>

static enum rft_status refuse_architecture(const char *file, const char *key, const json_t *value)
{
    char list[RFT_ARCH_LIST_BYTES], instead[RFT_ARCH_LIST_BYTES + 64];
    rft_arch_list(false, list);
    snprintf(instead, sizeof instead, "supported are %s, and the text parts of gemma3 and mistral3", list);
    return rft_hf_refuse(file, key, value, instead);
}

static const struct rft_arch *arch_of(const json_t *type)
{
    return json_is_string(type) ? rft_arch_of_type(json_string_value(type), json_string_length(type)) : NULL;
}

/* By model_type, or in files that have none by the class. The class, where both are there, must be the same
 * architecture's: the same layers may carry another head. */
static enum rft_status find_architecture(struct rft_hf_object *o, const struct rft_arch **arch)
{
    const json_t *classes = rft_hf_get(o, "architectures"), *type = rft_hf_get(o, "model_type");
    const json_t *first = json_array_get(classes, 0);
    const struct rft_arch *of_class =
        json_is_string(first) ? rft_arch_of_class(json_string_value(first), json_string_length(first)) : NULL;
    if (type == NULL && classes == NULL) {
        rft_log_error("%s: neither architectures nor model_type says what model this is", o->file);
        return RFT_ERR_INPUT;
    }
    if (type != NULL && arch_of(type) == NULL)
        return refuse_architecture(o->file, "model_type", type);
    *arch = type != NULL ? arch_of(type) : of_class;
    if (classes != NULL && (json_array_size(classes) != 1 || of_class == NULL || of_class != *arch))
        return refuse_architecture(o->file, "architectures", classes);
    if ((*arch)->if_typed != NULL && rft_hf_has(o, "layer_types"))
        *arch = rft_arch_of_type((*arch)->if_typed, strlen((*arch)->if_typed));
    return RFT_OK;
}

/* A model of text inside one that sees images: its configuration is text_config. */
struct wrapper {
    const char *model_type, *class_name;
    const char *text_type; /* of the text part, whatever it says; NULL: what it says, or ... */
    const char *fallback;  /* ... this */
};

static const struct wrapper *find_wrapper(const json_t *root)
{
    static const struct wrapper wrappers[] = {
        {"gemma3", "Gemma3ForConditionalGeneration", "gemma3_text", NULL},
        {"mistral3", "Mistral3ForConditionalGeneration", NULL, "mistral"},
    };
    for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++)
        if (rft_hf_is_text(json_object_get(root, "model_type"), wrappers[i].model_type))
            return &wrappers[i];
    return NULL;
}

/* Keys that change the arithmetic and have one supported value (or none). */
static enum rft_status check_fixed(struct rft_hf_object *o)
{
    static const char *const off[] = {"rope_interleaved", "use_bidirectional_attention", "lm_head_bias",
                                      "per_layer_config"};
    const json_t *value = rft_hf_get(o, "quantization_config");
    if (value != NULL)
        return rft_hf_refuse(o->file, "quantization_config", value,
                             "use the checkpoint in bf16, f16 or f32, or a GGUF file");
    for (size_t i = 0; i < sizeof off / sizeof *off; i++)
        if ((value = rft_hf_get(o, off[i])) != NULL && !json_is_false(value))
            return rft_hf_refuse(o->file, off[i], value, "only false is");
    if (rft_hf_has(o, "is_causal") && !json_is_true(json_object_get(o->object, "is_causal"))) /* null is false */
        return rft_hf_refuse(o->file, "is_causal", json_object_get(o->object, "is_causal"), "only true is");
    return RFT_OK;
}

/* A size: absent, the class's; null, 0: derived from others. */
static enum rft_status read_size(struct rft_hf_object *o, const char *key, uint32_t fallback, uint32_t max,
                                 uint32_t *size)
{
    uint64_t value = rft_hf_has(o, key) ? 0 : fallback;
    RFT_TRY(rft_hf_u64(o, key, 1, max, &value));
    *size = (uint32_t)value;
    return RFT_OK;
}

static enum rft_status read_sizes(struct rft_hf_object *o, const struct rft_arch *arch, struct rft_model_config *c)
{
    const struct rft_arch_defaults *of = &arch->of;
    const struct {
        const char *key;
        uint32_t fallback, max;
        uint32_t *to;
    } sizes[] = {
        {"num_hidden_layers", of->n_layers, RFT_LAYERS_MAX, &c->n_layers},
        {"hidden_size", of->dim, RFT_SIZE_MAX, &c->dim},
        {"intermediate_size", of->ffn_dim, RFT_SIZE_MAX, &c->ffn_dim},
        {"num_attention_heads", of->n_heads, RFT_SIZE_MAX, &c->n_heads},
        {"num_key_value_heads", of->n_kv_heads, RFT_SIZE_MAX, &c->n_kv_heads},
        {"head_dim", of->head_dim, RFT_HEAD_DIM_MAX, &c->head_dim},
        {"vocab_size", of->vocab_size, RFT_SIZE_MAX, &c->vocab_size},
        {"max_position_embeddings", of->n_positions, RFT_SIZE_MAX, &c->n_positions},
    };
    double eps = of->norm_eps;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        RFT_TRY(read_size(o, sizes[i].key, sizes[i].fallback, sizes[i].max, sizes[i].to));
    RFT_TRY(rft_hf_double(o, "rms_norm_eps", 1e-15, 1.0, &eps));
    c->norm_eps = (float)eps;
    return rft_model_config_derive(o->file, "num_attention_heads", c);
}

static enum rft_status read_act(struct rft_hf_object *o, const struct rft_arch *arch, struct rft_model_config *c)
{
    static const struct {
        const char *name;
        uint32_t act;
    } acts[] = {{"silu", RFT_ACT_SILU},
                {"swish", RFT_ACT_SILU},
                {"gelu_pytorch_tanh", RFT_ACT_GELU_TANH},
                {"gelu_python_tanh", RFT_ACT_GELU_TANH},
                {"gelu_new", RFT_ACT_GELU_TANH},
                {"gelu_fast", RFT_ACT_GELU_TANH},
                {"gelu_accurate", RFT_ACT_GELU_TANH},
                {"gelu", RFT_ACT_GELU_ERF},
                {"gelu_python", RFT_ACT_GELU_ERF}};
    const json_t *act = rft_hf_get(o, arch->act_key);
    rft_hf_has(o, "hidden_act"); /* the other spelling is nobody's alias */
    rft_hf_has(o, "hidden_activation");
    if (act == NULL)
        return RFT_OK;
    if (arch->has_gelu_alias && rft_hf_is_text(act, "gelu"))
        return RFT_OK;
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        if (rft_hf_is_text(act, acts[i].name)) {
            c->act = acts[i].act;
            return RFT_OK;
        }
    }
    return rft_hf_refuse(o->file, arch->act_key, act, "\"silu\", \"gelu\" and \"gelu_pytorch_tanh\" are");
}

static enum rft_status read_parts(struct rft_hf_object *o, const struct rft_arch *arch, struct rft_model_config *c)
{
    bool has_bias = false, has_mlp_bias = false;
    c->parts = arch->parts;
    RFT_TRY(rft_hf_bool(o, "attention_bias", &has_bias));
    RFT_TRY(rft_hf_bool(o, "mlp_bias", &has_mlp_bias));
    if (has_bias)
        c->parts |= arch->bias_parts;
    if (has_mlp_bias && arch->has_mlp_bias_key)
        c->parts |= RFT_PART_MLP_BIAS;
    return RFT_OK;
}

static enum rft_status read_scales(struct rft_hf_object *o, const struct rft_arch *arch, struct rft_model_config *c)
{
    double scalar = arch->of.query_scalar, logit_divisor = 1.0;
    if (arch->scale_rule == RFT_SCALE_SCALAR) {
        RFT_TRY(rft_hf_double(o, "query_pre_attn_scalar", RFT_SCALE_MIN, RFT_SCALE_MAX, &scalar));
        c->attention_scale = rft_host_inverse_sqrt(scalar);
    } else if (arch->scale_rule == RFT_SCALE_MULTIPLIER) {
        c->attention_scale = 1.0;
        RFT_TRY(rft_hf_double(o, "attention_multiplier", RFT_SCALE_MIN, RFT_SCALE_MAX, &c->attention_scale));
    }
    if (arch->has_multipliers) {
        RFT_TRY(rft_hf_double(o, "embedding_multiplier", RFT_SCALE_MIN, RFT_SCALE_MAX, &c->embedding_scale));
        RFT_TRY(rft_hf_double(o, "residual_multiplier", RFT_SCALE_MIN, RFT_SCALE_MAX, &c->residual_scale));
        RFT_TRY(rft_hf_double(o, "logits_scaling", RFT_SCALE_MIN, RFT_SCALE_MAX, &logit_divisor));
        c->logit_scale = 1.0 / logit_divisor;
    }
    if (arch->has_logit_caps) {
        const char *const keys[] = {"attn_logit_softcapping", "final_logit_softcapping"};
        double ignored = 0.0;
        c->logit_cap = rft_hf_has(o, keys[1]) ? 0.0 : c->logit_cap; /* null is none */
        c->score_cap = rft_hf_has(o, keys[0]) ? 0.0 : c->score_cap;
        RFT_TRY(
            rft_hf_double(o, keys[0], RFT_SCALE_MIN, RFT_SCALE_MAX, arch->has_score_caps ? &c->score_cap : &ignored));
        RFT_TRY(rft_hf_double(o, keys[1], RFT_SCALE_MIN, RFT_SCALE_MAX, &c->logit_cap));
    }
    return RFT_OK;
}

/* Everything but whether the head is tied. */
static enum rft_status read_text(struct rft_hf_object *o, const struct rft_arch *arch,
                                 const struct rft_model_options *options, struct rft_model_config *config)
{
    RFT_TRY(check_fixed(o));
    RFT_TRY(read_sizes(o, arch, config));
    rft_model_config_defaults(arch, config);
    RFT_TRY(read_act(o, arch, config));
    RFT_TRY(read_parts(o, arch, config));
    RFT_TRY(read_scales(o, arch, config));
    RFT_TRY(rft_hf_rope_read(o, arch, options, config));
    RFT_TRY(rft_hf_layers_read(o, arch, config));
    return rft_hf_check_rest(o, options);
}

/* The wrapper's flag decides about the head. */
static enum rft_status read_wrapped(struct rft_hf_object *outer, const struct wrapper *wrapper,
                                    const struct rft_model_options *options, struct rft_model_config *config,
                                    const struct rft_arch **arch)
{
    const json_t *text = rft_hf_get(outer, "text_config"), *classes = rft_hf_get(outer, "architectures");
    struct rft_hf_object inner = {.file = outer->file, .object = text};
    const json_t *type = rft_hf_get(&inner, "model_type");
    const char *name = wrapper->text_type != NULL ? wrapper->text_type : wrapper->fallback;
    config->tied = true;
    if (!json_is_object(text)) {
        rft_log_error("%s: text_config is missing or no object", outer->file);
        return RFT_ERR_INPUT;
    }
    if (classes != NULL &&
        (json_array_size(classes) != 1 || !rft_hf_is_text(json_array_get(classes, 0), wrapper->class_name)))
        return refuse_architecture(outer->file, "architectures", classes);
    *arch = wrapper->text_type == NULL && type != NULL ? arch_of(type) : rft_arch_of_type(name, strlen(name));
    if (*arch == NULL)
        return refuse_architecture(outer->file, "text_config.model_type", type);
    RFT_TRY(check_fixed(outer));
    RFT_TRY(rft_hf_bool(outer, "tie_word_embeddings", &config->tied));
    rft_hf_has(&inner, "tie_word_embeddings");
    RFT_TRY(read_text(&inner, *arch, options, config));
    config->logit_cap = config->logit_scale = 0.0; /* the wrapper's head is a matrix and nothing else */
    return RFT_OK;
}

static enum rft_status read_config(const char *file, const json_t *root, const struct rft_model_options *options,
                                   struct rft_model_config *config, const struct rft_arch **arch)
{
    struct rft_hf_object o = {.file = file, .object = root};
    const struct wrapper *wrapper = find_wrapper(root);
    if (!json_is_object(root)) {
        rft_log_error("%s: not a JSON object", file);
        return RFT_ERR_INPUT;
    }
    if (wrapper != NULL)
        RFT_TRY(read_wrapped(&o, wrapper, options, config, arch));
    else {
        RFT_TRY(find_architecture(&o, arch));
        config->tied = (*arch)->of.tied;
        RFT_TRY(rft_hf_bool(&o, "tie_word_embeddings", &config->tied));
        RFT_TRY(read_text(&o, *arch, options, config));
    }
    return rft_model_config_check(file, config);
}

enum rft_status rft_hf_config_parse(const char *file, struct rft_bytes text, const struct rft_model_options *options,
                                    struct rft_model_config *config, const struct rft_arch **arch)
{
    json_t *root;
    *config = (struct rft_model_config){0};
    RFT_TRY(rft_json_load(file, text, JSON_REJECT_DUPLICATES, &root));
    enum rft_status status = read_config(file, root, options, config, arch);
    json_decref(root);
    if (status != RFT_OK)
        *config = (struct rft_model_config){0};
    return status;
}
