/* SPDX-License-Identifier: MIT */
#include "gguf_model.h"

#include "gguf_values.h"

#include "alloc.h"
#include "file.h"
#include "log.h"
#include "model_config.h"

#include <stdio.h>
#include <string.h>

/* ggml's types by number. */
static const char *const type_names[] = {
    "F32",    "F16",   "Q4_0",  "Q4_1",   NULL,    NULL,    "Q5_0",    "Q5_1",   "Q8_0",    "Q8_1",
    "Q2_K",   "Q3_K",  "Q4_K",  "Q5_K",   "Q6_K",  "Q8_K",  "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S",
    "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS", "I8",    "I16",   "I32",     "I64",    "F64",     "IQ1_M",
    "BF16",   NULL,    NULL,    NULL,     "TQ1_0", "TQ2_0", NULL,      NULL,     NULL,      "MXFP4",
};

static void set_type(uint32_t number, struct rft_listed_tensor *tensor)
{
    const char *name = number < sizeof type_names / sizeof type_names[0] ? type_names[number] : NULL;
    snprintf(tensor->type, sizeof tensor->type, "%s (%u)", name != NULL ? name : "ggml type", number);
    for (uint32_t i = 0; name != NULL && i < RFT_DTYPE_COUNT; i++)
        if (strcmp(name, rft_dtype_name((enum rft_dtype)i)) == 0)
            tensor->dtype = (enum rft_dtype)i;
}

static enum rft_status list_tensor(const struct rft_gguf *gguf, const struct rft_map *map,
                                   const struct rft_gguf_tensor *entry, struct rft_tensor_list *list)
{
    struct rft_listed_tensor *tensor = rft_tensor_list_add(list, entry->name.data, entry->name.len);
    uint64_t n_elements, section = rft_gguf_data_offset(gguf);
    if (tensor == NULL)
        return RFT_ERR_HOST_MEMORY;
    tensor->file = map->path;
    tensor->n_dims = entry->n_dims;
    for (uint32_t i = 0; i < entry->n_dims; i++)
        tensor->dims[i] = entry->dims[entry->n_dims - 1 - i];
    set_type(entry->type, tensor);
    bool is_read = tensor->dtype != RFT_DTYPE_COUNT; /* others cannot be measured */
    uint64_t n_columns = entry->n_dims ? entry->dims[0] : 1;
    if (!rft_dims_product(tensor->dims, tensor->n_dims, &n_elements) ||
        (is_read && (n_columns % rft_dtype_block_elements(tensor->dtype) != 0 ||
                     !rft_dtype_bytes(tensor->dtype, n_elements, &tensor->bytes)))) {
        rft_log_error("%s: tensor %s: its rows are no whole blocks of type %s, or far too many", map->path,
                      tensor->name, tensor->type);
        return RFT_ERR_INPUT;
    }
    if (section > map->bytes || entry->offset > map->bytes - section ||
        tensor->bytes > map->bytes - section - entry->offset) {
        rft_log_error("%s: tensor %s: its bytes lie beyond the end of the file, which is damaged or incomplete",
                      map->path, tensor->name);
        return RFT_ERR_INPUT;
    }
    tensor->data = map->data + section + entry->offset;
    return RFT_OK;
}

enum rft_status rft_gguf_list(const struct rft_gguf *gguf, const struct rft_map *map, struct rft_tensor_list *list)
{
    for (uint64_t i = 0; i < rft_gguf_n_tensors(gguf); i++)
        RFT_TRY(list_tensor(gguf, map, rft_gguf_tensor_at(gguf, i), list));
    return rft_tensor_list_check_overlap(list, map->path);
}

static enum rft_found get_u64(const void *user, const char *key, uint64_t *value)
{
    if (rft_gguf_get_u64(user, key, value))
        return RFT_FOUND;
    return rft_gguf_has(user, key) ? RFT_WRONG_TYPE : RFT_ABSENT;
}

static enum rft_found get_double(const void *user, const char *key, double *value)
{
    if (rft_gguf_get_double(user, key, value))
        return RFT_FOUND;
    return rft_gguf_has(user, key) ? RFT_WRONG_TYPE : RFT_ABSENT;
}

static enum rft_status refuse_text(const char *file, const char *key, struct rft_bytes value, const char *instead)
{
    rft_log_error("%s: %s = \"%.*s\" is not supported; %s", file, key, (int)(value.len < 200 ? value.len : 200),
                  value.data, instead);
    return RFT_ERR_UNSUPPORTED;
}

static enum rft_status check_architecture(const struct rft_gguf *gguf, const char *file)
{
    static const char key[] = "general.architecture";
    struct rft_bytes architecture;
    if (!rft_gguf_get_string(gguf, key, &architecture)) {
        rft_log_error("%s: %s is missing; this is no language model", file, key);
        return RFT_ERR_INPUT;
    }
    if (!rft_bytes_equal(architecture, rft_bytes_z("llama")))
        return refuse_text(file, key, architecture, "only \"llama\" is");
    return RFT_OK;
}

/* Numbers that must have one value where they are there at all. */
static enum rft_status check_fixed(const struct rft_config_source *source, const struct rft_model_config *config)
{
    const struct {
        const char *key;
        uint64_t value;
    } fixed[] = {
        {"split.count", 1},
        {"llama.expert_count", 0},
        {"llama.attention.value_length", config->head_dim},
        {"llama.rope.dimension_count", config->head_dim},
    };
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        uint64_t value;
        bool is_split = i == 0; /* files that were never split may say 0 */
        if (get_u64(source->user, fixed[i].key, &value) == RFT_ABSENT || (is_split && value == 0))
            continue;
        RFT_TRY(rft_config_u64(source, fixed[i].key, fixed[i].value, fixed[i].value, &value));
    }
    return RFT_OK;
}

static enum rft_status check_rope(const struct rft_config_source *source)
{
    static const char type_key[] = "llama.rope.scaling.type";
    static const char *const factors[] = {"llama.rope.scaling.factor", "llama.rope.scale_linear"};
    struct rft_bytes type = rft_bytes_z("linear");
    double factor;
    if (rft_gguf_has(source->user, type_key) && !rft_gguf_get_string(source->user, type_key, &type)) {
        rft_log_error("%s: %s must be a string", source->file, type_key);
        return RFT_ERR_INPUT;
    }
    if (rft_bytes_equal(type, rft_bytes_z("none")))
        return RFT_OK;
    if (!rft_bytes_equal(type, rft_bytes_z("linear")))
        return refuse_text(source->file, type_key, type, "only \"none\" is");
    for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++)
        if (get_double(source->user, factors[i], &factor) != RFT_ABSENT && factor != 0.0)
            RFT_TRY(rft_config_double(source, factors[i], 1.0, 1.0, &factor));
    return RFT_OK;
}

enum rft_status rft_gguf_config(const struct rft_gguf *gguf, const char *file, const struct rft_tensor_list *list,
                                struct rft_model_config *config)
{
    struct rft_config_source source = {file, true, gguf, get_u64, get_double};
    const struct rft_listed_tensor *embedding = rft_tensor_list_find(list, "token_embd.weight");
    RFT_TRY(check_architecture(gguf, file));
    RFT_TRY(rft_model_config_read(&source, config));
    RFT_TRY(check_fixed(&source, config));
    RFT_TRY(check_rope(&source));
    if (embedding == NULL || embedding->n_dims != 2 || embedding->dims[0] == 0 || embedding->dims[0] > INT32_MAX) {
        rft_log_error("%s: tensor token_embd.weight is missing or no matrix", file);
        return RFT_ERR_INPUT;
    }
    config->vocab_size = (uint32_t)embedding->dims[0];
    config->tied = rft_tensor_list_find(list, "output.weight") == NULL;
    return rft_model_config_check(file, config);
}

enum rft_status rft_gguf_eos(const struct rft_gguf *gguf, const char *file, uint32_t vocab_size, uint32_t **ids,
                             size_t *n)
{
    static const char *const keys[] = {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"};
    struct rft_config_source source = {file, true, gguf, get_u64, get_double};
    *n = 0;
    *ids = rft_alloc(sizeof keys / sizeof keys[0], sizeof **ids);
    if (*ids == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        uint64_t id;
        if (get_u64(gguf, keys[i], &id) == RFT_ABSENT)
            continue;
        enum rft_status status = rft_config_u64(&source, keys[i], 0, vocab_size - 1, &id);
        if (status != RFT_OK) {
            rft_free(*ids);
            *ids = NULL;
            *n = 0;
            return status;
        }
        if (*n == 0 || (*ids)[0] != id)
            (*ids)[(*n)++] = (uint32_t)id;
    }
    return RFT_OK;
}
