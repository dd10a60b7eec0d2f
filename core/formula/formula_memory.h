/* SPDX-License-Identifier: MIT */
/* The memory of one comparison. NULL from a parser means "no formula" too, so shortage is noted here. */
#ifndef RFT_FORMULA_MEMORY_H
#define RFT_FORMULA_MEMORY_H

#include "arena.h"

#include <stdbool.h>
#include <stddef.h>

struct rft_formula_memory {
    struct rft_arena arena;
    bool is_short;
};

/* As rft_arena_take. */
static inline void *rft_formula_alloc(struct rft_formula_memory *memory, size_t n, size_t size)
{
    void *taken = rft_arena_take(&memory->arena, n, size);
    memory->is_short = memory->is_short || taken == NULL;
    return taken;
}

#endif
