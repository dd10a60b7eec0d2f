/* SPDX-License-Identifier: MIT */
#include "adapter_builder.h"

#include "checkpoint_builder.h"
#include "file.h"
#include "support.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

static void append(struct rft_str *s, const void *bytes, size_t n)
{
    assert_int_equal(rft_str_append(s, bytes, n), RFT_OK);
}

void rft_test_adapter_tensor(struct rft_test_adapter *adapter, const char *name, uint64_t rows, uint64_t columns)
{
    struct rft_round_counts counts = {0, 0};
    uint64_t begin = adapter->data.len;
    for (uint64_t i = 0; i < (rows != 0 ? rows : 1) * columns; i++) {
        float value = rft_test_weight(name, adapter->seed, i / columns, i % columns, columns);
        uint16_t half = rft_bf16_round(value, &counts);
        if (adapter->dtype == RFT_DTYPE_F32)
            append(&adapter->data, &value, sizeof value);
        else
            append(&adapter->data, &half, sizeof half);
    }
    rft_str_printf(&adapter->header, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[", adapter->header.len != 0 ? "," : "",
                   name, rft_dtype_name(adapter->dtype));
    if (rows != 0)
        rft_str_printf(&adapter->header, "%" PRIu64 ",", rows);
    rft_str_printf(&adapter->header, "%" PRIu64 "],\"data_offsets\":[%" PRIu64 ",%zu]}", columns, begin,
                   adapter->data.len);
}

void rft_test_adapter_pair(struct rft_test_adapter *adapter, const char *module, uint64_t rows, uint64_t columns,
                           uint32_t rank)
{
    char name[200];
    snprintf(name, sizeof name, "base_model.model.%s.lora_A.weight", module);
    rft_test_adapter_tensor(adapter, name, rank, columns);
    snprintf(name, sizeof name, "base_model.model.%s.lora_B.weight", module);
    rft_test_adapter_tensor(adapter, name, rows, rank);
}

static void write_in(const char *dir, const char *name, const struct rft_str *text)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    rft_test_write_file(path, text->data, text->len);
}

void rft_test_adapter_write(struct rft_test_adapter *adapter, const char *dir, uint32_t r, double alpha,
                            const char *more)
{
    struct rft_str file = {0}, config = {0};
    uint64_t header_bytes = (adapter->header.len + 2 + 7) / 8 * 8; /* values are aligned, as the library writes them */
    assert_true(mkdir(dir, 0777) == 0 || rft_file_exists(dir));
    append(&file, &header_bytes, sizeof header_bytes);
    append(&file, "{", 1);
    append(&file, adapter->header.data != NULL ? adapter->header.data : "", adapter->header.len);
    append(&file, "}", 1);
    while (file.len < sizeof header_bytes + header_bytes)
        append(&file, " ", 1);
    append(&file, adapter->data.data != NULL ? adapter->data.data : "", adapter->data.len);
    rft_str_printf(&config, "{\"peft_type\": \"LORA\", \"r\": %" PRIu32 ", \"lora_alpha\": %.17g,\n", r, alpha);
    rft_str_printf(&config, " \"base_model_name_or_path\": \"model\", %s}\n", more);
    write_in(dir, "adapter_model.safetensors", &file);
    write_in(dir, "adapter_config.json", &config);
    rft_str_finish(&file);
    rft_str_finish(&config);
    rft_str_finish(&adapter->header);
    rft_str_finish(&adapter->data);
}

void rft_test_adapter_usual(const char *dir, const struct rft_model_config *config, enum rft_dtype dtype, uint64_t seed)
{
    struct rft_test_adapter adapter = {.dtype = dtype, .seed = seed};
    for (uint32_t layer = 0; layer < config->n_layers; layer++) {
        char module[64];
        snprintf(module, sizeof module, "model.layers.%" PRIu32 ".self_attn.q_proj", layer);
        rft_test_adapter_pair(&adapter, module, (uint64_t)config->n_heads * config->head_dim, config->dim, 4);
        snprintf(module, sizeof module, "model.layers.%" PRIu32 ".self_attn.v_proj", layer);
        rft_test_adapter_pair(&adapter, module, (uint64_t)config->n_kv_heads * config->head_dim, config->dim, 4);
    }
    rft_test_adapter_write(&adapter, dir, 4, 6, "\"target_modules\": [\"q_proj\", \"v_proj\"]");
}
