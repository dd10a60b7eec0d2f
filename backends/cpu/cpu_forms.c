/* SPDX-License-Identifier: MIT */
/* The forms of the cpu backend, fastest first. A form lists a kernel for every op; those without a vector form of their
 * own use the plain one. */
#include "cpu.h"

/* Kernels with a vector form (vector/). */
#define VECTOR_OPS(X, form)                                                                                            \
    X(qkv, form)                                                                                                       \
    X(attention, form)                                                                                                 \
    X(residual, form) X(gate_up, form) X(project, form) X(filter, form) X(sample, form) X(draw, form) X(score, form)

#define PLAIN(name) [RFT_OP_##name] = {cpu_##name##_items, cpu_##name},
#define VECTOR(name, form) [RFT_OP_##name] = {cpu_##name##_items_##form, cpu_##name##_##form},
#define DECLARE(name, form)                                                                                            \
    uint32_t cpu_##name##_items_##form(const void *args, uint32_t n_workers);                                          \
    void cpu_##name##_##form(const void *args, uint32_t item, struct cpu_worker worker);
#define RFT_OP(name, grid) PLAIN(name)

VECTOR_OPS(DECLARE, vector)
#ifdef __x86_64__
VECTOR_OPS(DECLARE, avx2)
VECTOR_OPS(DECLARE, avx512)

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
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
    {"avx512", has_avx512, avx512_kernels},
    {"avx2", has_avx2, avx2_kernels},
#endif
    {"vector", always, vector_kernels},
    {"plain", always, plain_kernels},
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

const struct cpu_kernel *cpu_kernel_of(const struct cpu_form *form, enum rft_op op, uint32_t format)
{
    return form->kernels[op].run != NULL && format == RFT_FORMAT_BF16 ? &form->kernels[op] : &plain_kernels[op];
}
