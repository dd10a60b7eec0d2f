/* SPDX-License-Identifier: MIT */
/* A vector form of the hot kernels: the files of this folder are compiled once per instruction set, with CPU_FORM, the
 * form's name, and CPU_LANES, its f32 lanes. Vectors are the compilers' vector extension: no intrinsics, so one text
 * serves x86-64 and AArch64. A vector wider than the machine's registers is slow beyond use: the width goes with the
 * instruction set. */
#ifndef RFT_CPU_FORM_H
#define RFT_CPU_FORM_H

#include "arith.h"
#include "cpu.h"

#define CPU_JOIN_(a, b) a##_##b
#define CPU_JOIN(a, b) CPU_JOIN_(a, b)
#define CPU_NAME(stem) CPU_JOIN(stem, CPU_FORM) /* cpu_qkv -> cpu_qkv_avx512 */

#define CPU_INLINE static inline __attribute__((always_inline))
#ifdef __clang__
#define CPU_UNROLL _Pragma("unroll")
#else
#define CPU_UNROLL _Pragma("GCC unroll 32")
#endif

typedef float cpu_f32 __attribute__((vector_size(CPU_LANES * 4)));
typedef uint32_t cpu_u32 __attribute__((vector_size(CPU_LANES * 4)));
typedef int32_t cpu_i32 __attribute__((vector_size(CPU_LANES * 4))); /* comparisons give 0 or -1 */
typedef uint16_t cpu_u16 __attribute__((vector_size(CPU_LANES * 2)));

CPU_INLINE cpu_f32 load_f32(const float *p)
{
    cpu_f32 v;
    memcpy(&v, p, sizeof v);
    return v;
}
CPU_INLINE void store_f32(float *p, cpu_f32 v)
{
    memcpy(p, &v, sizeof v);
}
CPU_INLINE cpu_u32 load_u32(const uint32_t *p)
{
    cpu_u32 v;
    memcpy(&v, p, sizeof v);
    return v;
}
CPU_INLINE cpu_u16 load_u16(const uint16_t *p)
{
    cpu_u16 v;
    memcpy(&v, p, sizeof v);
    return v;
}
CPU_INLINE void store_u16(uint16_t *p, cpu_u16 v)
{
    memcpy(p, &v, sizeof v);
}

/* f32 lanes of bf16 lanes. */
CPU_INLINE cpu_f32 widen_bf16(cpu_u16 v)
{
    return (cpu_f32)(__builtin_convertvector(v, cpu_u32) << 16);
}

/* Rounds n values to bf16; bad ones are stored as +0 and mark the row. */
static inline void round_row(uint16_t *to, const float *from, uint32_t n, struct rft_row *row)
{
    uint32_t bad = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t is_bad = rft_is_bad(from[i]);
        bad |= is_bad;
        to[i] = (uint16_t)(is_bad != 0 ? 0 : rft_to_bf16(from[i]));
    }
    if (bad != 0)
        cpu_mark_bad(row);
}

/* Soft caps of n values, where there is a cap. */
static inline void cap_all(float *values, uint32_t n, uint32_t cap_bits, uint32_t inverse_cap_bits)
{
    if (cap_bits != 0)
        for (uint32_t i = 0; i < n; i++)
            values[i] = rft_soft_cap(values[i], cap_bits, inverse_cap_bits);
}

/* Columns that a dot product kernel handles at a time, and accumulators that its registers hold. */
#if CPU_LANES == 16
#define CPU_COLUMNS 12u
#define CPU_ACCUMULATORS 24u
#elif CPU_LANES == 8
#define CPU_COLUMNS 6u
#define CPU_ACCUMULATORS 12u
#elif defined(__aarch64__)
#define CPU_COLUMNS 6u
#define CPU_ACCUMULATORS 24u
#else
#define CPU_COLUMNS 3u
#define CPU_ACCUMULATORS 12u
#endif

/* The same of integers, whose sums a block's end leaves in the first-level cache: what they share is worth more. */
#define CPU_INTEGER_COLUMNS 64u
#define CPU_COLUMNS_MAX CPU_INTEGER_COLUMNS

#define CPU_TILE_VECTORS (RFT_TILE / CPU_LANES)

#endif
