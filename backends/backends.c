/* SPDX-License-Identifier: MIT */
/* The backends of this build. A new one is a line here and a folder. */
#include "backend.h"

#ifdef RFT_CUDA
extern const struct rft_backend rft_backend_cuda;
#endif
#ifdef RFT_VULKAN
extern const struct rft_backend rft_backend_vulkan;
#endif
extern const struct rft_backend rft_backend_cpu;

const struct rft_backend *const *rft_backends(uint32_t *n)
{
    static const struct rft_backend *const backends[] = {
#ifdef RFT_CUDA
        &rft_backend_cuda,
#endif
#ifdef RFT_VULKAN
        &rft_backend_vulkan,
#endif
        &rft_backend_cpu,
    };
    *n = (uint32_t)(sizeof backends / sizeof *backends);
    return backends;
}

#ifdef RFT_CUDA_MISSING
#define CUDA_LINE "cuda: " RFT_CUDA_MISSING
#else
#define CUDA_LINE ""
#endif
#ifdef RFT_VULKAN_MISSING
#define VULKAN_LINE "vulkan: " RFT_VULKAN_MISSING
#else
#define VULKAN_LINE ""
#endif
#if defined(RFT_CUDA_MISSING) && defined(RFT_VULKAN_MISSING)
#define BETWEEN "\n"
#else
#define BETWEEN ""
#endif

const char *rft_backends_left_out(void)
{
    return CUDA_LINE BETWEEN VULKAN_LINE;
}
