/* SPDX-License-Identifier: MIT */
/* adapter_config.json: which modules it is for, by PEFT's rules, and what is refused of it. */
#include "adapter_config.h"
#include "adapter_match.h"
#include "python_regex.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

static enum rft_status parse(const char *more, struct rft_adapter_config *config)
{
    char text[2000];
    snprintf(text, sizeof text, "{\"peft_type\": \"LORA\", \"r\": 8, \"lora_alpha\": 4%s%s}", *more != '\0' ? ", " : "",
             more);
    return rft_adapter_config_parse("adapter_config.json", rft_bytes_z(text), config);
}

static void test_targets(void **state)
{
    static const struct {
        const char *config, *module;
        bool is_target;
    } cases[] = {
        {"\"target_modules\": [\"q_proj\"]", "model.layers.0.self_attn.q_proj", true},
        {"\"target_modules\": [\"q_proj\"]", "model.layers.0.self_attn.xq_proj", false},
        {"\"target_modules\": [\"lm_head\"]", "lm_head", true},
        {"\"target_modules\": [\"self_attn.q_proj\"]", "model.layers.0.self_attn.q_proj", true},
        {"\"target_modules\": [\"layers.1.self_attn.q_proj\"]", "model.layers.11.self_attn.q_proj", false},
        {"\"target_modules\": [\"model.layers.0.mlp.up_proj\"]", "model.layers.0.mlp.up_proj", true},
        {"\"target_modules\": []", "model.layers.0.mlp.up_proj", false},
        {"\"target_modules\": \"all-linear\"", "model.layers.0.mlp.up_proj", true},
        {"\"target_modules\": \"ALL-linear\"", "model.layers.0.mlp.up_proj", true},
        {"\"target_modules\": \"all-linear\"", "lm_head", false},
        {"\"target_modules\": \"all-linear\", \"exclude_modules\": [\"up_proj\"]", "model.layers.0.mlp.up_proj", false},
        {"\"target_modules\": \".*_proj\"", "model.layers.0.mlp.up_proj", true},
        {"\"target_modules\": \"q_proj\"", "model.layers.0.self_attn.q_proj", false}, /* the whole name */
        {"\"target_modules\": \"model|.*up_proj\"", "model.layers.0.mlp.up_proj", true},
        {"\"target_modules\": \"model\\\\.layers\\\\.\\\\d{,2}\\\\.mlp.*\"", "model.layers.12.mlp.up_proj", true},
        {"\"target_modules\": \"model\\\\.layers\\\\.\\\\d{,2}\\\\.mlp.*\"", "model.layers.123.mlp.up_proj", false},
        {"\"target_modules\": \"(?P<a>model).*(?<=up)_proj\"", "model.layers.1.mlp.up_proj", true},
        {"\"target_modules\": [\"up_proj\"], \"exclude_modules\": \".*\\\\.0\\\\..*\"", "model.layers.0.mlp.up_proj",
         false},
        {"\"target_modules\": [\"up_proj\"], \"exclude_modules\": \".*\\\\.0\\\\..*\"", "model.layers.1.mlp.up_proj",
         true},
        {"\"target_modules\": [\"up_proj\"], \"modules_to_save\": [\"mlp\"]", "model.layers.1.mlp.up_proj", false},
        {"\"target_modules\": [\"up_proj\"], \"modules_to_save\": [\"lp\"]", "model.layers.1.mlp.up_proj", true},
        {"\"target_modules\": [\"up_proj\"], \"layers_to_transform\": [1, 3]", "model.layers.1.mlp.up_proj", true},
        {"\"target_modules\": [\"up_proj\"], \"layers_to_transform\": [1, 3]", "model.layers.2.mlp.up_proj", false},
        {"\"target_modules\": [\"up_proj\"], \"layers_to_transform\": 3", "model.layers.3.mlp.up_proj", true},
        {"\"target_modules\": [\"up_proj\"], \"layers_to_transform\": []", "model.layers.3.mlp.up_proj", true},
        {"\"target_modules\": [\"up_proj\"], \"layers_to_transform\": [0]", "model.up_proj", false},
        {"\"target_modules\": [\"w\"], \"layers_to_transform\": [1]", "model.layers.1.experts.0.w", true},
        {"\"target_modules\": [\"w\"], \"layers_to_transform\": [0]", "model.layers.1.experts.0.w", false},
        {"\"target_modules\": [\"w\"], \"layers_to_transform\": [0], \"layers_pattern\": \"experts\"",
         "model.layers.1.experts.0.w", true},
        {"\"target_modules\": [\"w\"], \"layers_to_transform\": [0], \"layers_pattern\": [\"h\", \"(x|experts)\"]",
         "model.layers.1.experts.0.w", true},
        {"\"target_modules\": [\"w\"], \"layers_to_transform\": [1], \"layers_pattern\": [\"perts\"]",
         "model.layers.1.experts.0.w", false},
        {"\"target_modules\": [\"w\"], \"layers_to_transform\": [1], \"layers_pattern\": []", "model.layers.1.w", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_adapter_config config;
        bool is_inner = strcmp(cases[i].module, "lm_head") != 0, is_target;
        assert_int_equal(parse(cases[i].config, &config), RFT_OK);
        assert_int_equal(rft_adapter_targets(&config, cases[i].module, is_inner, &is_target), RFT_OK);
        if (is_target != cases[i].is_target)
            fail_msg("%s: %s is %sa target", cases[i].config, cases[i].module, is_target ? "" : "no ");
        rft_adapter_config_finish(&config);
    }
}

static void test_ranks(void **state)
{
    static const struct {
        const char *config;
        uint32_t rank;
        double scale;
    } cases[] = {
        {"\"a\": null", 8, 0.5},
        {"\"use_rslora\": true", 8, 1.4142135623730951},
        {"\"rank_pattern\": {\"up_proj\": 16}", 16, 0.25},
        {"\"rank_pattern\": {\"p_proj\": 16}", 8, 0.5},
        {"\"rank_pattern\": {\"layers.3.mlp.up_proj\": 2}, \"alpha_pattern\": {\"mlp.*\": 6.5}", 2, 3.25},
        {"\"rank_pattern\": {\"^model.layers.3.mlp.up_proj\": 2}", 2, 2},
        {"\"rank_pattern\": {\"^layers.3.mlp.up_proj\": 2}", 8, 0.5},
        {"\"rank_pattern\": {\"mlp\": 2}", 8, 0.5}, /* up to the end */
        {"\"rank_pattern\": {\".*proj\": 2, \"up_proj\": 4}", 2, 2},
        {"\"rank_pattern\": {\"down_proj|up_proj\": 4}", 4, 1},
        {"\"alpha_pattern\": {\"up_proj\": 0}", 8, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_adapter_config config;
        char more[300];
        uint32_t rank;
        double scale;
        snprintf(more, sizeof more, "\"target_modules\": [\"up_proj\"], %s", cases[i].config);
        assert_int_equal(parse(more, &config), RFT_OK);
        assert_int_equal(rft_adapter_rank(&config, "model.layers.3.mlp.up_proj", &rank, &scale), RFT_OK);
        if (rank != cases[i].rank || !(scale > cases[i].scale * (1 - 1e-15) - 1e-300) ||
            !(scale < cases[i].scale * (1 + 1e-15) + 1e-300))
            fail_msg("%s: rank %u, scale %.17g", cases[i].config, rank, scale);
        rft_adapter_config_finish(&config);
    }
}

static void test_saves(void **state)
{
    struct rft_adapter_config config;
    (void)state;
    assert_int_equal(parse("\"target_modules\": [], \"modules_to_save\": [\"norm\", \"lm_head\"]", &config), RFT_OK);
    assert_true(rft_adapter_saves(&config, "lm_head") && rft_adapter_saves(&config, "model.norm"));
    assert_true(
        rft_adapter_saves(&config, "model.layers.0.input_layernorm")); /* by the end of the name, as PEFT does */
    assert_false(rft_adapter_saves(&config, "model.embed_tokens"));
    rft_adapter_config_finish(&config);
}

/* What is refused, and with which words: always the file and the key. */
static void test_refusals(void **state)
{
    static const struct {
        const char *more, *message;
        enum rft_status status;
    } cases[] = {
        {"\"x\": 1", "x = 1 is not supported", RFT_ERR_UNSUPPORTED},
        {"\"use_dora\": true", "use_dora = true is not supported; it asks for DoRA", RFT_ERR_UNSUPPORTED},
        {"\"lora_bias\": true", "lora_bias = true is not supported", RFT_ERR_UNSUPPORTED},
        {"\"trainable_token_indices\": [1]", "trainable_token_indices = [1] is", RFT_ERR_UNSUPPORTED},
        {"\"megatron_config\": {\"a\": 1}", "megatron_config = {\"a\":1} is", RFT_ERR_UNSUPPORTED},
        {"\"target_parameters\": [\"w\"]", "target_parameters = [\"w\"] is", RFT_ERR_UNSUPPORTED},
        {"\"layer_replication\": [[0, 1]]", "layer_replication = [[0,1]] is", RFT_ERR_UNSUPPORTED},
        {"\"alora_invocation_tokens\": [5]", "alora_invocation_tokens = [5] is", RFT_ERR_UNSUPPORTED},
        {"\"use_qalora\": true", "use_qalora = true is", RFT_ERR_UNSUPPORTED},
        {"\"use_bdlora\": {\"nblocks\": 2}", "use_bdlora = {\"nblocks\":2} is", RFT_ERR_UNSUPPORTED},
        {"\"arrow_config\": {\"top_k\": 3}", "arrow_config = {\"top_k\":3} is", RFT_ERR_UNSUPPORTED},
        {"\"kasa_config\": {\"beta\": 1}", "kasa_config = {\"beta\":1} is", RFT_ERR_UNSUPPORTED},
        {"\"monteclora_config\": {\"a\": 1}", "monteclora_config = {\"a\":1} is", RFT_ERR_UNSUPPORTED},
        {"\"init_lora_weights\": \"pissa\"", "init_lora_weights = \"pissa\" is", RFT_ERR_UNSUPPORTED},
        {"\"init_lora_weights\": \"pissa_niter_4\"", "belongs to a changed base", RFT_ERR_UNSUPPORTED},
        {"\"init_lora_weights\": \"olora\"", "init_lora_weights = \"olora\" is", RFT_ERR_UNSUPPORTED},
        {"\"init_lora_weights\": \"loftq\"", "init_lora_weights = \"loftq\" is", RFT_ERR_UNSUPPORTED},
        {"\"init_lora_weights\": \"corda\"", "init_lora_weights = \"corda\" is", RFT_ERR_UNSUPPORTED},
        {"\"init_lora_weights\": \"lora_ga\"", "init_lora_weights = \"lora_ga\" is", RFT_ERR_UNSUPPORTED},
        {"\"bias\": \"some\"", "bias = \"some\" is not supported", RFT_ERR_UNSUPPORTED},
        {"\"bias\": 1", "bias = 1 is not supported", RFT_ERR_UNSUPPORTED},
        {"\"use_rslora\": 1", "use_rslora must be true or false", RFT_ERR_INPUT},
        {"\"rank_pattern\": [1]", "rank_pattern must be an object", RFT_ERR_INPUT},
        {"\"rank_pattern\": {\"a\": 0}", "rank_pattern holds a value", RFT_ERR_INPUT},
        {"\"rank_pattern\": {\"a\": 1.5}", "rank_pattern holds a value", RFT_ERR_INPUT},
        {"\"rank_pattern\": {\"(a\": 1}", "the pattern \"(a\" is not understood", RFT_ERR_UNSUPPORTED},
        {"\"alpha_pattern\": {\"a\": \"1\"}", "alpha_pattern holds a value", RFT_ERR_INPUT},
        {"\"layers_to_transform\": \"1\"", "layers_to_transform must be", RFT_ERR_INPUT},
        {"\"layers_to_transform\": [1, null]", "layers_to_transform must be", RFT_ERR_INPUT},
        {"\"layers_pattern\": {\"a\": 1}", "layers_pattern must be", RFT_ERR_INPUT},
        {"\"modules_to_save\": \"lm_head\"", "modules_to_save must be", RFT_ERR_INPUT},
        {"\"exclude_modules\": [1]", "exclude_modules must be", RFT_ERR_INPUT},
        {"\"exclude_modules\": \"\\\\h\"", "exclude_modules: the pattern \"\\h\" uses", RFT_ERR_UNSUPPORTED},
        {"\"r\": 4", "duplicate object key", RFT_ERR_INPUT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_adapter_config config;
        char more[300];
        snprintf(more, sizeof more, "\"target_modules\": [\"up_proj\"], %s", cases[i].more);
        rft_test_log_capture();
        enum rft_status status = parse(more, &config);
        const char *log = rft_test_log_text();
        if (status != cases[i].status || strstr(log, cases[i].message) == NULL ||
            strstr(log, "adapter_config.json") == NULL)
            fail_msg("%s: status %d, %s", cases[i].more, status, log);
        assert_null(config.root);
        rft_test_log_release();
    }
}

/* The required keys; a text that is no object; what says nothing. */
static void test_whole(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"[]", "not a JSON object"},
        {"{\"r\": 1}", "peft_type is missing"},
        {"{\"peft_type\": \"IA3\"}", "peft_type = \"IA3\" is not supported"},
        {"{\"peft_type\": \"LORA\"}", "r is missing"},
        {"{\"peft_type\": \"LORA\", \"r\": 0}", "r must be a whole number"},
        {"{\"peft_type\": \"LORA\", \"r\": 65537}", "r must be a whole number"},
        {"{\"peft_type\": \"LORA\", \"r\": 1}", "lora_alpha is missing"},
        {"{\"peft_type\": \"LORA\", \"r\": 1, \"lora_alpha\": 1e15}", "lora_alpha must be"},
        {"{\"peft_type\": \"LORA\", \"r\": 1, \"lora_alpha\": 1}", "target_modules is missing"},
        {"{\"peft_type\": \"LORA\", \"r\": 1, \"lora_alpha\": 1, \"target_modules\": 5}", "target_modules must be"},
        {"{\"peft_type\": \"LORA\", \"r\": 1, \"lora_alpha\": 1, \"target_modules\": \"x\", \"layers_to_transform\": "
         "1}",
         "layers_to_transform cannot go with"},
        {"{\"peft_type\": ", "not JSON"},
    };
    struct rft_adapter_config config;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rft_test_log_capture();
        assert_int_not_equal(rft_adapter_config_parse("f", rft_bytes_z(cases[i].text), &config), RFT_OK);
        if (strstr(rft_test_log_text(), cases[i].message) == NULL)
            fail_msg("%s: %s", cases[i].text, rft_test_log_text());
        rft_test_log_release();
    }
    rft_test_log_capture();
    assert_int_equal(parse("\"target_modules\": [], \"merge_weights\": false, \"enable_lora\": null, \"x\": {}, "
                           "\"fan_in_fan_out\": true, \"init_lora_weights\": \"eva\", \"eva_config\": {\"rho\": 2}, "
                           "\"lora_dropout\": 0.1, \"megatron_core\": \"megatron.core\"",
                           &config),
                     RFT_OK);
    assert_int_equal(rft_test_log_count("is not known"), 3);
    assert_int_equal(rft_test_log_count("fan_in_fan_out = true says nothing"), 1);
    rft_test_log_release();
    rft_adapter_config_finish(&config);
}

static void test_python_regex(void **state)
{
    static const struct {
        const char *pattern, *text;
        int is_match; /* -1: refused */
    } cases[] = {
        {"a{,2}b", "aab", 1}, {"a{,2}b", "aaab", 0}, {"[]a]+", "]a", 1},   {"[^]a]+", "bc", 1},
        {"[\\]]", "]", 1},    {"\\Aab\\Z", "ab", 1}, {"a|ab", "ab", 1},    {"[[:alpha:]]", "a", -1},
        {"(*FAIL)", "a", -1}, {"\\Qa\\E", "a", -1},  {"\\u0061", "a", -1}, {"\\K", "", -1},
        {"\\p{L}", "a", -1},  {"[{,]", ",", 1},      {"(?i:AB)", "ab", 1}, {"x\\", "x", -1},
        {"[a", "a", -1},      {"\\.", ".", 1},       {"a(?=b)b", "ab", 1}, {"(a)(b)(c)", "abc", 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_regex regex;
        struct rft_regex_match match = {0};
        int error;
        rft_test_log_capture();
        enum rft_status status = rft_python_regex("f", "key", "(?:", rft_bytes_z(cases[i].pattern), ")",
                                                  RFT_REGEX_BEGIN | RFT_REGEX_END, &regex);
        if (status == RFT_OK)
            assert_int_equal(rft_regex_search(&regex, rft_bytes_z(cases[i].text), 0, &match, &error), RFT_OK);
        int got = status != RFT_OK ? -1 : match.found;
        if (got != cases[i].is_match)
            fail_msg("%s on %s: %d", cases[i].pattern, cases[i].text, got);
        rft_test_log_release();
        rft_regex_finish(&regex);
    }
}

/* A pattern that backtracks without end is stopped. */
static void test_endless(void **state)
{
    struct rft_adapter_config config;
    char module[200] = "model.";
    bool is_target;
    (void)state;
    memset(module + strlen(module), 'a', 60);
    strcat(module, "!");
    assert_int_equal(parse("\"target_modules\": \"model\\\\.(a|aa)+(a|aa)+(a|aa)+[bc]\"", &config), RFT_OK);
    rft_test_log_capture();
    assert_int_equal(rft_adapter_targets(&config, module, true, &is_target), RFT_ERR_INPUT);
    assert_int_equal(rft_test_log_count("a pattern gave up on the module model.aaa"), 1);
    rft_test_log_release();
    rft_adapter_config_finish(&config);
}

static enum rft_status parse_and_match(void *user)
{
    struct rft_adapter_config config;
    bool is_target;
    (void)user;
    RFT_TRY(parse("\"target_modules\": \".*(a|b)_proj\", \"exclude_modules\": [\"b\"], \"rank_pattern\": {\"a\": 2, "
                  "\"b\": 3}, \"alpha_pattern\": {\"c\": 1}, \"modules_to_save\": [\"d\"], \"x\": null",
                  &config));
    enum rft_status status = rft_adapter_targets(&config, "model.a_proj", true, &is_target);
    rft_adapter_config_finish(&config);
    return status;
}

static void test_alloc_faults(void **state)
{
    (void)state;
    assert_true(rft_test_alloc_faults(parse_and_match, NULL) > 50);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_targets),  cmocka_unit_test(test_ranks),        cmocka_unit_test(test_saves),
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_whole),        cmocka_unit_test(test_python_regex),
        cmocka_unit_test(test_endless),  cmocka_unit_test(test_alloc_faults),
    };
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
