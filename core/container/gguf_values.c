/* SPDX-License-Identifier: MIT */
#include "gguf_values.h"

#include <stdlib.h>
#include <string.h>

uint64_t rft_gguf_n_tensors(const struct rft_gguf *gguf)
{
    return gguf->n_tensors;
}

const struct rft_gguf_tensor *rft_gguf_tensor_at(const struct rft_gguf *gguf, uint64_t index)
{
    return &gguf->tensors[index];
}

uint64_t rft_gguf_data_offset(const struct rft_gguf *gguf)
{
    return gguf->data_offset;
}

static int compare_key(const void *key, const void *entry)
{
    const struct rft_bytes *a = key, *b = &((const struct rft_gguf_entry *)entry)->key;
    int order = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);
    return order ? order : (a->len > b->len) - (a->len < b->len);
}

static const struct rft_gguf_entry *find(const struct rft_gguf *gguf, const char *key)
{
    struct rft_bytes bytes = rft_bytes_z(key);
    return gguf->n_entries == 0
               ? NULL
               : bsearch(&bytes, gguf->entries, (size_t)gguf->n_entries, sizeof *gguf->entries, compare_key);
}

/* Element i of an array, or a scalar where `is_array` is false: its type and place. */
static const uint8_t *element(const struct rft_gguf *gguf, const char *key, bool is_array, uint64_t i, uint32_t *type)
{
    const struct rft_gguf_entry *entry = find(gguf, key);
    if (entry == NULL || (entry->type == RFT_GGUF_ARRAY) != is_array || i >= entry->n)
        return NULL;
    *type = is_array ? entry->element_type : entry->type;
    if (entry->starts != NULL)
        return gguf->map->data + entry->starts[i];
    return *type == RFT_GGUF_ARRAY ? NULL : entry->data + i * rft_gguf_type_bytes[*type];
}

/* Any integer type; false for a negative value, which no key of ours has. */
static bool to_u64(const uint8_t *p, uint32_t type, uint64_t *value)
{
    int64_t number = 0;
    uint64_t unsigned_number = 0;
    switch (p != NULL ? type : (uint32_t)RFT_GGUF_TYPE_COUNT) {
    case RFT_GGUF_U8:
    case RFT_GGUF_U16:
    case RFT_GGUF_U32:
    case RFT_GGUF_U64:
        memcpy(&unsigned_number, p, rft_gguf_type_bytes[type]);
        *value = unsigned_number;
        return true;
    case RFT_GGUF_I8: number = (int8_t)p[0]; break;
    case RFT_GGUF_I16: {
        int16_t small;
        memcpy(&small, p, sizeof small);
        number = small;
        break;
    }
    case RFT_GGUF_I32: {
        int32_t small;
        memcpy(&small, p, sizeof small);
        number = small;
        break;
    }
    case RFT_GGUF_I64: memcpy(&number, p, sizeof number); break;
    default: return false;
    }
    if (number >= 0)
        *value = (uint64_t)number;
    return number >= 0;
}

static bool to_double(const uint8_t *p, uint32_t type, double *value)
{
    float narrow;
    if (p == NULL || (type != RFT_GGUF_F32 && type != RFT_GGUF_F64))
        return false;
    if (type == RFT_GGUF_F64) {
        memcpy(value, p, sizeof *value);
    } else {
        memcpy(&narrow, p, sizeof narrow);
        *value = (double)narrow;
    }
    return true;
}

static bool to_string(const uint8_t *p, uint32_t type, struct rft_bytes *value)
{
    uint64_t len;
    if (p == NULL || type != RFT_GGUF_STRING)
        return false;
    memcpy(&len, p, sizeof len);
    *value = (struct rft_bytes){(const char *)p + sizeof len, (size_t)len};
    return true;
}

static bool to_bool(const uint8_t *p, uint32_t type, bool *value)
{
    if (p == NULL || type != RFT_GGUF_BOOL)
        return false;
    *value = *p != 0;
    return true;
}

bool rft_gguf_has(const struct rft_gguf *gguf, const char *key)
{
    return find(gguf, key) != NULL;
}

bool rft_gguf_get_string(const struct rft_gguf *gguf, const char *key, struct rft_bytes *value)
{
    uint32_t type = 0;
    const uint8_t *p = element(gguf, key, false, 0, &type);
    return to_string(p, type, value);
}

bool rft_gguf_get_u64(const struct rft_gguf *gguf, const char *key, uint64_t *value)
{
    uint32_t type = 0;
    const uint8_t *p = element(gguf, key, false, 0, &type);
    return to_u64(p, type, value);
}

bool rft_gguf_get_double(const struct rft_gguf *gguf, const char *key, double *value)
{
    uint32_t type = 0;
    const uint8_t *p = element(gguf, key, false, 0, &type);
    return to_double(p, type, value);
}

bool rft_gguf_get_bool(const struct rft_gguf *gguf, const char *key, bool *value)
{
    uint32_t type = 0;
    const uint8_t *p = element(gguf, key, false, 0, &type);
    return to_bool(p, type, value);
}

bool rft_gguf_get_array(const struct rft_gguf *gguf, const char *key, uint64_t *n)
{
    const struct rft_gguf_entry *entry = find(gguf, key);
    bool found = entry != NULL && entry->type == RFT_GGUF_ARRAY;
    if (found)
        *n = entry->n;
    return found;
}

bool rft_gguf_array_string(const struct rft_gguf *gguf, const char *key, uint64_t i, struct rft_bytes *value)
{
    uint32_t type = 0;
    const uint8_t *p = element(gguf, key, true, i, &type);
    return to_string(p, type, value);
}

bool rft_gguf_array_double(const struct rft_gguf *gguf, const char *key, uint64_t i, double *value)
{
    uint32_t type = 0;
    const uint8_t *p = element(gguf, key, true, i, &type);
    return to_double(p, type, value);
}

bool rft_gguf_array_u64(const struct rft_gguf *gguf, const char *key, uint64_t i, uint64_t *value)
{
    uint32_t type = 0;
    const uint8_t *p = element(gguf, key, true, i, &type);
    return to_u64(p, type, value);
}

bool rft_gguf_array_bool(const struct rft_gguf *gguf, const char *key, uint64_t i, bool *value)
{
    uint32_t type = 0;
    const uint8_t *p = element(gguf, key, true, i, &type);
    return to_bool(p, type, value);
}
