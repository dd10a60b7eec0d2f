/* SPDX-License-Identifier: MIT */
#include "checkpoint.h"

#include "alloc.h"
#include "checkpoint_look.h"
#include "file.h"
#include "gguf.h"
#include "gguf_model.h"
#include "hf_config.h"
#include "hf_tensors.h"
#include "log.h"
#include "model_config.h"
#include "op_args.h"
#include "os.h"
#include "tensor_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define CONFIG_BYTES_MAX (16u << 20)
#define HASH_BYTES ((uint64_t)64 << 20) /* between two looks at signals */

/* A tensor that is missing may be there under a longer or a shorter name: says from what such files come. */
static enum rft_status refuse_missing(const struct rft_checkpoint *checkpoint, const char *name,
                                      const struct rft_tensor_list *list)
{
    static const struct {
        const char *prefix, *what;
    } known[] = {
        {"_orig_mod.",
         "they were saved from a compiled module; save the module inside it (model._orig_mod.save_pretrained)"},
        {"module.",
         "they were saved from a wrapper of several GPUs; save the module inside it (model.module.save_pretrained)"},
        {"base_model.model.",
         "they were saved from a model with an adapter; merge it first (merge_and_unload, save_pretrained)"},
        {"language_model.", "they are part of a larger model, which is not supported yet"},
        {"model.language_model.", "they are part of a larger model, which is not supported yet"},
        {"transformer.", "they are another architecture's"},
    };
    static const char inner[] = "model.";
    size_t n = strlen(name);
    const char *what = "rename them";
    for (size_t i = 0; i < list->n; i++) {
        const char *other = list->items[i].name;
        size_t n_other = strlen(other), n_more = n_other > n ? n_other - n : 0;
        if (strncmp(name, inner, sizeof inner - 1) == 0 && strcmp(other, name + sizeof inner - 1) == 0) {
            rft_log_error("%s: tensor %s is missing; the file names it %s: it was saved from the inner model, without "
                          "its head; save the whole model (AutoModelForCausalLM, save_pretrained)",
                          checkpoint->path, name, other);
            return RFT_ERR_INPUT;
        }
        if (n_more == 0 || other[n_more - 1] != '.' || strcmp(other + n_more, name) != 0)
            continue;
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            if (strlen(known[k].prefix) == n_more && strncmp(other, known[k].prefix, n_more) == 0)
                what = known[k].what;
        rft_log_error("%s: tensor %s is missing; all names begin with \"%.*s\" instead: %s", checkpoint->path, name,
                      (int)(n_more < 60 ? n_more : 60), other, what);
        return RFT_ERR_INPUT;
    }
    rft_log_error("%s: tensor %s is missing", checkpoint->path, name);
    return RFT_ERR_INPUT;
}

/* Takes one tensor that the model needs from the list. */
static enum rft_status take_tensor(const struct rft_checkpoint *checkpoint, const struct rft_needed_tensor *needed,
                                   struct rft_tensor_list *list, struct rft_tensor *tensor)
{
    const char *name = checkpoint->is_gguf ? needed->gguf_name : needed->name;
    struct rft_listed_tensor *found = rft_tensor_list_find(list, name);
    if (found == NULL)
        return refuse_missing(checkpoint, name, list);
    if (found->dtype == RFT_DTYPE_COUNT) {
        rft_log_error(
            "%s: tensor %s: type %s is not supported; F32, F16, BF16 and, in GGUF files, Q8_0, Q4_0, Q4_1 are",
            found->file, name, found->type);
        return RFT_ERR_UNSUPPORTED;
    }
    if (found->n_dims != needed->n_dims ||
        memcmp(found->dims, needed->dims, needed->n_dims * sizeof needed->dims[0]) != 0) {
        char has[RFT_DIMS_TEXT_BYTES], wants[RFT_DIMS_TEXT_BYTES];
        rft_dims_text(found->n_dims, found->dims, has);
        rft_dims_text(needed->n_dims, needed->dims, wants);
        rft_log_error("%s: tensor %s: %s of shape %s, but the configuration asks for %s", found->file, name,
                      found->type, has, wants);
        return RFT_ERR_INPUT;
    }
    found->is_needed = true;
    *tensor = (struct rft_tensor){.name = rft_strdup(needed->name),
                                  .dtype = found->dtype,
                                  .n_dims = needed->n_dims,
                                  .dims = {needed->dims[0], needed->dims[1]},
                                  .data = found->data,
                                  .bytes = found->bytes,
                                  .rope_heads = checkpoint->is_gguf ? needed->rope_heads : 0};
    return tensor->name != NULL ? RFT_OK : RFT_ERR_HOST_MEMORY;
}

/* What a model of another kind would bring along. A Hugging Face directory says in config.json what it is, and may hold
 * buffers that nobody needs; in a GGUF file an unknown tensor may be all there is to tell. */
static enum rft_status check_extra(const struct rft_checkpoint *checkpoint, const struct rft_tensor_list *list)
{
    static const char bias[] = ".bias";
    for (size_t i = 0; i < list->n; i++) {
        const struct rft_listed_tensor *tensor = &list->items[i];
        size_t len = strlen(tensor->name);
        bool is_bias = len >= sizeof bias - 1 && strcmp(tensor->name + len - (sizeof bias - 1), bias) == 0;
        if (tensor->is_needed || (!checkpoint->is_gguf && !is_bias))
            continue;
        rft_log_error("%s: tensor %s is not supported%s", tensor->file, tensor->name,
                      is_bias ? ": models with biases are not" : "; this is no plain Llama model");
        return RFT_ERR_UNSUPPORTED;
    }
    return RFT_OK;
}

/* Llama 3.1's files carry what its scaling does to each frequency of RoPE, instead of the numbers that it is made of. A
 * factor below 1 would turn faster than the model's own RoPE, which no scaling does. */
static enum rft_status take_rope_factors(struct rft_checkpoint *checkpoint, struct rft_tensor_list *list)
{
    uint64_t n = checkpoint->config.head_dim / 2;
    struct rft_needed_tensor needed = {
        .name = RFT_ROPE_FACTORS_NAME, .gguf_name = RFT_ROPE_FACTORS_NAME, .n_dims = 1, .dims = {n}};
    struct rft_tensor *tensor = &checkpoint->tensors[checkpoint->n_tensors];
    float factors[RFT_HEAD_DIM_MAX / 2];
    if (!checkpoint->is_gguf || rft_tensor_list_find(list, needed.gguf_name) == NULL)
        return RFT_OK;
    RFT_TRY(take_tensor(checkpoint, &needed, list, tensor));
    checkpoint->n_tensors++;
    rft_tensor_rows_f32(tensor, 0, 1, factors);
    for (uint64_t i = 0; i < n; i++)
        if (!(factors[i] >= 1.0f && factors[i] <= 1e6f)) {
            rft_log_error("%s: tensor %s: element %" PRIu64 " is %g, not between 1 and 1000000", checkpoint->path,
                          needed.gguf_name, i, (double)factors[i]);
            return RFT_ERR_INPUT;
        }
    return RFT_OK;
}

static int compare_tensors(const void *a, const void *b)
{
    return strcmp(((const struct rft_tensor *)a)->name, ((const struct rft_tensor *)b)->name);
}

static enum rft_status take_tensors(struct rft_checkpoint *checkpoint, struct rft_tensor_list *list)
{
    uint64_t n = rft_model_n_tensors(&checkpoint->config);
    checkpoint->tensors = rft_alloc((size_t)n + 1, sizeof *checkpoint->tensors);
    if (checkpoint->tensors == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (uint64_t i = 0; i < n; i++) {
        struct rft_needed_tensor needed;
        rft_model_tensor(&checkpoint->config, i, &needed);
        RFT_TRY(take_tensor(checkpoint, &needed, list, &checkpoint->tensors[i]));
        checkpoint->n_tensors++;
    }
    RFT_TRY(take_rope_factors(checkpoint, list));
    qsort(checkpoint->tensors, checkpoint->n_tensors, sizeof *checkpoint->tensors, compare_tensors);
    return check_extra(checkpoint, list);
}

static enum rft_status read_config(struct rft_checkpoint *checkpoint, const char *path)
{
    struct rft_str text;
    RFT_TRY(rft_file_read(path, CONFIG_BYTES_MAX, &text));
    enum rft_status status = rft_hf_config_parse(path, (struct rft_bytes){text.data, text.len}, &checkpoint->config);
    rft_str_finish(&text);
    return status;
}

static enum rft_status read_eos(struct rft_checkpoint *checkpoint, const char *path)
{
    struct rft_str text;
    if (checkpoint->n_eos || !rft_file_exists(path))
        return RFT_OK;
    RFT_TRY(rft_file_read(path, CONFIG_BYTES_MAX, &text));
    enum rft_status status = rft_hf_eos_parse(path, (struct rft_bytes){text.data, text.len},
                                              checkpoint->config.vocab_size, &checkpoint->eos_ids, &checkpoint->n_eos);
    rft_str_finish(&text);
    return status;
}

static enum rft_status open_directory(struct rft_checkpoint *checkpoint, struct rft_tensor_list *list)
{
    char *config = rft_path_join(checkpoint->path, "config.json");
    char *generation = rft_path_join(checkpoint->path, "generation_config.json");
    enum rft_status status =
        config != NULL && generation != NULL ? read_config(checkpoint, config) : RFT_ERR_HOST_MEMORY;
    if (status == RFT_OK)
        status = read_eos(checkpoint, generation);
    if (status == RFT_OK)
        status = read_eos(checkpoint, config);
    rft_free(config);
    rft_free(generation);
    RFT_TRY(status);
    return rft_hf_list(checkpoint->path, &checkpoint->maps, &checkpoint->n_maps, list);
}

static enum rft_status open_gguf(struct rft_checkpoint *checkpoint, struct rft_tensor_list *list)
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
    RFT_TRY(rft_gguf_config(checkpoint->gguf, checkpoint->path, list, &checkpoint->config));
    return rft_gguf_eos(checkpoint->gguf, checkpoint->path, checkpoint->config.vocab_size, &checkpoint->eos_ids,
                        &checkpoint->n_eos);
}

static enum rft_status open_any(struct rft_checkpoint *checkpoint, struct rft_tensor_list *list)
{
    bool is_directory;
    RFT_TRY(rft_checkpoint_look(checkpoint->path, &is_directory));
    RFT_TRY(is_directory ? open_directory(checkpoint, list) : open_gguf(checkpoint, list));
    return take_tensors(checkpoint, list);
}

enum rft_status rft_checkpoint_open(const char *path, struct rft_checkpoint *checkpoint)
{
    struct rft_tensor_list list = {0};
    *checkpoint = (struct rft_checkpoint){.path = rft_strdup(path)};
    enum rft_status status = checkpoint->path != NULL ? open_any(checkpoint, &list) : RFT_ERR_HOST_MEMORY;
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

/* Where row `row` of a q or k projection lies. The model rotates elements i and i + d/2 of a head of d together;
 * llama.cpp rotates neighbours, so its files hold them side by side: row i of the first half of a head lies at 2 i, row
 * i of the second half at 2 i + 1. */
static uint64_t stored_row(const struct rft_tensor *tensor, uint64_t row)
{
    if (tensor->rope_heads == 0)
        return row;
    uint64_t head_dim = tensor->dims[0] / tensor->rope_heads, half = head_dim / 2;
    uint64_t in_head = row % head_dim;
    return row - in_head + 2 * (in_head % half) + in_head / half;
}

void rft_tensor_rows_f32(const struct rft_tensor *tensor, uint64_t row_0, uint64_t n_rows, float *dst)
{
    uint64_t columns = tensor->dims[tensor->n_dims - 1];
    uint64_t row_bytes = columns / rft_dtype_block_elements(tensor->dtype) * rft_dtype_block_bytes(tensor->dtype);
    for (uint64_t i = 0; i < n_rows; i++) {
        float *row = dst + i * columns;
        rft_dtype_to_f32(tensor->dtype, tensor->data + stored_row(tensor, row_0 + i) * row_bytes, columns, row);
        for (size_t k = 0; k < tensor->n_deltas; k++)
            rft_delta_add(&tensor->deltas[k], row_0 + i, columns, row);
    }
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
#define WHOLE(name) c->name,
#define REAL(name) double_bits((double)c->name),
    const uint64_t numbers[] = {RFT_MODEL_FIELDS(WHOLE, REAL, REAL, WHOLE) checkpoint->n_tensors};
#undef WHOLE
#undef REAL
    uint64_t hash = hash_u64s(numbers, sizeof numbers / sizeof numbers[0], 0);
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
