/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "cuda_job.h"

#include "cpu_reference.h"
#include "cuda_kernels.h"

#include <stdio.h>
#include <string.h>

static struct cuda_stub *stub;

bool rft_cuda_job_init(void)
{
    struct rft_device_info info;
    uint32_t n = 0;
    stub = cuda_stub_begin();
    if (stub->n_devices == 0) {
        print_message("SKIPPED: this processor does not run the kernels of the stub of libcuda\n");
        return false;
    }
    assert_int_equal(rft_backend_cuda.enumerate(&info, 1, &n), RFT_OK);
    assert_int_equal(n, 1);
    assert_string_equal(info.missing, "");
    return true;
}

struct rft_test_job rft_cuda_job(const char *set)
{
    return rft_device_job("device.backend=cuda", "device.device=0", set);
}

static bool run_reference(void *user, const char *name, const void *args, uint32_t parameter)
{
    struct rft_node node = {.args_bytes = RFT_ARGS_BYTES_MAX};
    uint32_t i = 0;
    (void)user;
    (void)parameter;
    while (i < n_cuda_kernels && strcmp(cuda_kernels[i].name, name) != 0)
        i++;
    assert_true(i < n_cuda_kernels);
    node.op = cuda_kernels[i].op;
    memcpy(node.args.bytes, args, sizeof node.args.bytes);
    cpu_reference_run(&node);
    return true;
}

struct cuda_stub *rft_cuda_begin(bool with_reference)
{
    stub = cuda_stub_begin();
    stub->on_kernel = with_reference ? run_reference : NULL;
    return stub;
}

void rft_cuda_end(const char *what)
{
    const char *left = cuda_stub_left();
    if (left != NULL)
        fail_msg("%s: left behind: %s", what, left);
}

struct rft_device *rft_cuda_open(uint32_t index)
{
    const struct rft_device_options options = {0};
    struct rft_device *device = NULL;
    assert_int_equal(rft_backend_cuda.open(index, &options, &device), RFT_OK);
    return device;
}

static uint64_t n_held(void)
{
    return stub->live_bytes + stub->host_bytes;
}

static uint64_t n_submits(void)
{
    return stub->n_calls[CUDA_STUB_GraphLaunch];
}

struct rft_watch *rft_cuda_watch_begin(void)
{
    static const struct rft_watched watched = {&rft_backend_cuda, n_held, n_submits};
    return rft_watch_begin(&watched);
}

const char *rft_cuda_result_name(CUresult result)
{
    const char *name = NULL;
    assert_int_equal(cuGetErrorName(result, &name), CUDA_SUCCESS);
    return name;
}
