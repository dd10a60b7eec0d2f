/* SPDX-License-Identifier: MIT */
#include "checkpoint.h"

#include "alloc.h"
#include "checkpoint_look.h"
#include "checkpoint_tensors.h"
#include "file.h"
#include "gguf.h"
#include "gguf_config.h"
#include "gguf_tensors.h"
#include "hf_config.h"
#include "hf_tensors.h"
#include "log.h"
#include "os.h"
#include "tensor_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define HASH_BYTES ((uint64_t)64 << 20) /* between two looks at signals */

static enum rft_status read_config(struct rft_checkpoint *checkpoint, const struct rft_model_options *options,
                                   const char *path)
{
    struct rft_str text;
    RFT_TRY(rft_file_read(path, RFT_CONFIG_BYTES_MAX, &text));
    enum rft_status status = rft_hf_config_parse(path, (struct rft_bytes){text.data, text.len}, options,
                                                 &checkpoint->config, &checkpoint->arch);
    rft_str_finish(&text);
    return status;
}

static enum rft_status read_eos(struct rft_checkpoint *checkpoint, const char *path)
{
    struct rft_str text;
    if (checkpoint->n_eos || !rft_file_exists(path))
        return RFT_OK;
    RFT_TRY(rft_file_read(path, RFT_CONFIG_BYTES_MAX, &text));
    enum rft_status status = rft_hf_eos_parse(path, (struct rft_bytes){text.data, text.len},
                                              checkpoint->config.vocab_size, &checkpoint->eos_ids, &checkpoint->n_eos);
    rft_str_finish(&text);
    return status;
}

static enum rft_status open_directory(struct rft_checkpoint *checkpoint, const struct rft_model_options *options,
                                      struct rft_tensor_list *list)
{
    char *config = rft_path_join(checkpoint->path, "config.json");
    char *generation = rft_path_join(checkpoint->path, "generation_config.json");
    enum rft_status status =
        config != NULL && generation != NULL ? read_config(checkpoint, options, config) : RFT_ERR_HOST_MEMORY;
    if (status == RFT_OK)
        status = read_eos(checkpoint, generation);
    if (status == RFT_OK)
        status = read_eos(checkpoint, config);
    rft_free(config);
    rft_free(generation);
    RFT_TRY(status);
    return rft_hf_list(checkpoint->path, &checkpoint->maps, &checkpoint->n_maps, list);
}

static enum rft_status open_gguf(struct rft_checkpoint *checkpoint, const struct rft_model_options *options,
                                 struct rft_tensor_list *list)
{
    checkpoint->is_gguf = true;
    checkpoint->maps = rft_alloc(1, sizeof *checkpoint->maps);
    if (checkpoint->maps == NULL)
        return RFT_ERR_HOST_MEMORY;
    RFT_TRY(rft_map_open(checkpoint->path, checkpoint->maps));
    checkpoint->n_maps = 1;
    RFT_TRY(rft_gguf_parse(checkpoint->maps, &checkpoint->gguf));
    RFT_TRY(rft_gguf_list(checkpoint->gguf, checkpoint->maps, list));
    RFT_TRY(rft_tensor_list_sort(list));
    RFT_TRY(rft_gguf_config(checkpoint->gguf, checkpoint->path, list, options, &checkpoint->config, &checkpoint->arch));
    return rft_gguf_eos(checkpoint->gguf, checkpoint->path, checkpoint->config.vocab_size, &checkpoint->eos_ids,
                        &checkpoint->n_eos);
}

static enum rft_status open_any(struct rft_checkpoint *checkpoint, const struct rft_model_options *options,
                                struct rft_tensor_list *list)
{
    bool is_directory;
    RFT_TRY(rft_checkpoint_look(checkpoint->path, &is_directory));
    RFT_TRY(is_directory ? open_directory(checkpoint, options, list) : open_gguf(checkpoint, options, list));
    return rft_checkpoint_take(checkpoint, options, list);
}

enum rft_status rft_checkpoint_open(const char *path, struct rft_checkpoint *checkpoint)
{
    return rft_checkpoint_open_with(path, NULL, checkpoint);
}

enum rft_status rft_checkpoint_open_with(const char *path, const struct rft_model_options *options,
                                         struct rft_checkpoint *checkpoint)
{
    struct rft_tensor_list list = {0};
    *checkpoint = (struct rft_checkpoint){.path = rft_strdup(path)};
    enum rft_status status = checkpoint->path != NULL ? open_any(checkpoint, options, &list) : RFT_ERR_HOST_MEMORY;
    rft_tensor_list_finish(&list);
    if (status != RFT_OK)
        rft_checkpoint_close(checkpoint);
    return status;
}

void rft_checkpoint_close(struct rft_checkpoint *checkpoint)
{
    for (size_t i = 0; i < checkpoint->n_tensors; i++) {
        struct rft_tensor *tensor = &checkpoint->tensors[i];
        for (size_t k = 0; k < tensor->n_deltas; k++)
            rft_delta_finish(&tensor->deltas[k]);
        rft_free(tensor->deltas);
        rft_free(tensor->name);
    }
    rft_free(checkpoint->tensors);
    for (size_t i = 0; i < checkpoint->n_adapter_maps; i++)
        rft_map_close(&checkpoint->adapter_maps[i]);
    rft_free(checkpoint->adapter_maps);
    rft_gguf_destroy(checkpoint->gguf);
    for (size_t i = 0; i < checkpoint->n_maps; i++)
        rft_map_close(&checkpoint->maps[i]);
    rft_free(checkpoint->maps);
    rft_free(checkpoint->eos_ids);
    rft_free(checkpoint->path);
    *checkpoint = (struct rft_checkpoint){0};
}

static int compare_name(const void *name, const void *tensor)
{
    return strcmp(name, ((const struct rft_tensor *)tensor)->name);
}

const struct rft_tensor *rft_checkpoint_find(const struct rft_checkpoint *checkpoint, const char *name)
{
    return checkpoint->n_tensors == 0
               ? NULL
               : bsearch(name, checkpoint->tensors, checkpoint->n_tensors, sizeof *checkpoint->tensors, compare_name);
}

static uint64_t hash_u64s(const uint64_t *values, size_t n, uint64_t hash)
{
    return XXH64(values, n * sizeof *values, hash);
}

static uint64_t double_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* The bytes of a tensor, a stretch at a time: there may be many of them, and a signal must not wait for all. */
static uint64_t hash_bytes(const uint8_t *data, uint64_t bytes, uint64_t hash)
{
    for (uint64_t at = 0; at < bytes && !rft_os_interrupted(); at += HASH_BYTES)
        hash = XXH64(data + at, (size_t)(bytes - at < HASH_BYTES ? bytes - at : HASH_BYTES), hash);
    return hash;
}

static uint64_t hash_factor(const struct rft_factor *factor, uint64_t hash)
{
    const char *dtype = rft_dtype_name(factor->dtype);
    hash = XXH64(dtype, strlen(dtype), hash);
    return hash_bytes(factor->data, factor->bytes, hash);
}

static uint64_t hash_delta(const struct rft_delta *delta, uint64_t hash)
{
    const uint64_t numbers[] = {delta->b_row_step, delta->b_rank_step, delta->row_0,
                                delta->n_rows,     delta->rank,        double_bits((double)delta->scale)};
    hash = hash_u64s(numbers, sizeof numbers / sizeof numbers[0], hash);
    return hash_factor(&delta->b, hash_factor(&delta->a, hash));
}

/* Each piece is hashed with the hash so far as the seed: no state to allocate, and one pass over the maps. */
enum rft_status rft_checkpoint_hash(const struct rft_checkpoint *checkpoint, uint64_t *out)
{
    const struct rft_model_config *c = &checkpoint->config;
    uint64_t hash = hash_u64s(&(uint64_t){checkpoint->n_tensors}, 1, 0);
#define WHOLE(name) hash = hash_u64s(&(uint64_t){c->name}, 1, hash);
#define REAL(name) hash = hash_u64s(&(uint64_t){double_bits((double)c->name)}, 1, hash);
#define ARRAY(name, n) hash = XXH64(c->name, sizeof c->name, hash);
    RFT_MODEL_FIELDS(WHOLE, REAL, REAL, WHOLE, ARRAY, ARRAY)
#undef WHOLE
#undef REAL
#undef ARRAY
    hash = XXH64(checkpoint->eos_ids != NULL ? checkpoint->eos_ids : &(uint32_t){0},
                 checkpoint->n_eos * sizeof *checkpoint->eos_ids, hash);
    for (size_t i = 0; i < checkpoint->n_tensors; i++) {
        const struct rft_tensor *tensor = &checkpoint->tensors[i];
        const char *dtype = rft_dtype_name(tensor->dtype);
        const uint64_t shape[] = {tensor->n_dims, tensor->dims[0], tensor->dims[1], tensor->rope_heads};
        hash = XXH64(tensor->name, strlen(tensor->name), hash);
        hash = XXH64(dtype, strlen(dtype), hash);
        hash = hash_u64s(shape, sizeof shape / sizeof shape[0], hash);
        hash = hash_bytes(tensor->data, tensor->bytes, hash);
        for (size_t k = 0; k < tensor->n_deltas; k++)
            hash = hash_delta(&tensor->deltas[k], hash);
    }
    *out = hash;
    return rft_os_interrupted() ? RFT_ERR_INTERRUPTED : rft_checkpoint_check(checkpoint);
}

enum rft_status rft_checkpoint_check(const struct rft_checkpoint *checkpoint)
{
    for (size_t i = 0; i < checkpoint->n_maps; i++)
        RFT_TRY(rft_map_check(&checkpoint->maps[i]));
    for (size_t i = 0; i < checkpoint->n_adapter_maps; i++)
        RFT_TRY(rft_map_check(&checkpoint->adapter_maps[i]));
    return RFT_OK;
}
