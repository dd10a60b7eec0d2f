/* SPDX-License-Identifier: MIT */
/* Calls of every kernel on random data: shapes and values that kernels get wrong. A device's self-test and the
 * conformance tests take them from here. To check one case on a device:
 *
 *     expected.n_scratch = image.n_scratch = caps.n_scratch, and align_bytes the same
 *     kernel_case_build(&expected, c, 0), cpu_reference_run(&expected.node)
 *     block of kernel_case_bytes(c, n_scratch, align_bytes) bytes, kernel_case_build(&image, c, block.address)
 *     write image.bytes [image.used] to the block; run image.node; read the block back into `after`
 *     rft_call_is_right(&image, after, &expected, text) */
#ifndef RFT_KERNEL_CASES_H
#define RFT_KERNEL_CASES_H

#include "calls.h"
#include "kernel_case.h"

extern const struct rft_kernel_case kernel_cases[];
extern const uint32_t n_kernel_cases;

/* Rows that the case's buffers have room for. */
uint32_t kernel_case_capacity(const struct rft_kernel_case *c);

/* What kernel_case_build will make image->used. */
uint64_t kernel_case_bytes(const struct rft_kernel_case *c, uint32_t n_scratch, uint32_t align_bytes);

/* Prepares the case's call in image, for n_scratch and align_bytes as they are set there, at this base address; 0
 * stands for the image's own bytes, so that the node can be run in place. An image can be built again and again. */
enum rft_status kernel_case_build(struct rft_call_image *image, const struct rft_kernel_case *c, uint64_t base);

/* "logits, rows 5, n 17 ...": what a failure says. */
void kernel_case_name(const struct rft_kernel_case *c, char text[RFT_CALL_TEXT_MAX]);

#endif
