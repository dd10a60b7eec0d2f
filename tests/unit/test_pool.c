/* SPDX-License-Identifier: MIT */
/* What was measured is what is allocated, buffer by buffer, however small the device's blocks are. */
#include "support.h"
#include "wrap_backend.h"

#include "pool.h"

#include <stdlib.h>
#include <string.h>

#define N_TAKES_MAX 40u

static uint64_t rounded(uint64_t n, uint64_t align)
{
    return (n + align - 1) / align * align;
}

struct takes {
    uint64_t bytes[N_TAKES_MAX];
    uint32_t n;
};

static enum rft_status take_all(struct rft_pool *pool, const struct takes *takes, struct rft_slice *slices)
{
    for (uint32_t i = 0; i < takes->n; i++)
        RFT_TRY(rft_pool_take(pool, takes->bytes[i], &slices[i]));
    return RFT_OK;
}

static void check_slices(const struct takes *takes, const struct rft_slice *slices, uint32_t align)
{
    for (uint32_t i = 0; i < takes->n; i++) {
        const struct rft_slice *a = &slices[i];
        assert_non_null(a->block);
        assert_int_equal(a->bytes, takes->bytes[i]);
        assert_int_equal(a->offset % align, 0);
        assert_true(a->offset + a->bytes <= a->block->bytes);
        for (uint32_t j = 0; j < i; j++) {
            const struct rft_slice *b = &slices[j];
            if (a->block == b->block && a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes)
                fail_msg("buffers %u and %u share bytes", i, j);
            if (a->block == b->block && a->offset == b->offset)
                fail_msg("buffers %u and %u have one address", i, j);
        }
    }
}

/* Measures, opens, takes for real, and looks at everything. */
static void check_pool(const struct takes *takes, uint64_t block_bytes_max, uint32_t align)
{
    struct rft_wrap *wrap = rft_wrap_begin();
    const struct rft_device_options options = {.n_threads = 1};
    struct rft_slice measured[N_TAKES_MAX], real[N_TAKES_MAX], found_nowhere;
    struct rft_pool pool;
    struct rft_dev dev;
    uint64_t bytes;
    wrap->caps.block_bytes_max = block_bytes_max;
    wrap->caps.align_bytes = align;
    assert_int_equal(rft_dev_open("cpu", "", &options, &dev), RFT_OK);
    rft_pool_begin(&pool, "test", &dev.caps);
    assert_int_equal(take_all(&pool, takes, measured), RFT_OK);
    bytes = rft_pool_bytes(&pool);
    assert_int_equal(rft_pool_open(&pool, &dev), RFT_OK);
    assert_int_equal(wrap->live_bytes, bytes);
    assert_int_equal(dev.live_bytes, bytes);
    assert_int_equal(take_all(&pool, takes, real), RFT_OK);
    assert_int_equal(rft_pool_bytes(&pool), bytes);
    check_slices(takes, real, align);
    for (uint32_t i = 0; i < takes->n; i++) {
        struct rft_slice found;
        uint64_t before = 0;
        for (const struct rft_block *block = pool.blocks; block < real[i].block; block++)
            before += block->bytes;
        assert_null(measured[i].block);
        assert_int_equal(measured[i].offset, before + real[i].offset);
        assert_true(rft_pool_find(&pool, rft_slice_range(real[i]), &found));
        assert_true(found.block == real[i].block && found.offset == real[i].offset && found.bytes == real[i].bytes);
    }
    assert_false(rft_pool_find(&pool, (struct rft_range){1, 1}, &found_nowhere));
    rft_pool_close(&pool);
    rft_pool_close(&pool);
    assert_int_equal(dev.live_bytes, 0);
    assert_int_equal(dev.peak_bytes, bytes);
    rft_dev_close(&dev);
    rft_wrap_end();
}

static void test_cases(void **state)
{
    static const struct {
        uint64_t block_bytes_max;
        uint32_t align;
        struct takes takes;
    } cases[] = {
        {UINT64_MAX, 64, {{1, 2, 3, 1000}, 4}},
        {UINT64_MAX, 256, {{0, 0, 0}, 3}},
        {4096, 64, {{4096, 1, 4096, 1}, 4}},
        {4096, 64, {{4000, 64, 96, 65}, 4}},
        {1000, 64, {{1000, 990, 10, 1000, 960, 40, 41}, 7}}, /* no multiple of the alignment */
        {64, 64, {{64, 1, 63, 0, 64}, 5}},
        {128, 16, {{8, 8, 8, 8, 100, 100, 28, 1}, 8}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_pool(&cases[i].takes, cases[i].block_bytes_max, cases[i].align);
}

static void test_random(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < 200; round++) {
        struct takes takes = {.n = 1 + (uint32_t)rand() % N_TAKES_MAX};
        uint32_t align = 16u << rand() % 5;
        uint64_t block_bytes_max = 512 + (uint64_t)(rand() % 4096);
        for (uint32_t i = 0; i < takes.n; i++)
            takes.bytes[i] = (uint64_t)rand() % (block_bytes_max + 1);
        check_pool(&takes, block_bytes_max, align);
    }
}

static void test_one_block_is_filled(void **state)
{
    const struct rft_caps caps = {.block_bytes_max = UINT64_MAX, .align_bytes = 64};
    struct rft_pool pool;
    struct rft_slice slice;
    uint64_t sum = 0;
    (void)state;
    rft_pool_begin(&pool, "test", &caps);
    for (uint64_t bytes = 1; bytes < 300; bytes += 7) {
        assert_int_equal(rft_pool_take(&pool, bytes, &slice), RFT_OK);
        assert_int_equal(slice.offset, sum);
        sum += rounded(bytes, 64);
        assert_int_equal(rft_pool_bytes(&pool), sum);
    }
    assert_int_equal(pool.n_blocks, 1);
    rft_pool_close(&pool);
}

/* A measured pool says whether a device can have it; one that it cannot is not opened. */
static void test_refusals(void **state)
{
    const struct rft_caps caps = {.block_bytes_max = 1024, .align_bytes = 64};
    struct rft_pool pool;
    struct rft_slice slice;
    struct rft_dev none = {0};
    (void)state;
    rft_pool_begin(&pool, "weights", &caps);
    assert_int_equal(rft_pool_take(&pool, 1024, &slice), RFT_OK);
    assert_true(rft_pool_fits(&pool));
    assert_int_equal(rft_pool_take(&pool, 1025, &slice), RFT_OK);
    assert_false(rft_pool_fits(&pool));
    assert_int_equal(rft_pool_take(&pool, 3000, &slice), RFT_OK);
    assert_int_equal(rft_pool_take(&pool, 10, &slice), RFT_OK);
    assert_int_equal(rft_pool_bytes(&pool), 1024 + rounded(1025, 64) + rounded(3000, 64) + 64);
    rft_test_log_capture();
    assert_int_equal(rft_pool_open(&pool, &none), RFT_ERR_UNSUPPORTED);
    assert_string_equal(
        rft_test_log_text(),
        "error: weights: a buffer of 3000 bytes does not fit into this device's blocks of 1024 bytes\n");
    rft_test_log_release();

    rft_pool_begin(&pool, "weights", &caps);
    for (uint32_t i = 0; i < RFT_POOL_BLOCKS_MAX; i++)
        assert_int_equal(rft_pool_take(&pool, 1024, &slice), RFT_OK);
    assert_true(rft_pool_fits(&pool));
    assert_int_equal(rft_pool_take(&pool, 1024, &slice), RFT_OK);
    assert_false(rft_pool_fits(&pool));
    rft_test_log_capture();
    assert_int_equal(rft_pool_open(&pool, &none), RFT_ERR_UNSUPPORTED);
    assert_non_null(strstr(rft_test_log_text(), "more than 256 of this device's blocks"));
    rft_test_log_release();
}

/* The third block does not come: the first two are given back. */
static void test_open_fails(void **state)
{
    struct rft_wrap *wrap = rft_wrap_begin();
    const struct rft_device_options options = {.n_threads = 1};
    struct rft_pool pool;
    struct rft_slice slice;
    struct rft_dev dev;
    (void)state;
    rft_test_log_capture();
    wrap->caps.block_bytes_max = 1024;
    wrap->fail_call = RFT_WRAP_BLOCK_CREATE;
    wrap->fail_status = RFT_ERR_DEVICE_MEMORY;
    wrap->fail_at = 3;
    assert_int_equal(rft_dev_open("cpu", "", &options, &dev), RFT_OK);
    rft_pool_begin(&pool, "test", &dev.caps);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(rft_pool_take(&pool, 1000, &slice), RFT_OK);
    assert_int_equal(rft_pool_open(&pool, &dev), RFT_ERR_DEVICE_MEMORY);
    assert_int_equal(wrap->n_blocks, 0);
    assert_int_equal(dev.live_bytes, 0);
    rft_pool_close(&pool);
    rft_dev_close(&dev);
    rft_test_log_release();
    rft_wrap_end();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),    cmocka_unit_test(test_random),     cmocka_unit_test(test_one_block_is_filled),
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_open_fails),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
