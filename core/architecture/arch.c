/* SPDX-License-Identifier: MIT */
#include "arch.h"

#include <stdio.h>
#include <string.h>

/* vocab_size, hidden_size, intermediate_size, layers, heads, key-value heads, head_dim, positions, eps, theta. */
#define SIZES(vocab, dim_, ffn, layers, heads, kv, head, positions, eps, theta)                                        \
    .vocab_size = vocab, .dim = dim_, .ffn_dim = ffn, .n_layers = layers, .n_heads = heads, .n_kv_heads = kv,          \
    .head_dim = head, .n_positions = positions, .norm_eps = eps, .rope_theta = theta

#define QKVO_BIAS (RFT_PART_QKV_BIAS | RFT_PART_O_BIAS)

const struct rft_arch rft_archs[] = {
    {.model_type = "llama",
     .class_name = "LlamaForCausalLM",
     .gguf = "llama",
     .bias_parts = QKVO_BIAS,
     .has_mlp_bias_key = true,
     .act_key = "hidden_act",
     .has_other_ropes = true,
     .is_permuted_in_gguf = true,
     .of = {SIZES(32000, 4096, 11008, 32, 32, 0, 0, 2048, 1e-6, 1e4)}},
    {.model_type = "mistral",
     .class_name = "MistralForCausalLM",
     .gguf = "llama",
     .if_typed = "ministral", /* transformers' configuration_auto.py */
     .act_key = "hidden_act",
     .window_rule = RFT_WINDOW_ALL,
     .has_other_ropes = true,
     .is_permuted_in_gguf = true,
     .of = {SIZES(32000, 4096, 14336, 32, 32, 8, 0, 131072, 1e-6, 1e4), .window = 4096}},
    {.model_type = "ministral",
     .class_name = "MinistralForCausalLM",
     .act_key = "hidden_act",
     .window_rule = RFT_WINDOW_TYPES,
     .has_other_ropes = true,
     .of = {SIZES(32000, 4096, 14336, 32, 32, 8, 0, 131072, 1e-6, 1e4), .window = 4096}},
    {.model_type = "ministral3",
     .class_name = "Ministral3ForCausalLM",
     .gguf = "mistral3",
     .act_key = "hidden_act",
     .window_rule = RFT_WINDOW_ALL,
     .has_other_ropes = true,
     .has_query_scale = true,
     .default_rope = "{\"rope_type\": \"yarn\", \"rope_theta\": 1000000.0, \"factor\": 16.0, \"beta_fast\": 32.0, "
                     "\"beta_slow\": 1.0, \"mscale\": 1.0, \"mscale_all_dim\": 1.0, "
                     "\"original_max_position_embeddings\": 16384, \"llama_4_scaling_beta\": 0.1}",
     .is_permuted_in_gguf = true,
     .of = {SIZES(131072, 4096, 14336, 34, 32, 8, 128, 262144, 1e-5, 1e4)}},
    {.model_type = "smollm3",
     .class_name = "SmolLM3ForCausalLM",
     .gguf = "smollm3",
     .bias_parts = QKVO_BIAS,
     .has_mlp_bias_key = true,
     .act_key = "hidden_act",
     .window_rule = RFT_WINDOW_SWITCHED,
     .has_other_ropes = true,
     .has_unrotated_layers = true,
     .is_permuted_in_gguf = true,
     .of = {SIZES(128256, 2048, 11008, 36, 16, 4, 0, 32768, 1e-6, 2e6), .tied = true}},
    {.model_type = "qwen2",
     .class_name = "Qwen2ForCausalLM",
     .gguf = "qwen2",
     .parts = RFT_PART_QKV_BIAS,
     .act_key = "hidden_act",
     .window_rule = RFT_WINDOW_SWITCHED,
     .has_other_ropes = true,
     .of = {SIZES(151936, 4096, 22016, 32, 32, 32, 0, 32768, 1e-6, 1e4), .window = 4096}},
    {.model_type = "qwen3",
     .class_name = "Qwen3ForCausalLM",
     .gguf = "qwen3",
     .parts = RFT_PART_QK_NORM,
     .bias_parts = QKVO_BIAS,
     .act_key = "hidden_act",
     .window_rule = RFT_WINDOW_SWITCHED,
     .has_other_ropes = true,
     .of = {SIZES(151936, 4096, 22016, 32, 32, 32, 128, 32768, 1e-6, 1e4), .window = 4096}},
    {.model_type = "phi3",
     .class_name = "Phi3ForCausalLM",
     .gguf = "phi3",
     .parts = RFT_PART_FUSED_QKV | RFT_PART_FUSED_GATE_UP,
     .has_window_in_gguf = true,
     .act_key = "hidden_act",
     .window_rule = RFT_WINDOW_ALL,
     .has_partial_rotary = true,
     .has_long_rope = true,
     .of = {SIZES(32064, 3072, 8192, 32, 32, 0, 0, 4096, 1e-5, 1e4), .original_positions = 4096}},
    {.model_type = "gemma2",
     .class_name = "Gemma2ForCausalLM",
     .gguf = "gemma2",
     .parts = RFT_PART_POST_NORMS | RFT_PART_NORM_PLUS_ONE,
     .bias_parts = QKVO_BIAS,
     .has_gelu = true,
     .has_window_in_gguf = true,
     .act_key = "hidden_activation",
     .window_rule = RFT_WINDOW_TYPES,
     .scale_rule = RFT_SCALE_SCALAR,
     .has_scaled_embedding = true,
     .has_logit_caps = true,
     .has_score_caps = true,
     .has_other_ropes = true,
     .of = {SIZES(256000, 2304, 9216, 26, 8, 4, 256, 8192, 1e-6, 1e4), .tied = true, .window = 4096,
            .window_pattern = 2, .query_scalar = 256, .score_cap = 50, .logit_cap = 30}},
    {.model_type = "gemma3_text",
     .class_name = "Gemma3ForCausalLM",
     .gguf = "gemma3",
     .parts = RFT_PART_POST_NORMS | RFT_PART_NORM_PLUS_ONE | RFT_PART_QK_NORM,
     .bias_parts = QKVO_BIAS,
     .has_gelu = true,
     .has_window_in_gguf = true,
     .act_key = "hidden_activation",
     .window_rule = RFT_WINDOW_TYPES,
     .scale_rule = RFT_SCALE_SCALAR,
     .has_scaled_embedding = true,
     .has_logit_caps = true,
     .has_other_ropes = true,
     .has_rope_per_type = true,
     .has_old_layer_keys = true,
     .of = {SIZES(262208, 2304, 9216, 26, 8, 4, 256, 131072, 1e-6, 1e6), .local_rope_theta = 1e4, .tied = true,
            .window = 4096, .window_pattern = 6, .query_scalar = 256}},
    {.model_type = "olmo2",
     .class_name = "Olmo2ForCausalLM",
     .gguf = "olmo2",
     .if_windowed = "olmo3", /* the converter has one name for both */
     .parts = RFT_PART_POST_NORMS | RFT_PART_NO_PRE_NORMS | RFT_PART_QK_NORM_WIDE,
     .bias_parts = QKVO_BIAS,
     .act_key = "hidden_act",
     .has_other_ropes = true,
     .of = {SIZES(50304, 4096, 11008, 32, 32, 0, 0, 2048, 1e-5, 1e4)}},
    {.model_type = "olmo3",
     .class_name = "Olmo3ForCausalLM",
     .gguf = "olmo2",
     .parts = RFT_PART_POST_NORMS | RFT_PART_NO_PRE_NORMS | RFT_PART_QK_NORM_WIDE,
     .bias_parts = QKVO_BIAS,
     .has_window_in_gguf = true,
     .act_key = "hidden_act",
     .window_rule = RFT_WINDOW_TYPES,
     .has_other_ropes = true,
     .has_rope_per_type = true,
     .of = {SIZES(50304, 4096, 11008, 32, 32, 0, 0, 2048, 1e-5, 5e5), .local_rope_theta = 5e5, .window = 4096,
            .window_pattern = 4}},
    {.model_type = "granite",
     .class_name = "GraniteForCausalLM",
     .gguf = "granite",
     .bias_parts = QKVO_BIAS,
     .has_mlp_bias_key = true,
     .act_key = "hidden_act",
     .scale_rule = RFT_SCALE_MULTIPLIER,
     .has_multipliers = true,
     .has_other_ropes = true,
     .is_permuted_in_gguf = true,
     .of = {SIZES(32000, 4096, 11008, 32, 32, 0, 0, 2048, 1e-6, 1e4)}},
    {.model_type = "gemma",
     .class_name = "GemmaForCausalLM",
     .gguf = "gemma",
     .parts = RFT_PART_NORM_PLUS_ONE,
     .bias_parts = QKVO_BIAS,
     .has_gelu = true,
     .act_key = "hidden_act",
     .has_gelu_alias = true,
     .has_scaled_embedding = true,
     .has_other_ropes = true,
     .of = {SIZES(256000, 3072, 24576, 28, 16, 16, 256, 8192, 1e-6, 1e4), .tied = true}},
};
const uint32_t rft_n_archs = sizeof rft_archs / sizeof *rft_archs;

static bool is_text(const char *name, size_t n, const char *text)
{
    return text != NULL && strlen(text) == n && memcmp(name, text, n) == 0;
}

const struct rft_arch *rft_arch_of_type(const char *name, size_t n)
{
    for (uint32_t i = 0; i < rft_n_archs; i++)
        if (is_text(name, n, rft_archs[i].model_type))
            return &rft_archs[i];
    return NULL;
}

const struct rft_arch *rft_arch_of_class(const char *name, size_t n)
{
    for (uint32_t i = 0; i < rft_n_archs; i++)
        if (is_text(name, n, rft_archs[i].class_name))
            return &rft_archs[i];
    return NULL;
}

const struct rft_arch *rft_arch_of_gguf(const char *name, size_t n)
{
    for (uint32_t i = 0; i < rft_n_archs; i++)
        if (is_text(name, n, rft_archs[i].gguf))
            return &rft_archs[i];
    return NULL;
}

void rft_arch_list(bool gguf, char text[RFT_ARCH_LIST_BYTES])
{
    size_t used = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < rft_n_archs; i++) {
        const char *name = gguf ? rft_archs[i].gguf : rft_archs[i].model_type;
        if (name == NULL || (gguf && rft_arch_of_gguf(name, strlen(name)) != &rft_archs[i]))
            continue;
        int n = snprintf(text + used, RFT_ARCH_LIST_BYTES - used, "%s%s", used == 0 ? "" : ", ", name);
        used += n > 0 && used + (size_t)n < RFT_ARCH_LIST_BYTES ? (size_t)n : 0;
    }
}
