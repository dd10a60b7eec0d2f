/* SPDX-License-Identifier: MIT */
/* The forms of the cpu backend, fastest first. A form lists a kernel for every op; those without a vector form of their own
 * use the plain one. */
#include "cpu.h"

#define PLAIN(name) [RFT_OP_##name] = {cpu_##name##_items, cpu_##name}

static bool always(void)
{
    return true;
}

static const struct cpu_form forms[] = {
    {"plain", always,
     {
#define RFT_OP(name, grid) PLAIN(name),
#include "ops.def"
#undef RFT_OP
     }},
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
