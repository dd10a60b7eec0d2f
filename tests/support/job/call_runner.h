/* SPDX-License-Identifier: MIT */
/* Kernel cases on devices: which devices a test is for, and one call on one of them. */
#ifndef RFT_CALL_RUNNER_H
#define RFT_CALL_RUNNER_H

#include "cpu_reference.h"
#include "kernel_cases.h"
#include "support.h"

#define RFT_TEST_DEVICES_MAX 32u

/* A device that tests are for: every device of every backend that misses nothing, as far as the environment's
 * RFT_TEST_DEVICES allows: substrings of "backend:name", separated by commas; empty = all. */
struct rft_test_device {
    const struct rft_backend *backend;
    uint32_t index;
    struct rft_device_info info;
    char name[160];             /* "backend:name" */
    bool has_own_integers_only; /* a form of the cpu that differs from another in products of integers alone */
};
uint32_t rft_test_devices(struct rft_test_device devices[RFT_TEST_DEVICES_MAX]);
const struct rft_backend *rft_test_cpu(void);
/* For a program that has every device of one backend try all its kernels: its exit code, 77 where there is no such
 * device. */
int rft_test_variants(const char *backend, enum rft_status (*test_all)(struct rft_device *device));

/* An open device and the call being prepared for it. */
struct rft_call_runner {
    const struct rft_backend *backend;
    struct rft_device *device;
    struct rft_caps caps;
    struct rft_block block;
    struct rft_call_image image;    /* what the block holds before the call */
    struct rft_call_image expected; /* the same call for the host, made by the plain kernel */
    uint8_t *after;                 /* [image.used]: what the block holds after it */
    char text[RFT_CALL_TEXT_MAX];   /* what differed */
    /* With RFT_TEST_BUFFER_PER_TENSOR=1 every buffer is a block of its own, without guards, so that a tool that watches
     * the device's memory (tools/validate_vulkan.sh) sees what leaves a buffer. RFT_TEST_BUFFER_TOO_SMALL=1 takes half
     * of each. */
    bool is_per_tensor;
    bool is_left_out; /* the call takes longer than the tool can follow: it is not run, and right */
    struct rft_block tensors[RFT_CALL_BUFFERS_MAX];
    uint32_t n_tensors;
};
void rft_call_runner_open(struct rft_call_runner *r, const struct rft_backend *backend, uint32_t index,
                          uint32_t n_threads);
void rft_call_runner_close(struct rft_call_runner *r);

/* Prepares the case's call; with_expected: and runs it on the host. */
void rft_call_runner_build(struct rft_call_runner *r, const struct rft_kernel_case *c, bool with_expected);
/* Runs the call, n_replays times in one go; r->after holds the block. */
void rft_call_runner_run(struct rft_call_runner *r, uint32_t n_replays);
/* The call's buffer of that name, or NULL. */
const struct rft_call_buffer *rft_test_call_buffer(const struct rft_call_image *image, const char *name);
/* Compares r->after with what was expected; on false r->text says what differs. */
bool rft_call_runner_is_right(struct rft_call_runner *r);

#endif
