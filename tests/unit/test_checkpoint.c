/* SPDX-License-Identifier: MIT */
#include "checkpoint.h"
#include "checkpoint_builder.h"
#include "describe.h"
#include "file.h"
#include "frequencies.h"
#include "gguf.h"
#include "gguf_builder.h"
#include "json.h"
#include "support.h"
#include "tensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint16_t f16_of(float value)
{
    _Static_assert(sizeof(float) == 4, "bits");
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t magnitude = bits & 0x7fffffffu, rounded = (magnitude + 0xfff + (magnitude >> 13 & 1)) >> 13;
    return (uint16_t)((bits >> 16 & 0x8000) | (rounded < 113u << 10 ? 0 : rounded - (112u << 10)));
}

static float rounded(enum rft_dtype dtype, float value)
{
    struct rft_round_counts counts = {0, 0};
    if (dtype == RFT_DTYPE_BF16)
        return rft_bf16_to_f32(rft_bf16_round(value, &counts));
    if (dtype == RFT_DTYPE_F16) {
        uint16_t half = f16_of(value);
        rft_dtype_to_f32(RFT_DTYPE_F16, (const uint8_t *)&half, 1, &value);
    }
    return value;
}

static void check_rows(const struct rft_checkpoint *checkpoint, const char *name, uint64_t seed)
{
    const struct rft_tensor *tensor = rft_checkpoint_find(checkpoint, name);
    assert_non_null(tensor);
    uint64_t n_rows = tensor->n_dims == 1 ? 1 : tensor->dims[0], n_columns = tensor->dims[tensor->n_dims - 1];
    float *rows = malloc((size_t)(n_rows * n_columns) * sizeof *rows);
    assert_non_null(rows);
    rft_tensor_rows_f32(tensor, 0, 1, rows); /* in two parts, so that row_0 counts */
    rft_tensor_rows_f32(tensor, 1, n_rows - 1, rows + n_columns);
    for (uint64_t i = 0; i < n_rows * n_columns; i++) {
        float want = rounded(tensor->dtype, rft_test_weight(name, seed, i / n_columns, i % n_columns, n_columns));
        if (rows[i] != want)
            fail_msg("%s: element %llu is %g, not %g", name, (unsigned long long)i, (double)rows[i], (double)want);
    }
    free(rows);
}

/* Every tensor of the model, in its own order of rows, and nothing else. */
static void check_weights(const struct rft_checkpoint *checkpoint, uint64_t seed)
{
    uint64_t n = rft_model_n_tensors(&checkpoint->config);
    assert_int_equal(checkpoint->n_tensors, n);
    for (uint64_t i = 0; i < n; i++) {
        struct rft_needed_tensor needed;
        rft_model_tensor(&checkpoint->config, i, &needed);
        check_rows(checkpoint, needed.name, seed);
    }
    for (size_t i = 1; i < checkpoint->n_tensors; i++)
        assert_true(strcmp(checkpoint->tensors[i - 1].name, checkpoint->tensors[i].name) < 0);
}

static void test_directory(void **state)
{
    (void)state;
    static const struct rft_rope_scaling plain = {.kind = RFT_ROPE_PLAIN, .theta = 10000.0},
                                         llama3 = {.kind = RFT_ROPE_LLAMA3,
                                                   .theta = 10000.0,
                                                   .factor = 8.0,
                                                   .low_freq_factor = 1.0,
                                                   .high_freq_factor = 4.0,
                                                   .original_positions = 64.0};
    static const struct {
        enum rft_dtype dtype;
        bool tied, llama3;
        uint32_t n_shards;
    } cases[] = {
        {RFT_DTYPE_F32, true, false, 1},
        {RFT_DTYPE_BF16, false, true, 1},
        {RFT_DTYPE_F16, true, false, 3},
        {RFT_DTYPE_BF16, false, false, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rft_model_config config = rft_test_config();
        struct rft_checkpoint checkpoint;
        char name[16];
        snprintf(name, sizeof name, "hf%zu", i);
        config.tied = cases[i].tied;
        rft_test_rope(&config, cases[i].llama3 ? &llama3 : &plain);
        rft_test_checkpoint_write_scaled(rft_test_tmp_path(name), &config, cases[i].llama3 ? &llama3 : &plain,
                                         cases[i].dtype, i, cases[i].n_shards);
        assert_int_equal(rft_checkpoint_open(rft_test_tmp_path(name), &checkpoint), RFT_OK);
        assert_false(checkpoint.is_gguf);
        assert_int_equal(checkpoint.n_maps, cases[i].n_shards);
        rft_test_same_description(checkpoint.path, &checkpoint.config, &config);
        assert_true(checkpoint.n_eos == 1 && checkpoint.eos_ids[0] == 0);
        check_weights(&checkpoint, i);
        assert_true((rft_checkpoint_find(&checkpoint, "lm_head.weight") != NULL) == !config.tied);
        assert_null(rft_checkpoint_find(&checkpoint, "model.layers.2.input_layernorm.weight"));
        rft_checkpoint_close(&checkpoint);
    }
}

static void test_gguf(void **state)
{
    (void)state;
    static const enum rft_dtype dtypes[] = {RFT_DTYPE_F32, RFT_DTYPE_F16, RFT_DTYPE_BF16};
    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++) {
        struct rft_model_config config = rft_test_config();
        struct rft_checkpoint checkpoint;
        config.tied = i == 1;
        rft_test_gguf_write(rft_test_tmp_path("m.gguf"), &config, dtypes[i], 7);
        assert_int_equal(rft_checkpoint_open(rft_test_tmp_path("m.gguf"), &checkpoint), RFT_OK);
        assert_true(checkpoint.is_gguf && checkpoint.gguf);
        rft_test_same_description(checkpoint.path, &checkpoint.config, &config);
        assert_true(checkpoint.n_eos == 1 && checkpoint.eos_ids[0] == 0);
        check_weights(&checkpoint, 7);
        assert_int_equal(rft_checkpoint_find(&checkpoint, "model.layers.1.self_attn.k_proj.weight")->rope_heads, 2);
        rft_checkpoint_close(&checkpoint);
    }
}

/* Quantised blocks in another order of rows: row 8 h + i of the model lies at 8 h + 2 i or 8 h + 2 (i - 4) + 1. */
static void test_gguf_quantised(void **state)
{
    (void)state;
    static const uint32_t stored[8] = {0, 2, 4, 6, 1, 3, 5, 7};
    for (enum rft_dtype dtype = RFT_DTYPE_Q8_0; dtype < RFT_DTYPE_COUNT; dtype++) {
        struct rft_model_config config = rft_test_config();
        struct rft_checkpoint checkpoint;
        float row[256], want[256];
        config.dim = config.ffn_dim = rft_dtype_block_elements(dtype);
        config.head_dim = 8;
        config.n_heads = config.dim / 8;
        rft_test_gguf_write(rft_test_tmp_path("q.gguf"), &config, dtype, 3);
        assert_int_equal(rft_checkpoint_open(rft_test_tmp_path("q.gguf"), &checkpoint), RFT_OK);
        const struct rft_tensor *q = rft_checkpoint_find(&checkpoint, "model.layers.0.self_attn.q_proj.weight");
        assert_int_equal(q->dtype, dtype);
        for (uint32_t r = 0; r < config.dim; r++) {
            uint64_t place = r / 8 * 8 + stored[r % 8];
            rft_tensor_rows_f32(q, r, 1, row);
            rft_dtype_to_f32(dtype, q->data + place * rft_dtype_block_bytes(dtype), config.dim, want);
            assert_memory_equal(row, want, config.dim * sizeof *row);
            for (uint32_t i = 0; i < config.dim; i++)
                assert_true(row[i] > -1.0f && row[i] < 1.0f);
        }
        rft_checkpoint_close(&checkpoint);
    }
}

static uint64_t hash_of(const char *path)
{
    struct rft_checkpoint checkpoint;
    assert_int_equal(rft_checkpoint_open(path, &checkpoint), RFT_OK);
    uint64_t hash;
    assert_int_equal(rft_checkpoint_hash(&checkpoint, &hash), RFT_OK);
    rft_checkpoint_close(&checkpoint);
    return hash;
}

/* The same content gives the same hash, sharded or not; any bit of the weights, the end ids or a number another one. */
static void test_hash(void **state)
{
    (void)state;
    struct rft_model_config config = rft_test_config();
    uint64_t hashes[6];
    rft_test_checkpoint_write(rft_test_tmp_path("h"), &config, RFT_DTYPE_BF16, 1, 1);
    hashes[0] = hash_of(rft_test_tmp_path("h"));
    rft_test_checkpoint_write(rft_test_tmp_path("hs"), &config, RFT_DTYPE_BF16, 1, 3);
    assert_true(hash_of(rft_test_tmp_path("hs")) == hashes[0]);
    rft_test_checkpoint_write(rft_test_tmp_path("h2"), &config, RFT_DTYPE_BF16, 2, 1);
    hashes[1] = hash_of(rft_test_tmp_path("h2"));
    rft_test_checkpoint_write(rft_test_tmp_path("h3"), &config, RFT_DTYPE_F32, 1, 1);
    hashes[2] = hash_of(rft_test_tmp_path("h3"));
    rft_test_write_file(rft_test_tmp_path("h/generation_config.json"), "{\"eos_token_id\": [0, 1]}", 24);
    hashes[3] = hash_of(rft_test_tmp_path("h"));
    static const struct rft_rope_scaling other_rope = {.kind = RFT_ROPE_PLAIN, .theta = 20000.0};
    rft_test_checkpoint_write_scaled(rft_test_tmp_path("h"), &config, &other_rope, RFT_DTYPE_BF16, 1, 1);
    hashes[4] = hash_of(rft_test_tmp_path("h"));
    struct rft_str file;
    assert_int_equal(rft_file_read(rft_test_tmp_path("h/model.safetensors"), 1u << 30, &file), RFT_OK);
    file.data[file.len - 1] ^= 1;
    rft_test_write_file(rft_test_tmp_path("h/model.safetensors"), file.data, file.len);
    rft_str_finish(&file);
    hashes[5] = hash_of(rft_test_tmp_path("h"));
    for (size_t i = 0; i < 6; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(hashes[i] != hashes[j]);
}

static enum rft_status open_and_close(void *path)
{
    struct rft_checkpoint checkpoint;
    enum rft_status status = rft_checkpoint_open(path, &checkpoint);
    if (status == RFT_OK)
        rft_checkpoint_close(&checkpoint);
    assert_true(!checkpoint.path && !checkpoint.tensors && !checkpoint.maps && !checkpoint.eos_ids && !checkpoint.gguf);
    return status;
}

static void test_alloc_faults(void **state)
{
    (void)state;
    struct rft_model_config config = rft_test_config();
    config.n_layers = 1;
    config.vocab_size = 8;
    rft_test_checkpoint_write(rft_test_tmp_path("f1"), &config, RFT_DTYPE_BF16, 1, 1);
    assert_true(rft_test_alloc_faults(open_and_close, (void *)(uintptr_t)rft_test_tmp_path("f1")) > 50);
    rft_test_checkpoint_write(rft_test_tmp_path("f2"), &config, RFT_DTYPE_BF16, 1, 2);
    assert_true(rft_test_alloc_faults(open_and_close, (void *)(uintptr_t)rft_test_tmp_path("f2")) > 50);
    rft_test_gguf_write(rft_test_tmp_path("f.gguf"), &config, RFT_DTYPE_BF16, 1);
    assert_true(rft_test_alloc_faults(open_and_close, (void *)(uintptr_t)rft_test_tmp_path("f.gguf")) > 20);
}

static void expect_refused(const char *what, const char *path, const char *message)
{
    uint64_t n_live = rft_alloc_n_live();
    rft_test_log_capture();
    enum rft_status status = open_and_close((void *)(uintptr_t)path);
    const char *text = rft_test_log_text();
    if (status == RFT_OK || strstr(text, message) == NULL || strchr(text, '\n') != strrchr(text, '\n'))
        fail_msg("%s: status %d, log \"%s\" without \"%s\"", what, (int)status, text, message);
    rft_test_log_release();
    assert_int_equal(rft_alloc_n_live(), n_live);
}

/* Replaces the first `from` of a file by `to`. */
static void edit(const char *path, const char *from, const char *to)
{
    struct rft_str file, edited = {0};
    assert_int_equal(rft_file_read(path, 1u << 30, &file), RFT_OK);
    size_t at = 0, n = strlen(from);
    while (at + n <= file.len && memcmp(file.data + at, from, n) != 0)
        at++;
    if (at + n > file.len)
        fail_msg("%s holds no %s", path, from);
    assert_int_equal(rft_str_append(&edited, file.data, at), RFT_OK);
    assert_int_equal(rft_str_append_z(&edited, to), RFT_OK);
    assert_int_equal(rft_str_append(&edited, file.data + at + n, file.len - at - n), RFT_OK);
    rft_test_write_file(path, edited.data, edited.len);
    rft_str_finish(&file);
    rft_str_finish(&edited);
}

static void test_bad_directory(void **state)
{
    (void)state;
    static const struct {
        uint32_t n_shards;
        const char *file, *from, *to, *message;
    } cases[] = {
        {1, "config.json", "\"hidden_size\": 32", "\"hidden_size\": 64",
         "BF16 of shape [300, 32], but the configuration asks for [300, 64]"},
        {1, "config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3",
         "model.layers.2.input_layernorm.weight is missing"},
        {1, "config.json", "\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false",
         "lm_head.weight is missing"},
        {1, "config.json", "}", "", "config.json:"},
        {1, "config.json", "LlamaForCausalLM", "FalconForCausalLM", "architectures = [\"FalconForCausalLM\"]"},
        {1, "config.json", "LlamaForCausalLM", "GemmaForCausalLM", "architectures = [\"GemmaForCausalLM\"]"},
        {1, "config.json", "\"mlp_bias\": false", "\"mlp_bias\": true", "model.layers.0.mlp.gate_proj.bias is missing"},
        {1, "config.json", "\"mlp_bias\"", "\"mlp_bios\": 1, \"mlp_bias\"", "mlp_bios = 1 is not known"},
        {1, "generation_config.json", "0", "300", "generation_config.json: eos_token_id"},
        {1, "model.safetensors", "layers.1.mlp.up_proj.weight", "layers.1.mlp.up_proj.w_ight",
         "layers.1.mlp.up_proj.weight is missing"},
        {1, "model.safetensors", "layers.1.mlp.up_proj.weight", "layers.1.mlp.up_projec.bias",
         "layers.1.mlp.up_proj.weight is missing"},
        {1, "model.safetensors", "\"BF16\"", "\"I16\" ", "type I16 is not supported"},
        {1, "model.safetensors", "[32]", "[16]", "disagree"},
        {2, "model.safetensors.index.json", "model-00001-of-00002", "../model-00001-of-00002",
         "must name a file of the same directory"},
        {2, "model.safetensors.index.json", "model-00001-of-00002", "model-00003-of-00002",
         "is not there, but model.safetensors.index.json names it"},
        {2, "model.safetensors.index.json", "model-00001-of-00002", "model-00002-of-00002",
         "model.embed_tokens.weight is not in the file it names"},
        {2, "model.safetensors.index.json", "weight_map", "weight_mop", "weight_map: it must be an object"},
        {2, "model.safetensors.index.json", "\"model-00001-of-00002.safetensors\"", "1",
         "model.embed_tokens.weight must name"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rft_model_config config = rft_test_config();
        char name[32], file[96];
        snprintf(name, sizeof name, "bad%zu", i);
        snprintf(file, sizeof file, "%s/%s", name, cases[i].file);
        rft_test_checkpoint_write(rft_test_tmp_path(name), &config, RFT_DTYPE_BF16, 1, cases[i].n_shards);
        assert_int_equal(open_and_close((void *)(uintptr_t)rft_test_tmp_path(name)), RFT_OK);
        edit(rft_test_tmp_path(file), cases[i].from, cases[i].to);
        expect_refused(cases[i].to, rft_test_tmp_path(name), cases[i].message);
    }
    expect_refused("absent", rft_test_tmp_path("absent"), "absent: cannot open");
    assert_int_equal(unlink(rft_test_tmp_path("bad0/model.safetensors")), 0);
    expect_refused("no weights", rft_test_tmp_path("bad0"), "holds neither model.safetensors nor");
    expect_refused("a file", rft_test_tmp_path("bad1/model.safetensors"), "is one file of a checkpoint");
}

/* A head that is the embedding over again is left alone; a tensor of another model is refused. */
static void test_extra(void **state)
{
    (void)state;
    struct rft_model_config config = rft_test_config();
    struct rft_checkpoint checkpoint;
    config.tied = false;
    rft_test_checkpoint_write(rft_test_tmp_path("extra"), &config, RFT_DTYPE_F32, 1, 1);
    edit(rft_test_tmp_path("extra/config.json"), "\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true");
    rft_test_log_capture();
    assert_int_equal(rft_checkpoint_open(rft_test_tmp_path("extra"), &checkpoint), RFT_OK);
    assert_non_null(strstr(rft_test_log_text(), "lm_head.weight differs from model.embed_tokens.weight"));
    rft_test_log_release();
    assert_non_null(rft_checkpoint_find(&checkpoint, "lm_head.weight"));
    rft_checkpoint_close(&checkpoint);
    edit(rft_test_tmp_path("extra/model.safetensors"), "lm_head.weight", "q__proj.a.bias");
    expect_refused("bias", rft_test_tmp_path("extra"), "tensor q__proj.a.bias is none of this architecture's");
}

static void test_bad_gguf(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *message; /* of one length, so that offsets stay */
    } cases[] = {
        {"general.architecture", "general.architecturx", "general.architecture is missing"},
        {"llama", "bloom", "general.architecture = \"bloom\" is not supported"},
        {"llama", "qwen2", "qwen2.block_count is missing"},
        {"llama.block_count", "llama.block_counx", "llama.block_count is missing"},
        {"output_norm.weight", "output_norm.weighx", "tensor output_norm.weight is missing"},
        {"token_embd.weight", "token_embd.weighx", "token_embd.weight is missing"},
        {"blk.1.ffn_up.weight", "blk.1.ffn_up.weighx", "blk.1.ffn_up.weight is missing"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rft_model_config config = rft_test_config();
        rft_test_gguf_write(rft_test_tmp_path("bad.gguf"), &config, RFT_DTYPE_F16, 1);
        edit(rft_test_tmp_path("bad.gguf"), cases[i].from, cases[i].to);
        expect_refused(cases[i].to, rft_test_tmp_path("bad.gguf"), cases[i].message);
    }
}

/* What another model's file would say. NULL: it opens; the end ids then are as listed. */
static void test_gguf_extra(void **state)
{
    (void)state;
    static const struct {
        const char *key, *text; /* text NULL: `number`, or `real` where that is not 0 */
        uint32_t number;
        float real;
        const char *message;
        size_t n_eos;
    } cases[] = {
        {"llama.rope.scaling.type", "ntk", 0, 0, "llama.rope.scaling.type = \"ntk\" is not supported", 0},
        {"llama.rope.scaling.type", NULL, 1, 0, "llama.rope.scaling.type must be a string", 0},
        {"llama.rope.scaling.factor", NULL, 0, -4, "llama.rope.scaling.factor = -4 must be from 0 to 1e+06", 0},
        {"llama.rope.scale_linear", NULL, 0, 2e6f, "llama.rope.scale_linear = 2e+06", 0},
        {"llama.rope.scalings", NULL, 1, 0, "llama.rope.scalings is not known", 0},
        {"llama.expert_count", NULL, 8, 0, "llama.expert_count = 8", 0},
        {"split.count", NULL, 3, 0, "split.count = 3", 0},
        {"llama.attention.value_length", NULL, 4, 0, "llama.attention.value_length = 4", 0},
        {"tokenizer.ggml.eot_token_id", NULL, 300, 0, "tokenizer.ggml.eot_token_id = 300", 0},
        {"tokenizer.ggml.eot_token_id", "0", 0, 0, "tokenizer.ggml.eot_token_id must be one whole number", 0},
        {"llama.rope.scaling.type", "none", 0, 0, NULL, 1},
        {"llama.rope.scaling.factor", NULL, 0, 1, NULL, 1},
        {"llama.vocab_size", NULL, 300, 0, NULL, 1},
        {"tokenizer.ggml.eot_token_id", NULL, 5, 0, NULL, 2},
        {"tokenizer.ggml.eot_token_id", NULL, 0, 0, NULL, 1}, /* the same twice */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rft_model_config config = rft_test_config();
        struct rft_test_gguf_extra extra = {.n_entries = 1};
        struct rft_checkpoint checkpoint;
        if (cases[i].text != NULL)
            rft_test_gguf_text(&extra.entries, cases[i].key, cases[i].text);
        else if (cases[i].real != 0)
            rft_test_gguf_f32(&extra.entries, cases[i].key, cases[i].real);
        else
            rft_test_gguf_u32(&extra.entries, cases[i].key, cases[i].number);
        rft_test_gguf_write_extra(rft_test_tmp_path("extra.gguf"), &config, RFT_DTYPE_BF16, 1, &extra);
        rft_str_finish(&extra.entries);
        if (cases[i].message != NULL) {
            expect_refused(cases[i].key, rft_test_tmp_path("extra.gguf"), cases[i].message);
            continue;
        }
        assert_int_equal(rft_checkpoint_open(rft_test_tmp_path("extra.gguf"), &checkpoint), RFT_OK);
        assert_int_equal(checkpoint.n_eos, cases[i].n_eos);
        assert_int_equal(checkpoint.eos_ids[cases[i].n_eos - 1], cases[i].n_eos == 2 ? 5 : 0);
        rft_checkpoint_close(&checkpoint);
    }
}

static void test_gguf_extra_tensors(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t type;
        const char *message;
    } cases[] = {
        {"rope_freqs.weight", 0, "rope_freqs.weight: F32 (0) of shape [32], but the configuration asks for [4]"},
        {"blk.0.attn_q.bias", 0, "blk.0.attn_k.bias is missing"},
        {"blk.1.attn_q.bias", 0, "blk.1.attn_q.bias is none of this architecture's"},
        {"blk.0.attn_q_norm.weight", 0, "blk.0.attn_q_norm.weight is none of this architecture's"},
        {"blk.0.ffn_norm.weight", 0, "blk.0.ffn_norm.weight is listed twice"},
        {"output.weight", 39, "output.weight: type MXFP4 (39) is not supported"},
        {"output.weight", 39, "IQ4_NL, IQ4_XS; tools/gguf_to_bf16.py writes a file again without others"},
        {"output.weight", 77, "output.weight: type ggml type (77) is not supported"},
        {"output.weight", 0, "output.weight: F32 (0) of shape [32], but the configuration asks for [300, 32]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rft_model_config config = rft_test_config();
        struct rft_test_gguf_extra extra = {.tensor = cases[i].name, .tensor_type = cases[i].type};
        rft_test_gguf_write_extra(rft_test_tmp_path("tensor.gguf"), &config, RFT_DTYPE_BF16, 1, &extra);
        expect_refused(cases[i].name, rft_test_tmp_path("tensor.gguf"), cases[i].message);
    }
}

/* Whole blocks: 48 columns are no multiple of 32. And a file that ends inside its last tensor. */
static void test_gguf_sizes(void **state)
{
    (void)state;
    struct rft_model_config config = rft_test_config();
    struct rft_str file;
    rft_test_gguf_write(rft_test_tmp_path("s.gguf"), &config, RFT_DTYPE_Q8_0, 1);
    expect_refused("blocks", rft_test_tmp_path("s.gguf"),
                   "blk.0.ffn_down.weight: its rows are no whole blocks of type Q8_0");
    rft_test_gguf_write(rft_test_tmp_path("s.gguf"), &config, RFT_DTYPE_F16, 1);
    assert_int_equal(rft_file_read(rft_test_tmp_path("s.gguf"), 1u << 30, &file), RFT_OK);
    rft_test_write_file(rft_test_tmp_path("s.gguf"), file.data, file.len - 32);
    rft_str_finish(&file);
    expect_refused("cut", rft_test_tmp_path("s.gguf"), "blk.1.ffn_down.weight: its bytes lie beyond the end");
}

static void test_real(void **state)
{
    (void)state;
    const char *path = rft_test_shared("stories260k/hf");
    struct rft_checkpoint checkpoint;
    if (path == NULL)
        RFT_SKIP("RFTGEN_SHARED_DATA holds no stories260k");
    assert_int_equal(rft_checkpoint_open(path, &checkpoint), RFT_OK);
    assert_int_equal(checkpoint.config.n_layers, 5);
    assert_int_equal(checkpoint.config.n_kv_heads, 4);
    assert_int_equal(checkpoint.n_tensors, 47);
    assert_true(checkpoint.n_eos == 2 && checkpoint.eos_ids[0] == 1 && checkpoint.eos_ids[1] == 2);
    rft_checkpoint_close(&checkpoint);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_directory),      cmocka_unit_test(test_gguf),
        cmocka_unit_test(test_gguf_quantised), cmocka_unit_test(test_hash),
        cmocka_unit_test(test_alloc_faults),   cmocka_unit_test(test_bad_directory),
        cmocka_unit_test(test_extra),          cmocka_unit_test(test_bad_gguf),
        cmocka_unit_test(test_gguf_extra),     cmocka_unit_test(test_gguf_extra_tensors),
        cmocka_unit_test(test_gguf_sizes),     RFT_OPTIONAL(test_real, "stories260K of RFTGEN_SHARED_DATA"),
    };
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
