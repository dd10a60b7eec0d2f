/* SPDX-License-Identifier: MIT */
/* Every Vulkan pipeline on every case: a device uses one variant of a kernel, and no machine has a device for each. */
#include "call_runner.h"
#include "vulkan_kernels.h"

int main(void)
{
    return rft_test_variants("vulkan", vulkan_kernels_test_all);
}
