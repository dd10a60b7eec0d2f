/* SPDX-License-Identifier: MIT */
#include "safetensors.h"

#include "file.h"
#include "json.h"
#include "log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HEADER_BYTES_MAX (100u << 20) /* what the format's own library accepts */

/* The format's types; those that are no weights of ours are only measured. */
static const struct {
    const char *name;
    uint32_t bits;
    enum rft_dtype dtype;
} types[] = {
    {"F32", 32, RFT_DTYPE_F32},      {"F16", 16, RFT_DTYPE_F16},      {"BF16", 16, RFT_DTYPE_BF16},
    {"F64", 64, RFT_DTYPE_COUNT},    {"I64", 64, RFT_DTYPE_COUNT},    {"U64", 64, RFT_DTYPE_COUNT},
    {"I32", 32, RFT_DTYPE_COUNT},    {"U32", 32, RFT_DTYPE_COUNT},    {"I16", 16, RFT_DTYPE_COUNT},
    {"U16", 16, RFT_DTYPE_COUNT},    {"I8", 8, RFT_DTYPE_COUNT},      {"U8", 8, RFT_DTYPE_COUNT},
    {"BOOL", 8, RFT_DTYPE_COUNT},    {"F8_E4M3", 8, RFT_DTYPE_COUNT}, {"F8_E5M2", 8, RFT_DTYPE_COUNT},
    {"F8_E8M0", 8, RFT_DTYPE_COUNT}, {"C64", 64, RFT_DTYPE_COUNT},    {"F4", 4, RFT_DTYPE_COUNT},
};

struct section { /* the file's part behind the header */
    const char *file;
    const uint8_t *data;
    uint64_t bytes;
};

static enum rft_status bad_tensor(const struct section *section, const char *name, const char *problem)
{
    rft_log_error("%s: tensor %s: %s", section->file, name, problem);
    return RFT_ERR_INPUT;
}

static bool to_u64(const json_t *value, uint64_t *number)
{
    bool is_count = json_is_integer(value) && json_integer_value(value) >= 0;
    *number = is_count ? (uint64_t)json_integer_value(value) : 0;
    return is_count;
}

static bool read_shape(const json_t *shape, struct rft_listed_tensor *tensor, uint64_t *n_elements)
{
    *n_elements = 1;
    if (!json_is_array(shape) || json_array_size(shape) > UINT32_MAX)
        return false;
    tensor->n_dims = (uint32_t)json_array_size(shape);
    for (uint32_t i = 0; i < tensor->n_dims; i++) {
        uint64_t dims[2] = {*n_elements, 0};
        if (!to_u64(json_array_get(shape, i), &dims[1]) || !rft_dims_product(dims, 2, n_elements))
            return false;
        if (i < RFT_TENSOR_DIMS_MAX)
            tensor->dims[i] = dims[1];
    }
    return true;
}

static enum rft_status read_tensor(const struct section *section, const char *name, const json_t *entry,
                                   struct rft_tensor_list *list)
{
    const char *type = json_string_value(json_object_get(entry, "dtype"));
    const json_t *offsets = json_object_get(entry, "data_offsets");
    uint64_t n_elements, begin, end;
    size_t i = 0, n_types = sizeof types / sizeof types[0];
    struct rft_listed_tensor *tensor = rft_tensor_list_add(list, name, strlen(name));
    if (tensor == NULL)
        return RFT_ERR_HOST_MEMORY;
    while (type != NULL && i < n_types && strcmp(type, types[i].name) != 0)
        i++;
    if (type == NULL || i == n_types) {
        rft_log_error("%s: tensor %s: dtype %s is not known", section->file, name, type != NULL ? type : "(none)");
        return RFT_ERR_UNSUPPORTED;
    }
    if (!read_shape(json_object_get(entry, "shape"), tensor, &n_elements))
        return bad_tensor(section, name, "shape must be a list of sizes whose product fits 64 bits");
    if (json_array_size(offsets) != 2 || !to_u64(json_array_get(offsets, 0), &begin) ||
        !to_u64(json_array_get(offsets, 1), &end) || begin > end)
        return bad_tensor(section, name, "data_offsets must be a begin and an end");
    if (end > section->bytes)
        return bad_tensor(section, name, "its bytes lie beyond the end of the file, which is damaged or incomplete");
    if (n_elements > UINT64_MAX / types[i].bits || n_elements * types[i].bits != 8 * (end - begin))
        return bad_tensor(section, name, "shape, dtype and data_offsets disagree on its size");
    snprintf(tensor->type, sizeof tensor->type, "%s", type);
    tensor->dtype = types[i].dtype;
    tensor->file = section->file;
    tensor->data = section->data + begin;
    tensor->bytes = end - begin;
    return RFT_OK;
}

static enum rft_status read_tensors(const struct section *section, json_t *header, struct rft_tensor_list *list)
{
    const char *name;
    json_t *entry;
    if (!json_is_object(header)) {
        rft_log_error("%s: the header is not a JSON object", section->file);
        return RFT_ERR_INPUT;
    }
    json_object_foreach(header, name, entry) if (strcmp(name, "__metadata__") != 0)
        RFT_TRY(read_tensor(section, name, entry, list));
    return rft_tensor_list_check_overlap(list, section->file);
}

enum rft_status rft_safetensors_list(const struct rft_map *map, struct rft_tensor_list *list)
{
    uint64_t header_bytes = 0;
    json_t *header;
    if (map->bytes >= sizeof header_bytes)
        memcpy(&header_bytes, map->data, sizeof header_bytes);
    if (map->bytes < sizeof header_bytes || header_bytes > map->bytes - sizeof header_bytes ||
        header_bytes > HEADER_BYTES_MAX) {
        rft_log_error("%s: not a safetensors file, or cut short: a header of %" PRIu64 " bytes in a file of %" PRIu64,
                      map->path, header_bytes, map->bytes);
        return RFT_ERR_INPUT;
    }
    struct section section = {map->path, map->data + sizeof header_bytes + header_bytes,
                              map->bytes - sizeof header_bytes - header_bytes};
    struct rft_bytes text = {(const char *)map->data + sizeof header_bytes, (size_t)header_bytes};
    RFT_TRY(rft_json_load(map->path, text, JSON_REJECT_DUPLICATES, &header));
    enum rft_status status = read_tensors(&section, header, list);
    json_decref(header);
    return status;
}
