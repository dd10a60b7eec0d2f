/* SPDX-License-Identifier: MIT */
#include "gguf.h"
#include "gguf_values.h"
#include "file.h"
#include "gguf_builder.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

enum { U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 };

static void open_bytes(const struct rft_str *file, struct rft_map *map)
{
    char path[128];
    snprintf(path, sizeof path, "%s/model.gguf", rft_test_tmp_dir());
    rft_test_write_file(path, file->data, file->len);
    assert_int_equal(rft_map_open(path, map), RFT_OK);
}

/* Every type of value, arrays, a nested array, two tensors. */
static void build_good(struct rft_str *file)
{
    static const int16_t small = -5;
    static const int64_t large = -1;
    static const double precise = 0.1;
    static const uint16_t shorts[3] = {7, 8, 65535};
    static const float floats[2] = {1.5f, -2.25f};
    rft_test_gguf_begin(file, 3, 2, 13);
    rft_test_gguf_u32(file, "u32", 4000000000u);
    rft_test_gguf_f32(file, "f32", 0.5f);
    rft_test_gguf_bool(file, "yes", true);
    rft_test_gguf_text(file, "text", "llama");
    rft_test_gguf_key(file, "i16", I16);
    rft_test_gguf_raw(file, &small, 2);
    rft_test_gguf_key(file, "i64", I64);
    rft_test_gguf_raw(file, &large, 8);
    rft_test_gguf_key(file, "f64", F64);
    rft_test_gguf_raw(file, &precise, 8);
    rft_test_gguf_key(file, "u8", U8);
    rft_test_gguf_raw(file, "\xff", 1);
    rft_test_gguf_array(file, "strings", STRING, 3);
    rft_test_gguf_string(file, "a");
    rft_test_gguf_string(file, "");
    rft_test_gguf_string(file, "ccc");
    rft_test_gguf_array(file, "u16s", U16, 3);
    rft_test_gguf_raw(file, shorts, sizeof shorts);
    rft_test_gguf_array(file, "f32s", F32, 2);
    rft_test_gguf_raw(file, floats, sizeof floats);
    rft_test_gguf_array(file, "nested", ARRAY, 2);
    for (int i = 0; i < 2; i++) {
        rft_test_gguf_word(file, STRING);
        rft_test_gguf_long(file, 1);
        rft_test_gguf_string(file, "inner");
    }
    rft_test_gguf_u32(file, "general.alignment", 64);
    rft_test_gguf_tensor(file, "x", 2, (uint64_t[]){8, 3}, 0, 0);
    rft_test_gguf_tensor(file, "y", 1, (uint64_t[]){4}, 99, 128);
    rft_test_gguf_align(file, 64);
}

static void test_values(void **state)
{
    (void)state;
    struct rft_str file = {0};
    struct rft_map map;
    struct rft_gguf *gguf;
    uint64_t n = 1;
    double x = 1;
    bool yes = false;
    struct rft_bytes text = rft_bytes_z("kept");
    build_good(&file);
    open_bytes(&file, &map);
    assert_int_equal(rft_gguf_parse(&map, &gguf), RFT_OK);
    assert_true(rft_gguf_get_u64(gguf, "u32", &n) && n == 4000000000u);
    assert_true(rft_gguf_get_u64(gguf, "u8", &n) && n == 255);
    assert_false(rft_gguf_get_u64(gguf, "i16", &n) || rft_gguf_get_u64(gguf, "i64", &n)); /* negative */
    assert_false(rft_gguf_get_u64(gguf, "f32", &n) || rft_gguf_get_u64(gguf, "absent", &n));
    assert_false(rft_gguf_get_u64(gguf, "u16s", &n) || rft_gguf_get_u64(gguf, "yes", &n));
    assert_int_equal(n, 255); /* left alone */
    assert_true(rft_gguf_get_double(gguf, "f32", &x) && x == 0.5);
    assert_true(rft_gguf_get_double(gguf, "f64", &x) && x == 0.1);
    assert_false(rft_gguf_get_double(gguf, "u32", &x));
    assert_true(rft_gguf_get_bool(gguf, "yes", &yes) && yes);
    assert_false(rft_gguf_get_bool(gguf, "u8", &yes));
    assert_false(rft_gguf_get_string(gguf, "strings", &text) || rft_gguf_get_string(gguf, "tex", &text));
    assert_true(rft_bytes_equal(text, rft_bytes_z("kept")));
    assert_true(rft_gguf_get_string(gguf, "text", &text) && rft_bytes_equal(text, rft_bytes_z("llama")));
    assert_true(rft_gguf_has(gguf, "nested") && !rft_gguf_has(gguf, "nest"));
    assert_true(rft_gguf_get_array(gguf, "strings", &n) && n == 3);
    assert_true(rft_gguf_array_string(gguf, "strings", 2, &text) && rft_bytes_equal(text, rft_bytes_z("ccc")));
    assert_true(rft_gguf_array_string(gguf, "strings", 1, &text) && text.len == 0);
    assert_false(rft_gguf_array_string(gguf, "strings", 3, &text) || rft_gguf_array_string(gguf, "u16s", 0, &text));
    assert_false(rft_gguf_array_string(gguf, "nested", 0, &text) || rft_gguf_array_string(gguf, "text", 0, &text));
    assert_true(rft_gguf_array_u64(gguf, "u16s", 2, &n) && n == 65535);
    assert_true(rft_gguf_array_double(gguf, "f32s", 1, &x) && x == -2.25);
    assert_false(rft_gguf_array_double(gguf, "f32s", 2, &x) || rft_gguf_array_u64(gguf, "f32s", 0, &n));
    assert_int_equal(rft_gguf_n_tensors(gguf), 2);
    const struct rft_gguf_tensor *tensor = rft_gguf_tensor_at(gguf, 1);
    assert_true(rft_bytes_equal(tensor->name, rft_bytes_z("y")));
    assert_true(tensor->n_dims == 1 && tensor->dims[0] == 4 && tensor->type == 99 && tensor->offset == 128);
    assert_int_equal(rft_gguf_data_offset(gguf), file.len);
    rft_gguf_destroy(gguf);
    rft_map_close(&map);
    rft_str_finish(&file);
}

static enum rft_status parse_and_drop(void *map)
{
    struct rft_gguf *gguf;
    enum rft_status status = rft_gguf_parse(map, &gguf);
    assert_true((status == RFT_OK) == (gguf != NULL));
    rft_gguf_destroy(gguf);
    return status;
}

static void test_alloc_faults(void **state)
{
    (void)state;
    struct rft_str file = {0};
    struct rft_map map;
    build_good(&file);
    open_bytes(&file, &map);
    assert_true(rft_test_alloc_faults(parse_and_drop, &map) >= 4);
    rft_map_close(&map);
    rft_str_finish(&file);
}

/* A file cut anywhere before its table of tensors ends is refused; the memory asked stays below the file's size times
 * a small number, whatever the counts say. */
static void test_cut(void **state)
{
    (void)state;
    struct rft_str file = {0};
    struct rft_map map;
    build_good(&file);
    open_bytes(&file, &map);
    rft_test_log_capture();
    for (uint64_t n = 0; n < map.bytes - 64; n++) {
        struct rft_map cut = {.data = map.data, .bytes = n, .path = map.path};
        struct rft_gguf *gguf;
        if (rft_gguf_parse(&cut, &gguf) == RFT_OK)
            fail_msg("cut to %llu bytes, accepted", (unsigned long long)n);
        assert_null(gguf);
    }
    rft_test_log_release();
    rft_map_close(&map);
    rft_str_finish(&file);
}

static void bad_magic(struct rft_str *file)
{
    rft_test_gguf_raw(file, "GGML\3\0\0\0", 8);
}
static void bad_version(struct rft_str *file)
{
    rft_test_gguf_begin(file, 2, 0, 0);
}
static void big_endian(struct rft_str *file)
{
    rft_test_gguf_begin(file, 0x03000000, 0, 0);
}
static void many_tensors(struct rft_str *file)
{
    rft_test_gguf_begin(file, 3, UINT64_MAX, 0);
}
static void many_entries(struct rft_str *file)
{
    rft_test_gguf_begin(file, 3, 0, UINT64_MAX / 4);
}
static void long_string(struct rft_str *file)
{
    rft_test_gguf_begin(file, 3, 0, 1);
    rft_test_gguf_long(file, UINT64_MAX - 10);
    rft_test_gguf_raw(file, "0123456789abcdef", 16);
}
static void long_array(struct rft_str *file)
{
    rft_test_gguf_begin(file, 3, 0, 1);
    rft_test_gguf_array(file, "k", U64, UINT64_MAX / 8 + 2); /* 8 n wraps round to 8 */
    rft_test_gguf_long(file, 0);
}
static void many_strings(struct rft_str *file)
{
    rft_test_gguf_begin(file, 3, 0, 1);
    rft_test_gguf_array(file, "k", STRING, 1ull << 61);
    rft_test_gguf_long(file, 0);
}
static void deep(struct rft_str *file)
{
    rft_test_gguf_begin(file, 3, 0, 1);
    rft_test_gguf_array(file, "k", ARRAY, 1);
    for (int i = 0; i < 10; i++) {
        rft_test_gguf_word(file, ARRAY);
        rft_test_gguf_long(file, 1);
    }
}
static void unknown_type(struct rft_str *file)
{
    rft_test_gguf_begin(file, 3, 0, 1);
    rft_test_gguf_key(file, "k", 13);
    rft_test_gguf_long(file, 0);
}
static void unknown_element(struct rft_str *file)
{
    rft_test_gguf_begin(file, 3, 0, 1);
    rft_test_gguf_array(file, "k", 13, 1);
    rft_test_gguf_long(file, 0);
}
static void bad_bool(struct rft_str *file)
{
    rft_test_gguf_begin(file, 3, 0, 1);
    rft_test_gguf_key(file, "k", BOOL);
    rft_test_gguf_raw(file, "\2", 1);
}
static void same_key(struct rft_str *file)
{
    rft_test_gguf_begin(file, 3, 0, 3);
    rft_test_gguf_u32(file, "k", 1);
    rft_test_gguf_u32(file, "j", 1);
    rft_test_gguf_u32(file, "k", 1);
}
static void bad_alignment(struct rft_str *file)
{
    rft_test_gguf_begin(file, 3, 0, 1);
    rft_test_gguf_u32(file, "general.alignment", 0);
}
static void odd_alignment(struct rft_str *file)
{
    rft_test_gguf_begin(file, 3, 0, 1);
    rft_test_gguf_u32(file, "general.alignment", 48);
}
static void text_alignment(struct rft_str *file)
{
    rft_test_gguf_begin(file, 3, 0, 1);
    rft_test_gguf_text(file, "general.alignment", "32");
}
static void odd_offset(struct rft_str *file)
{
    rft_test_gguf_begin(file, 3, 1, 0);
    rft_test_gguf_tensor(file, "t", 1, (uint64_t[]){4}, 0, 16);
}
static void five_dims(struct rft_str *file)
{
    rft_test_gguf_begin(file, 3, 1, 0);
    rft_test_gguf_tensor(file, "t", 5, (uint64_t[]){4, 1, 1, 1, 1}, 0, 0);
}

static void test_bad(void **state)
{
    (void)state;
    static const struct {
        void (*build)(struct rft_str *file);
        const char *message;
    } cases[] = {
        {bad_magic, "not a GGUF file"},
        {bad_version, "GGUF version 2 is not supported"},
        {big_endian, "a big-endian file"},
        {many_tensors, "counts are too high"},
        {many_entries, "counts are too high"},
        {long_string, "ends inside a key"},
        {long_array, "ends inside an array"},
        {many_strings, "ends inside an array of strings"},
        {deep, "key k: arrays are nested too deep"},
        {unknown_type, "key k: unknown type"},
        {unknown_element, "key k: unknown type of array elements"},
        {bad_bool, "key k: a boolean"},
        {same_key, "key k: stands in the file twice"},
        {bad_alignment, "general.alignment: must be a power of two"},
        {odd_alignment, "general.alignment: must be a power of two"},
        {text_alignment, "general.alignment: must be an integer"},
        {odd_offset, "tensor t: offset 16 is not a multiple"},
        {five_dims, "tensor t: 5 dimensions"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rft_str file = {0};
        struct rft_map map;
        cases[i].build(&file);
        rft_test_gguf_raw(&file, (uint8_t[64]){0}, 64); /* so that a count fails as itself, not as a short file */
        open_bytes(&file, &map);
        rft_test_log_capture();
        enum rft_status status = parse_and_drop(&map);
        const char *text = rft_test_log_text();
        if (status == RFT_OK || strstr(text, cases[i].message) == NULL || strchr(text, '\n') != strrchr(text, '\n'))
            fail_msg("case %zu: status %d, log \"%s\"", i, (int)status, text);
        rft_test_log_release();
        rft_map_close(&map);
        rft_str_finish(&file);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_alloc_faults),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_bad),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
