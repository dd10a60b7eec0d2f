/* SPDX-License-Identifier: MIT */
/* An adapter: adapter_config.json up to the first NUL, then adapter_model.safetensors, upon a small model. Whatever is
 * taken lies inside the file, and rows can be read. */
#include "adapter_bind.h"
#include "adapter_config.h"
#include "adapter_tensors.h"
#include "alloc.h"
#include "checkpoint.h"
#include "fuzz.h"
#include "json.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS 4

static const float zeros[8 * COLUMNS];
static const struct {
    const char *name;
    uint32_t n_dims;
    uint64_t rows; /* of a vector its elements */
} tensors[] = {
    {"model.embed_tokens.weight", 2, 8},
    {"model.layers.0.input_layernorm.weight", 1, COLUMNS},
    {"model.layers.0.self_attn.q_proj.bias", 1, 8},
    {"model.layers.0.self_attn.q_proj.weight", 2, 8},
    {"model.layers.1.mlp.up_proj.weight", 2, 6},
};

/* A tied model. */
static bool make_model(struct rft_checkpoint *checkpoint)
{
    size_t n = sizeof tensors / sizeof *tensors;
    *checkpoint = (struct rft_checkpoint){.config.tied = true, .tensors = rft_alloc(n, sizeof *checkpoint->tensors)};
    for (size_t i = 0; checkpoint->tensors != NULL && i < n; i++) {
        uint64_t rows = tensors[i].rows, columns = tensors[i].n_dims == 1 ? 1 : COLUMNS;
        checkpoint->tensors[checkpoint->n_tensors++] =
            (struct rft_tensor){.name = rft_strdup(tensors[i].name),
                                .dtype = RFT_DTYPE_F32,
                                .n_dims = tensors[i].n_dims,
                                .dims = {rows, tensors[i].n_dims == 1 ? 0 : columns},
                                .data = (const uint8_t *)zeros,
                                .bytes = 4 * rows * columns,
                                .rope_heads = strstr(tensors[i].name, "q_proj.weight") != NULL ? 2 : 0};
    }
    return checkpoint->tensors != NULL;
}

static void check_rows(const struct rft_checkpoint *checkpoint)
{
    float values[8 * COLUMNS];
    uint64_t hash;
    for (size_t i = 0; i < checkpoint->n_tensors; i++) {
        const struct rft_tensor *tensor = &checkpoint->tensors[i];
        for (size_t k = 0; k < tensor->n_deltas; k++)
            require(tensor->n_dims == 2 && tensor->deltas[k].n_rows == tensor->dims[0] && tensor->deltas[k].rank != 0);
        rft_tensor_rows_f32(tensor, 0, tensor->n_dims == 1 ? 1 : tensor->dims[0], values);
    }
    require(rft_checkpoint_hash(checkpoint, &hash) == RFT_OK);
}

static void bind(const struct rft_map *map, const struct rft_adapter_config *config)
{
    struct rft_checkpoint checkpoint;
    struct rft_adapter_tensors listed = {0};
    struct rft_adapter_counts counts;
    if (make_model(&checkpoint) && rft_adapter_tensors_read(map, &checkpoint, &listed) == RFT_OK &&
        rft_adapter_bind(&checkpoint, config, &listed, 1.0, &counts) == RFT_OK)
        check_rows(&checkpoint);
    rft_adapter_tensors_finish(&listed);
    rft_checkpoint_close(&checkpoint);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t n_live = rft_alloc_n_live();
    const uint8_t *end = size != 0 ? memchr(data, 0, size) : NULL;
    size_t n = end != NULL ? (size_t)(end - data) : size;
    struct rft_adapter_config config;
    rft_log_set_sink(drop_line, NULL);
    rft_alloc_hook_json();
    if (rft_adapter_config_parse("config", (struct rft_bytes){(const char *)data, n}, &config) == RFT_OK) {
        size_t n_text = n < size ? n + 1 : n;
        /* a map begins on a page: what follows must be aligned as there */
        uint8_t *copy = malloc(size - n_text + 1);
        require(copy != NULL);
        memcpy(copy, data + n_text, size - n_text);
        struct rft_map map = {.data = copy, .bytes = size - n_text, .path = (char[]){"input"}};
        bind(&map, &config);
        rft_adapter_config_finish(&config);
        free(copy);
    }
    require(rft_alloc_n_live() == n_live);
    return 0;
}
