/* SPDX-License-Identifier: MIT */
/* A device's kernel against the cpu's plain kernel, bit by bit, on the kernel cases of its op. A backend gives the
 * calls that it has anyway; what is compared, and what is said of a difference, is the same for all. */
#ifndef RFT_SELF_TEST_H
#define RFT_SELF_TEST_H

#include "backend.h"

/* How the test reaches the device. */
struct rft_self_test {
    uint32_t align_bytes; /* of caps; n_scratch is 0 */
    /* RFT_ERR_DEVICE_MEMORY when it does not fit. */
    enum rft_status (*block_create)(struct rft_device *device, uint64_t bytes, enum rft_place place,
                                    struct rft_block *block);
    void (*block_destroy)(struct rft_device *device, struct rft_block *block);
    enum rft_status (*write)(struct rft_device *device, struct rft_slice to, const void *from);
    enum rft_status (*read)(struct rft_device *device, struct rft_slice from, void *to);
    /* Runs the node with the kernel, the backend's own, and waits for it. */
    enum rft_status (*run)(struct rft_device *device, const void *kernel, const struct rft_node *node);
};

/* Matrices that a kernel is for. */
enum rft_tested_formats { RFT_TESTED_ALL_FORMATS, RFT_TESTED_BF16, RFT_TESTED_INTEGERS };

/* What is tested, for the choice of cases and for messages. */
struct rft_tested_kernel {
    enum rft_op op;
    const char *name;
    const char *device; /* with its driver: "<name> (<driver> <version>)" */
    bool all;           /* all cases, not only the quick ones */
    enum rft_tested_formats formats;
};

/* RFT_ERR_UNSUPPORTED if a bit differs, with what differs logged. */
enum rft_status rft_self_test_kernel(const struct rft_self_test *calls, struct rft_device *device, const void *kernel,
                                     const struct rft_tested_kernel *tested);

#endif
