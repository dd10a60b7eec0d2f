/* SPDX-License-Identifier: MIT */
#include "host_math.h"

#include "arith.h"

#include <float.h>
#include <string.h>

#if FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16
#error "double arithmetic must round to double (on 32-bit x86: -mfpmath=sse -msse2)"
#endif

static const double ln_2 = 0x1.62e42fefa39efp-1;
static const double ln_2_high = 0x1.62e42feep-1,
                    ln_2_low = 0x1.a39ef35793c76p-33; /* high: 32 bits, so k times it is exact */
static const double two_by_pi = 0x1.45f306dc9c883p-1;
static const double half_pi_high = 0x1.921fb544p+0, half_pi_low = 0x1.0b4611a626331p-34; /* high: 33 bits */

static double with_exponent(double mantissa, int64_t exponent)
{
    uint64_t bits;
    memcpy(&bits, &mantissa, sizeof bits);
    bits += (uint64_t)exponent << 52;
    memcpy(&mantissa, &bits, sizeof bits);
    return mantissa;
}

/* x >= 1. log(m 2^k) = k ln 2 + 2 artanh((m - 1) / (m + 1)), m in [0.7, 1.42). */
static double log_from_1(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int64_t k = (int64_t)(bits >> 52) - 1023;
    double m = with_exponent(x, -k);
    if (m > 1.4142135623730951) {
        m = m * 0.5;
        k++;
    }
    double s = (m - 1.0) / (m + 1.0), z = s * s, sum = 0;
    for (int i = 27; i > 0; i -= 2)
        sum = sum * z + 1.0 / (double)i;
    return (double)k * ln_2_high + ((double)k * ln_2_low + 2.0 * s * sum);
}

double rft_host_log(double x)
{
    return x >= 1.0 ? log_from_1(x) : -log_from_1(1.0 / x);
}

double rft_host_exp(double x)
{
    int64_t k = -(int64_t)(0.5 - x / ln_2);
    double r = (x - (double)k * ln_2_high) - (double)k * ln_2_low, sum = 1.0;
    for (int i = 16; i > 0; i--)
        sum = 1.0 + r * sum / (double)i;
    return with_exponent(sum, k);
}

/* 0 <= x < 2^20. The quadrant is taken off in two parts (the first product and difference are exact), and the rest, at
 * most pi / 4, goes through the Taylor series. */
void rft_host_cos_sin(double x, double *cos_x, double *sin_x)
{
#define INVERSE(n) (1.0 / (double)((n) * ((n)-1)))
    static const double inverse[] = {0,           0,           INVERSE(2),  INVERSE(3),  INVERSE(4),
                                     INVERSE(5),  INVERSE(6),  INVERSE(7),  INVERSE(8),  INVERSE(9),
                                     INVERSE(10), INVERSE(11), INVERSE(12), INVERSE(13), INVERSE(14),
                                     INVERSE(15), INVERSE(16), INVERSE(17), INVERSE(18), INVERSE(19)};
#undef INVERSE
    int64_t quadrant = (int64_t)(x * two_by_pi + 0.5);
    double r = (x - (double)quadrant * half_pi_high) - (double)quadrant * half_pi_low;
    double z = r * r, c = 1.0, s = 1.0;
    for (int i = 18; i > 0; i -= 2) {
        c = 1.0 - c * z * inverse[i];
        s = 1.0 - s * z * inverse[i + 1];
    }
    s = s * r;
    double cosines[] = {c, -s, -c, s};
    *cos_x = cosines[quadrant & 3];
    *sin_x = cosines[(quadrant + 3) & 3];
}

double rft_host_inverse_sqrt(double x)
{
    double y = (double)rft_rsqrt((float)x);
    for (int step = 0; step < 4; step++)
        y = y * (1.5 - 0.5 * x * y * y);
    return y;
}
