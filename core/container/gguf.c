/* SPDX-License-Identifier: MIT */
#include "gguf.h"

#include "gguf_data.h"
#include "gguf_values.h"

#include "alloc.h"
#include "file.h"
#include "log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_DEPTH_MAX 4
#define ALIGNMENT_DEFAULT 32
#define ALIGNMENT_MAX (1u << 20)
#define ENTRY_BYTES_MIN 13  /* empty key, type, one byte of value */
#define TENSOR_BYTES_MIN 24 /* empty name, no dimensions, type, offset */

/* Reads the file from front to back. The first thing that is wrong is logged once. */
struct reader {
    const struct rft_map *map;
    uint64_t at;
};

static enum rft_status cut_short(const struct reader *reader, const char *what)
{
    rft_log_error("%s: ends inside %s at byte %" PRIu64 " of %" PRIu64
                  "; the file is damaged or incomplete, fetch it again",
                  reader->map->path, what, reader->at, reader->map->bytes);
    return RFT_ERR_INPUT;
}

static enum rft_status read_bytes(struct reader *reader, uint64_t n, const uint8_t **bytes, const char *what)
{
    if (n > reader->map->bytes - reader->at)
        return cut_short(reader, what);
    *bytes = reader->map->data + reader->at;
    reader->at += n;
    return RFT_OK;
}

static enum rft_status read_u32(struct reader *reader, uint32_t *value, const char *what)
{
    const uint8_t *bytes;
    RFT_TRY(read_bytes(reader, sizeof *value, &bytes, what));
    memcpy(value, bytes, sizeof *value);
    return RFT_OK;
}

static enum rft_status read_u64(struct reader *reader, uint64_t *value, const char *what)
{
    const uint8_t *bytes;
    RFT_TRY(read_bytes(reader, sizeof *value, &bytes, what));
    memcpy(value, bytes, sizeof *value);
    return RFT_OK;
}

static enum rft_status read_string(struct reader *reader, struct rft_bytes *string, const char *what)
{
    uint64_t len;
    const uint8_t *bytes;
    RFT_TRY(read_u64(reader, &len, what));
    RFT_TRY(read_bytes(reader, len, &bytes, what));
    *string = (struct rft_bytes){(const char *)bytes, (size_t)len};
    return RFT_OK;
}

static enum rft_status bad_entry(const struct reader *reader, struct rft_bytes key, const char *problem)
{
    rft_log_error("%s: key %.*s: %s", reader->map->path, (int)(key.len < 200 ? key.len : 200), key.data, problem);
    return RFT_ERR_INPUT;
}

/* Steps over the elements of an array; `starts` (for strings) may be NULL. */
static enum rft_status skip_array(struct reader *reader, struct rft_bytes key, uint32_t type, uint64_t n,
                                  uint32_t depth, uint64_t *starts)
{
    const uint8_t *bytes;
    if (type >= RFT_GGUF_TYPE_COUNT)
        return bad_entry(reader, key, "unknown type of array elements");
    if (rft_gguf_type_bytes[type]) {
        if (n > reader->map->bytes / rft_gguf_type_bytes[type])
            return cut_short(reader, "an array of the metadata");
        return read_bytes(reader, n * rft_gguf_type_bytes[type], &bytes, "an array of the metadata");
    }
    if (type == RFT_GGUF_ARRAY && depth == ARRAY_DEPTH_MAX)
        return bad_entry(reader, key, "arrays are nested too deep");
    for (uint64_t i = 0; i < n; i++) {
        struct rft_bytes string;
        uint32_t inner_type;
        uint64_t inner_n;
        if (starts != NULL)
            starts[i] = reader->at;
        if (type == RFT_GGUF_STRING) {
            RFT_TRY(read_string(reader, &string, "a string of the metadata"));
        } else {
            RFT_TRY(read_u32(reader, &inner_type, "an array of the metadata"));
            RFT_TRY(read_u64(reader, &inner_n, "an array of the metadata"));
            RFT_TRY(skip_array(reader, key, inner_type, inner_n, depth + 1, NULL));
        }
    }
    return RFT_OK;
}

static enum rft_status read_array(struct reader *reader, struct rft_gguf_entry *entry)
{
    RFT_TRY(read_u32(reader, &entry->element_type, "an array of the metadata"));
    RFT_TRY(read_u64(reader, &entry->n, "an array of the metadata"));
    entry->data = reader->map->data + reader->at;
    if (entry->element_type == RFT_GGUF_STRING) {
        if (entry->n > (reader->map->bytes - reader->at) / sizeof(uint64_t)) /* each has at least its length */
            return cut_short(reader, "an array of strings");
        entry->starts = rft_alloc((size_t)entry->n, sizeof *entry->starts);
        if (entry->starts == NULL)
            return RFT_ERR_HOST_MEMORY;
    }
    return skip_array(reader, entry->key, entry->element_type, entry->n, 1, entry->starts);
}

static enum rft_status read_entry(struct reader *reader, struct rft_gguf_entry *entry)
{
    RFT_TRY(read_string(reader, &entry->key, "a key of the metadata"));
    RFT_TRY(read_u32(reader, &entry->type, "the metadata"));
    entry->n = 1;
    entry->data = reader->map->data + reader->at;
    if (entry->type == RFT_GGUF_ARRAY)
        return read_array(reader, entry);
    if (entry->type == RFT_GGUF_STRING) {
        struct rft_bytes string;
        return read_string(reader, &string, "a string of the metadata");
    }
    if (entry->type >= RFT_GGUF_TYPE_COUNT)
        return bad_entry(reader, entry->key, "unknown type of value");
    RFT_TRY(read_bytes(reader, rft_gguf_type_bytes[entry->type], &entry->data, "the metadata"));
    if (entry->type == RFT_GGUF_BOOL && entry->data[0] > 1)
        return bad_entry(reader, entry->key, "a boolean that is neither 0 nor 1");
    return RFT_OK;
}

static int compare_entries(const void *a, const void *b)
{
    const struct rft_bytes *x = &((const struct rft_gguf_entry *)a)->key, *y = &((const struct rft_gguf_entry *)b)->key;
    int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

static enum rft_status read_entries(struct reader *reader, struct rft_gguf *gguf)
{
    for (uint64_t i = 0; i < gguf->n_entries; i++)
        RFT_TRY(read_entry(reader, &gguf->entries[i]));
    if (gguf->n_entries)
        qsort(gguf->entries, (size_t)gguf->n_entries, sizeof *gguf->entries, compare_entries);
    for (uint64_t i = 1; i < gguf->n_entries; i++)
        if (rft_bytes_equal(gguf->entries[i - 1].key, gguf->entries[i].key))
            return bad_entry(reader, gguf->entries[i].key, "stands in the file twice");
    return RFT_OK;
}

static enum rft_status read_tensor(struct reader *reader, struct rft_gguf_tensor *tensor)
{
    static const char what[] = "the table of tensors";
    RFT_TRY(read_string(reader, &tensor->name, what));
    RFT_TRY(read_u32(reader, &tensor->n_dims, what));
    if (tensor->n_dims > sizeof tensor->dims / sizeof tensor->dims[0]) {
        rft_log_error("%s: tensor %.*s: %u dimensions, at most 4 are possible", reader->map->path,
                      (int)(tensor->name.len < 200 ? tensor->name.len : 200), tensor->name.data, tensor->n_dims);
        return RFT_ERR_INPUT;
    }
    for (uint32_t i = 0; i < tensor->n_dims; i++)
        RFT_TRY(read_u64(reader, &tensor->dims[i], what));
    RFT_TRY(read_u32(reader, &tensor->type, what));
    return read_u64(reader, &tensor->offset, what);
}

static enum rft_status find_data(const struct reader *reader, struct rft_gguf *gguf)
{
    static const char key[] = "general.alignment";
    uint64_t alignment = ALIGNMENT_DEFAULT;
    if (rft_gguf_has(gguf, key) && !rft_gguf_get_u64(gguf, key, &alignment))
        return bad_entry(reader, rft_bytes_z(key), "must be an integer");
    if (alignment == 0 || (alignment & (alignment - 1)) != 0 || alignment > ALIGNMENT_MAX)
        return bad_entry(reader, rft_bytes_z(key), "must be a power of two, at most 2^20");
    gguf->data_offset = (reader->at + alignment - 1) / alignment * alignment;
    for (uint64_t i = 0; i < gguf->n_tensors; i++) {
        const struct rft_gguf_tensor *tensor = &gguf->tensors[i];
        if (tensor->offset % alignment == 0)
            continue;
        rft_log_error("%s: tensor %.*s: offset %" PRIu64 " is not a multiple of the alignment %" PRIu64,
                      reader->map->path, (int)(tensor->name.len < 200 ? tensor->name.len : 200), tensor->name.data,
                      tensor->offset, alignment);
        return RFT_ERR_INPUT;
    }
    return RFT_OK;
}

static enum rft_status check_magic(struct reader *reader)
{
    const uint8_t *magic;
    uint32_t version;
    if (reader->map->bytes < 4 || memcmp(reader->map->data, "GGUF", 4) != 0) {
        rft_log_error(
            "%s: not a GGUF file; give a GGUF file, or the directory that holds config.json and the safetensors",
            reader->map->path);
        return RFT_ERR_INPUT;
    }
    RFT_TRY(read_bytes(reader, 4, &magic, "the header"));
    RFT_TRY(read_u32(reader, &version, "the header"));
    if (version != 3) {
        rft_log_error("%s: GGUF version %u%s is not supported, only 3; convert the model again", reader->map->path,
                      version, (version & 0xffff) == 0 ? " (a big-endian file)" : "");
        return RFT_ERR_UNSUPPORTED;
    }
    return RFT_OK;
}

static enum rft_status read_file(struct reader *reader, struct rft_gguf *gguf)
{
    uint64_t n_tensors, n_entries;
    RFT_TRY(check_magic(reader));
    RFT_TRY(read_u64(reader, &n_tensors, "the header"));
    RFT_TRY(read_u64(reader, &n_entries, "the header"));
    /* Before memory is asked for: no count can exceed what the file has room for. */
    if (n_entries > reader->map->bytes / ENTRY_BYTES_MIN || n_tensors > reader->map->bytes / TENSOR_BYTES_MIN)
        return cut_short(reader, "the metadata or the table of tensors, whose counts are too high");
    gguf->entries = rft_alloc((size_t)n_entries, sizeof *gguf->entries);
    gguf->n_entries = gguf->entries != NULL ? n_entries : 0;
    gguf->tensors = rft_alloc((size_t)n_tensors, sizeof *gguf->tensors);
    gguf->n_tensors = gguf->tensors != NULL ? n_tensors : 0;
    if (gguf->entries == NULL || gguf->tensors == NULL)
        return RFT_ERR_HOST_MEMORY;
    RFT_TRY(read_entries(reader, gguf));
    for (uint64_t i = 0; i < n_tensors; i++)
        RFT_TRY(read_tensor(reader, &gguf->tensors[i]));
    return find_data(reader, gguf);
}

enum rft_status rft_gguf_parse(const struct rft_map *map, struct rft_gguf **gguf)
{
    struct reader reader = {.map = map};
    *gguf = rft_alloc(1, sizeof **gguf);
    if (*gguf == NULL)
        return RFT_ERR_HOST_MEMORY;
    (*gguf)->map = map;
    enum rft_status status = read_file(&reader, *gguf);
    if (status != RFT_OK) {
        rft_gguf_destroy(*gguf);
        *gguf = NULL;
    }
    return status;
}

void rft_gguf_destroy(struct rft_gguf *gguf)
{
    if (gguf == NULL)
        return;
    for (uint64_t i = 0; i < gguf->n_entries; i++)
        rft_free(gguf->entries[i].starts);
    rft_free(gguf->entries);
    rft_free(gguf->tensors);
    rft_free(gguf);
}
