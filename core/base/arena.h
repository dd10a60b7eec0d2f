/* SPDX-License-Identifier: MIT */
/* Memory that is taken piece by piece and given back all at once, up to a limit. */
#ifndef RFT_ARENA_H
#define RFT_ARENA_H

#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rft_arena_block;

/* Zero-initialise, then set the limit. */
struct rft_arena {
    struct rft_arena_block *blocks; /* the newest first */
    uint64_t used;                  /* bytes handed out */
    uint64_t limit;                 /* that used may reach; 0 = none */
};

/* n * size bytes, zeroed, aligned for any type; good until the arena is finished. NULL when the limit is reached (which
 * is not logged: rft_arena_is_full), when the product overflows, or when memory is short. */
void *rft_arena_take(struct rft_arena *arena, size_t n, size_t size);
/* Whether taking so much more would go past the limit. */
bool rft_arena_is_full(const struct rft_arena *arena, size_t n, size_t size);
/* Bytes of its blocks. */
uint64_t rft_arena_bytes(const struct rft_arena *arena);
/* Gives everything back; the arena can be used again, with the same limit. */
void rft_arena_finish(struct rft_arena *arena);

#endif
