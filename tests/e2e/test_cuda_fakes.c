/* SPDX-License-Identifier: MIT */
/* CUDA devices that are not there: what the backend makes of what a driver says, counted where it counts. */
#include "cuda_backend.h"
#include "cuda_job.h"
#include "cpu_reference.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct rft_backend rft_backend_cuda;

static struct rft_str wanted; /* the cpu's bytes */

static uint32_t list(struct rft_device_info infos[CUDA_STUB_DEVICES_MAX])
{
    uint32_t n = 0;
    assert_int_equal(rft_backend_cuda.enumerate(infos, CUDA_STUB_DEVICES_MAX, &n), RFT_OK);
    return n;
}

static struct rft_device *open_device(void)
{
    const struct rft_device_options options = {0};
    struct rft_device *device = NULL;
    assert_int_equal(rft_backend_cuda.open(0, &options, &device), RFT_OK);
    return device;
}

/* Several devices, each with facts of its own; what one lacks is said of that one. */
static void test_devices(void **state)
{
    static const struct { const char *name, *detail, *missing; int major, minor; bool has_no_memory_map; } cases[] = {
        {"New GPU", "compute capability 9.0, 132", "", 9, 0, false},
        {"Newer GPU", "compute capability 9.4, 132", "", 9, 4, false}, /* machine code of 9.0 */
        {"Future GPU", "compute capability 15.3, 132", "", 15, 3, false}, /* PTX */
        {"Old GPU", "compute capability 6.1, 132", "kernels for compute capability 6.1 (this build: ", 6, 1, false},
        {"Virtual GPU", "compute capability 9.0, 132", "virtual memory management", 9, 0, true},
    };
    const uint32_t n = sizeof cases / sizeof *cases;
    struct rft_device_info infos[CUDA_STUB_DEVICES_MAX];
    struct cuda_stub *stub = rft_cuda_begin(true);
    (void)state;
    stub->n_devices = n;
    for (uint32_t i = 0; i < n; i++) {
        struct cuda_stub_device *d = &stub->devices[i];
        snprintf(d->name, sizeof d->name, "%s", cases[i].name);
        d->major = cases[i].major;
        d->minor = cases[i].minor;
        d->n_multiprocessors = 132;
        d->total_bytes = (uint64_t)(i + 1) << 30;
        d->has_no_virtual_memory = cases[i].has_no_memory_map;
        d->has_watchdog = i == 1;
    }
    assert_int_equal(list(infos), n);
    for (uint32_t i = 0; i < n; i++) {
        assert_string_equal(infos[i].name, cases[i].name);
        assert_non_null(strstr(infos[i].detail, cases[i].detail));
        assert_int_equal(infos[i].total_bytes, (uint64_t)(i + 1) << 30);
        assert_int_equal(strlen(infos[i].uuid), 32);
        assert_true((strstr(infos[i].detail, "watchdog") != NULL) == (i == 1));
        if (cases[i].missing[0] == '\0' ? infos[i].missing[0] != '\0' : strstr(infos[i].missing, cases[i].missing) == NULL)
            fail_msg("%s lacks \"%s\"", cases[i].name, infos[i].missing);
        for (uint32_t j = 0; j < i; j++)
            assert_string_not_equal(infos[i].uuid, infos[j].uuid);
    }
    rft_cuda_end("devices");
}

/* A driver older than the toolkit will do for machine code of the same major version, and not for PTX. */
static void test_driver_versions(void **state)
{
    const int major = CUDA_VERSION / 1000 * 1000;
    const struct { int version, capability; bool is_enough; } cases[] = {
        {CUDA_VERSION, 9, true}, {major, 9, true}, {major - 10, 9, false}, {CUDA_VERSION, 15, true}, {CUDA_VERSION - 10, 15, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_device_info infos[CUDA_STUB_DEVICES_MAX];
        struct cuda_stub *stub = rft_cuda_begin(true);
        stub->driver_version = cases[i].version;
        stub->devices[0].major = cases[i].capability;
        stub->devices[0].minor = 0;
        assert_int_equal(list(infos), 1);
        assert_true((infos[0].missing[0] == '\0') == cases[i].is_enough);
        assert_true(cases[i].is_enough || strstr(infos[0].missing, "a driver for CUDA ") != NULL);
        rft_cuda_end("driver versions");
    }
}

/* A driver that does not start: no device, and why not; that is no error. */
static void test_no_driver(void **state)
{
    static const struct { CUresult result; const char *word; } cases[] = {
        {CUDA_ERROR_NO_DEVICE, "CUDA_ERROR_NO_DEVICE"},
        {CUDA_ERROR_SYSTEM_DRIVER_MISMATCH, "different versions"},
        {CUDA_ERROR_SYSTEM_NOT_READY, "fabricmanager"},
        {CUDA_ERROR_UNKNOWN, "kernel module"},
        {CUDA_ERROR_STUB_LIBRARY, "stub"},
        {CUDA_ERROR_OUT_OF_MEMORY, "does not start"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_device_info infos[CUDA_STUB_DEVICES_MAX];
        struct cuda_stub *stub = rft_cuda_begin(true);
        stub->fail_call = CUDA_STUB_Init;
        stub->fail_at = 1;
        stub->fail_result = cases[i].result;
        assert_int_equal(list(infos), 0);
        assert_non_null(strstr(rft_backend_cuda.why_none(), cases[i].word));
        assert_non_null(strstr(rft_backend_cuda.why_none(), rft_cuda_result_name(cases[i].result)));
        assert_int_equal(list(infos), 1); /* and if it starts later on, there is one */
        rft_cuda_end("no driver");
    }
}

/* A program's graph is made once and launched for each step; its nodes are the program's. */
static void test_replays(void **state)
{
    const struct rft_test_job job = rft_cuda_job(NULL);
    struct cuda_stub *stub = rft_cuda_begin(true);
    struct rft_watch *watch = rft_cuda_watch_begin();
    (void)state;
    rft_test_job_expect(&job, &wanted, "replays");
    rft_watch_end("replays", 0);
    assert_int_equal(watch->n_chunks, 4);
    assert_int_equal(watch->n_moved, 0); /* a chunk's blocks lie where the first chunk's did */
    assert_int_equal(stub->n_calls[CUDA_STUB_GraphInstantiate], stub->n_calls[CUDA_STUB_GraphCreate]);
    assert_int_equal(stub->n_nodes, stub->n_calls[CUDA_STUB_GraphAddKernelNode]);
    assert_true(stub->n_calls[CUDA_STUB_GraphLaunch] > 2 * stub->n_calls[CUDA_STUB_GraphInstantiate]);
    assert_true(stub->n_kernels > 2 * stub->n_nodes); /* none is launched by itself */
    assert_int_equal(stub->n_calls[CUDA_STUB_LaunchKernel], 0);
    assert_true(stub->n_edges >= stub->n_nodes - stub->n_calls[CUDA_STUB_GraphInstantiate]);
    rft_cuda_end("replays");
}

/* Nothing depends on the order in which a driver runs what has none, on its granularity, or on where memory lies. */
static void test_any_driver(void **state)
{
    const struct rft_test_job job = rft_cuda_job(NULL);
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct cuda_stub *stub = rft_cuda_begin(true);
        stub->order = i % 3;
        stub->granularity = i == 3 ? 2 << 20 : 65536;
        stub->devices[0].is_integrated = i == 3;
        rft_test_job_expect(&job, &wanted, "any driver");
        rft_cuda_end("any driver");
    }
}

/* A block that does not fit is refused, and the device goes on. */
static void test_refused_block(void **state)
{
    struct cuda_stub *stub = rft_cuda_begin(true);
    struct rft_device *device = open_device();
    struct rft_memory memory;
    struct rft_block block;
    uint32_t word = 0x12345678, read = 0;
    (void)state;
    assert_int_equal(rft_backend_cuda.memory(device, &memory), RFT_OK);
    assert_int_equal(memory.total_bytes, stub->devices[0].total_bytes);
    assert_int_equal(memory.available_bytes, stub->devices[0].total_bytes - stub->context_bytes - (64 << 20));
    rft_test_log_capture();
    assert_int_equal(rft_backend_cuda.block_create(device, 2 * memory.total_bytes, RFT_PLACE_DEVICE, "too much", &block),
                     RFT_ERR_DEVICE_MEMORY);
    rft_test_log_release();
    assert_non_null(strstr(rft_test_log_text(), "no memory for too much: 2147483648 bytes: CUDA_ERROR_OUT_OF_MEMORY"));
    assert_int_equal(stub->live_bytes, stub->context_bytes);
    for (int place = RFT_PLACE_DEVICE; place <= RFT_PLACE_HOST; place++) {
        assert_int_equal(rft_backend_cuda.block_create(device, 100, (enum rft_place)place, "little", &block), RFT_OK);
        const struct rft_slice slice = {&block, 96, 4};
        assert_int_equal(rft_backend_cuda.read(device, slice, &read), RFT_OK);
        assert_int_equal(read, 0); /* fresh memory is zero */
        assert_int_equal(rft_backend_cuda.write(device, slice, &word), RFT_OK);
        assert_int_equal(rft_backend_cuda.read(device, slice, &read), RFT_OK);
        assert_int_equal(read, word);
        rft_backend_cuda.block_destroy(device, &block);
    }
    rft_backend_cuda.close(device);
    rft_cuda_end("a refused block");
}

/* A lost device says so, once with its cause, until it is closed; then it opens again. */
static void test_lost_device(void **state)
{
    struct cuda_stub *stub = rft_cuda_begin(true);
    struct rft_device *device = open_device();
    struct rft_memory memory;
    struct rft_block block, other;
    uint32_t word = 0;
    (void)state;
    assert_int_equal(rft_backend_cuda.block_create(device, 4, RFT_PLACE_DEVICE, "word", &block), RFT_OK);
    const struct rft_slice slice = {&block, 0, 4};
    stub->fail_call = CUDA_STUB_StreamSynchronize;
    stub->fail_at = stub->n_calls[CUDA_STUB_StreamSynchronize] + 1;
    stub->fail_result = CUDA_ERROR_LAUNCH_TIMEOUT;
    rft_test_log_capture();
    assert_int_equal(rft_backend_cuda.write(device, slice, &word), RFT_ERR_DEVICE_LOST);
    assert_non_null(strstr(rft_test_log_text(), "CUDA_ERROR_LAUNCH_TIMEOUT (this GPU also draws a screen"));
    rft_test_log_release();
    rft_test_log_capture();
    assert_int_equal(rft_backend_cuda.read(device, slice, &word), RFT_ERR_DEVICE_LOST);
    assert_int_equal(rft_backend_cuda.memory(device, &memory), RFT_ERR_DEVICE_LOST);
    assert_int_equal(rft_backend_cuda.block_create(device, 4, RFT_PLACE_DEVICE, "other", &other), RFT_ERR_DEVICE_LOST);
    rft_backend_cuda.block_destroy(device, &block);
    rft_backend_cuda.close(device);
    assert_string_equal(rft_test_log_text(), "");
    rft_test_log_release();
    rft_cuda_end("a lost device");
    device = open_device();
    rft_backend_cuda.close(device);
    rft_cuda_end("a lost device, opened again");
}

/* A driver whose compiler gets a bit of one kernel wrong. */
static bool wrong_bit(void *user, const char *name, const void *args, uint32_t parameter)
{
    const struct rft_args_embed *a = args;
    struct rft_node node = {.op = RFT_OP_embed};
    (void)user;
    (void)parameter;
    if (strcmp(name, "embed") != 0)
        return false; /* as compiled */
    memcpy(node.args.bytes, a, sizeof *a);
    cpu_reference_run(&node);
    *(uint32_t *)(uintptr_t)a->h ^= 1u;
    return true;
}

static enum rft_status run_wrong(const char *set, bool is_foreign, const char *what)
{
    const struct rft_test_job job = rft_cuda_job(set);
    struct cuda_stub *stub = rft_cuda_begin(false);
    enum rft_status status;
    stub->on_kernel = wrong_bit;
    stub->binary_version = is_foreign ? 999 : stub->binary_version;
    rft_test_job_clean(&job);
    rft_test_log_capture();
    status = rft_test_job_run(&job);
    rft_test_log_release();
    rft_cuda_end(what);
    return status;
}

/* What a driver made from PTX is refused by the kernel's name, or used if that is asked for; machine code is compared when it is
 * looked at. */
static void test_wrong_kernel(void **state)
{
    struct cuda_stub *stub;
    struct rft_device *device;
    uint32_t n = 0;
    (void)state;
    assert_int_equal(run_wrong(NULL, true, "a wrong kernel"), RFT_ERR_UNSUPPORTED);
    assert_non_null(strstr(rft_test_log_text(), "kernel embed does not give the bits of the arithmetic contract"));
    assert_int_equal(run_wrong("device.arithmetic=unchecked", true, "a wrong kernel, unchecked"), RFT_OK);
    assert_non_null(strstr(rft_test_log_text(), "the kernel is used all the same"));
    stub = rft_cuda_begin(false);
    stub->on_kernel = wrong_bit;
    device = open_device();
    rft_test_log_capture();
    assert_int_equal(rft_backend_cuda.self_test(device, &n), RFT_ERR_UNSUPPORTED);
    rft_test_log_release();
    assert_non_null(strstr(rft_test_log_text(), "kernel embed does not give the bits"));
    rft_backend_cuda.close(device);
    stub->on_kernel = NULL;
    device = open_device();
    assert_int_equal(rft_backend_cuda.self_test(device, &n), RFT_OK);
    assert_int_equal(n, n_cuda_kernels);
    rft_backend_cuda.close(device);
    rft_cuda_end("a wrong kernel, listed");
}

static int make_wanted(void **state)
{
    (void)state;
    rft_device_job_wanted(NULL, &wanted);
    return 0;
}

static int drop_all(void **state)
{
    (void)state;
    rft_str_finish(&wanted);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_devices),       cmocka_unit_test(test_driver_versions), cmocka_unit_test(test_no_driver),
        cmocka_unit_test(test_replays),       cmocka_unit_test(test_any_driver),      cmocka_unit_test(test_refused_block),
        cmocka_unit_test(test_lost_device),   cmocka_unit_test(test_wrong_kernel),
    };
    return rft_cuda_job_init() ? cmocka_run_group_tests(tests, make_wanted, drop_all) : 77;
}
