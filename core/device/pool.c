/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include "log.h"

#include <inttypes.h>

void rft_pool_begin(struct rft_pool *pool, const char *label, const struct rft_caps *caps)
{
    *pool =
        (struct rft_pool){.label = label, .block_bytes_max = caps->block_bytes_max, .align_bytes = caps->align_bytes};
}

/* The end of a buffer that begins in the current block, or 0 if it does not fit there. */
static uint64_t end_in_block(const struct rft_pool *pool, uint64_t bytes, uint64_t limit, uint64_t *start)
{
    *start = (pool->used + pool->align_bytes - 1) / pool->align_bytes * pool->align_bytes;
    return *start <= limit && bytes <= limit - *start ? *start + bytes : 0;
}

static uint64_t round_up(const struct rft_pool *pool, uint64_t bytes)
{
    return (bytes + pool->align_bytes - 1) / pool->align_bytes * pool->align_bytes;
}

static void measure(struct rft_pool *pool, uint64_t bytes, struct rft_slice *slice)
{
    uint64_t wanted = bytes == 0 ? 1 : bytes; /* an empty buffer, too, has an address of its own */
    uint64_t start = 0, end = 0, rounded, before = 0;
    if (pool->n_blocks != 0)
        end = end_in_block(pool, wanted, pool->block_bytes_max, &start);
    if (end == 0 && pool->n_blocks == RFT_POOL_BLOCKS_MAX) {
        pool->is_full = true;
        end = pool->used + wanted;
    } else if (end == 0) {
        pool->block = pool->n_blocks++;
        start = 0;
        end = wanted;
    }
    if (wanted > pool->block_bytes_max && wanted > pool->too_large_bytes)
        pool->too_large_bytes = wanted;
    pool->used = end;
    rounded = round_up(pool, end);
    if (end <= pool->block_bytes_max && rounded > pool->block_bytes_max)
        rounded = pool->block_bytes_max;
    pool->blocks[pool->block].bytes = rounded;
    for (uint32_t i = 0; i < pool->block; i++)
        before += pool->blocks[i].bytes;
    *slice = (struct rft_slice){NULL, before + start, bytes};
}

enum rft_status rft_pool_take(struct rft_pool *pool, uint64_t bytes, struct rft_slice *slice)
{
    uint64_t wanted = bytes == 0 ? 1 : bytes;
    uint64_t start, end;
    *slice = (struct rft_slice){0};
    if (pool->dev == NULL) {
        measure(pool, bytes, slice);
        return RFT_OK;
    }
    while (pool->block < pool->n_blocks) {
        end = end_in_block(pool, wanted, pool->blocks[pool->block].bytes, &start);
        if (end != 0) {
            pool->used = end;
            *slice = (struct rft_slice){&pool->blocks[pool->block], start, bytes};
            return RFT_OK;
        }
        pool->block++;
        pool->used = 0;
    }
    rft_log_error("%s: a buffer of %" PRIu64 " bytes was not planned", pool->label, bytes);
    return RFT_ERR_UNSUPPORTED;
}

bool rft_pool_fits(const struct rft_pool *pool)
{
    return pool->too_large_bytes == 0 && !pool->is_full;
}

bool rft_pool_find(const struct rft_pool *pool, struct rft_range range, struct rft_slice *slice)
{
    for (uint32_t i = 0; pool->dev != NULL && i < pool->n_blocks; i++) {
        const struct rft_block *block = &pool->blocks[i];
        if (range.address < block->address || range.address - block->address > block->bytes ||
            range.bytes > block->bytes - (range.address - block->address))
            continue;
        *slice = (struct rft_slice){block, range.address - block->address, range.bytes};
        return true;
    }
    *slice = (struct rft_slice){0};
    return false;
}

uint64_t rft_pool_bytes(const struct rft_pool *pool)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < pool->n_blocks; i++)
        bytes += pool->blocks[i].bytes;
    return bytes;
}

enum rft_status rft_pool_refuse(const struct rft_pool *pool)
{
    if (pool->too_large_bytes != 0)
        rft_log_error("%s: a buffer of %" PRIu64 " bytes does not fit into this device's blocks of %" PRIu64 " bytes",
                      pool->label, pool->too_large_bytes, pool->block_bytes_max);
    else
        rft_log_error("%s: %" PRIu64 " bytes take more than %u of this device's blocks of %" PRIu64 " bytes",
                      pool->label, rft_pool_bytes(pool), RFT_POOL_BLOCKS_MAX, pool->block_bytes_max);
    return RFT_ERR_UNSUPPORTED;
}

enum rft_status rft_pool_open(struct rft_pool *pool, struct rft_dev *dev)
{
    if (!rft_pool_fits(pool))
        return rft_pool_refuse(pool);
    for (uint32_t i = 0; i < pool->n_blocks; i++) {
        enum rft_status status =
            rft_dev_block_create(dev, pool->blocks[i].bytes, pool->place, pool->label, &pool->blocks[i]);
        if (status != RFT_OK) {
            pool->n_blocks = i;
            pool->dev = dev;
            rft_pool_close(pool);
            return status;
        }
    }
    pool->dev = dev;
    pool->block = 0;
    pool->used = 0;
    return RFT_OK;
}

void rft_pool_close(struct rft_pool *pool)
{
    for (uint32_t i = 0; pool->dev != NULL && i < pool->n_blocks; i++)
        rft_dev_block_destroy(pool->dev, pool->place, &pool->blocks[i]);
    *pool = (struct rft_pool){0};
}
