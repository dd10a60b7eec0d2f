/* SPDX-License-Identifier: MIT */
/* Ops that write whole normed rows: the plain kernels, but their rows are quantised by vectors. */
#include "quantise.h"

static void quantise_row(uint64_t h, uint32_t item, uint32_t dim)
{
    CPU_NAME(cpu_quantise_blocks)
    ((uint32_t *)cpu_pointer(h) + (size_t)item * RFT_H_WORDS(dim), RFT_H_QUANTISED(dim), dim, 0,
     RFT_PADDED(dim) / RFT_QUANT_BLOCK);
}

uint32_t CPU_NAME(cpu_embed_items)(const void *args, uint32_t n_workers)
{
    return cpu_embed_items(args, n_workers);
}

void CPU_NAME(cpu_embed)(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_embed *a = args;
    const uint32_t entry = ((const struct rft_row *)cpu_pointer(a->rows))[item].token - a->first;
    struct rft_args_embed plain = *a;
    plain.flags = 0;
    cpu_embed(&plain, item, worker);
    if ((a->flags & RFT_QUANTISED) != 0 && entry < a->n)
        quantise_row(a->h, item, a->dim);
}

uint32_t CPU_NAME(cpu_post_norm_items)(const void *args, uint32_t n_workers)
{
    return cpu_post_norm_items(args, n_workers);
}

void CPU_NAME(cpu_post_norm)(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_post_norm *a = args;
    struct rft_args_post_norm plain = *a;
    plain.flags = 0;
    cpu_post_norm(&plain, item, worker);
    if ((a->flags & RFT_QUANTISED) != 0)
        quantise_row(a->h, item, a->dim);
}
