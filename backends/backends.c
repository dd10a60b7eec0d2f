/* SPDX-License-Identifier: MIT */
/* The backends of this build. A new one is a line here and a folder. */
#include "backend.h"

#ifdef RFT_VULKAN
extern const struct rft_backend rft_backend_vulkan;
#endif
extern const struct rft_backend rft_backend_cpu;

const struct rft_backend *const *rft_backends(uint32_t *n)
{
    static const struct rft_backend *const backends[] = {
#ifdef RFT_VULKAN
        &rft_backend_vulkan,
#endif
        &rft_backend_cpu,
    };
    *n = (uint32_t)(sizeof backends / sizeof *backends);
    return backends;
}

const char *rft_backends_left_out(void)
{
#ifdef RFT_VULKAN_MISSING
    return "vulkan: " RFT_VULKAN_MISSING;
#else
    return "";
#endif
}
