/* SPDX-License-Identifier: MIT */
/* Which tensors of the files become the model's: names, heads that are tied and heads that are not, what lies beside,
 * and what a GGUF file holds of RoPE. */
#include "checkpoint.h"
#include "checkpoint_builder.h"
#include "describe.h"
#include "gguf_builder.h"
#include "json.h"
#include "support.h"
#include "tensor_file.h"
#include "tensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED 3u

static const char embedding_name[] = "model.embed_tokens.weight", head_name[] = "lm_head.weight";

/* A directory in F32 whose file has an embedding and a head of its own, whatever config.json says. */
static void begin(bool is_tied, struct rft_test_tensor_file *file)
{
    struct rft_model_config config = rft_test_config();
    config.tied = is_tied;
    rft_test_checkpoint_write(rft_test_tmp_path("m"), &config, RFT_DTYPE_F32, SEED, 1);
    struct rft_str text;
    assert_int_equal(rft_file_read(rft_test_tmp_path("m/config.json"), 1u << 20, &text), RFT_OK);
    config.tied = false;
    rft_test_checkpoint_write(rft_test_tmp_path("m"), &config, RFT_DTYPE_F32, SEED, 1);
    rft_test_write_file(rft_test_tmp_path("m/config.json"), text.data, text.len);
    rft_str_finish(&text);
    rft_test_tensors_read(rft_test_tmp_path("m/model.safetensors"), file);
}

static void end(struct rft_test_tensor_file *file)
{
    rft_test_tensors_write(rft_test_tmp_path("m/model.safetensors"), file);
}

/* The log of opening it, of the caller's to release. */
static const char *open_logged(const struct rft_model_options *options, struct rft_checkpoint *checkpoint,
                               enum rft_status wanted)
{
    rft_test_log_capture();
    if (rft_checkpoint_open_with(rft_test_tmp_path("m"), options, checkpoint) != wanted)
        fail_msg("another status; log: %s", rft_test_log_text());
    return rft_test_log_text();
}

static void refuse(const char *message)
{
    struct rft_checkpoint checkpoint;
    rft_test_log_capture();
    assert_int_not_equal(rft_checkpoint_open(rft_test_tmp_path("m"), &checkpoint), RFT_OK);
    const char *log = rft_test_log_text();
    const char *error = strstr(log, "error: ");
    if (error == NULL || strstr(error, message) == NULL || strstr(error + 1, "error: ") != NULL)
        fail_msg("log \"%s\" without one error \"%s\"", log, message);
    rft_test_log_release();
}

/* The tensor holds what the builder gave another name. */
static void check_rows(const struct rft_checkpoint *checkpoint, const char *name, const char *source)
{
    const struct rft_tensor *tensor = rft_checkpoint_find(checkpoint, name);
    assert_non_null(tensor);
    const uint64_t n_rows = tensor->n_dims == 1 ? 1 : tensor->dims[0], n_columns = tensor->dims[tensor->n_dims - 1];
    float *rows = malloc((size_t)(n_rows * n_columns) * sizeof *rows);
    assert_non_null(rows);
    rft_tensor_rows_f32(tensor, 0, n_rows, rows);
    for (uint64_t i = 0; i < n_rows * n_columns; i++)
        if (rows[i] != rft_test_weight(source, SEED, i / n_columns, i % n_columns, n_columns))
            fail_msg("%s: element %llu is not that of %s", name, (unsigned long long)i, source);
    free(rows);
}

static void check_all(const struct rft_checkpoint *checkpoint)
{
    for (size_t i = 0; i < checkpoint->n_tensors; i++)
        check_rows(checkpoint, checkpoint->tensors[i].name, checkpoint->tensors[i].name);
    assert_int_equal(checkpoint->n_tensors, rft_model_n_tensors(&checkpoint->config));
}

/* As transformers 5 decides: a head that differs is the model's own whatever the flag says, and with the flag a head
 * alone is the embedding, too; without it nothing stands in for another. */
static void test_heads(void **state)
{
    static const struct {
        bool is_flagged, has_embedding, has_head, is_same;
        const char *refused;
        bool is_tied;
        const char *warning, *source; /* of the embedding */
    } cases[] = {
        {true, true, true, true, NULL, true, NULL, embedding_name},
        {true, true, true, false, NULL, false, "lm_head.weight differs from model.embed_tokens.weight", embedding_name},
        {true, true, false, false, NULL, true, NULL, embedding_name},
        {true, false, true, false, NULL, true, NULL, head_name},
        {true, false, false, false, "tensor model.embed_tokens.weight is missing", false, NULL, NULL},
        {false, true, true, true, NULL, false, NULL, embedding_name},
        {false, true, true, false, NULL, false, NULL, embedding_name},
        {false, true, false, false, "tensor lm_head.weight is missing", false, NULL, NULL},
        {false, false, true, false, "tensor model.embed_tokens.weight is missing", false, NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_test_tensor_file file;
        struct rft_checkpoint checkpoint;
        begin(cases[i].is_flagged, &file);
        if (cases[i].is_same)
            rft_test_tensors_copy(&file, embedding_name, head_name);
        if (!cases[i].has_embedding)
            rft_test_tensors_drop(&file, embedding_name);
        if (!cases[i].has_head)
            rft_test_tensors_drop(&file, head_name);
        end(&file);
        if (cases[i].refused != NULL) {
            refuse(cases[i].refused);
            continue;
        }
        const char *log = open_logged(NULL, &checkpoint, RFT_OK);
        if (cases[i].warning != NULL ? strstr(log, cases[i].warning) == NULL : *log != '\0')
            fail_msg("case %zu: log \"%s\"", i, log);
        rft_test_log_release();
        assert_int_equal(checkpoint.config.tied, cases[i].is_tied);
        check_rows(&checkpoint, embedding_name, cases[i].source);
        assert_true((rft_checkpoint_find(&checkpoint, head_name) == NULL) == cases[i].is_tied);
        if (!cases[i].is_tied)
            check_rows(&checkpoint, head_name, cases[i].is_same ? embedding_name : head_name);
        assert_int_equal(checkpoint.n_passed_over, 0);
        rft_checkpoint_close(&checkpoint);
    }
}

/* A head of another type is not compared element by element: it is the model's own. */
static void test_head_of_another_type(void **state)
{
    struct rft_test_tensor_file file;
    struct rft_checkpoint checkpoint;
    (void)state;
    begin(true, &file);
    json_object_set_new(json_object_get(file.header, head_name), "shape", json_pack("[i, i]", 300, 64));
    json_object_set_new(json_object_get(file.header, head_name), "dtype", json_string("BF16"));
    end(&file);
    refuse("BF16 of shape [300, 64], but the configuration asks for [300, 32]");
    begin(true, &file);
    rft_test_tensors_copy(&file, embedding_name, head_name);
    end(&file);
    const struct rft_model_options headers_only = {.headers_only = true};
    open_logged(&headers_only, &checkpoint, RFT_OK); /* nobody looks at bytes then: the flag is believed */
    assert_null(strstr(rft_test_log_text(), "differs"));
    rft_test_log_release();
    assert_true(checkpoint.config.tied);
    rft_checkpoint_close(&checkpoint);
}

/* All that models are saved under; other prefixes are tests/e2e/test_prefixes.sh's. */
static void test_prefixes(void **state)
{
    static const struct {
        const char *prefix, *head;
    } cases[] = {
        {"model.", "lm_head.weight"},
        {"", "lm_head.weight"},
        {"model.model.", "lm_head.weight"},
        {"model.model.", "model.lm_head.weight"},
        {"language_model.", "lm_head.weight"},
        {"language_model.model.", "language_model.lm_head.weight"},
        {"model.language_model.", "lm_head.weight"},
        {"model.language_model.model.", "model.language_model.lm_head.weight"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_test_tensor_file file;
        struct rft_checkpoint checkpoint;
        begin(false, &file);
        rft_test_tensors_prefix(&file, "model.", cases[i].prefix);
        rft_test_tensors_prefix(&file, "lm_head.weight", cases[i].head);
        end(&file);
        if (*open_logged(NULL, &checkpoint, RFT_OK) != '\0')
            fail_msg("%s: %s", cases[i].prefix, rft_test_log_text());
        rft_test_log_release();
        check_all(&checkpoint);
        rft_checkpoint_close(&checkpoint);
    }
    struct rft_test_tensor_file file; /* one name is not like the others */
    begin(false, &file);
    rft_test_tensors_prefix(&file, "model.", "language_model.model.");
    rft_test_tensors_rename(&file, "language_model.model.layers.1.mlp.up_proj.weight",
                            "model.layers.1.mlp.up_proj.weight");
    end(&file);
    refuse("tensor language_model.model.layers.1.mlp.up_proj.weight is missing");
}

/* What is passed over is counted, and what nobody knows is refused by name. */
static void test_beside(void **state)
{
    static const char norm[] = "model.norm.weight";
    static const char *const beside[] = {"model.layers.0.self_attn.rotary_emb.inv_freq",
                                         "model.rotary_emb.full_attention_inv_freq",
                                         "vision_tower.vision_model.encoder.layers.0.mlp.fc1.weight",
                                         "multi_modal_projector.linear_1.weight",
                                         "model.visual.blocks.0.attn.qkv.weight",
                                         "model.vision_model.x"};
    static const char *const unknown[] = {"model.layers.0.self_attn.q_proj.bias",
                                          "model.layers.0.self_attn.q_norm.weight",
                                          "model.layers.2.input_layernorm.weight",
                                          "model.layers.1.pre_feedforward_layernorm.weight",
                                          "model.layers.1.mlp.experts.0.up_proj.weight",
                                          "lm_head.bias",
                                          "model.norm.bias",
                                          "model.layers.01.input_layernorm.weight",
                                          "x"};
    struct rft_test_tensor_file file;
    struct rft_checkpoint checkpoint;
    (void)state;
    begin(false, &file);
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
        rft_test_tensors_copy(&file, norm, beside[i]);
    end(&file);
    open_logged(NULL, &checkpoint, RFT_OK);
    rft_test_log_release();
    assert_int_equal(checkpoint.n_passed_over, sizeof beside / sizeof *beside);
    check_all(&checkpoint);
    rft_checkpoint_close(&checkpoint);
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        char message[160];
        snprintf(message, sizeof message, "model.safetensors: tensor %s is none of this architecture's", unknown[i]);
        begin(false, &file);
        rft_test_tensors_copy(&file, norm, unknown[i]);
        end(&file);
        refuse(message);
    }
}

/* Biases, in a directory and in a file where those of q and k lie as their rows do. */
static void test_biases(void **state)
{
    struct rft_model_config config = rft_test_config();
    struct rft_checkpoint checkpoint;
    char path[256];
    (void)state;
    config.parts = RFT_PART_QKV_BIAS | RFT_PART_O_BIAS | RFT_PART_MLP_BIAS;
    rft_test_checkpoint_write(rft_test_tmp_path("b"), &config, RFT_DTYPE_F32, SEED, 2);
    assert_int_equal(rft_checkpoint_open(rft_test_tmp_path("b"), &checkpoint), RFT_OK);
    rft_test_same_description("directory", &checkpoint.config, &config);
    check_all(&checkpoint);
    rft_checkpoint_close(&checkpoint);
    snprintf(path, sizeof path, "%s", rft_test_tmp_path("b.gguf"));
    rft_test_gguf_write(path, &config, RFT_DTYPE_F32, SEED);
    assert_int_equal(rft_checkpoint_open(path, &checkpoint), RFT_OK);
    rft_test_same_description("file", &checkpoint.config, &config);
    check_all(&checkpoint);
    assert_int_equal(rft_checkpoint_find(&checkpoint, "model.layers.0.self_attn.q_proj.bias")->rope_heads, 4);
    assert_int_equal(rft_checkpoint_find(&checkpoint, "model.layers.1.self_attn.k_proj.bias")->rope_heads, 2);
    assert_int_equal(rft_checkpoint_find(&checkpoint, "model.layers.0.self_attn.v_proj.bias")->rope_heads, 0);
    rft_checkpoint_close(&checkpoint);
    config.parts = RFT_PART_MLP_BIAS; /* each kind by itself: a file says so by its tensors alone */
    rft_test_gguf_write(path, &config, RFT_DTYPE_F32, SEED);
    assert_int_equal(rft_checkpoint_open(path, &checkpoint), RFT_OK);
    assert_int_equal(checkpoint.config.parts, RFT_PART_MLP_BIAS);
    rft_checkpoint_close(&checkpoint);
}

/* ---- RoPE's factors of GGUF files ---- */

static enum rft_status open_factors(const struct rft_test_gguf_extra *extra, struct rft_checkpoint *checkpoint)
{
    struct rft_model_config config = rft_test_config();
    const char *path = rft_test_tmp_path("factors.gguf");
    rft_test_gguf_write_extra(path, &config, RFT_DTYPE_F32, SEED, extra);
    return rft_checkpoint_open(path, checkpoint);
}

#define LONG "rope_factors_long.weight"
#define SHORT "rope_factors_short.weight"

static void test_long_factors(void **state)
{
    static const float shorts[4] = {1, 1, 0.5f, 2}, longs[4] = {1, 2, 4, 8}, llama3[4] = {1, 1, 8, 8};
    struct rft_model_config config = rft_test_config();
    struct rft_test_gguf_extra brief = {.tensor = SHORT, .values = shorts, .n_values = 4},
                               extra = {.tensor = LONG, .values = longs, .n_values = 4, .more = &brief};
    struct rft_checkpoint checkpoint;
    (void)state;
    rft_test_gguf_u32(&extra.entries, "llama.rope.scaling.original_context_length", 64);
    rft_test_gguf_f32(&extra.entries, "llama.rope.scaling.attn_factor", 1.25f);
    extra.n_entries = 2;
    assert_int_equal(open_factors(&extra, &checkpoint), RFT_OK);
    const struct rft_model_config *c = &checkpoint.config;
    assert_true(c->has_long_rope && c->rope_original == 64);
    assert_true(c->rope_scale[RFT_ROPE_SHORT] == 1.25 && c->rope_scale[RFT_ROPE_LONG] == 1.25);
    for (uint32_t i = 0; i < 4; i++) {
        assert_true(c->frequencies[i] == config.frequencies[i] / (double)shorts[i]);
        assert_true(c->frequencies[RFT_PAIRS_MAX + i] == config.frequencies[i] / (double)longs[i]);
    }
    check_all(&checkpoint);
    rft_checkpoint_close(&checkpoint);
    rft_str_finish(&extra.entries);
    assert_int_equal(
        open_factors(&(struct rft_test_gguf_extra){.tensor = "rope_freqs.weight", .values = llama3, .n_values = 4},
                     &checkpoint),
        RFT_OK);
    assert_true(!c->has_long_rope && c->rope_original == 0);
    for (uint32_t i = 0; i < 4; i++)
        assert_true(c->frequencies[i] == config.frequencies[i] / (double)llama3[i]);
    rft_checkpoint_close(&checkpoint);
}

static void test_hostile_factors(void **state)
{
    static const float good[4] = {1, 1, 1, 1}, three[3] = {1, 1, 1};
    static const struct {
        const char *name;
        uint32_t n_values, type;
        float values[5];
        const char *message;
    } cases[] = {
        {LONG, 4, 0, {1, 1, NAN, 1}, LONG ": element 2 is "},
        {LONG, 4, 0, {0, 1, 1, 1}, LONG ": element 0 is 0, not between 0.001"},
        {SHORT, 4, 0, {1, 1, 1, INFINITY}, SHORT ": element 3 is inf"},
        {SHORT, 4, 0, {1, -1, 1, 1}, SHORT ": element 1 is -1"},
        {SHORT, 4, 0, {1, 2e6f, 1, 1}, SHORT ": element 1 is 2e+06"},
        {SHORT, 5, 0, {1, 1, 1, 1, 1}, SHORT ": F32 (0) of shape [5], but the configuration asks for [4]"},
        {LONG, 4, 26, {1, 1, 1, 1}, LONG ": type I32 (26) is not supported"},
    };
    struct rft_checkpoint checkpoint;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct rft_test_gguf_extra other = {
            .tensor = strcmp(cases[i].name, LONG) == 0 ? SHORT : LONG, .values = good, .n_values = 4};
        const struct rft_test_gguf_extra extra = {.tensor = cases[i].name,
                                                  .tensor_type = cases[i].type,
                                                  .values = cases[i].values,
                                                  .n_values = cases[i].n_values,
                                                  .more = &other};
        rft_test_log_capture();
        assert_int_not_equal(open_factors(&extra, &checkpoint), RFT_OK);
        if (strstr(rft_test_log_text(), cases[i].message) == NULL)
            fail_msg("log \"%s\" without \"%s\"", rft_test_log_text(), cases[i].message);
        rft_test_log_release();
    }
    rft_test_log_capture(); /* one set without the other */
    assert_int_not_equal(
        open_factors(&(struct rft_test_gguf_extra){.tensor = LONG, .values = good, .n_values = 4}, &checkpoint),
        RFT_OK);
    assert_non_null(strstr(rft_test_log_text(), SHORT " is missing"));
    rft_test_log_release();
    rft_test_log_capture();
    assert_int_not_equal(
        open_factors(&(struct rft_test_gguf_extra){.tensor = "rope_freqs.weight", .values = three, .n_values = 3},
                     &checkpoint),
        RFT_OK);
    assert_non_null(strstr(rft_test_log_text(), "rope_freqs.weight: F32 (0) of shape [3]"));
    rft_test_log_release();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),           cmocka_unit_test(test_head_of_another_type),
        cmocka_unit_test(test_prefixes),        cmocka_unit_test(test_beside),
        cmocka_unit_test(test_biases),          cmocka_unit_test(test_long_factors),
        cmocka_unit_test(test_hostile_factors),
    };
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
