/* SPDX-License-Identifier: MIT */
/* Choosing a device, and counting its memory. */
#include "support.h"
#include "wrap_backend.h"

#include <stdio.h>
#include <string.h>

static const struct rft_device_options one_thread = { .n_threads = 1 };

/* Two backends that only enumerate: `gpu` with a software device and two real ones, `empty` with none. */
static uint32_t opened_index;

static enum rft_status gpu_enumerate(struct rft_device_info *infos, uint32_t cap, uint32_t *n_infos)
{
    static const struct rft_device_info all[] = { { .name = "soft", .uuid = "00ff", .is_software = true },
                                                  { .name = "card one", .uuid = "01ff" },
                                                  { .name = "card two", .uuid = "02ff" } };
    for (uint32_t i = 0; i < 3 && i < cap; i++)
        infos[i] = all[i];
    *n_infos = 3;
    return RFT_OK;
}

static enum rft_status none_enumerate(struct rft_device_info *infos, uint32_t cap, uint32_t *n_infos)
{
    (void)infos;
    (void)cap;
    *n_infos = 0;
    return RFT_OK;
}

static enum rft_status fake_open(uint32_t index, const struct rft_device_options *options, struct rft_device **device)
{
    (void)options;
    opened_index = index;
    *device = NULL;
    return RFT_OK;
}

static void fake_close(struct rft_device *device)
{
    (void)device;
}

static void fake_caps(const struct rft_device *device, struct rft_caps *caps)
{
    (void)device;
    *caps = (struct rft_caps){ .align_bytes = 1 };
}

static const struct rft_backend gpu = {
    .name = "gpu", .enumerate = gpu_enumerate, .open = fake_open, .close = fake_close, .caps = fake_caps
};
static const struct rft_backend empty = {
    .name = "empty", .enumerate = none_enumerate, .open = fake_open, .close = fake_close, .caps = fake_caps
};

static void test_choice(void **state)
{
    static const struct rft_backend *const backends[] = { &empty, &gpu };
    static const struct {
        const char *backend, *device;
        const char *chosen; /* NULL: refused */
        const char *message;
    } cases[] = {
        { "auto", "", "card one", NULL },
        { "gpu", "", "soft", NULL },
        { "gpu", "2", "card two", NULL },
        { "gpu", "card two", "card two", NULL },
        { "auto", "02ff", "card two", NULL },
        { "auto", "soft", "soft", NULL },
        { "gpu", "card", NULL,
          "error: [device] backend = gpu, device = card: no such device; `rftgen devices` lists what there is\n" },
        { "gpu", "3", NULL,
          "error: [device] backend = gpu, device = 3: no such device; `rftgen devices` lists what there is\n" },
        { "empty", "", NULL,
          "error: [device] backend = empty, device = (any): no such device; `rftgen devices` lists what there is\n" },
        { "GPU", "", NULL,
          "error: [device] backend = GPU: this build has no such backend; it has: auto, empty, gpu\n" },
    };
    (void)state;
    rft_dev_override_backends(backends, 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_dev dev;
        rft_test_log_capture();
        enum rft_status status = rft_dev_open(cases[i].backend, cases[i].device, &one_thread, &dev);
        if (cases[i].chosen != NULL) {
            assert_int_equal(status, RFT_OK);
            assert_string_equal(dev.info.name, cases[i].chosen);
            assert_int_equal(dev.index, opened_index);
        } else {
            assert_int_equal(status, RFT_ERR_CONFIG);
            assert_string_equal(rft_test_log_text(), cases[i].message);
            assert_null(dev.backend);
        }
        rft_dev_close(&dev);
        rft_test_log_release();
    }
    rft_dev_override_backends(NULL, 0);
}

static void test_accounting(void **state)
{
    struct rft_wrap *wrap = rft_wrap_begin();
    struct rft_block a, b;
    struct rft_dev dev;
    uint64_t bytes;
    uint8_t out[16], in[16] = "fifteen letters";
    (void)state;
    assert_int_equal(rft_dev_open("cpu", "", &one_thread, &dev), RFT_OK);
    wrap->available_bytes = 12345;
    assert_int_equal(rft_dev_available(&dev, &bytes), RFT_OK);
    assert_int_equal(bytes, 12345);
    assert_int_equal(rft_dev_block_create(&dev, 1000, "a", &a), RFT_OK);
    assert_int_equal(rft_dev_block_create(&dev, 500, "b", &b), RFT_OK);
    assert_int_equal(dev.live_bytes, 1500);
    rft_dev_block_destroy(&dev, &a);
    rft_dev_block_destroy(&dev, &a); /* zero now: accepted */
    assert_int_equal(dev.live_bytes, 500);
    assert_int_equal(dev.peak_bytes, 1500);
    assert_int_equal(dev.n_live_blocks, 1);
    struct rft_slice slice = rft_slice_part((struct rft_slice){ &b, 100, 200 }, 8, sizeof in);
    assert_int_equal(slice.offset, 108);
    assert_int_equal(rft_slice_range(slice).address, b.address + 108);
    assert_int_equal(rft_dev_write(&dev, slice, in), RFT_OK);
    assert_int_equal(rft_dev_read(&dev, slice, out), RFT_OK);
    assert_memory_equal(in, out, sizeof in);
    slice.bytes = 0;
    assert_int_equal(rft_dev_write(&dev, slice, NULL), RFT_OK);
    assert_int_equal(rft_dev_read(&dev, slice, NULL), RFT_OK);
    rft_dev_block_destroy(&dev, &b);
    rft_dev_close(&dev);
    rft_wrap_end();
}

static void test_reopen(void **state)
{
    struct rft_wrap *wrap = rft_wrap_begin();
    struct rft_block block;
    struct rft_dev dev;
    (void)state;
    rft_test_log_capture();
    assert_int_equal(rft_dev_open("cpu", "", &one_thread, &dev), RFT_OK);
    assert_int_equal(rft_dev_block_create(&dev, 4096, "a", &block), RFT_OK);
    rft_dev_block_destroy(&dev, &block);
    wrap->fail_call = RFT_WRAP_BLOCK_CREATE;
    wrap->fail_status = RFT_ERR_DEVICE_LOST;
    wrap->fail_at = 2;
    assert_int_equal(rft_dev_block_create(&dev, 4096, "a", &block), RFT_ERR_DEVICE_LOST);
    assert_int_equal(rft_dev_block_create(&dev, 4096, "a", &block), RFT_ERR_DEVICE_LOST);
    assert_int_equal(dev.live_bytes, 0);
    assert_int_equal(rft_dev_reopen(&dev), RFT_OK);
    assert_int_equal(dev.peak_bytes, 4096);
    assert_int_equal(rft_dev_block_create(&dev, 100, "a", &block), RFT_OK);
    rft_dev_block_destroy(&dev, &block);
    wrap->fail_call = RFT_WRAP_OPEN;
    wrap->fail_status = RFT_ERR_DEVICE;
    wrap->fail_at = wrap->n_calls[RFT_WRAP_OPEN] + 1;
    assert_int_equal(rft_dev_reopen(&dev), RFT_ERR_DEVICE);
    assert_int_equal(rft_dev_reopen(&dev), RFT_OK);
    assert_int_equal(dev.peak_bytes, 4096);
    wrap->fail_at = wrap->n_calls[RFT_WRAP_OPEN] + 1;
    assert_int_equal(rft_dev_reopen(&dev), RFT_ERR_DEVICE);
    rft_dev_close(&dev); /* whatever is left of it */
    rft_test_log_release();
    rft_wrap_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_choice), cmocka_unit_test(test_accounting),
                                        cmocka_unit_test(test_reopen) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
