/* SPDX-License-Identifier: MIT */
#include "gguf_model.h"

#include "gguf_values.h"

#include "alloc.h"
#include "file.h"
#include "log.h"
#include "gguf_object.h"

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

enum rft_status rft_gguf_eos(const struct rft_gguf *gguf, const char *file, uint32_t vocab_size, uint32_t **ids,
                             size_t *n)
{
    static const char *const keys[] = {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"};
    *n = 0;
    *ids = rft_alloc(sizeof keys / sizeof keys[0], sizeof **ids);
    if (*ids == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        uint64_t id;
        if (!rft_gguf_has(gguf, keys[i]))
            continue;
        enum rft_status status = rft_gguf_need_u64(gguf, file, keys[i], 0, vocab_size - 1, &id);
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
