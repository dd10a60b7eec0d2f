/* SPDX-License-Identifier: MIT */
/* The backends of this build. A new one is a line here and a folder. */
#include "backend.h"

extern const struct rft_backend rft_backend_cpu;

const struct rft_backend *const *rft_backends(uint32_t *n)
{
    static const struct rft_backend *const backends[] = {&rft_backend_cpu};
    *n = (uint32_t)(sizeof backends / sizeof *backends);
    return backends;
}
