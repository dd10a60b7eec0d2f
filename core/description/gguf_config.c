/* SPDX-License-Identifier: MIT */
/* The description of a model from a GGUF file's metadata. What a converter leaves out of the file, llama.cpp's loader
 * knows by the architecture's name (github.com/ggml-org/llama.cpp, src/models); so does this. */
#include "gguf_config.h"

#include "arch.h"
#include "frequencies.h"
#include "gguf_object.h"
#include "host_math.h"
#include "log.h"
#include "model_config.h"
#include "op_args.h"

#include <string.h>

static const char window_key[] = "attention.sliding_window";

static enum rft_status find_architecture(struct rft_gguf_object *o, const struct rft_arch **arch)
{
    static const char key[] = "general.architecture";
    char list[RFT_ARCH_LIST_BYTES];
    if (!rft_gguf_get_string(o->gguf, key, &o->prefix)) {
        rft_log_error("%s: %s is missing; this is no language model", o->file, key);
        return RFT_ERR_INPUT;
    }
    *arch = rft_arch_of_gguf(o->prefix.data, o->prefix.len);
    if (*arch != NULL) {
        uint64_t window = 0;
        if ((*arch)->if_windowed != NULL)
            RFT_TRY(rft_gguf_u64(o, window_key, 0, 0x7fffffff, &window));
        if (window != 0)
            *arch = rft_arch_of_type((*arch)->if_windowed, strlen((*arch)->if_windowed));
        return RFT_OK;
    }
    rft_arch_list(true, list);
    rft_log_error("%s: %s = \"%.*s\" is not supported; supported are %s", o->file, key,
                  (int)(o->prefix.len < 200 ? o->prefix.len : 200), o->prefix.data, list);
    return RFT_ERR_UNSUPPORTED;
}

static enum rft_status read_size(struct rft_gguf_object *o, const char *key, bool is_needed, uint32_t max,
                                 uint32_t *size)
{
    uint64_t value = 0;
    char text[RFT_GGUF_KEY_BYTES];
    if (is_needed && rft_gguf_key(o, key, text) == NULL) {
        rft_log_error("%s: %s is missing", o->file, text);
        return RFT_ERR_INPUT;
    }
    RFT_TRY(rft_gguf_u64(o, key, 1, max, &value));
    *size = (uint32_t)value;
    return RFT_OK;
}

/* Numbers that must have one value where they are there at all. */
static enum rft_status check_fixed(struct rft_gguf_object *o, const struct rft_model_config *c)
{
    const struct {
        const char *key;
        uint64_t value;
    } fixed[] = {{"expert_count", 0},
                 {"attention.value_length", c->head_dim},
                 {"attention.key_length_swa", c->head_dim},
                 {"attention.value_length_swa", c->head_dim},
                 {"rope.dimension_count_swa", c->head_dim}};
    uint64_t value;
    char text[RFT_GGUF_KEY_BYTES];
    bool is_causal = false;
    if (rft_gguf_key(o, "attention.causal", text) != NULL &&
        !(rft_gguf_get_bool(o->gguf, text, &is_causal) && is_causal)) {
        rft_log_error("%s: %s must be true: other models are not supported", o->file, text);
        return RFT_ERR_UNSUPPORTED;
    }
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        RFT_TRY(rft_gguf_u64(o, fixed[i].key, fixed[i].value, fixed[i].value, &value));
    /* Files that were never split may say 0. */
    if (rft_gguf_has(o->gguf, "split.count"))
        RFT_TRY(rft_gguf_need_u64(o->gguf, o->file, "split.count", 0, 1, &value));
    return RFT_OK;
}

static enum rft_status read_sizes(struct rft_gguf_object *o, const struct rft_arch *arch, struct rft_model_config *c)
{
    double eps = arch->of.norm_eps;
    uint64_t n_rotated;
    RFT_TRY(read_size(o, "block_count", true, RFT_LAYERS_MAX, &c->n_layers));
    RFT_TRY(read_size(o, "embedding_length", true, RFT_SIZE_MAX, &c->dim));
    RFT_TRY(read_size(o, "feed_forward_length", true, RFT_SIZE_MAX, &c->ffn_dim));
    RFT_TRY(read_size(o, "attention.head_count", true, RFT_SIZE_MAX, &c->n_heads));
    RFT_TRY(read_size(o, "attention.head_count_kv", false, RFT_SIZE_MAX, &c->n_kv_heads));
    RFT_TRY(read_size(o, "attention.key_length", false, RFT_HEAD_DIM_MAX, &c->head_dim));
    RFT_TRY(read_size(o, "context_length", false, RFT_SIZE_MAX, &c->n_positions));
    c->n_positions = c->n_positions != 0 ? c->n_positions : arch->of.n_positions;
    RFT_TRY(rft_gguf_double(o, "attention.layer_norm_rms_epsilon", 1e-15, 1.0, &eps));
    c->norm_eps = (float)eps;
    RFT_TRY(rft_model_config_derive(o->file, "attention.head_count", c));
    n_rotated = c->head_dim;
    RFT_TRY(
        rft_gguf_u64(o, "rope.dimension_count", arch->has_partial_rotary ? 2 : c->head_dim, c->head_dim, &n_rotated));
    c->n_rotated = (uint32_t)n_rotated;
    return check_fixed(o, c);
}

/* Which layers have a window: an entry for each, or every pattern-th has none. */
static enum rft_status read_pattern(struct rft_gguf_object *o, const struct rft_arch *arch, struct rft_model_config *c)
{
    static const char key[] = "attention.sliding_window_pattern";
    char text[RFT_GGUF_KEY_BYTES];
    const char *whole = rft_gguf_key(o, key, text);
    uint64_t n = 0, pattern = arch->of.window_pattern;
    if (whole != NULL && rft_gguf_get_array(o->gguf, whole, &n)) {
        for (uint32_t i = 0; i < c->n_layers; i++) {
            bool is_windowed;
            if (n != c->n_layers || !rft_gguf_array_bool(o->gguf, whole, i, &is_windowed)) {
                rft_log_error("%s: %s must have a true or a false for each layer", o->file, whole);
                return RFT_ERR_INPUT;
            }
            c->is_windowed[i] = is_windowed;
        }
        return RFT_OK;
    }
    RFT_TRY(rft_gguf_u64(o, key, 1, RFT_LAYERS_MAX, &pattern));
    for (uint32_t i = 0; i < c->n_layers; i++)
        c->is_windowed[i] = pattern == 0 || (i + 1) % pattern != 0;
    return RFT_OK;
}

static enum rft_status read_layers(struct rft_gguf_object *o, const struct rft_arch *arch, struct rft_model_config *c)
{
    const bool is_always = arch->has_score_caps; /* Gemma 2, whose window has a default */
    uint64_t window = is_always ? arch->of.window : 0;
    if (arch->has_window_in_gguf)
        RFT_TRY(rft_gguf_u64(o, window_key, 0, 0x7fffffff, &window));
    c->window = (uint32_t)window;
    if (window != 0)
        RFT_TRY(read_pattern(o, arch, c));
    for (uint32_t i = 0; i < c->n_layers && arch->has_rope_per_type; i++)
        c->rope_set[i] = c->is_windowed[i] ? RFT_ROPE_LOCAL : RFT_ROPE_MAIN;
    for (uint32_t i = 0; i < c->n_layers && arch->has_unrotated_layers; i++)
        c->rope_set[i] = (i + 1) % 4 != 0 ? RFT_ROPE_MAIN : RFT_ROPE_NONE;
    return RFT_OK;
}

/* The largest models of two families divide the scores by another number, which no key holds. */
static double attention_scale(const struct rft_arch *arch, const struct rft_model_config *c)
{
    const uint32_t n_layers_of_27b = arch->has_score_caps ? 46 : 62;
    if (arch->scale_rule != RFT_SCALE_SCALAR || c->n_layers != n_layers_of_27b)
        return 0.0;
    return rft_host_inverse_sqrt((double)(c->dim / c->n_heads));
}

static enum rft_status read_scales(struct rft_gguf_object *o, const struct rft_arch *arch, struct rft_model_config *c)
{
    double logit_divisor = 1.0;
    rft_model_config_defaults(arch, c);
    c->attention_scale = attention_scale(arch, c);
    if (arch->has_multipliers) {
        RFT_TRY(rft_gguf_double(o, "attention.scale", RFT_SCALE_MIN, RFT_SCALE_MAX, &c->attention_scale));
        RFT_TRY(rft_gguf_double(o, "embedding_scale", RFT_SCALE_MIN, RFT_SCALE_MAX, &c->embedding_scale));
        RFT_TRY(rft_gguf_double(o, "residual_scale", RFT_SCALE_MIN, RFT_SCALE_MAX, &c->residual_scale));
        RFT_TRY(rft_gguf_double(o, "logit_scale", RFT_SCALE_MIN, RFT_SCALE_MAX, &logit_divisor));
        c->logit_scale = 1.0 / logit_divisor;
    }
    if (arch->has_logit_caps)
        RFT_TRY(rft_gguf_double(o, "final_logit_softcapping", 0.0, RFT_SCALE_MAX, &c->logit_cap));
    if (arch->has_score_caps)
        RFT_TRY(rft_gguf_double(o, "attn_logit_softcapping", 0.0, RFT_SCALE_MAX, &c->score_cap));
    return RFT_OK;
}

static enum rft_status read_yarn(struct rft_gguf_object *o, struct rft_rope_scaling *s, double *scale)
{
    double log_multiplier = 0.0;
    s->kind = RFT_ROPE_YARN;
    s->beta_fast = 32.0;
    s->beta_slow = 1.0;
    RFT_TRY(rft_gguf_double(o, "rope.scaling.yarn_beta_fast", 1e-3, 1e6, &s->beta_fast));
    RFT_TRY(rft_gguf_double(o, "rope.scaling.yarn_beta_slow", 1e-3, 1e6, &s->beta_slow));
    RFT_TRY(rft_gguf_double(o, "rope.scaling.yarn_log_multiplier", 0.0, 1e3, &log_multiplier));
    *scale = rft_yarn_scale(s->factor, 1.0);
    if (log_multiplier != 0.0)
        *scale = *scale / rft_yarn_scale(s->factor, log_multiplier);
    return RFT_OK;
}

#define FACTOR_MIN 1e-3 /* angles must stay within what can be rotated by */

/* "none", "linear", which with a factor of 1 or 0 is none, too, "yarn", or "longrope", whose factors are tensors. */
static enum rft_status read_kind(struct rft_gguf_object *o, struct rft_rope_scaling *s, double *scale)
{
    char text[RFT_GGUF_KEY_BYTES];
    const char *key = rft_gguf_key(o, "rope.scaling.type", text);
    struct rft_bytes type = rft_bytes_z("linear");
    if (key != NULL && !rft_gguf_get_string(o->gguf, key, &type)) {
        rft_log_error("%s: %s must be a string", o->file, key);
        return RFT_ERR_INPUT;
    }
    RFT_TRY(rft_gguf_double(o, "rope.scale_linear", 0.0, 1e6, &s->factor));
    RFT_TRY(rft_gguf_double(o, "rope.scaling.factor", 0.0, 1e6, &s->factor));
    if (s->factor != 0.0 && s->factor < FACTOR_MIN) {
        rft_log_error("%s: RoPE's scaling factor = %g must be 0 or from %g to 1000000", o->file, s->factor, FACTOR_MIN);
        return RFT_ERR_UNSUPPORTED;
    }
    s->factor = s->factor != 0.0 ? s->factor : 1.0;
    if (rft_bytes_equal(type, rft_bytes_z("yarn")))
        return read_yarn(o, s, scale);
    if (rft_bytes_equal(type, rft_bytes_z("linear")) && s->factor != 1.0)
        s->kind = RFT_ROPE_LINEAR;
    if (rft_bytes_equal(type, rft_bytes_z("linear")) || rft_bytes_equal(type, rft_bytes_z("none")) ||
        rft_bytes_equal(type, rft_bytes_z("longrope")))
        return RFT_OK;
    rft_log_error("%s: %s = \"%.*s\" is not supported; \"none\", \"linear\", \"yarn\" and \"longrope\" are", o->file,
                  key, (int)(type.len < 100 ? type.len : 100), type.data);
    return RFT_ERR_UNSUPPORTED;
}

/* original_context_length is a whole number in files. */
static enum rft_status read_original(struct rft_gguf_object *o, const struct rft_model_config *c, double *original)
{
    uint64_t value = c->n_positions;
    RFT_TRY(rft_gguf_u64(o, "rope.scaling.original_context_length", 1, 0x7fffffff, &value));
    *original = (double)value;
    return RFT_OK;
}

static enum rft_status read_rope(struct rft_gguf_object *o, const struct rft_arch *arch, struct rft_model_config *c)
{
    struct rft_rope_scaling s = {.kind = RFT_ROPE_PLAIN, .theta = 10000.0};
    double scale = 1.0, attention_factor = 1.0;
    char text[RFT_GGUF_KEY_BYTES];
    bool is_on = true;
    RFT_TRY(rft_gguf_double(o, "rope.freq_base", 1.0, 1e15, &s.theta));
    RFT_TRY(read_original(o, c, &s.original_positions));
    RFT_TRY(read_kind(o, &s, &scale));
    RFT_TRY(rft_gguf_double(o, "rope.scaling.attn_factor", 1e-3, 1e3, &attention_factor));
    c->rope_scale[0] = scale * attention_factor != 1.0 ? scale * attention_factor : 0.0;
    c->rope_original = (uint32_t)s.original_positions;
    rft_rope_frequencies(&s, c->n_rotated, rft_model_frequencies(c, RFT_ROPE_MAIN, RFT_ROPE_SHORT));
    if (arch->has_query_scale) {
        RFT_TRY(rft_gguf_double(o, "attention.temperature_scale", 0.0, 1e3, &c->query_beta));
        c->query_period = s.original_positions;
    }
    /* Granite's way to say that nothing is rotated. */
    if (arch->has_multipliers && rft_gguf_key(o, "rope.scaling.finetuned", text) != NULL &&
        rft_gguf_get_bool(o->gguf, text, &is_on) && !is_on)
        memset(c->rope_set, RFT_ROPE_NONE, c->n_layers);
    /* Layers with a window: another base, or the same, and never stretched. */
    s.kind = RFT_ROPE_PLAIN;
    if (arch->has_old_layer_keys) /* Gemma 3; llama.cpp gives OLMo 3 one base */
        s.theta = arch->of.local_rope_theta;
    RFT_TRY(rft_gguf_double(o, "rope.freq_base_swa", 1.0, 1e15, &s.theta));
    if (memchr(c->rope_set, RFT_ROPE_LOCAL, c->n_layers) != NULL)
        rft_rope_frequencies(&s, c->n_rotated, rft_model_frequencies(c, RFT_ROPE_LOCAL, RFT_ROPE_SHORT));
    return RFT_OK;
}

/* What no key tells, but the tensors of the first layer do. */
static void read_parts(const struct rft_arch *arch, const struct rft_tensor_list *list, struct rft_model_config *c)
{
    static const struct {
        const char *name;
        uint32_t part;
    } parts[] = {{"blk.0.attn_q.bias", RFT_PART_QKV_BIAS},
                 {"blk.0.attn_qkv.bias", RFT_PART_QKV_BIAS},
                 {"blk.0.attn_output.bias", RFT_PART_O_BIAS},
                 {"blk.0.ffn_up.bias", RFT_PART_MLP_BIAS}};
    c->parts = arch->parts & ~(uint32_t)(RFT_PART_NORM_PLUS_ONE | RFT_PART_QKV_BIAS | RFT_PART_FUSED_QKV);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (rft_tensor_list_find(list, parts[i].name) != NULL)
            c->parts |= parts[i].part;
    if (rft_tensor_list_find(list, "blk.0.attn_qkv.weight") != NULL)
        c->parts |= RFT_PART_FUSED_QKV;
    c->tied = rft_tensor_list_find(list, "output.weight") == NULL;
}

enum rft_status rft_gguf_config(const struct rft_gguf *gguf, const char *file, const struct rft_tensor_list *list,
                                const struct rft_model_options *options, struct rft_model_config *config,
                                const struct rft_arch **arch)
{
    struct rft_gguf_object o = {.file = file, .gguf = gguf};
    const struct rft_listed_tensor *embedding = rft_tensor_list_find(list, "token_embd.weight");
    RFT_TRY(find_architecture(&o, arch));
    RFT_TRY(read_sizes(&o, *arch, config));
    RFT_TRY(read_layers(&o, *arch, config));
    RFT_TRY(read_scales(&o, *arch, config));
    RFT_TRY(read_rope(&o, *arch, config));
    RFT_TRY(rft_gguf_check_rest(&o, options));
    if (embedding == NULL || embedding->n_dims != 2 || embedding->dims[0] == 0 || embedding->dims[0] > INT32_MAX) {
        rft_log_error("%s: tensor token_embd.weight is missing or no matrix", file);
        return RFT_ERR_INPUT;
    }
    config->vocab_size = (uint32_t)embedding->dims[0];
    read_parts(*arch, list, config);
    return rft_model_config_check(file, config);
}
