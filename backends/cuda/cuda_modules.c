/* SPDX-License-Identifier: MIT */
/* The compiled kernels. An image holds machine code for the GPUs that the build knows (SASS), which is the compiler's
 * that was tested, and PTX, which a driver's own compiler turns into machine code for others. What that compiler made
 * is compared with the cpu's plain kernel before it is used. */
#include "cuda_backend.h"

#include "alloc.h"
#include "cuda_images.h"
#include "log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JIT_LOG_BYTES 1024u

/* Compute capabilities, ten times the major and the minor number: of machine code and of PTX (cuda.cmake). */
static const int sass[] = {RFT_CUDA_SASS};
static const int ptx[] = {RFT_CUDA_PTX};

struct cuda_function {
    CUfunction handle; /* NULL: not loaded yet */
    bool is_trusted;   /* may be used */
    bool is_compared;  /* gives the bits of the cpu's plain kernel */
};

struct cuda_modules {
    CUmodule modules[RFT_OP_COUNT];  /* NULL: not loaded yet */
    struct cuda_function *functions; /* [n_cuda_kernels] */
};

/* May the driver ignore the machine code? (A switch of NVIDIA's for tests.) */
static bool is_jit_forced(void)
{
    const char *value = getenv("CUDA_FORCE_PTX_JIT");
    return value != NULL && value[0] != '\0' && value[0] != '0';
}

static bool has_sass(const struct cuda_facts *facts)
{
    for (size_t i = 0; i < sizeof sass / sizeof *sass; i++)
        if (sass[i] / 10 == facts->major && sass[i] % 10 <= facts->minor)
            return true;
    return false;
}

int cuda_modules_driver_version(const struct cuda_facts *facts, int *oldest)
{
    *oldest = ptx[0];
    for (size_t i = 1; i < sizeof ptx / sizeof *ptx; i++)
        if (ptx[i] < *oldest)
            *oldest = ptx[i];
    /* Machine code runs on any driver of the toolkit's major version; PTX needs one that is as new as the toolkit. */
    if (has_sass(facts))
        return CUDA_VERSION / 1000 * 1000;
    return 10 * facts->major + facts->minor >= *oldest ? CUDA_VERSION : 0;
}

static enum rft_status load_module(struct rft_device *device, enum rft_op op)
{
    char errors[JIT_LOG_BYTES] = "";
    CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
    void *values[] = {errors, (void *)(uintptr_t)sizeof errors};
    CUmodule *module = &device->modules->modules[op];
    const struct cuda_image *image = NULL;
    CUresult result;
    if (*module != NULL)
        return RFT_OK;
    for (uint32_t i = 0; i < n_cuda_images; i++)
        if (strcmp(cuda_images[i].op, rft_op_name(op)) == 0)
            image = &cuda_images[i];
    assert(image != NULL); /* backends.cmake sees to it */
    result = cuda.module_load(module, image->bytes, sizeof options / sizeof *options, options, values);
    if (result == CUDA_SUCCESS)
        return RFT_OK;
    *module = NULL;
    errors[sizeof errors - 1] = '\0';
    if (errors[0] != '\0')
        rft_log_error("%s: kernels of %s: %s", device->facts.name, rft_op_name(op), errors);
    return cuda_check(device, result, rft_op_name(op));
}

/* Did the function come from machine code of this build? A driver's compiler makes some for the very device, whose
 * number may be one of the build's only if it was forced to. */
static bool is_from_sass(int binary_version)
{
    if (is_jit_forced())
        return false;
    for (size_t i = 0; i < sizeof sass / sizeof *sass; i++)
        if (sass[i] == binary_version)
            return true;
    return false;
}

static enum rft_status load_function(struct rft_device *device, uint32_t kernel)
{
    struct cuda_function *function = &device->modules->functions[kernel];
    const char *name = cuda_kernels[kernel].name;
    int version = 0, n_registers = 0, local_bytes = 0;
    CUfunction handle = NULL;
    RFT_TRY(load_module(device, cuda_kernels[kernel].op));
    RFT_TRY(cuda_check(device, cuda.module_function(&handle, device->modules->modules[cuda_kernels[kernel].op], name),
                       name));
    RFT_TRY(cuda_check(device, cuda.function_attribute(&version, CU_FUNC_ATTRIBUTE_BINARY_VERSION, handle), name));
    RFT_TRY(cuda_check(device, cuda.function_attribute(&n_registers, CU_FUNC_ATTRIBUTE_NUM_REGS, handle), name));
    RFT_TRY(
        cuda_check(device, cuda.function_attribute(&local_bytes, CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES, handle), name));
    function->is_trusted = is_from_sass(version);
    rft_log_debug("%s: kernel %s: %s for %d.%d, %d registers, %d bytes of local memory", device->facts.name, name,
                  function->is_trusted ? "machine code" : "compiled by the driver", version / 10, version % 10,
                  n_registers, local_bytes);
    function->handle = handle;
    return RFT_OK;
}

/* Loads the kernel, and compares it with the cpu's, each if that was not done before. */
static enum rft_status ready_function(struct rft_device *device, uint32_t kernel, bool must_compare)
{
    struct cuda_function *function = &device->modules->functions[kernel];
    enum rft_status status;
    if (function->handle == NULL)
        RFT_TRY(load_function(device, kernel));
    if (function->is_compared || (function->is_trusted && !must_compare))
        return RFT_OK;
    status = cuda_test_kernel(device, kernel, function->handle, false);
    if (status == RFT_ERR_UNSUPPORTED && device->options.is_unchecked) {
        rft_log_warn("%s: [device] arithmetic = unchecked: the kernel is used all the same", device->facts.name);
        function->is_trusted = true;
        return RFT_OK;
    }
    if (status == RFT_OK || status == RFT_ERR_UNSUPPORTED) /* else the test did not come to an end */
        function->is_trusted = function->is_compared = status == RFT_OK;
    return status;
}

enum rft_status cuda_modules_function(struct rft_device *device, uint32_t kernel, CUfunction *function)
{
    *function = NULL;
    assert(kernel < n_cuda_kernels);
    RFT_TRY(ready_function(device, kernel, false));
    *function = device->modules->functions[kernel].handle;
    return RFT_OK;
}

enum rft_status cuda_modules_self_test(struct rft_device *device, uint32_t *n_kernels)
{
    *n_kernels = 0;
    RFT_TRY(cuda_enter(device));
    for (uint32_t i = 0; i < n_cuda_kernels; i++) {
        RFT_TRY(ready_function(device, i, true));
        ++*n_kernels;
    }
    return RFT_OK;
}

enum rft_status cuda_kernels_test_all(struct rft_device *device)
{
    RFT_TRY(cuda_enter(device));
    for (uint32_t i = 0; i < n_cuda_kernels; i++) {
        if (device->modules->functions[i].handle == NULL)
            RFT_TRY(load_function(device, i));
        RFT_TRY(cuda_test_kernel(device, i, device->modules->functions[i].handle, true));
    }
    return RFT_OK;
}

enum rft_status cuda_modules_open(struct rft_device *device)
{
    device->modules = rft_alloc(1, sizeof *device->modules);
    if (device->modules == NULL)
        return RFT_ERR_HOST_MEMORY;
    device->modules->functions = rft_alloc(n_cuda_kernels, sizeof *device->modules->functions);
    return device->modules->functions != NULL ? RFT_OK : RFT_ERR_HOST_MEMORY;
}

void cuda_modules_close(struct rft_device *device)
{
    if (device->modules == NULL)
        return;
    for (int op = 0; op < RFT_OP_COUNT; op++)
        if (device->modules->modules[op] != NULL)
            (void)cuda.module_unload(device->modules->modules[op]);
    rft_free(device->modules->functions);
    rft_free(device->modules);
    device->modules = NULL;
}
