/* SPDX-License-Identifier: MIT */
#include "checkpoint_builder.h"

#include "file.h"
#include "frequencies.h"
#include "gguf_builder.h"
#include "tensors.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

static const struct rft_rope_scaling plain_rope = {.kind = RFT_ROPE_PLAIN, .theta = 10000.0};

void rft_test_rope(struct rft_model_config *config, const struct rft_rope_scaling *scaling)
{
    config->n_rotated = config->head_dim;
    rft_rope_frequencies(scaling != NULL ? scaling : &plain_rope, config->n_rotated,
                         rft_model_frequencies(config, RFT_ROPE_MAIN, RFT_ROPE_SHORT));
}

struct rft_model_config rft_test_config(void)
{
    struct rft_model_config config = {.n_layers = 2,
                                      .dim = 32,
                                      .n_heads = 4,
                                      .n_kv_heads = 2,
                                      .head_dim = 8,
                                      .ffn_dim = 48,
                                      .vocab_size = 300,
                                      .n_positions = 128,
                                      .norm_eps = 1e-5f,
                                      .tied = true};
    rft_test_rope(&config, NULL);
    return config;
}

float rft_test_weight(const char *name, uint64_t seed, uint64_t row, uint64_t column, uint64_t n_columns)
{
    uint64_t place[2] = {row, column};
    uint64_t hash = XXH64(place, sizeof place, XXH64(name, strlen(name), seed));
    double uniform = (double)(hash >> 40) / 8388608.0 - 1.0; /* in [-1, 1) */
    if (strstr(name, "norm") != NULL)
        return (float)(1.0 + 0.25 * uniform);
    return (float)(uniform * 1.7 / sqrt((double)n_columns));
}

static uint16_t to_f16(float value)
{
    /* Normal f16 values only; smaller ones become zero. */
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t magnitude = bits & 0x7fffffffu;
    magnitude = (magnitude + 0xfffu + ((magnitude >> 13) & 1u)) >> 13;
    return (uint16_t)((bits >> 16 & 0x8000u) | (magnitude < 113u << 10 ? 0 : magnitude - (112u << 10)));
}

static void append(struct rft_str *s, const void *bytes, size_t n)
{
    assert_int_equal(rft_str_append(s, bytes, n), RFT_OK);
}

static void append_value(struct rft_str *data, enum rft_dtype dtype, float value)
{
    struct rft_round_counts counts = {0, 0};
    uint16_t half = dtype == RFT_DTYPE_F16 ? to_f16(value) : rft_bf16_round(value, &counts);
    if (dtype == RFT_DTYPE_F32)
        append(data, &value, sizeof value);
    else
        append(data, &half, sizeof half);
}

/* Of each type: its number in GGUF files; of quantised ones where a block has its scale and its minimum (0: none), and
 * the upper byte of these f16s: such that weights stay small. */
static const struct {
    uint32_t number;
    uint8_t scale, minimum, high;
} gguf_types[RFT_DTYPE_COUNT] = {
    [RFT_DTYPE_F32] = {.number = 0},       [RFT_DTYPE_F16] = {.number = 1},       [RFT_DTYPE_BF16] = {.number = 30},
    [RFT_DTYPE_Q8_0] = {8, 0, 0, 0x1c},    [RFT_DTYPE_Q4_0] = {2, 0, 0, 0x1c},    [RFT_DTYPE_Q4_1] = {3, 0, 2, 0x1c},
    [RFT_DTYPE_Q5_0] = {6, 0, 0, 0x1c},    [RFT_DTYPE_Q5_1] = {7, 0, 2, 0x1c},    [RFT_DTYPE_Q2_K] = {10, 80, 82, 0x14},
    [RFT_DTYPE_Q3_K] = {11, 108, 0, 0x10}, [RFT_DTYPE_Q4_K] = {12, 0, 2, 0x0c},   [RFT_DTYPE_Q5_K] = {13, 0, 2, 0x08},
    [RFT_DTYPE_Q6_K] = {14, 208, 0, 0x04}, [RFT_DTYPE_IQ4_NL] = {20, 0, 0, 0x14}, [RFT_DTYPE_IQ4_XS] = {23, 0, 0, 0x04},
};

/* One row of random blocks. */
static void append_blocks(struct rft_str *data, enum rft_dtype dtype, const char *name, uint64_t seed, uint64_t row,
                          uint64_t n_columns)
{
    const uint32_t scale = gguf_types[dtype].scale, minimum = gguf_types[dtype].minimum;
    for (uint64_t block = 0; block < n_columns / rft_dtype_block_elements(dtype); block++)
        for (uint32_t i = 0; i < rft_dtype_block_bytes(dtype); i++) {
            uint64_t place[3] = {row, block, i};
            uint8_t byte = (uint8_t)XXH64(place, sizeof place, XXH64(name, strlen(name), seed));
            if (i == scale + 1 || (minimum != 0 && i == minimum + 1))
                byte = gguf_types[dtype].high;
            append(data, &byte, 1);
        }
}

/* The row of q or k that llama.cpp has at place r: pairs that are rotated together lie side by side. */
static uint64_t model_row(uint64_t r, uint64_t head_dim)
{
    const uint64_t at = r % head_dim;
    return r - at + at / 2 + at % 2 * (head_dim / 2);
}

static void append_tensor(struct rft_str *data, const struct rft_needed_tensor *tensor, enum rft_dtype dtype,
                          uint64_t seed, bool is_gguf)
{
    uint64_t n_rows = tensor->n_dims == 1 ? 1 : tensor->dims[0], n_columns = tensor->dims[tensor->n_dims - 1];
    uint64_t head_dim = tensor->rope_heads ? tensor->dims[0] / tensor->rope_heads : 1;
    const bool is_permuted = is_gguf && tensor->rope_heads != 0;
    for (uint64_t r = 0; r < n_rows; r++) {
        uint64_t row = is_permuted && tensor->n_dims > 1 ? model_row(r, head_dim) : r;
        if (rft_dtype_block_elements(dtype) > 1)
            append_blocks(data, dtype, tensor->name, seed, row, n_columns);
        else
            for (uint64_t c = 0; c < n_columns; c++)
                append_value(data, dtype,
                             rft_test_weight(tensor->name, seed, row,
                                             is_permuted && tensor->n_dims == 1 ? model_row(c, head_dim) : c,
                                             n_columns));
    }
}

static void write_in(const char *dir, const char *name, const void *bytes, size_t n)
{
    char *path = rft_path_join(dir, name);
    assert_non_null(path);
    rft_test_write_file(path, bytes, n);
    rft_free(path);
}

static void write_shard(const char *dir, const char *name, const struct rft_model_config *config, enum rft_dtype dtype,
                        uint64_t seed, uint32_t shard, uint32_t n_shards)
{
    struct rft_str header = {0}, data = {0}, file = {0};
    append(&header, "{\"__metadata__\":{\"format\":\"pt\"}", 31);
    for (uint64_t i = shard; i < rft_model_n_tensors(config); i += n_shards) {
        struct rft_needed_tensor tensor;
        rft_model_tensor(config, i, &tensor);
        uint64_t begin = data.len;
        append_tensor(&data, &tensor, dtype, seed, false);
        rft_str_printf(&header, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[%llu", tensor.name, rft_dtype_name(dtype),
                       (unsigned long long)tensor.dims[0]);
        if (tensor.n_dims == 2)
            rft_str_printf(&header, ",%llu", (unsigned long long)tensor.dims[1]);
        rft_str_printf(&header, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)begin,
                       (unsigned long long)data.len);
    }
    append(&header, "}", 1);
    uint64_t header_bytes = header.len;
    append(&file, &header_bytes, sizeof header_bytes);
    append(&file, header.data, header.len);
    append(&file, data.data, data.len);
    write_in(dir, name, file.data, file.len);
    rft_str_finish(&header);
    rft_str_finish(&data);
    rft_str_finish(&file);
}

static void shard_name(char name[64], uint32_t shard, uint32_t n_shards)
{
    snprintf(name, 64, "model-%05u-of-%05u.safetensors", shard + 1, n_shards);
}

static void write_index(const char *dir, const struct rft_model_config *config, uint32_t n_shards)
{
    struct rft_str index = {0};
    append(&index, "{\"metadata\":{},\"weight_map\":{", 29);
    for (uint64_t i = 0; i < rft_model_n_tensors(config); i++) {
        struct rft_needed_tensor tensor;
        char name[64];
        rft_model_tensor(config, i, &tensor);
        shard_name(name, (uint32_t)(i % n_shards), n_shards);
        rft_str_printf(&index, "%s\"%s\":\"%s\"", i ? "," : "", tensor.name, name);
    }
    append(&index, "}}\n", 3);
    write_in(dir, "model.safetensors.index.json", index.data, index.len);
    rft_str_finish(&index);
}

static const char *name_of(bool flag)
{
    return flag ? "true" : "false";
}

static void append_scaling(struct rft_str *s, const struct rft_rope_scaling *scaling)
{
    assert_true(scaling->kind == RFT_ROPE_PLAIN || scaling->kind == RFT_ROPE_LLAMA3);
    if (scaling->kind == RFT_ROPE_PLAIN) {
        rft_str_append_z(s, "null");
        return;
    }
    rft_str_printf(s,
                   "{\"rope_type\": \"llama3\", \"factor\": %.17g, \"low_freq_factor\": %.17g,\n"
                   "  \"high_freq_factor\": %.17g, \"original_max_position_embeddings\": %.0f}",
                   scaling->factor, scaling->low_freq_factor, scaling->high_freq_factor, scaling->original_positions);
}

static void write_config(const char *dir, const struct rft_model_config *c, const struct rft_rope_scaling *scaling,
                         enum rft_dtype dtype)
{
    static const char generation[] = "{\"eos_token_id\": 0}\n";
    struct rft_str s = {0};
    rft_str_printf(&s,
                   "{\"architectures\": [\"LlamaForCausalLM\"], \"model_type\": \"llama\", \"hidden_act\": \"silu\",\n"
                   " \"hidden_size\": %u, \"intermediate_size\": %u, \"num_hidden_layers\": %u, \"vocab_size\": %u,\n"
                   " \"num_attention_heads\": %u, \"num_key_value_heads\": %u, \"head_dim\": %u,\n"
                   " \"max_position_embeddings\": %u, \"rms_norm_eps\": %.9g, \"rope_theta\": %.17g,\n"
                   " \"tie_word_embeddings\": %s, \"attention_bias\": %s, \"mlp_bias\": %s,\n"
                   " \"torch_dtype\": \"%s\", \"rope_scaling\": ",
                   c->dim, c->ffn_dim, c->n_layers, c->vocab_size, c->n_heads, c->n_kv_heads, c->head_dim,
                   c->n_positions, (double)c->norm_eps, scaling->theta, name_of(c->tied),
                   name_of(rft_model_has(c, RFT_PART_QKV_BIAS)), name_of(rft_model_has(c, RFT_PART_MLP_BIAS)),
                   dtype == RFT_DTYPE_F32   ? "float32"
                   : dtype == RFT_DTYPE_F16 ? "float16"
                                            : "bfloat16");
    append_scaling(&s, scaling);
    rft_str_append_z(&s, "}\n");
    write_in(dir, "config.json", s.data, s.len);
    write_in(dir, "generation_config.json", generation, sizeof generation - 1);
    rft_str_finish(&s);
}

void rft_test_checkpoint_write_scaled(const char *dir, const struct rft_model_config *config,
                                      const struct rft_rope_scaling *scaling, enum rft_dtype dtype, uint64_t seed,
                                      uint32_t n_shards)
{
    assert_true(mkdir(dir, 0777) == 0 || rft_file_exists(dir));
    write_config(dir, config, scaling, dtype);
    if (n_shards > 1)
        write_index(dir, config, n_shards);
    for (uint32_t shard = 0; shard < n_shards; shard++) {
        char name[64] = "model.safetensors";
        if (n_shards > 1)
            shard_name(name, shard, n_shards);
        write_shard(dir, name, config, dtype, seed, shard, n_shards);
    }
}

void rft_test_checkpoint_write(const char *dir, const struct rft_model_config *config, enum rft_dtype dtype,
                               uint64_t seed, uint32_t n_shards)
{
    rft_test_checkpoint_write_scaled(dir, config, &plain_rope, dtype, seed, n_shards);
}

static void append_gguf_entries(struct rft_str *file, const struct rft_model_config *c)
{
    rft_test_gguf_text(file, "general.architecture", "llama");
    rft_test_gguf_u32(file, "llama.block_count", c->n_layers);
    rft_test_gguf_u32(file, "llama.context_length", c->n_positions);
    rft_test_gguf_u32(file, "llama.embedding_length", c->dim);
    rft_test_gguf_u32(file, "llama.feed_forward_length", c->ffn_dim);
    rft_test_gguf_u32(file, "llama.attention.head_count", c->n_heads);
    rft_test_gguf_u32(file, "llama.attention.head_count_kv", c->n_kv_heads);
    rft_test_gguf_u32(file, "llama.attention.key_length", c->head_dim);
    rft_test_gguf_f32(file, "llama.attention.layer_norm_rms_epsilon", c->norm_eps);
    rft_test_gguf_f32(file, "llama.rope.freq_base", 10000.0f);
    rft_test_gguf_u32(file, "llama.rope.dimension_count", c->head_dim);
    rft_test_gguf_u32(file, "tokenizer.ggml.eos_token_id", 0);
}
#define N_GGUF_ENTRIES 12

static uint64_t n_more(const struct rft_test_gguf_extra *extra)
{
    uint64_t n = 0;
    for (; extra != NULL && extra->tensor != NULL; extra = extra->more)
        n++;
    return n;
}

void rft_test_gguf_write_extra(const char *path, const struct rft_model_config *config, enum rft_dtype dtype,
                               uint64_t seed, const struct rft_test_gguf_extra *extra)
{
    struct rft_str file = {0}, data = {0};
    uint64_t n = rft_model_n_tensors(config);
    rft_test_gguf_begin(&file, 3, n + n_more(extra), N_GGUF_ENTRIES + extra->n_entries);
    append_gguf_entries(&file, config);
    append(&file, extra->entries.data, extra->entries.len);
    for (uint64_t i = 0; i < n; i++) {
        struct rft_needed_tensor tensor;
        rft_model_tensor(config, i, &tensor);
        enum rft_dtype type = tensor.n_dims == 1 ? RFT_DTYPE_F32 : dtype;
        uint64_t dims[2] = {tensor.dims[tensor.n_dims - 1], tensor.dims[0]};
        rft_test_gguf_tensor(&file, tensor.gguf_name, tensor.n_dims, dims, gguf_types[type].number, data.len);
        append_tensor(&data, &tensor, type, seed, true);
        rft_test_gguf_align(&data, 32);
    }
    for (const struct rft_test_gguf_extra *more = extra; more != NULL && more->tensor != NULL; more = more->more) {
        static const float zeros[32];
        uint64_t n_values = more->values != NULL ? more->n_values : sizeof zeros / sizeof *zeros;
        rft_test_gguf_tensor(&file, more->tensor, 1, &n_values, more->tensor_type, data.len);
        append(&data, more->values != NULL ? more->values : zeros, n_values * sizeof(float));
        rft_test_gguf_align(&data, 32);
    }
    rft_test_gguf_align(&file, 32);
    append(&file, data.data, data.len);
    rft_test_write_file(path, file.data, file.len);
    rft_str_finish(&file);
    rft_str_finish(&data);
}

void rft_test_gguf_write(const char *path, const struct rft_model_config *config, enum rft_dtype dtype, uint64_t seed)
{
    rft_test_gguf_write_extra(path, config, dtype, seed, &(struct rft_test_gguf_extra){0});
}

void rft_test_tokenizer_write(const char *dir)
{
    struct rft_str s = {0};
    uint32_t n_shifted = 0;
    rft_str_append_z(&s, "{\"version\": \"1.0\", \"truncation\": null, \"padding\": null, \"normalizer\": null,\n"
                         " \"added_tokens\": [{\"id\": 0, \"content\": \"<|end|>\", \"single_word\": false,\n"
                         "  \"lstrip\": false, \"rstrip\": false, \"normalized\": false, \"special\": true}],\n"
                         " \"pre_tokenizer\": {\"type\": \"ByteLevel\", \"add_prefix_space\": false,\n"
                         "  \"trim_offsets\": true, \"use_regex\": true},\n"
                         " \"post_processor\": null,\n \"decoder\": {\"type\": \"ByteLevel\"},\n"
                         " \"model\": {\"type\": \"BPE\", \"dropout\": null, \"unk_token\": null,\n"
                         "  \"continuing_subword_prefix\": null, \"end_of_word_suffix\": null,\n"
                         "  \"fuse_unk\": false, \"byte_fallback\": false, \"merges\": [],\n"
                         "  \"vocab\": {\"<|end|>\": 0");
    for (uint32_t byte = 0; byte < 256; byte++) {
        /* Byte-level BPE writes printable Latin-1 as itself and moves the other bytes to U+0100 and up. */
        bool is_plain = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte != 0xad);
        char text[4];
        size_t n = rft_utf8_encode(is_plain ? byte : 0x100 + n_shifted++, text);
        rft_str_append_z(&s, ", ");
        rft_str_append_json(&s, text, n);
        rft_str_printf(&s, ": %u", byte + 1);
    }
    rft_str_append_z(&s, "}}}\n");
    write_in(dir, "tokenizer.json", s.data, s.len);
    rft_str_finish(&s);
}
