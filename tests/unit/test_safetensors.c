/* SPDX-License-Identifier: MIT */
#include "json.h"
#include "file.h"
#include "safetensors.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

#define DATA_BYTES 64

/* Writes a file of a header and 64 bytes of data and lists it. header_bytes 0: the header's own length. */
static enum rft_status list_text(const char *header, uint64_t header_bytes, struct rft_map *map,
                                 struct rft_tensor_list *list)
{
    char path[128];
    uint8_t file[4096];
    uint64_t n = header_bytes ? header_bytes : strlen(header);
    size_t len = 8 + strlen(header);
    assert_true(len + DATA_BYTES <= sizeof file);
    memcpy(file, &n, 8);
    memcpy(file + 8, header, strlen(header));
    for (uint8_t i = 0; i < DATA_BYTES; i++)
        file[len++] = i;
    snprintf(path, sizeof path, "%s/model.safetensors", rft_test_tmp_dir());
    rft_test_write_file(path, file, len);
    *list = (struct rft_tensor_list){0};
    assert_int_equal(rft_map_open(path, map), RFT_OK);
    return rft_safetensors_list(map, list);
}

static void test_good(void **state)
{
    (void)state;
    struct rft_map map;
    struct rft_tensor_list list;
    enum rft_status status =
        list_text("{\"__metadata__\":{\"format\":\"pt\"},"
                  "\"b\":{\"dtype\":\"F32\",\"shape\":[2,4],\"data_offsets\":[0,32]},"
                  "\"a\":{\"dtype\":\"BF16\",\"shape\":[3],\"data_offsets\":[32,38]},"
                  "\"empty\":{\"dtype\":\"F32\",\"shape\":[0,7],\"data_offsets\":[32,32]},"
                  "\"scalar\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[40,48]},"
                  "\"deep\":{\"dtype\":\"U8\",\"shape\":[1,2,1,2,1,2],\"data_offsets\":[48,56]}}   ",
                  0, &map, &list);
    assert_int_equal(status, RFT_OK);
    assert_int_equal(list.n, 5);
    assert_int_equal(rft_tensor_list_sort(&list), RFT_OK);
    const struct rft_listed_tensor *b = rft_tensor_list_find(&list, "b"), *a = rft_tensor_list_find(&list, "a");
    assert_int_equal(b->dtype, RFT_DTYPE_F32);
    assert_int_equal(b->n_dims, 2);
    assert_int_equal(b->dims[0], 2);
    assert_int_equal(b->dims[1], 4);
    assert_int_equal(b->bytes, 32);
    assert_int_equal(b->data[1], 1);
    assert_int_equal(a->dtype, RFT_DTYPE_BF16);
    assert_int_equal(a->data[0], 32);
    assert_int_equal(rft_tensor_list_find(&list, "scalar")->dtype, RFT_DTYPE_COUNT);
    assert_int_equal(rft_tensor_list_find(&list, "scalar")->n_dims, 0);
    assert_int_equal(rft_tensor_list_find(&list, "deep")->n_dims, 6);
    assert_null(rft_tensor_list_find(&list, "c"));
    rft_tensor_list_finish(&list);
    rft_map_close(&map);
}

#define T(dtype, shape, offsets) "{\"t.x\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}}"

static void test_bad(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        uint64_t header_bytes;
        const char *message;
    } cases[] = {
        {"{}", 67, "a header of 67 bytes"},
        {"{}", UINT64_MAX, "a header of 18446744073709551615 bytes"},
        {"{}", 200u << 20, "a header of"},
        {"[]", 0, "not a JSON object"},
        {"{\"t.x\":", 0, "model.safetensors:1:"},
        {"{\"t.x\":1,\"t.x\":2}", 0, "duplicate"},
        {"{\"t.x\":1}", 0, "t.x: dtype (none)"},
        {T("\"Q9\"", "[4]", "[0,16]"), 0, "t.x: dtype Q9 is not known"},
        {T("\"F32\"", "4", "[0,16]"), 0, "t.x: shape"},
        {T("\"F32\"", "[-4]", "[0,16]"), 0, "t.x: shape"},
        {T("\"F32\"", "[4.0]", "[0,16]"), 0, "t.x: shape"},
        {T("\"F32\"", "[4294967296,4294967296]", "[0,0]"), 0, "t.x: shape"},
        {T("\"F32\"", "[4611686018427387904]", "[0,0]"), 0, "t.x: shape, dtype and data_offsets disagree"},
        {T("\"F32\"", "[4]", "[0,15]"), 0, "disagree"},
        {T("\"F32\"", "[4]", "[0]"), 0, "t.x: data_offsets"},
        {T("\"F32\"", "[4]", "[16,0]"), 0, "t.x: data_offsets"},
        {T("\"F32\"", "[4]", "[-16,0]"), 0, "t.x: data_offsets"},
        {T("\"F32\"", "[4]", "{\"0\":0,\"1\":16}"), 0, "t.x: data_offsets"},
        {T("\"F32\"", "[4]", "[52,68]"), 0, "t.x: its bytes lie beyond"},
        {T("\"F32\"", "[4]", "[9223372036854775800,9223372036854775807]"), 0, "t.x: its bytes lie beyond"},
        {"{\"u\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]},"
         "\"v\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[12,28]}}",
         0, "u and v overlap"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rft_map map;
        struct rft_tensor_list list;
        uint64_t n_live = rft_alloc_n_live();
        rft_test_log_capture();
        enum rft_status status = list_text(cases[i].header, cases[i].header_bytes, &map, &list);
        const char *text = rft_test_log_text();
        if (status == RFT_OK || strstr(text, cases[i].message) == NULL || strchr(text, '\n') != strrchr(text, '\n'))
            fail_msg("case %zu: status %d, log \"%s\"", i, (int)status, text);
        rft_test_log_release();
        rft_tensor_list_finish(&list);
        rft_map_close(&map);
        assert_int_equal(rft_alloc_n_live(), n_live);
    }
}

/* Every file that ends too early is refused. */
static void test_cut(void **state)
{
    (void)state;
    static const char header[] = T("\"F32\"", "[4]", "[48,64]");
    uint8_t file[8 + sizeof header - 1 + DATA_BYTES] = {sizeof header - 1};
    char path[128];
    memcpy(file + 8, header, sizeof header - 1);
    snprintf(path, sizeof path, "%s/cut.safetensors", rft_test_tmp_dir());
    rft_test_log_capture();
    for (size_t n = 0; n <= sizeof file; n++) {
        struct rft_map map;
        struct rft_tensor_list list = {0};
        rft_test_write_file(path, file, n);
        assert_int_equal(rft_map_open(path, &map), RFT_OK);
        assert_int_equal(rft_safetensors_list(&map, &list) == RFT_OK, n == sizeof file);
        rft_tensor_list_finish(&list);
        rft_map_close(&map);
    }
    rft_test_log_release();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_cut),
    };
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
