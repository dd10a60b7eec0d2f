/* SPDX-License-Identifier: MIT */
/* Opening the driver's library, and saying why that failed in a way that helps. */
#include "cuda_driver.h"

#include "log.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

struct cuda_driver cuda;
const char *rft_cuda_library = "libcuda.so.1";

static bool is_loaded;
static char why_not[256];

const char *cuda_result_name(CUresult result)
{
    static char number[40];
    const char *name = NULL;
    if (cuda.error_name != NULL && cuda.error_name(result, &name) == CUDA_SUCCESS && name != NULL)
        return name;
    snprintf(number, sizeof number, "the CUDA error %d", (int)result);
    return number;
}

/* One symbol, into the table. A function's address through memory: C has no cast from an object's. */
static bool load_symbol(void *library, const char *symbol, void *function)
{
    void *address = dlsym(library, symbol);
    if (address == NULL) {
        snprintf(why_not, sizeof why_not, "the NVIDIA driver is too old: its library has no %s", symbol);
        return false;
    }
    memcpy(function, &address, sizeof address);
    return true;
}

static bool load_library(void)
{
    struct cuda_driver found;
    void *library = dlopen(rft_cuda_library, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        rft_log_debug("cuda: %s", dlerror());
        snprintf(why_not, sizeof why_not,
                 "the NVIDIA driver is not installed (its library libcuda.so.1 was not found)");
        return false;
    }
#define X(name, symbol, parameters)                                                                                    \
    if (!load_symbol(library, symbol, &found.name)) {                                                                  \
        dlclose(library);                                                                                              \
        return false;                                                                                                  \
    }
    CUDA_DRIVER_FUNCTIONS(X)
#undef X
    cuda = found;
    return true;
}

/* What to do about the failures that users meet. */
static const char *hint_of(CUresult result)
{
    switch ((int)result) {
    case CUDA_ERROR_NO_DEVICE: return "there is no NVIDIA GPU that this process may use";
    case CUDA_ERROR_STUB_LIBRARY: return "the library found is the toolkit's stub, not the driver's";
    case CUDA_ERROR_SYSTEM_DRIVER_MISMATCH:
        return "the NVIDIA kernel module and the driver's library are of different versions (restart after an update)";
    case CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE:
        return "the library is a forward compatibility package, which this GPU does not support";
    case CUDA_ERROR_SYSTEM_NOT_READY: return "the system is not ready (nvidia-fabricmanager may not be running)";
    case CUDA_ERROR_OPERATING_SYSTEM:
    case CUDA_ERROR_UNKNOWN: return "the driver cannot reach its kernel module (nvidia_uvm, /dev/nvidia*)";
    default: return "the NVIDIA driver does not start";
    }
}

const char *cuda_driver_open(void)
{
    CUresult result;
    if (!is_loaded)
        is_loaded = load_library();
    if (!is_loaded)
        return why_not;
    result = cuda.init(0); /* again and again: it is quick once it has succeeded */
    if (result == CUDA_SUCCESS)
        return NULL;
    snprintf(why_not, sizeof why_not, "%s (cuInit: %s)", hint_of(result), cuda_result_name(result));
    return why_not;
}
