/* SPDX-License-Identifier: MIT */
/* What is refused of an adapter's directory and tensors: one line that names the file and the tensor or module. */
#include "adapter.h"
#include "adapter_base.h"
#include "adapter_builder.h"
#include "adapter_tensors.h"
#include "checkpoint.h"
#include "checkpoint_builder.h"
#include "support.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define Q "base_model.model.model.layers.0.self_attn.q_proj"
#define TARGETS_Q "\"target_modules\": [\"q_proj\"]"

static struct rft_model_config config;

/* One layer, untied: dim 32, 2 key-value heads of 8, ffn 48, vocabulary 20. */
static int set_up(void **state)
{
    (void)state;
    config = rft_test_config();
    config.n_layers = 1;
    config.vocab_size = 20;
    config.tied = false;
    rft_test_checkpoint_write(rft_test_tmp_path("model"), &config, RFT_DTYPE_F32, 1, 1);
    config.tied = true;
    rft_test_checkpoint_write(rft_test_tmp_path("tied"), &config, RFT_DTYPE_F32, 1, 1);
    return 0;
}

/* Opens tmp/a upon the model; the one line of error must hold the message. */
static void expect(const char *model, const char *message, enum rft_status status)
{
    struct rft_checkpoint checkpoint;
    assert_int_equal(rft_checkpoint_open(rft_test_tmp_path(model), &checkpoint), RFT_OK);
    rft_test_log_capture();
    enum rft_status got = rft_adapter_open(&checkpoint, rft_test_tmp_path("a"), 1);
    if (got != status || strstr(rft_test_log_text(), message) == NULL)
        fail_msg("status %d, %s; not: %s", got, rft_test_log_text(), message);
    rft_test_log_release();
    rft_checkpoint_close(&checkpoint);
}

struct tensor {
    const char *name;
    uint64_t rows, columns;
};

static void write_adapter(const struct tensor *tensors, size_t n, const char *more)
{
    struct rft_test_adapter adapter = {.dtype = RFT_DTYPE_F32, .seed = 1};
    for (size_t i = 0; i < n && tensors[i].name != NULL; i++)
        rft_test_adapter_tensor(&adapter, tensors[i].name, tensors[i].rows, tensors[i].columns);
    rft_test_adapter_write(&adapter, rft_test_tmp_path("a"), 2, 2, more);
}

static void test_tensors(void **state)
{
    static const struct {
        struct tensor tensors[4];
        const char *more, *message;
        enum rft_status status;
    } cases[] = {
        {{{Q ".lora_A.weight", 2, 32}, {Q ".lora_B.weight", 32, 2}}, TARGETS_Q, "", RFT_OK},
        {{{0}}, TARGETS_Q, "adapter_model.safetensors: holds no tensors", RFT_ERR_INPUT},
        {{{Q ".lora_A.weight", 2, 32}}, TARGETS_Q, Q ".lora_A.weight: the other half", RFT_ERR_UNSUPPORTED},
        {{{Q ".lora_A.weight", 3, 32}, {Q ".lora_B.weight", 32, 3}},
         TARGETS_Q,
         Q ".lora_A.weight: F32 of shape [3, 32], but the model and the adapter's configuration ask for [2, 32]",
         RFT_ERR_INPUT},
        {{{Q ".lora_A.weight", 2, 33}, {Q ".lora_B.weight", 32, 2}}, TARGETS_Q, "of shape [2, 33]", RFT_ERR_INPUT},
        {{{Q ".lora_A.weight", 2, 32}, {Q ".lora_B.weight", 31, 2}},
         TARGETS_Q,
         Q ".lora_B.weight: F32 of shape [31, 2]",
         RFT_ERR_INPUT},
        {{{Q ".lora_A.weight", 0, 64}, {Q ".lora_B.weight", 32, 2}}, TARGETS_Q, "of shape [64]", RFT_ERR_INPUT},
        {{{Q ".lora_A.weight", 2, 32}, {Q ".lora_B.weight", 32, 2}, {Q ".lora_A.default.weight", 2, 32}},
         TARGETS_Q,
         "a second time, under another name",
         RFT_ERR_UNSUPPORTED},
        {{{Q ".lora_A.weight", 2, 32}, {Q ".lora_B.weight", 32, 2}},
         "\"target_modules\": [\"q_proj\", \"v_proj\"]",
         "target_modules names the module model.layers.0.self_attn.v_proj, but the adapter's file has no lora_A",
         RFT_ERR_INPUT},
        {{{Q ".lora_A.weight", 2, 32}, {Q ".lora_B.weight", 32, 2}},
         "\"target_modules\": [\"x_proj\"]",
         Q ".lora_A.weight: target_modules, exclude_modules and layers_to_transform do not name",
         RFT_ERR_UNSUPPORTED},
        {{{Q ".lora_A.weight", 2, 32}, {Q ".lora_B.weight", 32, 2}},
         TARGETS_Q ", \"layers_to_transform\": [1]",
         "do not name its module",
         RFT_ERR_UNSUPPORTED},
        {{{Q ".lora_A.weight", 2, 32}, {Q ".lora_B.weight", 32, 2}, {Q ".lora_magnitude_vector", 0, 32}},
         TARGETS_Q,
         Q ".lora_magnitude_vector: it is no part of a plain LoRA",
         RFT_ERR_UNSUPPORTED},
        {{{Q ".lora_B.bias", 0, 32}}, TARGETS_Q, "no part of a plain LoRA", RFT_ERR_UNSUPPORTED},
        {{{Q ".lora_C.weight", 2, 32}}, TARGETS_Q, "no such module", RFT_ERR_UNSUPPORTED},
        {{{"model.layers.0.self_attn.q_proj.lora_A.weight", 2, 32}},
         TARGETS_Q,
         "names that begin with base_model.model.",
         RFT_ERR_UNSUPPORTED},
        {{{"base_model.model.weight", 2, 32}}, TARGETS_Q, "its name names no module", RFT_ERR_UNSUPPORTED},
        {{{"base_model.model.model.layers.1.self_attn.q_proj.lora_A.weight", 2, 32}},
         TARGETS_Q,
         "the model has no such module; is the adapter for another one?",
         RFT_ERR_UNSUPPORTED},
        {{{"base_model.model.vision_tower.layers.0.self_attn.q_proj.lora_A.weight", 2, 32}},
         TARGETS_Q,
         "no such module",
         RFT_ERR_UNSUPPORTED},
        {{{Q ".lora_A.weight", 2, 32},
          {"base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_B.weight", 32, 2}},
         TARGETS_Q,
         "its name does not begin as the others do",
         RFT_ERR_UNSUPPORTED},
        {{{Q ".bias", 0, 32}}, "\"target_modules\": [], \"bias\": \"all\"", "no such bias", RFT_ERR_UNSUPPORTED},
        {{{Q ".weight", 32, 32}}, "\"target_modules\": []", "a weight of the model itself", RFT_ERR_UNSUPPORTED},
        {{{Q ".base_layer.weight", 32, 32}}, "\"target_modules\": []", "a weight of the model", RFT_ERR_UNSUPPORTED},
        {{{"base_model.model.model.norm.weight", 0, 32}},
         "\"target_modules\": []",
         "a weight of the model itself",
         RFT_ERR_UNSUPPORTED},
        {{{Q ".weight", 32, 32}},
         "\"target_modules\": [], \"modules_to_save\": [\"q_proj\"]",
         Q ".weight: modules_to_save is supported for embed_tokens, lm_head and norms",
         RFT_ERR_UNSUPPORTED},
        {{{"base_model.model.lm_head.weight", 20, 32}},
         "\"target_modules\": [], \"modules_to_save\": [\"lm_head\", \"embed_tokens\"]",
         "modules_to_save names the module model.embed_tokens, but the adapter's file has no weight",
         RFT_ERR_INPUT},
        {{{"base_model.model.lm_head.weight", 21, 32}},
         "\"target_modules\": [], \"modules_to_save\": [\"lm_head\"]",
         "of shape [21, 32], but",
         RFT_ERR_INPUT},
        {{{"base_model.model.lm_head.weight", 20, 32}, {"base_model.model.lm_head.base_layer.weight", 20, 32}},
         "\"target_modules\": []",
         "this weight under two names",
         RFT_ERR_UNSUPPORTED},
        {{{"base_model.model.model.embed_tokens.lora_A.weight", 2, 32},
          {"base_model.model.model.embed_tokens.lora_B.weight", 20, 2}},
         "\"target_modules\": [\"embed_tokens\"]",
         "the module is an embedding",
         RFT_ERR_UNSUPPORTED},
        {{{Q ".lora_embedding_A", 2, 32}}, TARGETS_Q, "the module is no embedding", RFT_ERR_UNSUPPORTED},
        {{{Q ".lora_A.weight", 2, 32}, {Q ".lora_B.weight", 32, 2}},
         TARGETS_Q ", \"alpha_pattern\": {\"q_proj\": 9e14}",
         "",
         RFT_OK},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_adapter(cases[i].tensors, 4, cases[i].more);
        expect("model", cases[i].message, cases[i].status);
    }
}

static void write_usual(void)
{
    write_adapter((const struct tensor[]){{Q ".lora_A.weight", 2, 32}, {Q ".lora_B.weight", 32, 2}}, 2, TARGETS_Q);
}

/* ensure_weight_tying makes the embedding's delta the head's, too. */
static void test_tying(void **state)
{
    (void)state;
    write_adapter((const struct tensor[]){{"base_model.model.lm_head.weight", 20, 32}}, 1,
                  "\"target_modules\": [], \"modules_to_save\": [\"lm_head\"], \"ensure_weight_tying\": true");
    expect("tied", "ensure_weight_tying = true is not supported", RFT_ERR_UNSUPPORTED);
    expect("model", "", RFT_OK);
    write_adapter((const struct tensor[]){{Q ".lora_A.weight", 2, 32}, {Q ".lora_B.weight", 32, 2}}, 2,
                  TARGETS_Q ", \"ensure_weight_tying\": true");
    expect("tied", "", RFT_OK);
}

/* A value that cannot be used, in each of the two factors and in a tensor that replaces one; a type that is not read.
 */
static void test_values(void **state)
{
    static const uint32_t bad[] = {0x7fc00000u, 0x7f800000u, 0xff800000u, 0x5d800000u, 0xdd800000u};
    struct rft_str file;
    char *type;
    (void)state;
    for (size_t i = 0; i < 2 * sizeof bad / sizeof *bad; i++) {
        write_usual();
        assert_int_equal(rft_file_read(rft_test_tmp_path("a/adapter_model.safetensors"), 1u << 20, &file), RFT_OK);
        memcpy(file.data + file.len - (i % 2 == 0 ? 4 : 64 * 4 + 4), &bad[i / 2], 4); /* the last of B, of A */
        rft_test_write_file(rft_test_tmp_path("a/adapter_model.safetensors"), file.data, file.len);
        rft_str_finish(&file);
        expect("model", i % 2 == 0 ? Q ".lora_B.weight holds a value" : Q ".lora_A.weight holds a value",
               RFT_ERR_INPUT);
    }
    write_usual();
    assert_int_equal(rft_file_read(rft_test_tmp_path("a/adapter_model.safetensors"), 1u << 20, &file), RFT_OK);
    type = strstr(file.data + 8, "F32");
    memcpy(type, "I32", 3);
    rft_test_write_file(rft_test_tmp_path("a/adapter_model.safetensors"), file.data, file.len);
    expect("model", "type I32 is not supported; F32, F16 and BF16 are", RFT_ERR_UNSUPPORTED);
    for (size_t n = 0; n < file.len; n += file.len < 64 + n ? 1 : 61) { /* cut short anywhere */
        rft_test_write_file(rft_test_tmp_path("a/adapter_model.safetensors"), file.data, n);
        expect("model", "adapter_model.safetensors", RFT_ERR_INPUT);
    }
    rft_str_finish(&file);
}

/* Two adapters cannot both replace a tensor, nor one replace what the other added to; the same bytes can. */
static void test_conflicts(void **state)
{
    static const char saved[] = "\"target_modules\": [], \"modules_to_save\": [\"norm\"]";
    static const struct tensor norms[] = {{"base_model.model.model.norm.weight", 0, 32},
                                          {"base_model.model.model.layers.0.input_layernorm.weight", 0, 32},
                                          {"base_model.model.model.layers.0.post_attention_layernorm.weight", 0, 32}};
    struct rft_checkpoint checkpoint;
    (void)state;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct rft_test_adapter adapter = {.dtype = RFT_DTYPE_F32, .seed = seed};
        write_adapter(norms, 3, saved);
        assert_int_equal(rft_checkpoint_open(rft_test_tmp_path("model"), &checkpoint), RFT_OK);
        assert_int_equal(rft_adapter_open(&checkpoint, rft_test_tmp_path("a"), 1), RFT_OK);
        for (size_t i = 0; i < 3; i++)
            rft_test_adapter_tensor(&adapter, norms[i].name, 0, 32);
        rft_test_adapter_write(&adapter, rft_test_tmp_path("a2"), 2, 2, saved);
        rft_test_log_capture();
        assert_int_equal(rft_adapter_open(&checkpoint, rft_test_tmp_path("a2"), 1),
                         seed == 1 ? RFT_OK : RFT_ERR_UNSUPPORTED);
        assert_int_equal(rft_test_log_count("norm.weight: an adapter before this one"), seed == 1 ? 0 : 1);
        rft_test_log_release();
        rft_checkpoint_close(&checkpoint);
    }
}

static void write_at(const char *name, const char *text)
{
    rft_test_write_file(rft_test_tmp_path(name), text, strlen(text));
}

/* What is no adapter. */
static void test_places(void **state)
{
    struct rft_checkpoint checkpoint;
    static const struct {
        const char *path, *message;
        enum rft_status status;
    } cases[] = {
        {"nowhere", "nowhere: cannot open: no such file or directory", RFT_ERR_IO},
        {"model/config.json", "is a file; set model.adapter to the directory", RFT_ERR_INPUT},
        {"model", "is a whole model, not an adapter: set model.path to it", RFT_ERR_INPUT},
        {"empty", "holds no adapter_config.json", RFT_ERR_INPUT},
        {"bin", "holds adapter_model.bin, a PyTorch file", RFT_ERR_INPUT},
        {"bare", "holds no adapter_model.safetensors", RFT_ERR_INPUT},
        {"lfs", "lfs/adapter_model.safetensors: is a Git LFS pointer", RFT_ERR_INPUT},
        {"html", "html/adapter_config.json: is a web page", RFT_ERR_INPUT},
        {"bad", "bad/adapter_config.json:2: not JSON", RFT_ERR_INPUT},
    };
    (void)state;
    for (size_t i = 3; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(mkdir(rft_test_tmp_path(cases[i].path), 0777), 0);
    write_at("bin/adapter_config.json", "{}");
    write_at("bin/adapter_model.bin", "PK");
    write_at("bare/adapter_config.json", "{}");
    write_at("lfs/adapter_config.json", "{}");
    write_at("lfs/adapter_model.safetensors", "version https://git-lfs.github.com/spec/v1\n");
    write_at("html/adapter_config.json", "<!DOCTYPE html>");
    write_at("bad/adapter_config.json", "{\n\"r\": 4,}");
    write_at("bad/adapter_model.safetensors", "");
    assert_int_equal(rft_checkpoint_open(rft_test_tmp_path("model"), &checkpoint), RFT_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rft_test_log_capture();
        enum rft_status status = rft_adapter_open(&checkpoint, rft_test_tmp_path(cases[i].path), 1);
        if (status != cases[i].status || strstr(rft_test_log_text(), cases[i].message) == NULL)
            fail_msg("%s: status %d, %s", cases[i].path, status, rft_test_log_text());
        rft_test_log_release();
    }
    rft_checkpoint_close(&checkpoint);
}

/* A scale that leaves the numbers of the arithmetic contract. */
static void test_scale(void **state)
{
    struct rft_checkpoint checkpoint;
    (void)state;
    write_adapter((const struct tensor[]){{Q ".lora_A.weight", 2, 32}, {Q ".lora_B.weight", 32, 2}}, 2,
                  TARGETS_Q ", \"alpha_pattern\": {\"q_proj\": 9e14}");
    assert_int_equal(rft_checkpoint_open(rft_test_tmp_path("model"), &checkpoint), RFT_OK);
    rft_test_log_capture();
    assert_int_equal(rft_adapter_open(&checkpoint, rft_test_tmp_path("a"), 1e6), RFT_ERR_INPUT);
    assert_int_equal(rft_test_log_count("is at least 2^60"), 1);
    rft_test_log_release();
    rft_checkpoint_close(&checkpoint);
}

/* Which names of a base pass without a warning. */
static void test_base(void **state)
{
    static const struct {
        const char *base, *path, *own;
        bool is_same;
    } cases[] = {
        {"Org/Base-1B", "models/Base-1B", NULL, true},
        {"Org/Base-1B", "models/base-1b/", NULL, true},
        {"/other/place/Base-1B/", "Base-1B", NULL, true},
        {"Org/Base-1B", "models/Base-1B-Instruct", NULL, false},
        {"Org/Base-1B-Instruct", "models/Base-1B", NULL, false},
        {"Org/Base-1B", "models/mine", "Org/Base-1B", true},
        {"Org/Base-1B", "models/mine", "Base-1B", true},
        {"Org/Base-1B", "models/mine", "Org/Base-7B", false},
        {"Org/Base-1B", "hub/models--Org--Base-1B/snapshots/0123", NULL, true},
        {"Org/Base-1B", "hub/models--Org--Base-1B-x/snapshots/0123", NULL, false},
        {"Org/Base-1B", "hub/models--Org--Base-1B", NULL, true},
        {"Org/Base-1B", "Base-1B.gguf", NULL, true},
        {"Org/Base-1B", "Base-1B.Q4_1.gguf", NULL, true},
        {"Org/Base-1B", "base-1b-Q8_0.gguf", NULL, true},
        {"Org/Base-1B", "Base-1B.IQ4_XS.gguf", NULL, true},
        {"Org/Base-1B", "Base-1B-bf16.gguf", NULL, true},
        {"Org/Base-1B", "Base-1B-Instruct.gguf", NULL, false}, /* begins like "IQ4_XS" does */
        {"Org/Base", "Base-1B.gguf", NULL, false},
        {"", "Base-1B", NULL, false},
        {NULL, "Base-1B", NULL, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_checkpoint checkpoint = {.path = (char *)(uintptr_t)cases[i].path};
        char dir[300], text[300];
        if (cases[i].own != NULL) { /* config.json of this name */
            snprintf(dir, sizeof dir, "%s", rft_test_tmp_path("mine"));
            assert_true(mkdir(dir, 0777) == 0 || access(dir, F_OK) == 0);
            snprintf(text, sizeof text, "{\"_name_or_path\": \"%s\"}", cases[i].own);
            write_at("mine/config.json", text);
            checkpoint.path = dir;
        }
        rft_test_log_capture();
        assert_int_equal(rft_adapter_base_check("adapter", cases[i].base, &checkpoint), RFT_OK);
        if ((*rft_test_log_text() == '\0') != cases[i].is_same)
            fail_msg("%s on %s: %s", cases[i].base, cases[i].path, rft_test_log_text());
        rft_test_log_release();
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tensors),   cmocka_unit_test(test_tying),  cmocka_unit_test(test_values),
        cmocka_unit_test(test_conflicts), cmocka_unit_test(test_places), cmocka_unit_test(test_scale),
        cmocka_unit_test(test_base),
    };
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, set_up, NULL);
}
