/* SPDX-License-Identifier: MIT */
#include "frequencies.h"
#include "hf_config.h"
#include "json.h"
#include "support.h"

#include <string.h>

#define BASE                                                                                                           \
    "\"architectures\":[\"LlamaForCausalLM\"],\"model_type\":\"llama\",\"hidden_size\":64,\"intermediate_size\":96,"   \
    "\"num_hidden_layers\":2,\"num_attention_heads\":4,\"vocab_size\":100"

static enum rft_status parse(const char *text, struct rft_model_config *config)
{
    const struct rft_arch *arch;
    return rft_hf_config_parse("config.json", rft_bytes_z(text), NULL, config, &arch);
}

/* Whether the description rotates by these numbers. */
static bool is_rotated_by(const struct rft_model_config *c, const struct rft_rope_scaling *scaling)
{
    double wanted[RFT_PAIRS_MAX];
    rft_rope_frequencies(scaling, c->head_dim, wanted);
    return c->n_rotated == c->head_dim && memcmp(c->frequencies, wanted, c->head_dim / 2 * sizeof *wanted) == 0;
}

static bool has_theta(const struct rft_model_config *c, double theta)
{
    return is_rotated_by(c, &(struct rft_rope_scaling){.kind = RFT_ROPE_PLAIN, .theta = theta});
}

static void test_defaults(void **state)
{
    (void)state;
    struct rft_model_config c;
    assert_int_equal(parse("{" BASE "}", &c), RFT_OK);
    assert_true(c.dim == 64 && c.ffn_dim == 96 && c.n_layers == 2 && c.n_heads == 4 && c.vocab_size == 100);
    assert_true(c.n_kv_heads == 4 && c.head_dim == 16 && c.n_positions == 2048 && !c.tied);
    assert_true(c.norm_eps == 1e-6f && has_theta(&c, 10000.0));
    assert_int_equal(parse("{" BASE ",\"head_dim\":32,\"num_key_value_heads\":2,\"tie_word_embeddings\":true,"
                           "\"rms_norm_eps\":1e-5,\"rope_theta\":500000,\"max_position_embeddings\":131072,"
                           "\"rope_scaling\":null,\"hidden_act\":\"silu\",\"attention_bias\":false}",
                           &c),
                     RFT_OK);
    assert_true(c.n_kv_heads == 2 && c.head_dim == 32 && c.n_positions == 131072 && c.tied);
    assert_true(c.norm_eps == 1e-5f && has_theta(&c, 500000.0));
}

#define LLAMA3 "\"factor\":8,\"low_freq_factor\":1.0,\"high_freq_factor\":4.0"
#define ORIGINAL "\"original_max_position_embeddings\":8192"

/* The places where the parameters of RoPE have stood over the years. */
static void test_rope(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool llama3;
        double theta;
    } cases[] = {
        {"{" BASE ",\"rope_theta\":5e5,\"rope_scaling\":{\"rope_type\":\"llama3\"," LLAMA3 "," ORIGINAL "}}", true,
         5e5},
        {"{" BASE ",\"rope_scaling\":{\"type\":\"llama3\"," LLAMA3 "," ORIGINAL "}}", true, 1e4},
        {"{" BASE ",\"rope_parameters\":{\"rope_type\":\"llama3\",\"rope_theta\":3e5," LLAMA3 "," ORIGINAL "}}", true,
         3e5},
        {"{" BASE "," ORIGINAL ",\"rope_parameters\":{\"rope_type\":\"llama3\"," LLAMA3 "}}", true, 1e4},
        {"{" BASE ",\"rope_parameters\":{\"rope_type\":\"default\",\"rope_theta\":2e5}}", false, 2e5},
        {"{" BASE ",\"rope_parameters\":{\"rope_theta\":2e5}}", false, 2e5},
        {"{" BASE ",\"rope_scaling\":{\"type\":\"default\"}}", false, 1e4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rft_model_config c;
        assert_int_equal(parse(cases[i].text, &c), RFT_OK);
        const struct rft_rope_scaling wanted = {.kind = cases[i].llama3 ? RFT_ROPE_LLAMA3 : RFT_ROPE_PLAIN,
                                                .theta = cases[i].theta,
                                                .factor = 8,
                                                .low_freq_factor = 1,
                                                .high_freq_factor = 4,
                                                .original_positions = 8192};
        if (!is_rotated_by(&c, &wanted))
            fail_msg("%s: other frequencies", cases[i].text);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "config.json:"},
        {"[]", "not a JSON object"},
        {"{\"a\":1,\"a\":2}", "duplicate"},
        {"{\"hidden_size\":64}", "neither architectures nor model_type"},
        {"{\"architectures\":[\"FalconForCausalLM\"]}", "architectures = [\"FalconForCausalLM\"] is not supported"},
        {"{\"architectures\":[\"Qwen2ForCausalLM\"],\"model_type\":\"llama\"}",
         "architectures = [\"Qwen2ForCausalLM\"] is not supported"},
        {"{\"architectures\":[\"LlamaForCausalLM\",\"X\"]}", "architectures = [\"LlamaForCausalLM\",\"X\"]"},
        {"{\"model_type\":\"falcon\"}", "model_type = \"falcon\" is not supported; supported are llama, mistral,"},
        {"{" BASE ",\"hidden_act\":\"relu\"}", "hidden_act = \"relu\" is not supported"},
        {"{" BASE ",\"hidden_act\":7}", "hidden_act = 7 is not supported"},
        {"{" BASE ",\"attention_bias\":1}", "attention_bias must be true or false"},
        {"{" BASE ",\"mlp_bias\":1}", "mlp_bias must be true or false"},
        {"{" BASE ",\"rope_interleaved\":true}", "rope_interleaved = true is not supported"},
        {"{" BASE ",\"quantization_config\":{\"quant_method\":\"awq\"}}",
         "quantization_config = {\"quant_method\":\"awq\"}"},
        {"{" BASE ",\"partial_rotary_factor\":0.5}", "partial_rotary_factor = 0.5 is not supported"},
        {"{" BASE ",\"tie_word_embeddings\":1}", "tie_word_embeddings must be true or false"},
        {"{" BASE ",\"rope_scaling\":{\"type\":\"ntk\",\"factor\":4}}", "rope_type = \"ntk\" is not supported"},
        {"{" BASE ",\"rope_scaling\":{\"type\":\"longrope\",\"factor\":4}}",
         "rope_type = \"longrope\" is not supported"},
        {"{" BASE ",\"rope_scaling\":{\"type\":\"linear\"}}", "factor is missing"},
        {"{" BASE ",\"rope_scaling\":{\"factor\":2}}", "RoPE's scaling has a factor but no rope_type"},
        {"{" BASE ",\"rope_scaling\":8}", "rope_scaling = 8 is not supported"},
        {"{" BASE ",\"rope_scaling\":{\"type\":\"llama3\"}}", "factor is missing"},
        {"{" BASE ",\"rope_scaling\":{\"type\":\"llama3\",\"factor\":0.5}}", "factor = 0.5 must be from 1"},
        {"{" BASE
         ",\"rope_scaling\":{\"type\":\"llama3\",\"factor\":8,\"low_freq_factor\":4,\"high_freq_factor\":4," ORIGINAL
         "}}",
         "high_freq_factor must be above its low_freq_factor"},
        {"{" BASE ",\"rope_parameters\":{\"rope_theta\":\"x\"}}", "rope_theta must be a number"},
        {"{" BASE ",\"rope_theta\":0.5}", "rope_theta = 0.5 must be from 1"},
        {"{" BASE ",\"rms_norm_eps\":0}", "rms_norm_eps = 0 must be"},
        {"{" BASE ",\"rms_norm_eps\":\"tiny\"}", "rms_norm_eps must be a number"},
        {"{" BASE ",\"head_dim\":258}", "head_dim = 258 must be from 1 to 256"},
        {"{" BASE ",\"head_dim\":15}", "head dimension must be a multiple of 8"},
        {"{" BASE ",\"head_dim\":16.0}", "head_dim must be a whole number"},
        {"{" BASE ",\"num_key_value_heads\":3}", "must divide the number of attention heads"},
        {"{" BASE ",\"num_key_value_heads\":8}", "must divide the number of attention heads"},
        {"{" BASE ",\"num_key_value_heads\":0}", "num_key_value_heads = 0 must be from 1"},
        {"{" BASE ",\"max_position_embeddings\":2147483648}", "max_position_embeddings = 2147483648 must be"},
        {"{" BASE ",\"max_position_embeddings\":-1}", "max_position_embeddings must be a whole number"},
        {"{\"model_type\":\"llama\",\"hidden_size\":65,\"intermediate_size\":96,\"num_hidden_layers\":2,"
         "\"num_attention_heads\":5,\"head_dim\":8,\"vocab_size\":100}",
         "hidden size must be even"},
        {"{\"model_type\":\"llama\",\"hidden_size\":66,\"intermediate_size\":96,\"num_hidden_layers\":2,"
         "\"num_attention_heads\":4,\"vocab_size\":100}",
         "num_attention_heads does not divide"},
        {"{\"model_type\":\"llama\",\"hidden_size\":64,\"intermediate_size\":95,\"num_hidden_layers\":2,"
         "\"num_attention_heads\":4,\"vocab_size\":100}",
         "intermediate size must be even"},
        {"{\"model_type\":\"llama\",\"hidden_size\":64,\"intermediate_size\":96,\"num_hidden_layers\":5000,"
         "\"num_attention_heads\":4,\"vocab_size\":100}",
         "num_hidden_layers = 5000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static const struct rft_model_config zero;
        struct rft_model_config config;
        rft_test_log_capture();
        enum rft_status status = parse(cases[i].text, &config);
        const char *text = rft_test_log_text();
        if (status == RFT_OK || strstr(text, cases[i].message) == NULL || strchr(text, '\n') != strrchr(text, '\n'))
            fail_msg("%s: status %d, log \"%s\" without \"%s\"", cases[i].text, (int)status, text, cases[i].message);
        assert_true(memcmp(&config, &zero, sizeof config) == 0);
        rft_test_log_release();
    }
}

static void test_eos(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n;
        uint32_t last;
        bool refused;
    } cases[] = {
        {"{}", 0, 0, false},
        {"{\"eos_token_id\":null}", 0, 0, false},
        {"{\"eos_token_id\":[]}", 0, 0, false},
        {"{\"eos_token_id\":99}", 1, 99, false},
        {"{\"eos_token_id\":[1,2,7]}", 3, 7, false},
        {"{\"eos_token_id\":100}", 0, 0, true},
        {"{\"eos_token_id\":-1}", 0, 0, true},
        {"{\"eos_token_id\":[1,\"2\"]}", 0, 0, true},
        {"{\"eos_token_id\":\"</s>\"}", 0, 0, true},
        {"{", 0, 0, true},
    };
    rft_test_log_capture();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t *ids;
        size_t n;
        enum rft_status status = rft_hf_eos_parse("config.json", rft_bytes_z(cases[i].text), 100, &ids, &n);
        assert_int_equal(status != RFT_OK, cases[i].refused);
        assert_int_equal(n, cases[i].n);
        assert_true(n ? ids[n - 1] == cases[i].last : !ids);
        rft_free(ids);
    }
    rft_test_log_release();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_rope),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_eos),
    };
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
