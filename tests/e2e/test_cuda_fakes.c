/* SPDX-License-Identifier: MIT */
/* CUDA devices that are not there: what the backend makes of what a driver says, counted where it counts. Its calls one
 * by one are test_cuda_calls.c's. */
#define _XOPEN_SOURCE 700 /* setenv */
#include "cuda_backend.h"
#include "cuda_job.h"
#include "cpu_reference.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rft_str wanted; /* the cpu's bytes */

static uint32_t list(struct rft_device_info infos[CUDA_STUB_DEVICES_MAX])
{
    uint32_t n = 0;
    assert_int_equal(rft_backend_cuda.enumerate(infos, CUDA_STUB_DEVICES_MAX, &n), RFT_OK);
    return n;
}

/* Opening a device that cannot be used: one error, with these words. */
static void expect_closed(uint32_t index, enum rft_status wanted_status, const char *words)
{
    const struct rft_device_options options = {0};
    struct rft_device *device;
    rft_test_log_capture();
    assert_int_equal(rft_backend_cuda.open(index, &options, &device), wanted_status);
    rft_test_log_release();
    assert_null(device);
    if (rft_test_log_count("error: ") != 1 || strstr(rft_test_log_text(), words) == NULL)
        fail_msg("not one error with \"%s\": %s", words, rft_test_log_text());
}

/* Several devices, each with facts of its own; what one lacks is said of that one. */
static void test_devices(void **state)
{
    static const struct {
        const char *name, *detail, *missing;
        struct cuda_stub_device facts;
    } cases[] = {
        {"New GPU", "compute capability 9.0, 132", "", {.major = 9}},
        {"Newer GPU", "compute capability 9.4, 132", "", {.major = 9, .minor = 4}},     /* machine code of 9.0 */
        {"Future\nGPU", "compute capability 15.3, 132", "", {.major = 15, .minor = 3}}, /* PTX */
        {"Old GPU",
         "compute capability 6.1, 132",
         "kernels for compute capability 6.1 (this build: ",
         {.major = 6, .minor = 1}},
        {"Virtual GPU",
         "compute capability 9.0, 132",
         "virtual memory management",
         {.major = 9, .has_no_virtual_memory = true}},
        {"32-bit GPU",
         "compute capability 9.0, 132",
         "unified addressing",
         {.major = 9, .has_no_unified_addresses = true}},
        {"Locked GPU",
         "compute capability 9.0, 132",
         "a compute mode other than prohibited",
         {.major = 9, .is_prohibited = true}},
        {"Odd GPU",
         "compute capability 5.0, 132",
         ", virtual memory management, ", /* there is no room for more */
         {.major = 5, .has_no_virtual_memory = true, .has_no_unified_addresses = true}},
    };
    const uint32_t n = sizeof cases / sizeof *cases;
    struct rft_device_info infos[CUDA_STUB_DEVICES_MAX];
    struct cuda_stub *stub = rft_cuda_begin(true);
    (void)state;
    stub->n_devices = n;
    for (uint32_t i = 0; i < n; i++) {
        struct cuda_stub_device *d = &stub->devices[i];
        *d = cases[i].facts;
        snprintf(d->name, sizeof d->name, "%s", cases[i].name);
        d->n_multiprocessors = 132;
        d->total_bytes = (uint64_t)(i + 1) << 30;
        d->has_watchdog = i == 1;
        d->is_integrated = i == 2;
    }
    assert_int_equal(list(infos), n);
    for (uint32_t i = 0; i < n; i++) {
        assert_string_equal(infos[i].name, i == 2 ? "Future GPU" : cases[i].name); /* a name is one line */
        assert_non_null(strstr(infos[i].detail, cases[i].detail));
        assert_int_equal(infos[i].total_bytes, (uint64_t)(i + 1) << 30);
        assert_int_equal(strlen(infos[i].uuid), 32);
        assert_true((strstr(infos[i].detail, ", watchdog") != NULL) == (i == 1));
        assert_true((strstr(infos[i].detail, ", integrated") != NULL) == (i == 2));
        if (cases[i].missing[0] == '\0' ? infos[i].missing[0] != '\0'
                                        : strstr(infos[i].missing, cases[i].missing) == NULL)
            fail_msg("%s lacks \"%s\"", cases[i].name, infos[i].missing);
        for (uint32_t j = 0; j < i; j++)
            assert_string_not_equal(infos[i].uuid, infos[j].uuid);
        if (cases[i].missing[0] != '\0')
            expect_closed(i, RFT_ERR_UNSUPPORTED, cases[i].missing);
        else
            rft_backend_cuda.close(rft_cuda_open(i));
    }
    expect_closed(n, RFT_ERR_UNSUPPORTED, "cuda: no device 8: there are 8");
    rft_cuda_end("devices");
}

/* A driver older than the toolkit will do for machine code of the same major version, and not for PTX. */
static void test_driver_versions(void **state)
{
    const int major = CUDA_VERSION / 1000 * 1000;
    const struct {
        int version, capability;
        bool is_enough;
    } cases[] = {
        {CUDA_VERSION, 9, true},        {major, 9, true}, {major - 10, 9, false}, {CUDA_VERSION, 15, true},
        {CUDA_VERSION - 10, 15, false},
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

/* One GPU that its driver cannot say anything of does not keep the others from being used. */
static void test_broken_device(void **state)
{
    static const enum cuda_stub_call calls[] = {CUDA_STUB_DeviceGet, CUDA_STUB_DeviceGetName, CUDA_STUB_DeviceGetUuid,
                                                CUDA_STUB_DeviceTotalMem, CUDA_STUB_DriverGetVersion};
    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        struct rft_device_info infos[CUDA_STUB_DEVICES_MAX];
        struct cuda_stub *stub = rft_cuda_begin(true);
        stub->n_devices = 3;
        stub->fail_call = calls[i];
        stub->fail_at = 2;
        stub->fail_result = CUDA_ERROR_ECC_UNCORRECTABLE;
        assert_int_equal(list(infos), 3);
        assert_true(infos[0].missing[0] == '\0' && infos[2].missing[0] == '\0');
        assert_string_equal(infos[1].name, "GPU 1");
        assert_string_equal(infos[1].missing, "an answer from its driver: CUDA_ERROR_ECC_UNCORRECTABLE");
        stub->fail_at = stub->n_calls[calls[i]] + 1;
        expect_closed(1, RFT_ERR_DEVICE, "cuda: device 1: CUDA_ERROR_ECC_UNCORRECTABLE");
        rft_backend_cuda.close(rft_cuda_open(1));
        rft_cuda_end("a broken device");
    }
}

/* A driver that does not start: no device, and why not; that is no error. */
static void test_no_driver(void **state)
{
    static const struct {
        CUresult result;
        const char *word;
    } cases[] = {
        {CUDA_ERROR_NO_DEVICE, "CUDA_ERROR_NO_DEVICE"},
        {CUDA_ERROR_SYSTEM_DRIVER_MISMATCH, "different versions"},
        {CUDA_ERROR_SYSTEM_NOT_READY, "fabricmanager"},
        {CUDA_ERROR_UNKNOWN, "kernel module"},
        {CUDA_ERROR_STUB_LIBRARY, "stub"},
        {CUDA_ERROR_OUT_OF_MEMORY, "does not start"},
        {CUDA_ERROR_OPERATING_SYSTEM, "/dev/nvidia"},
        {CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE, "forward compatibility"},
        {(CUresult)12345, "the CUDA error 12345"}, /* newer than this program */
    };
    struct cuda_stub *none;
    struct rft_device_info info;
    uint32_t n = 9;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_device_info infos[CUDA_STUB_DEVICES_MAX];
        struct cuda_stub *stub = rft_cuda_begin(true);
        stub->fail_call = CUDA_STUB_Init;
        stub->fail_at = 1;
        stub->fail_result = cases[i].result;
        assert_int_equal(list(infos), 0);
        assert_non_null(strstr(rft_backend_cuda.why_none(), cases[i].word));
        if (cases[i].result != (CUresult)12345)
            assert_non_null(strstr(rft_backend_cuda.why_none(), rft_cuda_result_name(cases[i].result)));
        assert_null(strchr(rft_backend_cuda.why_none(), '\n'));
        stub->fail_at = stub->n_calls[CUDA_STUB_Init] + 1;
        expect_closed(0, RFT_ERR_UNSUPPORTED, cases[i].word);
        assert_int_equal(list(infos), 1); /* and if it starts later on, there is one */
        assert_string_equal(rft_backend_cuda.why_none(), "there are devices");
        rft_cuda_end("no driver");
    }
    none = rft_cuda_begin(true);
    none->fail_call = CUDA_STUB_DeviceGetCount;
    none->fail_at = 1;
    none->fail_result = CUDA_ERROR_INVALID_VALUE;
    for (int turn = 0; turn < 2; turn++, none->n_devices = 0) {
        assert_int_equal(rft_backend_cuda.enumerate(&info, 1, &n), RFT_OK);
        assert_int_equal(n, 0);
        assert_non_null(strstr(rft_backend_cuda.why_none(), "there is no NVIDIA GPU that this process may use"));
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

/* The smaller the GPU, the more weights are on the host; the text stays. A GPU whose memory is the host's has no
 * other. */
static void test_small_devices(void **state)
{
    const struct rft_test_job job = rft_cuda_job(NULL);
    uint32_t n_host = 0, n_with_host = 0;
    enum rft_status status = RFT_OK;
    (void)state;
    rft_test_log_capture();
    for (uint64_t bytes = 8 << 20; status == RFT_OK; bytes -= 1 << 16) {
        struct cuda_stub *stub = rft_cuda_begin(true);
        const struct rft_watch *watch = rft_cuda_watch_begin();
        stub->devices[0].total_bytes = bytes;
        rft_test_job_clean(&job);
        status = rft_test_job_run(&job);
        assert_true(stub->peak_bytes <= bytes);
        assert_true(status != RFT_OK || watch->n_host >= n_host);
        n_host = watch->n_host;
        n_with_host += status == RFT_OK && n_host != 0;
        if (status == RFT_OK)
            rft_device_job_check(&job, &wanted, "weights on the host");
        rft_watch_end("a small device", 0);
        rft_cuda_end("a small device");
    }
    rft_test_log_release();
    print_message("%u runs with weights on the host, then: %s\n", n_with_host, rft_status_text(status));
    assert_true(n_with_host >= 2);
    assert_int_equal(rft_test_log_count("error: "), 1);
    rft_test_job_clean(&job);
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

static enum rft_status run_wrong(const char *set, int binary_version, const char *what)
{
    const struct rft_test_job job = rft_cuda_job(set);
    struct cuda_stub *stub = rft_cuda_begin(false);
    enum rft_status status;
    stub->on_kernel = wrong_bit;
    stub->binary_version = binary_version;
    rft_test_job_clean(&job);
    rft_test_log_capture();
    status = rft_test_job_run(&job);
    rft_test_log_release();
    rft_cuda_end(what);
    return status;
}

/* What a driver made from PTX is refused by the kernel's name, or used if that is asked for; machine code is compared
 * when it is looked at. */
static void test_wrong_kernel(void **state)
{
    struct cuda_stub *stub;
    struct rft_device *device;
    uint32_t n = 0;
    (void)state;
    for (int turn = 0; turn < 2;
         turn++) { /* machine code of no number that the build has; and of one, but the driver's all the same */
        const int version = turn == 0 ? 999 : 90;
        setenv("CUDA_FORCE_PTX_JIT", turn == 0 ? "0" : "1", 1);
        assert_int_equal(run_wrong(NULL, version, "a wrong kernel"), RFT_ERR_UNSUPPORTED);
        assert_non_null(strstr(rft_test_log_text(), "kernel embed does not give the bits of the arithmetic contract"));
        assert_int_equal(rft_test_log_count("error: "), 1);
        assert_int_equal(run_wrong("device.arithmetic=unchecked", version, "a wrong kernel, unchecked"), RFT_OK);
        assert_non_null(strstr(rft_test_log_text(), "the kernel is used all the same"));
    }
    unsetenv("CUDA_FORCE_PTX_JIT");
    assert_int_equal(run_wrong(NULL, 90, "a wrong kernel of the build"),
                     RFT_OK); /* which is not compared before it is used */
    stub = rft_cuda_begin(false);
    stub->on_kernel = wrong_bit;
    device = rft_cuda_open(0);
    rft_test_log_capture();
    assert_int_equal(rft_backend_cuda.self_test(device, &n), RFT_ERR_UNSUPPORTED);
    rft_test_log_release();
    assert_non_null(strstr(rft_test_log_text(), "kernel embed does not give the bits"));
    rft_backend_cuda.close(device);
    stub->on_kernel = NULL;
    device = rft_cuda_open(0);
    assert_int_equal(rft_backend_cuda.self_test(device, &n), RFT_OK);
    assert_int_equal(n, n_cuda_kernels);
    rft_backend_cuda.close(device);
    rft_cuda_end("a wrong kernel, listed");
}

/* What the driver's compiler has to say of a module that it cannot make is told, also if its end is cut off. */
static void test_compiler_errors(void **state)
{
    char text[4096];
    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    memcpy(text, "ptxas fatal: no", 15);
    for (int turn = 0; turn < 2; turn++) {
        const struct rft_test_job job = rft_cuda_job(NULL);
        struct cuda_stub *stub = rft_cuda_begin(true);
        stub->fail_call = CUDA_STUB_ModuleLoadData;
        stub->fail_at = 1;
        stub->fail_result = CUDA_ERROR_INVALID_IMAGE;
        stub->jit_errors = turn == 0 ? "ptxas fatal: no" : text;
        rft_test_job_clean(&job);
        rft_test_log_capture();
        assert_int_equal(rft_test_job_run(&job), RFT_ERR_DEVICE);
        rft_test_log_release();
        assert_non_null(strstr(rft_test_log_text(), ": kernels of embed: ptxas fatal: no"));
        assert_non_null(strstr(rft_test_log_text(), ": embed: CUDA_ERROR_INVALID_IMAGE"));
        rft_cuda_end("a compiler's errors");
        rft_test_job_clean(&job);
    }
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

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_devices),         cmocka_unit_test(test_driver_versions),
        cmocka_unit_test(test_broken_device),   cmocka_unit_test(test_no_driver),
        cmocka_unit_test(test_replays),         cmocka_unit_test(test_any_driver),
        cmocka_unit_test(test_small_devices),   cmocka_unit_test(test_wrong_kernel),
        cmocka_unit_test(test_compiler_errors),
    };
    return rft_cuda_job_init() ? RFT_TEST_RUN(tests, make_wanted, drop_all) : 77;
}
