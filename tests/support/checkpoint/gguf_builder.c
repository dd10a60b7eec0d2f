/* SPDX-License-Identifier: MIT */
#include "gguf_builder.h"

#include "support.h"

#include <string.h>

enum { TYPE_U32 = 4, TYPE_F32 = 6, TYPE_BOOL = 7, TYPE_STRING = 8, TYPE_ARRAY = 9 };

void rft_test_gguf_raw(struct rft_str *file, const void *bytes, size_t n)
{
    assert_int_equal(rft_str_append(file, bytes, n), RFT_OK);
}

void rft_test_gguf_word(struct rft_str *file, uint32_t value)
{
    rft_test_gguf_raw(file, &value, sizeof value);
}

void rft_test_gguf_long(struct rft_str *file, uint64_t value)
{
    rft_test_gguf_raw(file, &value, sizeof value);
}

void rft_test_gguf_string(struct rft_str *file, const char *z)
{
    rft_test_gguf_long(file, strlen(z));
    rft_test_gguf_raw(file, z, strlen(z));
}

void rft_test_gguf_begin(struct rft_str *file, uint32_t version, uint64_t n_tensors, uint64_t n_entries)
{
    rft_test_gguf_raw(file, "GGUF", 4);
    rft_test_gguf_word(file, version);
    rft_test_gguf_long(file, n_tensors);
    rft_test_gguf_long(file, n_entries);
}

void rft_test_gguf_key(struct rft_str *file, const char *key, uint32_t type)
{
    rft_test_gguf_string(file, key);
    rft_test_gguf_word(file, type);
}

void rft_test_gguf_u32(struct rft_str *file, const char *key, uint32_t value)
{
    rft_test_gguf_key(file, key, TYPE_U32);
    rft_test_gguf_word(file, value);
}

void rft_test_gguf_f32(struct rft_str *file, const char *key, float value)
{
    rft_test_gguf_key(file, key, TYPE_F32);
    rft_test_gguf_raw(file, &value, sizeof value);
}

void rft_test_gguf_bool(struct rft_str *file, const char *key, bool value)
{
    rft_test_gguf_key(file, key, TYPE_BOOL);
    rft_test_gguf_raw(file, value ? "\1" : "\0", 1);
}

void rft_test_gguf_text(struct rft_str *file, const char *key, const char *value)
{
    rft_test_gguf_key(file, key, TYPE_STRING);
    rft_test_gguf_string(file, value);
}

void rft_test_gguf_array(struct rft_str *file, const char *key, uint32_t element_type, uint64_t n)
{
    rft_test_gguf_key(file, key, TYPE_ARRAY);
    rft_test_gguf_word(file, element_type);
    rft_test_gguf_long(file, n);
}

void rft_test_gguf_tensor(struct rft_str *file, const char *name, uint32_t n_dims, const uint64_t *dims, uint32_t type,
                          uint64_t offset)
{
    rft_test_gguf_string(file, name);
    rft_test_gguf_word(file, n_dims);
    for (uint32_t i = 0; i < n_dims; i++)
        rft_test_gguf_long(file, dims[i]);
    rft_test_gguf_word(file, type);
    rft_test_gguf_long(file, offset);
}

void rft_test_gguf_align(struct rft_str *file, size_t alignment)
{
    while (file->len % alignment != 0)
        rft_test_gguf_raw(file, "", 1);
}
