/* SPDX-License-Identifier: MIT */
/* Activation rows quantised: a thread block has a row. */
#include "quantised.cuh"

KERNEL(quantise, quantise, QUANTISE_THREADS, 1)
{
    (void)parameter;
    if (block_x() < n_rows_of(a.batch))
        quantise_row(activation_rows(a.y, a.k), block_x());
}
