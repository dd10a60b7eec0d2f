/* SPDX-License-Identifier: MIT */
/* Choosing a device, and counting its memory. */
#include "support.h"
#include "command.h"
#include "job.h"
#include "wrap_backend.h"

#include <stdio.h>
#include <string.h>

static const struct rft_device_options one_thread = {.n_threads = 1};

/* Two backends that only enumerate: `gpu` with a software device and two real ones, `empty` with none. */
static uint32_t opened_index;

static enum rft_status gpu_enumerate(struct rft_device_info *infos, uint32_t cap, uint32_t *n_infos)
{
    static const struct rft_device_info all[] = {{.name = "soft", .uuid = "00ff", .is_software = true},
                                                 {.name = "card one", .uuid = "01ff"},
                                                 {.name = "card two", .uuid = "02ff"}};
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
    *caps = (struct rft_caps){.align_bytes = 1};
}

static const char *why_empty(void)
{
    return "no driver is installed";
}

/* A backend with a device that lacks something, then one that does not. */
static enum rft_status old_enumerate(struct rft_device_info *infos, uint32_t cap, uint32_t *n_infos)
{
    static const struct rft_device_info all[] = {{.name = "Old card", .missing = "timelineSemaphore"},
                                                 {.name = "Older CARD", .missing = "bufferDeviceAddress"},
                                                 {.name = "New card"}};
    for (uint32_t i = 0; i < 3 && i < cap; i++)
        infos[i] = all[i];
    *n_infos = 3;
    return RFT_OK;
}

static enum rft_status lacking_enumerate(struct rft_device_info *infos, uint32_t cap, uint32_t *n_infos)
{
    RFT_TRY(old_enumerate(infos, cap, n_infos));
    *n_infos = 2;
    return RFT_OK;
}

static enum rft_status soft_enumerate(struct rft_device_info *infos, uint32_t cap, uint32_t *n_infos)
{
    RFT_TRY(gpu_enumerate(infos, cap, n_infos));
    *n_infos = 1;
    return RFT_OK;
}

static enum rft_status failing_open(uint32_t index, const struct rft_device_options *options,
                                    struct rft_device **device)
{
    (void)index;
    (void)options;
    *device = NULL;
    return RFT_ERR_DEVICE;
}

#define FAKE(label, list) .name = label, .enumerate = list, .open = fake_open, .close = fake_close, .caps = fake_caps
static const struct rft_backend gpu = {FAKE("gpu", gpu_enumerate)};
static const struct rft_backend empty = {FAKE("empty", none_enumerate)};
static const struct rft_backend none = {FAKE("none", none_enumerate), .why_none = why_empty};
static const struct rft_backend old = {FAKE("old", old_enumerate)};
static const struct rft_backend lacking = {FAKE("lacking", lacking_enumerate)};
static const struct rft_backend soft = {FAKE("soft", soft_enumerate)};
static const struct rft_backend failing = {
    .name = "failing", .enumerate = gpu_enumerate, .open = failing_open, .close = fake_close, .caps = fake_caps};

struct choice_case {
    const char *backend, *device;
    const char *chosen; /* NULL: refused */
    const char *message;
};

/* What was logged, infos included. */
static char said[2000];

static void keep_line(void *user, enum rft_log_level level, const char *line)
{
    size_t n = strlen(said);
    (void)user;
    if (level <= RFT_LOG_INFO)
        snprintf(said + n, sizeof said - n, "%s\n", line);
}

static void check_choices(const struct rft_backend *const *backends, uint32_t n_backends,
                          const struct choice_case *cases, size_t n)
{
    rft_dev_override_backends(backends, n_backends);
    for (size_t i = 0; i < n; i++) {
        struct rft_dev dev;
        said[0] = '\0';
        rft_log_set_sink(keep_line, NULL);
        enum rft_status status = rft_dev_open(cases[i].backend, cases[i].device, &one_thread, &dev);
        if (cases[i].chosen != NULL) {
            assert_int_equal(status, RFT_OK);
            assert_string_equal(dev.info.name, cases[i].chosen);
            assert_int_equal(dev.index, opened_index);
        } else {
            assert_int_not_equal(status, RFT_OK);
            assert_null(dev.backend);
        }
        rft_log_set_sink(NULL, NULL);
        assert_string_equal(said, cases[i].message != NULL ? cases[i].message : "");
        rft_dev_close(&dev);
    }
    rft_dev_override_backends(NULL, 0);
}

static void test_choice(void **state)
{
    static const struct rft_backend *const backends[] = {&empty, &none, &gpu};
    static const struct choice_case cases[] = {
        {"auto", "", "card one", NULL},
        {"gpu", "", "soft", NULL},
        {"gpu", "2", "card two", NULL},
        {"gpu", "card two", "card two", NULL},
        {"auto", "02ff", "card two", NULL},
        {"auto", "02FF", "card two", NULL},
        {"auto", "soft", "soft", NULL},
        {"gpu", "card", "card one", NULL},
        {"auto", "Card T", "card two", NULL},
        {"auto", "SO", "soft", NULL},
        {"gpu", "card three", NULL,
         "error: [device] backend = gpu, device = card three: no such device; `rftgen devices` lists what there is\n"},
        {"gpu", "3", NULL,
         "error: [device] backend = gpu, device = 3: no such device; `rftgen devices` lists what there is\n"},
        {"empty", "", NULL,
         "error: [device] backend = empty, device = (any): no such device; `rftgen devices` lists what there is\n"},
        {"none", "", NULL, "error: [device] backend = none: there is no device: no driver is installed\n"},
        {"none", "x", NULL, "error: [device] backend = none: there is no device: no driver is installed\n"},
        {"GPU", "", NULL,
         "error: [device] backend = GPU: this build has no such backend; it has: auto, empty, none, gpu\n"},
    };
    (void)state;
    check_choices(backends, 3, cases, sizeof cases / sizeof *cases);
}

/* Devices that lack something are passed over, or refused by name. */
static void test_choice_lacking(void **state)
{
#define PASSED(backend)                                                                                                \
    backend ": Old card is passed over: it lacks timelineSemaphore\n" backend                                          \
            ": Older CARD is passed over: it lacks bufferDeviceAddress\n"
#define REFUSED(backend)                                                                                               \
    "error: [device] " backend                                                                                         \
    ": Old card lacks timelineSemaphore; another driver may have it, and backend = cpu needs none\n"
    static const struct rft_backend *const backends[] = {&soft, &lacking, &old, &gpu};
    static const struct choice_case cases[] = {
        {"auto", "", "New card", PASSED("lacking") PASSED("old")},
        {"old", "", "New card", PASSED("old")},
        {"auto", "new", "New card", NULL},
        {"old", "old card", NULL, REFUSED("old")},
        {"old", "old", NULL, REFUSED("old")},
        {"lacking", "", NULL, PASSED("lacking") REFUSED("lacking")},
        {"lacking", "0", NULL, REFUSED("lacking")},
    };
    (void)state;
    check_choices(backends, 4, cases, sizeof cases / sizeof *cases);
}

/* A device that one backend cannot use is another's, under auto: by its name, or by what that begins with, but not by
 * an index. */
static enum rft_status whole_enumerate(struct rft_device_info *infos, uint32_t cap, uint32_t *n_infos)
{
    static const struct rft_device_info all[] = {{.name = "Other card"}, {.name = "Old card", .uuid = "0dd"}};
    for (uint32_t i = 0; i < 2 && i < cap; i++)
        infos[i] = all[i];
    *n_infos = 2;
    return RFT_OK;
}

static void test_choice_elsewhere(void **state)
{
    static const struct rft_backend whole = {FAKE("whole", whole_enumerate)};
    static const struct rft_backend *const backends[] = {&lacking, &whole};
    static const struct choice_case cases[] = {
        {"auto", "Old card", "Old card", "lacking: Old card is passed over: it lacks timelineSemaphore\n"},
        {"auto", "old c", "Old card", "lacking: Old card is passed over: it lacks timelineSemaphore\n"},
        {"auto", "old", "Old card", PASSED("lacking")},
        {"auto", "0DD", "Old card", NULL},
        {"auto", "1", NULL,
         "error: [device] lacking: Older CARD lacks bufferDeviceAddress; another driver may have it, and backend = cpu "
         "needs none\n"},
        {"auto", "Older CARD", NULL,
         "lacking: Older CARD is passed over: it lacks bufferDeviceAddress\n"
         "error: [device] lacking: Older CARD lacks bufferDeviceAddress; another driver may have it, and backend = cpu "
         "needs none\n"},
        {"lacking", "Old card", NULL, REFUSED("lacking")},
    };
    (void)state;
    check_choices(backends, 2, cases, sizeof cases / sizeof *cases);
}

/* What auto chose does not open: nothing else is taken in silence. */
static void test_open_fails(void **state)
{
    static const struct rft_backend *const backends[] = {&failing, &gpu};
    static const struct choice_case cases[] = {
        {"auto", "", NULL, "warning: failing: card one cannot be used; [device] backend = cpu works without it\n"},
        {"failing", "", NULL, NULL},
    };
    (void)state;
    check_choices(backends, 2, cases, sizeof cases / sizeof *cases);
}

/* A backend whose device i opens, and whose self-test passes or fails, as its name says. */
static enum rft_status tested_enumerate(struct rft_device_info *infos, uint32_t cap, uint32_t *n_infos)
{
    static const struct rft_device_info all[] = {
        {.name = "good", .uuid = "abcd", .detail = "driver 1", .total_bytes = 3 << 20},
        {.name = "wrong", .is_software = true},
        {.name = "stuck"},
        {.name = "lame", .missing = "timelineSemaphore"},
    };
    *n_infos = sizeof all / sizeof *all;
    for (uint32_t i = 0; i < *n_infos && i < cap; i++)
        infos[i] = all[i];
    return RFT_OK;
}

static enum rft_status tested_open(uint32_t index, const struct rft_device_options *options, struct rft_device **device)
{
    RFT_TRY(fake_open(index, options, device));
    if (index != 2)
        return RFT_OK;
    rft_log_error("stuck: vkCreateDevice: VK_ERROR_INITIALIZATION_FAILED");
    return RFT_ERR_DEVICE;
}

static enum rft_status tested_memory(struct rft_device *device, struct rft_memory *memory)
{
    (void)device;
    *memory = (struct rft_memory){.available_bytes = 1 << 21,
                                  .host_available_bytes = opened_index == 0 ? 1 << 19 : 0,
                                  .is_estimate = opened_index != 0};
    return RFT_OK;
}

static enum rft_status tested_self_test(struct rft_device *device, uint32_t *n_kernels)
{
    (void)device;
    *n_kernels = 41;
    if (opened_index == 0)
        return RFT_OK;
    rft_log_error("wrong: kernel qkv differs");
    rft_log_error("and this is not shown");
    return RFT_ERR_UNSUPPORTED;
}

static enum rft_status list_devices(void *user)
{
    (void)user;
    return rft_command_devices(NULL, NULL);
}

static void test_list(void **state)
{
    static const struct rft_backend tested = {.name = "tested",
                                              .enumerate = tested_enumerate,
                                              .open = tested_open,
                                              .close = fake_close,
                                              .caps = fake_caps,
                                              .memory = tested_memory,
                                              .self_test = tested_self_test};
    static const struct rft_backend *const backends[] = {&none, &empty, &tested};
    static const char wanted[] = "none: 0 devices: no driver is installed\n"
                                 "empty: 0 devices\n"
                                 "tested: 4 devices\n"
                                 "  0  good             driver 1  uuid abcd  3.0 MiB\n"
                                 "     memory: 2.0 MiB available now, and 512.0 KiB of the host\n"
                                 "     self-test: passed, 41 kernels\n"
                                 "  1  wrong              software  0.0 KiB\n"
                                 "     memory: 2.0 MiB available now (an estimate)\n"
                                 "     self-test: failed: wrong: kernel qkv differs\n"
                                 "  2  stuck              0.0 KiB\n"
                                 "     cannot be used: stuck: vkCreateDevice: VK_ERROR_INITIALIZATION_FAILED\n"
                                 "  3  lame               0.0 KiB  missing: timelineSemaphore\n";
    struct rft_str text = {0};
    (void)state;
    rft_dev_override_backends(backends, 3);
    assert_int_equal(rft_test_stdout_of(list_devices, NULL, &text), RFT_OK);
    rft_dev_override_backends(NULL, 0);
    if (strncmp(text.data, wanted, strlen(wanted)) != 0)
        fail_msg("not what was wanted:\n%s", text.data);
    rft_str_finish(&text);
}

static void test_accounting(void **state)
{
    struct rft_wrap *wrap = rft_wrap_begin();
    struct rft_block a, b;
    struct rft_dev dev;
    struct rft_memory memory;
    struct rft_device_stats stats;
    uint8_t out[16], in[16] = "fifteen letters";
    (void)state;
    assert_int_equal(rft_dev_open("cpu", "", &one_thread, &dev), RFT_OK);
    wrap->available_bytes = 12345;
    wrap->host_available_bytes = 777;
    assert_int_equal(rft_dev_memory(&dev, &memory), RFT_OK);
    assert_int_equal(memory.available_bytes, 12345);
    assert_int_equal(memory.host_available_bytes, 777);
    rft_dev_stats(&dev, &stats); /* the cpu does not count */
    assert_int_equal(stats.n_dispatches, 0);
    assert_int_equal(rft_dev_block_create(&dev, 1000, RFT_PLACE_DEVICE, "a", &a), RFT_OK);
    assert_int_equal(rft_dev_block_create(&dev, 500, RFT_PLACE_DEVICE, "b", &b), RFT_OK);
    assert_int_equal(dev.live_bytes, 1500);
    rft_dev_block_destroy(&dev, RFT_PLACE_DEVICE, &a);
    rft_dev_block_destroy(&dev, RFT_PLACE_DEVICE, &a); /* zero now: accepted */
    assert_int_equal(dev.live_bytes, 500);
    assert_int_equal(dev.peak_bytes, 1500);
    assert_int_equal(dev.n_live_blocks, 1);
    assert_int_equal(rft_dev_block_create(&dev, 700, RFT_PLACE_HOST, "a", &a), RFT_OK); /* beside the device's */
    assert_int_equal(dev.host_bytes, 700);
    assert_int_equal(dev.live_bytes, 500);
    assert_int_equal(dev.peak_bytes, 1500);
    assert_int_equal(dev.n_live_blocks, 2);
    rft_dev_block_destroy(&dev, RFT_PLACE_HOST, &a);
    assert_int_equal(dev.host_bytes, 0);
    struct rft_slice slice = rft_slice_part((struct rft_slice){&b, 100, 200}, 8, sizeof in);
    assert_int_equal(slice.offset, 108);
    assert_int_equal(rft_slice_range(slice).address, b.address + 108);
    assert_int_equal(rft_dev_write(&dev, slice, in), RFT_OK);
    assert_int_equal(rft_dev_read(&dev, slice, out), RFT_OK);
    assert_memory_equal(in, out, sizeof in);
    slice.bytes = 0;
    assert_int_equal(rft_dev_write(&dev, slice, NULL), RFT_OK);
    assert_int_equal(rft_dev_read(&dev, slice, NULL), RFT_OK);
    rft_dev_block_destroy(&dev, RFT_PLACE_DEVICE, &b);
    rft_dev_close(&dev);
    rft_wrap_end();
}

/* The front refuses what lies outside a block; the backend is not asked. */
static void test_bounds(void **state)
{
    static const struct {
        uint64_t offset, bytes;
        bool is_inside;
    } cases[] = {{0, 500, true},  {499, 1, true},         {0, 501, false},
                 {500, 1, false}, {UINT64_MAX, 2, false}, {1, UINT64_MAX, false}};
    uint8_t bytes[512] = {0};
    struct rft_block block;
    struct rft_dev dev;
    (void)state;
    rft_test_log_capture();
    assert_int_equal(rft_dev_open("cpu", "", &one_thread, &dev), RFT_OK);
    assert_int_equal(rft_dev_block_create(&dev, 500, RFT_PLACE_DEVICE, "b", &block), RFT_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_slice slice = {&block, cases[i].offset, cases[i].bytes};
        assert_int_equal(rft_dev_write(&dev, slice, bytes), cases[i].is_inside ? RFT_OK : RFT_ERR_DEVICE);
        assert_int_equal(rft_dev_read(&dev, slice, bytes), cases[i].is_inside ? RFT_OK : RFT_ERR_DEVICE);
    }
    assert_int_equal(rft_dev_write(&dev, (struct rft_slice){NULL, 0, 1}, bytes), RFT_ERR_DEVICE);
    assert_int_equal(rft_test_log_count("is not within its block of 500 bytes"), 8);
    rft_test_log_release();
    rft_dev_block_destroy(&dev, RFT_PLACE_DEVICE, &block);
    rft_dev_close(&dev);
}

static void test_reopen(void **state)
{
    struct rft_wrap *wrap = rft_wrap_begin();
    struct rft_block block;
    struct rft_dev dev;
    (void)state;
    rft_test_log_capture();
    assert_int_equal(rft_dev_open("cpu", "", &one_thread, &dev), RFT_OK);
    assert_int_equal(rft_dev_block_create(&dev, 4096, RFT_PLACE_DEVICE, "a", &block), RFT_OK);
    rft_dev_block_destroy(&dev, RFT_PLACE_DEVICE, &block);
    wrap->fail_call = RFT_WRAP_BLOCK_CREATE;
    wrap->fail_status = RFT_ERR_DEVICE_LOST;
    wrap->fail_at = 2;
    assert_int_equal(rft_dev_block_create(&dev, 4096, RFT_PLACE_DEVICE, "a", &block), RFT_ERR_DEVICE_LOST);
    assert_int_equal(rft_dev_block_create(&dev, 4096, RFT_PLACE_DEVICE, "a", &block), RFT_ERR_DEVICE_LOST);
    assert_int_equal(dev.live_bytes, 0);
    assert_int_equal(rft_dev_reopen(&dev), RFT_OK);
    assert_int_equal(dev.peak_bytes, 4096);
    assert_int_equal(rft_dev_block_create(&dev, 100, RFT_PLACE_DEVICE, "a", &block), RFT_OK);
    rft_dev_block_destroy(&dev, RFT_PLACE_DEVICE, &block);
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

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_choice),     cmocka_unit_test(test_choice_lacking),
                                       cmocka_unit_test(test_open_fails), cmocka_unit_test(test_accounting),
                                       cmocka_unit_test(test_bounds),     cmocka_unit_test(test_reopen),
                                       cmocka_unit_test(test_list),       cmocka_unit_test(test_choice_elsewhere)};
    return RFT_TEST_RUN(tests, NULL, NULL);
}
