/* SPDX-License-Identifier: MIT */
#include "tensor_file.h"

#include "alloc.h"
#include "file.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

void rft_test_tensors_read(const char *path, struct rft_test_tensor_file *file)
{
    struct rft_str all;
    uint64_t header_bytes;
    *file = (struct rft_test_tensor_file){0};
    assert_int_equal(rft_file_read(path, 1u << 30, &all), RFT_OK);
    memcpy(&header_bytes, all.data, sizeof header_bytes);
    file->header = json_loadb(all.data + 8, (size_t)header_bytes, 0, NULL);
    assert_non_null(file->header);
    assert_int_equal(rft_str_append(&file->data, all.data + 8 + header_bytes, all.len - 8 - (size_t)header_bytes),
                     RFT_OK);
    rft_str_finish(&all);
}

/* Tensors one behind another, in the order of the header: what was dropped leaves no gap. */
void rft_test_tensors_write(const char *path, struct rft_test_tensor_file *file)
{
    struct rft_str data = {0}, all = {0};
    const char *name;
    json_t *tensor;
    json_object_foreach(file->header, name, tensor)
    {
        json_t *offsets = json_object_get(tensor, "data_offsets");
        if (offsets == NULL)
            continue; /* __metadata__ */
        const size_t begin = (size_t)json_integer_value(json_array_get(offsets, 0));
        const size_t end = (size_t)json_integer_value(json_array_get(offsets, 1));
        const json_int_t at = (json_int_t)data.len;
        assert_int_equal(rft_str_append(&data, file->data.data + begin, end - begin), RFT_OK);
        json_object_set_new(tensor, "data_offsets", json_pack("[I, I]", at, (json_int_t)data.len));
    }
    char *header = json_dumps(file->header, JSON_COMPACT);
    assert_non_null(header);
    const uint64_t header_bytes = strlen(header);
    assert_int_equal(rft_str_append(&all, (const char *)&header_bytes, sizeof header_bytes), RFT_OK);
    assert_int_equal(rft_str_append_z(&all, header), RFT_OK);
    assert_int_equal(rft_str_append(&all, data.data, data.len), RFT_OK);
    rft_test_write_file(path, all.data, all.len);
    rft_free(header);
    rft_str_finish(&data);
    rft_str_finish(&all);
    rft_str_finish(&file->data);
    json_decref(file->header);
}

void rft_test_tensors_rename(struct rft_test_tensor_file *file, const char *from, const char *to)
{
    json_t *tensor = json_object_get(file->header, from);
    assert_non_null(tensor);
    assert_int_equal(json_object_set(file->header, to, tensor), 0);
    assert_int_equal(json_object_del(file->header, from), 0);
}

void rft_test_tensors_prefix(struct rft_test_tensor_file *file, const char *from, const char *to)
{
    json_t *renamed = json_object(), *tensor;
    const char *name;
    json_object_foreach(file->header, name, tensor)
    {
        char text[256];
        const bool is_renamed = strncmp(name, from, strlen(from)) == 0;
        snprintf(text, sizeof text, "%s%s", is_renamed ? to : "", is_renamed ? name + strlen(from) : name);
        assert_int_equal(json_object_set(renamed, text, tensor), 0);
    }
    json_decref(file->header);
    file->header = renamed;
}

void rft_test_tensors_drop(struct rft_test_tensor_file *file, const char *name)
{
    assert_int_equal(json_object_del(file->header, name), 0);
}

void rft_test_tensors_copy(struct rft_test_tensor_file *file, const char *name, const char *as)
{
    json_t *tensor = json_object_get(file->header, name);
    assert_non_null(tensor);
    assert_int_equal(json_object_set_new(file->header, as, json_deep_copy(tensor)), 0);
}
