/* SPDX-License-Identifier: MIT */
#include "cuda_stub_state.h"

#include <stdio.h>
#include <string.h>

static _Thread_local struct CUctx_st *current;
static uint64_t taken[CUDA_STUB_DEVICES_MAX];

struct CUctx_st *stub_current(void)
{
    return current;
}

CUdevice stub_check_device(CUdevice device)
{
    STUB_DEMAND(device >= 0 && (uint32_t)device < cuda_stub.n_devices, "device %d of %u", device, cuda_stub.n_devices);
    return device;
}

uint64_t stub_free_bytes(CUdevice device)
{
    const uint64_t all = cuda_stub.devices[device].total_bytes, gone = taken[device] + cuda_stub.others_bytes;
    return gone < all ? all - gone : 0;
}

bool stub_take_bytes(CUdevice device, uint64_t bytes)
{
    if (bytes > stub_free_bytes(device))
        return false;
    taken[device] += bytes;
    cuda_stub.live_bytes += bytes;
    if (cuda_stub.live_bytes > cuda_stub.peak_bytes)
        cuda_stub.peak_bytes = cuda_stub.live_bytes;
    return true;
}

void stub_give_bytes(CUdevice device, uint64_t bytes)
{
    STUB_DEMAND(taken[device] >= bytes, "more memory was given back than taken");
    taken[device] -= bytes;
    cuda_stub.live_bytes -= bytes;
}

CUresult cuInit(unsigned int flags)
{
    CUresult result = stub_enter(CUDA_STUB_Init);
    STUB_DEMAND(flags == 0, "cuInit: flags");
    return result;
}

CUresult cuDriverGetVersion(int *version)
{
    CUresult result = stub_enter(CUDA_STUB_DriverGetVersion);
    *version = cuda_stub.driver_version;
    return stub_gave(result, version, sizeof *version);
}

CUresult cuDeviceGetCount(int *n)
{
    CUresult result = stub_enter(CUDA_STUB_DeviceGetCount);
    *n = (int)cuda_stub.n_devices;
    return stub_gave(result, n, sizeof *n);
}

CUresult cuDeviceGet(CUdevice *device, int ordinal)
{
    CUresult result = stub_enter(CUDA_STUB_DeviceGet);
    *device = ordinal;
    if (result == CUDA_SUCCESS && (ordinal < 0 || (uint32_t)ordinal >= cuda_stub.n_devices))
        result = CUDA_ERROR_INVALID_DEVICE;
    return stub_gave(result, device, sizeof *device);
}

CUresult cuDeviceGetName(char *name, int len, CUdevice device)
{
    CUresult result = stub_enter(CUDA_STUB_DeviceGetName);
    STUB_DEMAND(len > 0, "cuDeviceGetName: no room");
    snprintf(name, (size_t)len, "%s", cuda_stub.devices[stub_check_device(device)].name);
    return stub_gave(result, name, (size_t)len); /* without an end */
}

CUresult cuDeviceGetUuid_v2(CUuuid *uuid, CUdevice device)
{
    CUresult result = stub_enter(CUDA_STUB_DeviceGetUuid);
    for (size_t i = 0; i < sizeof uuid->bytes; i++)
        uuid->bytes[i] = (char)(0xf0 - 13 * (int)i + stub_check_device(device));
    return stub_gave(result, uuid, sizeof *uuid);
}

CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice device)
{
    CUresult result = stub_enter(CUDA_STUB_DeviceTotalMem);
    *bytes = cuda_stub.devices[stub_check_device(device)].total_bytes;
    return stub_gave(result, bytes, sizeof *bytes);
}

static int attribute_of(const struct cuda_stub_device *d, CUdevice_attribute attribute, int index)
{
    switch (attribute) {
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: return d->major;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: return d->minor;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT: return d->n_multiprocessors;
    case CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED: return !d->has_no_virtual_memory;
    case CU_DEVICE_ATTRIBUTE_INTEGRATED: return d->is_integrated;
    case CU_DEVICE_ATTRIBUTE_KERNEL_EXEC_TIMEOUT: return d->has_watchdog;
    case CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING: return !d->has_no_unified_addresses;
    case CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY:
    case CU_DEVICE_ATTRIBUTE_CAN_USE_HOST_POINTER_FOR_REGISTERED_MEM:
    case CU_DEVICE_ATTRIBUTE_HOST_REGISTER_SUPPORTED:
    case CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS: return 1;
    case CU_DEVICE_ATTRIBUTE_WARP_SIZE: return 32;
    case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
    case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X: return 1024;
    case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X: return 0x7fffffff;
    case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y: return 65535;
    case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR: return 2048;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK: return 49152;
    case CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE: return 1 << 20;
    case CU_DEVICE_ATTRIBUTE_CLOCK_RATE:
    case CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE: return 1000000;
    case CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH: return 256;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_MODE: return d->is_prohibited ? CU_COMPUTEMODE_PROHIBITED : CU_COMPUTEMODE_DEFAULT;
    case CU_DEVICE_ATTRIBUTE_ECC_ENABLED:
    case CU_DEVICE_ATTRIBUTE_TCC_DRIVER:
    case CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID: return 0;
    case CU_DEVICE_ATTRIBUTE_PCI_BUS_ID: return index + 1;
    case CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID: return 0;
    default: stub_misuse("cuDeviceGetAttribute: attribute %d is not known here", (int)attribute);
    }
}

CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice device)
{
    CUresult result = stub_enter(CUDA_STUB_DeviceGetAttribute);
    *value = attribute_of(&cuda_stub.devices[stub_check_device(device)], attribute, device);
    return stub_gave(result, value, sizeof *value);
}

static CUresult create_context(CUcontext *context, CUdevice device)
{
    if (cuda_stub.is_lost_for_good && cuda_stub.n_lost != 0)
        return cuda_stub.lose_result != CUDA_SUCCESS ? cuda_stub.lose_result : cuda_stub.fail_result;
    if (!stub_take_bytes(stub_check_device(device), cuda_stub.context_bytes))
        return CUDA_ERROR_OUT_OF_MEMORY;
    *context = stub_make(CUDA_STUB_CONTEXT, sizeof **context);
    (*context)->object.context = NULL;
    (*context)->device = device;
    (*context)->bytes = cuda_stub.context_bytes;
    current = *context;
    return CUDA_SUCCESS;
}

CUresult cuCtxCreate_v2(CUcontext *context, unsigned int flags, CUdevice device);
CUresult cuCtxCreate_v2(CUcontext *context, unsigned int flags, CUdevice device)
{
    CUresult result = stub_enter(CUDA_STUB_CtxCreate);
    STUB_DEMAND((flags & ~(unsigned)CU_CTX_FLAGS_MASK) == 0, "cuCtxCreate: flags");
    if (result == CUDA_SUCCESS)
        result = create_context(context, device);
    return stub_gave(result, context, sizeof *context);
}

CUresult cuCtxDestroy_v2(CUcontext context)
{
    CUresult result = stub_enter(CUDA_STUB_CtxDestroy);
    struct CUctx_st *object = stub_find(CUDA_STUB_CONTEXT, context);
    stub_drop_work(object);
    stub_drop_lost_objects(object);
    if (current == object)
        current = NULL;
    stub_give_bytes(object->device, object->bytes);
    stub_drop(object);
    return result;
}

CUresult cuCtxSetCurrent(CUcontext context)
{
    CUresult result = stub_enter(CUDA_STUB_CtxSetCurrent);
    if (result == CUDA_SUCCESS)
        current = context == NULL ? NULL : stub_find(CUDA_STUB_CONTEXT, context);
    return result;
}

void stub_lose(struct CUctx_st *context, CUresult result)
{
    context->lost = result;
    cuda_stub.n_lost++;
    stub_drop_work(context);
}

CUresult cuMemGetInfo_v2(size_t *free_bytes, size_t *total_bytes)
{
    CUresult result = stub_enter(CUDA_STUB_MemGetInfo);
    *free_bytes = stub_free_bytes(current->device);
    *total_bytes = cuda_stub.devices[current->device].total_bytes;
    (void)stub_gave(result, free_bytes, sizeof *free_bytes);
    return stub_gave(result, total_bytes, sizeof *total_bytes);
}

#define NAME(name)                                                                                                     \
    case name: *text = #name; return CUDA_SUCCESS;
CUresult cuGetErrorName(CUresult error, const char **text)
{
    switch (error) {
        NAME(CUDA_SUCCESS)
        NAME(CUDA_ERROR_INVALID_VALUE)
        NAME(CUDA_ERROR_OUT_OF_MEMORY)
        NAME(CUDA_ERROR_NOT_INITIALIZED)
        NAME(CUDA_ERROR_NO_DEVICE)
        NAME(CUDA_ERROR_INVALID_DEVICE)
        NAME(CUDA_ERROR_DEVICE_UNAVAILABLE)
        NAME(CUDA_ERROR_STUB_LIBRARY)
        NAME(CUDA_ERROR_SYSTEM_NOT_READY)
        NAME(CUDA_ERROR_SYSTEM_DRIVER_MISMATCH)
        NAME(CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE)
        NAME(CUDA_ERROR_OPERATING_SYSTEM)
        NAME(CUDA_ERROR_INVALID_IMAGE)
        NAME(CUDA_ERROR_NO_BINARY_FOR_GPU)
        NAME(CUDA_ERROR_ECC_UNCORRECTABLE)
        NAME(CUDA_ERROR_NOT_FOUND)
        NAME(CUDA_ERROR_NOT_READY)
        NAME(CUDA_ERROR_ILLEGAL_ADDRESS)
        NAME(CUDA_ERROR_ILLEGAL_INSTRUCTION)
        NAME(CUDA_ERROR_LAUNCH_TIMEOUT)
        NAME(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES)
        NAME(CUDA_ERROR_LAUNCH_FAILED)
        NAME(CUDA_ERROR_NOT_SUPPORTED)
        NAME(CUDA_ERROR_UNKNOWN)
    default: break;
    }
    *text = NULL;
    return CUDA_ERROR_INVALID_VALUE;
}
#undef NAME
