/* SPDX-License-Identifier: MIT */
/* What lets op_args.h, philox.h and arith.h be one text for C, GLSL and CUDA: the names of types, of function
 * qualifiers and of the few operations that the three languages spell differently. Nothing else belongs here. */
#ifndef RFT_LANG_H
#define RFT_LANG_H

#if defined(RFT_GLSL) /* needs GL_EXT_buffer_reference_uvec2; the build decorates every float operation NoContraction  \
                       */
#define RFT_U32 uint
#define RFT_I32 int
#define RFT_FLOAT float
#define RFT_ADDRESS(name) uvec2 name
#define RFT_FN
#define RFT_FN_FLOAT float
#define RFT_BITS(f) floatBitsToUint(f)
#define RFT_FROM_BITS(u) uintBitsToFloat(u)
#define RFT_TO_FLOAT(x) float(x)
#define RFT_TO_INT(f) int(f)
#define RFT_TO_UINT(x) uint(x)
#define RFT_STRUCT(name) name
uint rft_mul_high(uint a, uint b)
{
    uint high, low;
    umulExtended(a, b, high, low);
    return high;
}
#else
#include <stdint.h>
#include <string.h>
#define RFT_U32 uint32_t
#define RFT_I32 int32_t
#define RFT_FLOAT float
#define RFT_ADDRESS(name) uint64_t name
#define RFT_FN_FLOAT RFT_FN float
#define RFT_TO_FLOAT(x) ((float)(x))
#define RFT_TO_INT(f) ((int32_t)(f))
#define RFT_TO_UINT(x) ((uint32_t)(x))
#define RFT_STRUCT(name) struct name
#if defined(__CUDACC__)
#define RFT_FN static __device__ __forceinline__
#define RFT_BITS(f) __float_as_uint(f)
#define RFT_FROM_BITS(u) __uint_as_float(u)
#else
#define RFT_FN static inline
RFT_FN uint32_t RFT_BITS(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}
RFT_FN float RFT_FROM_BITS(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}
#endif
/* High 32 bits of a * b. */
RFT_FN RFT_U32 rft_mul_high(RFT_U32 a, RFT_U32 b)
{
    return (RFT_U32)(((uint64_t)a * b) >> 32);
}
#endif

#endif
