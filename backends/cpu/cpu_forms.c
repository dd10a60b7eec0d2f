/* SPDX-License-Identifier: MIT */
/* The forms of the cpu backend, fastest first. A form lists a kernel for every op; those without a vector form of their
 * own use the plain one. */
#include "cpu.h"

#ifdef __x86_64__
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

/* Kernels with a vector form (vector/). */
#define VECTOR_OPS(X, form)                                                                                            \
    X(embed, form)                                                                                                     \
    X(quantise, form)                                                                                                  \
    X(qkv, form)                                                                                                       \
    X(attention, form)                                                                                                 \
    X(residual, form)                                                                                                  \
    X(post_norm, form)                                                                                                 \
    X(gate_up, form) X(project, form) X(filter, form) X(sample, form) X(draw, form) X(score, form)

#define PLAIN(name) [RFT_OP_##name] = {cpu_##name##_items, cpu_##name},
#define VECTOR(name, form) [RFT_OP_##name] = {cpu_##name##_items_##form, cpu_##name##_##form},
#define DECLARE(name, form)                                                                                            \
    uint32_t cpu_##name##_items_##form(const void *args, uint32_t n_workers);                                          \
    void cpu_##name##_##form(const void *args, uint32_t item, struct cpu_worker worker);
#define RFT_OP(name, grid) PLAIN(name)

#define DECLARE_INTEGERS(form)                                                                                         \
    void cpu_integer_tiles_##form(const struct cpu_tiles *tiles, const uint32_t *const *columns, uint32_t n_columns,   \
                                  float *totals);

VECTOR_OPS(DECLARE, vector)
DECLARE_INTEGERS(vector)
#ifdef __x86_64__
VECTOR_OPS(DECLARE, avx2)
VECTOR_OPS(DECLARE, avx512)
DECLARE_INTEGERS(avx2)
DECLARE_INTEGERS(avxvnni)
DECLARE_INTEGERS(avx512)
DECLARE_INTEGERS(avx512vnni)

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
}

static bool has_avx512vnni(void)
{
    return has_avx512() && __builtin_cpu_supports("avx512vnni");
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avxvnni(void)
{
    unsigned a, b, c, d; /* clang 14 has no name for it: leaf 7.1, EAX, bit 4 */
    return has_avx2() && __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a >> 4 & 1) != 0;
}
#elif defined(__aarch64__)
DECLARE_INTEGERS(dotprod)

static bool has_dotprod(void)
{
#ifdef __linux__
    return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#elif defined(__ARM_FEATURE_DOTPROD)
    return true;
#else
    return false;
#endif
}
#endif

static bool always(void)
{
    return true;
}

static const struct cpu_kernel plain_kernels[RFT_OP_COUNT] = {
#include "ops.def"
};
#define VECTOR_KERNELS(form) static const struct cpu_kernel form##_kernels[RFT_OP_COUNT] = {VECTOR_OPS(VECTOR, form)};
VECTOR_KERNELS(vector)
#ifdef __x86_64__
VECTOR_KERNELS(avx2)
VECTOR_KERNELS(avx512)
#endif

static const struct cpu_form forms[] = {
#ifdef __x86_64__
    {"avx512vnni", has_avx512vnni, avx512_kernels, cpu_integer_tiles_avx512vnni},
    {"avx512", has_avx512, avx512_kernels, cpu_integer_tiles_avx512},
    {"avxvnni", has_avxvnni, avx2_kernels, cpu_integer_tiles_avxvnni},
    {"avx2", has_avx2, avx2_kernels, cpu_integer_tiles_avx2},
#elif defined(__aarch64__)
    {"dotprod", has_dotprod, vector_kernels, cpu_integer_tiles_dotprod},
#endif
    {"vector", always, vector_kernels, cpu_integer_tiles_vector},
    {"plain", always, plain_kernels, NULL},
};

#define N_FORMS ((uint32_t)(sizeof forms / sizeof *forms))

uint32_t cpu_n_forms(void)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < N_FORMS; i++)
        n += forms[i].is_supported() ? 1 : 0;
    return n;
}

const struct cpu_form *cpu_form_at(uint32_t index)
{
    for (uint32_t i = 0; i < N_FORMS; i++)
        if (forms[i].is_supported() && index-- == 0)
            return &forms[i];
    return NULL;
}

const struct cpu_kernel *cpu_kernel_of(const struct cpu_form *form, enum rft_op op)
{
    return form->kernels[op].run != NULL ? &form->kernels[op] : &plain_kernels[op];
}
