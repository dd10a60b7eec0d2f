/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include "alloc.h"

#include <stdalign.h>

#define BLOCK_BYTES ((size_t)16 << 10)

struct rft_arena_block {
    struct rft_arena_block *older;
    size_t used, size;
    alignas(max_align_t) char bytes[];
};

bool rft_arena_is_full(const struct rft_arena *arena, size_t n, size_t size)
{
    return arena->limit != 0 && size != 0 && n > (arena->limit - arena->used) / size;
}

void *rft_arena_take(struct rft_arena *arena, size_t n, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct rft_arena_block *block = arena->blocks;
    if (rft_arena_is_full(arena, n, size) || (size != 0 && n > (SIZE_MAX / 2) / size))
        return NULL;
    size_t bytes = (n * size + align - 1) / align * align;
    if (block == NULL || block->size - block->used < bytes) {
        size_t room = bytes > BLOCK_BYTES / 4 ? bytes : BLOCK_BYTES;
        block = rft_alloc(1, sizeof *block + room);
        if (block == NULL)
            return NULL;
        block->size = room;
        if (room == bytes && arena->blocks != NULL) { /* a block of its own: the one before still has room */
            block->older = arena->blocks->older;
            arena->blocks->older = block;
        } else {
            block->older = arena->blocks;
            arena->blocks = block;
        }
    }
    void *taken = block->bytes + block->used;
    block->used += bytes;
    arena->used += n * size;
    return taken;
}

uint64_t rft_arena_bytes(const struct rft_arena *arena)
{
    uint64_t bytes = 0;
    for (const struct rft_arena_block *block = arena->blocks; block != NULL; block = block->older)
        bytes += sizeof *block + block->size;
    return bytes;
}

void rft_arena_finish(struct rft_arena *arena)
{
    while (arena->blocks != NULL) {
        struct rft_arena_block *block = arena->blocks;
        arena->blocks = block->older;
        rft_free(block);
    }
    arena->used = 0;
}
