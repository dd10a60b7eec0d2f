/* SPDX-License-Identifier: MIT */
/* Keys that nobody knows, and what is refused of configurations: one line each, that names the key. */
#include "arch.h"
#include "describe.h"
#include "json.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZES                                                                                                          \
    "\"hidden_size\": 64, \"intermediate_size\": 96, \"num_hidden_layers\": 2, \"num_attention_heads\": 4, "           \
    "\"vocab_size\": 100"
#define OF(type, keys) "{\"model_type\": \"" type "\", " SIZES ", " keys "}"

/* A value that turns nothing on is warned of; another may be anything. */
static void test_unknown_keys(void **state)
{
    static const char *const nothing[] = {"null", "false", "0", "0.0", "\"\"", "[]", "{}"};
    static const char *const something[] = {"true", "1", "-1", "0.5", "\"x\"", "[0]", "{\"a\": null}"};
    char text[512], message[128];
    (void)state;
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        snprintf(text, sizeof text, OF("llama", "\"use_magic\": %s"), nothing[i]);
        snprintf(message, sizeof message, "config.json: use_magic = %s is not known and taken to change nothing",
                 nothing[i]);
        rft_test_warn_config(text, NULL, message);
        snprintf(text, sizeof text, OF("llama", "\"use_magic\": %s"), something[i]);
        rft_test_refuse_config(text, NULL, "use_magic = ");
        rft_test_refuse_config(text, NULL, "name it in model.ignore_keys");
    }
    /* inside RoPE's object, too */
    rft_test_warn_config(OF("llama", "\"rope_parameters\": {\"twist\": 0}"), NULL, "twist = 0 is not known");
    rft_test_refuse_config(OF("llama", "\"rope_parameters\": {\"twist\": 2}"), NULL, "twist = 2 is not known");
    rft_test_refuse_config(OF("gemma3_text", "\"rope_parameters\": {\"sliding_attention\": {\"twist\": 2}}"), NULL,
                           "twist = 2 is not known");
    rft_test_refuse_config(OF("gemma3_text", "\"rope_parameters\": {\"full_attention\": {\"twist\": 2}}"), NULL,
                           "twist = 2 is not known");
    rft_test_refuse_config("{\"model_type\": \"gemma3\", \"text_config\": {\"use_magic\": 1}}", NULL, "use_magic = 1");
}

/* model.ignore_keys takes whole keys. */
static void test_ignored_keys(void **state)
{
    static const char *const keys[] = {"use_magic", "twist"};
    const struct rft_model_options options = {.ignore_keys = keys, .n_ignore_keys = 2}, first = {keys, 1, false};
    (void)state;
    rft_test_warn_config(OF("llama", "\"use_magic\": 1, \"rope_parameters\": {\"twist\": 2}"), &options, NULL);
    rft_test_refuse_config(OF("llama", "\"use_magic\": 1, \"rope_parameters\": {\"twist\": 2}"), &first, "twist = 2");
    rft_test_refuse_config(OF("llama", "\"use_magics\": 1"), &options, "use_magics = 1");
    rft_test_refuse_config(OF("llama", "\"use_mag\": 1"), &options, "use_mag = 1");
    /* Known keys are not turned off by it. */
    rft_test_refuse_config(OF("llama", "\"head_dim\": 7"),
                           &(struct rft_model_options){(const char *const[]){"head_dim"}, 1, false}, "multiple of 8");
}

/* Keys that say nothing of the arithmetic, of any class. */
static void test_harmless_keys(void **state)
{
    (void)state;
    rft_test_warn_config(
        OF("llama",
           "\"_name_or_path\": \"x\", \"transformers_version\": \"5\", \"torch_dtype\": \"float16\", "
           "\"initializer_range\": 0.02, \"attention_dropout\": 0.1, \"use_cache\": true, \"bos_token_id\": 1, "
           "\"eos_token_id\": [1, 2], \"pretraining_tp\": 2, \"max_length\": 20, \"id2label\": {\"0\": \"a\"}, "
           "\"temperature\": 0.6, \"is_encoder_decoder\": false, \"image_token_index\": 3"),
        NULL, NULL);
}

/* What other architectures, adapters of the arithmetic and quantised checkpoints write. */
static void test_refused_by_name(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {OF("qwen2", "\"quantization_config\": {\"quant_method\": \"gptq\", \"bits\": 4}"),
         "quantization_config = {\"quant_method\":\"gptq\",\"bits\":4} is not supported; use the checkpoint in bf16"},
        {"{\"model_type\": \"gemma3\", \"quantization_config\": {\"bits\": 4}, \"text_config\": {}}",
         "quantization_config = {\"bits\":4}"},
        {OF("llama", "\"num_experts\": 8"), "num_experts = 8 is not known"},
        {OF("mistral", "\"num_local_experts\": 8"), "num_local_experts = 8 is not known"},
        {OF("gemma3_text", "\"use_bidirectional_attention\": true"), "use_bidirectional_attention = true"},
        {OF("llama", "\"is_causal\": false"), "is_causal = false is not supported"},
        {OF("llama", "\"per_layer_config\": {\"0\": {}}"), "per_layer_config = {\"0\":{}} is not supported"},
        {OF("phi3", "\"lm_head_bias\": true"), "lm_head_bias = true is not supported"},
        {OF("llama", "\"attention_multiplier\": 0.5"), "attention_multiplier = 0.5 is not known"},
        {OF("llama", "\"final_logit_softcapping\": 30.0"), "final_logit_softcapping = 30.0 is not known"},
        {OF("llama", "\"sliding_window\": 4096"), "sliding_window = 4096 is not known"},
        {OF("granite", "\"query_pre_attn_scalar\": 256"), "query_pre_attn_scalar = 256 is not known"},
        {OF("llama", "\"use_qk_norm\": true"), "use_qk_norm = true is not known"},
        {OF("qwen2", "\"rope_scaling\": {\"type\": \"mrope\", \"mrope_section\": [1]}"), "rope_type = \"mrope\""},
        {OF("llama", "\"rope_parameters\": {\"full_attention\": {\"rope_type\": \"default\"}}"),
         "this architecture rotates all layers alike"},
        {OF("gemma3_text", "\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 1e6}"),
         "this architecture has an entry for each type of layer"},
        {OF("olmo3", "\"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 2}, \"rope_parameters\": "
                     "{\"full_attention\": {\"rope_type\": \"default\"}}"),
         "rope_parameters says the same"},
        {OF("gemma2", "\"layer_types\": [\"sliding_attention\", \"linear_attention\"]"), "\"linear_attention\""},
        {"{\"model_type\": \"mistral3\", \"text_config\": {\"model_type\": \"mistral4\"}}",
         "text_config.model_type = \"mistral4\" is not supported; supported are"},
        {"{\"model_type\": \"gemma3\"}", "text_config is missing or no object"},
        {"{\"model_type\": \"gemma3\", \"text_config\": [1]}", "text_config is missing or no object"},
        {"{\"model_type\": \"gemma3\", \"architectures\": [\"Gemma3ForCausalLM\"], \"text_config\": {}}",
         "architectures = [\"Gemma3ForCausalLM\"]"},
        {"{\"architectures\": [\"LlamaForSequenceClassification\"], \"model_type\": \"llama\"}",
         "architectures = [\"LlamaForSequenceClassification\"] is not supported"},
        {"{\"architectures\": [], \"model_type\": \"llama\"}", "architectures = []"},
        {"{\"architectures\": \"LlamaForCausalLM\"}", "architectures = \"LlamaForCausalLM\""},
        {"{\"model_type\": [\"llama\"]}", "model_type = [\"llama\"]"},
        {OF("qwen3", "\"is_causal\": null"), "is_causal = null"},
        {OF("olmo3", "\"sliding_window_pattern\": 6"), "sliding_window_pattern = 6 is not known"},
        {OF("olmo3", "\"rope_local_base_freq\": 5.0"), "rope_local_base_freq = 5.0 is not known"},
        {OF("gemma3_text", "\"rope_scaling\": {\"type\": \"linear\", \"factor\": 8.0}"), "name it rope_type"},
        {OF("qwen2", "\"sliding_window\": 8, \"layer_types\": [\"sliding_attention\", \"full_attention\"]"),
         "use_sliding_window is false"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        rft_test_refuse_config(cases[i].text, NULL, cases[i].message);
}

/* Numbers, types and lists as nobody would write them. */
static const struct {
    const char *keys, *message;
} hostile[] = {
    {"\"num_hidden_layers\": 1025", "num_hidden_layers = 1025 must be from 1 to 1024"},
    {"\"num_hidden_layers\": 0", "num_hidden_layers = 0 must be from 1"},
    {"\"num_hidden_layers\": null", "the number of layers, of heads, a size or the context is missing"},
    {"\"num_hidden_layers\": 9223372036854775807", "num_hidden_layers = 9223372036854775807 must be"},
    {"\"num_hidden_layers\": 9223372036854775808", "config.json:"},
    {"\"num_hidden_layers\": 2.5", "num_hidden_layers must be a whole number"},
    {"\"num_hidden_layers\": \"2\"", "num_hidden_layers must be a whole number"},
    {"\"num_hidden_layers\": [2]", "num_hidden_layers must be a whole number"},
    {"\"num_hidden_layers\": true", "num_hidden_layers must be a whole number"},
    {"\"hidden_size\": 16777217", "hidden_size = 16777217 must be"},
    {"\"hidden_size\": 16777216, \"num_attention_heads\": 2", "into heads of at most 256"},
    {"\"hidden_size\": 4, \"num_attention_heads\": 8", "does not divide the hidden size"},
    {"\"num_attention_heads\": 16777216, \"head_dim\": 256, \"num_key_value_heads\": 1", "is too large"},
    {"\"num_attention_heads\": -4", "num_attention_heads must be a whole number, not negative"},
    {"\"head_dim\": 512", "head_dim = 512 must be from 1 to 256"},
    {"\"head_dim\": 0", "head_dim = 0 must be from 1 to 256"},
    {"\"head_dim\": 12", "multiple of 8"},
    {"\"vocab_size\": null", "vocab_size is missing"},
    {"\"vocab_size\": 0", "vocab_size = 0 must be from 1"},
    {"\"rms_norm_eps\": 1e400", "config.json:"},
    {"\"rms_norm_eps\": -1e-6", "rms_norm_eps = -1e-06 must be"},
    {"\"rms_norm_eps\": {}", "rms_norm_eps must be a number"},
    {"\"rope_theta\": 1e16", "rope_theta = 1e+16 must be"},
    {"\"rope_theta\": {\"a\": [[[[1]]]]}", "rope_theta must be a number"},
    {"\"rope_parameters\": [[[]]]", "rope_parameters = [[[]]] is not supported; an object or null is"},
    {"\"rope_parameters\": \"yarn\"", "rope_parameters = \"yarn\""},
    {"\"rope_parameters\": {\"rope_type\": 3}", "rope_type = 3 is not supported"},
    {"\"rope_parameters\": {\"rope_type\": \"linear\", \"factor\": 0}", "factor = 0 must be from 0.001"},
    {"\"rope_parameters\": {\"rope_type\": \"linear\", \"factor\": \"2\"}", "factor must be a number"},
    {"\"rope_parameters\": {\"rope_type\": \"yarn\", \"factor\": 1e9}", "factor = 1e+09 must be"},
    {"\"rope_parameters\": {\"rope_type\": \"yarn\", \"factor\": 2, \"truncate\": 1}",
     "truncate must be true or false"},
    {"\"rope_parameters\": {\"rope_type\": \"yarn\", \"original_max_position_embeddings\": 0}",
     "original_max_position_embeddings = 0 must be"},
    {"\"partial_rotary_factor\": 2", "partial_rotary_factor = 2 must be from 0 to 1"},
    {"\"partial_rotary_factor\": 0", "partial_rotary_factor = 0 is not supported"},
    {"\"tie_word_embeddings\": \"yes\"", "tie_word_embeddings must be true or false"},
};

/* The first key of a case stands in place of the base's. */
static void test_hostile(void **state)
{
    static const char *const base[] = {"\"hidden_size\": 64", "\"intermediate_size\": 96", "\"num_hidden_layers\": 2",
                                       "\"num_attention_heads\": 4", "\"vocab_size\": 100"};
    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        char text[512];
        int n = snprintf(text, sizeof text, "{\"model_type\": \"llama\", %s", hostile[i].keys);
        for (size_t k = 0; k < sizeof base / sizeof *base; k++) {
            char key[32];
            snprintf(key, sizeof key, "%.*s", (int)(strchr(base[k], ':') - base[k]), base[k]);
            if (strstr(hostile[i].keys, key) == NULL)
                n += snprintf(text + n, sizeof text - (size_t)n, ", %s", base[k]);
        }
        snprintf(text + n, sizeof text - (size_t)n, "}");
        rft_test_refuse_config(text, NULL, hostile[i].message);
    }
}

/* The same of what only some classes have. */
static void test_hostile_parts(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {OF("mistral", "\"sliding_window\": 0"), "sliding_window = 0 must be from 1"},
        {OF("mistral", "\"sliding_window\": 2147483648"), "sliding_window = 2147483648 must be"},
        {OF("mistral", "\"sliding_window\": false"), "sliding_window must be a whole number"},
        {OF("qwen2", "\"use_sliding_window\": 1"), "use_sliding_window must be true or false"},
        {OF("qwen2", "\"use_sliding_window\": true, \"max_window_layers\": -1"), "max_window_layers must be"},
        {OF("gemma3_text", "\"sliding_window_pattern\": 0"), "sliding_window_pattern = 0 must be from 1"},
        {OF("gemma2", "\"layer_types\": [\"full_attention\"]"), "a list with an entry for each layer is"},
        {OF("gemma2", "\"layer_types\": [\"full_attention\", \"full_attention\", \"full_attention\"]"),
         "a list with an entry for each layer is"},
        {OF("gemma2", "\"layer_types\": {\"0\": \"full_attention\"}"), "a list with an entry for each layer is"},
        {OF("gemma2", "\"layer_types\": [[\"full_attention\"], \"full_attention\"]"), "[\"full_attention\"]"},
        {OF("gemma2", "\"layer_types\": [null, \"full_attention\"]"), "layer_types = null"},
        {OF("ministral", "\"sliding_window\": null, \"layer_types\": [\"sliding_attention\", \"full_attention\"]"),
         "layer_types has layers with a sliding window, but sliding_window is null"},
        {OF("smollm3", "\"no_rope_layers\": [1]"), "a list with a 0 or a 1 for each layer is"},
        {OF("smollm3", "\"no_rope_layers\": [1, true]"), "a list with a 0 or a 1 for each layer is"},
        {OF("smollm3", "\"no_rope_layer_interval\": 0"), "no_rope_layer_interval = 0 must be from 1"},
        {OF("gemma2", "\"query_pre_attn_scalar\": 0"), "query_pre_attn_scalar = 0 must be"},
        {OF("gemma2", "\"query_pre_attn_scalar\": -1"), "query_pre_attn_scalar = -1 must be"},
        {OF("gemma2", "\"final_logit_softcapping\": 0.0"), "final_logit_softcapping = 0 must be"},
        {OF("gemma2", "\"attn_logit_softcapping\": \"50\""), "attn_logit_softcapping must be a number"},
        {OF("gemma2", "\"hidden_activation\": \"relu\""), "hidden_activation = \"relu\" is not supported"},
        {OF("granite", "\"logits_scaling\": 0"), "logits_scaling = 0 must be"},
        {OF("granite", "\"residual_multiplier\": 1e9"), "residual_multiplier = 1e+09 must be"},
        {OF("phi3", "\"partial_rotary_factor\": 0.01"), "it must leave an even number of dimensions"},
        {OF("phi3", "\"partial_rotary_factor\": 0.2"), "it must leave an even number of dimensions"},
        {OF("gemma3_text", "\"rope_local_base_freq\": 0"), "rope_local_base_freq = 0 must be"},
        {OF("ministral3", "\"rope_parameters\": {\"llama_4_scaling_beta\": -1}"), "llama_4_scaling_beta = -1 must be"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        rft_test_refuse_config(cases[i].text, NULL, cases[i].message);
}

/* Long values are cut in messages, and depth is the JSON reader's to refuse. */
static void test_large_texts(void **state)
{
    struct rft_str text = {0};
    (void)state;
    assert_int_equal(rft_str_append_z(&text, "{\"model_type\": \"llama\", \"use_magic\": \""), RFT_OK);
    for (uint32_t i = 0; i < 100000; i++)
        assert_int_equal(rft_str_append_z(&text, "x"), RFT_OK);
    assert_int_equal(rft_str_append_z(&text, "\"}"), RFT_OK);
    rft_test_refuse_config(text.data, NULL, "is not known");
    rft_str_finish(&text);
    assert_int_equal(rft_str_append_z(&text, "{\"model_type\": "), RFT_OK);
    for (uint32_t i = 0; i < 100000; i++)
        assert_int_equal(rft_str_append_z(&text, "["), RFT_OK);
    rft_test_refuse_config(text.data, NULL, "config.json:");
    rft_str_finish(&text);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown_keys),  cmocka_unit_test(test_ignored_keys),
        cmocka_unit_test(test_harmless_keys), cmocka_unit_test(test_refused_by_name),
        cmocka_unit_test(test_hostile),       cmocka_unit_test(test_hostile_parts),
        cmocka_unit_test(test_large_texts),
    };
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
