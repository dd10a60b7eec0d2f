/* SPDX-License-Identifier: MIT */
/* A device's context: entering it, waiting for its stream, and what the driver's errors mean for it. */
#include "cuda_backend.h"

#include "log.h"

/* Errors after which a context does nothing more. By number: a driver may be newer than the toolkit's header. */
static bool is_fatal(CUresult result)
{
    switch ((int)result) {
    case 3:   /* NOT_INITIALIZED */
    case 4:   /* DEINITIALIZED */
    case 46:  /* DEVICE_UNAVAILABLE */
    case 201: /* INVALID_CONTEXT */
    case 214: /* ECC_UNCORRECTABLE */
    case 220: /* NVLINK_UNCORRECTABLE */
    case 226: /* CONTAINED */
    case 700: /* ILLEGAL_ADDRESS */
    case 702: /* LAUNCH_TIMEOUT */
    case 709: /* CONTEXT_IS_DESTROYED */
    case 710: /* ASSERT */
    case 714: /* HARDWARE_STACK_ERROR */
    case 715: /* ILLEGAL_INSTRUCTION */
    case 716: /* MISALIGNED_ADDRESS */
    case 717: /* INVALID_ADDRESS_SPACE */
    case 718: /* INVALID_PC */
    case 719: /* LAUNCH_FAILED */
    case 721: /* TENSOR_MEMORY_LEAK */
    case 802: /* SYSTEM_NOT_READY */
    case 810: /* MPS_CLIENT_TERMINATED */
    case 911: /* EXTERNAL_DEVICE */
    case 999: /* UNKNOWN */ return true;
    default: return false;
    }
}

enum rft_status cuda_check(struct rft_device *device, CUresult result, const char *what)
{
    if (result == CUDA_SUCCESS)
        return RFT_OK;
    rft_log_error("%s: %s: %s%s", device->facts.name, what, cuda_result_name(result),
                  result == CUDA_ERROR_LAUNCH_TIMEOUT
                      ? " (this GPU also draws a screen, and a kernel took longer than that allows)"
                      : "");
    if (is_fatal(result)) {
        device->is_lost = true;
        return RFT_ERR_DEVICE_LOST;
    }
    return result == CUDA_ERROR_OUT_OF_MEMORY ? RFT_ERR_DEVICE_MEMORY : RFT_ERR_DEVICE;
}

enum rft_status cuda_enter(struct rft_device *device)
{
    RFT_CHECK_DEVICE(device, &rft_backend_cuda);
    if (device->is_lost) {
        (void)cuda.context_set(
            device->context); /* what is left in it is destroyed there, and another device's may be current */
        return RFT_ERR_DEVICE_LOST;
    }
    return cuda_check(device, cuda.context_set(device->context), "cuCtxSetCurrent");
}

enum rft_status cuda_finish(struct rft_device *device, const char *what)
{
    enum rft_status status;
    if (device->is_lost)
        return RFT_ERR_DEVICE_LOST;
    status = cuda_check(device, cuda.stream_synchronize(device->stream), what);
    /* Work may be queued on memory that the caller frees next: it must be over, or never be waited for again. */
    if (status != RFT_OK && !device->is_lost && cuda.stream_synchronize(device->stream) != CUDA_SUCCESS) {
        device->is_lost = true;
        return RFT_ERR_DEVICE_LOST;
    }
    device->n_finished = device->n_launched;
    return status;
}
