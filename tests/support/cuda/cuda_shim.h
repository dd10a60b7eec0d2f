/* SPDX-License-Identifier: MIT */
/* The host's body of every wrapper in kernels/common.cuh, so that kernels run as C++ with the threads of a block as
 * fibres: the same source, the same bits, without a GPU (cuda_host.cpp). A fibre runs until it meets a barrier or a
 * shuffle. Shared memory is filled with what no kernel may rely on before a block starts; the order of threads and
 * blocks can be turned round. */
#ifndef RFT_CUDA_SHIM_H
#define RFT_CUDA_SHIM_H

#include "arith.h"

#include <stddef.h>
#include <stdint.h>

/* Where the running fibre is. */
struct shim_place {
    uint32_t thread, n_threads;
    uint32_t block_x, block_y;
};
extern struct shim_place shim_here;

void shim_sync_block();
uint32_t shim_shuffle_xor(uint32_t value, uint32_t mask);
void shim_multiply_bytes(uint32_t sums[4], const uint32_t a[4], const uint32_t b[2], uint32_t begin);
/* The same memory for the same call, by number, of every thread of the block. */
void *shim_shared(size_t bytes);

typedef void shim_kernel(const void *args, uint32_t parameter);

/* A kernel that was compiled in; a static object of each registers it. */
struct host_kernel {
    const char *name;
    shim_kernel *run;
    size_t args_bytes;
    uint32_t threads_max;
    const struct host_kernel *next;
    host_kernel(const char *name, shim_kernel *run, size_t args_bytes, uint32_t threads_max);
};

#define UNROLL
#define UNROLL_SOME
#define UNROLL_COPY
#define NO_UNROLL
#define RFT_FN_OF_OBJECT inline
#define SHARED(type, name, count) type *name = static_cast<type *>(shim_shared(sizeof(type) * (count)))
#define KERNEL(name, op, threads_max, blocks_min)                                                                      \
    static void name##_body(const struct rft_args_##op &a, const uint32_t parameter);                                  \
    static void name##_run(const void *args, uint32_t parameter)                                                       \
    {                                                                                                                  \
        name##_body(*static_cast<const struct rft_args_##op *>(args), parameter);                                      \
    }                                                                                                                  \
    static const host_kernel name##_registered(#name, name##_run, sizeof(struct rft_args_##op), threads_max);          \
    static_assert((blocks_min) * (threads_max) <= 2048, "more threads than a multiprocessor has");                     \
    static void name##_body(const struct rft_args_##op &a, const uint32_t parameter)

static inline uint32_t thread_index()
{
    return shim_here.thread;
}
static inline uint32_t n_threads()
{
    return shim_here.n_threads;
}
static inline uint32_t block_x()
{
    return shim_here.block_x;
}
static inline uint32_t block_y()
{
    return shim_here.block_y;
}
static inline void sync_block()
{
    shim_sync_block();
}
/* A true fused operation, so that one where the contract has none shows. */
static inline float fma_bf16(float x, float y, float sum)
{
    return __builtin_fmaf(x, y, sum);
}
static inline float half_value(uint32_t word)
{
    return rft_half(word & 0xffffu);
}
static inline uint32_t dot4(uint32_t x, uint32_t y, uint32_t sum)
{
    for (uint32_t i = 0; i < 4; i++)
        sum += static_cast<uint32_t>(static_cast<int8_t>(x >> 8 * i) * static_cast<int8_t>(y >> 8 * i));
    return sum;
}
static inline void multiply_bytes(uint32_t sums[4], const uint32_t a[4], const uint32_t b[2], uint32_t begin)
{
    shim_multiply_bytes(sums, a, b, begin);
}
static inline uint32_t shuffle_xor(uint32_t value, uint32_t mask)
{
    return shim_shuffle_xor(value, mask);
}
/* Fibres do not interrupt each other. */
static inline void atomic_max(uint32_t *p, uint32_t value)
{
    *p = value > *p ? value : *p;
}
static inline void atomic_min(uint32_t *p, uint32_t value)
{
    *p = value < *p ? value : *p;
}
static inline void atomic_add(uint32_t *p, uint32_t value)
{
    *p += value;
}
static inline void atomic_add(unsigned long long *p, unsigned long long value)
{
    *p += value;
}
static inline void atomic_or(uint32_t *p, uint32_t value)
{
    *p |= value;
}
static inline uint32_t count_bits(uint32_t x)
{
    return static_cast<uint32_t>(__builtin_popcount(x));
}
static inline uint32_t lowest_bit(uint32_t x)
{
    return static_cast<uint32_t>(__builtin_ctz(x));
}

#endif
