/* SPDX-License-Identifier: MIT */
/* Every Vulkan pipeline on every case: a device uses one variant of a kernel, and no machine has a device for each. */
#include "call_runner.h"
#include "vulkan.h"

#include <stdio.h>

int main(void)
{
    struct rft_test_device devices[RFT_TEST_DEVICES_MAX];
    const struct rft_device_options options = {.is_unchecked = true};
    uint32_t n = rft_test_devices(devices), n_tested = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct rft_device *device;
        enum rft_status status;
        if (strcmp(devices[i].backend->name, "vulkan") != 0)
            continue;
        if (devices[i].backend->open(devices[i].index, &options, &device) != RFT_OK)
            return 1;
        status = vulkan_kernels_test_all(device);
        devices[i].backend->close(device);
        printf("%s: %s\n", devices[i].name, status == RFT_OK ? "every variant of every kernel gives the cpu's bits" : "FAILED");
        if (status != RFT_OK)
            return 1;
        n_tested++;
    }
    if (n_tested == 0)
        printf("skipped: there is no Vulkan device, or none that is wanted\n");
    return n_tested == 0 ? 77 : 0;
}
