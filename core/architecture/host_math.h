/* SPDX-License-Identifier: MIT */
/* Functions of real numbers from +, -, * and / alone, which every compiler and machine rounds alike; the libraries'
 * differ from each other in the last bits. Relative errors stay below 2^-45 in the domains given. */
#ifndef RFT_HOST_MATH_H
#define RFT_HOST_MATH_H

#include <stdint.h>

/* ln(x), x > 0 and normal; below 1, where it may come close to 0, off by less than 2^-50 of max(1, |ln(x)|). */
double rft_host_log(double x);
/* exp(x), -100 < x <= 0. */
double rft_host_exp(double x);
/* cos(x) and sin(x), 0 <= x < 2^20. */
void rft_host_cos_sin(double x, double *cos_x, double *sin_x);
/* 1 / sqrt(x), x in [2^-60, 2^120]. */
double rft_host_inverse_sqrt(double x);

#define RFT_HOST_PI 0x1.921fb54442d18p+1

#endif
