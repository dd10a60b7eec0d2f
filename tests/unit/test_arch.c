/* SPDX-License-Identifier: MIT */
/* The table of architectures: each row whole, and an empty configuration of each described as transformers 5.24 fills
 * it in (data/defaults.json, of its configuration classes; layer types as letters). */
#include "arch.h"
#include "describe.h"
#include "json.h"
#include "op_args.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct rft_arch *find_type(const char *name)
{
    return rft_arch_of_type(name, strlen(name));
}

/* What the classes of modeling files have, whatever the configuration says. */
static const struct {
    const char *type;
    uint32_t parts;
} all_parts[] = {
    {"llama", 0},
    {"mistral", 0},
    {"ministral", 0},
    {"ministral3", 0},
    {"smollm3", 0},
    {"qwen2", RFT_PART_QKV_BIAS},
    {"qwen3", RFT_PART_QK_NORM},
    {"phi3", RFT_PART_FUSED_QKV | RFT_PART_FUSED_GATE_UP},
    {"gemma", RFT_PART_NORM_PLUS_ONE},
    {"gemma2", RFT_PART_NORM_PLUS_ONE | RFT_PART_POST_NORMS},
    {"gemma3_text", RFT_PART_NORM_PLUS_ONE | RFT_PART_POST_NORMS | RFT_PART_QK_NORM},
    {"olmo2", RFT_PART_POST_NORMS | RFT_PART_NO_PRE_NORMS | RFT_PART_QK_NORM_WIDE},
    {"olmo3", RFT_PART_POST_NORMS | RFT_PART_NO_PRE_NORMS | RFT_PART_QK_NORM_WIDE},
    {"granite", 0},
};
#define N_ALL (sizeof all_parts / sizeof *all_parts)

static void test_rows(void **state)
{
    (void)state;
    assert_int_equal(rft_n_archs, N_ALL);
    for (uint32_t i = 0; i < rft_n_archs; i++) {
        const struct rft_arch *a = &rft_archs[i];
        assert_non_null(a->model_type);
        assert_non_null(a->class_name);
        assert_true(a->act_key != NULL && strncmp(a->act_key, "hidden_act", 10) == 0);
        assert_true(a->of.vocab_size != 0 && a->of.dim != 0 && a->of.ffn_dim != 0 && a->of.n_layers != 0);
        assert_true(a->of.n_heads != 0 && a->of.n_positions != 0 && a->of.norm_eps > 0 && a->of.rope_theta >= 1);
        assert_true(a->scale_rule != RFT_SCALE_SCALAR || a->of.query_scalar > 0);
        assert_true(!a->has_rope_per_type || a->of.local_rope_theta >= 1);
        assert_true(a->window_rule != RFT_WINDOW_NONE || a->of.window == 0);
        assert_true(a->of.window_pattern == 0 || a->window_rule == RFT_WINDOW_TYPES);
        assert_true(a->has_other_ropes != a->has_long_rope);
        for (uint32_t k = 0; k < i; k++) {
            assert_string_not_equal(a->model_type, rft_archs[k].model_type);
            assert_string_not_equal(a->class_name, rft_archs[k].class_name);
        }
        assert_ptr_equal(find_type(a->model_type), a);
        assert_ptr_equal(rft_arch_of_class(a->class_name, strlen(a->class_name)), a);
        assert_true(a->gguf == NULL || rft_arch_of_gguf(a->gguf, strlen(a->gguf)) != NULL);
    }
    assert_null(rft_arch_of_type("llama2", 6));
    assert_ptr_equal(rft_arch_of_type("llama2", 5), find_type("llama"));
    assert_null(rft_arch_of_type("llama", 4));
    assert_null(rft_arch_of_gguf("", 0));
    assert_null(rft_arch_of_gguf("ministral", 9));
}

/* Rows that share a name of GGUF's: the first is taken, and what sets the others apart is not in such files. */
static void test_gguf_names(void **state)
{
    char text[RFT_ARCH_LIST_BYTES];
    (void)state;
    assert_ptr_equal(rft_arch_of_gguf("llama", 5), find_type("llama"));
    assert_ptr_equal(rft_arch_of_gguf("olmo2", 5), find_type("olmo2"));
    rft_arch_list(true, text);
    assert_string_equal(text, "llama, mistral3, smollm3, qwen2, qwen3, phi3, gemma2, gemma3, olmo2, granite, gemma");
    rft_arch_list(false, text);
    assert_string_equal(text,
                        "llama, mistral, ministral, ministral3, smollm3, qwen2, qwen3, phi3, gemma2, gemma3_text, "
                        "olmo2, olmo3, granite, gemma");
}

static bool is_near(double a, double b)
{
    return fabs(a - b) <= 1e-6 * fabs(b);
}

/* A number of the class's; `absent` where the class does not have the key, or null. */
static double number_of(const json_t *of, const char *key, double absent)
{
    const json_t *value = json_object_get(of, key);
    return json_is_number(value) ? json_number_value(value) : absent;
}

static void check_sizes(const char *type, const json_t *of, const struct rft_model_config *c)
{
    const struct {
        const char *key;
        double got;
    } numbers[] = {
        {"vocab_size", c->vocab_size},
        {"hidden_size", c->dim},
        {"intermediate_size", c->ffn_dim},
        {"num_hidden_layers", c->n_layers},
        {"num_attention_heads", c->n_heads},
        {"num_key_value_heads", c->n_kv_heads},
        {"head_dim", c->head_dim},
        {"max_position_embeddings", c->n_positions},
        {"rms_norm_eps", (double)c->norm_eps},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!is_near(numbers[i].got, number_of(of, numbers[i].key, -1.0)))
            fail_msg("%s: %s is %g", type, numbers[i].key, numbers[i].got);
    assert_true(c->tied == json_is_true(json_object_get(of, "tie_word_embeddings")));
}

static void check_scales(const char *type, const json_t *of, const struct rft_model_config *c)
{
    const double plain = 1.0 / sqrt(c->head_dim), scalar = number_of(of, "query_pre_attn_scalar", 0.0);
    const double attention = scalar != 0.0 ? 1.0 / sqrt(scalar) : number_of(of, "attention_multiplier", plain);
    const bool is_gemma = strncmp(type, "gemma", 5) == 0;
    const char *act = json_string_value(
        json_object_get(of, is_gemma && strcmp(type, "gemma") != 0 ? "hidden_activation" : "hidden_act"));
    assert_true(is_near(c->attention_scale != 0.0 ? c->attention_scale : plain, attention));
    assert_true(is_near(c->embedding_scale != 0.0 ? c->embedding_scale : 1.0,
                        is_gemma ? sqrt(c->dim) : number_of(of, "embedding_multiplier", 1.0)));
    assert_true(is_near(c->residual_scale != 0.0 ? c->residual_scale : 1.0, number_of(of, "residual_multiplier", 1.0)));
    assert_true(is_near(c->logit_scale != 0.0 ? c->logit_scale : 1.0, 1.0 / number_of(of, "logits_scaling", 1.0)));
    assert_true(c->logit_cap == number_of(of, "final_logit_softcapping", 0.0));
    assert_true(c->score_cap == number_of(of, "attn_logit_softcapping", 0.0));
    assert_int_equal(c->act, strcmp(act, "silu") == 0 ? RFT_ACT_SILU : RFT_ACT_GELU_TANH);
}

static double theta_of(const struct rft_model_config *c, uint32_t set)
{
    return pow(c->frequencies[(size_t)set * RFT_ROPE_SPANS * RFT_PAIRS_MAX + 1], -(double)c->n_rotated / 2.0);
}

static void check_layers(const char *type, const json_t *of, const struct rft_model_config *c)
{
    const char *types = json_string_value(json_object_get(of, "layer_types"));
    const char *rotated = json_string_value(json_object_get(of, "no_rope_layers"));
    const json_t *rope = json_object_get(of, "rope_parameters"), *full = json_object_get(rope, "full_attention"),
                 *local = json_object_get(rope, "sliding_attention");
    const double window = number_of(of, "sliding_window", 0.0);
    bool any = false;
    for (uint32_t i = 0; i < c->n_layers; i++) {
        const bool is_windowed = types != NULL ? types[i] == 'w' : window != 0.0;
        const uint32_t set = rotated != NULL && rotated[i] == '0' ? RFT_ROPE_NONE
                             : local != NULL && is_windowed       ? RFT_ROPE_LOCAL
                                                                  : RFT_ROPE_MAIN;
        any = any || is_windowed;
        if (c->is_windowed[i] != is_windowed || c->rope_set[i] != set)
            fail_msg("%s: layer %u: window %d, RoPE %d", type, i, c->is_windowed[i], c->rope_set[i]);
    }
    assert_int_equal(c->window, any ? (uint32_t)window : 0);
    if (strcmp(json_string_value(json_object_get(full != NULL ? full : rope, "rope_type")), "default") == 0)
        assert_true(is_near(theta_of(c, RFT_ROPE_MAIN), number_of(full != NULL ? full : rope, "rope_theta", 0.0)));
    if (local != NULL)
        assert_true(is_near(theta_of(c, RFT_ROPE_LOCAL), number_of(local, "rope_theta", 0.0)));
    assert_int_equal(c->n_rotated, c->head_dim);
}

static void test_defaults(void **state)
{
    json_t *defaults = rft_test_json("tests/unit/data/defaults.json");
    (void)state;
    assert_int_equal(json_object_size(defaults), N_ALL);
    for (size_t i = 0; i < N_ALL; i++) {
        const char *type = all_parts[i].type;
        const json_t *of = json_object_get(defaults, type);
        const char *class_name = json_string_value(json_object_get(of, "class"));
        char text[128];
        assert_non_null(class_name);
        assert_string_equal(find_type(type)->class_name, class_name);
        snprintf(text, sizeof text, "{\"model_type\": \"%s\"}", type);
        struct rft_model_config c = rft_test_describe(text);
        assert_int_equal(c.parts, all_parts[i].parts);
        check_sizes(type, of, &c);
        check_scales(type, of, &c);
        check_layers(type, of, &c);
        snprintf(text, sizeof text, "{\"architectures\": [\"%s\"]}", class_name);
        struct rft_model_config by_class = rft_test_describe(text);
        rft_test_same_description(type, &by_class, &c);
    }
    json_decref(defaults);
}

/* Which biases attention_bias and mlp_bias switch on, by class; others do not look at the key. */
static void test_bias_keys(void **state)
{
    static const struct {
        const char *types;
        uint32_t attention, mlp;
    } groups[] = {
        {"llama smollm3 granite", RFT_PART_QKV_BIAS | RFT_PART_O_BIAS, RFT_PART_MLP_BIAS},
        {"qwen3 gemma gemma2 gemma3_text olmo2 olmo3", RFT_PART_QKV_BIAS | RFT_PART_O_BIAS, 0},
        {"mistral ministral ministral3 qwen2 phi3", 0, 0},
    };
    size_t n = 0;
    (void)state;
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        char names[64], *rest = NULL;
        snprintf(names, sizeof names, "%s", groups[g].types);
        for (const char *type = strtok_r(names, " ", &rest); type != NULL; type = strtok_r(NULL, " ", &rest), n++) {
            char text[160];
            const uint32_t parts = find_type(type)->parts;
            snprintf(text, sizeof text, "{\"model_type\": \"%s\", \"attention_bias\": true}", type);
            assert_int_equal(rft_test_describe(text).parts, parts | groups[g].attention);
            snprintf(text, sizeof text, "{\"model_type\": \"%s\", \"mlp_bias\": true}", type);
            assert_int_equal(rft_test_describe(text).parts, parts | groups[g].mlp);
        }
    }
    assert_int_equal(n, N_ALL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_gguf_names),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_bias_keys),
    };
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
