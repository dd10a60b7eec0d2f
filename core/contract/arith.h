/* SPDX-License-Identifier: MIT */
/* The scalar functions of the arithmetic contract (docs/arithmetic.md): one text for C, GLSL and CUDA, so that every
 * backend gives the same bits. One operation per statement, each rounded on its own to nearest even; no division, no
 * library function, no fused operation; constants as bit patterns; selections instead of branches, so that compilers
 * vectorise loops over them. No value of these functions is subnormal, infinite or NaN when the inputs are finite. */
#ifndef RFT_ARITH_H
#define RFT_ARITH_H

#include "lang.h"

#ifdef __FAST_MATH__
#error "the arithmetic contract forbids -ffast-math: take it out of CFLAGS"
#endif
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0
#error "the arithmetic contract needs float and double to be computed as such: with x87 add -msse2 -mfpmath=sse"
#endif

#define RFT_ARITHMETIC_VERSION 1u  /* of runs whose matrices are all bf16 ... */
#define RFT_ARITHMETIC_INTEGERS 2u /* ... and of runs that multiply integers, too */

#define RFT_BITS_TINY 0x26800000u /* 2^-50: smaller magnitudes become +0 */
#define RFT_BITS_BAD 0x5d800000u  /* 2^60: from here on, infinities and NaN included, an activation is not usable */
#define RFT_BITS_SQUARES_BAD 0x7b800000u /* 2^120: the same for a sum of squares */

/* +0 for -0 and for |v| < 2^-50, else v: keeps every product of two such values out of the subnormal range. */
RFT_FN_FLOAT rft_flush(RFT_FLOAT v)
{
    RFT_U32 bits = RFT_BITS(v);
    return RFT_FROM_BITS((bits & 0x7fffffffu) < RFT_BITS_TINY ? 0u : bits);
}

/* -0 becomes +0. */
RFT_FN_FLOAT rft_canonical(RFT_FLOAT v)
{
    RFT_U32 bits = RFT_BITS(v);
    return RFT_FROM_BITS(bits == 0x80000000u ? 0u : bits);
}

/* 1 if |v| >= 2^60, infinite or NaN, else 0. */
RFT_FN RFT_U32 rft_is_bad(RFT_FLOAT v)
{
    return (RFT_BITS(v) & 0x7fffffffu) >= RFT_BITS_BAD ? 1u : 0u;
}

/* bf16 bits of v in the low half: nearest, ties to even; |v| < 2^-50 and -0 give +0. v is not bad. */
RFT_FN RFT_U32 rft_to_bf16(RFT_FLOAT v)
{
    RFT_U32 bits = RFT_BITS(v);
    RFT_U32 rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    return (bits & 0x7fffffffu) < RFT_BITS_TINY ? 0u : rounded;
}

/* f32 from bf16 bits in the low and in the high half of a word. */
RFT_FN_FLOAT rft_low_bf16(RFT_U32 word)
{
    return RFT_FROM_BITS(word << 16);
}
RFT_FN_FLOAT rft_high_bf16(RFT_U32 word)
{
    return RFT_FROM_BITS(word & 0xffff0000u);
}

/* An f16, exactly; it is neither infinite nor NaN. No subnormal f32 is formed. */
RFT_FN_FLOAT rft_half(RFT_U32 half_bits)
{
    RFT_U32 sign = (half_bits & 0x8000u) << 16;
    RFT_U32 magnitude = (half_bits & 0x7fffu) << 13;
    RFT_FLOAT small = RFT_FROM_BITS(magnitude | 0x38800000u) - RFT_FROM_BITS(0x38800000u); /* 2^-14 */
    return RFT_FROM_BITS(sign | (magnitude < 0x00800000u ? RFT_BITS(small) : magnitude + 0x38000000u));
}

/* The 127th of the greatest magnitude of a block: its scale. */
RFT_FN_FLOAT rft_quantised_scale(RFT_FLOAT greatest)
{
    return greatest * RFT_FROM_BITS(0x3c010204u);
}

/* exp(x), x clamped to [-80, 80]; relative error below 2^-23. */
RFT_FN_FLOAT rft_exp(RFT_FLOAT x_any)
{
    RFT_FLOAT x = x_any >= RFT_FROM_BITS(0xc2a00000u) ? x_any : RFT_FROM_BITS(0xc2a00000u); /* NaN, too, becomes -80 */
    x = x <= RFT_FROM_BITS(0x42a00000u) ? x : RFT_FROM_BITS(0x42a00000u);
    RFT_FLOAT t = x * RFT_FROM_BITS(0x3fb8aa3bu);                             /* 1 / ln 2 */
    t = t + RFT_FROM_BITS(x < RFT_FROM_BITS(0u) ? 0xbf000000u : 0x3f000000u); /* to nearest, by truncation */
    RFT_I32 n = RFT_TO_INT(t);
    RFT_FLOAT n_float = RFT_TO_FLOAT(n);
    RFT_FLOAT n_ln2 = n_float * RFT_FROM_BITS(0x3f317200u); /* ln 2, upper 16 bits: exact */
    RFT_FLOAT r = x - n_ln2;
    n_ln2 = n_float * RFT_FROM_BITS(0x35bfbe8eu); /* ln 2, the rest */
    r = r - n_ln2;
    RFT_FLOAT p = r * RFT_FROM_BITS(0x3ab5593fu);
    p = p + RFT_FROM_BITS(0x3c093a00u);
    p = p * r;
    p = p + RFT_FROM_BITS(0x3d2aac5eu);
    p = p * r;
    p = p + RFT_FROM_BITS(0x3e2aa9ffu);
    p = p * r;
    p = p + RFT_FROM_BITS(0x3efffffdu);
    p = p * r;
    p = p + RFT_FROM_BITS(0x3f800000u);
    p = p * r;
    p = p + RFT_FROM_BITS(0x3f800000u);
    return RFT_FROM_BITS(RFT_BITS(p) + (RFT_TO_UINT(n) << 23));
}

/* 1 / x for x in [2^-60, 2^120]: integer seed, four Newton steps. */
RFT_FN_FLOAT rft_reciprocal(RFT_FLOAT x)
{
    RFT_FLOAT y = RFT_FROM_BITS(0x7ef311c7u - RFT_BITS(x));
    for (RFT_U32 step = 0u; step < 4u; step++) {
        RFT_FLOAT t = x * y;
        t = RFT_FROM_BITS(0x40000000u) - t;
        y = y * t;
    }
    return y;
}

/* What elements of a block are multiplied with, before they are rounded to integers. greatest: 0 or at least 2^-50. */
RFT_FN_FLOAT rft_quantised_factor(RFT_FLOAT greatest)
{
    RFT_FLOAT inverse = rft_reciprocal(RFT_BITS(greatest) == 0u ? RFT_FROM_BITS(0x3f800000u) : greatest);
    return inverse * RFT_FROM_BITS(0x42fe0000u); /* 127 */
}

/* The integer nearest to v times factor, of two the even one; -127 to 127. */
RFT_FN RFT_I32 rft_quantised(RFT_FLOAT v, RFT_FLOAT factor)
{
    RFT_FLOAT y = v * factor;
    y = y + RFT_FROM_BITS(0x4b400000u); /* 1.5 2^23: what lies behind the point is rounded away */
    return RFT_TO_INT(RFT_BITS(y) - 0x4b400000u);
}

/* A block's part of a dot product: sum of products of integers, below 2^24, times the product of the two scales. */
RFT_FN_FLOAT rft_integer_part(RFT_I32 sum, RFT_FLOAT weight_scale, RFT_FLOAT scale)
{
    RFT_FLOAT both = weight_scale * scale;
    RFT_FLOAT part = RFT_TO_FLOAT(sum);
    return part * both;
}

/* The same with the part of the block's minimum. scaled_sum: scale times the sum of the activations' integers. */
RFT_FN_FLOAT rft_integer_part_min(RFT_FLOAT part, RFT_FLOAT minimum, RFT_FLOAT scaled_sum)
{
    RFT_FLOAT of_minimum = minimum * scaled_sum;
    return part + of_minimum;
}

/* 1 / sqrt(x) for x in [2^-60, 2^120]: integer seed, four Newton steps. */
RFT_FN_FLOAT rft_rsqrt(RFT_FLOAT x)
{
    RFT_FLOAT half_x = x * RFT_FROM_BITS(0x3f000000u);
    RFT_FLOAT y = RFT_FROM_BITS(0x5f3759dfu - (RFT_BITS(x) >> 1));
    for (RFT_U32 step = 0u; step < 4u; step++) {
        RFT_FLOAT t = y * y;
        t = half_x * t;
        t = RFT_FROM_BITS(0x3fc00000u) - t;
        y = y * t;
    }
    return y;
}

/* ln(x) for normal x > 0: x = 2^n m with m in [sqrt(1/2), sqrt(2)), polynomial in m - 1. */
RFT_FN_FLOAT rft_log(RFT_FLOAT x)
{
    RFT_U32 shifted = RFT_BITS(x) - 0x3f3504f3u; /* sqrt(1/2) */
    RFT_I32 n = RFT_TO_INT(shifted) >> 23;
    RFT_FLOAT n_float = RFT_TO_FLOAT(n);
    RFT_FLOAT f = RFT_FROM_BITS((shifted & 0x007fffffu) + 0x3f3504f3u);
    f = f - RFT_FROM_BITS(0x3f800000u);
    RFT_FLOAT p = f * RFT_FROM_BITS(0xbd9c5ac1u);
    p = p + RFT_FROM_BITS(0x3e02adb6u);
    p = p * f;
    p = p + RFT_FROM_BITS(0xbe06c2a1u);
    p = p * f;
    p = p + RFT_FROM_BITS(0x3e116d0eu);
    p = p * f;
    p = p + RFT_FROM_BITS(0xbe2a3922u);
    p = p * f;
    p = p + RFT_FROM_BITS(0x3e4cd004u);
    p = p * f;
    p = p + RFT_FROM_BITS(0xbe800113u);
    p = p * f;
    p = p + RFT_FROM_BITS(0x3eaaaaaau);
    RFT_FLOAT f2 = f * f;
    RFT_FLOAT tail = p * f;
    tail = tail * f2;
    RFT_FLOAT half_f2 = f2 * RFT_FROM_BITS(0x3f000000u);
    tail = tail - half_f2;
    RFT_FLOAT n_ln2 = n_float * RFT_FROM_BITS(0x35bfbe8eu);
    tail = tail + n_ln2;
    tail = tail + f;
    n_ln2 = n_float * RFT_FROM_BITS(0x3f317200u);
    return tail + n_ln2;
}

/* (r + 1/2) 2^-32 for a 32-bit r, by two exact parts and one rounding. */
RFT_FN_FLOAT rft_unit(RFT_U32 r)
{
    RFT_FLOAT high = RFT_TO_FLOAT(RFT_TO_INT(r >> 16));
    high = high * RFT_FROM_BITS(0x47800000u); /* 2^16 */
    RFT_FLOAT low = RFT_TO_FLOAT(RFT_TO_INT(r & 0xffffu));
    low = low + RFT_FROM_BITS(0x3f000000u);
    RFT_FLOAT sum = high + low;
    return sum * RFT_FROM_BITS(0x2f800000u);
}

/* -ln(1 - u), u = (r + 1/2) 2^-32: exponentially distributed for 32 random bits. For u < 2^-6 a series in u; above, 1 -
 * u is formed from ~r, so that no logarithm sees a rounded 0 or 1. */
RFT_FN_FLOAT rft_exponential(RFT_U32 r)
{
    RFT_FLOAT u = rft_unit(r);
    RFT_FLOAT series = u * RFT_FROM_BITS(0x3e800000u); /* 1/4 */
    series = series + RFT_FROM_BITS(0x3eaaaaabu);      /* 1/3 */
    series = series * u;
    series = series + RFT_FROM_BITS(0x3f000000u); /* 1/2 */
    series = series * u;
    series = series + RFT_FROM_BITS(0x3f800000u);
    series = series * u;
    RFT_FLOAT v = rft_unit(~r);
    RFT_FLOAT direct = rft_log(v);
    return RFT_FROM_BITS(r < 0x04000000u ? RFT_BITS(series) : RFT_BITS(direct) ^ 0x80000000u);
}

/* Standard Gumbel noise from exponentially distributed e. The draws that win lie where e is small. */
RFT_FN_FLOAT rft_gumbel_of(RFT_FLOAT e)
{
    RFT_FLOAT g = rft_log(e);
    return RFT_FROM_BITS(RFT_BITS(g) ^ 0x80000000u);
}

/* The same from 32 random bits. */
RFT_FN_FLOAT rft_gumbel(RFT_U32 r)
{
    return rft_gumbel_of(rft_exponential(r));
}

/* The factor of a normed row, from the sum of its squares (which is not bad): 1 / sqrt(mean + eps). */
RFT_FN_FLOAT rft_norm_scale(RFT_FLOAT total, RFT_FLOAT inverse_dim, RFT_FLOAT eps)
{
    RFT_FLOAT mean = total * inverse_dim;
    mean = mean + eps;
    return rft_rsqrt(mean);
}

/* An element of a norm whose factor is known before the product: y times the factor times the weight. */
RFT_FN_FLOAT rft_normed(RFT_FLOAT y, RFT_FLOAT scale, RFT_FLOAT weight)
{
    RFT_FLOAT v = rft_flush(y);
    v = v * scale;
    v = rft_flush(v);
    return v * weight;
}

/* A dot product with a normed row, times the row's factor. */
RFT_FN_FLOAT rft_scaled_sum(RFT_FLOAT sum_any, RFT_FLOAT scale)
{
    RFT_FLOAT sum = rft_flush(sum_any);
    sum = sum * scale;
    return rft_canonical(sum);
}

/* 1 + exp(-z): a sigmoid is 1 over it. */
RFT_FN_FLOAT rft_sigmoid_divisor(RFT_FLOAT z)
{
    RFT_FLOAT e = rft_exp(RFT_FROM_BITS(RFT_BITS(z) ^ 0x80000000u));
    return e + RFT_FROM_BITS(0x3f800000u);
}

/* gate times 1 / divisor, times up, each flushed before: the gated units that are sigmoids. */
RFT_FN_FLOAT rft_divided_mul(RFT_FLOAT gate_any, RFT_FLOAT divisor, RFT_FLOAT up_any)
{
    RFT_FLOAT gate = rft_flush(gate_any);
    RFT_FLOAT up = rft_flush(up_any);
    RFT_FLOAT y = rft_reciprocal(divisor);
    y = gate * y;
    y = rft_flush(y);
    return y * up;
}

/* Of x sigmoid(x). */
RFT_FN_FLOAT rft_silu_divisor(RFT_FLOAT gate)
{
    return rft_sigmoid_divisor(rft_flush(gate));
}

/* x sigmoid(x) times u. */
RFT_FN_FLOAT rft_silu_mul(RFT_FLOAT gate, RFT_FLOAT up)
{
    return rft_divided_mul(gate, rft_silu_divisor(gate), up);
}

/* v, and outside [-limit, limit] that. */
RFT_FN_FLOAT rft_clamp(RFT_FLOAT v, RFT_FLOAT limit)
{
    RFT_FLOAT low = RFT_FROM_BITS(RFT_BITS(limit) ^ 0x80000000u);
    RFT_FLOAT w = v >= low ? v : low;
    return w <= limit ? w : limit;
}

/* GELU in the form with tanh, x (1 + tanh(c (x + 0.044715 x^3))) / 2 = x sigmoid(2 c (x + 0.044715 x^3)), c = sqrt(2 /
 * pi), times u. Beyond 16 the sigmoid is 0 or 1 long since, and the cube stays finite. */
RFT_FN_FLOAT rft_gelu_tanh_divisor(RFT_FLOAT gate)
{
    RFT_FLOAT x = rft_clamp(rft_flush(gate), RFT_FROM_BITS(0x41800000u));
    RFT_FLOAT z = x * x;
    z = z * RFT_FROM_BITS(0x3d922279u); /* 2 c 0.044715 */
    z = z + RFT_FROM_BITS(0x3fcc422au); /* 2 c */
    z = z * x;
    return rft_sigmoid_divisor(z);
}

RFT_FN_FLOAT rft_gelu_tanh_mul(RFT_FLOAT gate, RFT_FLOAT up)
{
    return rft_divided_mul(gate, rft_gelu_tanh_divisor(gate), up);
}

/* GELU itself, x (1 + erf(x / sqrt(2))) / 2, times u. erfc of |x| / sqrt(2) by the form p(t) exp(-x^2 / 2), t = 1 / (1
 * + 0.3275911 |x| / sqrt(2)), of Hastings (Approximations for Digital Computers, 1955, sheet 43): absolute error below
 * 2^-21. */
RFT_FN_FLOAT rft_gelu_erf_mul(RFT_FLOAT gate_any, RFT_FLOAT up_any)
{
    RFT_FLOAT gate = rft_flush(gate_any);
    RFT_FLOAT up = rft_flush(up_any);
    RFT_FLOAT x = rft_clamp(gate, RFT_FROM_BITS(0x41800000u)); /* 16 */
    RFT_FLOAT t = RFT_FROM_BITS(RFT_BITS(x) & 0x7fffffffu);
    t = t * RFT_FROM_BITS(0x3e6d3388u); /* 0.3275911 / sqrt(2) */
    t = t + RFT_FROM_BITS(0x3f800000u);
    t = rft_reciprocal(t);
    RFT_FLOAT p = t * RFT_FROM_BITS(0x3f07dc22u); /* halves of the coefficients: erfc / 2 */
    p = p + RFT_FROM_BITS(0xbf3a00e3u);
    p = p * t;
    p = p + RFT_FROM_BITS(0x3f35f0e3u);
    p = p * t;
    p = p + RFT_FROM_BITS(0xbe11a98eu);
    p = p * t;
    p = p + RFT_FROM_BITS(0x3e027906u);
    p = p * t;
    RFT_FLOAT square = x * x;
    square = square * RFT_FROM_BITS(0xbf000000u);
    RFT_FLOAT e = rft_exp(square);
    p = p * e;
    RFT_FLOAT rest = RFT_FROM_BITS(0x3f800000u) - p;
    p = RFT_FROM_BITS(x < RFT_FROM_BITS(0u) ? RFT_BITS(p) : RFT_BITS(rest));
    RFT_FLOAT y = gate * p;
    y = rft_flush(y);
    return y * up;
}

/* The gated unit that `act` (RFT_ACT_* of op_args.h) names. */
RFT_FN_FLOAT rft_act_mul(RFT_U32 act, RFT_FLOAT gate, RFT_FLOAT up)
{
    if (act == 1u)
        return rft_gelu_tanh_mul(gate, up);
    if (act == 2u)
        return rft_gelu_erf_mul(gate, up);
    return rft_silu_mul(gate, up);
}

/* tanh(x): a series below 1/4, (1 - e) / (1 + e) with e = exp(-2 |x|) above; relative error below 2^-21. */
RFT_FN_FLOAT rft_tanh(RFT_FLOAT x)
{
    RFT_FLOAT magnitude = RFT_FROM_BITS(RFT_BITS(x) & 0x7fffffffu);
    RFT_FLOAT doubled = magnitude * RFT_FROM_BITS(0xc0000000u);
    RFT_FLOAT e = rft_exp(doubled);
    RFT_FLOAT below = e + RFT_FROM_BITS(0x3f800000u);
    below = rft_reciprocal(below);
    RFT_FLOAT far = RFT_FROM_BITS(0x3f800000u) - e;
    far = far * below;
    RFT_FLOAT square = rft_clamp(magnitude, RFT_FROM_BITS(0x3f800000u));
    square = square * square;
    square = rft_flush(square);
    RFT_FLOAT near = square * RFT_FROM_BITS(0xbd5d0dd1u); /* -17/315 */
    near = near + RFT_FROM_BITS(0x3e088889u);             /* 2/15 */
    near = near * square;
    near = near + RFT_FROM_BITS(0xbeaaaaabu); /* -1/3 */
    near = near * square;
    near = near * magnitude;
    near = near + magnitude;
    RFT_U32 bits = magnitude < RFT_FROM_BITS(0x3e800000u) ? RFT_BITS(near) : RFT_BITS(far);
    return RFT_FROM_BITS(bits | (RFT_BITS(x) & 0x80000000u));
}

/* cap tanh(v / cap) where there is a cap and v is not bad, else v. */
RFT_FN_FLOAT rft_soft_cap(RFT_FLOAT v, RFT_U32 cap_bits, RFT_U32 inverse_cap_bits)
{
    RFT_FLOAT y = rft_flush(v);
    y = y * RFT_FROM_BITS(inverse_cap_bits);
    y = rft_flush(y);
    y = rft_tanh(y);
    y = y * RFT_FROM_BITS(cap_bits);
    y = rft_canonical(y);
    return RFT_FROM_BITS(cap_bits != 0u && rft_is_bad(v) == 0u ? RFT_BITS(y) : RFT_BITS(v));
}

/* Logit over temperature, as the sampler and the filters see it. */
RFT_FN_FLOAT rft_scaled_logit(RFT_FLOAT logit, RFT_FLOAT inverse_temperature)
{
    RFT_FLOAT s = rft_flush(logit);
    s = s * inverse_temperature;
    return rft_flush(s);
}

/* What a softmax adds up for a score: its exponential against the greatest. */
RFT_FN_FLOAT rft_softmax_term(RFT_FLOAT score, RFT_FLOAT max)
{
    RFT_FLOAT difference = score - max;
    RFT_FLOAT e = rft_exp(difference);
    return rft_flush(e);
}

/* An entry of the vocabulary as log-probabilities see it: the logit at temperature 1; no score without a token or with
 * a bad logit. */
#define RFT_BITS_NO_SCORE 0xde800000u /* -2^62: below every score */
RFT_FN_FLOAT rft_entry_score(RFT_FLOAT logit, RFT_U32 has_token)
{
    RFT_FLOAT s = rft_flush(logit);
    return RFT_FROM_BITS(has_token != 0u && rft_is_bad(logit) == 0u ? RFT_BITS(s) : RFT_BITS_NO_SCORE);
}

/* A score's term; none has +0, also where there is no other. */
RFT_FN_FLOAT rft_score_term(RFT_FLOAT score, RFT_FLOAT max)
{
    RFT_FLOAT e = rft_softmax_term(score, max);
    return RFT_FROM_BITS(RFT_BITS(score) == RFT_BITS_NO_SCORE ? 0u : RFT_BITS(e));
}

/* ln of a score's share of the total of all terms, which is at least 1: never above +0. */
RFT_FN_FLOAT rft_logprob(RFT_FLOAT score, RFT_FLOAT max, RFT_FLOAT total)
{
    RFT_FLOAT difference = score - max;
    RFT_FLOAT log_total = rft_log(total);
    return difference - log_total;
}

/* A 32-bit key that orders as the float does; -0 equals +0. Never 0 for a finite value: 0 marks "no candidate". */
RFT_FN RFT_U32 rft_sort_key(RFT_FLOAT v)
{
    RFT_U32 bits = RFT_BITS(rft_canonical(v));
    return (bits & 0x80000000u) != 0u ? ~bits : bits | 0x80000000u;
}

/* The float of a key that is not 0. */
RFT_FN_FLOAT rft_from_sort_key(RFT_U32 key)
{
    return RFT_FROM_BITS((key & 0x80000000u) != 0u ? key & 0x7fffffffu : ~key);
}

#endif
