/* SPDX-License-Identifier: MIT */
/* Activation rows quantised: by whoever writes them, or by an op of its own. */
#ifndef RFT_CPU_QUANTISE_H
#define RFT_CPU_QUANTISE_H

#include "form.h"

/* cpu_quantise_blocks (cpu_plain.h): blocks [first, first + n) of 32 elements of a row of k, as far as there are such.
 */
void CPU_NAME(cpu_quantise_blocks)(uint32_t *row, uint32_t quantised, uint32_t k, uint32_t first, uint32_t n);

#endif
