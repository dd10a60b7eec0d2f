/* SPDX-License-Identifier: MIT */
/* Numbers as Python 3 reads and rounds them. */
#ifndef RFT_PYTHON_FLOAT_H
#define RFT_PYTHON_FLOAT_H

#include "str.h"

/* Python 3's float(text), correctly rounded, including inf, nan, underscores and Unicode decimal digits and white
 * space; NaN when Python would raise ValueError. Decimal digits are those of Unicode 15, whatever the libraries'
 * version. */
double rft_python_float(struct rft_bytes text);

/* Python 3's round(x, 3) on the exact binary value. */
double rft_python_round3(double x);

#endif
