/* SPDX-License-Identifier: MIT */
/* The one text with intrinsics. dot_quad: in every 32-bit lane, sums += the products of four bytes of a matrix row and
 * four of an activation row: exact, so every unit gives the same bits. Which unit a form has follows from CPU_LANES and
 * from what the compiler may use. */
#ifndef RFT_CPU_INTEGER_DOT_H
#define RFT_CPU_INTEGER_DOT_H

#include "form.h"

#if defined(__SSE2__)
#include <immintrin.h>
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#endif

/* Added to integers of 8 bits, which are signed, where the unit's weights are unsigned. Those of 4 and 6 bits are
 * 0 to 63: any unit takes them as they are. */
#if (CPU_LANES == 16 && defined(__AVX512VNNI__)) || (CPU_LANES == 8 && defined(__AVXVNNI__))
#define CPU_DOT_BIAS 128
#else
#define CPU_DOT_BIAS 0
#endif

/* Word i of an activation row in every lane. */
CPU_INLINE cpu_i32 word_of(const int8_t *x, unsigned i)
{
    int32_t word;
    memcpy(&word, x + 4 * i, sizeof word);
    return (cpu_i32){0} + word;
}

#if defined(__SSE2__) && CPU_DOT_BIAS == 0
typedef int16_t cpu_i16x2 __attribute__((vector_size(CPU_LANES * 4)));

/* Of four bytes, the first and the third one widened, or the second and the fourth. */
CPU_INLINE cpu_i32 even_bytes(cpu_i32 v)
{
    return (cpu_i32)((cpu_i16x2)((cpu_i16x2)v << 8) >> 8);
}
CPU_INLINE cpu_i32 odd_bytes(cpu_i32 v)
{
    return (cpu_i32)((cpu_i16x2)v >> 8);
}
#endif

#if CPU_DOT_BIAS == 0 && ((CPU_LANES == 16 && defined(__AVX512BW__)) || (CPU_LANES == 8 && defined(__AVX2__)))
#define CPU_HAS_PAIRS 1
/* Quads whose products an int16 holds the sums of two and two of. */
#define PAIR_QUADS(bits) ((bits) == 4 ? 8u : 2u)

#if CPU_LANES == 16
#define PAIR_PRODUCTS(weights, word) (cpu_i32) _mm512_maddubs_epi16((__m512i)(weights), (__m512i)(word))
#define PAIR_ADD(a, b) (cpu_i32) _mm512_add_epi16((__m512i)(a), (__m512i)(b))
#define PAIR_SUMS(pairs) (cpu_i32) _mm512_madd_epi16((__m512i)(pairs), _mm512_set1_epi16(1))
#else
#define PAIR_PRODUCTS(weights, word) (cpu_i32) _mm256_maddubs_epi16((__m256i)(weights), (__m256i)(word))
#define PAIR_ADD(a, b) (cpu_i32) _mm256_add_epi16((__m256i)(a), (__m256i)(b))
#define PAIR_SUMS(pairs) (cpu_i32) _mm256_madd_epi16((__m256i)(pairs), _mm256_set1_epi16(1))
#endif
#else
#define CPU_HAS_PAIRS 0
#endif

/* x: 16 activations, of which quad says which four are meant. */
CPU_INLINE cpu_i32 dot_quad(cpu_i32 sums, cpu_i32 weights, const int8_t *x, const unsigned quad)
{
#if CPU_LANES == 16 && defined(__AVX512VNNI__)
    return (cpu_i32)_mm512_dpbusd_epi32((__m512i)sums, (__m512i)weights, (__m512i)word_of(x, quad));
#elif CPU_LANES == 8 && defined(__AVXVNNI__)
    return (cpu_i32)_mm256_dpbusd_avx_epi32((__m256i)sums, (__m256i)weights, (__m256i)word_of(x, quad));
#elif CPU_LANES == 16 && defined(__AVX512BW__)
    const __m512i word = (__m512i)word_of(x, quad);
    sums += (cpu_i32)_mm512_madd_epi16((__m512i)even_bytes(weights), (__m512i)even_bytes((cpu_i32)word));
    return sums + (cpu_i32)_mm512_madd_epi16((__m512i)odd_bytes(weights), (__m512i)odd_bytes((cpu_i32)word));
#elif CPU_LANES == 8 && defined(__AVX2__)
    const __m256i word = (__m256i)word_of(x, quad), w = (__m256i)weights;
    /* magnitudes, and the activations with their signs: 2 x 128 x 127 is an int16, too */
    return sums + PAIR_SUMS(PAIR_PRODUCTS(_mm256_abs_epi8(w), _mm256_sign_epi8(word, w)));
#elif CPU_LANES == 4 && defined(__SSE2__)
    const cpu_i32 word = word_of(x, quad);
    sums += (cpu_i32)_mm_madd_epi16((__m128i)even_bytes(weights), (__m128i)even_bytes(word));
    return sums + (cpu_i32)_mm_madd_epi16((__m128i)odd_bytes(weights), (__m128i)odd_bytes(word));
#elif CPU_LANES == 4 && defined(__ARM_NEON) && defined(__aarch64__) && defined(__ARM_FEATURE_DOTPROD)
    const int8x16_t all = vld1q_s8(x), w = (int8x16_t)weights;
    switch (quad) { /* immediates, even where nothing is folded */
    case 0: return (cpu_i32)vdotq_laneq_s32((int32x4_t)sums, w, all, 0);
    case 1: return (cpu_i32)vdotq_laneq_s32((int32x4_t)sums, w, all, 1);
    case 2: return (cpu_i32)vdotq_laneq_s32((int32x4_t)sums, w, all, 2);
    default: return (cpu_i32)vdotq_laneq_s32((int32x4_t)sums, w, all, 3);
    }
#elif CPU_LANES == 4 && defined(__ARM_NEON) && defined(__aarch64__)
    const int8x16_t word = (int8x16_t)word_of(x, quad), w = (int8x16_t)weights;
    const int16x8_t first = vmull_s8(vget_low_s8(w), vget_low_s8(word)), second = vmull_high_s8(w, word);
    return (cpu_i32)vpadalq_s16((int32x4_t)sums, vpaddq_s16(first, second)); /* 2 x 128 x 127 is an int16 */
#else
    const cpu_i32 word = word_of(x, quad);
    CPU_UNROLL
    for (int shift = 24; shift >= 0; shift -= 8)
        sums += ((cpu_i32)((cpu_u32)weights << shift) >> 24) * ((cpu_i32)((cpu_u32)word << shift) >> 24);
    return sums;
#endif
}

/* The same for the quad-th of a part's quads. Where products of two and two are summed in 16 bits, *pairs has those of
 * a few quads before they are added to *sums: 2 x 63 x 127 of 6 bits, 2 x 15 x 127 of 4. */
CPU_INLINE void add_quad(const unsigned bits, const unsigned quad, const unsigned n_quads, cpu_i32 *sums,
                         cpu_i32 *pairs, cpu_i32 weights, const int8_t *x)
{
#if CPU_HAS_PAIRS
    if (bits < 8) {
        const cpu_i32 products = PAIR_PRODUCTS(weights, word_of(x, quad % 4));
        *pairs = quad % PAIR_QUADS(bits) == 0 ? products : PAIR_ADD(*pairs, products);
        if ((quad + 1) % PAIR_QUADS(bits) == 0 || quad + 1 == n_quads)
            *sums += PAIR_SUMS(*pairs);
        return;
    }
#endif
    (void)bits;
    (void)pairs;
    (void)n_quads;
    *sums = dot_quad(*sums, weights, x, quad % 4);
}

/* rft_half of every lane; bits: below 2^16. */
CPU_INLINE cpu_f32 half_of(cpu_u32 bits)
{
#if CPU_LANES == 16 && defined(__AVX512F__)
    return (cpu_f32)_mm512_cvtph_ps(_mm512_cvtepi32_epi16((__m512i)bits));
#else
    const cpu_u32 sign = (bits & 0x8000u) << 16, magnitude = (bits & 0x7fffu) << 13;
    const cpu_f32 least = (cpu_f32)((cpu_u32){0} + 0x38800000u);
    const cpu_u32 small = (cpu_u32)((cpu_f32)(magnitude | 0x38800000u) - least);
    const cpu_u32 is_small = (cpu_u32)((cpu_i32)magnitude < 0x00800000);
    return (cpu_f32)(sign | (small & is_small) | ((magnitude + 0x38000000u) & ~is_small));
#endif
}

/* 16 integers of -128 to 127 as bytes. */
CPU_INLINE void store_bytes(int8_t to[16], const cpu_i32 v[16 / CPU_LANES])
{
#if CPU_LANES == 16 && defined(__AVX512F__)
    _mm_storeu_si128((__m128i_u *)to, _mm512_cvtepi32_epi8((__m512i)v[0]));
#elif CPU_LANES == 8 && defined(__AVX2__)
    const __m256i pairs = _mm256_packs_epi32((__m256i)v[0], (__m256i)v[1]); /* 0-3, 8-11; 4-7, 12-15 */
    const __m256i sorted = _mm256_permute4x64_epi64(pairs, 0xd8);
    const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(sorted), _mm256_extracti128_si256(sorted, 1));
    _mm_storeu_si128((__m128i_u *)to, bytes);
#elif CPU_LANES == 4 && defined(__SSE2__)
    const __m128i first = _mm_packs_epi32((__m128i)v[0], (__m128i)v[1]);
    _mm_storeu_si128((__m128i_u *)to, _mm_packs_epi16(first, _mm_packs_epi32((__m128i)v[2], (__m128i)v[3])));
#else
    int32_t integers[16];
    memcpy(integers, v, sizeof integers);
    for (unsigned i = 0; i < 16; i++)
        to[i] = (int8_t)integers[i];
#endif
}

#endif
