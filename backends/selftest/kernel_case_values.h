/* SPDX-License-Identifier: MIT */
/* A kernel case that is being built, and the values that it is filled with. */
#ifndef RFT_KERNEL_CASE_VALUES_H
#define RFT_KERNEL_CASE_VALUES_H

#include "calls.h"
#include "kernel_case.h"

struct rft_build {
    struct rft_call_image *image;
    const struct rft_kernel_case *c;
    uint32_t n_rows; /* capacity */
};

/* The next value of the case's random sequence. */
float rft_case_value(const struct rft_build *b, enum rft_values values);

#endif
