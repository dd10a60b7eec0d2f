/* SPDX-License-Identifier: MIT */
/* What every kernel begins with. Kernels use nothing of CUDA but what is wrapped here, so that the same source runs in
 * the tests on the host, as C++ (tests/support/cuda/cuda_shim.h has the other body of each wrapper), and its bits are
 * checked without a GPU.
 *
 * A kernel is declared by  KERNEL(name, op, threads_max, blocks_min) { body }  and sees its arguments as `a` (struct
 * rft_args_<op>) and `parameter`, what the backend chose for the launch (backends/cuda/cuda_kernels.c); at least
 * blocks_min of its thread blocks shall fit a multiprocessor's registers at once. Shared memory is declared at the
 * beginning of a function that all threads of the block run: SHARED(type, name, count).
 *
 * Rules of the arithmetic (docs/arithmetic.md): float operations are single +, - and *, compiled with -fmad=false;
 * products of two bf16 are added by fma_bf16, which rounds once and so has the same bits as a product and a sum. */
#ifndef RFT_COMMON_CUH
#define RFT_COMMON_CUH

#include "arith.h"
#include "op_args.h"
#include "philox.h"

#include "cuda_grid.h"

#if defined(__CUDACC__)
#define UNROLL _Pragma("unroll")
#define UNROLL_SOME _Pragma("unroll 8")
#define UNROLL_COPY _Pragma("unroll 4")
#define NO_UNROLL _Pragma("unroll 1")
#define SHARED(type, name, count) __shared__ type name[count]
#define RFT_FN_OF_OBJECT __device__ __forceinline__
#define KERNEL(name, op, threads_max, blocks_min)                                                                      \
    static __device__ __forceinline__ void name##_body(const struct rft_args_##op &a, const uint32_t parameter);       \
    extern "C" __global__ void __launch_bounds__(threads_max, blocks_min)                                              \
        name(const struct rft_args_##op a, const uint32_t parameter)                                                   \
    {                                                                                                                  \
        name##_body(a, parameter);                                                                                     \
    }                                                                                                                  \
    static __device__ __forceinline__ void name##_body(const struct rft_args_##op &a, const uint32_t parameter)

/* Of the thread in its block; of the block in the grid. */
RFT_FN uint32_t thread_index()
{
    return threadIdx.x;
}
RFT_FN uint32_t n_threads()
{
    return blockDim.x;
}
RFT_FN uint32_t block_x()
{
    return blockIdx.x;
}
RFT_FN uint32_t block_y()
{
    return blockIdx.y;
}

/* Every thread of the block that has not returned is here, and sees what the others wrote. */
RFT_FN void sync_block()
{
    __syncthreads();
}

RFT_FN float fma_bf16(float x, float y, float sum)
{
    return __fmaf_rn(x, y, sum);
}

/* sum + the products of the four signed bytes of two words. */
RFT_FN uint32_t dot4(uint32_t x, uint32_t y, uint32_t sum)
{
    return (uint32_t)__dp4a((int)x, (int)y, (int)sum);
}

/* sums = begin + the product of two matrices of signed bytes, by a whole warp. Thread 4 g + t gives, of sixteen rows by
 * 32 columns, rows g (a[0], a[2]) and g + 8 (a[1], a[3]), columns 4 t to 4 t + 3 and 16 more (a[2], a[3]); of the other
 * matrix, 32 by eight, the same 32 elements of column g (b); and has sums of row g, columns 2 t and 2 t + 1, and of row
 * g + 8. (PTX ISA, mma.m16n8k32; before compute capability 8.0 m8n8k16, whose fragments are quarters of these.) */
RFT_FN void multiply_bytes(uint32_t sums[4], const uint32_t a[4], const uint32_t b[2], uint32_t begin)
{
#if __CUDA_ARCH__ >= 800
    asm volatile("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                 "{%10, %10, %10, %10};"
                 : "=r"(sums[0]), "=r"(sums[1]), "=r"(sums[2]), "=r"(sums[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "r"(begin));
#else
    UNROLL
    for (uint32_t i = 0u; i < 4u; i++) {
        sums[i] = begin;
    }
    UNROLL
    for (uint32_t i = 0u; i < 4u; i++)
        asm volatile("mma.sync.aligned.m8n8k16.row.col.s32.s8.s8.s32 {%0, %1}, {%2}, {%3}, {%0, %1};"
                     : "+r"(sums[i % 2u * 2u]), "+r"(sums[i % 2u * 2u + 1u])
                     : "r"(a[i]), "r"(b[i / 2u]));
#endif
}

/* An f16 in the low half of a word, exactly (rft_half). */
RFT_FN float half_value(uint32_t word)
{
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"((uint16_t)word));
    return value;
}

/* The value of the thread of the same warp whose number differs by the bits of `mask`; the whole warp takes part. */
RFT_FN uint32_t shuffle_xor(uint32_t value, uint32_t mask)
{
    return __shfl_xor_sync(0xffffffffu, value, (int)mask);
}

/* On shared memory, but for atomic_or. */
RFT_FN void atomic_max(uint32_t *p, uint32_t value)
{
    atomicMax(p, value);
}
RFT_FN void atomic_min(uint32_t *p, uint32_t value)
{
    atomicMin(p, value);
}
RFT_FN void atomic_add(uint32_t *p, uint32_t value)
{
    atomicAdd(p, value);
}
RFT_FN void atomic_add(unsigned long long *p, unsigned long long value)
{
    atomicAdd(p, value);
}
RFT_FN void atomic_or(uint32_t *p, uint32_t value)
{
    atomicOr(p, value);
}

/* Bits set in x; the number of the lowest one of x, which is not 0. */
RFT_FN uint32_t count_bits(uint32_t x)
{
    return (uint32_t)__popc((int)x);
}
RFT_FN uint32_t lowest_bit(uint32_t x)
{
    return (uint32_t)__ffs((int)x) - 1u;
}
#else
#include "cuda_shim.h"
#endif

/* 16 bytes, read and written at once. */
struct alignas(16) Quad {
    uint32_t x, y, z, w;
};
template <uint32_t N> struct alignas(4 * N) Words {
    uint32_t v[N];
};
struct alignas(16) Float4 {
    float x, y, z, w;
};

/* A weight that this block reads once and, as a rule, no other does: it passes the first cache by, and the second one
 * fetches the whole line, since its other half comes next. */
RFT_FN Quad load_weight(const Quad *p)
{
#if defined(__CUDACC__)
    Quad q;
    asm("ld.global.nc.L1::no_allocate.L2::128B.v4.u32 {%0, %1, %2, %3}, [%4];"
        : "=r"(q.x), "=r"(q.y), "=r"(q.z), "=r"(q.w)
        : "l"(p));
    return q;
#else
    return *p;
#endif
}

/* Asks for the line of 128 bytes that p is in: it will be in the second cache, and nobody waits for it. */
RFT_FN void prefetch(const void *p)
{
#if defined(__CUDACC__)
    asm volatile("prefetch.global.L2 [%0];" : : "l"(p));
#else
    (void)p;
#endif
}
#define LINE_BYTES 128u

template <class T> RFT_FN T *pointer(uint64_t address)
{
    return reinterpret_cast<T *>(address);
}

RFT_FN uint32_t least(uint32_t x, uint32_t y)
{
    return x < y ? x : y;
}

RFT_FN uint32_t greatest(uint32_t x, uint32_t y)
{
    return x > y ? x : y;
}

RFT_FN uint32_t n_rows_of(uint64_t batch)
{
    return pointer<const struct rft_batch>(batch)->n_rows;
}

RFT_FN struct rft_row *row_of(uint64_t rows, uint32_t row)
{
    return pointer<struct rft_row>(rows) + row;
}

RFT_FN bool is_running(uint64_t rows, uint32_t row)
{
    return row_of(rows, row)->state == RFT_ROW_RUNNING;
}

RFT_FN void mark_bad(uint64_t rows, uint32_t row)
{
    atomic_or(&row_of(rows, row)->bad, 1u);
}

/* bf16 bits of v, or of +0 and a mark if v cannot be used. */
RFT_FN uint32_t round_or_mark(float v, uint64_t rows, uint32_t row)
{
    if (rft_is_bad(v) != 0u) {
        mark_bad(rows, row);
        return 0u;
    }
    return rft_to_bf16(v);
}

RFT_FN uint32_t pair_or_mark(float low, float high, uint64_t rows, uint32_t row)
{
    return round_or_mark(low, rows, row) | round_or_mark(high, rows, row) << 16;
}

/* The soft cap, where there is one: it costs much, and most models have none. */
RFT_FN void cap_four(float v[4], uint32_t cap_bits, uint32_t inverse_cap_bits)
{
    if (cap_bits == 0u)
        return;
    UNROLL
    for (uint32_t i = 0u; i < 4u; i++)
        v[i] = rft_soft_cap(v[i], cap_bits, inverse_cap_bits);
}

/* First word, in its pool, of the page that holds key `index` of a row's prompt or own keys. A page holds, for each
 * key-value head, K as [head_dim / 2][16] words and V as [16][head_dim / 2] words. */
RFT_FN size_t page_word(uint64_t tables, uint32_t table, uint32_t index, uint32_t kv_head, uint32_t n_kv_heads,
                        uint32_t head_dim)
{
    uint32_t page = pointer<const uint32_t>(tables)[table + index / RFT_PAGE_TOKENS];
    return ((size_t)page * n_kv_heads + kv_head) * (RFT_PAGE_TOKENS * head_dim);
}

#endif
