/* SPDX-License-Identifier: MIT */
/* Memory and replay of every device of every backend: blocks come zeroed and keep what is written, n replays are one
 * replay n times, and nothing wears out. */
#include "call_runner.h"

#include <string.h>

static void on_every_device(void (*check)(const struct rft_backend *backend, uint32_t index))
{
    static struct rft_test_device devices[RFT_TEST_DEVICES_MAX];
    uint32_t n = rft_test_devices(devices);
    assert_true(n > 0);
    for (uint32_t i = 0; i < n; i++)
        check(devices[i].backend, devices[i].index);
}

static struct rft_device *open_device(const struct rft_backend *backend, uint32_t index)
{
    const struct rft_device_options options = {.n_threads = 2, .is_unchecked = true};
    struct rft_device *device = NULL;
    assert_int_equal(backend->open(index, &options, &device), RFT_OK);
    assert_non_null(device);
    return device;
}

static void check_blocks(const struct rft_backend *backend, uint32_t index)
{
    static const uint64_t sizes[] = {1, 64, 4097, (3u << 20) + 5};
    struct rft_device *device = open_device(backend, index);
    struct rft_caps caps;
    backend->caps(device, &caps);
    for (uint32_t turn = 0; turn < 3; turn++) {
        struct rft_block blocks[4];
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(backend->block_create(device, sizes[i], RFT_PLACE_DEVICE, "test", &blocks[i]), RFT_OK);
            assert_true(blocks[i].bytes == sizes[i] && blocks[i].address % caps.align_bytes == 0);
        }
        for (size_t i = 0; i < 4; i++) {
            const size_t n = (size_t)sizes[i], part = n / 3;
            uint8_t *bytes = rft_alloc(n, 1), *zeros = rft_alloc(n, 1);
            assert_int_equal(backend->read(device, (struct rft_slice){&blocks[i], 0, n}, bytes), RFT_OK);
            assert_memory_equal(bytes, zeros, n);
            memset(bytes, 0xd7 + (int)i, n);
            assert_int_equal(backend->write(device, (struct rft_slice){&blocks[i], part, n - part}, bytes), RFT_OK);
            assert_int_equal(backend->read(device, (struct rft_slice){&blocks[i], 0, n}, zeros), RFT_OK);
            for (size_t at = 0; at < n; at++)
                assert_int_equal(zeros[at], at < part ? 0 : (uint8_t)(0xd7 + (int)i));
            rft_free(bytes);
            rft_free(zeros);
        }
        for (size_t i = 0; i < 4; i++) {
            backend->block_destroy(device, &blocks[i]);
            assert_null(blocks[i].handle);
        }
    }
    backend->block_destroy(device, NULL);
    backend->close(device);
    backend->close(NULL);
}

static void test_blocks(void **state)
{
    (void)state;
    on_every_device(check_blocks);
}

/* What does not fit is refused, with the reason logged and the block left empty. */
static void check_too_large(const struct rft_backend *backend, uint32_t index)
{
    struct rft_device *device = open_device(backend, index);
    struct rft_block block;
    assert_int_equal(backend->block_create(device, UINT64_MAX / 2, RFT_PLACE_DEVICE, "a huge block", &block),
                     RFT_ERR_DEVICE_MEMORY);
    assert_true(block.address == 0 && block.bytes == 0 && block.handle == NULL);
    backend->close(device);
}

static void test_too_large(void **state)
{
    (void)state;
    rft_test_log_capture();
    on_every_device(check_too_large);
    assert_non_null(strstr(rft_test_log_text(), "a huge block"));
    rft_test_log_release();
}

/* An op whose result depends on how often it ran: x = x + w y. */
static const struct rft_kernel_case *adding_case(void)
{
    for (uint32_t i = 0; i < n_kernel_cases; i++)
        if (kernel_cases[i].op == RFT_OP_residual && kernel_cases[i].rows > 4 &&
            kernel_cases[i].values == RFT_VALUES_PLAIN)
            return &kernel_cases[i];
    return NULL;
}

/* n replays are the node run n times. */
static void check_replays(const struct rft_backend *backend, uint32_t index)
{
    struct rft_call_runner r;
    const struct rft_kernel_case *c = adding_case();
    assert_non_null(c);
    rft_call_runner_open(&r, backend, index, 2);
    rft_call_runner_build(&r, c, true);
    for (uint32_t i = 1; i < 7; i++)
        cpu_reference_run(&r.expected.node);
    rft_call_runner_run(&r, 7);
    assert_true(rft_call_runner_is_right(&r));
    rft_call_runner_run(&r, 6);
    assert_false(rft_call_runner_is_right(&r));
    rft_call_runner_close(&r);
}

static void test_replays(void **state)
{
    (void)state;
    on_every_device(check_replays);
}

static void check_open_close(const struct rft_backend *backend, uint32_t index)
{
    const uint64_t n_live = rft_alloc_n_live();
    for (uint32_t turn = 0; turn < 50; turn++) {
        struct rft_device *device = open_device(backend, index);
        struct rft_block block;
        struct rft_memory memory;
        assert_int_equal(backend->block_create(device, 1 << 20, RFT_PLACE_DEVICE, "test", &block), RFT_OK);
        assert_int_equal(backend->memory(device, &memory), RFT_OK);
        assert_true(memory.total_bytes >= memory.available_bytes);
        backend->block_destroy(device, &block);
        backend->close(device);
    }
    assert_int_equal(rft_alloc_n_live(), n_live);
}

static void test_open_close(void **state)
{
    (void)state;
    on_every_device(check_open_close);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_replays),
        cmocka_unit_test(test_open_close),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
