/* SPDX-License-Identifier: MIT */
/* config.json as transformers has written it over the years: both spellings of a thing give one description, and what
 * is absent is not what is null. */
#include "arch.h"
#include "describe.h"
#include "json.h"
#include "op_args.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

/* A configuration of 8 layers, and keys. */
#define SIZES                                                                                                          \
    "\"hidden_size\": 64, \"intermediate_size\": 96, \"num_hidden_layers\": 8, \"num_attention_heads\": 4, "           \
    "\"num_key_value_heads\": 2, \"head_dim\": 16, \"vocab_size\": 100, \"max_position_embeddings\": 4096"
#define OF(type, keys) "{\"model_type\": \"" type "\", " SIZES ", " keys "}"

#define YARN "\"factor\": 4.0, \"original_max_position_embeddings\": 1024, \"beta_fast\": 16.0"
#define LLAMA3                                                                                                         \
    "\"factor\": 8.0, \"low_freq_factor\": 1.0, \"high_freq_factor\": 4.0, \"original_max_position_embeddings\": 512"
#define PAIRS "\"short_factor\": [1, 1, 1, 1, 1, 1, 1, 2], \"long_factor\": [1, 1, 1, 2, 2, 2, 3, 4]"
#define TYPE_S "\"sliding_attention\""
#define TYPE_F "\"full_attention\""
#define TYPES_8 "[" TYPE_F ", " TYPE_S ", " TYPE_S ", " TYPE_F ", " TYPE_F ", " TYPE_S ", " TYPE_F ", " TYPE_F "]"

/* Two texts, one description. */
static const struct {
    const char *a, *b;
} pairs[] = {
    /* rope_theta beside and inside; rope_type and type; rope_scaling and rope_parameters */
    {OF("llama", "\"rope_theta\": 5e5"),
     OF("llama", "\"rope_parameters\": {\"rope_theta\": 5e5, \"rope_type\": \"default\"}")},
    {OF("llama", "\"rope_theta\": 5e5, \"rope_scaling\": {\"type\": \"linear\", \"factor\": 4.0}"),
     OF("llama", "\"rope_parameters\": {\"rope_theta\": 5e5, \"rope_type\": \"linear\", \"factor\": 4.0}")},
    {OF("llama", "\"rope_theta\": 5e5, \"rope_scaling\": {\"rope_type\": \"llama3\", " LLAMA3 "}"),
     OF("llama",
        "\"rope_theta\": 7.0, \"rope_parameters\": {\"rope_theta\": 5e5, \"rope_type\": \"llama3\", " LLAMA3 "}")},
    {OF("qwen2", "\"rope_scaling\": {\"type\": \"yarn\", " YARN "}"),
     OF("qwen2", "\"rope_parameters\": {\"rope_type\": \"yarn\", \"type\": \"nonsense\", " YARN "}")},
    {OF("qwen3", "\"rope_scaling\": {\"type\": \"yarn\", " YARN "}, \"rope_parameters\": {\"rope_type\": \"default\"}"),
     OF("qwen3", "\"rope_parameters\": {\"rope_type\": \"yarn\", " YARN "}")},
    {OF("qwen3", "\"rope_scaling\": {}, \"rope_parameters\": {\"rope_type\": \"yarn\", " YARN "}"),
     OF("qwen3", "\"rope_scaling\": null, \"rope_parameters\": {\"rope_type\": \"yarn\", " YARN ", \"truncate\": true, "
                 "\"finetuned\": true}")},
    {OF("mistral", "\"rope_theta\": 1e6"), OF("mistral", "\"rope_parameters\": {\"rope_theta\": 1e6}")},
    {OF("smollm3", "\"rope_theta\": 2e6"), OF("smollm3", "\"rope_parameters\": null")},
    {OF("granite", "\"rope_theta\": 1e4"), OF("granite", "\"rope_scaling\": null, \"rope_theta\": null")},
    {OF("llama", "\"rope_scaling\": {\"type\": \"dynamic\", \"factor\": 2.0}"), OF("llama", "\"rope_theta\": 1e4")},
    {OF("olmo2", "\"rope_theta\": 5e5"), OF("olmo2", "\"rope_parameters\": {\"rope_theta\": 5e5}")},
    /* LongRoPE under its three names, and partial rotation beside and inside */
    {OF("phi3", "\"original_max_position_embeddings\": 64, \"rope_scaling\": {\"type\": \"longrope\", " PAIRS "}"),
     OF("phi3", "\"original_max_position_embeddings\": 64, \"rope_parameters\": {\"rope_type\": \"su\", " PAIRS
                ", \"rope_theta\": 1e4}")},
    {OF("phi3", "\"original_max_position_embeddings\": 64, \"rope_scaling\": {\"type\": \"longrope\", " PAIRS "}"),
     OF("phi3", "\"original_max_position_embeddings\": 64, \"rope_scaling\": {\"type\": \"yarn\", " PAIRS
                ", \"short_mscale\": 1.2, \"long_mscale\": 1.3}")},
    {OF("phi3", "\"partial_rotary_factor\": 0.75"),
     OF("phi3", "\"partial_rotary_factor\": 0.5, \"rope_parameters\": {\"partial_rotary_factor\": 0.75}")},
    /* a RoPE for each type of layer */
    {OF("gemma3_text", "\"rope_theta\": 2e6, \"rope_local_base_freq\": 3e4, "
                       "\"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 8.0}"),
     OF("gemma3_text", "\"rope_parameters\": {" TYPE_F ": {\"rope_type\": \"linear\", \"factor\": 8.0, "
                       "\"rope_theta\": 2e6}, " TYPE_S ": {\"rope_type\": \"default\", \"rope_theta\": 3e4}}")},
    {OF("gemma3_text", "\"rope_theta\": 1e6"),
     OF("gemma3_text", "\"rope_parameters\": {" TYPE_F ": {\"rope_theta\": 1e6}, " TYPE_S ": null}")},
    {OF("olmo3", "\"rope_scaling\": {\"rope_type\": \"yarn\", " YARN "}"),
     OF("olmo3",
        "\"rope_parameters\": {" TYPE_F ": {\"rope_type\": \"yarn\", \"truncate\": false, " YARN "}, " TYPE_S ": {}}")},
    {OF("olmo3", "\"rope_theta\": 2e5"), /* which layers with a window never had */
     OF("olmo3", "\"rope_parameters\": {" TYPE_F ": {\"rope_theta\": 2e5}, " TYPE_S ": {\"rope_theta\": 5e5}}")},
    /* types of layers, and the rules that stand for them */
    {OF("gemma3_text", "\"sliding_window_pattern\": 4, \"sliding_window\": 32"),
     OF("gemma3_text", "\"sliding_window\": 32, \"layer_types\": [" TYPE_S ", " TYPE_S ", " TYPE_S ", " TYPE_F
                       ", " TYPE_S ", " TYPE_S ", " TYPE_S ", " TYPE_F "]")},
    {OF("gemma2", "\"sliding_window\": 32"),
     OF("gemma2", "\"sliding_window\": 32, \"layer_types\": [" TYPE_S ", " TYPE_F ", " TYPE_S ", " TYPE_F ", " TYPE_S
                  ", " TYPE_F ", " TYPE_S ", \"attention\"]")},
    {OF("qwen2", "\"use_sliding_window\": true, \"sliding_window\": 32, \"max_window_layers\": 6"),
     OF("qwen2", "\"use_sliding_window\": true, \"sliding_window\": 32, \"layer_types\": [" TYPE_F ", " TYPE_F
                 ", " TYPE_F ", " TYPE_F ", " TYPE_F ", " TYPE_F ", " TYPE_S ", " TYPE_S "]")},
    {OF("qwen3", "\"use_sliding_window\": true, \"max_window_layers\": 8"), OF("qwen3", "\"sliding_window\": 32")},
    {OF("qwen2", "\"use_sliding_window\": true, \"max_window_layers\": 0"),
     OF("qwen2", "\"use_sliding_window\": true, \"sliding_window\": 4096, \"max_window_layers\": 0")},
    {OF("smollm3", "\"no_rope_layer_interval\": 2"),
     OF("smollm3", "\"no_rope_layers\": [1, 0, 1, 0, 1, 0, 1, 0], \"no_rope_layer_interval\": 3")},
    {OF("smollm3", "\"use_sliding_window\": true, \"sliding_window\": 16"),
     OF("smollm3", "\"sliding_window\": 16, \"layer_types\": [" TYPE_F ", " TYPE_F ", " TYPE_F ", " TYPE_S ", " TYPE_F
                   ", " TYPE_F ", " TYPE_F ", " TYPE_S "]")},
    {OF("mistral", "\"sliding_window\": 4096"), OF("mistral", "\"use_cache\": true")},
    {OF("mistral", "\"sliding_window\": null"),
     OF("mistral", "\"sliding_window\": null, \"max_window_layers\": 3, \"use_sliding_window\": true")},
    {OF("mistral", "\"sliding_window\": 16, \"layer_types\": " TYPES_8),
     OF("ministral", "\"sliding_window\": 16, \"layer_types\": " TYPES_8)},
    {OF("ministral3", "\"sliding_window\": null"), OF("ministral3", "\"use_cache\": true")},
    {OF("phi3", "\"sliding_window\": null"), OF("phi3", "\"use_cache\": true")},
    /* the rest */
    {OF("llama", "\"torch_dtype\": \"float16\""), OF("llama", "\"dtype\": \"bfloat16\"")},
    {OF("llama", "\"hidden_act\": \"silu\""),
     OF("llama", "\"hidden_act\": \"swish\", \"hidden_activation\": \"gelu\"")},
    {OF("gemma", "\"hidden_act\": \"gelu\""), OF("gemma", "\"hidden_act\": \"gelu_pytorch_tanh\"")},
    {OF("gemma", "\"hidden_act\": \"gelu_new\", \"hidden_activation\": \"relu\""), OF("gemma", "\"use_cache\": true")},
    {OF("gemma2", "\"hidden_act\": \"relu\""), OF("gemma2", "\"hidden_activation\": \"gelu_fast\"")},
    {OF("gemma3_text", "\"attn_logit_softcapping\": 50.0"), OF("gemma3_text", "\"attn_logit_softcapping\": null")},
    {OF("gemma2", "\"use_bidirectional_attention\": null"), OF("gemma2", "\"use_bidirectional_attention\": false")},
};

static void test_pairs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct rft_model_config a = rft_test_describe(pairs[i].a), b = rft_test_describe(pairs[i].b);
        rft_test_same_description(pairs[i].b, &a, &b);
    }
}

/* Each pair of descriptions differs: otherwise a key that is not read would pass as a spelling of another. */
static const struct {
    const char *a, *b;
} unlike[] = {
    {OF("mistral", "\"use_cache\": true"), OF("mistral", "\"sliding_window\": null")},
    {OF("gemma2", "\"use_cache\": true"), OF("gemma2", "\"final_logit_softcapping\": null")},
    {OF("gemma2", "\"use_cache\": true"), OF("gemma2", "\"attn_logit_softcapping\": null")},
    {OF("gemma3_text", "\"use_cache\": true"), OF("gemma3_text", "\"final_logit_softcapping\": 30.0")},
    {OF("gemma2", "\"hidden_activation\": \"gelu\""), OF("gemma2", "\"use_cache\": true")},
    {OF("gemma2", "\"query_pre_attn_scalar\": 144"), OF("gemma2", "\"use_cache\": true")},
    {OF("granite", "\"attention_multiplier\": 0.5"), OF("granite", "\"use_cache\": true")},
    {OF("granite", "\"embedding_multiplier\": 12.0"), OF("granite", "\"use_cache\": true")},
    {OF("granite", "\"residual_multiplier\": 0.22"), OF("granite", "\"use_cache\": true")},
    {OF("granite", "\"logits_scaling\": 8.0"), OF("granite", "\"use_cache\": true")},
    {OF("llama", "\"tie_word_embeddings\": true"), OF("llama", "\"use_cache\": true")},
    {OF("gemma", "\"tie_word_embeddings\": false"), OF("gemma", "\"use_cache\": true")},
    {OF("gemma3_text", "\"rope_local_base_freq\": 2e4"), OF("gemma3_text", "\"use_cache\": true")},
    {OF("smollm3", "\"no_rope_layers\": [1, 1, 1, 1, 1, 1, 1, 1]"), OF("smollm3", "\"use_cache\": true")},
    {OF("llama", "\"rope_scaling\": {\"rope_type\": \"yarn\", " YARN "}"),
     OF("llama", "\"rope_scaling\": {\"rope_type\": \"yarn\", " YARN ", \"truncate\": false}")},
    {OF("llama", "\"rope_scaling\": {\"rope_type\": \"yarn\", " YARN "}"),
     OF("llama", "\"original_max_position_embeddings\": 2048, \"rope_scaling\": {\"rope_type\": \"yarn\", " YARN "}")},
};

static void test_unlike(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof unlike / sizeof *unlike; i++) {
        struct rft_model_config a = rft_test_describe(unlike[i].a), b = rft_test_describe(unlike[i].b);
        if (memcmp(&a, &b, sizeof a) == 0)
            fail_msg("%s: the same as %s", unlike[i].a, unlike[i].b);
    }
}

/* The scales of Granite, as numbers. */
static void test_multipliers(void **state)
{
    (void)state;
    struct rft_model_config c =
        rft_test_describe(OF("granite", "\"attention_multiplier\": 0.5, \"embedding_multiplier\": 12, "
                                        "\"residual_multiplier\": 0.25, \"logits_scaling\": 8"));
    assert_true(c.attention_scale == 0.5 && c.embedding_scale == 12.0);
    assert_true(c.residual_scale == 0.25 && c.logit_scale == 0.125);
    assert_true(rft_test_describe(OF("granite", "\"use_cache\": true")).attention_scale == 1.0);
}

/* A text model inside one that sees images is the text model; the wrapper's flag decides about the head. */
static void test_wrappers(void **state)
{
    static const struct {
        const char *wrapped, *plain;
        bool is_tied;
    } cases[] = {
        {"{\"model_type\": \"gemma3\", \"architectures\": [\"Gemma3ForConditionalGeneration\"], \"vision_config\": "
         "{\"hidden_size\": 3}, \"mm_tokens_per_image\": 256, \"text_config\": {\"model_type\": \"gemma3_text\", " SIZES
         "}}",
         OF("gemma3_text", "\"use_cache\": true"), true},
        {"{\"model_type\": \"gemma3\", \"text_config\": {\"model_type\": \"llama\", " SIZES "}}",
         OF("gemma3_text", "\"use_cache\": true"), true},
        {"{\"model_type\": \"gemma3\", \"tie_word_embeddings\": false, \"text_config\": {\"tie_word_embeddings\": "
         "true, " SIZES "}}",
         OF("gemma3_text", "\"use_cache\": true"), false},
        {"{\"model_type\": \"mistral3\", \"text_config\": {" SIZES "}}", OF("mistral", "\"use_cache\": true"), true},
        /* The wrapper's head knows no cap. */
        {"{\"model_type\": \"gemma3\", \"text_config\": {\"final_logit_softcapping\": 30.0, " SIZES "}}",
         OF("gemma3_text", "\"final_logit_softcapping\": null"), true},
        {"{\"model_type\": \"mistral3\", \"architectures\": [\"Mistral3ForConditionalGeneration\"], "
         "\"tie_word_embeddings\": false, \"text_config\": {\"model_type\": \"ministral3\", " SIZES "}}",
         OF("ministral3", "\"use_cache\": true"), false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_model_config a = rft_test_describe(cases[i].wrapped), b = rft_test_describe(cases[i].plain);
        assert_int_equal(a.tied, cases[i].is_tied);
        b.tied = a.tied;
        rft_test_same_description(cases[i].wrapped, &a, &b);
    }
}

/* Every class reads the same keys of sizes, and whoever has a key of its own for the activation reads that alone. */
static void test_every_class(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < rft_n_archs; i++) {
        const struct rft_arch *arch = &rft_archs[i];
        char text[512];
        snprintf(text, sizeof text, "{\"model_type\": \"%s\", " SIZES ", \"rms_norm_eps\": 0.125, \"%s\": \"%s\"}",
                 arch->model_type, arch->act_key, arch->has_gelu ? "silu" : "gelu");
        struct rft_model_config c = rft_test_describe(text);
        assert_true(c.dim == 64 && c.ffn_dim == 96 && c.n_layers == 8 && c.n_heads == 4 && c.n_kv_heads == 2);
        assert_true(c.head_dim == 16 && c.vocab_size == 100 && c.n_positions == 4096 && c.norm_eps == 0.125f);
        assert_int_equal(c.act, arch->has_gelu ? RFT_ACT_SILU : RFT_ACT_GELU_ERF);
    }
    struct rft_model_config c = rft_test_describe("{\"model_type\": \"llama\", \"head_dim\": null, "
                                                  "\"num_key_value_heads\": null, \"hidden_size\": 512}");
    assert_true(c.head_dim == 16 && c.n_kv_heads == 32);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),    cmocka_unit_test(test_unlike),      cmocka_unit_test(test_multipliers),
        cmocka_unit_test(test_wrappers), cmocka_unit_test(test_every_class),
    };
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
