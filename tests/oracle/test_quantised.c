/* SPDX-License-Identifier: MIT */
/* Blocks of every quantised format against the elements that the gguf package makes of them, bit for bit (fixtures by
 * make_quantised.py). */
#include "dtype.h"
#include "file.h"
#include "support.h"

#include <string.h>

#define NAME_BYTES 8

static enum rft_dtype dtype_of(const char *name)
{
    for (uint32_t i = 0; i < RFT_DTYPE_COUNT; i++)
        if (strcmp(name, rft_dtype_name((enum rft_dtype)i)) == 0)
            return (enum rft_dtype)i;
    fail_msg("%s is not read", name);
    return RFT_DTYPE_COUNT;
}

/* One format's record; returns the bytes behind it. */
static const char *check_format(const char *at, const char *end)
{
    char name[NAME_BYTES + 1] = {0};
    uint32_t n_blocks;
    float element;
    assert_true((size_t)(end - at) > NAME_BYTES + sizeof n_blocks);
    memcpy(name, at, NAME_BYTES);
    memcpy(&n_blocks, at + NAME_BYTES, sizeof n_blocks);
    const enum rft_dtype dtype = dtype_of(name);
    const uint32_t n = n_blocks * rft_dtype_block_elements(dtype);
    const uint8_t *blocks = (const uint8_t *)at + NAME_BYTES + sizeof n_blocks;
    const uint8_t *wanted = blocks + n_blocks * rft_dtype_block_bytes(dtype);
    assert_true((size_t)(end - (const char *)wanted) >= n * sizeof element);
    float *got = rft_alloc(n, sizeof *got);
    assert_non_null(got);
    rft_dtype_to_f32(dtype, blocks, n, got);
    for (uint32_t i = 0; i < n; i++) {
        memcpy(&element, wanted + i * sizeof element, sizeof element);
        if (RFT_BITS(got[i]) != RFT_BITS(element))
            fail_msg("%s: element %u is %a instead of %a", name, i, (double)got[i], (double)element);
    }
    rft_free(got);
    return (const char *)wanted + n * sizeof element;
}

static void test_all(void **state)
{
    (void)state;
    struct rft_str file;
    uint32_t n_formats = 0;
    assert_int_equal(rft_file_read(rft_test_path("tests/oracle/data/quantised.bin"), 1u << 20, &file), RFT_OK);
    for (const char *at = file.data; at != file.data + file.len; n_formats++)
        at = check_format(at, file.data + file.len);
    for (uint32_t i = 0; i < RFT_DTYPE_COUNT; i++)
        n_formats -= rft_dtype_quant((enum rft_dtype)i) != NULL;
    assert_int_equal(n_formats, 0);
    rft_str_finish(&file);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all)};
    return RFT_TEST_RUN(tests, NULL, NULL);
}
