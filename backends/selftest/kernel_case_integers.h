/* SPDX-License-Identifier: MIT */
/* Integers under scales for the kernel cases: matrices of every format, and quantised activation rows. */
#ifndef RFT_KERNEL_CASE_INTEGERS_H
#define RFT_KERNEL_CASE_INTEGERS_H

#include "kernel_case_values.h"

/* A packed matrix [n][k] of the case's format, which is not bf16; k is a multiple of 32, of 256 for a SUPER one. */
uint64_t rft_case_integers(const struct rft_build *b, uint32_t n, uint32_t k);
/* A row's quantised part: of any integers, nothing to do with the row's bf16 elements. */
void rft_case_quantised(const struct rft_build *b, uint32_t *quantised, uint32_t k);

#endif
